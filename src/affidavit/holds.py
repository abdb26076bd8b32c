"""`[[hold]]`: which number a threshold means, whether it is met, and what is said if it is not.

What is said includes how solid that verdict is: the fewest changed decisions that would turn it.

Recompute states the findings; verify derives them again from the configuration and the reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Hold
from affidavit.counts import MISSING_GROUP, UNMATCHED_GROUP
from affidavit.evidence import Finding, Number, ReportName
from affidavit.metric_names import canonical_metric
from affidavit.printable import printable
from affidavit.turning import Counting, least_changes
from affidavit.turning_steps import keeps

FINDING_PREFIX: Final = "recompute.hold."
_MAX_NAMED: Final = 12
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
        items: the reports that hold the numbers.
    """
    found: list[Finding] = []
    for position, hold in enumerate(config.hold, 1):
        meant = meant_by(hold, numbers)
        if not meant:
            found.append(_finding(hold, position, None, items))
        for number in meant:
            if not is_met(hold, number):
                told = _finding(hold, position, number, items)
                turn = least_changes(hold, number, numbers, Counting.of(config))
                # `; four more decided deny = no among the 134 (afam = yes) would meet it`
                more = f"; {turn.words} would meet it" if turn.words else ""
                more += _small_groups(number, numbers, config.fairness.smallest_group)
                found.append(told.model_copy(update={"found": f"{told.found}{more}"}))
    return tuple(found)


def _small_groups(number: Number, numbers: Sequence[Number], small: int) -> str:
    """The small groups that a summary over all groups holds: one row can make it what it is."""
    if not number.attributes:
        return ""
    sizes = {
        ", ".join(printable(n.group[name]) for name in number.attributes): n.n
        for n in numbers
        if n.metric == "count" and n.role == number.role and n.group
        and set(n.group) == set(number.attributes)
        and not {MISSING_GROUP, UNMATCHED_GROUP}.intersection(n.group.values())
    }  # fmt: skip
    few = [f"{named} {n}" for named, n in sorted(sizes.items()) if n < small]
    more = f", and {len(few) - _MAX_NAMED} more" if len(few) > _MAX_NAMED else ""
    shown = ", ".join(few[:_MAX_NAMED]) + more
    return f"; it holds groups of fewer than {small} rows: {shown}" if few else ""


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
        id=f"{FINDING_PREFIX}{position:02d}.{printable(hold.metric)}{where}",
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
