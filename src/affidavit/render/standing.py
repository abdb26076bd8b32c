"""Whether a finished page says what a card must say, where nothing hides it.

Looked for in the HTML itself, after it was made, whoever's templates made it: every line of page
one with its status and remedy, every finding, every control with its status, every signed recheck.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from affidavit.errors import AffidavitError
from affidavit.render.context import Card

_UNSEEN: Final = frozenset({"style", "title", "desc", "script", "template"})
_HIDES: Final = ("hidden", "style", "aria-hidden")
_VOID: Final = frozenset({"br", "hr", "img", "col", "wbr", "meta", "link", "input"})


def require_standing(card: Card, page: str) -> None:
    """Refuse a page on which something that must stand there does not, or cannot be seen.

    Raises:
        AffidavitError: names the line, the finding or the control.
    """
    seen = _Seen(page)
    for what, place, words in _required(card):
        if _squeezed(words) not in seen.text_of(place):
            raise AffidavitError(
                f"the card leaves out {what}: {words[:120]!r}",
                "it must stand on every card, where it can be read",
                "take the template that drops it away; docs/branding.md says what must stand",
            )


def require_links(page: str) -> None:
    """Refuse a page whose links lead nowhere, or to one of two places.

    Raises:
        AffidavitError: names the id.
    """
    seen = _Seen(page)
    if twice := sorted(i for i, n in Counter(seen.ids).items() if n > 1):
        raise AffidavitError(
            f"the card has the id {twice[0]!r} twice", "a link would lead to the wrong place"
        )
    if lost := sorted(seen.targets - set(seen.ids)):
        raise AffidavitError(
            f"the card has a link to {lost[0]!r}, which is not on it",
            fix="keep the id in the template that replaces the section",
        )


def _required(card: Card) -> Iterator[tuple[str, str, str]]:
    """What must stand, the id of the element that must hold it, and its words."""
    for line in card.lines:
        yield "a line of page one", "first", f"{line.status.word} {line.text}"
        if line.remedy:
            yield "a remedy on page one", "first", f"To do: {line.remedy}"
    for finding in card.findings:
        yield f"the finding {finding.id}", finding.anchor, finding.what
        yield f"the remedy of {finding.id}", finding.anchor, finding.fix
    for catalog in card.catalogs:
        for control in catalog.controls:
            yield f"the control {control.id}", control.anchor, control.status.word
    for place, one in enumerate(card.rechecks, start=1):
        words = f"{one.by}{one.day}{one.machine}{one.numbers}"
        yield f"the recheck by {one.by}", f"recheck-{place}", words
        yield f"the recheck by {one.by}", f"recheck-{place}", one.outcome.word


def _squeezed(text: str) -> str:
    """The text without white space and backticks, which become a typeface."""
    return "".join(text.replace("`", "").split())


class _Seen(HTMLParser):
    """The words that can be seen in each element with an id; page one's by its section's label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self._texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str, bool]] = []
        self.feed(page)

    def text_of(self, place: str) -> str:
        return _squeezed("".join(self._texts.get(place, ())))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if given.get("id"):
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.targets.add(given["href"][1:])
        if tag in _VOID:
            return
        place = given.get("aria-labelledby", "") if tag == "section" else given.get("id", "")
        hides = tag in _UNSEEN or any(k in given for k in _HIDES)
        self._open.append((tag, place, hides))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if any(hides for _, _, hides in self._open):
            return
        for _, place, _ in self._open:
            if place:
                self._texts.setdefault(place, []).append(data)
