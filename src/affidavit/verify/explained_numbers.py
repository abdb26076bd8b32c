"""Numbers of the whole report that cannot be: outside their range, their interval or their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import EXPLAINABILITY
from affidavit.config import Config
from affidavit.explanation_record import Curve, Estimate, Explainability, Importance, Probe, Proxy
from affidavit.verify.checks import Fault
from affidavit.verify.nearness import shown, slack

_PAST_CHANCE: Final = 1e-8  # nearer than this, an interval may stand on either side of chance


def number_faults(whole: Explainability, config: Config) -> Iterator[Fault]:
    """Estimates, counts and groups that contradict themselves, each other or the configuration.

    Args:
        whole: explainability.json.
        config: in force.
    """
    for what, found, low, high in _ranged(whole):
        yield from _range_faults(what, found, low, high)
    for one in whole.importance:
        yield from _repeat_faults(one)
    for proxy in whole.proxies:
        yield from _proxy_faults(proxy, whole.n_rows)
    for curve in whole.curves:
        yield from _curve_faults(curve)
    yield from _repeated(whole)
    for probe in whole.probes:
        yield from _probe_faults(probe, whole.n_rows)
    yield from _group_faults(whole, config)


def _ranged(whole: Explainability) -> Iterator[tuple[str, Estimate, float | None, float | None]]:
    """Each estimate whose interval is about its value, with the least and most it can be."""
    for one in whole.importance:
        if one.loss is not None:
            yield f"loss of {one.feature}", one.loss, None, None
        if one.mean_absolute is not None:
            yield f"mean_absolute of {one.feature}", one.mean_absolute, 0.0, None
    for proxy in whole.proxies:
        yield _named(proxy), proxy.auc, 0.0, 1.0
    if whole.surrogate is not None:
        yield "the surrogate's fidelity", whole.surrogate.fidelity, None, 1.0
        if whole.surrogate.agreement is not None:
            yield "the surrogate's agreement", whole.surrogate.agreement, 0.0, 1.0


def _range_faults(
    what: str, found: Estimate, least: float | None, most: float | None
) -> Iterator[Fault]:
    value = found.value
    if value is None:
        if found.low is not None or found.high is not None:
            yield Fault(f"{what} has an interval and no value", EXPLAINABILITY, "none",
                        f"{shown(found.low)} to {shown(found.high)}")  # fmt: skip
        return
    low = value if found.low is None else found.low
    high = value if found.high is None else found.high
    if low > value + slack(value) or high < value - slack(value):
        yield Fault(f"{what} is outside its interval", EXPLAINABILITY,
                    f"{shown(low)} to {shown(high)}", shown(value))  # fmt: skip
    if (least is not None and value < least - slack(1.0)) or (
        most is not None and value > most + slack(1.0)
    ):
        yield Fault(f"{what} is no such number", EXPLAINABILITY,
                    f"{'' if least is None else shown(least)} to "
                    f"{'' if most is None else shown(most)}", shown(value))  # fmt: skip


def _repeat_faults(one: Importance) -> Iterator[Fault]:
    """The mean rise is between the smallest and the largest of the repeats."""
    value = None if one.loss is None else one.loss.value
    ends = (one.repeats_low, one.repeats_high)
    if value is None or ends[0] is None or ends[1] is None:
        return
    room = slack(value, ends[0], ends[1])
    if not ends[0] - room <= value <= ends[1] + room:
        yield Fault(f"the loss of {one.feature} is not among its repeats", EXPLAINABILITY,
                    f"{shown(ends[0])} to {shown(ends[1])}", shown(value))  # fmt: skip


def _proxy_faults(proxy: Proxy, n_rows: int) -> Iterator[Fault]:
    name, chance = _named(proxy), proxy.chance
    if proxy.n > n_rows:
        yield _too_many(name, proxy.n, n_rows)
    if chance is not None and not 0 <= chance <= 1:
        yield Fault(f"{name}: chance is no area", EXPLAINABILITY, "0 to 1", shown(chance))
    least = proxy.auc.value if proxy.auc.low is None else proxy.auc.low
    if least is None or chance is None:
        if proxy.stands_out is not None:
            yield Fault(f"{name} stands out or not, and has no area or no chance", EXPLAINABILITY,
                        "neither", str(proxy.stands_out))  # fmt: skip
    elif proxy.stands_out is None or (
        abs(least - chance) > _PAST_CHANCE and proxy.stands_out != (least > chance)
    ):
        yield Fault(f"{name} stands out or not, against its own interval", EXPLAINABILITY,
                    f"from {shown(least)}, chance {shown(chance)}",
                    str(proxy.stands_out))  # fmt: skip


def _curve_faults(curve: Curve) -> Iterator[Fault]:
    """Intervals about an effect; of a partial dependence, percentiles that its mean may be off."""
    for point in curve.points:
        low = point.value if point.low is None else point.low
        high = point.value if point.high is None else point.high
        is_off = low > high
        if curve.kind == "accumulated-local-effects":
            is_off |= not low - slack(low) <= point.value <= high + slack(high)
        if is_off:
            yield Fault(f"the curve of {curve.feature} is outside its interval", EXPLAINABILITY,
                        f"{shown(low)} to {shown(high)}", shown(point.value))  # fmt: skip


def _repeated(whole: Explainability) -> Iterator[Fault]:
    """What is said twice of one thing may be said both ways."""
    named = Counter(
        [f"{c.kind} of {c.feature}" for c in whole.curves]
        + [f"interaction of {' and '.join(sorted((i.first, i.second)))}"
           for i in whole.interactions]
        + [f"proxy {p.feature or 'of all features'} for {p.attribute}" for p in whole.proxies]
        + [f"probe of {p.feature}, {p.kind}: {p.at}" for p in whole.probes]
    )  # fmt: skip
    for name, times in named.items():
        if times > 1:
            yield Fault(f"the {name} stands {times} times", EXPLAINABILITY, "once", str(times))


def _probe_faults(probe: Probe, n_rows: int) -> Iterator[Fault]:
    name = f"the probe of {probe.feature}, {probe.kind}"
    if probe.n > n_rows:
        yield _too_many(name, probe.n, n_rows)
    if (probe.flips or 0) > probe.n:
        yield Fault(f"{name} turns more decisions than it has rows", EXPLAINABILITY,
                    f"at most {probe.n}", str(probe.flips))  # fmt: skip
    median, largest = probe.median or 0.0, probe.largest or 0.0
    if not 0 <= median <= largest + slack(largest):
        yield Fault(f"{name}: half of the rows change by more than the largest change",
                    EXPLAINABILITY, f"0 to {shown(largest)}", shown(median))  # fmt: skip


def _group_faults(whole: Explainability, config: Config) -> Iterator[Fault]:
    """Groups are parts of the explained rows, and no small one has numbers."""
    least, of = config.fairness.smallest_group, whole.n_rows
    if whole.quality is not None:
        of = min(of, whole.quality.rows)
    together = Counter[tuple[str, ...]]()
    small: set[tuple[tuple[str, str], ...]] = set()
    for mean in whole.groups:
        together[tuple(sorted(mean.group))] += mean.n
        if mean.n < least:
            small.add(tuple(sorted(mean.group.items())))
            if mean.attributions:
                yield Fault("a group too small to show has mean attributions", EXPLAINABILITY,
                            f"{least} rows or more", str(mean.n))  # fmt: skip
    for names, n in together.items():
        if n > of:
            yield _too_many(f"the groups by {', '.join(names)}", n, of)
    for one in whole.decompositions:
        sides = (tuple(sorted(g.items())) for g in (one.group, one.against))
        if (one.difference is not None or one.parts) and not small.isdisjoint(sides):
            yield Fault("a group too small to show has a difference split over features",
                        EXPLAINABILITY, f"{least} rows or more", one.attribute)  # fmt: skip


def _named(proxy: Proxy) -> str:
    return f"the proxy {proxy.feature or 'all features'} for {proxy.attribute}"


def _too_many(name: str, n: int, most: int) -> Fault:
    return Fault(f"{name}: more rows than there are", EXPLAINABILITY, f"at most {most}", str(n))
