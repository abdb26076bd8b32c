"""Counts of rows by group, label and decision: the table that every rate comes from."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction

from affidavit.errors import BundleError
from affidavit.evidence import CountSpec

UNKNOWN_LABEL = ""
MISSING_GROUP, UNMATCHED_GROUP = "(missing)", "(unmatched)"
_FIXED = ("label", "decision", "n", "sum_w", "sum_w2")
_MAX_DIGITS = 40
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A sum over cells: rows, weight, squared weight; exact."""

    n: int = 0
    w: Fraction = Fraction(0)
    w2: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class CountTable:
    """A specification and its cells, sorted; two tables of the same rows are equal."""

    spec: CountSpec
    rows: tuple[Cell, ...]

    def tally(self, keep: Callable[[Cell], bool]) -> Tally:
        """The exact sum over the cells that `keep` keeps."""
        kept = [c for c in self.rows if keep(c)]
        return Tally(
            n=sum(c.n for c in kept),
            w=sum((Fraction(c.sum_w) for c in kept), Fraction(0)),
            w2=sum((Fraction(c.sum_w2) for c in kept), Fraction(0)),
        )

    def merged(self) -> CountTable:
        """The same sums without the groups: at most one cell a label and decision."""
        sums: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = {}
        for c in self.rows:
            n, w, w2 = sums.get((c.label, c.decision), (0, Decimal(0), Decimal(0)))
            sums[c.label, c.decision] = (n + c.n, _sum(w, c.sum_w), _sum(w2, c.sum_w2))
        return count_table(
            self.spec,
            (
                Cell(groups=(), label=label, decision=decision, n=n, sum_w=w, sum_w2=w2)
                for (label, decision), (n, w, w2) in sums.items()
            ),
        )

    def by_value(self, attribute: int) -> dict[str, CountTable]:
        """The table of each value of an attribute, merged, by value in order."""
        apart: dict[str, list[Cell]] = {}
        for c in self.rows:
            apart.setdefault(c.groups[attribute], []).append(c)
        return {v: CountTable(self.spec, tuple(apart[v])).merged() for v in sorted(apart)}

    def values_of(self, attribute: int) -> tuple[str, ...]:
        """The values that an attribute takes, sorted."""
        return tuple(sorted({c.groups[attribute] for c in self.rows}))


def count_table(spec: CountSpec, cells: Iterable[Cell]) -> CountTable:
    """A table of cells in their one order."""
    return CountTable(spec, tuple(sorted(cells, key=lambda c: (c.groups, c.label, c.decision))))


def write_counts(table: CountTable) -> bytes:
    """reports/counts/<role>.csv: header, then a line a cell; sums as exact decimal strings."""
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
            is none, negative, or longer than 40 digits; unweighted rows whose sums are not n.
    """
    name = f"reports/counts/{spec.role}.csv"
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


def _sum(one: Decimal, other: Decimal) -> Decimal:
    """An exact sum: the default context would round at 28 digits."""
    return _EXACT.add(one, other)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
