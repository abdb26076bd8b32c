"""Page one in plain words, 80 columns: what `make demo` and the end of a build print."""

from __future__ import annotations

import textwrap
from typing import Final

from affidavit.card_record import CardRecord
from affidavit.render.words import grouped, plain

_LABEL: Final = 19
_HARD: Final = "\N{NO-BREAK SPACE}"
_MARKS: Final = {"Exception": "▲", "Missing": "○", "Needs attestation": "◇"}


def page_one_text(card: CardRecord, *, width: int = 80) -> str:
    """Page one of the card for a terminal.

    Args:
        card: from `read_card`; its strings are made harmless again, whoever wrote them.
        width: columns.

    Returns:
        Lines of at most `width` columns, without colour, ending in a newline.
    """
    page = card.page_one
    parts = [page.title, "", *_wrapped(page.deck, width), ""]
    parts.extend([*_wrapped(page.direction, width), ""] if page.direction else [])
    for line in page.lines:
        mark = _MARKS.get(line.status, "·")
        text = line.text if not line.remedy else f"{line.text} To do: {line.remedy}"
        refs = f" [{', '.join(line.refs)}]" if line.refs else ""
        parts.extend(_entry(f"{mark} {line.status}", text + refs, width))
    if page.holds:
        parts.extend(_entry("● Holds", " ".join(page.holds), width))
    parts.append("")
    for key in page.key_numbers:
        interval = f" ({key.interval})" if key.interval else ""
        parts.extend(_entry(f"  {key.shown}", f"{key.label}{interval}, n = {key.n}", width))
    parts.append("")
    for row in page.about:
        digest = row.digest.replace(" ", _HARD)  # never broken between two lines
        parts.extend(_entry(f"  {row.name}", f"{row.text} {digest}", width))
    parts.extend(["", f"evidence {grouped(card.evidence_id)} …"])
    return "\n".join(plain(part).replace(_HARD, " ").rstrip() for part in parts) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(plain(text), width, break_long_words=True, break_on_hyphens=False)


def _entry(label: str, text: str, width: int) -> list[str]:
    """A label in its own column, the text beside it; a long label gets a line of its own."""
    label = plain(label)
    rows = _wrapped(text, width - _LABEL - 1) or [""]
    if len(label) > _LABEL:
        return [label, *(f"{'':{_LABEL}} {row}" for row in rows)]
    return [
        f"{label if place == 0 else '':{_LABEL}} {row}" for place, row in enumerate(rows)
    ]  # fmt: skip
