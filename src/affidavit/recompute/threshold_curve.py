"""What each threshold would do to every group: selection and errors, over all of them at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.coded import Coded, constant
from affidavit.recompute.floats import Floats
from affidavit.recompute.groups import Grouping
from affidavit.recompute.parted import parted
from affidavit.recompute.predictions import Predictions
from affidavit.threshold_lines import COLUMNS, IN_FORCE, SUMS, no_formula, number_text, rates_of

THRESHOLDS: Final = 200


def threshold_table(
    found: Predictions,
    positive: str,
    favourable: str,
    groupings: Sequence[tuple[Grouping, ...]],
    *,
    in_force: Sequence[float] = (),
) -> bytes:
    """A CSV line for each threshold and group: who would be selected, and of whom it is known.

    `selected` is decided favourably. A row is decided as `positive` if its score is at least the
    threshold: selected where that is the favourable label, and where it is not, if the score is
    below. `favourable` and `unfavourable` count the rows whose label is known to be that.

    Args:
        found: a binary task's.
        positive: the label whose probability is the score.
        favourable: the label that is good for the person.
        groupings: attributes alone, and those whose groups are formed together.
        in_force: thresholds that have lines of their own in any case.

    Returns:
        First, as threshold `in force`, the decisions that were taken: thresholds may differ by
        segment, so that no single one of the lines below says what they did. Then lines at every
        distinct score up to 200, else at the scores of 200 quantiles; thresholds rise. All rows
        come first, `attribute` and `group` empty; a group whose name a spreadsheet would calculate
        has an apostrophe before it. Rows are counted; with weights all but `n` are
        sums of weights, to twelve digits. The rates are of the sums as they are written; one
        without a denominator is empty.
    """
    cuts = thresholds(found.score, in_force)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    everyone = _Named("", ("",), constant("", found.rows.n))
    columns = [everyone, *(_named(g) for g in groupings)]
    states, at_least = _states(found, favourable), positive == favourable
    decided = found.decision.equals(positive).astype(float)
    for score, steps, named in (
        (decided, np.array([0.5]), [IN_FORCE]),
        (found.score, cuts, [repr(c) for c in cuts.tolist()]),
    ):
        curves = [_curve(found, score, states, c, steps) for c in columns]
        for at, cut in enumerate(named):
            for column, curve in zip(columns, curves, strict=True):
                for group, name in enumerate(column.names):
                    line = _line(curve, group, at, at_least=at_least)
                    writer.writerow([cut, column.attribute, no_formula(name), *line])
    return out.getvalue().encode()


def thresholds(score: Floats, in_force: Sequence[float] = ()) -> Floats:
    """Distinct scores up to 200, else those of 200 quantiles, and those in force; rising."""
    distinct = np.unique(score)
    if len(distinct) > THRESHOLDS:
        steps = (np.arange(THRESHOLDS) + 0.5) / THRESHOLDS
        distinct = np.unique(np.quantile(score, steps, method="inverted_cdf"))
    return np.unique(np.concatenate([distinct, np.array(in_force, dtype=float)]))


@dataclass(frozen=True, slots=True)
class _Named:
    attribute: str
    names: tuple[str, ...]
    column: Coded


def _named(together: tuple[Grouping, ...]) -> _Named:
    parts = parted(together)
    names = tuple(parts.text(v) for v in parts.values)
    return _Named("+".join(parts.names), names, Coded(parts.code.astype(np.int32), names))


def _states(found: Predictions, favourable: str) -> NDArray[np.intp]:
    """(n_rows,): 0 label not known, 1 favourable, 2 unfavourable."""
    good = found.rows.labels.equals(favourable)
    return np.where(found.rows.is_labelled, np.where(good, 1, 2), 0).astype(np.intp)


@dataclass(frozen=True, slots=True)
class _Curve:
    """Rows below each threshold and in all: arrays (n_groups, 3 states, n_thresholds + 1).

    Attributes:
        weight: the last of the third axis is the whole.
        rows: (n_groups,).
    """

    weight: Any
    rows: NDArray[np.intp]


def _curve(
    found: Predictions, score: Floats, states: NDArray[np.intp], groups: _Named, cuts: Floats
) -> _Curve:
    below = np.searchsorted(cuts, score, side="right")
    shape = (len(groups.names), 3, len(cuts) + 1)
    place = np.ravel_multi_index((groups.column.codes, states, below), shape)
    rows = np.bincount(groups.column.codes, minlength=shape[0])
    size = int(np.prod(shape))
    if not found.rows.is_weighted:
        counts = np.bincount(place, minlength=size).reshape(shape)
    else:
        # Weights are added in the order of their size, so that any order of rows gives the same.
        order = np.lexsort((found.rows.weights, place))
        counts = np.bincount(place[order], found.rows.weights[order], minlength=size).reshape(shape)
    # A row that reaches j thresholds lies below all from the j-th on.
    return _Curve(np.cumsum(counts, axis=2), rows)


def _line(curve: _Curve, group: int, at: int, *, at_least: bool) -> Iterator[str]:
    whole, below = curve.weight[group, :, -1], curve.weight[group, :, at]
    selected = whole - below if at_least else below
    values = (whole.sum(), selected.sum(), whole[1], selected[1], whole[2], selected[2])
    texts = dict(zip(SUMS, map(_text, values), strict=True))
    yield str(int(curve.rows[group]))
    yield from texts.values()
    for rate in rates_of({name: float(text) for name, text in texts.items()}).values():
        yield "" if rate is None else number_text(rate)


def _text(value: Any) -> str:
    """An integer, or a decimal of twelve digits without an exponent."""
    return str(int(value)) if isinstance(value, np.integer) else number_text(max(0.0, float(value)))
