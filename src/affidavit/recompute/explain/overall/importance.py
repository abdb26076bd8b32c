"""How much worse the model is when one feature's values are shuffled among the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from affidavit.explanation_record import Estimate, FeatureName, Importance
from affidavit.progress import Progress
from affidavit.recompute.coded import Bools
from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Explained, Places, with_columns
from affidavit.recompute.explain.overall.losses import Loss
from affidavit.recompute.explain.overall.means import estimate, mean_estimate
from affidavit.recompute.explain.overall.queries import ask_all
from affidavit.recompute.explain.overall.values import code_columns
from affidavit.recompute.floats import Floats

OVER_ROWS: Final = "normal over {n} rows, each as one that takes a value and as one that gives it"
# Copying the rows that change costs more than asking about a few that do not.
_WORTH_A_COPY: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shuffle:
    """Which row's values each labelled row takes, and whether it has others then; (n_rows,)."""

    donors: Places
    is_changed: Bools


def permutation_importance(
    explained: Explained,
    ask: Ask,
    loss: Loss,
    features: Sequence[FeatureName],
    progress: Progress,
) -> tuple[Importance, ...]:
    """The rise of the loss when a feature's values are shuffled, mean over `[explain] repeats`.

        rise = loss(labels, f(x with x_S of another row)) - loss(labels, f(x))

    A feature of several columns is shuffled as one: its columns keep together. Two intervals: the
    smallest and the largest rise of the repeats say what the shuffling adds, the interval of
    `loss` what other rows of the same kind would. The latter is that of a two-sample statistic:
    each row counts as one that takes a value and as one that gives it. Every row counts once,
    whatever its weight.

    Memory: a few numbers for each row of the loss, which has 50,000 at most, however many repeats
    and features. One call a shuffle, or less; rows that keep their values are not asked about
    again.

    Args:
        explained: the rows.
        ask: the model.
        loss: of rows with a label.
        features: in the order of the answer.
        progress: told of each feature.

    Raises:
        AskFailed: the model failed on shuffled rows.

    References:
        Breiman (2001), Random forests, Machine Learning 45, section 10; Fisher, Rudin, Dominici
        (2019), All models are wrong, but many are useful, JMLR 20, section 3.
    """
    rows = explained.inputs
    if len(loss.places) < explained.n:
        rows = explained.take(loss.places)
    known = explained.scores[loss.places]
    shuffles = [(f, r) for f in features for r in range(explained.explain.repeats)]
    made: list[_Shuffle] = []  # the queries run ahead of the answers, by one call at most

    def queries() -> Iterator[Any]:
        codes: Any = None
        for place, (feature, repeat) in enumerate(shuffles):
            if repeat == 0:
                progress.step(f"shuffling {feature.name}, {place + 1} of {len(shuffles)}")
                codes = code_columns(rows, feature.columns)
            chance = explained.random(f"importance: {feature.name}: {repeat}")
            donors = chance.permutation(rows.num_rows)
            is_changed = (codes != codes[:, donors]).any(axis=0)
            made.append(_Shuffle(donors=donors, is_changed=is_changed))
            yield _query(rows, feature, made[-1])

    answers = ask_all(ask, queries())
    found = []
    for feature in features:
        rises = _Rises(loss, known)
        for _ in range(explained.explain.repeats):
            answer = next(answers)
            rises.add(made.pop(0), answer)
        found.append(rises.importance(feature.name))
    return tuple(found)


def _query(rows: Any, feature: FeatureName, shuffle: _Shuffle) -> Any:
    """The rows with the feature shuffled; where much stays as it is, those that change alone."""
    donors = shuffle.donors
    if shuffle.is_changed.mean() < _WORTH_A_COPY:
        places = np.flatnonzero(shuffle.is_changed)
        donors, base = donors[places], rows.take(pa.array(places))
    else:
        base = rows
    taken = pa.array(donors)
    return with_columns(
        base, {c: rows.column(c).take(taken).combine_chunks() for c in feature.columns}
    )


