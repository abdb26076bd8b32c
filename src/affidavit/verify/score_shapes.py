"""Which numbers from scores a report has to state, where they stand, and of how many rows.

The values need the scores; everything else about such a number follows from the configuration and
the counts. A number that is not among these is invented, and one that is missing was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL, Cell
from affidavit.evidence import Report
from affidavit.places import Groups, Place, Values, complete_reference, is_known
from affidavit.verify.count_tables import NamedTable

QUANTILES: Final = tuple(f"error_quantile_{q:02d}" for q in (5, 25, 50, 75, 95))
_WHOLE: Final[Mapping[str, tuple[str, ...]]] = {
    "binary": (
        "roc_auc", "gini", "ks", "average_precision", "pr_curve_area", "brier_score", "log_loss",
        "expected_calibration_error", "calibration_gap", "calibration_slope",
        "calibration_intercept",
    ),
    "multiclass": ("roc_auc_macro", "log_loss", "brier_score"),
    "regression": ("mae", "mse", "bias", "rmse", "r2", *QUANTILES),
}  # fmt: skip
# Of a group: over all its rows, and over those whose label is known.
_GROUP: Final = (("mean_score",), ("roc_auc", "brier_score", "calibration_gap"))
_PAIR: Final = (("mean_score_difference", "standardized_mean_difference"), ("roc_auc_difference",))
_SEGMENT: Final = (("mean_score",), _WHOLE["binary"])
_CLASS_SEGMENT: Final = ((), _WHOLE["multiclass"])
_ERROR_GROUP: Final = (("count", "mean_prediction"), ("mean_target", "mae", "rmse", "bias"))
_ERROR_PAIR: Final = (
    ("mean_prediction_difference", "standardized_mean_difference"),
    ("mae_difference", "bias_difference"),
)
_ERROR_SEGMENT: Final = ((), _WHOLE["regression"])
# Undefined unless both labels occur, and defined where both do.
RANKED: Final = frozenset({"roc_auc", "gini", "ks", "average_precision", "pr_curve_area"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A number from scores that has to be stated.

    Attributes:
        has_both: whether its rows hold both labels; None where that is not known, or of no matter.
    """

    metric: str
    place: Place
    n: int
    has_both: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of a group: all, and those whose label is known."""

    n: int
    labelled: int
    has_both: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The groups of one attribute, or of several together, with their rows."""

    groups: Groups
    parts: Mapping[Values, Part]


def whole_numbers(report: Report, config: Config, table: NamedTable | None) -> Iterator[Asked]:
    """Of a performance report: its labelled rows."""
    on = Place(kind=report.name, role=report.role)
    both = None if table is None else _part(table.table.rows, table.spec.positive).has_both
    for metric in _WHOLE[config.task]:
        ranked = both if metric in RANKED and config.task == "binary" else None
        yield Asked(metric=metric, place=on, n=report.n_labelled, has_both=ranked)


def counted_cuts(table: NamedTable) -> tuple[Cut, ...]:
    """Each attribute of a count table, then those that are formed together."""
    spec = table.spec
    places = {a.name: i for i, a in enumerate(spec.attributes)}
    cuts = []
    for names in (*((n,) for n in places), *spec.intersections):
        at = [places[n] for n in names]
        cells: dict[Values, list[Cell]] = {}
        for cell in table.table.rows:
            cells.setdefault(tuple(cell.groups[i] for i in at), []).append(cell)
        reference = complete_reference([spec.attributes[i].reference for i in at])
        event = spec.favourable if spec.task == "multiclass" else spec.positive
        parts = {v: _part(found, event) for v, found in sorted(cells.items())}
        cuts.append(Cut(groups=Groups(names=names, reference=reference), parts=parts))
    return tuple(cuts)


def group_numbers(report: Report, cuts: tuple[Cut, ...], *, of_errors: bool) -> Iterator[Asked]:
    """Of a fairness report: each group, each pair with the reference, and spreads of errors."""
    on = Place(kind=report.name, role=report.role)
    of_group, of_pair = (_ERROR_GROUP, _ERROR_PAIR) if of_errors else (_GROUP, _PAIR)
    for cut in cuts:
        for values, part in cut.parts.items():
            yield from _of(of_group, cut.groups.place(values, on), part)
        yield from _pairs(cut, of_pair, on)
        if of_errors:
            yield from _spreads(cut, on)


def segment_numbers(
    report: Report, cuts: tuple[Cut, ...], *, of_errors: bool, of_classes: bool = False
) -> Iterator[Asked]:
    """Of a segments report: each value of each segment."""
    on = Place(kind=report.name, role=report.role)
    for cut in cuts:
        for values, part in cut.parts.items():
            metrics = _ERROR_SEGMENT if of_errors else _SEGMENT
            if of_classes:
                metrics = _CLASS_SEGMENT
            yield from _of(metrics, cut.groups.place(values, on), part)


def _of(metrics: tuple[tuple[str, ...], tuple[str, ...]], at: Place, part: Part) -> Iterator[Asked]:
    for metric in metrics[0]:
        yield Asked(metric=metric, place=at, n=part.n)
    for metric in metrics[1]:
        ranked = part.has_both if metric in RANKED else None
        yield Asked(metric=metric, place=at, n=part.labelled, has_both=ranked)


def _pairs(
    cut: Cut, metrics: tuple[tuple[str, ...], tuple[str, ...]], on: Place
) -> Iterator[Asked]:
    reference = cut.groups.reference
    if reference is None:
        return
    theirs = cut.parts.get(reference) or Part(n=0, labelled=0)
    for values, part in cut.parts.items():
        if values != reference and is_known(values):
            both = Part(n=part.n + theirs.n, labelled=part.labelled + theirs.labelled)
            yield from _of(metrics, cut.groups.pair(values, reference, on), both)


def _spreads(cut: Cut, on: Place) -> Iterator[Asked]:
    known = [p for v, p in cut.parts.items() if is_known(v)]
    at = cut.groups.summary(on)
    yield Asked(metric="mean_prediction_spread", place=at, n=sum(p.n for p in known))
    yield Asked(metric="mae_spread", place=at, n=sum(p.labelled for p in known))


def _part(cells: tuple[Cell, ...] | list[Cell], positive: str) -> Part:
    known = [c for c in cells if c.label != UNKNOWN_LABEL]
    sides = [[c for c in known if (c.label == positive) is side] for side in (True, False)]
    has_both: bool | None = all(sides)
    if has_both and not all(any(c.sum_w for c in side) for side in sides):
        has_both = None  # rows of weight 0 alone
    return Part(n=sum(c.n for c in cells), labelled=sum(c.n for c in known), has_both=has_both)
