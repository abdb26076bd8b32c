"""Whether the count tables of a role speak of the rows that its reports speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isclose

from affidavit.counts import UNKNOWN_LABEL, Cell, CountTable
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable

Sums = dict[tuple[str, ...], tuple[int, Fraction]]
_MAX_SHOWN = 20
_ROUNDED = 1e-11  # a mean weight is written to twelve digits


def sum_faults(named: NamedTable) -> Iterator[Fault]:
    """The cells against the rows of each report.

    Each attribute cuts all rows into groups, so the cells add up to the rows. In a table of
    estimated groups a row stands in every group of which it has any probability: there each group
    holds at most the rows.
    """
    table = named.table
    if named.spec.table == "estimated":
        found = [
            (f", {named.spec.attributes[0].name}={value}", *_rows(table, value))
            for value in table.values_of(0)
        ]
    else:
        found = [("", *_rows(table, None))]
    for path, report in named.reports.items():
        for where, rows, labelled in found:
            is_within = rows <= report.n_rows and labelled <= report.n_labelled
            is_equal = (rows, labelled) == (report.n_rows, report.n_labelled)
            if not (is_within if where else is_equal):
                yield Fault(
                    f"{path} speaks of other rows than {named.path}{where}", path,
                    f"{rows} rows, {labelled} labelled",
                    f"{report.n_rows} rows, {report.n_labelled} labelled",
                )  # fmt: skip


def _rows(table: CountTable, value: str | None) -> tuple[int, int]:
    """Rows and labelled rows, of one value of the first attribute where one is given."""
    cells = [c for c in table.rows if value is None or c.groups[0] == value]
    return sum(c.n for c in cells), sum(c.n for c in cells if c.label != UNKNOWN_LABEL)


def together_faults(tables: Sequence[NamedTable]) -> Iterator[Fault]:
    """The other tables of a role against the model's decisions by sensitive attribute.

    Final decisions are of the same labels in the same groups; segments are of the same labels and
    decisions; an estimated group holds no more of a label and decision than there is.
    """
    main = next((t for t in tables if t.spec.table == "main"), None)
    for other in tables:
        if main is None:
            yield Fault(
                f"{other.path} stands without the counts of the model's decisions", other.path,
                "a main table", "none",
            )  # fmt: skip
        elif other.spec.table == "final":
            is_alike = other.spec.attributes == main.spec.attributes
            if not is_alike:
                yield Fault(
                    f"{other.path} counts by other attributes than {main.path}, or in another "
                    "order", other.path, ", ".join(a.name for a in main.spec.attributes),
                    ", ".join(a.name for a in other.spec.attributes),
                )  # fmt: skip
            yield from _differing(main, other, _group_and_label if is_alike else _label)
        elif other.spec.table == "segments":
            yield from _differing(main, other, _outcome)
        elif other.spec.table == "estimated":
            yield from _exceeding(main, other)
            yield from _mean_weight(main, other)


def _group_and_label(cell: Cell) -> tuple[str, ...]:
    return (*cell.groups, cell.label)


def _label(cell: Cell) -> tuple[str, ...]:
    return (cell.label,)


def _outcome(cell: Cell) -> tuple[str, ...]:
    return (cell.label, cell.decision)


def _in_group(cell: Cell) -> tuple[str, ...]:
    return (cell.groups[0], cell.label, cell.decision)


def _sums(table: CountTable, by: Callable[[Cell], tuple[str, ...]]) -> Sums:
    sums: Sums = {}
    for cell in table.rows:
        n, w = sums.get(by(cell), (0, Fraction(0)))
        sums[by(cell)] = (n + cell.n, w + Fraction(cell.sum_w))
    return sums


def _differing(
    main: NamedTable, other: NamedTable, by: Callable[[Cell], tuple[str, ...]]
) -> Iterator[Fault]:
    ours, theirs = _sums(main.table, by), _sums(other.table, by)
    wrong = [k for k in sorted(ours.keys() | theirs.keys()) if ours.get(k) != theirs.get(k)]
    for key in wrong[:_MAX_SHOWN]:
        yield _fault(main, other, key, ours.get(key), theirs.get(key))


def _mean_weight(main: NamedTable, other: NamedTable) -> Iterator[Fault]:
    """Rows to expect are reckoned by what a row weighs in the mean: less would make them more."""
    n, weight = sum(c.n for c in main.table.rows), sum(c.sum_w for c in main.table.rows)
    expected, found = float(weight) / n if n else None, other.spec.mean_weight
    is_alike = (
        expected is not None and found is not None and isclose(expected, found, rel_tol=_ROUNDED)
    )
    if not is_alike:
        yield Fault(
            f"{other.path}: rows of another mean weight than in {main.path}", other.path,
            str(expected), str(found),
        )  # fmt: skip


def _exceeding(main: NamedTable, other: NamedTable) -> Iterator[Fault]:
    """A probability is at most 1: no group has more rows, or more weight, than there is."""
    ours, theirs = _sums(main.table, _outcome), _sums(other.table, _in_group)
    none = (0, Fraction(0))
    wrong = [
        key for key, (n, w) in sorted(theirs.items())
        if n > ours.get(key[1:], none)[0] or w > ours.get(key[1:], none)[1]
    ]  # fmt: skip
    for key in wrong[:_MAX_SHOWN]:
        yield _fault(main, other, key, ours.get(key[1:]), theirs[key])


def _fault(
    main: NamedTable,
    other: NamedTable,
    key: tuple[str, ...],
    ours: tuple[int, Fraction] | None,
    theirs: tuple[int, Fraction] | None,
) -> Fault:
    return Fault(
        f"{other.path}: {', '.join(map(repr, key))} has other rows than {main.path}", other.path,
        _told(ours), _told(theirs),
    )  # fmt: skip


def _told(sums: tuple[int, Fraction] | None) -> str:
    if sums is None:
        return "none"
    weight = Decimal(sums[1].numerator) / Decimal(sums[1].denominator)
    return f"{sums[0]} rows, weight {weight:f}"
