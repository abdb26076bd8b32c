"""Proxy screen: how well the model's inputs tell the groups of a sensitive attribute apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Estimate, Lacking, Proxy
from affidavit.intervals import critical, on_logit
from affidavit.places import UNKNOWN_GROUPS
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.explain.between_groups.group_guessing import FOLDS, Guessed, guess
from affidavit.recompute.explain.between_groups.pairwise_areas import (
    SHUFFLES,
    Areas,
    Scored,
    chance_level,
    compute_areas,
    shuffle_groups,
)
from affidavit.recompute.explain.between_groups.sides import share_out
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.groups import Grouping

MOST_ROWS = 5_000
MOST_GROUPS = 12
_FEWEST = 2 * FOLDS  # rows of a group, so that each fold has two
_ROUNDING = 1e-9  # a constant's area is one half, and so is its chance level
_ONE_SIDED = 2 * 0.95 - 1  # a two-sided level whose upper end is the 95th percentile


def screen(
    explained: Explained, grouping: Grouping, units: Coded | None
) -> tuple[Proxy, ...] | Lacking:
    """How well each feature, then all together, tell the groups of one attribute apart.

    At most 5,000 rows are taken, alike many of each group, or all that it has: the area does not
    depend on how large the groups are. Rows without a known group, and groups with fewer rows than
    `[fairness] smallest_group` (or 10), are left out; of more than 12 groups the largest 12 stay.

    Interval and chance level take the models as given. Those of five folds share their rows, so
    that where nothing is to be found the areas spread about 1.4 times as far (measured on 400 rows
    of noise: standard deviation 0.040, mean standard error 0.030). To stand out a feature must pass
    both, 3.6 standard errors above one half: of that wider spread still 2.6.

    Args:
        explained: the role.
        grouping: the attribute, over all rows of the role.
        units: (n_rows,), None where every row is independent.
    """
    name = grouping.spec.name
    chosen = _choose(explained, grouping)
    if chosen is None:
        return Lacking(
            part=f"proxies of {name}",
            reason=f"fewer than two groups of {name} have "
            f"{max(_FEWEST, explained.config.fairness.smallest_group)} rows or more",
            fix=f"explain a role with more rows of each group of {name}",
        )
    places = np.flatnonzero(chosen.group != NONE)
    guessed = Guessed(
        inputs=explained.take(places), kinds=explained.kinds,
        group=chosen.group[places].astype(np.int64),
        units=None if units is None else units.where(places),
    )  # fmt: skip
    random = explained.random(f"proxies.{name}")
    scored = guess(guessed, [f.columns for f in explained.features], random)
    names = (*(f.name for f in explained.features), None)
    shuffled = shuffle_groups(scored[0], random) if units is None else None
    said = [
        _proxy(name, feature, one, chosen.words, shuffled)
        for feature, one in zip(names, scored, strict=True)
    ]
    return tuple(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The rows and groups that are looked at.

    Attributes:
        group: (n_rows,), from 0; -1 for rows that are left out.
        words: what was left out, for the method.
    """

    group: NDArray[np.int32]
    words: tuple[str, ...]


def _choose(explained: Explained, grouping: Grouping) -> _Chosen | None:
    """None where fewer than two groups are large enough."""
    least = max(_FEWEST, explained.config.fairness.smallest_group)
    column, sizes = grouping.column, grouping.column.sizes()
    known = [
        g
        for g, n in zip(column.names, sizes, strict=True)
        if g not in UNKNOWN_GROUPS and n >= least
    ]
    size = dict(zip(column.names, sizes, strict=True))
    kept = sorted(sorted(known, key=lambda g: (-size[g], g))[:MOST_GROUPS])
    if len(kept) < 2:
        return None
    codes = _renumbered(column, kept)
    order = explained.random(f"proxies.{grouping.spec.name}.rows").permutation(explained.n)
    (stands,) = share_out([codes], order, MOST_ROWS)
    group = np.where(stands, codes, np.int32(NONE))
    return _Chosen(group=group, words=tuple(_left_out(codes, group, known, kept)))


def _renumbered(column: Coded, kept: list[str]) -> NDArray[np.int32]:
    place = np.full(len(column.names) + 1, NONE, dtype=np.int32)
    for i, g in enumerate(kept):
        place[column.names.index(g)] = i
    return place[column.codes]


def _left_out(
    codes: NDArray[np.int32], group: NDArray[np.int32], known: list[str], kept: list[str]
) -> Iterator[str]:
    of, n = int((codes != NONE).sum()), int((group != NONE).sum())
    if n < of:
        yield f"{n} of {of} rows, drawn"
    if len(kept) < len(known):
        yield f"the {len(kept)} largest of {len(known)} groups"


def _proxy(
    attribute: str,
    feature: str | None,
    scored: Scored,
    words: tuple[str, ...],
    shuffled: tuple[NDArray[np.int64], ...] | None,
) -> Proxy:
    areas, n = compute_areas(scored), len(scored.group)
    if areas is None:
        why = "undefined: no model could be grown on some rows and measured on others of each group"
        return Proxy(
            attribute=attribute, feature=feature, n=n, auc=Estimate(value=None, reason=why)
        )
    chance = _chance(scored, areas, shuffled)
    auc = _estimate(scored, areas, words)
    least = auc.value if auc.low is None else auc.low
    return Proxy(
        attribute=attribute, feature=feature, n=n, auc=auc, chance=chance,
        stands_out=None if chance is None or least is None else least > chance + _ROUNDING,
    )  # fmt: skip


def _chance(
    scored: Scored, areas: Areas, shuffled: tuple[NDArray[np.int64], ...] | None
) -> float | None:
    """By shuffles; rows of one unit cannot be shuffled apart, so there by the standard error."""
    if shuffled is not None:
        return chance_level(scored, shuffled)
    if areas.error is None:
        return None
    return min(1.0, 0.5 + critical(_ONE_SIDED) * areas.error)


def _estimate(scored: Scored, areas: Areas, words: tuple[str, ...]) -> Estimate:
    by_unit = scored.units is not None
    method = "; ".join(
        [
            f"DeLong over {FOLDS} folds, models as given, log odds{', by unit' if by_unit else ''}",
            "chance by the standard error" if by_unit else f"chance by {SHUFFLES} shuffles",
            *(["mean over the pairs of groups"] if scored.scores.shape[1] > 2 else []),
            *words,
        ]
    )
    if not areas.error or not 0 < areas.value < 1:
        return Estimate(value=areas.value, method=method)
    low, high = on_logit(areas.value, areas.error, critical(LEVEL))
    return Estimate(value=areas.value, low=low, high=high, method=method)
