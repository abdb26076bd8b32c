"""Each column of each role: what it is used for, how it reads, whether it may be personal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.evidence import ColumnProfile
from affidavit.printable import printable
from affidavit.recompute.floats import Floats
from affidavit.recompute.periods import READABLE
from affidavit.recompute.personal import SAMPLE, name_hints, value_hints
from affidavit.recompute.rows import Rows
from affidavit.recompute.table import as_text

MAX_COLUMNS = 1000
Use = Literal[
    "input", "label", "row id", "weight", "sensitive", "segment", "decision", "time", "unit",
    "excluded", "unused",
]  # fmt: skip
Kind = Literal["number", "whole number", "yes/no", "text", "date", "empty"]
_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "t", "f"})
_IDENTIFY: frozenset[Use] = frozenset({"row id", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The columns that are profiled, and notes on those that are not."""

    columns: tuple[ColumnProfile, ...]
    notes: tuple[str, ...] = ()


def column_profiles(rows: Sequence[Rows], inputs: Sequence[str], config: Config) -> Profiles:
    """A profile of each column of each role, in the order of its table.

    Of a table with more than 1,000 columns those that the configuration names come first, then the
    others in order, up to 1,000; a note says how many are left out.
    """
    uses = _uses(inputs, config)
    profiles, notes = [], []
    for one in rows:
        kept, left = _kept(one.table.columns, uses)
        profiles += [_profile(one, name, uses.get(name, "unused")) for name in kept]
        if left:
            notes.append(
                f"{one.role}: {left} of {len(one.table.columns)} columns are not profiled; those "
                "that affidavit.toml names come first."
            )
    return Profiles(columns=tuple(profiles), notes=tuple(notes))


def plain(raw: Any) -> Any:
    """The values without dictionary; empty text and NaN are null, missing as everywhere."""
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if pa.types.is_floating(raw.type):
        return pc.if_else(pc.is_nan(raw), pa.scalar(None, raw.type), raw)
    if is_words(raw):
        return pc.if_else(pc.equal(raw, ""), pa.scalar(None, raw.type), raw)
    return raw


def is_words(raw: Any) -> bool:
    """Whether the values are text, whatever they read as."""
    return bool(pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type))


def as_floats(raw: Any) -> Floats | None:
    """(n_rows,) the values as numbers, NaN where missing; None where they are none.

    Text with a leading zero (`00501`) is a code, not a number.
    """
    values = plain(raw)
    if is_words(values):
        if pc.any(pc.match_substring_regex(values, r"^\s*[+-]?0[0-9]")).as_py():
            return None
        values = pc.utf8_trim_whitespace(values)
    elif not (pa.types.is_integer(values.type) or _is_fraction(values.type)):
        return None
    try:
        numbers = values.cast(pa.float64(), safe=False)
    except pa.ArrowInvalid:
        return None
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), dtype=float)


def _is_fraction(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _uses(inputs: Sequence[str], config: Config) -> dict[str, Use]:
    """What each named column is used for; of several uses the first here."""
    sensitive = config.sensitive.values()
    named: tuple[tuple[Use, Sequence[str | None]], ...] = (
        ("label", [config.label.column]),
        ("row id", [config.rows.id]),
        ("weight", [config.rows.weight]),
        ("decision", [config.decision.column]),
        ("sensitive", [s.column for s in sensitive if s.table is None]),
        ("sensitive", [c for s in sensitive for c in s.probabilities.values()]),
        ("row id", [s.join_on for s in sensitive]),
        ("unit", [config.unit]),
        ("time", [config.time.column if config.time else None]),
        ("excluded", config.rows.exclude),
        ("input", inputs),
        ("segment", [s.column for s in config.segments.values()]),
        ("segment", [s.column for s in config.decision.segment]),
    )
    uses: dict[str, Use] = {}
    for use, columns in named:
        for column in columns:
            if column:
                uses.setdefault(column, use)
    return uses


def _kept(columns: Sequence[str], uses: dict[str, Use]) -> tuple[list[str], int]:
    first = sorted(columns, key=lambda c: uses.get(c, "unused") in ("input", "unused"))
    chosen = set(first[:MAX_COLUMNS])
    return [c for c in columns if c in chosen], len(columns) - len(chosen)


def _profile(rows: Rows, name: str, used_as: Use) -> ColumnProfile:
    raw = rows.table.raw(name)
    values = plain(raw)
    known = pc.drop_null(values)
    numbers = as_floats(known)
    kind = _kind(known, numbers)
    hints = name_hints(name) + value_hints(_sample(known))
    low, high = None, None
    # The ends of an identifier, or of what may be personal, are values of single persons.
    if kind in ("number", "whole number") and not hints and used_as not in _IDENTIFY:
        low, high = _ends(numbers)
    return ColumnProfile(
        role=rows.role, name=name, used_as=used_as, kind=kind, n=rows.n,
        missing=rows.n - len(known), distinct=_distinct(known, numbers),
        low=low, high=high, hints=tuple(printable(h) for h in hints),
    )  # fmt: skip


def _distinct(known: Any, numbers: Floats | None) -> int:
    """Distinct values; of numbers kept as text 1 and 1.0 are one, as everywhere."""
    if numbers is not None and is_words(known):
        known = as_text(pc.utf8_trim_whitespace(known))
    try:
        return int(pc.count_distinct(known).as_py())
    except pa.ArrowNotImplementedError:  # lists and records
        return len({repr(v) for v in known.to_pylist()})


def _kind(known: Any, numbers: Floats | None) -> Kind:
    if not len(known):
        return "empty"
    if pa.types.is_boolean(known.type):
        return "yes/no"
    if pa.types.is_temporal(known.type):
        return "date"
    if numbers is not None:
        finite = numbers[np.isfinite(numbers)]
        return "whole number" if bool((finite == np.floor(finite)).all()) else "number"
    if not is_words(known):
        return "text"
    if pc.count_distinct(known).as_py() <= len(_YES_NO) and _are_answers(known):
        return "yes/no"
    return "date" if pc.all(pc.match_substring_regex(known, READABLE)).as_py() else "text"


def _are_answers(known: Any) -> bool:
    return {str(v).strip().lower() for v in pc.unique(known).to_pylist()} <= _YES_NO


def _ends(numbers: Floats | None) -> tuple[float | None, float | None]:
    finite = np.empty(0) if numbers is None else numbers[np.isfinite(numbers)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (None, None)


def _sample(known: Any) -> list[str]:
    """Up to 1,000 values of text or whole numbers, evenly spaced over the rows."""
    if not (len(known) and (is_words(known) or pa.types.is_integer(known.type))):
        return []
    places = np.unique(np.linspace(0, len(known) - 1, min(SAMPLE, len(known))).astype(np.int64))
    return [str(v) for v in as_text(known.take(pa.array(places))).to_pylist() if v is not None]
