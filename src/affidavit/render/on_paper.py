"""The card for paper: the same page one, and of long tables what a reader turns pages for.

Everything that is left out stands in the HTML card, in the card's JSON and in the bundle, and the
place is named. Nothing of page one, no finding and no control is ever left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from affidavit.render.context import Attribute, Card, Catalog, Fairness
from affidavit.render.explained_context import Block, Explained
from affidavit.render.tables import WhatIf
from affidavit.render.words import many

FILES: Final = 8
COLUMNS: Final = 30
GROUPS: Final = 8  # of an attribute whose every measure is printed
MEASURES: Final = 3  # of several attributes together, if their groups are few
_IN_HTML: Final = "Where each curve is lowest and highest stands in the HTML card."
_EVERY: Final = 3  # of the thresholds that are tried


def on_paper(card: Card) -> Card:
    """The card that the PDF is made from."""
    columns = card.columns[:COLUMNS]
    return replace(
        card,
        fairness=tuple(_fairness(f) for f in card.fairness),
        estimated=tuple(_fairness(f) for f in card.estimated),
        explained=_explained(card.explained),
        columns=columns,
        columns_left_out=_columns_left_out(card),
        catalogs=tuple(_catalog(c) for c in card.catalogs),
        items=card.items[:FILES],
        items_left_out=_items_left_out(card),
    )


def _explained(section: Explained) -> Explained:
    """Without the table that says in words where the curves lead, which are drawn above it."""
    return replace(section, blocks=tuple(_undoubled(b) for b in section.blocks))


def _undoubled(block: Block) -> Block:
    if block.figure is None or not block.figure.panels:
        return block
    return replace(block, tables=(), notes=(*block.notes, _IN_HTML))


def _fairness(report: Fairness) -> Fairness:
    return replace(report, attributes=tuple(_attribute(report, a) for a in report.attributes))


def _attribute(report: Fairness, attribute: Attribute) -> Attribute:
    """In full for an attribute of few groups; else the first measures, or the first alone."""
    thinned = _thinned(attribute.what_if) if attribute.what_if else None
    compared = max((len(block.rows) for block in attribute.pairs), default=0)
    groups = max(compared + 1, sum(len(g.columns) for g in attribute.groups))
    if attribute.together == 1 and groups <= GROUPS:
        return replace(attribute, what_if=thinned)
    said = (
        f"On paper in short: every measure and the summaries of the role {report.role} stand in "
        "the HTML card and in data/reports."
    )
    pairs = attribute.pairs[: MEASURES if groups <= GROUPS else 1]
    drawn = tuple(replace(g, rows=g.rows[:1]) for g in attribute.groups)  # what the figure shows
    return replace(
        attribute, pairs=pairs, groups=drawn, summaries=(), what_if=thinned,
        left_out=" ".join(part for part in (attribute.left_out, said) if part),
    )  # fmt: skip


def _thinned(what_if: WhatIf) -> WhatIf:
    """The threshold in force and every third of the others; the figure has them all."""
    rows = tuple(r for n, r in enumerate(what_if.rows) if r.is_in_force or n % _EVERY == 0)
    return replace(what_if, rows=rows)


def _catalog(catalog: Catalog) -> Catalog:
    """Without the paths that each control rests on: data/controls lists them."""
    return replace(catalog, controls=tuple(replace(c, items=()) for c in catalog.controls))


def _columns_left_out(card: Card) -> str:
    more = len(card.columns) - COLUMNS
    if more <= 0:
        return card.columns_left_out
    said = f"And {many(more, 'column')} more in the HTML card."
    return f"{said} {card.columns_left_out}".strip()


def _items_left_out(card: Card) -> str:
    if len(card.items) <= FILES:
        return card.items_left_out
    return f"The first {FILES}: evidence.json, attached to this document, lists all with digests."
