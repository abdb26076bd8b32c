"""HTML of foreign templates: read, held against a list, and written anew.

Written anew, so that what was checked is what stands there: two readers of sloppy HTML never have
to agree. No style, script, address, form, frame or comment; no element that hides its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final, NoReturn

from affidavit.errors import ConfigError
from affidavit.render.branding.source import place_of

_VOID: Final = frozenset({"br", "hr", "img", "col", "wbr"})
_BLOCKS: Final = (
    "section div p h2 h3 h4 ul ol li dl dt dd table caption thead tbody tfoot tr th td colgroup "
    "figure figcaption pre blockquote address"
)
_INLINE: Final = "a abbr b bdi code em i small span strong sub sup time"
ELEMENTS: Final = frozenset(f"{_BLOCKS} {_INLINE}".split()) | _VOID
_EVERYWHERE: Final = frozenset((
    "id", "class", "lang", "dir", "role", "tabindex", "title", "aria-label", "aria-labelledby",
    "aria-describedby", "data-number",
))  # fmt: skip
_OF: Final[Mapping[str, frozenset[str]]] = {
    "a": frozenset({"href"}), "img": frozenset({"src", "alt"}), "ol": frozenset({"start"}),
    "th": frozenset({"scope", "colspan", "rowspan"}), "td": frozenset({"colspan", "rowspan"}),
    "col": frozenset({"span"}), "time": frozenset({"datetime"}),
}  # fmt: skip
# `skip` moves its words off the screen; `first`, `whose` and `house` are page one's.
_CLASSES_REFUSED: Final = frozenset({"skip", "first", "house", "kicker", "whose"})
# What a table spans is laid out cell by cell, and what is nested call by call: a bomb on paper.
_NUMBERS: Final = frozenset({"colspan", "rowspan", "span", "start"})
MAX_NUMBER: Final = 1000
MAX_DEPTH: Final = 64
# Words that a reader sees in another order than they stand, and what no page shows.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DRAWING: Final = re.compile(r"<drawing data-n=(\d+)></drawing>")


def checked_html(text: str, pictures: tuple[str, ...], templates: Mapping[str, str]) -> str:
    """The same page, rebuilt of allowed parts.

    Args:
        text: what the templates gave.
        pictures: SVG texts and `data:` addresses that our own figures have.
        templates: the sources, to find the line in.

    Raises:
        ConfigError: names what is not allowed and, where a template holds it, file and line.
    """
    if "<drawing" in text.lower():
        _refuse("<drawing", "no element of HTML", templates)
    drawings = [p for p in pictures if p.startswith("<svg")]
    for place, drawing in enumerate(drawings):
        text = text.replace(drawing, f"<drawing data-n={place}></drawing>")
    reader = _Reader(tuple(p for p in pictures if p.startswith("data:")), templates)
    reader.feed(text)
    reader.close()
    if reader.open:
        _refuse(f"<{reader.open[-1]}", "opened and never closed", templates)
    return _DRAWING.sub(lambda m: drawings[int(m[1])], "".join(reader.written))


class _Reader(HTMLParser):
    def __init__(self, images: tuple[str, ...], templates: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.images, self.templates = images, templates
        self.open: list[str] = []
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "drawing":
            self.written.append(f"<drawing data-n={dict(attrs)['data-n']}>")
            self.open.append(tag)
            return
        if tag not in ELEMENTS:
            _refuse(f"<{tag}", "this element is not for templates of a card", self.templates)
        given = "".join(self._attribute(tag, key, value or "") for key, value in attrs)
        self.written.append(f"<{tag}{given}>")
        if tag not in _VOID:
            self.open.append(tag)
        if len(self.open) > MAX_DEPTH:
            _refuse(f"<{tag}", f"inside more than {MAX_DEPTH} other elements", self.templates)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            inside = f"inside <{self.open[-1]}>" if self.open else "where nothing is open"
            _refuse(f"</{tag}", f"closes {inside}", self.templates)
        self.open.pop()
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._require_seen(data)
        self.written.append(escape(data, quote=False))

    def handle_comment(self, data: str) -> None:
        _refuse(f"<!--{data[:40]}", "no comments: they go into {# … #}", self.templates)

    def handle_decl(self, decl: str) -> None:
        _refuse(f"<!{decl[:40]}", "the page around has it", self.templates)

    def unknown_decl(self, data: str) -> None:
        _refuse(f"<![{data[:40]}", "no such part in HTML", self.templates)

    def handle_pi(self, data: str) -> None:
        _refuse(f"<?{data[:40]}", "no such part in HTML", self.templates)

    def _attribute(self, tag: str, key: str, value: str) -> str:
        if key not in _EVERYWHERE and key not in _OF.get(tag, ()):
            _refuse(f"{key}=", f"this attribute of <{tag}> is not for a card", self.templates)
        self._require_seen(value)
        if key in _NUMBERS and not (re.fullmatch("[0-9]{1,4}", value) and int(value) <= MAX_NUMBER):
            _refuse(f'{key}="{value}', f"a number up to {MAX_NUMBER} stands there", self.templates)
        if key == "href" and not re.fullmatch(r"#[A-Za-z0-9_.:-]+", value):
            _refuse(value, "a link on a card leads to a place on it", self.templates)
        if key == "src" and value not in self.images:
            _refuse(value, "a picture is one of the card's own figures", self.templates)
        if key == "class" and (bad := sorted(_CLASSES_REFUSED & set(value.split()))):
            _refuse(bad[0], "this class is page one's", self.templates)
        return f' {key}="{escape(value)}"'

    def _require_seen(self, text: str) -> None:
        if found := _UNSEEN.search(text):
            why = "a character that acts, or turns words round; bdi and dir= set a direction"
            _refuse(found[0], why, self.templates)


def _refuse(found: str, why: str, templates: Mapping[str, str]) -> NoReturn:
    raise ConfigError(f"{place_of(found, templates)}{found[:80]!r} is not allowed", why)
