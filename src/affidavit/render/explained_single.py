"""Single decisions on the card: how many were explained, and with what outcome; no person's row.

The file holds rows of persons. A card goes further than its bundle's rows do, so it counts.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from affidavit.evidence import Item
from affidavit.explanation_record import Decision, Decisions
from affidavit.render.explained_context import Block, PlainTable
from affidavit.render.words import listed, many

_STATUSES: Final = {
    "issued": "principal reasons are given",
    "favourable": "favourable, so none are due",
    "protected": "a protected attribute moved it most, so no list is given",
    "other": "rules or an override decided, not this model",
    "none": "nothing moved the score towards the adverse decision",
}
_CHOSEN: Final = ("near the threshold", "of a group", "named", "drawn", "given")


def single_block(found: Decisions | None, item: Item | None) -> Block | None:
    """Counts by status of reasons, with counterfactuals; and where the rows are."""
    if item is None:
        return None
    if found is None:
        held = "by reference: its bytes are not in this bundle" if not item.embedded else "unread"
        said = f"Single decisions are explained in {item.path}, held {held}. None is shown here."
        return _block((said,), ())
    if not found.decisions:
        return _block((f"No decision was chosen to be explained ({item.path}).",), ())
    ways = Counter(way for one in found.decisions for way in one.chosen)
    chosen = listed([f"{ways[way]} {way}" for way in _CHOSEN if ways[way]])
    said = (
        f"{many(len(found.decisions), 'decision')} explained ({chosen}; one can be chosen "
        f"twice), with inputs, attributions, reasons and counterfactuals in {item.path}. These are "
        "data of persons, so that none of them is printed here."
    )
    rows = tuple(
        (f"{_STATUSES[status]}", f"{len(own):,}", f"{_with_changes(own):,}",
         f"{sum(len(d.reasons.reasons) for d in own):,}")
        for status in _STATUSES
        if (own := [d for d in found.decisions if d.reasons.status == status])
    )  # fmt: skip
    table = PlainTable(
        caption="Explained decisions, by what is said of the reasons", anchor="explained-single",
        columns=("Reasons", "Decisions", "With a changed input that turns it", "Reasons listed"),
        rows=rows, foot=_methods(found),
    )  # fmt: skip
    return _block((said,), (table,))


def _with_changes(own: list[Decision]) -> int:
    return sum(bool(d.counterfactuals) for d in own)


def _methods(found: Decisions) -> str:
    """How reasons were chosen, in the words of the record."""
    methods = dict.fromkeys(d.reasons.method.rstrip(". ") for d in found.decisions)
    said = [m for m in methods if m]
    return f"How reasons are chosen: {'. '.join(said)}." if said else ""


def _block(intro: tuple[str, ...], tables: tuple[PlainTable, ...]) -> Block:
    return Block(title="Single decisions", anchor="explained-decisions", intro=intro, tables=tables)
