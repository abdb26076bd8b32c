"""Anchors: conditions on a row's inputs under which the model nearly always decides as here.

alibi looks for them (Ribeiro, Singh & Guestrin 2018), on codes: a number's code is its rank among
the data's values, so that its quartiles and its order are the number's own, and a missing value is
the lowest. Other rows' values stand in for what a condition leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, inf
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.bundle.canonical import Json
from affidavit.explanation_record import Anchor, FeatureName, Lacking
from affidavit.printable import printable
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.backends.choosing import one_with_anchors
from affidavit.recompute.explain.backends.coding import CodedRows, Column
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.explain.backends.process import Library
from affidavit.recompute.explain.backends.second import environment_text
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.floats import Floats

PRECISION = 0.95
# alibi asks about 100 rows at a time unless told; each question is a journey through two pipes.
_BATCH, _COVERAGE = 500, 10_000
_MOST_ROWS = 2_000  # that values are drawn from
_MOST_FAILURES = 3
_PART = "anchors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """An anchor for each row, None where none was found, and why some are not there."""

    anchors: tuple[Anchor | None, ...]
    lacking: tuple[Lacking, ...] = ()


def anchors(
    explained: Explained, ask: Ask, rows: Any, cuts: Floats | None, explainers: Explainers
) -> Anchored:
    """An anchor for each of these rows.

    Args:
        explained: the rows that values are drawn from, and the seed.
        ask: the model.
        rows: a pyarrow Table of the model's columns.
        cuts: (n_rows,): the threshold in force for each; None where none decides.
        explainers: alibi is asked, by the name that the configuration has for it.
    """
    nothing: tuple[Anchor | None, ...] = (None,) * rows.num_rows
    name = one_with_anchors(explainers.names)
    if cuts is None or not np.isfinite(cuts).all():
        reason = "an anchor is for a decision that a threshold on the score makes; here is none"
        return _without(nothing, reason, "state the threshold in [decision], or do without anchors")
    search = _Search(explained, ask, rows)
    found = list(nothing)
    failures: list[Lacking] = []
    for i, cut in enumerate(cuts):
        try:
            found[i] = explainers.through(name, search.one(i, float(cut)))
        except Unusable as unusable:
            failures.append(Lacking(part=_PART, reason=unusable.reason, fix=unusable.fix))
        except AskFailed as failed:
            fix = "make the model answer on rows that mix two people's inputs"
            failures.append(Lacking(part=_PART, reason=failed.cause_line, fix=fix))
        if len(failures) == _MOST_FAILURES:
            break
    # alibi gives its best where none is good enough: that would be read as one that holds.
    weak = [i for i, one in enumerate(found) if one is not None and one.precision < PRECISION]
    if weak:
        reason = f"no conditions hold the decision for {PRECISION:.0%} of rows that meet them"
        who = f"{_PART} ({len(weak)} of {len(found)} decisions)"
        failures.append(Lacking(part=who, reason=reason, fix="nothing is to be done"))
    found = [None if i in weak else one for i, one in enumerate(found)]
    return Anchored(anchors=tuple(found), lacking=tuple(dict.fromkeys(failures)))


def _without(nothing: tuple[Anchor | None, ...], reason: str, fix: str) -> Anchored:
    return Anchored(anchors=nothing, lacking=(Lacking(part=_PART, reason=reason, fix=fix),))


class _Search:
    """The rows to explain and those to draw from, coded together, by input column."""

    def __init__(self, explained: Explained, ask: Ask, rows: Any) -> None:
        self._ask, self._n = ask, rows.num_rows
        self._columns = tuple(rows.column_names)
        features = tuple(FeatureName(name=c, columns=(c,)) for c in self._columns)
        drawn = explained.take(explained.draw("anchors", _MOST_ROWS))
        self._coded = CodedRows(pa.concat_tables([rows, drawn]), features)
        self._kinds = {k.column: k.kind for k in explained.kinds}
        self._seed = int(explained.random("anchor").randint(1 << 31))

    def one(self, place: int, cut: float) -> Any:
        """What finds the anchor of a row, given the library."""

        def decide(matrix: Floats) -> Floats:
            rows = self._coded.decode(matrix)
            return (self._ask.scores(rows) >= cut).astype(float)

        def find(library: Library) -> Anchor:
            matrix = self._coded.matrix
            arrays = {"row": matrix[place : place + 1], "train": matrix[self._n :]}
            answer = library.explain("anchor", arrays, self._settings(), self._seed, decide)
            if answer.values.shape != (2,):
                raise Unusable("alibi gave no precision and coverage", "do without anchors")
            precision, coverage = (float(np.clip(v, 0, 1)) for v in answer.values)
            conditions = tuple(self._texts(answer.facts.get("conditions")))
            return Anchor(
                conditions=conditions, precision=precision,
                coverage=coverage if conditions else 1.0,
                environment=environment_text(library.versions),
            )  # fmt: skip

        return find

    def _settings(self) -> dict[str, Json]:
        counts: list[Json] = [
            len(self._coded.columns[c].values) if self._kinds[c] in ("category", "boolean") else 0
            for c in self._columns
        ]
        return {
            "precision": PRECISION, "batch": _BATCH, "coverage": _COVERAGE, "categories": counts,
        }  # fmt: skip

    def _texts(self, conditions: Json) -> Iterator[str]:
        """Each column's condition, in the order of the columns."""
        said = conditions if isinstance(conditions, list) else []
        bounds: dict[int, list[float]] = {}
        for one in said:
            column, sign, code = _checked(one, len(self._columns))
            low, high = bounds.setdefault(column, [-inf, inf])
            if sign == "=":
                bounds[column] = [code - 1, code]
            elif sign == ">":
                bounds[column][0] = max(low, code)
            else:
                bounds[column][1] = min(high, code)
        for column in sorted(bounds):
            name = self._columns[column]
            yield condition_text(name, self._coded.columns[name], *bounds[column])


