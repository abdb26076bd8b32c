"""How the scores and inputs of one role, or one period, lie beside those that training had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from affidavit.config import Config
from affidavit.evidence import LEVEL, Bins, Finding, Number
from affidavit.metric_names import is_training_role
from affidavit.places import PERIOD
from affidavit.printable import printable
from affidavit.recompute.binning import Binning, by_quantiles, by_values, of_column
from affidavit.recompute.coded import Bools, Coded
from affidavit.recompute.periods import periods
from affidavit.recompute.predictions import Predictions
from affidavit.stability import (
    CHARACTERISTIC,
    POPULATION,
    expected_stability,
    noise_bound,
    stability_id,
    stability_index,
)
from affidavit.wording import first_text

SHIFTED = 0.25  # the usual rule of thumb: Siddiqi (2006); Lewis (1994)
MAX_INDICES = 5_000
MAX_PERIODS = 120
_MAX_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """The indices of one role, each with its bins; empty where there is nothing to compare."""

    numbers: tuple[Number, ...] = ()
    bins: tuple[Bins, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Index:
    """One index, its bins, and the bound that chance alone stays below."""

    number: Number
    bins: Bins

    def bound(self, family: int) -> float:
        return noise_bound(self.bins.reference, self.bins.found, 1 - (1 - LEVEL) / family)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A role beside the one that it is compared with.

    Attributes:
        base: (n_rows of `reference`,): which of its rows are the reference.
    """

    found: Predictions
    reference: Predictions
    base: Bools
    periods: Coded | None

    @property
    def role(self) -> str:
        return self.found.rows.role

    @property
    def is_itself(self) -> bool:
        return self.found is self.reference


def reference_role(roles: Sequence[str]) -> str:
    """The role that the others are compared with: the first that is training, else the first."""
    return next((r for r in roles if is_training_role(r)), roles[0])


def stability(
    found: Sequence[Predictions], inputs: Sequence[str], config: Config
) -> dict[str, Stability]:
    """The stability indices of every role that there is something to compare with.

    Each role is compared with the training role (the first role, where none is training), whole
    and, where `[time]` is declared, period by period. The periods of the training role itself are
    compared with its first. Rows count, not their weights.

    Args:
        found: the predictions of every role.
        inputs: the model's input columns.
        config: task and `[time]`.

    Raises:
        ConfigError: the time column is not there.
        SourceError: a time that cannot be read.
    """
    base_role = reference_role([p.rows.role for p in found])
    base = next(p for p in found if p.rows.role == base_role)
    results = {}
    for one in found:
        coded = periods(one.rows, config.time) if config.time else None
        few, findings = _few_enough(coded, one.rows.role)
        pair = _Pair(one, base, _base_rows(one, base, few), few)
        result = _compared(pair, inputs, config)
        if result.numbers or findings:
            both = (*findings, *result.findings)
            results[one.rows.role] = replace(result, findings=both)
    return results


def _few_enough(coded: Coded | None, role: str) -> tuple[Coded | None, tuple[Finding, ...]]:
    if coded is None or len(coded.names) <= MAX_PERIODS:
        return coded, ()
    gap = Finding(
        id=f"recompute.periods.{role}", kind="gap", stage="recompute",
        what=f"{role} has {len(coded.names)} periods: stability is not shown by period",
        expected=f"at most {MAX_PERIODS} periods", found=str(len(coded.names)),
        fix="set [time] by to a longer period",
    )  # fmt: skip
    return None, (gap,)


def _base_rows(one: Predictions, base: Predictions, coded: Coded | None) -> Bools:
    """The rows of the reference: all of another role; of the role itself its first period."""
    if one is not base or coded is None:
        return np.ones(base.rows.n, dtype=bool)
    return coded.equals(min(coded.names, key=_in_time))


def _in_time(name: str) -> tuple[bool, str]:
    """Periods in order; rows without a date last."""
    return name.startswith("("), name


