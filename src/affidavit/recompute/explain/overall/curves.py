"""How the output goes with one feature: partial dependence, with the rows' own curves.

Accumulated local effects, which stay within the data, are in `effects.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affidavit.explanation_record import Correlated, Curve, CurvePoint, FeatureName
from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Explained, cell, with_columns
from affidavit.recompute.explain.overall.queries import ask_all, repeated
from affidavit.recompute.explain.overall.values import (
    distinct,
    is_numeric,
    kinds_of,
    numbers_of,
)
from affidavit.recompute.floats import Floats

POINTS: Final = 20
BAND: Final = (10, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where a curve is asked for.

    Attributes:
        values: an Arrow array of the column's type; null stands for missing.
        near: rows at or near each, of all rows.
        left_out: different values that are not among them, of a category.
    """

    values: Any
    near: tuple[int, ...]
    left_out: int = 0


def partial_dependence(
    explained: Explained,
    ask: Ask,
    features: Sequence[FeatureName],
    correlated: Sequence[Correlated] = (),
) -> tuple[Curve, ...]:
    """The mean output with the feature set to each value of a grid, in every drawn row.

    Numbers: up to 20 quantiles of the data, so that no point lies beyond it. Categories: up to 20,
    the most frequent; missing is a point where the data has it. The band is the 10th to the 90th
    percentile of the rows' own curves (ICE).

    Args:
        explained: the rows; at most `[explain] rows` of them are drawn.
        ask: the model.
        features: those of several columns are passed over.
        correlated: features that go together, which the curve then notes.

    Raises:
        AskFailed: the model failed on a made-up row.

    References:
        Friedman (2001), Greedy function approximation, Annals of Statistics 29, section 8.2;
        Goldstein et al. (2015), Peeking inside the black box, JCGS 24 (ICE).
    """
    rows = explained.take(explained.draw("curves", explained.explain.rows))
    single = [f for f in features if len(f.columns) == 1]
    grids = [make_grid(explained, f.columns[0]) for f in single]
    queries = (_query(rows, f.columns[0], g) for f, g in zip(single, grids, strict=True))
    answers = ask_all(ask, queries)
    return tuple(
        _curve(f, g, explained.on_scale(a).reshape(len(g.values), -1), correlated)
        for f, g, a in zip(single, grids, answers, strict=True)
    )


def make_grid(explained: Explained, column: str) -> Grid:
    """The points of a column's curve."""
    if not is_numeric(kinds_of(explained)[column]):
        found = distinct(explained.inputs, column)
        values, near = found.values[:POINTS], found.counts[:POINTS]
        return _with_missing(values, near, found.missing, len(found.values) - len(values))
    numbers = numbers_of(explained.inputs, column)
    known = numbers[~np.isnan(numbers)]
    points = quantile_points(known, POINTS)
    near = tuple(rows_near(points, known).tolist())
    kind = explained.inputs.schema.field(column).type
    return _with_missing(pa.array(points).cast(kind), near, len(numbers) - len(known), 0)


def _with_missing(values: Any, near: tuple[int, ...], missing: int, left_out: int) -> Grid:
    if missing:
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
        near = (*near, missing)
    return Grid(values=values, near=near, left_out=left_out)


def quantile_points(known: Floats, most: int) -> Floats:
    """Rising different values of the data: all, or `most` quantiles from the least to the largest.

    Args:
        known: (n,), no NaN.
        most: at least two.

    References:
        Hyndman, Fan (1996), Sample quantiles in statistical packages, definition 1.
    """
    found = np.unique(known)
    if len(found) <= most:
        return found
    return np.unique(np.quantile(known, np.linspace(0, 1, most), method="inverted_cdf"))


def rows_near(points: Floats, known: Floats) -> NDArray[np.int64]:
    """How many values are nearer to each point than to the others; a tie goes to the higher."""
    middles = (points[:-1] + points[1:]) / 2
    return np.bincount(np.searchsorted(middles, known, side="right"), minlength=len(points))


def notes_on(feature: str, correlated: Sequence[Correlated]) -> tuple[str, ...]:
    """That rows of the curve may be unlike any in the data, where that is so."""
    others = [n for c in correlated if feature in c.features for n in c.features if n != feature]
    if not others:
        return ()
    together = f"{feature} goes together with {', '.join(others)}"
    return (f"{together}: set alone, it makes rows that are unlike those in the data",)


def _query(rows: Any, column: str, grid: Grid) -> Any:
    places = np.repeat(np.arange(len(grid.values)), rows.num_rows)
    return with_columns(
        repeated(rows, len(grid.values)), {column: grid.values.take(pa.array(places))}
    )


def _curve(
    feature: FeatureName, grid: Grid, outputs: Floats, correlated: Sequence[Correlated]
) -> Curve:
    """Of outputs (n_points, n_rows), on the scale."""
    low, high = np.percentile(outputs, BAND, axis=1)
    points = tuple(
        CurvePoint(at=cell(v), value=float(m), low=float(a), high=float(b), n=n)
        for v, m, a, b, n in zip(
            grid.values.to_pylist(), outputs.mean(axis=1), low, high, grid.near, strict=True
        )
    )
    notes = notes_on(feature.name, correlated)
    if grid.left_out:
        notes = (*notes, f"{grid.left_out} rarer values are not shown")
    return Curve(
        feature=feature.name, kind="partial-dependence",
        method=f"mean over {outputs.shape[1]} rows; band: {BAND[0]}th to {BAND[1]}th percentile",
        points=points, notes=notes,
    )  # fmt: skip
