"""Each group against the declared reference group: difference, ratio, test, what would show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from affidavit.evidence import Number, Significance
from affidavit.intervals import Proportion, critical, koopman, newcombe
from affidavit.places import Place
from affidavit.rates.definitions import COMPARED, WITH_RATIO, Rate, RateRule
from affidavit.rates.partitions import Partition
from affidavit.rates.sheet import Limits, Sheet
from affidavit.rates.tallies import Tallied, Tally, grid_of
from affidavit.significance import FEW_EXPECTED, detectable_gap, difference_test, holm, score_test

_NOT_STATED = "the rows that its units are worth are not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One rate of a group and of the reference group.

    Attributes:
        names: of both, as they are told.
        reason: why they are not compared; empty where they are.
    """

    place: Place
    names: tuple[str, str]
    ours: Rate
    theirs: Rate
    reason: str

    @property
    def n(self) -> int:
        return self.ours.whole.n + self.theirs.whole.n

    @property
    def shares(self) -> tuple[Proportion, Proportion] | None:
        """Both shares with their effective rows; None where those are not stated."""
        ours, theirs = self.ours.share, self.theirs.share
        return None if ours is None or theirs is None else (ours, theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The comparisons of one metric that stand beside each other.

    Attributes:
        size: how many pairs have a difference.
        alpha: of each interval and test, so that all of them hold together (Bonferroni).
    """

    size: int
    alpha: float

    @property
    def z(self) -> float:
        """The critical value of each interval."""
        return critical(1 - self.alpha)

    def shares(self, pair: Pair) -> tuple[Proportion, Proportion] | None:
        """Both shares as an interval at this level takes them; None where rows are not stated."""
        ours, theirs = (rate.share_at(1 - self.alpha) for rate in (pair.ours, pair.theirs))
        return None if ours is None or theirs is None else (ours, theirs)

    @staticmethod
    def of(pairs: Sequence[Pair], level: float) -> Family:
        """The family of some pairs; one that holds none is never asked."""
        size = sum(not p.reason for p in pairs)
        return Family(size=size, alpha=(1 - level) / max(1, size))

    def method(self, name: str) -> str:
        return f"{name}, simultaneous over {self.size} pairs" if self.size > 1 else name


def against_reference(sheet: Sheet, partition: Partition, rows: Tallied) -> Iterator[Number]:
    """Every known group but the reference, metric by metric; none without a reference."""
    reference = partition.reference
    if reference is None:
        return
    event, whole = sheet.spec.favourable, sheet.whole
    theirs = partition.grids.get(reference, grid_of({})).sides(event)
    at = partition.place(reference, whole)
    ours = {v: g.sides(event) for v, g in partition.known if v != reference}
    for rule in COMPARED:
        of_reference = sheet.rate(rule, theirs, event, at)
        pairs = []
        for values, sides in ours.items():
            rates = (sheet.rate(rule, sides, event, partition.place(values, whole)), of_reference)
            names = (partition.text(values), partition.text(reference))
            pairs.append(Pair(
                place=partition.pair(values, reference, whole), names=names, ours=rates[0],
                theirs=rates[1], reason=_no_comparison(sheet, rows, rates, names),
            ))  # fmt: skip
        yield from _compared(sheet, rule, pairs)


def _no_comparison(
    sheet: Sheet, rows: Tallied, rates: tuple[Rate, Rate], names: tuple[str, str]
) -> str:
    """Why two rates are not compared: the first reason; empty where they are."""
    for rate, name in zip(rates, names, strict=True):
        if rate.value is None:
            return f"{name!r}: {rate.reason}"
        if few := _too_few(sheet, rows, rate.whole):
            return f"{name!r} has {few}: too small to compare"
    return ""


def _too_few(sheet: Sheet, rows: Tallied, whole: Tally) -> str:
    """Rows are too few; of an estimated group, the rows to expect are."""
    small = sheet.spec.small
    if sheet.spec.table == "estimated":
        size = rows.size(whole)
        return f"{size:.1f} rows to expect, fewer than {small}" if size < small else ""
    return f"{whole.n} rows, fewer than {small}" if whole.n < small else ""


def _compared(sheet: Sheet, rule: RateRule, pairs: Sequence[Pair]) -> Iterator[Number]:
    family = Family.of(pairs, sheet.spec.level)
    # Weighing with probabilities draws the groups' rates together: a test of them, and the gap that
    # it would show, would speak of the groups' own where they are far apart.
    is_tested = sheet.spec.table != "estimated"
    tests = _tests(sheet, family, [p for p in pairs if not p.reason]) if is_tested else repeat(None)
    metric = f"{rule.metric}_difference"
    for pair in pairs:
        if pair.reason:
            yield sheet.number(metric, pair.place, n=pair.n, value=None, reason=pair.reason)
        else:
            yield sheet.number(
                metric, pair.place, n=pair.n, value=float(pair.ours.exact - pair.theirs.exact),
                limits=_difference_limits(sheet, family, pair), significance=next(tests),
            )  # fmt: skip
    if rule in WITH_RATIO:
        for pair in pairs:
            yield _ratio(sheet, family, f"{rule.metric}_ratio", pair)


def _difference_limits(sheet: Sheet, family: Family, pair: Pair) -> Limits | None:
    shares = family.shares(pair)
    if shares is None:
        return None
    return Limits(*newcombe(*shares, family.z), sheet.method(family.method("Newcombe")))


def _ratio(sheet: Sheet, family: Family, metric: str, pair: Pair) -> Number:
    reason = pair.reason
    if not reason and pair.theirs.value == 0:
        reason = f"the rate of {pair.names[1]!r} is 0, so the ratio has no value"
    if reason:
        return sheet.number(metric, pair.place, n=pair.n, value=None, reason=reason)
    limits, shares = None, family.shares(pair)
    if shares is not None:
        low, high = koopman(*shares, family.z)
        limits = Limits(low, high, sheet.method(family.method("Koopman")))
    value = float(pair.ours.exact / pair.theirs.exact)
    return sheet.number(metric, pair.place, n=pair.n, value=value, limits=limits)


def _tests(sheet: Sheet, family: Family, pairs: Sequence[Pair]) -> Iterator[Significance]:
    """Each pair's test, adjusted by Holm; a pair without a test still counts in the family."""
    tested = [_test(sheet, p) for p in pairs]
    adjusted = holm([1.0 if t.p_value is None else t.p_value for t in tested])
    for pair, test, together in zip(pairs, tested, adjusted, strict=True):
        shown = {
            "adjusted": None if test.p_value is None else together,
            "family": family.size,
            "detectable_below": _detectable(family, pair, below=True),
            "detectable_above": _detectable(family, pair, below=False),
        }
        yield test.model_copy(update=shown)


def _test(sheet: Sheet, pair: Pair) -> Significance:
    """One pair's test; exact where rows are whole and an expected count is below 5."""
    ours, theirs = pair.ours, pair.theirs
    if not sheet.spec.weighted and sheet.spec.unit is None:
        exact = difference_test(ours.part.n, ours.whole.n, theirs.part.n, theirs.whole.n)
        return Significance(p_value=exact.p_value, method=exact.method, family=1)
    if pair.shares is None:
        return Significance(reason=_NOT_STATED, family=1)
    group, reference = pair.shares
    pooled = (group.n * group.p + reference.n * reference.p) / (group.n + reference.n)
    if min(group.n, reference.n) * min(pooled, 1 - pooled) < FEW_EXPECTED:
        return Significance(
            reason="an effective expected count is below 5, and no exact test knows weights or "
            "units",
            family=1,
        )
    p_value = score_test(group, reference, _freedom(pair))
    return Significance(p_value=p_value, method=sheet.method("score"), family=1)


def _freedom(pair: Pair) -> float | None:
    """Degrees of freedom of a test by unit (Satterthwaite's); None where rows are independent.

    Both rates have the pooled variance p (1 - p) / n in the test, each from its own units.

    References:
        Satterthwaite (1946), An approximate distribution of estimates of variance components.
    """
    ours, theirs = pair.ours, pair.theirs
    if pair.shares is None or ours.units is None or theirs.units is None:
        return None
    first, second = (1 / share.n for share in pair.shares)
    return (first + second) ** 2 / (first**2 / (ours.units - 1) + second**2 / (theirs.units - 1))


def _detectable(family: Family, pair: Pair, *, below: bool) -> float | None:
    shares = family.shares(pair)
    if shares is None:
        return None
    group, reference = shares
    return detectable_gap(reference, group.n, alpha=family.alpha, below=below)
