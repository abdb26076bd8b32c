"""How many independent rows a rate is worth, where several rows are of one unit (one person).

Rows of one person are alike, so an interval that takes them as independent is too narrow. The
variance of a rate is taken between units instead, by linearisation, and said as the number of
independent rows that would have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np
from numpy.typing import NDArray

from affidavit.bundle.canonical import rounded
from affidavit.evidence import CountSpec, EffectiveRows
from affidavit.intervals import kish
from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats

Ints = NDArray[np.int64]

# What a row is to an event: its label and its decision are the event, another, or (label) unknown.
_KINDS = 7
_TP, _FN, _FP, _TN, _OTHER, _SELECTED, _REJECTED = range(_KINDS)
_LABELLED = (_TP, _FN, _FP, _TN, _OTHER)
_NEGATIVE = (_FP, _TN, _OTHER)
# Rows of a rate's denominator, and those of its numerator, as the rates are defined. A rate and
# its complement vary alike.
_RATES = {
    ("selection_rate",): (tuple(range(_KINDS)), (_TP, _FP, _SELECTED)),
    ("true_positive_rate", "false_negative_rate"): ((_TP, _FN), (_TP,)),
    ("false_positive_rate", "true_negative_rate"): (_NEGATIVE, (_FP,)),
    ("precision",): ((_TP, _FP), (_TP,)),
    ("accuracy",): (_LABELLED, (_TP, _TN)),
    ("prevalence",): (_LABELLED, (_TP, _FN)),
}


def effective_rows(
    groups: Sequence[tuple[str, Coded]],
    label: Coded,
    decision: Coded,
    weights: Floats | None,
    *,
    unit: Coded,
    spec: CountSpec,
) -> tuple[EffectiveRows, ...]:
    """The effective number of rows of every rate that has a value, by unit.

        Var p = G / (G - 1) * sum_u (sum_{i in u} w_i (y_i - p))^2 / (sum_i w_i)^2
        n = p (1 - p) / Var p

    G units have rows in the denominator of the rate; G stands beside n, since a variance from few
    units is itself uncertain, and each interval allows for it at its own level. n is never more
    than what the rows are worth if each is a unit (`affidavit.rates.tallies.worth`), which without
    weights is their number. Where p is 0 or 1 nothing shows how alike the rows of a unit are: n is
    then the number of units, as if they were all the same.

    Args:
        groups: names and columns of the attributes, in the order of the specification.
        label: (n_rows,); no code where it is not known.
        decision: (n_rows,).
        weights: (n_rows,), or None where every row counts once.
        unit: (n_rows,), of every row.
        spec: its events, attributes and intersections.

    Returns:
        For all rows, each group and each group of an intersection. A rate whose rows are all of
        one unit has no entry: nothing is known of its variance.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 2.11 (the ratio of two totals, here
        over clusters); Korn and Graubard (1998), Confidence intervals for proportions with small
        expected number of positive counts estimated from survey data, Survey Methodology 24 (the
        effective number, with its degrees of freedom, in an interval for independent rows).
    """
    if not unit.is_known.all():
        raise ValueError("rows without a unit")
    weighed = np.ones(len(unit)) if weights is None else weights
    # In one order of weights, sums are the same however the rows came.
    order = slice(None) if weights is None else np.argsort(weighed, kind="stable")
    columns = {name: column.codes[order] for name, column in groups}
    names = {name: column.names for name, column in groups}
    kinds = {e: _kinds(label, decision, e)[order] for e in _events(label, decision, spec)}
    rows = _Weighed(unit.codes[order].astype(np.int64), len(unit.names), weighed[order])
    found = list(_at(rows, np.zeros(len(unit), dtype=np.int64), [None], kinds))
    grouped = {e: k for e, k in kinds.items() if e in _group_events(label, decision, spec)}
    for attributes in (*((a.name,) for a in spec.attributes), *spec.intersections):
        place, groups_there = _places([(a, columns[a], names[a]) for a in attributes])
        found += _at(rows, place, groups_there, grouped)
    return tuple(found)


def _events(label: Coded, decision: Coded, spec: CountSpec) -> tuple[str, ...]:
    if spec.task == "multiclass":
        return tuple(sorted({*label.names, *decision.names}))
    return tuple(sorted({spec.positive, spec.favourable} - {""}))


def _group_events(label: Coded, decision: Coded, spec: CountSpec) -> tuple[str, ...]:
    if spec.task == "multiclass":
        return _events(label, decision, spec)
    return (spec.positive if spec.table == "segments" else spec.favourable,)


def _kinds(label: Coded, decision: Coded, event: str) -> Ints:
    """(n_rows,): what each row is to the event, `_TP` to `_REJECTED`."""
    is_event, is_decided = label.equals(event), decision.equals(event)
    place = {name: i for i, name in enumerate(label.names)}
    same = np.array([place.get(name, -2) for name in decision.names])[decision.codes]
    other = np.where(is_decided, _FP, np.where(label.codes == same, _TN, _OTHER))
    known = np.where(is_event, np.where(is_decided, _TP, _FN), other)
    unknown = np.where(is_decided, _SELECTED, _REJECTED)
    return np.where(label.is_known, known, unknown).astype(np.int64)


def _places(
    parts: Sequence[tuple[str, NDArray[np.int32], tuple[str, ...]]],
) -> tuple[Ints, list[dict[str, str] | None]]:
    """(n_rows,): which group each row is of, and the groups that occur, by their values."""
    place = np.zeros(len(parts[0][1]), dtype=np.int64)
    for _, codes, names in parts:
        rank = np.argsort(np.argsort(np.array(names, dtype=object)))
        place = place * len(names) + rank[codes]
    there, place = np.unique(place, return_inverse=True)
    groups: list[dict[str, str] | None] = []
    for joined in there.tolist():
        group, rest = {}, joined
        for name, _, names in reversed(parts):
            rest, at = divmod(rest, len(names))
            group[name] = sorted(names)[at]
        groups.append(dict(reversed(group.items())))
    return place, groups


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Rows by unit.

    Attributes:
        unit: (n_rows,), from 0 to n_units - 1.
        weights: (n_rows,).
    """

    unit: Ints
    n_units: int
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Sums:
    """Weights of each unit's rows within one group, and where the group's units begin.

    Attributes:
        edges: (n_groups + 1,).
        by_unit: (n_pairs, 7): weight of each unit's rows, by what they are to the event.
        squares: (n_groups, 7): squared weights.
    """

    edges: Ints
    by_unit: Floats
    squares: Floats


