"""How the rates of one count table become numbers: ids, effective rows, intervals, methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from affidavit.evidence import CountSpec, Number, Significance
from affidavit.intervals import Proportion, clopper_pearson, critical, wilson
from affidavit.rates.definitions import ACCURACY, Rate, RateRule
from affidavit.rates.tallies import Sides

Key = tuple[str, str | None, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a number stands: the end of its id, and the fields that say the same.

    Attributes:
        path: after the metric, with its slash; empty for all rows.
    """

    path: str = ""
    label: str | None = None
    group: Mapping[str, str] | None = None
    against: Mapping[str, str] | None = None
    attributes: tuple[str, ...] | None = None

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The group, whatever the order of its attributes."""
        return tuple(sorted((self.group or {}).items()))


class Limits(NamedTuple):
    """An interval and the method that made it."""

    low: float
    high: float | None
    method: str


WHOLE = Place()


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
    effective: Mapping[Key, float]
    z: float

    @staticmethod
    def of(spec: CountSpec, heading: str) -> Sheet:
        """A table's sheet."""
        effective: dict[Key, float] = {}
        for entry in spec.effective:
            place = Place(group=entry.group)
            effective[entry.metric, entry.event, place.key] = entry.n
        return Sheet(spec=spec, heading=heading, effective=effective, z=critical(spec.level))

    def under(self, heading: str) -> Sheet:
        """The same under another heading."""
        return replace(self, heading=heading)

    def rate(self, rule: RateRule, sides: Sides, event: str, place: Place = WHOLE) -> Rate:
        """A rate of some rows; undefined, with the reason, where its denominator is empty."""
        part, whole = rule.part(sides), rule.whole(sides)
        if not whole.w:
            reason = f"undefined, n = {whole.n}: {rule.empty.format(event=repr(event))}"
            return Rate(part=part, whole=whole, value=None, effective=None, reason=reason)
        # Kish (1965), Survey Sampling, 11.7: (sum w)^2 / sum w^2; without weights, n.
        effective: float | None = whole.w**2 / whole.w2 if self.spec.weighted else float(whole.n)
        if self.spec.unit is not None:
            counted = event if rule.counts_event else None
            effective = self.effective.get((rule.metric, counted, place.key))
        return Rate(part=part, whole=whole, value=Fraction(part.w, whole.w), effective=effective)

    def limits(self, share: Proportion | None, of: str = "") -> Limits | None:
        """The interval of one share, by the method that is configured.

        Args:
            share: None gives None.
            of: what the share is, where the number is not the share itself.
        """
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

    def number_id(self, metric: str, place: Place) -> str:
        """`<heading>/<role>/<metric>[/<place>]`."""
        return f"{self.heading}/{self.spec.role}/{metric}{place.path}"

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
            id=self.number_id(metric, place), metric=metric, role=self.spec.role,
            label=place.label, group=dict(place.group) if place.group is not None else None,
            against=dict(place.against) if place.against is not None else None,
            attributes=place.attributes, n=n, value=value, reason=reason, low=low, high=high,
            level=None if limits is None else self.spec.level, method=method, expected=expected,
            significance=significance, source="counts",
        )  # fmt: skip

    def rate_number(self, rule: RateRule, sides: Sides, event: str, place: Place = WHOLE) -> Number:
        """A rate with its interval."""
        rate = self.rate(rule, sides, event, place)
        if rate.value is None:
            return self.number(rule.metric, place, n=rate.whole.n, value=None, reason=rate.reason)
        return self.number(
            rule.metric, place, n=rate.whole.n, value=float(rate.value),
            limits=self.limits(rate.share),
        )  # fmt: skip

    def accuracy(self, sides: Sides, place: Place = WHOLE) -> Rate:
        """The share of labelled rows that were decided as labelled, whatever the event."""
        return self.rate(ACCURACY, sides, "", place)
