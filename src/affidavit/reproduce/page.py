"""recheck.html: one self-contained page in the style of the card."""

from __future__ import annotations

import base64
import hashlib

from affidavit.errors import MissingExtra
from affidavit.render.documents import stylesheet
from affidavit.reproduce import words
from affidavit.reproduce.record import Recheck
from affidavit.shipped import shipped

_SHOWN = 500  # differences on the page; recheck.json has every one


def page(result: Recheck) -> str:
    """The result as HTML: fonts and styles inside, no script, no address, every value escaped.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise MissingExtra(
            "the page needs Jinja, which is not installed", str(error),
            "pip install 'affidavit[recheck]'",
        ) from error  # fmt: skip
    environment = Environment(
        loader=FileSystemLoader(shipped("templates") / "recheck"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    sheet = stylesheet("screen")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode("ascii")
    return environment.get_template("recheck.html.jinja").render(
        result=result, word=result.outcome, headline=words.headline(result),
        says=words.SAYS if result.sample is None else words.SAYS_SAMPLE,
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
        styles_hash=digest,
    )  # fmt: skip