def _at(
    rows: _Weighed,
    place: Ints,
    groups: Sequence[dict[str, str] | None],
    kinds: dict[str, Ints],
) -> Iterator[EffectiveRows]:
    pairs, pair = np.unique(place * rows.n_units + rows.unit, return_inverse=True)
    edges = np.searchsorted(pairs, np.arange(len(groups) + 1) * rows.n_units)
    for position, (event, kind) in enumerate(kinds.items()):
        sums = _Sums(
            edges,
            _summed(pair, kind, rows.weights, len(pairs)),
            _summed(place, kind, rows.weights**2, len(groups)),
        )
        for metrics, (within, counted) in _RATES.items():
            # Accuracy asks for no event, and is said once.
            if metrics == ("accuracy",) and position:
                continue
            said = None if metrics == ("accuracy",) else event
            effective = _effective(sums, within, counted)
            for group, found in zip(groups, effective, strict=True):
                if found is not None:
                    n, units = found
                    for metric in metrics:
                        yield EffectiveRows(
                            metric=metric, event=said, group=group, n=n, units=units
                        )


def _summed(place: Ints, kind: Ints, weights: Floats, n: int) -> Floats:
    """(n, 7)."""
    flat = np.bincount(place * _KINDS + kind, weights, n * _KINDS)
    return flat.astype(np.float64, copy=False).reshape(n, _KINDS)


def _effective(
    sums: _Sums, within: tuple[int, ...], counted: tuple[int, ...]
) -> Iterator[tuple[float, int] | None]:
    """Of each group; None where the rate has no value, or one unit only."""
    whole = sums.by_unit[:, within].sum(axis=1)
    part = sums.by_unit[:, counted].sum(axis=1)
    squares = sums.squares[:, within].sum(axis=1)
    of_part = sums.squares[:, counted].sum(axis=1)
    for group, (start, stop) in enumerate(zip(sums.edges[:-1], sums.edges[1:], strict=True)):
        is_there = whole[start:stop] > 0
        yield _of_rate(
            whole[start:stop][is_there], part[start:stop][is_there], float(squares[group]),
            float(of_part[group]),
        )  # fmt: skip


def _of_rate(
    whole: Floats, part: Floats, squares: float, of_part: float
) -> tuple[float, int] | None:
    """Of one rate, from the weights of its units' rows: all, and those in the numerator."""
    n_units = len(whole)
    if n_units < 2:
        return None
    total = fsum(whole.tolist())
    p = fsum(part.tolist()) / total
    if 0 < p < 1:
        worth = p * (1 - p) * total**2 / ((1 - p) ** 2 * of_part + p * p * (squares - of_part))
    else:
        worth = kish(total, squares)
    spread = fsum(((part - p * whole) ** 2).tolist())
    if p in (0.0, 1.0):
        n = float(n_units)
    elif spread == 0:
        n = worth
    else:
        variance = n_units / (n_units - 1) * spread / (total * total)
        n = p * (1 - p) / variance
    # As it will be written, so that what follows from it is the same when it is read again.
    found = rounded(min(n, worth))
    return (found if found <= worth else rounded(worth * (1 - 1e-12))), n_units
