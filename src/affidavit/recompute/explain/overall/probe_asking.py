"""Asks about many settings in few calls, and finds which of them make the model fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np
import pyarrow as pa

from affidavit.recompute.explain.asking import Ask, AskFailed, NotAsked
from affidavit.recompute.explain.explained import with_columns
from affidavit.recompute.explain.overall.probe_settings import Family, Setting
from affidavit.recompute.explain.overall.queries import MOST_ROWS
from affidavit.recompute.floats import Floats

# Each failure ends the model's process, and only a few are made good: others need theirs too.
FAILURES: Final = 6
FAILURES_TOGETHER: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The model failed there; `others` asked about in the same call, where it was not told apart.

    Attributes:
        others: settings, this one among them, of which at least one makes the model fail.
    """

    cause: str
    others: tuple[Setting, ...]


Answer = Floats | Failed | NotAsked


class AskingSettings:
    """Asks about settings in few calls, and finds those that make the model fail."""

    def __init__(self, ask: Ask, rows: Any) -> None:
        self._ask, self._rows = ask, rows
        self._left = FAILURES

    def answers(self, settings: Sequence[Setting]) -> list[Answer]:
        """In the order of the settings."""
        found: dict[int, Answer] = {}
        at_once = max(1, MOST_ROWS // self._rows.num_rows)
        # In the order of the type: what is in the data first, what most models fail at last.
        for name in get_args(Family):
            family = [i for i, s in enumerate(settings) if s.family == name]
            for start in range(0, len(family), at_once):
                part = family[start : start + at_once]
                told = self._family([settings[i] for i in part])
                found.update(zip(part, told, strict=True))
        return [found[i] for i in range(len(settings))]

    def _family(self, settings: list[Setting]) -> list[Answer]:
        if not settings:
            return []
        if not self._left:
            return [_enough()] * len(settings)
        self._may_fail = min(self._left, FAILURES_TOGETHER)
        return _regrouped(settings, self._together(settings))

    def _together(self, settings: list[Setting]) -> list[Answer]:
        try:
            return list(self._scores(settings))
        except NotAsked as why:
            return [why] * len(settings)
        except AskFailed as error:
            self._left -= 1
            self._may_fail -= 1
            return self._apart(settings, error.cause_line)

    def _apart(self, settings: list[Setting], cause: str) -> list[Answer]:
        """Answers of settings that failed together."""
        if len(settings) == 1 or self._may_fail <= 0:
            return [Failed(cause=cause, others=tuple(settings))] * len(settings)
        half = len(settings) // 2
        first, second = settings[:half], settings[half:]
        told = self._together(first)
        if all(isinstance(answer, np.ndarray) for answer in told):
            # So the second half did fail: it need not fail again to be known.
            return told + self._apart(second, cause)
        if self._may_fail > 0:
            return told + self._together(second)
        return told + [_enough()] * len(second)

    def _scores(self, settings: list[Setting]) -> list[Floats]:
        scores = self._ask.scores(pa.concat_tables([self._query(s) for s in settings]))
        return np.split(scores, np.cumsum([len(s.asked) for s in settings])[:-1])

    def _query(self, setting: Setting) -> Any:
        places = pa.array(setting.asked)
        values = setting.values.take(places)
        return with_columns(self._rows.take(places), {setting.column: values})


def _enough() -> NotAsked:
    return NotAsked("the model failed often when probed; it was not asked again")


def _regrouped(settings: list[Setting], answers: list[Answer]) -> list[Answer]:
    """As they are, or with all that were not told apart as one group.

    The whole was asked first, and failed. Where no single setting was found to be why, one of
    those that have no answer of their own is.
    """
    failed = [a for a in answers if isinstance(a, Failed)]
    if not failed or any(len(a.others) == 1 for a in failed):
        return answers
    open_ = [s for s, a in zip(settings, answers, strict=True) if not isinstance(a, np.ndarray)]
    group = Failed(cause=failed[0].cause, others=tuple(open_))
    return [a if isinstance(a, np.ndarray) else group for a in answers]
