"""Whether two features' joint effect is more than the sum of theirs: Friedman's H."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pyarrow as pa

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Estimate, FeatureName, Interaction
from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Explained, with_columns
from affidavit.recompute.explain.overall.queries import ask_all, repeated
from affidavit.recompute.floats import Floats

FEATURES: Final = 4  # six pairs
POINTS: Final = 50
BEHIND: Final = 100
_DRAWS: Final = 200
_METHOD = (
    f"bootstrap of {POINTS} points and {BEHIND} rows behind each, {_DRAWS} draws, percentiles; an "
    "additive model has 0"
)
# Of the outputs' spread: below, a pair moves so little that the ratio is of rounding.
_NOTHING: Final = 1e-6


def find_interactions(
    explained: Explained, ask: Ask, features: Sequence[FeatureName]
) -> tuple[Interaction, ...]:
    """Friedman's H of each pair, the largest first.

        H² = sum of (PD_jk - PD_j - PD_k)² / sum of PD_jk²

    PD are partial dependences, on the scale, centred over the same drawn points and made with the
    same rows behind each: of a model that is a sum, H is then 0 to the digits of its scores, not
    only about 0. The interval is of the points and rows together; H is never below 0 and a
    bootstrap does not see that, so that of a small H it leans upwards.

    Args:
        explained: the rows.
        ask: the model.
        features: the first `FEATURES` of them are paired.

    Raises:
        AskFailed: the model failed on a made-up row.

    References:
        Friedman, Popescu (2008), Predictive learning via rule ensembles, Annals of Applied
        Statistics 2, section 8.1.
    """
    paired = features[:FEATURES]
    points = explained.take(explained.draw("interactions: points", POINTS))
    behind = explained.take(explained.draw("interactions: rows behind", BEHIND))
    sets = [(f,) for f in paired] + list(combinations(paired, 2))
    answers = ask_all(ask, (_query(points, behind, s) for s in sets))
    shape = (points.num_rows, behind.num_rows)
    outputs = {
        tuple(f.name for f in s): explained.on_scale(a).reshape(shape)
        for s, a in zip(sets, answers, strict=True)
    }
    spread = float(np.std(explained.outputs))
    found = [
        _interaction(explained, (j.name, k.name), outputs, spread)
        for j, k in combinations(paired, 2)
    ]
    return tuple(sorted(found, key=lambda i: (-(i.h.value or 0.0), i.first, i.second)))


def _query(points: Any, behind: Any, features: tuple[FeatureName, ...]) -> Any:
    """Every row behind at every point, point by point."""
    places = pa.array(np.repeat(np.arange(points.num_rows), behind.num_rows))
    columns = [c for f in features for c in f.columns]
    return with_columns(
        repeated(behind, points.num_rows),
        {c: points.column(c).take(places).combine_chunks() for c in columns},
    )


def _interaction(
    explained: Explained, pair: tuple[str, str], outputs: dict[tuple[str, ...], Floats],
    spread: float,
) -> Interaction:  # fmt: skip
    first, second = pair
    matrices = (outputs[pair], outputs[first,], outputs[second,])
    rest, joint = effect_sizes(*(m.mean(axis=1) for m in matrices))
    if joint <= _NOTHING * spread:
        h = Estimate(value=None, reason="undefined: the pair does not move the output")
        return Interaction(first=first, second=second, h=h, strength=rest)
    chance = explained.random(f"interactions: {first}: {second}")
    drawn = [_resampled(matrices, chance.randint) for _ in range(_DRAWS)]
    ends = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(drawn, [ends, 100 - ends])
    return Interaction(
        first=first, second=second, strength=rest,
        h=Estimate(value=rest / joint, low=float(low), high=float(high), method=_METHOD),
    )  # fmt: skip


def _resampled(matrices: tuple[Floats, ...], randint: Callable[..., Any]) -> float:
    n, m = matrices[0].shape
    points, behind = randint(n, size=n), randint(m, size=m)
    rest, joint = effect_sizes(*(x[np.ix_(points, behind)].mean(axis=1) for x in matrices))
    return rest / joint if joint > 0 else 0.0


def effect_sizes(both: Floats, first: Floats, second: Floats) -> tuple[float, float]:
    """Root mean square of what the two do not add up to, and of their joint effect.

    Args:
        both: (n_points,): partial dependence on both.
        first: (n_points,): on the first alone, at the same points.
        second: (n_points,): on the second alone.
    """
    joint = both - both.mean()
    rest = joint - (first - first.mean()) - (second - second.mean())
    return float(np.sqrt((rest**2).mean())), float(np.sqrt((joint**2).mean()))
