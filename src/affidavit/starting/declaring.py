"""The text of a first declarations.toml: every key, and none filled in."""

from __future__ import annotations

from affidavit.config import Declarations
from affidavit.printable import printable
from affidavit.starting.toml_lines import comment

_FORMS = {
    "declared_on": '"<day, as in 2026-11-01>"',
    "developers": '["<name>"]',
    "jurisdictions": '["US", "EU"]',
    "automated": '"advisory"',
    "credit": '"yes"',
    "personal_data": '"yes"',
    "generative": '"no"',
    "high_risk": '"yes"',
    "approved_on": '"<day, as in 2026-11-01>"',
    "next_review": '"<day, as in 2027-11-01>"',
}
_DOCUMENT = """\
# Documents that the evidence points to, one table each; docs/declarations.md lists `about`.
# [[document]]
# about = "dpia"
# title = "<text>"
# version = "<text>"
# dated = "<day, as in 2026-11-01>"\
"""


def declarations_text(subject: str) -> str:
    """declarations.toml, every key commented out: what is left out shows as missing."""
    head = comment(
        "declarations.toml: what you say of the model. The card marks it as said, not shown. It "
        "may come later than the model, by --declarations. What is left out stands as missing on "
        f"the card, with the key's name. Written by: affidavit init {printable(subject)}."
    )
    forms = dict.fromkeys(Declarations.model_fields, '"<text>"') | _FORMS
    fields = {k: f.description for k, f in Declarations.model_fields.items() if f.description}
    parts = [f"# {what}\n# {key} = {forms[key]}" for key, what in fields.items()]
    return "\n\n".join([head, "version = 1", *parts, _DOCUMENT]) + "\n"
