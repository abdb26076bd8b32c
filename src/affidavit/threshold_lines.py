"""The lines of reports/thresholds/<role>.csv: what a threshold would do to a group of rows.

Recompute writes them, render shows some, verify holds all of them. A rate follows from the sums of
its own line, as these are written, so that a reader needs nothing else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.errors import BundleError

IN_FORCE: Final = "in force"
SUMS: Final = (
    "weight", "selected", "favourable", "favourable_selected", "unfavourable",
    "unfavourable_selected",
)  # fmt: skip
RATES: Final = ("selection_rate", "true_positive_rate", "false_positive_rate")
COLUMNS: Final = ("threshold", "attribute", "group", "n", *SUMS, *RATES)
# Numerator and denominator of each rate.
_OF: Final = (
    ("selected", "weight"), ("favourable_selected", "favourable"),
    ("unfavourable_selected", "unfavourable"),
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_PLAIN: Final = frozenset("0123456789.")
_MAX_DIGITS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a threshold, a group of rows, and what the threshold would do to it.

    Attributes:
        threshold: None for the decisions that were taken.
        attribute, group: as in the file; empty for all rows.
        sums: by the names of `SUMS`; rows, or with weights sums of weights.
        rates: as written, by the names of `RATES`; None where the denominator is empty.
    """

    threshold: float | None
    attribute: str
    group: str
    n: int
    sums: dict[str, float]
    rates: dict[str, float | None]

    @property
    def name(self) -> str:
        """`0.25, sex=f`, as a fault names the line."""
        at = IN_FORCE if self.threshold is None else repr(self.threshold)
        return at + (f", {self.attribute}={self.group}" if self.attribute else ", all rows")


def no_formula(text: str) -> str:
    """A group's name that no spreadsheet calculates: people open this file in one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def rates_of(sums: dict[str, float]) -> dict[str, float | None]:
    """The rates of a line's sums, to twelve digits; None where a denominator is 0."""
    return {
        name: rounded(sums[part] / sums[whole]) if sums[whole] else None
        for name, (part, whole) in zip(RATES, _OF, strict=True)
    }


def number_text(value: float) -> str:
    """A number without an exponent, twelve digits."""
    return format(Decimal(repr(rounded(value))).normalize(), "f")


def read_lines(content: bytes, name: str) -> Iterator[Line]:
    """The lines of such a file, in their order.

    Args:
        content: its bytes.
        name: what it is called in a message.

    Raises:
        BundleError: not a CSV file of these columns, or a field that is no number; names the line.
    """
    try:
        reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        for place, row in enumerate(reader, 1):
            if place > 1:
                yield _line(row, f"{name}, line {place}")
            elif tuple(row) != COLUMNS:
                found = ",".join(row)[:200]
                raise BundleError(f"{name}: header expected {','.join(COLUMNS)}, found {found}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise BundleError(f"{name} is not a CSV file", str(error)) from error


def _line(row: list[str], where: str) -> Line:
    if len(row) != len(COLUMNS):
        raise BundleError(f"{where}: expected {len(COLUMNS)} fields, found {len(row)}")
    cut, attribute, group, n, *fields = row
    sums, rates = fields[: len(SUMS)], fields[len(SUMS) :]
    if not (n.isascii() and n.isdigit() and len(n) <= 18):
        raise BundleError(f"{where}: {n[:30]!r} is not a number of rows")
    return Line(
        threshold=None if cut == IN_FORCE else _threshold(cut, where),
        attribute=attribute, group=group, n=int(n),
        sums={k: _sum(v, where) for k, v in zip(SUMS, sums, strict=True)},
        rates={k: _sum(v, where) if v else None for k, v in zip(RATES, rates, strict=True)},
    )  # fmt: skip


def _threshold(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or repr(value) != text:
        raise BundleError(f"{where}: {text[:30]!r} is not a threshold")
    return value


def _sum(text: str, where: str) -> float:
    """A plain decimal number as it is written, which is at least 0."""
    value = _plain(text)
    if value is None:
        raise BundleError(f"{where}: {text[:30]!r} is not a plain decimal number")
    return value


@lru_cache(maxsize=1 << 14)  # a table has most of its numbers many times
def _plain(text: str) -> float | None:
    if not 0 < len(text) <= _MAX_DIGITS or not set(text) <= _PLAIN or text.count(".") > 1:
        return None
    try:
        return float(text)
    except ValueError:  # no digit
        return None
