"""The reader that holds a bundle's evidence against the four places where people and machines look.

Page one as the card's JSON and as Markdown, the exit summary, and `--json`: a finding or a declared
fact that one of them lacks, softens or invents is named with the place.
"""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What page one says of a declared fact, where it is not the fact's own value.
IN_WORDS = {"declarations.given": "the institution's own word", "code.commit": "(declared)"}


@dataclass(frozen=True)
class Built:
    """A bundle, what the build printed, and what it gives with `--json`."""

    bundle: Path
    printed: str
    told: dict[str, Any]

    @functools.cached_property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.bundle) as archive:
            return {e.filename.partition("/")[2]: archive.read(e) for e in archive.infolist()}

    @functools.cached_property
    def evidence(self) -> dict[str, Any]:
        return json.loads(self.files["data/evidence.json"])

    @functools.cached_property
    def card(self) -> dict[str, Any]:
        return json.loads(self.files["data/card/model-card.json"])["page_one"]

    @functools.cached_property
    def page_one(self) -> str:
        """The Markdown card up to where page one ends, without its backslashes, on one line."""
        text = self.files["data/card/model-card.md"].decode()
        return plain(text[text.index("## 1. ") : text.index("## 3. ")])

    @property
    def declared(self) -> list[dict[str, Any]]:
        return [f for f in self.evidence["provenance"] if f["basis"] == "declared"]


def plain(text: str) -> str:
    return " ".join(text.replace("\\", "").replace("\N{THIN SPACE}", " ").split())


def absent(built: Built) -> list[str]:
    """Every finding and declared fact that a place does not have: `<place>: <id>`."""
    return [*_findings(built), *_declared(built)]


def _findings(built: Built) -> Iterator[str]:
    findings = built.evidence["findings"]
    told = {f["id"]: f for f in built.told["findings"]}
    printed = plain(built.printed)
    for finding in findings:
        name, what, fix = finding["id"], plain(finding["what"]), plain(finding["fix"])
        lines = [plain(x["text"]) for x in built.card["lines"] if name in x.get("findings", ())]
        if not any(what[1:] in line for line in lines):
            yield f"card: {name}"
        # Its first letter may be a capital there.
        if what[1:] not in built.page_one or fix not in built.page_one:
            yield f"page one: {name}"
        if what not in printed or f"fix: {fix}" not in printed:
            yield f"exit summary: {name}"
        if told.get(name, {}).get("what") != finding["what"]:
            yield f"json: {name}"
    named = {f["id"] for f in findings}
    shown = {i for line in built.card["lines"] for i in line.get("findings", ())}
    yield from (f"invented on the card: {i}" for i in sorted(shown - named))
    yield from (f"invented in json: {i}" for i in sorted(set(told) - named))


def _declared(built: Built) -> Iterator[str]:
    told = {f["id"]: f for f in built.told["declared"]}
    card, printed = plain(_texts(built.card)), plain(built.printed)
    for fact in built.declared:
        name, value = fact["id"], plain(str(fact["value"]))
        words = IN_WORDS.get(name, value)
        if words not in card:
            yield f"card: {name}"
        if words not in built.page_one:
            yield f"page one: {name}"
        if f"{value} ({plain(fact['source'])})" not in printed:
            yield f"exit summary: {name}"
        if told.get(name) != fact:
            yield f"json: {name}"
    measured = {f["id"] for f in built.evidence["provenance"]} - {f["id"] for f in built.declared}
    yield from (f"invented in json: {i}" for i in sorted(set(told) & measured))


def _texts(page: dict[str, Any]) -> str:
    lines = [f"{x['text']} {x.get('remedy', '')}" for x in page["lines"]]
    return " ".join([*lines, *(f"{row['text']}" for row in page["about"])])
