"""Whether the model stays reasonable when its inputs are not quite what they were, or extreme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from affidavit.explanation_record import Lacking, Probe
from affidavit.progress import Progress
from affidavit.recompute.explain.asking import Ask, NotAsked
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.explain.overall.probe_asking import Answer, AskingSettings, Failed
from affidavit.recompute.explain.overall.probe_settings import Setting, settings_of, spread_of
from affidavit.recompute.floats import Floats
from affidavit.wording import count_text

MOST_PROBED: Final = 1_000
HALF: Final = 0.5
_SAME: Final = 1 + 1e-6  # of two distances on a straight line, whose scores are rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """The probes, and what could not be asked.

    Attributes:
        not_asked: a sentence on the settings that were left out, empty where none was; what is
            lacking where all were.
    """

    probes: tuple[Probe, ...]
    not_asked: Lacking | str


def run_probes(explained: Explained, ask: Ask, progress: Progress) -> Probed:
    """Sensitivity and stress of every input column, in the order of the columns.

    Sensitivity moves each row's own value a little, or switches its category; stress sets a value
    in every row (`settings_of` says which). At most 1,000 rows, drawn. An output *jumps*

    - where a small move of a number changes a row's score by more than half of the scores'
      interquartile range, or by more of it than the move is of the number's;
    - where another category changes it by more than the range of nine scores in ten;
    - where a value never seen takes the scores of half of the rows beyond those that they have with
      the values seen and asked about, further than half of the scores' interquartile range and
      than these are apart: a straight line that goes on is no jump.

    It is *unreasonable* outside [0, 1] where every score of the data lies within, and for a
    regression beyond what was predicted for the data by more than twice the range of that. The
    model *failed* where it crashed, hung, or gave no finite number; which column made it fail is
    found by halving, as long as few failures are enough for that.
    """
    drawn = explained.draw("probing", min(explained.explain.rows, MOST_PROBED))
    rows = explained.take(drawn)
    settings = []
    for kind in explained.kinds:
        progress.step(f"probing {kind.column}")
        settings += [s for s in settings_of(explained, rows, kind) if len(s.asked)]
    answers = AskingSettings(ask, rows).answers(settings)
    judge = _Judge(explained, drawn)
    reached = _reached(explained.scores[drawn], settings, answers)
    probes: list[Probe] = []
    told: list[Failed] = []
    for setting, answer in zip(settings, answers, strict=True):
        if isinstance(answer, NotAsked):
            continue
        if isinstance(answer, Failed):
            if not any(answer is other for other in told):
                told.append(answer)
                probes += _failed(answer)
            continue
        probes.append(judge.probe(setting, answer, reached[setting.column]))
    return Probed(probes=tuple(probes), not_asked=_not_asked(settings, answers))


def _reached(
    scores: Floats, settings: Sequence[Setting], answers: Sequence[Answer]
) -> dict[str, tuple[Floats, Floats]]:
    """By column, the least and the largest score of each probed row with a value that is seen."""
    ends = {s.column: (scores.copy(), scores.copy()) for s in settings}
    for setting, answer in zip(settings, answers, strict=True):
        if setting.is_seen and isinstance(answer, np.ndarray):
            least, most = ends[setting.column]
            least[setting.asked] = np.fmin(least[setting.asked], answer)
            most[setting.asked] = np.fmax(most[setting.asked], answer)
    return ends


def _not_asked(settings: Sequence[Setting], answers: Sequence[Answer]) -> Lacking | str:
    """Why some settings were not asked about: in a sentence, or lacking where none was."""
    left = [(s, a) for s, a in zip(settings, answers, strict=True) if isinstance(a, NotAsked)]
    if not left:
        return ""
    columns = ", ".join(dict.fromkeys(s.column for s, _ in left))
    if len(left) == len(settings):
        return Lacking(
            part="sensitivity and stress", reason=str(left[0][1]),
            fix="have the model answer for any input, if only with an error score",
        )  # fmt: skip
    return f"{len(left)} of {len(settings)} probes, of {columns}, were not made: {left[0][1]}."


def _failed(answer: Failed) -> list[Probe]:
    """One for each setting; where several were not told apart, each says so."""
    note = answer.cause
    if len(answer.others) > 1:
        columns = ", ".join(dict.fromkeys(s.column for s in answer.others))
        note = f"asked together ({columns}), at least one of them makes the model fail: {note}"
    return [
        Probe(
            feature=setting.column, kind=setting.kind, at=setting.at, n=len(setting.asked),
            outcome="failed", note=note,
        )
        for setting in answer.others
    ]  # fmt: skip


class _Judge:
    """Says what changed scores are worth."""

    def __init__(self, explained: Explained, drawn: Places) -> None:
        self._drawn, self._scores = drawn, explained.scores[drawn]
        self._cut = None if explained.cut is None else explained.cut[drawn]
        seen = explained.scores
        self._spread = spread_of(seen)
        ends = np.percentile(seen, [5, 95])
        self._wide = float(ends[1] - ends[0]) or self._spread
        self._least, self._most = float(seen.min()), float(seen.max())
        self._is_regression = explained.config.task == "regression"

    def probe(self, setting: Setting, scores: Floats, reached: tuple[Floats, Floats]) -> Probe:
        """What the scores of the asked rows say.

        Args:
            setting: that was asked about.
            scores: (n_asked,).
            reached: least and largest score of each probed row with a value that is seen.
        """
        if not np.isfinite(scores).all():
            cause = "the model gave no finite number"
            return _failed(Failed(cause=cause, others=(setting,)))[0]
        change = np.abs(scores - self._scores[setting.asked])
        outcome: Literal["jumps", "unreasonable"] = "unreasonable"
        note = self._unreasonable(scores)
        if note is None:
            if setting.is_seen:
                note = self._moved(setting, change)
            else:
                note = self._beyond(scores, *(end[setting.asked] for end in reached))
            outcome = "jumps"
        return Probe(
            feature=setting.column, kind=setting.kind, at=setting.at, n=len(setting.asked),
            median=float(np.median(change)), largest=float(change.max()),
            flips=self._flips(setting.asked, scores),
            outcome="as expected" if note is None else outcome, note=note,
        )  # fmt: skip

    def _flips(self, asked: Places, scores: Floats) -> int | None:
        if self._cut is None:
            return None
        cut = self._cut[asked]
        # A row without a threshold compares as False on both sides.
        return int(((scores >= cut) != (self._scores[asked] >= cut)).sum())

    def _unreasonable(self, scores: Floats) -> str | None:
        if self._is_regression:
            room = 2 * (self._most - self._least)
            low, high = self._least - room, self._most + room
            words = (
                f"beyond what is predicted for the data by more than twice its range, {room:.4g}"
            )
        elif self._least >= 0 and self._most <= 1:
            low, high, words = 0.0, 1.0, "outside 0 to 1, where every score of the data lies"
        else:
            return None
        bad = int(((scores < low) | (scores > high)).sum())
        return f"{count_text(bad, 'row')}: {words}" if bad else None

    def _moved(self, setting: Setting, change: Floats) -> str | None:
        """Of a value that is seen: a small move of a number, or another category."""
        if setting.kind == "stress":
            return None
        limit, words = self._wide, "the range of nine scores in ten"
        if setting.step is not None:
            share = max(HALF, setting.step)
            limit, words = share * self._spread, f"{share:.3g} of the scores' interquartile range"
        bad = int((change > limit).sum())
        who = "1 row changes" if bad == 1 else f"{bad:,} rows change"
        return f"{who} by more than {words}, {limit:.4g}" if bad else None

    def _beyond(self, scores: Floats, least: Floats, most: Floats) -> str | None:
        """Of a value never seen."""
        further = np.maximum(least - scores, scores - most)
        room = np.maximum(HALF * self._spread, _SAME * (most - least))
        bad = int((further > room).sum())
        if 2 * bad < len(scores) or not bad:
            return None
        return f"{count_text(bad, 'row')}: far beyond their scores with the values seen"
