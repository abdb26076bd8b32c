"""What explaining will cost, before it starts: `[explain] budget` lowers the samples once.

The cost is told in rows that the model is asked about; how long a row takes is measured by asking
about some rows of the data, twice, of which the faster counts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from affidavit.config import Explain
from affidavit.explanation_record import Lacking
from affidavit.progress import Progress
from affidavit.recompute.explain.asking import Ask, Asker, AskFailed
from affidavit.recompute.explain.attributing.permutation import asked_by_permutation
from affidavit.recompute.explain.between_groups.decision_game import (
    ASKED_A_SAMPLE,
    MOST_BACKGROUND,
    n_asked,
)
from affidavit.recompute.explain.overall.curves import POINTS as CURVE_POINTS
from affidavit.recompute.explain.overall.interactions import BEHIND, FEATURES, POINTS
from affidavit.recompute.explain.overall.losses import MOST_ROWS
from affidavit.recompute.explain.overall.probing import MOST_PROBED

_TIMED_ROWS = 2_000
_DECISION_ROWS = 300  # of the groups' decisions, and of the search for one counterfactual
_PROBES = 8  # of each feature
_SAID_FROM_S = 5.0
_UNITS = {"s": 1, "m": 60}
_LEAST = {"background": 10, "rows": 20, "samples": 2, "repeats": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The settings to explain by.

    Attributes:
        is_lowered: they are not those that were asked for.
        words: what was lowered to what.
        too_small: why the model as a whole and the groups are left out; None where they are not.
    """

    explain: Explain
    is_lowered: bool = False
    words: str = ""
    too_small: Lacking | None = None


def plan_within(explain: Explain, inputs: Any, ask: Ask) -> Planned:
    """The settings, lowered to the budget where there is one.

    Args:
        explain: `[explain]`.
        inputs: a pyarrow Table, what the model is given of the role's rows.
        ask: the model; asked only where there is a budget.
    """
    if explain.budget is None:
        return Planned(explain=explain)
    seconds = int(explain.budget[:-1]) * _UNITS[explain.budget[-1]]
    try:
        a_row = _seconds_a_row(inputs, ask)
    except AskFailed:  # whatever asks next says so
        return Planned(explain=explain)
    n, d = inputs.num_rows, inputs.num_columns
    if (full := asked(explain, n, d) * a_row) <= seconds:
        return Planned(explain=explain)
    lowered = _lowered(explain, seconds / full)
    needed = asked(lowered, n, d) * a_row
    lacking = _too_small(explain.budget, needed) if needed > 2 * seconds else None
    return Planned(
        explain=lowered, is_lowered=True, words=_words(explain, lowered), too_small=lacking
    )


class Remaining:
    """Progress that says how long is still to go, by what was asked so far and how long it took."""

    def __init__(self, progress: Progress, asker: Asker, total: int) -> None:
        """Tell `progress`; `total` is how many rows will be asked about."""
        self._progress, self._asker, self._total = progress, asker, total

    def step(self, text: str) -> None:
        """As `Progress` says."""
        asked_so_far = self._asker.scored
        left = 0.0
        if asked_so_far >= _TIMED_ROWS:
            left = (self._total - asked_so_far) * self._asker.seconds / asked_so_far
        self._progress.step(f"{text}, about {left:.0f} s left" if left >= _SAID_FROM_S else text)

    def done(self, stage: str, text: str) -> None:
        """As `Progress` says."""
        self._progress.done(stage, text)


def asked(explain: Explain, n_rows: int, n_features: int, *, sampled: bool = True) -> int:
    """About how many rows the model is asked about.

    Args:
        explain: the settings.
        n_rows: of the role.
        n_features: inputs.
        sampled: attributions are sampled, and not read from the model's own parameters.
    """
    d, explained = n_features, min(n_rows, explain.rows)
    background = min(n_rows, explain.background)
    chosen = explain.decisions
    decisions = 2 * chosen.near + chosen.drawn + 4 * chosen.per_group + len(chosen.ids)
    game = n_asked(min(explained, _DECISION_ROWS), d, min(background, MOST_BACKGROUND),
                   is_exact=False)  # fmt: skip
    return sum([
        d * explain.repeats * min(n_rows, MOST_ROWS),
        explain.curves * (CURVE_POINTS + 2) * explained,
        POINTS * BEHIND * (FEATURES + FEATURES * (FEATURES - 1) // 2),
        d * _PROBES * min(n_rows, MOST_PROBED),
        min(game, explain.samples * ASKED_A_SAMPLE),
        asked_by_permutation(min(explained, 200), background, d, 2) if sampled else explained,
        asked_by_permutation(decisions, background, d, explain.samples) if sampled else decisions,
        decisions * _DECISION_ROWS,
    ])  # fmt: skip


def _seconds_a_row(inputs: Any, ask: Ask) -> float:
    part = inputs.slice(0, _TIMED_ROWS)
    ask.scores(part)  # the first call opens the model
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        ask.scores(part)
        taken.append(time.perf_counter() - started)
    return min(taken) / max(1, int(part.num_rows))


def _lowered(explain: Explain, share: float) -> Explain:
    """Each number of samples by the same share, none below the least that says anything."""
    values = {
        name: min(now, max(least, int(now * share)))
        for name, least in _LEAST.items()
        if isinstance(now := getattr(explain, name), int)
    }
    return explain.model_copy(update=values)


def _words(asked_for: Explain, lowered: Explain) -> str:
    return ", ".join(
        f"{name} {getattr(asked_for, name)} to {getattr(lowered, name)}"
        for name in sorted(_LEAST)
        if getattr(asked_for, name) != getattr(lowered, name)
    )


def _too_small(budget: str, needed: float) -> Lacking:
    return Lacking(
        part="the model as a whole, and groups",
        reason=f"the least that these take is about {needed:.0f} s, and the budget is {budget}",
        fix=f'set [explain] budget to "{max(1, round(needed + 0.5))}s" or more',
    )
