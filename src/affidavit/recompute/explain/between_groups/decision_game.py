"""Shapley values of a decision: what each feature adds to being given the favourable one.

    v(S) = share of the background rows that, with the features of S set to those of the row, get
           the favourable decision under the row's own threshold

So a row's values sum to v(all) - v(none): its decision, 1 or 0, less the share of the background
rows that get the favourable one. With few features every S is asked about. Else orders of features
are drawn (Castro, Gomez & Tejada 2009, Polynomial calculation of the Shapley value based on
sampling): for each row and each background row one order and its reverse (Mitchell et al. 2022,
Sampling permutations for Shapley value estimation, 4.1), anew for each row. As every background
row is met equally often, the sum stays exact; as the draws of two rows are independent, what the
drawing adds is part of the rows' spread, and so of an interval over rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.explain.mixing import Mixed
from affidavit.recompute.explain.sets import members, weights_by_size
from affidavit.recompute.floats import Floats

Bools = NDArray[np.bool_]
MOST_BACKGROUND = 50
LEAST_BACKGROUND = 8
ASKED_A_SAMPLE = 20_000  # rows asked about, at most, for each of `[explain] samples`
_AT_ONCE = 200_000  # rows of one call of the model


class NoGame(Exception):
    """Why decisions cannot be split: `reason` and `fix`, for a line of the report."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The decisions of some rows, by feature.

    Attributes:
        values: (n_rows, n_features): sum to `decided` - `empty`, row by row.
        decided: (n_rows,): 1 where the row got the favourable decision, else 0.
        empty: (n_rows,): v of no feature, the same in all rows that have one threshold.
        n_background: rows of the background that were met.
        is_exact: every set of features was asked about.
    """

    values: Floats
    decided: Floats
    empty: Floats
    n_background: int
    is_exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a score becomes the favourable decision.

    Attributes:
        cut: (n_rows,).
        high_is_favourable: a score at or above the threshold gets it; else one below.
    """

    cut: Floats
    high_is_favourable: bool

    def decide(self, scores: Floats) -> Floats:
        """1 or 0 for scores of (n_rows, ...)."""
        cut = self.cut.reshape(-1, *([1] * (scores.ndim - 1)))
        return np.asarray((scores >= cut) == self.high_is_favourable, dtype=np.float64)


def rule_of(explained: Explained, places: Places) -> Rule:
    """The rule for some rows of the role.

    Raises:
        NoGame: there is none, or the recorded decisions do not follow it.
    """
    if explained.config.task != "binary":
        raise NoGame(
            "no threshold on one score makes the decision: the class with the highest score does",
            "read the difference of the mean outputs instead",
        )
    if explained.is_favourable is None:
        raise NoGame(
            "nobody said which decision is the favourable one",
            "name it in affidavit.toml, [label] favourable",
        )
    if explained.cut is None or np.isnan(explained.cut[places]).any():
        raise NoGame(
            f"a decision does not come from a threshold on the score of {explained.of}",
            "declare the threshold in force in affidavit.toml, [decision], if there is one",
        )
    is_label = explained.config.label.favourable == explained.of
    rule = Rule(cut=explained.cut[places], high_is_favourable=is_label)
    given = rule.decide(explained.scores[places])
    if not np.array_equal(given == 1, explained.is_favourable[places]):
        raise NoGame(
            "the decisions are not those that the threshold gives",
            "declare the threshold in force beside the decision column",
        )
    return rule


def n_asked(n_rows: int, n_features: int, n_background: int, *, is_exact: bool) -> int:
    """Rows that the model is asked about, beside the background itself."""
    each = (1 << n_features) - 2 if is_exact else 2 * (n_features - 1)
    return n_rows * n_background * max(0, each)


def play(explained: Explained, ask: Ask, places: Places, background: Any) -> Played:
    """Split the decisions of some rows over the features.

    Args:
        explained: the role.
        ask: the model; at most `ASKED_A_SAMPLE` rows are asked about for each of the configured
            samples, less background rows being met where it would be more, but never below 8.
        places: (n_rows,), of the rows in the role.
        background: a pyarrow Table with at least one row.

    Raises:
        NoGame: see `rule_of`.
        AskFailed: the model failed on a row.
    """
    rule = rule_of(explained, places)
    d, most = len(explained.features), explained.explain.samples * ASKED_A_SAMPLE
    n = min(background.num_rows, MOST_BACKGROUND)
    is_exact = explained.explain.method == "exact" and _fits(len(places), d, n, most)
    if not is_exact:
        affordable = most // max(1, n_asked(len(places), d, 1, is_exact=False))
        n = min(n, max(LEAST_BACKGROUND, affordable))
    background = _some(explained, background, n)
    alone = rule.decide(np.broadcast_to(ask.scores(background), (len(places), n)))
    decided = rule.decide(explained.scores[places])
    mixed = Mixed(explained.features, explained.take(places), background)
    table = _Asked(mixed=mixed, rule=rule, ask=ask, alone=alone, decided=decided)
    values = table.enumerate() if is_exact else table.walk(explained.random("decision-orders"))
    return Played(
        values=values, decided=decided, empty=alone.mean(axis=1), n_background=n, is_exact=is_exact
    )


