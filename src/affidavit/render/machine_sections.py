"""What the card's sections print beside the numbers of the reports, for the card's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any, Final

from affidavit.card_record import CardSection, CardTable
from affidavit.render.context import Attribute, Card, Performance
from affidavit.render.tables import Figure, Quantity
from affidavit.render.words import THIN

# Printed as tables below, or as numbers.
_IN_TABLES: Final = frozenset({"bins", "gains", "crosstab", "what_if"})
_OF_NUMBER: Final = frozenset({"id", "value", "interval", "level", "n"})


def sections(card: Card) -> tuple[CardSection, ...]:
    """The six sections that state what was recomputed."""
    performance = (
        card.label_intro, card.performance, card.snapshots, card.segments, card.bounds,
        *_beside(card),
    )  # fmt: skip
    fair = (*card.fairness, *card.estimated)
    return (
        _section(
            "performance",
            performance,
            (*chain.from_iterable(map(_scored, card.performance)), *_compared(card)),
        ),
        _section(
            "fairness",
            (card.fairness_intro, fair),
            (t for f in fair for a in f.attributes for t in _tried(a)),
        ),
        _section(
            "data",
            (card.data_intro, card.datasets, card.data_notes, card.columns_left_out),
            _columns(card),
        ),
        _section("explainability", _explained_words(card), _explained_tables(card)),
        _section("stability", (card.stability_intro, card.stability), ()),
        _section(
            "reproducibility",
            (card.reproduced, card.recheck_intro, card.logged_intro, card.logged),
            (),
        ),
    )


def _section(name: Any, parts: Any, tables: Any) -> CardSection:
    texts = dict.fromkeys(t.replace(THIN, " ") for t in _texts(parts) if t)
    return CardSection(name=name, texts=tuple(texts), tables=tuple(tables))


def _texts(value: Any) -> Iterator[str]:
    """Every string below, in the order of the context, but for numbers and what tables hold."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Figure):
        yield from (value.title, value.summary, value.across, value.up)
    elif is_dataclass(value):
        hidden = _OF_NUMBER if isinstance(value, Quantity) else _IN_TABLES
        for field in fields(value):
            if field.name not in hidden:
                yield from _texts(getattr(value, field.name))


def _table(title: str, columns: tuple[str, ...], rows: Any) -> CardTable:
    return CardTable(
        title=title.replace(THIN, " "), columns=tuple(c.replace(THIN, " ") for c in columns),
        rows=tuple(tuple(cell.replace(THIN, " ") for cell in row) for row in rows),
    )  # fmt: skip


def _scored(part: Performance) -> Iterator[CardTable]:
    if part.crosstab is not None:
        table = part.crosstab
        rows = (
            (row.title, *(f"{c.count} ({c.share})" if c.share else c.count for c in row.cells))
            for row in table.rows
        )
        yield _table(table.caption, ("", *table.columns), rows)
    if part.calibration is not None:
        bins = ((b.scores, b.n, b.mean, b.observed, b.interval) for b in part.calibration.bins)
        head = ("Scores", "n", "Mean score", "Observed", "Interval")
        yield _table(f"Calibration by bin, role {part.role}", head, bins)
    if part.gains:
        gains = ((g.share, g.n, g.gain, g.lift, g.interval) for g in part.gains)
        head = ("Highest scores", "n", "Of all events", "Lift", "Interval of the lift")
        yield _table(f"Gains, role {part.role}", head, gains)


def _beside(card: Card) -> tuple[Any, ...]:
    """The texts on a challenger; nothing where none was asked for."""
    found = card.challenger
    return () if found is None else (found.intro, *(t.notes for t in found.tables), found.notes)


def _compared(card: Card) -> Iterator[CardTable]:
    head = ("Measure", "n", "This model", "Challenger", "Difference", "Interval", "How",
            "In favour of")  # fmt: skip
    for table in card.challenger.tables if card.challenger is not None else ():
        rows = (
            (r.title, r.n, r.subject, r.challenger, r.difference, r.interval, r.how, r.favours)
            for r in table.rows
        )  # fmt: skip
        yield _table(table.caption, head, rows)


def _tried(part: Attribute) -> Iterator[CardTable]:
    if part.what_if is not None:
        tried = part.what_if
        rows = ((row.threshold, *row.cells) for row in tried.rows)
        yield _table(f"{part.name}, at other thresholds", ("Threshold", *tried.groups), rows)
        yield _table(tried.figure.title, (), ((tried.intro,), (tried.figure.summary,)))


def _explained_words(card: Card) -> Any:
    """Everything but the cells of tables."""
    found = card.explained
    blocks = tuple(
        (b.title, b.intro, b.figure or (), b.lines, tuple(t.foot for t in b.tables), b.notes)
        for b in found.blocks
    )
    return (found.absent, found.lacking, found.intro, blocks)


def _explained_tables(card: Card) -> Iterator[CardTable]:
    for table in (t for b in card.explained.blocks for t in b.tables):
        yield _table(table.caption, table.columns, table.rows)


def _columns(card: Card) -> Iterator[CardTable]:
    if card.columns:
        head = ("Column", "Used as", "Kind", "Missing", "Distinct", "Range", "Hints")
        rows = (
            (c.name, c.used_as, c.kind, c.missing, c.distinct, c.range, c.hints)
            for c in card.columns
        )
        yield _table("Columns", head, rows)
