"""A sample record rendered, for tests that look at the card."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from tests.support.records import Sample

from affidavit.evidence import Item
from affidavit.progress import Silent
from affidavit.render import render


@dataclass(frozen=True)
class Rendered:
    """A sample and what was made of it."""

    sample: Sample
    items: tuple[Item, ...]

    def read(self, suffix: str) -> bytes:
        return (self.sample.work.root / f"data/card/model-card.{suffix}").read_bytes()

    def text(self, suffix: str) -> str:
        return self.read(suffix).decode()


def render_sample(sample: Sample, *, pdf: bool = False) -> Rendered:
    """The stage itself, over a sample."""
    items = render(
        sample.evidence, sample.work, evidence_id=sample.evidence_id, standings=sample.standings,
        declarations=sample.declarations, config=sample.config, pdf=pdf, progress=Silent(),
    )  # fmt: skip
    return Rendered(sample, items)


class Page(HTMLParser):
    """What a reader finds on the page: texts by section, numbers by id, ids, links, tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.numbers: list[tuple[str, str]] = []
        self.sections: dict[str, str] = {}
        self._section = ""
        self._hidden = 0
        self._number: list[str] | None = None
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a":
            self.targets.append(given["href"])
        if tag == "section":
            self._section = given["aria-labelledby"]
        if tag in ("style", "title", "desc"):
            self._hidden += 1
        if self._number is not None and tag == "span":
            self._depth += 1
        if "data-number" in given:
            self._number, self._depth = [given["data-number"], ""], 1

    def handle_endtag(self, tag):
        if tag in ("style", "title", "desc"):
            self._hidden -= 1
        if self._number is not None and tag == "span":
            self._depth -= 1
            if self._depth == 0:
                self.numbers.append((self._number[0], self._number[1]))
                self._number = None

    def handle_data(self, data):
        if self._hidden:
            return
        if self._number is not None:
            self._number[1] += data
        self.sections[self._section] = self.sections.get(self._section, "") + data

    @property
    def text(self) -> str:
        return "".join(self.sections.values())