def _checked(one: Json, n_columns: int) -> tuple[int, str, float]:
    """A condition as the library's side says it; anything else is refused."""
    if isinstance(one, list) and len(one) == 3:
        column, sign, code = one
        is_column = type(column) is int and 0 <= column < n_columns
        is_number = type(code) in (int, float) and np.isfinite(float(str(code)))
        if is_column and is_number and sign in ("=", "<=", ">"):
            return int(str(column)), str(sign), float(str(code))
    raise Unusable("alibi gave a condition that is none", "do without anchors")


def condition_text(name: str, column: Column, low: float, high: float) -> str:
    """The values whose code is above `low` and at most `high`, in words.

    Args:
        name: of the column.
        column: numbered.
        low: in codes, -inf for no bound; what lies between two codes is cut down.
        high: the same, inf for no bound.
    """
    last = len(column.values) - 1
    top = last if high == inf else max(0, min(last, floor(high)))
    bottom = -1 if low == -inf else max(-1, min(last, floor(low)))
    shown = printable(name)
    is_missing_in = column.has_missing and bottom < 0
    if top == bottom + 1:
        return f"{shown} is missing" if is_missing_in else f"{shown} = {_cell(column, top)}"
    if column.has_missing and top == last and bottom == 0:
        return f"{shown} is known"
    parts = [
        f"{_cell(column, bottom)} < " if bottom >= (1 if column.has_missing else 0) else "", shown,
        f" ≤ {_cell(column, top)}" if top < last else "",
    ]  # fmt: skip
    if parts[0] and not parts[2]:
        return f"{shown} > {_cell(column, bottom)}"
    return "".join(parts) + (" or is missing" if is_missing_in else "")


def _cell(column: Column, place: int) -> str:
    value = column.values[place].as_py()
    return f"{value:.12g}" if isinstance(value, float) else printable(str(value))
