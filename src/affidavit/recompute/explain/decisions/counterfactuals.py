"""Counterfactuals: what would have had to be otherwise for the model to decide otherwise.

Wachter, Mittelstadt & Russell 2018. Each is a generated row under declared constraints, scored by
the model in the end as it is shown; a row that somebody in the data has is not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.explanation_record import Cell, Change, Counterfactual
from affidavit.recompute.explain.decisions.changing import Row, rows_of, units_of
from affidavit.recompute.explain.decisions.judging import Judge
from affidavit.recompute.explain.decisions.searching import MOST_CHANGES, Search, State
from affidavit.recompute.explain.explained import Explained, cell
from affidavit.wording import count_text

_PART = 1 << 18  # rows of the data compared at once
_CASES = 100  # decisions searched together
NOT_ASKED = "None were asked for: [explain.counterfactuals] most is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found for one decision; `none_found` says why there is nothing."""

    counterfactuals: tuple[Counterfactual, ...] = ()
    none_found: str | None = None


def counterfactuals_of(explained: Explained, rows: Any, judge: Judge) -> list[Found]:
    """Generated rows that are decided otherwise, for each of some rows.

    Args:
        explained: the data, whose values the generated ones are made of, and the constraints.
        rows: a pyarrow Table, the rows as the model is given them; they need not be in the data.
        judge: the model's decisions on generated rows.

    Returns:
        For each row at most `[explain.counterfactuals] most`, few changes first; each flips the
        decision when the model is asked about it.

    Raises:
        AskFailed: the model failed on generated rows.
    """
    most = explained.explain.counterfactuals.most
    if not most:
        return [Found(none_found=NOT_ASKED)] * rows.num_rows
    units, own = units_of(explained), rows_of(rows)
    able = [c for c, row in enumerate(own) if any(u.options(row) for u in units)]
    found = [Found(none_found=_nothing_to_change(explained))] * rows.num_rows
    search = Search(judge, units, rows, own)
    for start in range(0, len(able), _CASES):
        part = able[start : start + _CASES]
        for case, one in zip(part, _searched(explained, search, judge, part), strict=True):
            found[case] = one
    return found


def _searched(
    explained: Explained, search: Search, judge: Judge, able: Sequence[int]
) -> Iterator[Found]:
    """What is found for some decisions together."""
    most = explained.explain.counterfactuals.most
    candidates = search.run(able, most)
    answers = iter(_answers(explained, search, judge, candidates))
    for case, per_case in zip(able, candidates, strict=True):
        alternatives = [[next(answers) for _ in candidate] for candidate in per_case]
        kept = [s for a in alternatives if (s := next((s for s in a if s.is_shown), None))]
        chosen = search.nearest([s.state for s in kept], most)
        yield Found(
            counterfactuals=tuple(
                _record(s, search.distance(s.state), search.own[case])
                for s in sorted(kept, key=lambda s: search.order(s.state))
                if any(s.state is c for c in chosen)
            ),
            none_found=None if kept else _why_none(int(search.asked[case]), len(per_case)),
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model gave in the end for a generated row, and whether it may be shown."""

    state: State
    score: float
    label: str
    is_shown: bool


def _answers(
    explained: Explained,
    search: Search,
    judge: Judge,
    candidates: Sequence[Sequence[tuple[State, ...]]],
) -> list[_Answer]:
    """Each generated row scored again, as it would be shown."""
    states = [s for per_case in candidates for candidate in per_case for s in candidate]
    if not states:
        return []
    rows = search.table(states)
    judged = judge.judge(rows, np.array([s.case for s in states], dtype=np.int64))
    is_person = are_in(explained.inputs, rows)
    return [
        _Answer(s, float(judged.scores[i]), judged.labels[i], bool(judged.flips[i] > is_person[i]))
        for i, s in enumerate(states)
    ]


def are_in(data: Any, rows: Any) -> NDArray[np.bool_]:
    """(n_rows,): whether somebody in the data has the very same inputs.

    Part by part: rows of the data that differ in one column from all that are looked for are left
    out before the next column is compared.
    """
    wanted, found = [_key(r) for r in rows_of(rows)], set[tuple[Cell, ...]]()
    for start in range(0, data.num_rows, _PART):
        part = data.slice(start, _PART)
        for column in data.column_names:
            part = part.filter(
                pc.is_in(_plain(part.column(column)), value_set=_plain(rows.column(column)))
            )
        found.update(set(wanted).intersection(_key(r) for r in rows_of(part)))
    return np.array([w in found for w in wanted], dtype=bool)


def _plain(column: Any) -> Any:
    """Without NaN, which equals itself here: it is missing, like null."""
    column = column.combine_chunks()
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _key(row: Row) -> tuple[Cell, ...]:
    return tuple(cell(v) for v in row.values())


def _record(answer: _Answer, distance: float, own: Row) -> Counterfactual:
    changes = tuple(
        Change(column=c, was=cell(own[c]), now=cell(v))
        for c, v in answer.state.values.items()
        if cell(v) != cell(own[c])  # of a one-hot block two columns change, and not the rest
    )
    return Counterfactual(
        changes=changes, score=answer.score, decision=answer.label, distance=distance
    )


def _nothing_to_change(explained: Explained) -> str:
    rules = explained.explain.counterfactuals
    some = rules.immutable or rules.only_up or rules.only_down or rules.bounds
    why = "by the constraints that are declared" if some else "in the data"
    return f"No input of this row has another value that it may be set to, {why}."


def _why_none(asked: int, of_persons: int) -> str:
    rows = count_text(asked, "generated row")
    if of_persons:
        return (
            f"Of {rows} none can be shown: those that the model decides otherwise are rows of the "
            "data, or are not decided so when asked about again."
        )
    return (
        f"None of {rows} is decided otherwise, of up to {MOST_CHANGES} changed inputs within the "
        "constraints. It is a search, and no proof that there is none."
    )
