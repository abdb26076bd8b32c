"""What the card prints, decided: the one object that HTML, PDF, Markdown and JSON are made from.

Templates loop and branch over it and decide nothing. Strings are as they stand in the record until
`neutralised` has gone over the whole tree; the writers escape for their own language.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from affidavit.render.definitions import Definition
from affidavit.render.explained_context import Explained
from affidavit.render.tables import (
    Calibration,
    ColumnRow,
    Crosstab,
    Figure,
    GainRow,
    Grid,
    Measure,
    PairBlock,
    Quantity,
    WhatIf,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWord:
    """A status: the word first, then a mark, then a colour (`tone` names a class)."""

    word: str
    mark: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place on the card; `target` is an id on it."""

    target: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of *Read this first*.

    Attributes:
        findings, controls: ids of what it is about, for the card's JSON; a control's is
            `catalog/control`.
    """

    status: StatusWord
    text: str
    remedy: str = ""
    links: tuple[Link, ...] = ()
    findings: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """One of the three numbers on page one; `caution` where an exception above concerns it."""

    quantity: Quantity
    label: str
    definition: str
    caution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRow:
    """One row of *What exactly this is about*: a name, words, a digest to compare."""

    name: str
    text: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A term and what it says."""

    term: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact of the provenance table. `what` is its name in words, `id` its stable id."""

    id: str
    what: str
    value: str
    digest: str
    basis: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRow:
    """A metric as training logged it, beside the recomputed one."""

    key: str
    dataset: str
    logged: str
    recomputed: str
    number: str
    status: StatusWord
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A threshold that somebody set, and the number it is held against.

    Attributes:
        place: its place in the configuration, from 1.
        rates: for a comparison, the rates of both groups in a sentence.
        n: the rows that carry the number, of both groups where it compares two.
        note: said where the number's interval covers the bound.
        margin: the least number of changed decisions that would turn the verdict; `no_margin`
            says why none is given.
    """

    place: int
    metric: str
    rates: str
    what: str
    bound: str
    found: str
    number: str
    status: StatusWord
    set_by: str
    set_on: str
    n: str = ""
    note: str = ""
    margin: str = ""
    no_margin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """One performance report.

    Attributes:
        classes: each class against the rest, of a multiclass model.
        crosstab: label by decision.
        brief: of a role other than the main one: its numbers in few columns, and nothing else.
    """

    role: str
    intro: str
    measures: tuple[Measure, ...] = ()
    classes: tuple[Grid, ...] = ()
    crosstab: Crosstab | None = None
    calibration: Calibration | None = None
    gains: tuple[GainRow, ...] = ()
    brief: tuple[Quantity, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """Fairness over the groups of one sensitive attribute, or of several together.

    Attributes:
        together: how many attributes make its groups.
        rows_head: what is counted beside the numbers: `n`, or the rows to expect.
        methods: how the intervals of the comparisons were made.
        tests: how many there are, and how often chance alone gives a significant one.
        small: the groups that are too small to compare, each with its rows.
        left_out: said where groups or comparisons are not printed.
        what_if: what other thresholds would do, of an attribute alone.
    """

    name: str
    anchor: str
    intro: str
    figure: Figure | None
    rows_head: str
    pairs: tuple[PairBlock, ...]
    groups: tuple[Grid, ...]
    summaries: tuple[Quantity, ...]
    methods: str = ""
    tests: str = ""
    small: str = ""
    left_out: str = ""
    what_if: WhatIf | None = None
    together: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """One fairness report, or one over estimated groups.

    Attributes:
        brief: as in `Performance`.
    """

    role: str
    intro: str
    convention: str = ""
    attributes: tuple[Attribute, ...] = ()
    brief: tuple[Quantity, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One measure of both models: values, difference, how, and whom its interval favours."""

    title: str
    n: str
    subject: str
    challenger: str
    difference: str
    interval: str
    how: str
    favours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedTable:
    """Both models on the rows of one role."""

    caption: str
    anchor: str
    rows: tuple[ComparedRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """The comparison with a challenger; without a table where it could not be made."""

    intro: tuple[str, ...]
    tables: tuple[ComparedTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Performance by the values of each segment and by period, one role."""

    role: str
    tables: tuple[Grid, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Stability indices of one role."""

    role: str
    scores: tuple[Quantity, ...]
    inputs: tuple[Quantity, ...]
    left_out: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One dataset role."""

    role: str
    rows: str
    files: str
    travels: str
    digest: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRow:
    """One control's assessment.

    Attributes:
        crosswalk: the controls of another catalog that it became, or came from, and how.
        answered: who signed which answer, and until when it holds.
    """

    id: str
    anchor: str
    reference: str
    title: str
    expectation: str
    status: StatusWord
    because: str
    remedy: str
    items: tuple[str, ...]
    crosswalk: str = ""
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One catalog's controls, as sealed."""

    name: str
    anchor: str
    title: str
    intro: str
    tally: str
    controls: tuple[ControlRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckRow:
    """Who computed the numbers again, as they signed it.

    Attributes:
        statement: sha256 of the signed statement's file.
    """

    by: str
    day: str
    machine: str
    numbers: str
    outcome: StatusWord
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A gap or an exception, in full."""

    id: str
    anchor: str
    status: StatusWord
    what: str
    expected: str
    found: str
    fix: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One payload file."""

    path: str
    size: str
    sha256: str
    kind: str
    sensitivity: str
    travels: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The whole card."""

    model: str
    version: str
    title: str
    deck: str
    evidence_id: str
    evidence_short: str
    created: str
    as_of: str
    lines: tuple[Line, ...]
    direction: str
    holds: tuple[str, ...]
    key_numbers: tuple[KeyNumber, ...]
    no_numbers: str
    about: tuple[AboutRow, ...]
    declared: tuple[Pair, ...]
    undeclared: str
    label_intro: str
    performance: tuple[Performance, ...]
    snapshots: tuple[Grid, ...]
    segments: tuple[Segments, ...]
    challenger: Challenger | None
    logged_intro: str
    logged: tuple[LoggedRow, ...]
    bounds: tuple[HoldRow, ...]
    fairness_intro: str
    fairness: tuple[Fairness, ...]
    estimated: tuple[Fairness, ...]
    explained: Explained
    data_intro: str
    datasets: tuple[DatasetRow, ...]
    data_notes: tuple[str, ...]
    columns: tuple[ColumnRow, ...]
    columns_left_out: str
    stability_intro: str
    stability: tuple[Stability, ...]
    reproduced: tuple[str, ...]
    recheck_intro: str
    rechecks: tuple[RecheckRow, ...]
    facts: tuple[FactRow, ...]
    bases: tuple[Pair, ...]
    environment_intro: str
    environment: tuple[FactRow, ...]
    catalogs: tuple[Catalog, ...]
    findings: tuple[FindingRow, ...]
    items_intro: str
    items: tuple[ItemRow, ...]
    items_left_out: str
    definitions: tuple[Definition, ...]
    archive: str
    metadata: tuple[Pair, ...]


def neutralised(value: T, plain: Callable[[str], str]) -> T:
    """The same tree with `plain` applied to every string in it: one door for every name."""
    changed: Any = value
    if isinstance(value, str):
        changed = plain(value)
    elif isinstance(value, tuple):
        changed = tuple(neutralised(v, plain) for v in value)
    elif is_dataclass(value) and not isinstance(value, type):
        record = cast("DataclassInstance", value)
        changed = replace(
            record, **{f.name: neutralised(getattr(record, f.name), plain) for f in fields(record)}
        )
    return cast("T", changed)
