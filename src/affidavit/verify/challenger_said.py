"""What a comparison says beside its values: how each was made, by what test, of which rows.

The values themselves are derived elsewhere, where the bundle has the rows. This holds of every
bundle, also of one whose rows stay by reference: an interval, its test and its method are one
construction, and none of them stands where no form holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import erfc, sqrt
from typing import Final

from affidavit.agreement import by_unit
from affidavit.bundle.layout import CHALLENGER
from affidavit.challenger_record import (
    ChallengerReport,
    ComparedNumber,
    report_notes,
    role_notes,
)
from affidavit.config import Config
from affidavit.evidence import LEVEL, Number
from affidavit.intervals import critical
from affidavit.paired import WITH_WEIGHTS
from affidavit.verify.checks import Fault
from affidavit.verify.nearness import is_sum, shown

_UNITS: Final = "no interval: rows of one "
_FEW: Final = "no interval: fewer than "
_MADE: Final = {
    "roc_auc": ("DeLong paired", "DeLong"), "brier_score": ("normal, paired", None),
    "mae": ("normal, paired", None),
}  # fmt: skip
_ROUNDING: Final = 1e-6  # of an error that is read back from limits of twelve digits, relative


def note_faults(found: ChallengerReport, config: Config) -> Iterator[Fault]:
    """Notes follow from the configuration: a reader takes them for what was found."""
    expected = report_notes(config)
    if found.notes != expected:
        yield Fault("the notes on the comparison are not those that it has", CHALLENGER,
                    " ".join(expected), " ".join(found.notes))  # fmt: skip
    for role in found.roles:
        notes = role_notes(role.role, config)
        if role.notes != notes:
            yield Fault(f"the notes on the comparison on {role.role} are not those that it has",
                        CHALLENGER, " ".join(notes), " ".join(role.notes))  # fmt: skip


def said_faults(number: ComparedNumber, own: Number | None, config: Config) -> Iterator[Fault]:
    """Of a number from scores.

    Args:
        number: of all rows.
        own: the same measure in this model's own report.
        config: what is in force.
    """
    event = config.label.positive if config.task == "binary" else None
    about = (number.event, number.group, number.attributes)
    if about != (event, None, None):
        yield Fault(f"{number.id} is not said to be of all rows and of {event!r}", CHALLENGER,
                    str((event, None, None)), str(about))  # fmt: skip
    if number.difference is None:
        if own is not None and own.value is not None and number.metric != "brier_score":
            yield Fault(f"{number.id} is undefined, and this model's own is not", CHALLENGER,
                        shown(own.value), str(number.reason))  # fmt: skip
    elif number.low is None or number.high is None:
        yield from _reason_faults(number, own, config)
    elif config.rows.weight is not None or config.unit is not None:
        yield Fault(f"{number.id} has an interval, and for these rows none holds", CHALLENGER,
                    _unfit(config), f"{shown(number.low)} to {shown(number.high)}")  # fmt: skip
    else:
        yield from _interval_faults(number, number.difference, number.low, number.high)
    if number.low is None:
        made = (number.level, number.method, number.test, number.p_value)
        if made != (None,) * 4:
            yield Fault(f"{number.id} has a test or level without an interval", CHALLENGER, "none",
                        str(made))  # fmt: skip


def _unfit(config: Config) -> str:
    return WITH_WEIGHTS if config.rows.weight is not None else by_unit(config.unit or "")


def _reason_faults(number: ComparedNumber, own: Number | None, config: Config) -> Iterator[Fault]:
    """No interval: for the reason that the configuration gives, or for one that can be so."""
    reason = str(number.reason)
    if config.rows.weight is not None or config.unit is not None:
        if reason != _unfit(config):
            yield Fault(f"{number.id} has no interval for another reason", CHALLENGER,
                        _unfit(config), reason)  # fmt: skip
        return
    is_few = reason.startswith(_FEW)
    # The area of one model has none where a label has few rows either.
    can_be = own is None or own.low is None or number.metric != "roc_auc"
    if (is_few and not can_be) or reason.startswith((WITH_WEIGHTS, _UNITS)):
        yield Fault(f"{number.id} has no interval, and its reason does not hold", CHALLENGER,
                    "an interval", reason)  # fmt: skip


def _interval_faults(
    number: ComparedNumber, gap: float, low: float, high: float
) -> Iterator[Fault]:
    """Method, level and test are the one construction that the measure has."""
    method, test = _MADE.get(number.metric, (None, None))
    made, expected = (number.method, number.test, number.level), (method, test, LEVEL)
    if made != expected:
        yield Fault(f"{number.id} is not said to be made as it is made", CHALLENGER, str(expected),
                    str(made))  # fmt: skip
    is_cut_low, is_cut_high = (number.metric == "roc_auc" and abs(x) == 1 for x in (low, high))
    if not (is_cut_low or is_cut_high or is_sum(2 * gap, (low, high))):
        yield Fault(f"{number.id}: the difference is not in the middle of its interval", CHALLENGER,
                    shown((low + high) / 2), shown(gap))  # fmt: skip
    if test is None or (is_cut_low and is_cut_high):
        if test is None and number.p_value is not None:
            yield Fault(f"{number.id} has a p-value without a test", CHALLENGER, "none",
                        shown(number.p_value))  # fmt: skip
        return
    reach = high - gap if is_cut_low else gap - low
    z = abs(gap) / reach * critical(LEVEL) if reach > 0 else 0.0
    p_value = erfc(z / sqrt(2))
    if number.p_value is None or abs(number.p_value - p_value) > p_value * _ROUNDING * (1 + z * z):
        yield Fault(f"{number.id}: the p-value is not that of its interval", CHALLENGER,
                    shown(p_value), shown(number.p_value))  # fmt: skip
