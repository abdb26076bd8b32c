"""What a reader reads back from a card: its texts by section and row, and the numbers in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from affidavit.render.words import THIN

# A number that stands for itself: what has letters or an underscore beside it is a name.
_NUMBER = re.compile(r"(?<![\w.#/])-?\d[\d,]*(?:\.\d+)?(?![\w/])")
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
)  # fmt: skip
DATE = re.compile(rf"\b\d{{1,2}} (?:{MONTHS}) \d{{4}}(?:, \d\d:\d\d UTC)?\b|\b\d{{4}}-\d\d-\d\d\b")
# Elements that hold digests, ids, paths and commands, and the marks along an axis.
_NAMES = frozenset({"mono", "path", "id", "tick"})
_VOID = frozenset({"meta", "br", "img", "line", "circle", "polyline"})


def plain(text: str) -> str:
    """With plain spaces and hyphens."""
    for one, other in ((THIN, " "), ("\N{NO-BREAK SPACE}", " "), ("\N{MINUS SIGN}", "-")):
        text = text.replace(one, other)
    return text


def numbers_in(text: str) -> list[str]:
    """The numbers of a text, dates left out: `['74.6', '66.6', '81.2', '134']`."""
    return [found.rstrip(",") for found in _NUMBER.findall(DATE.sub(" ", plain(text)))]


@dataclass
class Part:
    """A row of a table, or what stands outside of tables between two tags."""

    section: str
    text: str = ""
    ids: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """The page as parts; styles, digests, ids and axis marks are left out, by their element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[Part] = [Part("")]
        self._stack: list[bool] = []
        self._section, self._is_row = "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self._section = given["aria-labelledby"] or ""
        if tag == "tr" or (not self._is_row and tag not in ("span", "b", "code", "a", "br")):
            self.parts.append(Part(self._section))
        if tag == "tr":
            self._is_row = True
        if given.get("data-number"):
            self.parts[-1].ids.append(given["data-number"] or "")
        if tag not in _VOID:
            names = set((given.get("class") or "").split())
            left_out = tag in ("style", "pre") or bool(names & _NAMES)
            self._stack.append(left_out or bool(self._stack and self._stack[-1]))
        if not self._hidden:
            self.parts[-1].text += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        self._stack.pop()
        if tag == "tr":
            self._is_row = False
            self.parts.append(Part(self._section))
        self.parts[-1].text += " "

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts[-1].text += data

    @property
    def _hidden(self) -> bool:
        return bool(self._stack and self._stack[-1])


def strings_of(value: Any) -> Iterator[str]:
    """Every string of a JSON value, but for ids and digests of its own kind."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings_of(part)


def forms(number: dict[str, Any]) -> set[str]:
    """How a number of the JSON can be printed: value, ends and rows, rounded, also in per cent."""
    found = set[str]()
    for name in ("value", "low", "high"):
        if number[name] is None:
            continue
        for scaled in (number[name], float(f"{100 * number[name]:.12g}")):
            found |= {f"{scaled:,.{places}f}" for places in range(7)}
            for places in range(4):  # `under 0.1`, `over 99.9`
                least = 10.0**-places
                if 0 < abs(scaled) < least:
                    found |= {f"{least:.{places}f}", f"-{least:.{places}f}"}
                for whole in (1.0, 100.0):
                    if whole - least < scaled < whole:
                        found.add(f"{whole - least:.{places}f}")
    if number["n"] is not None:
        found.add(f"{number['n']:,}")
    return found


def card_json(content: bytes) -> tuple[dict[str, set[str]], set[str]]:
    """The forms of every number by its id, and the numbers in every other string."""
    card = json.loads(content)
    numbers = {n["id"]: forms(n) for n in card.pop("numbers")}
    said = {one for text in strings_of(card) for one in numbers_in(text)}
    return numbers, said
