"""`[[hold]]`: which number a threshold means, whether it is met, and what is said if it is not.

What is said includes how solid that verdict is: the fewest changed decisions that would turn it.

Recompute states the findings; verify derives them again from the configuration and the reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.bundle.layout import REPORTS
from affidavit.config import Config, Hold
from affidavit.evidence import Finding, Number, ReportName
from affidavit.metric_names import canonical_metric
from affidavit.printable import printable
from affidavit.turning import (
    Counting,
    Turn,
    base_metric,
    by_metric,
    heading,
    least_changes,
    rates_behind,
)
from affidavit.turning_steps import Budget, keeps

FINDING_PREFIX: Final = "recompute.hold."
_SHORT: Final = {
    "roc_auc": "AUC", "ks": "KS", "mae": "MAE", "mse": "MSE", "rmse": "RMSE", "r2": "R²",
}  # fmt: skip
# In which report a threshold looks for its number. The decisions after rules and overrides are no
# part of the model: they stand beside, and are not held.
HELD_REPORTS: Final[tuple[ReportName, ...]] = (
    "performance", "fairness", "segments", "estimated", "stability",
)  # fmt: skip


def hold_findings(
    config: Config, numbers: Sequence[Number], items: tuple[str, ...]
) -> tuple[Finding, ...]:
    """A finding for each hold that is missed, or that nothing can be said of.

    Args:
        config: `[[hold]]`, and what decisions are called.
        numbers: of every report of the main role that may be held.
        items: the reports of that role; a finding cites the one that holds its number.
    """
    found: list[Finding] = []
    held = held_numbers(config, numbers)
    turns = least_turns(config, held, numbers, missed_alone=True)
    sizes = by_metric(numbers).get("count", ())
    for position, hold in enumerate(config.hold, 1):
        if not held[position - 1]:
            found.append(_finding(hold, position, None, items))
        for number in held[position - 1]:
            if is_met(hold, number):
                continue
            told = _finding(hold, position, number, _cited(number, items))
            turn = turns[position, number.id]
            # `; four more decided deny = no among the 134 (afam = yes) would meet it`
            more = f"; {turn.words} would meet it" if turn.words else ""
            more += _small_groups(number, sizes, config.fairness.smallest_group)
            found.append(told.model_copy(update={"found": f"{told.found}{more}"}))
    return tuple(found)


def finding_start(position: int) -> str:
    """How the ids of a hold's findings begin, by its place in affidavit.toml, from 1."""
    return f"{FINDING_PREFIX}{position:02d}."


def held_numbers(config: Config, numbers: Sequence[Number]) -> tuple[tuple[Number, ...], ...]:
    """The numbers that each hold of a configuration speaks of."""
    known = by_metric(numbers)
    return tuple(meant_by(h, known.get(canonical_metric(h.metric), ())) for h in config.hold)


def least_turns(
    config: Config,
    held: Sequence[Sequence[Number]],
    numbers: Sequence[Number],
    *,
    missed_alone: bool = False,
) -> dict[tuple[int, str], Turn]:
    """The least change that turns each verdict, by the hold's place, from 1, and the number's id.

    One budget is shared by all. What is missed goes first, so that the findings and the card say
    the same, and one rate or two before a summary of many, whose search is long.
    """
    budget, counting, known = Budget(), Counting.of(config), by_metric(numbers)
    order = [
        ((is_met(hold, number), number.attributes is not None, position, number.id), hold, number)
        for position, (hold, meant) in enumerate(zip(config.hold, held, strict=True), 1)
        for number in meant
    ]
    order.sort(key=lambda one: one[0])
    return {
        (position, number_id): least_changes(
            hold, number, known.get(base_metric(number.metric), ()), counting, budget
        )
        for (met, _, position, number_id), hold, number in order
        if not (met and missed_alone)
    }


