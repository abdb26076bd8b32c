"""How the rates of one count table become numbers: ids, effective rows, intervals, methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from affidavit.evidence import CountSpec, EffectiveRows, Number, Significance
from affidavit.intervals import clopper_pearson, critical, wilson
from affidavit.places import Place
from affidavit.rates.definitions import ACCURACY, Rate, RateRule
from affidavit.rates.tallies import Sides, worth

Key = tuple[str, str | None, tuple[tuple[str, str], ...]]


class Limits(NamedTuple):
    """An interval and the method that made it."""

    low: float
    high: float | None
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The numbers of one table under one heading.

    Attributes:
        heading: the first part of every id.
        effective: by metric, event and group, where rows come in units.
        z: critical value of one interval.
    """

    spec: CountSpec
    heading: str
    effective: Mapping[Key, EffectiveRows]
    z: float

    @staticmethod
    def of(spec: CountSpec, heading: str) -> Sheet:
        """A table's sheet."""
        effective: dict[Key, EffectiveRows] = {}
        for entry in spec.effective:
            effective[entry.metric, entry.event, _in_order(entry.group)] = entry
        return Sheet(spec=spec, heading=heading, effective=effective, z=critical(spec.level))

    def under(self, heading: str) -> Sheet:
        """The same under another heading."""
        return replace(self, heading=heading)

    @property
    def whole(self) -> Place:
        """All rows of the role."""
        return Place(kind=self.heading, role=self.spec.role)

    def rate(self, rule: RateRule, sides: Sides, event: str, place: Place) -> Rate:
        """A rate of some rows; undefined, with the reason, where its denominator is empty."""
        part, whole = rule.part(sides), rule.whole(sides)
        if not whole.w:
            reason = f"undefined, n = {whole.n}: {rule.empty.format(event=repr(event))}"
            return Rate(part=part, whole=whole, value=None, effective=None, reason=reason)
        value = Fraction(part.w, whole.w)
        if self.spec.unit is None:
            rows = worth(part, whole) if self.spec.weighted else float(whole.n)
            return Rate(part=part, whole=whole, value=value, effective=rows)
        counted = event if rule.counts_event else None
        stated = self.effective.get((rule.metric, counted, _in_order(place.group)))
        n, units = (None, None) if stated is None else (stated.n, stated.units)
        return Rate(part=part, whole=whole, value=value, effective=n, units=units)

    def limits(self, rate: Rate, of: str = "") -> Limits | None:
        """The interval of one rate, by the method that is configured.

        Args:
            rate: one without effective rows gives None.
            of: what the rate is, where the number is not the rate itself.
        """
        share = rate.share_at(self.spec.level)
        if share is None:
            return None
        if self.spec.rates == "clopper-pearson":
            ends, name = clopper_pearson(share, self.spec.level), "Clopper-Pearson (conservative)"
        else:
            ends, name = wilson(share, self.z), "Wilson"
        return Limits(*ends, self.method(name + of))

    def method(self, name: str) -> str:
        """A method's name, and what stands in for the number of rows."""
        estimated = self.spec.table == "estimated"
        by_weight = ", weighted by estimated probability" if estimated else ", effective n"
        shown = by_weight if self.spec.weighted and (estimated or self.spec.unit is None) else ""
        return name + shown + (", by unit" if self.spec.unit is not None else "")

    def number(
        self,
        metric: str,
        place: Place,
        *,
        n: int,
        value: float | None,
        limits: Limits | None = None,
        reason: str | None = None,
        expected: float | None = None,
        significance: Significance | None = None,
    ) -> Number:
        """A number that follows from the counts."""
        low, high, method = limits or (None, None, None)
        return Number(
            id=place.number_id(metric), metric=metric, role=place.role,
            label=place.label, group=place.group, against=place.against,
            attributes=place.attributes, n=n, value=value, reason=reason, low=low, high=high,
            level=None if limits is None else self.spec.level, method=method, expected=expected,
            significance=significance, source="counts",
        )  # fmt: skip

    def rate_number(self, rule: RateRule, sides: Sides, event: str, place: Place) -> Number:
        """A rate with its interval."""
        rate = self.rate(rule, sides, event, place)
        if rate.value is None:
            return self.number(rule.metric, place, n=rate.whole.n, value=None, reason=rate.reason)
        return self.number(
            rule.metric, place, n=rate.whole.n, value=float(rate.value),
            limits=self.limits(rate),
        )  # fmt: skip

    def accuracy(self, sides: Sides, place: Place) -> Rate:
        """The share of labelled rows that were decided as labelled, whatever the event."""
        return self.rate(ACCURACY, sides, "", place)


def _in_order(group: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """A group, whatever the order of its attributes; no group is all rows."""
    return tuple(sorted((group or {}).items()))