class _Rises:
    """The rises of one feature's repeats, added up as they come: by taker, and by giver."""

    def __init__(self, loss: Loss, known: Floats) -> None:
        self._loss, self._known = loss, known
        self._base = loss.of(known)
        self._rises: list[float] = []
        self._taken = Moments(len(known))
        self._given = Moments(len(known))

    def add(self, shuffle: _Shuffle, answer: Floats) -> None:
        """One repeat, by the scores of the rows that were asked about."""
        asked = shuffle.is_changed
        scores = self._known.copy()
        scores[asked] = answer[asked] if len(answer) == len(scores) else answer
        lost = self._loss.of(scores)
        self._rises.append(lost.value - self._base.value)
        rise = lost.contributions - self._base.contributions
        self._taken.add(rise)
        of_giver = np.empty_like(rise)
        of_giver[shuffle.donors] = rise
        self._given.add(of_giver)

    def importance(self, name: str) -> Importance:
        parts = two_sample_parts(self._taken, self._given)
        return Importance(
            feature=name,
            loss=estimate(float(np.mean(self._rises)), parts, OVER_ROWS.format(n=len(parts))),
            repeats_low=min(self._rises), repeats_high=max(self._rises),
        )  # fmt: skip


class Moments:
    """Sums of values and of their squares, by row, over repeats."""

    def __init__(self, n: int) -> None:
        self.repeats = 0
        self.sums, self.squares = np.zeros(n), np.zeros(n)

    def add(self, values: Floats) -> None:
        """One repeat: (n_rows,)."""
        self.repeats += 1
        self.sums += values
        self.squares += values**2

    @property
    def means(self) -> Floats:
        """(n_rows,)."""
        return self.sums / self.repeats

    @property
    def within(self) -> float:
        """The variance over the repeats, mean over the rows."""
        around = self.squares - self.sums**2 / self.repeats
        return float(around.mean()) / (self.repeats - 1)


def two_sample_parts(taken: Moments, given: Moments) -> Floats:
    """(n_rows,): what each row contributes to the mean rise, centred.

    The rise k(i, j) of row i with the value of row j has k_1(i), its mean over j, and k_2(j), its
    mean over i: to first order row i contributes k_1(i) + k_2(i), less twice the mean. Of each,
    R repeats give a mean that the draws blur. Its variance V + (W1 + W2) / R is so brought to what
    the estimate has, V + E / R: W1 and W2 are the variances over the repeats, V that of
    k_1 + k_2, E = T - V what a pair adds to both, and T the variance of all rises.

    References:
        Hoeffding (1948), A class of statistics with asymptotically normal distribution, Annals of
        Mathematical Statistics 19.
    """
    repeats = taken.repeats
    parts = taken.means + given.means
    parts -= parts.mean()
    seen = float((parts**2).mean())
    if seen == 0:
        return parts
    whole = float(taken.squares.mean()) / repeats - float(taken.means.mean()) ** 2
    own = max(0.0, seen - (taken.within + given.within) / repeats)
    right = own + max(0.0, whole - own) / repeats
    return np.asarray(parts * np.sqrt(right / seen))


def mean_absolute(
    features: Sequence[FeatureName], attributions: Floats, groups: Sequence[FeatureName] = ()
) -> dict[str, Estimate]:
    """Mean absolute attributions, by name; of a group, of the sum of its features'.

    Args:
        features: of the columns of `attributions`.
        attributions: (n_rows, n_features), at least one row.
        groups: features explained together, each with the columns of several of `features`.
    """
    own = {f.name: mean_estimate(np.abs(attributions[:, i])) for i, f in enumerate(features)}
    for group in groups:
        within = [i for i, f in enumerate(features) if set(f.columns) <= set(group.columns)]
        own[group.name] = mean_estimate(np.abs(attributions[:, within].sum(axis=1)))
    return own
