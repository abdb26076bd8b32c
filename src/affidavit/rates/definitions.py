"""What each rate counts, given the event; fairlearn's and scikit-learn's definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from affidavit.intervals import Proportion, critical
from affidavit.rates.tallies import Sides, Tally
from affidavit.student import t_critical


@dataclass(frozen=True, slots=True)
class RateRule:
    """A rate: its numerator and denominator among the rows, and what an empty one lacks."""

    metric: str
    part: Callable[[Sides], Tally]
    whole: Callable[[Sides], Tally]
    empty: str
    counts_event: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate's exact sums, and how many independent rows it is worth.

    Attributes:
        value: None where the denominator is empty, and then `reason` says so.
        effective: rows that the tests reckon with; None where it is not stated.
        units: in the denominator, where the variance is taken between units; else None.
    """

    part: Tally
    whole: Tally
    value: Fraction | None
    effective: float | None
    units: int | None = None
    reason: str = ""

    @property
    def exact(self) -> Fraction:
        """The value of a rate that is known to be defined."""
        if self.value is None:
            raise ValueError("an undefined rate has no value")
        return self.value

    @property
    def share(self) -> Proportion | None:
        """The share with its effective rows; None where it is undefined or those not stated."""
        if self.value is None or self.effective is None:
            return None
        return Proportion(p=float(self.value), n=self.effective)

    def share_at(self, level: float) -> Proportion | None:
        """The share for an interval at a level: by unit with the rows that n is worth there.

            n (z / t)^2, t with one degree of freedom less than there are units

        A variance from few units is itself uncertain, and the more so the higher the level.

        References:
            Korn and Graubard (1998), Survey Methodology 24.
        """
        share = self.share
        if share is None or self.units is None:
            return share
        narrower = critical(level) / t_critical(level, self.units - 1)
        return Proportion(p=share.p, n=share.n * narrower**2)


SELECTION = RateRule("selection_rate", lambda s: s.selected, lambda s: s.all, "no rows")
TRUE_POSITIVE = RateRule(
    "true_positive_rate", lambda s: s.tp, lambda s: s.tp.plus(s.fn),
    "no rows whose label is {event}",
)  # fmt: skip
FALSE_POSITIVE = RateRule(
    "false_positive_rate", lambda s: s.fp, lambda s: s.fp.plus(s.tn),
    "no rows whose label is other than {event}",
)  # fmt: skip
FALSE_NEGATIVE = RateRule(
    "false_negative_rate", lambda s: s.fn, TRUE_POSITIVE.whole, TRUE_POSITIVE.empty
)
TRUE_NEGATIVE = RateRule(
    "true_negative_rate", lambda s: s.tn, FALSE_POSITIVE.whole, FALSE_POSITIVE.empty
)
PRECISION = RateRule(
    "precision", lambda s: s.tp, lambda s: s.tp.plus(s.fp), "no labelled rows decided {event}"
)
ACCURACY = RateRule(
    "accuracy", lambda s: s.right, lambda s: s.labelled, "no labelled rows", counts_event=False
)
PREVALENCE = RateRule(
    "prevalence", lambda s: s.tp.plus(s.fn), lambda s: s.labelled, "no labelled rows"
)
# F1 is 2 J / (1 + J) of this share J, so that its interval is J's, carried over.
JACCARD = RateRule(
    "f1", lambda s: s.tp, lambda s: s.tp.plus(s.fp).plus(s.fn),
    "no labelled row has the label or the decision {event}",
)  # fmt: skip

GROUP_RATES = (
    SELECTION, TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, TRUE_NEGATIVE, PRECISION, ACCURACY,
)  # fmt: skip
CLASS_RATES = (PREVALENCE, SELECTION, TRUE_POSITIVE, FALSE_POSITIVE, PRECISION)
COMPARED = (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, PRECISION, ACCURACY)
WITH_RATIO = (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE)
