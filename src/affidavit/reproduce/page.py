"""recheck.html: one self-contained page in the style of the card."""

from __future__ import annotations

from affidavit.csp import source_hash
from affidavit.render.documents import stylesheet
from affidavit.render.page_template import page_template
from affidavit.reproduce import words
from affidavit.reproduce.record import Recheck

_SHOWN = 500  # differences on the page; recheck.json has every one


def page(result: Recheck) -> str:
    """The result as HTML: fonts and styles inside, no script, no address, every value escaped.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    template = page_template("recheck")
    from markupsafe import Markup  # comes with Jinja

    sheet = stylesheet("screen")
    return template.render(
        result=result, word=result.outcome, headline=words.headline(result),
        says=words.says(result),
        environment=words.environment_text(result), isolation=words.isolation_text(result),
        signer=words.signer_text(result),
        numbers=words.tally_text(result.numbers, "number"),
        others=words.tally_text(result.others, "row" if result.sample else "other value"),
        tools=", ".join(
            f"{name} {value}" for name, value in sorted(result.tools.items())
            if name != "worker.environment"
        ),
        shown=_SHOWN,
        styles=Markup(sheet),  # noqa: S704  our own stylesheet, nothing of the record in it
        styles_hash=source_hash(sheet),
    )  # fmt: skip