def _cited(number: Number, items: tuple[str, ...]) -> tuple[str, ...]:
    """The report that holds a number, where it is among the items; else all of them."""
    stem = heading(number)
    if stem == "estimated":  # a report for each attribute
        stem += f".{next(iter(number.group or number.attributes or ()), '')}"
    path = f"{REPORTS}/{stem}.json"
    return (path,) if path in items else items


def _small_groups(number: Number, sizes: Sequence[Number], small: int) -> str:
    """How many small groups a summary over all groups holds: one row can make it what it is.

    Not which: the value of a group of one row is a row's value, and no finding holds any.
    """
    if not number.attributes:
        return ""
    few = sum(n.n < small for n in rates_behind(number, "count", sizes))
    return f"; it holds groups of fewer than {small} rows: {few}" if few else ""


def meant_by(hold: Hold, numbers: Sequence[Number]) -> tuple[Number, ...]:
    """The numbers that a hold speaks of; performance goes before fairness, fairness before others.

    A number of one class is meant only where there is none over all of them.
    """
    metric = canonical_metric(hold.metric)
    meant = [n for n in numbers if n.metric == metric and n.group == hold.group]
    meant = [n for n in meant if n.label is None] or meant
    found = (tuple(n for n in meant if n.id.startswith(f"{name}/")) for name in HELD_REPORTS)
    return next(filter(None, found), ())


def is_met(hold: Hold, number: Number) -> bool:
    """Whether the number keeps to the hold; an undefined one does not."""
    return keeps(hold, number.value)


def _finding(hold: Hold, position: int, number: Number | None, items: tuple[str, ...]) -> Finding:
    name = _named(hold, number)
    bounds = [f"at least {hold.min:.12g}"] if hold.min is not None else []
    bounds += [f"at most {hold.max:.12g}"] if hold.max is not None else []
    what = f"{name} misses what {printable(hold.set_by)} set on {printable(hold.set_on)}"
    if number is None:
        what, found = f"{name} cannot be held against its threshold", "no such group in the data"
    elif number.value is None:
        what, found = f"{name} cannot be held against its threshold", str(number.reason)
    else:
        found = _apart(rounded(number.value), hold) + _interval(number) + f", n = {number.n}"
    parts = () if number is None else (*(number.attributes or ()), *filter(None, [number.label]))
    where = "".join(f".{printable(part)}" for part in parts)
    return Finding(
        id=f"{finding_start(position)}{printable(hold.metric)}{where}",
        kind="gap" if number is None else "exception", stage="recompute", what=what,
        expected=" and ".join(bounds) or "nothing", found=found,
        fix=f"do not release before {printable(hold.set_by)} has decided; or change the model",
        items=items,
    )  # fmt: skip


def _apart(value: float, hold: Hold) -> str:
    """The value in four digits, or as many as it takes to tell it from the bound."""
    bounds = [b for b in (hold.min, hold.max) if b is not None]
    for digits in range(4, 12):
        shown = f"{value:.{digits}g}"
        if all(float(shown) != b or value == b for b in bounds):
            return shown
    return f"{value:.12g}"


def _named(hold: Hold, number: Number | None) -> str:
    """The number in words: `the selection rate ratio (afam yes against no)`."""
    metric = canonical_metric(hold.metric)
    words = f"the {_SHORT.get(metric, metric.replace('_', ' '))}"
    groups = [f"{k} {printable(v)}" for k, v in sorted((hold.group or {}).items())]
    against = number.against if number is not None and number.against else {}
    groups += [f"against {printable(v)}" for v in against.values()]
    if number is not None and number.label is not None:
        groups += [f"class {printable(number.label)}"]
    if number is not None and number.attributes:
        groups += [f"by {' and '.join(map(printable, number.attributes))}"]
    return f"{words} ({' '.join(groups)})" if groups else words


def _interval(number: Number) -> str:
    if number.low is None or number.level is None:
        return ""
    high = "no upper bound" if number.high is None else f"{rounded(number.high):.4g}"
    low = f"{rounded(number.low):.4g}"
    return f" ({number.level:.0%} interval {low} to {high}, {number.method})"
