"""Accumulated local effects by alibi, to hold our own against (Apley & Zhu 2020)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.explanation_record import Curve, CurvePoint, Lacking
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.backends.choosing import one_with_anchors
from affidavit.recompute.explain.backends.coding import WrongCodes
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.explain.backends.process import Answer, Library
from affidavit.recompute.explain.explained import Explained, with_columns
from affidavit.recompute.floats import Floats


def ale_curve(
    explained: Explained,
    ask: Ask,
    rows: Any,
    explainers: Explainers,
    *,
    column: str,
    grid: Floats,
) -> Curve | Lacking:
    """The effect of one column of numbers at the points of a grid, or why there is none.

    Args:
        explained: the scale.
        ask: the model.
        rows: a pyarrow Table of the model's columns; those without a value there are left out.
        explainers: alibi is asked, by the name that the configuration has for it.
        column: of numbers; a category has no order that alibi could follow.
        grid: rising; alibi adds the smallest and largest value, and drops points that no row is
            near.
    """
    part = f"accumulated local effect of {column} by alibi"
    kinds = {k.column: k.kind for k in explained.kinds}
    if kinds.get(column) not in ("number", "integer"):
        fix = "compare the curves of columns of numbers"
        return Lacking(part=part, reason="the column is not one of numbers", fix=fix)
    effect = _Effect(explained, ask, rows, column, is_whole=kinds[column] == "integer")
    if len(np.unique(effect.values)) < 2:
        return Lacking(part=part, reason="the column has one value", fix="nothing is to be done")
    try:
        name = one_with_anchors(explainers.names)
        answer, version = explainers.through(name, lambda library: effect.ask_for(library, grid))
    except Unusable as unusable:
        return Lacking(part=part, reason=unusable.reason, fix=unusable.fix)
    except AskFailed as failed:
        fix = f"make the model answer on rows whose {column} is another's"
        return Lacking(part=part, reason=failed.cause_line, fix=fix)
    return effect.curve(answer, version)


class _Effect:
    """Rows by number, and their values of one column: all that alibi is given."""

    def __init__(
        self, explained: Explained, ask: Ask, rows: Any, column: str, *, is_whole: bool
    ) -> None:
        self._explained, self._ask, self._column = explained, ask, column
        self._is_whole = is_whole
        known = pc.is_finite(rows.column(column).cast(pa.float64()))
        self._rows = rows.filter(known.combine_chunks())
        self.values: Floats = self._rows.column(column).cast(pa.float64()).to_numpy()

    def ask_for(self, library: Library, grid: Floats) -> tuple[Answer, str]:
        numbered = np.stack([self.values, np.arange(len(self.values), dtype=float)], axis=1)
        points = np.unique(np.rint(grid) if self._is_whole else grid)
        arrays = {"rows": numbered, "grid": points.reshape(-1, 1)}
        answer = library.explain("ale", arrays, {}, 0, self._answer)
        if answer.values.ndim != 2 or len(answer.values) != 2:
            raise Unusable("alibi gave no curve", "do without its curves")
        return answer, library.versions.get("alibi", "")

    def _answer(self, matrix: Floats) -> Floats:
        if matrix.shape[1] != 2 or not np.isfinite(matrix).all():
            raise WrongCodes("rows that are not a value and a place")
        places = np.rint(matrix[:, 1])
        if len(places) and not 0 <= places.min() <= places.max() < len(self.values):
            raise WrongCodes("a row that there is not")
        rows = self._rows.take(pa.array(places.astype(np.int64)))
        values = np.rint(matrix[:, 0]).astype(np.int64) if self._is_whole else matrix[:, 0]
        rows = with_columns(rows, {self._column: pa.array(values)})
        return self._explained.on_scale(self._ask.scores(rows))

    def curve(self, answer: Answer, version: str) -> Curve:
        at, effects = answer.values
        near = np.searchsorted(at, self.values, side="left")
        counts = np.bincount(np.clip(near, 0, len(at) - 1), minlength=len(at))
        points = tuple(
            CurvePoint(at=float(x), value=float(v), n=int(n))
            for x, v, n in zip(at, effects, counts, strict=True)
        )
        return Curve(
            feature=self._column, kind="accumulated-local-effects",
            method=f"alibi {version}, {len(self.values):,} rows", points=points,
            notes=("n is the number of rows above the point before, up to this one",),
        )  # fmt: skip
