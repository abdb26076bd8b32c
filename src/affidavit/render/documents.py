"""The card as HTML and Markdown: templates filled from the context, every value escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from affidavit.csp import source_hash
from affidavit.errors import MissingExtra
from affidavit.render.branding import Brand, foreign_sections
from affidavit.render.context import Card, neutralised
from affidavit.render.directions import isolated, runs_from_right
from affidavit.render.figures import svg
from affidavit.render.fonts import Chosen, characters, chosen
from affidavit.render.hub_metadata import front_matter
from affidavit.render.standing import require_links, require_standing
from affidavit.render.tables import Figure
from affidavit.render.words import THIN
from affidavit.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

Medium = Literal["screen", "paper"]

SHEETS: Final[dict[Medium, tuple[str, ...]]] = {
    "screen": ("card.css", "screen.css", "print.css"),
    "paper": ("card.css", "print.css", "paper.css"),
}
_MARKDOWN_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_CODE: Final = re.compile(r"`([^`<>]+)`")
_TOGETHER: Final = re.compile(rf"[^\s{THIN}]+(?:{THIN}\S+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """A figure drawn: the SVG itself, and as an image for paper."""

    figure: Figure
    svg: str

    @property
    def data_uri(self) -> str:
        encoded = base64.b64encode(self.svg.encode()).decode("ascii")
        return f"data:image/svg+xml;base64,{encoded}"


def drawn_figures(card: Card) -> dict[str, DrawnFigure]:
    """Every figure of the card, by name."""
    fair = (*card.fairness, *card.estimated)
    figures = [
        *(p.calibration.figure for p in card.performance if p.calibration is not None),
        *(a.figure for f in fair for a in f.attributes if a.figure is not None),
        *(a.what_if.figure for f in fair for a in f.attributes if a.what_if is not None),
        *card.explained.figures,
    ]
    return {f.name: DrawnFigure(figure=f, svg=svg(f)) for f in figures}


def html(
    card: Card, medium: Medium, *, dated: datetime | None = None, brand: Brand | None = None
) -> str:
    """The card as one self-contained page: fonts and styles inside, no script, no address.

    Page one and what is around everything come from our own template, whoever's the rest is.

    Args:
        card: the context.
        medium: `screen` has the figures inline, `paper`, for the PDF, as images with their texts.
        dated: the date that the PDF's metadata shall have.
        brand: a bank's look; None for Affidavit's own.

    Raises:
        MissingExtra: Jinja is not installed.
        ConfigError: a template of the brand fails, or gives what is not allowed on a card.
        AffidavitError: something that must stand on a card does not.
    """
    environment = _environment(escape_for_html=True)
    from markupsafe import Markup

    fonts = card_fonts(card, brand)
    card = neutralised(card, isolated)
    if medium == "paper":  # on paper no font of the machine stands in: the same bytes everywhere
        card = neutralised(card, fonts.spelled)
    styles = stylesheet(medium, fonts) + (brand.styles if brand else "")
    page = environment.get_template("frame.html.jinja").render(
        card=card,
        brand=brand,
        rest=_sections(environment, card, medium, brand, fonts),
        undrawn=fonts.codes() if medium == "paper" else "",
        dated=f"{dated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if dated else "",
        styles=Markup(styles),  # noqa: S704  ours, and of a brand what was written anew
        styles_hash=source_hash(styles),
    )
    if medium == "paper":
        page = fonts.spelled(page)  # what a bank's template says itself
    require_standing(card, page)
    if brand and brand.has_templates:
        require_links(page)
    return page


def card_fonts(card: Card, brand: Brand | None) -> Chosen:
    """The fonts that the names on a card need."""
    texts = (brand.name, *brand.templates.values()) if brand else ()
    return chosen(characters(card).union(*texts))


def _sections(
    environment: Environment, card: Card, medium: Medium, brand: Brand | None, fonts: Chosen
) -> Markup:
    """Everything after page one, by our template or by a bank's."""
    from markupsafe import Markup

    drawn = {
        n: replace(d, svg=fonts.stacked(d.svg, quote="")) for n, d in drawn_figures(card).items()
    }
    context = {
        "card": card,
        "figures": {n: (Markup(d.svg), d.data_uri) for n, d in drawn.items()},  # noqa: S704  our own drawing, its texts escaped in figures.py
        "medium": medium,
    }
    if brand is None or not brand.has_templates:
        sections = environment.get_template("sections.html.jinja").render(**context)
    else:
        pictures = tuple(p for d in drawn.values() for p in (d.svg, d.data_uri))
        sections = foreign_sections(brand, {**context, "bank": brand.name}, pictures)
    return Markup(sections)  # noqa: S704  ours, escaped as it was made; a bank's was written anew


def markdown(card: Card) -> str:
    """The card as Markdown: the same order, the figures' values in tables.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    metadata, card = card.metadata, neutralised(card, isolated)
    template = _environment(escape_for_html=False).get_template("card.md.jinja")
    text = re.sub(r"\n{3,}", "\n\n", template.render(card=card)).strip() + "\n"
    return front_matter(metadata) + text


def escape_markdown(value: object) -> str:
    """Text that Markdown, and HTML within it, take as text."""
    return _MARKDOWN_ACTIVE.sub(r"\\\1", str(value)).replace(THIN, "\N{NO-BREAK SPACE}")


def stylesheet(medium: Medium, fonts: Chosen | None = None) -> str:
    """The card's styles, with the fonts in them; without `fonts`, the three families alone."""
    folder = shipped("templates") / "card"
    fonts = fonts or chosen(())
    styles = "".join((folder / sheet).read_text(encoding="utf-8") for sheet in SHEETS[medium])
    return fonts.faces() + fonts.stacked(styles)


@cache
def _environment(*, escape_for_html: bool) -> Environment:
    """Ours, once a process: compiling the templates takes longer than filling them."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
    except ImportError as error:
        raise MissingExtra(
            "the card needs Jinja, which is not installed",
            str(error),
            "pip install 'affidavit[build]'",
        ) from error
    finalize: Callable[[Any], Any] | None = None if escape_for_html else escape_markdown
    environment = Environment(
        loader=FileSystemLoader(shipped("templates") / "card"),
        autoescape=select_autoescape(("html.jinja",), disabled_extensions=("md.jinja",)),
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(FILTERS_OF_OURS)
    return environment


def _unbroken(title: str) -> str:
    """A title whose last two words stay on one line: `version 3`."""
    return "\N{NO-BREAK SPACE}".join(title.rsplit(" ", 1))


def _direction(text: str) -> str:
    """What `dir` shall be for a text that people wrote, with its numbers in their order."""
    return "rtl" if runs_from_right(text) else "ltr"


def _together(text: str) -> Any:
    """A number and its unit on one line, and what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(  # noqa: S704  escaped first; only our own tags are added
        _CODE.sub(
            r"<code>\1</code>",
            _TOGETHER.sub(lambda m: f'<span class="together">{m[0]}</span>', str(escape(text))),
        )
    )


FILTERS_OF_OURS: Final[dict[str, Callable[[str], Any]]] = {
    "together": _together, "unbroken": _unbroken, "direction": _direction,
}  # fmt: skip
