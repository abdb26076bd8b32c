"""Areas and losses of both models, derived again from the scores of rows that are in the bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import Final

from affidavit.agreement import by_unit
from affidavit.bundle.layout import CHALLENGER
from affidavit.challenger_record import ChallengerRole, ComparedNumber
from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL
from affidavit.evidence import MIN_CLASS, SMALL
from affidavit.paired import (
    Paired,
    compare_areas,
    compare_means,
    weighted_areas,
    weighted_means,
)
from affidavit.verify.checks import Fault
from affidavit.verify.nearness import shown

CHECK: Final = "challenger-score"
# Of a role; more rows would take a reader's memory and patience.
MAX_ROWS: Final = 300_000
_NEAR: Final = 1e-8  # rounding to twelve digits, seen through a difference
_FIELDS: Final = (
    ("challenger", "before"), ("subject", "after"), ("difference", "difference"), ("low", "low"),
    ("high", "high"),
)  # fmt: skip


@dataclass(slots=True)
class ScorePairs:
    """Labelled rows: label, both scores and weight, in the order of the tables."""

    labels: list[str] = field(default_factory=list)
    challenger: list[float] = field(default_factory=list)
    subject: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def take(self, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        """One row of both tables, whose score and weight are numbers."""
        if ours["label"] == UNKNOWN_LABEL:
            return
        self.labels.append(ours["label"])
        self.subject.append(float(ours["score"]))
        self.challenger.append(float(theirs["score"]))
        self.weights.append(float(ours["weight"]))

    @property
    def n(self) -> int:
        return len(self.labels)


def score_faults(role: ChallengerRole, config: Config, rows: ScorePairs) -> Iterator[Fault]:
    """Numbers from scores that the rows do not give, values and intervals.

    Raises:
        ValueError: a target that is no number, or a weight that no formula takes.
    """
    for number in (n for n in role.numbers if n.source == "scores"):
        expected = _expected(number.metric, config, rows)
        if expected.difference is None:
            if number.difference is not None:
                yield _fault(number, "difference", None, number.difference)
            continue
        for name, ours in _FIELDS:
            one, other = getattr(expected, ours), getattr(number, name)
            if not _is_near(one, other):
                yield _fault(number, name, one, other)


def _fault(number: ComparedNumber, name: str, one: float | None, other: float | None) -> Fault:
    return Fault(f"{number.id}: {name} does not follow from the scores", CHALLENGER, shown(one),
                 shown(other))  # fmt: skip


def _is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=_NEAR, abs_tol=_NEAR)


def _expected(metric: str, config: Config, rows: ScorePairs) -> Paired:
    found = _by_rows(metric, config, rows)
    if config.unit is not None and config.rows.weight is None:
        return found.without_interval(by_unit(config.unit))
    return found


def _by_rows(metric: str, config: Config, rows: ScorePairs) -> Paired:
    is_weighted = config.rows.weight is not None
    if metric == "roc_auc":
        events = [label == config.label.positive for label in rows.labels]
        if is_weighted:
            return weighted_areas(events, rows.challenger, rows.subject, rows.weights)
        found = compare_areas(events, rows.challenger, rows.subject)
        few = min(sum(events), rows.n - sum(events)) < MIN_CLASS
        return found.without_interval("few rows") if few else found
    both = (rows.challenger, rows.subject)
    if metric == "brier_score":
        if any(not 0 <= s <= 1 for side in both for s in side):
            return Paired(n=rows.n, reason="no probabilities")
        targets = [float(label == config.label.positive) for label in rows.labels]
        theirs, ours = ([(s - t) ** 2 for s, t in zip(side, targets, strict=True)]
                        for side in both)  # fmt: skip
    else:
        targets = [float(label) for label in rows.labels]
        theirs, ours = ([abs(s - t) for s, t in zip(side, targets, strict=True)]
                        for side in both)  # fmt: skip
    if is_weighted:
        return weighted_means(theirs, ours, rows.weights)
    found = compare_means(theirs, ours)
    return found.without_interval("few rows") if rows.n < SMALL else found
