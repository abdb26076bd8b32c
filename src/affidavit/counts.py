"""Counts of rows by group, label and decision: the table that every rate comes from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Context, Decimal, Inexact, InvalidOperation

from affidavit.errors import BundleError
from affidavit.evidence import CountSpec

UNKNOWN_LABEL = ""
_FIXED = ("label", "decision", "n", "sum_w", "sum_w2")
_MAX_DIGITS = 40
MAX_ROWS = 2**53  # of a table; beyond, a float holds no whole number of rows
# Sums of 100 million cells of 40 digits still fit; beyond, it raises instead of rounding.
_EXACT = Context(prec=100, traps=[Inexact])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Rows that share their groups, label and decision.

    Attributes:
        groups: one value an attribute, in the order of the specification.
        label: the label as text; empty where it is not known.
        decision: the decided class as text.
        n: rows. sum_w, sum_w2: their weights and squared weights, exact.
    """

    groups: tuple[str, ...]
    label: str
    decision: str
    n: int
    sum_w: Decimal
    sum_w2: Decimal


@dataclass(frozen=True, slots=True)
class CountTable:
    """A specification and its cells, sorted; two tables of the same rows are equal."""

    spec: CountSpec
    rows: tuple[Cell, ...]

    def values_of(self, attribute: int) -> tuple[str, ...]:
        """The values that an attribute takes, sorted."""
        return tuple(sorted({c.groups[attribute] for c in self.rows}))


def count_table(spec: CountSpec, cells: Iterable[Cell]) -> CountTable:
    """A table of cells in their one order."""
    return CountTable(spec, tuple(sorted(cells, key=lambda c: (c.groups, c.label, c.decision))))


def add(one: CountTable, other: CountTable) -> CountTable:
    """The table of the rows of both, which have no row in common.

    Sums are exact, so parts of a data set give its table, in any order and any split.

    Raises:
        ValueError: the tables are not to be read alike.
    """
    if one.spec != other.spec:
        raise ValueError("two count tables of different specifications cannot be added")
    return gathered(one.spec, (*one.rows, *other.rows))


def gathered(spec: CountSpec, cells: Iterable[Cell]) -> CountTable:
    """A table of cells of which several may be of one place; sums are exact."""
    found: dict[tuple[tuple[str, ...], str, str], Cell] = {}
    for cell in cells:
        key = (cell.groups, cell.label, cell.decision)
        found[key] = _both(found[key], cell) if key in found else cell
    return count_table(spec, found.values())


def _both(one: Cell, other: Cell) -> Cell:
    return replace(
        one, n=one.n + other.n, sum_w=_EXACT.add(one.sum_w, other.sum_w),
        sum_w2=_EXACT.add(one.sum_w2, other.sum_w2),
    )  # fmt: skip


def write_counts(table: CountTable) -> bytes:
    """reports/counts/<file>: header, then a line a cell; sums as exact decimal strings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(a.name for a in table.spec.attributes), *_FIXED])
    for c in table.rows:
        writer.writerow([*c.groups, c.label, c.decision, c.n, _plain(c.sum_w), _plain(c.sum_w2)])
    return out.getvalue().encode()


def read_counts(content: bytes, spec: CountSpec) -> CountTable:
    """Read a count table that someone else wrote.

    Raises:
        BundleError: another header than the specification asks for, a cell twice, a number that
            is none, negative, or longer than 40 digits; unweighted rows whose sums are not n; more
            than 2^53 rows in all.
    """
    name = f"reports/counts/{spec.file}"
    try:
        lines = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BundleError(f"{name} is not a CSV file", str(error)) from error
    expected = [*(a.name for a in spec.attributes), *_FIXED]
    if not lines or lines[0] != expected:
        found = ",".join(lines[0])[:200] if lines else "nothing"
        raise BundleError(f"{name}: header expected {','.join(expected)}, found {found}")
    cells = [_cell(line, spec, f"{name}, line {i}") for i, line in enumerate(lines[1:], 2)]
    if len({(c.groups, c.label, c.decision) for c in cells}) != len(cells):
        raise BundleError(f"{name}: a cell stands twice")
    if (total := sum(c.n for c in cells)) > MAX_ROWS:
        raise BundleError(f"{name}: expected at most {MAX_ROWS} rows, found {total}")
    return count_table(spec, cells)


def _cell(line: list[str], spec: CountSpec, where: str) -> Cell:
    width = len(spec.attributes)
    if len(line) != width + len(_FIXED):
        raise BundleError(f"{where}: expected {width + len(_FIXED)} fields, found {len(line)}")
    label, decision, n, sum_w, sum_w2 = line[width:]
    if not (n.isascii() and n.isdigit() and len(n) <= 18):
        raise BundleError(f"{where}: {n[:30]!r} is not a number of rows")
    cell = Cell(
        groups=tuple(line[:width]), label=label, decision=decision, n=int(n),
        sum_w=_decimal(sum_w, where), sum_w2=_decimal(sum_w2, where),
    )  # fmt: skip
    if cell.n == 0 or (cell.sum_w == 0) != (cell.sum_w2 == 0):
        raise BundleError(f"{where}: a cell without rows, or a weight without its square")
    if _EXACT.multiply(cell.sum_w, cell.sum_w) > _EXACT.multiply(Decimal(cell.n), cell.sum_w2):
        raise BundleError(f"{where}: no {cell.n} weights have these sums (Cauchy, Schwarz)")
    if not spec.weighted and not cell.n == cell.sum_w == cell.sum_w2:
        raise BundleError(f"{where}: rows without weights, yet the sums differ from n")
    return cell


def _decimal(text: str, where: str) -> Decimal:
    if len(text) > _MAX_DIGITS or not text.isascii() or set(text) - set("0123456789."):
        raise BundleError(f"{where}: {text[:30]!r} is not a plain decimal number")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BundleError(f"{where}: {text[:30]!r} is not a plain decimal number") from error


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