def _fits(n_rows: int, d: int, n_background: int, most: int) -> bool:
    return d <= 20 and n_asked(n_rows, d, n_background, is_exact=True) <= most


def _some(explained: Explained, background: Any, n: int) -> Any:
    """`n` rows of the background, drawn."""
    if background.num_rows == n:
        return background
    drawn = explained.random("decision-background").choice(background.num_rows, n, replace=False)
    return background.take(np.sort(drawn))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A game: what is known of it before anything is asked.

    Attributes:
        alone: (n_rows, n_background): the background rows' decisions under the rows' thresholds.
        decided: (n_rows,).
    """

    mixed: Mixed
    rule: Rule
    ask: Ask
    alone: Floats
    decided: Floats

    def enumerate(self) -> Floats:
        """(n_rows, n_features), from every set of features."""
        n, d = len(self.decided), self.mixed.n_features
        sets = np.arange(1 << d)
        holds = members(sets, d)
        v = np.empty((n, len(sets)))
        v[:, 0], v[:, -1] = self.alone.mean(axis=1), self.decided
        step = max(1, _AT_ONCE // max(1, self.alone.size))
        for start, stop in pairwise([*range(1, len(sets) - 1, step), len(sets) - 1]):
            own = np.broadcast_to(holds[start:stop, None, :], (n, stop - start, self._b, d))
            v[:, start:stop] = self._decisions(slice(None), own).mean(axis=2)
        sizes = holds.sum(axis=1)
        weight = weights_by_size(d)
        columns = []
        for j in range(d):
            without = sets[~holds[:, j]]
            columns.append(
                ((v[:, without | 1 << j] - v[:, without]) * weight[sizes[without]]).sum(1)
            )
        return np.stack(columns, axis=1)

    def walk(self, random: np.random.RandomState) -> Floats:
        """(n_rows, n_features), from an order and its reverse for each row and background row."""
        n, b, d = *self.alone.shape, self.mixed.n_features
        rank = np.argsort(random.random_sample((n, b, d)), axis=2, kind="stable")
        values = np.empty((n, d))
        step = max(1, _AT_ONCE // max(1, 2 * b * (d - 1)))
        for start in range(0, n, step):
            block = slice(start, min(n, start + step))
            values[block] = self._walked(block, rank[block])
        return values

    def _walked(self, block: slice, rank: NDArray[np.int64]) -> Floats:
        n, b, d = rank.shape
        both = np.stack([rank, d - 1 - rank], axis=1)  # (n, 2, b, d)
        taken = both[:, :, None] < np.arange(1, d)[:, None, None]  # (n, 2, d - 1, b, d)
        path = np.empty((n, 2, d + 1, b))
        path[:, :, 0], path[:, :, -1] = self.alone[block, None], self.decided[block, None, None]
        if d > 1:
            own = taken.reshape(n, 2 * (d - 1), b, d)
            path[:, :, 1:-1] = self._decisions(block, own).reshape(n, 2, d - 1, b)
        gained = np.diff(path, axis=2).transpose(0, 1, 3, 2)  # (n, 2, b, d), by position
        return np.asarray(np.take_along_axis(gained, both, axis=3).mean(axis=(1, 2)))

    @property
    def _b(self) -> int:
        return int(self.alone.shape[1])

    def _decisions(self, block: slice, own: Bools) -> Floats:
        """Decisions of made-up rows.

        Args:
            block: the rows.
            own: (n_block, m, n_background, n_features): which features are the row's.

        Returns:
            (n_block, m, n_background).
        """
        n, m, b, d = own.shape
        places = np.arange(len(self.decided))[block]
        row = np.repeat(places, m * b)
        other = np.tile(np.arange(b), n * m)
        scores = self.ask.scores(self.mixed.rows(row, other, own.reshape(-1, d)))
        rule = Rule(cut=self.rule.cut[block], high_is_favourable=self.rule.high_is_favourable)
        return rule.decide(scores.reshape(n, m, b))
