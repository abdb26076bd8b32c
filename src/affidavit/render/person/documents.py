"""The page as HTML, for a screen or for paper, and as PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from affidavit.csp import source_hash
from affidavit.render.context import neutralised
from affidavit.render.directions import isolated
from affidavit.render.documents import Medium, stylesheet
from affidavit.render.fonts import characters, chosen
from affidavit.render.page_template import page_template
from affidavit.render.pdf import pdf
from affidavit.render.person.page import Page
from affidavit.shipped import shipped

_SHEET: Final = "person.css"


def page_html(page: Page, medium: Medium = "screen", *, dated: datetime | None = None) -> str:
    """One self-contained page: fonts and styles inside, no script, no address, values escaped.

    Args:
        page: the texts.
        medium: `screen`, or `paper` for the PDF.
        dated: the date that the PDF's metadata shall have.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    template = page_template("person")
    fonts = chosen(characters(page))
    page = neutralised(page, isolated)
    if medium == "paper":  # on paper no font of the machine stands in: the same bytes everywhere
        page = neutralised(page, fonts.spelled)
    own = fonts.stacked((shipped("templates") / "person" / _SHEET).read_text(encoding="utf-8"))
    sheet = stylesheet(medium, fonts) + own
    return template.render(
        page=page,
        dated=f"{dated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if dated else "",
        styles=sheet,  # our own, nothing of the record in it: the template takes it as it is
        styles_hash=source_hash(sheet),
    )


def page_pdf(page: Page, dated: datetime) -> bytes:
    """The page as tagged PDF, with the same bytes for the same page and date.

    Raises:
        MissingExtra: WeasyPrint, or a library that it needs, is not on this machine.
        AffidavitError: WeasyPrint failed.
    """
    return pdf(page_html(page, "paper", dated=dated), dated)