def _compared(pair: _Pair, inputs: Sequence[str], config: Config) -> Stability:
    names = sorted(pair.periods.names, key=_in_time) if pair.periods else []
    if pair.is_itself and len(names) < 2:
        return Stability()
    indices = _of_column(pair, "", names, config)
    by_period = min(len(inputs), max(0, MAX_INDICES - len(inputs)) // max(1, len(names)))
    for i, column in enumerate(inputs[:MAX_INDICES]):
        indices += _of_column(pair, column, names if i < by_period else [], config)
    return Stability(
        numbers=tuple(i.number for i in indices), bins=tuple(i.bins for i in indices),
        notes=_notes(pair, len(inputs), by_period if names else len(inputs), config),
        findings=_findings(pair, indices),
    )  # fmt: skip


def _of_column(pair: _Pair, column: str, names: Sequence[str], config: Config) -> list[_Index]:
    """The index of the score, or of an input: of all rows, then of each period."""
    binning = _binning(pair, column, config)
    if binning is None:
        return []
    reference = binning.sizes(binning.reference[pair.base])
    found = [] if pair.is_itself else [("", binning.sizes(binning.found))]
    if names and pair.periods is not None:
        by_period = _by_period(binning, pair.periods)
        # The first period of the reference role is what it is compared with.
        found += [(name, by_period[name]) for name in (names[1:] if pair.is_itself else names)]
    return [
        _index(pair.role, column, name, binning.names, (reference, sizes)) for name, sizes in found
    ]


def _by_period(binning: Binning, periods: Coded) -> dict[str, tuple[int, ...]]:
    """How many rows of each period are in each bin; every row has a period."""
    k = len(binning.names)
    places = periods.codes.astype(np.int64) * k + binning.found
    sizes = np.bincount(places, minlength=len(periods.names) * k).reshape(-1, k)
    return {
        name: tuple(one) for name, one in zip(periods.names, sizes.tolist(), strict=True)
    }  # fmt: skip


def _binning(pair: _Pair, column: str, config: Config) -> Binning | None:
    if column:
        tables = pair.reference.rows.table, pair.found.rows.table
        if any(column not in t.columns for t in tables):
            return None  # an input that may be absent
        return of_column(tables[0].raw(column), tables[1].raw(column), pair.base)
    if config.task == "multiclass":
        return by_values(pair.reference.decision, pair.found.decision, pair.base)
    return by_quantiles(pair.reference.score, pair.found.score, pair.base)


def _index(
    role: str, column: str, period: str, names: tuple[str, ...],
    sides: tuple[tuple[int, ...], tuple[int, ...]],
) -> _Index:  # fmt: skip
    reference, found = sides
    number_id = stability_id(role, column, period)
    number = Number(
        id=number_id, metric=CHARACTERISTIC if column else POPULATION, role=role,
        group={PERIOD: period} if period else None, n=sum(found),
        value=stability_index(reference, found), expected=expected_stability(reference, found),
        source="bins",
    )  # fmt: skip
    bins = Bins(number=number_id, column=column, names=names, reference=reference, found=found)
    return _Index(number, bins)


def _notes(pair: _Pair, inputs: int, by_period: int, config: Config) -> tuple[str, ...]:
    what = "The classes decided" if config.task == "multiclass" else "Scores"
    compared = (
        f"{what} and inputs are compared with {_beside(pair)}, over bins that are made there. Rows "
        "count, not their weights. Beside each index stands the one to expect without any shift."
    )
    notes = [compared]
    if by_period < inputs:
        notes.append(f"{inputs - by_period} of {inputs} inputs are not compared by period.")
    if inputs > MAX_INDICES:
        notes.append(f"{inputs - MAX_INDICES} of {inputs} inputs are not compared at all.")
    return tuple(notes)


def _beside(pair: _Pair) -> str:
    return "its first period" if pair.is_itself else pair.reference.rows.role


def _findings(pair: _Pair, indices: Sequence[_Index]) -> tuple[Finding, ...]:
    """One finding for the score and one for the inputs, where chance cannot explain a shift."""
    shifted = [
        i
        for i in indices
        if i.number.value is not None and i.number.value > max(SHIFTED, i.bound(len(indices)))
    ]
    score = [i for i in shifted if not i.bins.column]
    inputs = [i for i in shifted if i.bins.column]
    return tuple(
        _finding(pair, what, part, len(indices))
        for what, part in (("score", score), ("inputs", inputs))
        if part
    )


def _finding(pair: _Pair, what: str, shifted: Sequence[_Index], family: int) -> Finding:
    worst = sorted(shifted, key=lambda i: (-(i.number.value or 0.0), i.number.id))
    named = first_text([_named(i, family) for i in worst], _MAX_NAMED)
    subject = "the scores" if what == "score" else "inputs of the model"
    return Finding(
        id=f"recompute.stability.{what}.{pair.role}", kind="exception", stage="recompute",
        what=f"{subject} of {pair.role} are distributed otherwise than in {_beside(pair)}, by more "
        f"than chance explains: {named}",
        expected=f"an index of at most {SHIFTED} (a rule of thumb), or what chance alone gives",
        found=named,
        fix="find out what changed between the two, and whether the numbers still speak for the "
        "rows that the model will see",
    )  # fmt: skip


def _named(index: _Index, family: int) -> str:
    column, group = index.bins.column, index.number.group
    what = printable(column) if column else "score"
    when = f" in {group[PERIOD]}" if group else ""
    return f"{what}{when} {index.number.value:.2f} (chance: up to {index.bound(family):.2f})"
