"""Accumulated local effects: how the output goes with one number, among rows that have it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Curve, CurvePoint, FeatureName
from affidavit.intervals import critical
from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Explained, with_columns
from affidavit.recompute.explain.overall.curves import quantile_points, rows_near
from affidavit.recompute.explain.overall.queries import ask_all
from affidavit.recompute.explain.overall.values import is_numeric, kinds_of, numbers_of
from affidavit.recompute.floats import Floats

BINS: Final = 20
# Two questions a row, where partial dependence has twenty.
_ROWS_FOR_EACH: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binned:
    """The rows that have a value, and the bin of each.

    Attributes:
        rows: a pyarrow Table, those with a value.
        numbers: (n_rows,), the feature.
        edges: (n_bins + 1,), rising, from the least value to the largest.
        bins: (n_rows,): bin k holds edges[k] < x <= edges[k + 1]; the least value is in bin 0.
    """

    column: str
    rows: Any
    numbers: Floats
    edges: Floats
    bins: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n_bins,)."""
        return np.bincount(self.bins, minlength=len(self.edges) - 1)


def accumulated_effects(
    explained: Explained, ask: Ask, features: Sequence[FeatureName]
) -> tuple[Curve, ...]:
    """First-order accumulated local effects, centred, on the scale.

        g(z_k) = sum over bins l <= k of mean over rows in l of f(z_l, x) - f(z_(l-1), x)

    less its mean over the rows, a row taken to lie in the middle of its bin, as ALEPlot and alibi
    centre it. Bins are quantiles of the values, at most 20. Only differences within a bin are
    asked for, so that the made-up rows stay near those in the data. Intervals: normal, of means
    within bins, which are taken as given.

    Args:
        explained: the rows; at most ten times `[explain] rows` of them are drawn.
        ask: the model.
        features: categories, constants and features of several columns have no such curve.

    Raises:
        AskFailed: the model failed on a made-up row.

    References:
        Apley, Zhu (2020), Visualizing the effects of predictor variables in black box supervised
        learning models, JRSS B 82, eq. 15 and 16.
    """
    drawn = explained.take(explained.draw("effects", _ROWS_FOR_EACH * explained.explain.rows))
    kinds = kinds_of(explained)
    binned = [
        (f, _bin(drawn, f.columns[0]))
        for f in features
        if len(f.columns) == 1 and is_numeric(kinds[f.columns[0]])
    ]
    binned = [(f, b) for f, b in binned if len(b.edges) > 1]
    answers = ask_all(ask, (_query(b) for _, b in binned))
    return tuple(
        _curve(f, b, explained.on_scale(a)) for (f, b), a in zip(binned, answers, strict=True)
    )


def _bin(rows: Any, column: str) -> _Binned:
    numbers = numbers_of(rows, column)
    places = np.flatnonzero(~np.isnan(numbers))
    known = numbers[places]
    edges = quantile_points(known, BINS + 1)
    bins = np.maximum(np.searchsorted(edges, known) - 1, 0)
    return _Binned(
        column=column, rows=rows.take(pa.array(places)), numbers=known, edges=edges, bins=bins
    )


def _query(binned: _Binned) -> Any:
    """Each row at the lower edge of its bin, then each at the upper."""
    ends = np.concatenate([binned.edges[binned.bins], binned.edges[binned.bins + 1]])
    both = pa.concat_tables([binned.rows] * 2)
    return with_columns(both, {binned.column: pa.array(ends)})


def _curve(feature: FeatureName, binned: _Binned, outputs: Floats) -> Curve:
    low, high = np.split(outputs, 2)
    values, errors = accumulate(high - low, binned.bins, binned.counts)
    near = rows_near(binned.edges, binned.numbers)
    half = critical(LEVEL) * errors
    points = tuple(
        CurvePoint(
            at=float(z), value=float(v), n=int(n),
            low=None if np.isnan(h) else float(v - h), high=None if np.isnan(h) else float(v + h),
        )
        for z, v, h, n in zip(binned.edges, values, half, near, strict=True)
    )  # fmt: skip
    return Curve(
        feature=feature.name, kind="accumulated-local-effects",
        method=f"{len(binned.edges) - 1} quantile bins of {len(binned.numbers)} rows; "
        "interval: normal, of means within bins",
        points=points,
    )  # fmt: skip


def accumulate(
    differences: Floats, bins: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """The centred effect at each edge, and its standard error.

    Args:
        differences: (n_rows,): output at the upper edge of the row's bin minus that at the lower.
        bins: (n_rows,).
        counts: (n_bins,): rows of each bin, at least one.

    Returns:
        Two (n_bins + 1,); the errors are NaN where a bin has one row.
    """
    means = np.bincount(bins, differences, minlength=len(counts)) / counts
    squares = np.bincount(bins, (differences - means[bins]) ** 2, minlength=len(counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = squares / (counts - 1) / counts
    # What a bin's mean adds to the curve's mean: all of it for rows above, half for its own.
    shares = counts / counts.sum()
    above = np.cumsum(shares[::-1])[::-1] - shares / 2
    edges = np.arange(len(counts) + 1)
    weights = (edges[:, None] > edges[None, :-1]) - above[None, :]
    values = (weights * means).sum(axis=1)
    return values, np.sqrt((weights**2 * variances).sum(axis=1))
