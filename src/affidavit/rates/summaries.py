"""fairlearn's summaries over all groups of an attribute, beside what chance alone would give.

They have no interval and are never tested: max - min is never below 0, so an interval of its own
could not hold 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from affidavit.evidence import Number
from affidavit.null_spread import Null, expected_difference, expected_ratio
from affidavit.rates.definitions import FALSE_POSITIVE, SELECTION, TRUE_POSITIVE, Rate, RateRule
from affidavit.rates.partitions import Partition
from affidavit.rates.sheet import Sheet
from affidavit.rates.tallies import total

_REASON = "a rate that it compares is undefined in all groups but one, or 0 in all"
_SUMMARIES: tuple[tuple[str, tuple[RateRule, ...]], ...] = (
    ("demographic_parity", (SELECTION,)),
    ("equal_opportunity", (TRUE_POSITIVE,)),
    ("equalized_odds", (TRUE_POSITIVE, FALSE_POSITIVE)),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """One rate over the groups that have it.

    Attributes:
        difference, ratio: max - min and min / max; None where undefined.
        null: the pooled rate and the groups' sizes; None where a size is not stated.
    """

    difference: Fraction | None
    ratio: Fraction | None
    null: Null | None


def summaries(sheet: Sheet, partition: Partition) -> Iterator[Number]:
    """Demographic parity, equal opportunity, equalized odds; each as difference and ratio."""
    event, place = sheet.spec.favourable, partition.summary(sheet.whole)
    known = [(partition.place(v, sheet.whole), g.sides(event)) for v, g in partition.known]
    spreads = {
        rule.metric: _spread([sheet.rate(rule, sides, event, at) for at, sides in known])
        for rule in (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE)
    }
    n = sum(sides.all.n for _, sides in known)
    for name, rules in _SUMMARIES:
        parts = [spreads[r.metric] for r in rules]
        nulls = [p.null for p in parts if p.null is not None]
        for kind, values, choose, expect in (
            ("difference", [p.difference for p in parts], max, expected_difference),
            ("ratio", [p.ratio for p in parts], min, expected_ratio),
        ):
            value, metric = _worst(values, choose), f"{name}_{kind}"
            if value is None:
                yield sheet.number(metric, place, n=n, value=None, reason=_REASON)
                continue
            expected = expect(*nulls) if len(nulls) == len(parts) else None
            yield sheet.number(metric, place, n=n, value=float(value), expected=expected)


def _spread(rates: Sequence[Rate]) -> Spread:
    values = [r.value for r in rates if r.value is not None]
    if len(values) < 2:
        return Spread(None, None, None)
    top, bottom = max(values), min(values)
    return Spread(top - bottom, bottom / top if top else None, _null(rates))


def _null(rates: Sequence[Rate]) -> Null | None:
    """The rate of all groups together, and the rows that each is worth."""
    known = [r for r in rates if r.value is not None]
    sizes = [r.effective for r in known if r.effective is not None]
    if len(sizes) < len(known):
        return None
    pooled = Fraction(total(r.part for r in known).w, total(r.whole for r in known).w)
    return Null(rate=float(pooled), sizes=tuple(sizes))


def _worst(
    values: Sequence[Fraction | None], choose: Callable[[Sequence[Fraction]], Fraction]
) -> Fraction | None:
    known = [v for v in values if v is not None]
    return choose(known) if len(known) == len(values) else None
