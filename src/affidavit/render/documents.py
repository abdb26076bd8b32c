"""The card as HTML and Markdown: templates filled from the context, every value escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from affidavit.errors import MissingExtra
from affidavit.render.context import Card
from affidavit.render.figures import svg
from affidavit.render.hub_metadata import front_matter
from affidavit.render.tables import Figure
from affidavit.render.words import THIN
from affidavit.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import Environment

Medium = Literal["screen", "paper"]

FONTS: Final = (
    ("Source Serif 4", 400, "source-serif-4-latin-400-normal.woff2"),
    ("Source Serif 4", 600, "source-serif-4-latin-600-normal.woff2"),
    ("IBM Plex Sans", 400, "ibm-plex-sans-latin-400-normal.woff2"),
    ("IBM Plex Sans", 600, "ibm-plex-sans-latin-600-normal.woff2"),
    ("IBM Plex Mono", 400, "ibm-plex-mono-latin-400-normal.woff2"),
)
_MARKDOWN_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_CODE: Final = re.compile(r"`([^`<>]+)`")
_TOGETHER: Final = re.compile(rf"[^\s{THIN}]+{THIN}\S+")


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
    ]
    return {f.name: DrawnFigure(figure=f, svg=svg(f)) for f in figures}


def html(card: Card, medium: Medium, *, dated: datetime | None = None) -> str:
    """The card as one self-contained page: fonts and styles inside, no script, no address.

    Args:
        card: the context.
        medium: `screen` holds the figures inline; `paper`, for the PDF, as images with a text
            alternative, which PDF/UA asks for.
        dated: the date that the PDF's metadata shall have.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    from markupsafe import Markup

    styles = stylesheet(medium)
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode("ascii")
    template = _environment(escape_for_html=True).get_template("card.html.jinja")
    return template.render(
        card=card,
        figures={n: (Markup(d.svg), d.data_uri) for n, d in drawn_figures(card).items()},  # noqa: S704  our own drawing, its texts escaped in figures.py
        medium=medium,
        dated=f"{dated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if dated else "",
        styles=Markup(styles),  # noqa: S704  our own stylesheet, nothing of the record in it
        styles_hash=digest,
    )


def markdown(card: Card) -> str:
    """The card as Markdown: the same order, the figures' values in tables.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    template = _environment(escape_for_html=False).get_template("card.md.jinja")
    text = re.sub(r"\n{3,}", "\n\n", template.render(card=card)).strip() + "\n"
    return front_matter(card.metadata) + text


def escape_markdown(value: object) -> str:
    """Text that Markdown, and HTML within it, take as text."""
    return _MARKDOWN_ACTIVE.sub(r"\\\1", str(value)).replace(THIN, "\N{NO-BREAK SPACE}")


def stylesheet(medium: Medium) -> str:
    """The card's styles, with the fonts in them."""
    folder, fonts = shipped("templates") / "card", shipped("templates") / "fonts"
    faces = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:normal;'
        f'src:url("data:font/woff2;base64,{_base64(fonts / name)}") format("woff2")}}\n'
        for family, weight, name in FONTS
    )
    sheets = ("card.css", "screen.css", "print.css") if medium == "screen" else (
        "card.css", "print.css"
    )  # fmt: skip
    return faces + "".join((folder / sheet).read_text(encoding="utf-8") for sheet in sheets)


def _base64(path: Any) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")


def _environment(*, escape_for_html: bool) -> Environment:
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
    environment.filters["together"] = _together
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(title: str) -> str:
    """A title whose last two words stay on one line: `version 3`."""
    return "\N{NO-BREAK SPACE}".join(title.rsplit(" ", 1))


def _together(text: str) -> Any:
    """A number and its unit on one line, and what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(  # noqa: S704  escaped first; only our own tags are added
        _CODE.sub(
            r"<code>\1</code>",
            _TOGETHER.sub(lambda m: f'<span class="together">{m[0]}</span>', str(escape(text))),
        )
    )
