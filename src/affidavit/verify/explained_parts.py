"""Differences between groups: their parts add up, and follow from the groups' means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import EXPLAINABILITY
from affidavit.explanation_record import Decomposition, Explainability, GroupMean
from affidavit.verify.checks import Fault
from affidavit.verify.explained_form import EXACT
from affidavit.verify.nearness import is_sum, shown, slack

_RATE: Final = "rate"


def part_faults(whole: Explainability) -> Iterator[Fault]:
    """What does not add up, or is not what the mean attributions by group say."""
    means = {_key(g.group): g for g in whole.groups}
    for key, times in Counter(_key(g.group) for g in whole.groups).items():
        if times > 1:
            yield Fault(f"the means of {_words(dict(key))} stand {times} times", EXPLAINABILITY,
                        "once", str(times))  # fmt: skip
    kinds = Counter((d.of, _key(d.group), _key(d.against)) for d in whole.decompositions)
    for (of, group, _), times in kinds.items():
        if times > 1:
            yield Fault(f"the {of} difference of {_words(dict(group))} stands {times} times",
                        EXPLAINABILITY, "once", str(times))  # fmt: skip
    for one in whole.decompositions:
        yield from _form_faults(one, whole)
        yield from _sum_faults(one)
        if one.of == "mean-output":
            yield from _mean_faults(one, whole, means)


def _form_faults(one: Decomposition, whole: Explainability) -> Iterator[Fault]:
    name = _name(one)
    scale = _RATE if one.of == "selection-rate" else whole.scale
    if one.scale != scale:
        yield Fault(f"{name} is on another scale", EXPLAINABILITY, scale, one.scale)
    if set(one.group) != {one.attribute} or set(one.against) != {one.attribute} \
            or one.group == one.against:  # fmt: skip
        yield Fault(f"{name} does not compare two groups of {one.attribute}", EXPLAINABILITY,
                    f"two groups by {one.attribute}", f"{one.group}, {one.against}")  # fmt: skip
    if one.difference is None and one.reason is None:
        yield Fault(f"{name} has no value, and no reason why", EXPLAINABILITY, "one of them",
                    "neither")  # fmt: skip
    if one.of == "selection-rate" and abs(one.difference or 0.0) > 1 + slack(1.0):
        yield Fault(f"{name} is no difference of rates", EXPLAINABILITY, "-1 to 1",
                    shown(one.difference))  # fmt: skip


def _sum_faults(one: Decomposition) -> Iterator[Fault]:
    if one.difference is None:
        return
    values = [p.value for p in one.parts]
    if not is_sum(one.difference, [*values, one.rest or 0.0]):
        yield Fault(f"{_name(one)}: its parts and the rest do not add up to it", EXPLAINABILITY,
                    shown(one.difference), shown(sum(values) + (one.rest or 0.0)))  # fmt: skip
    for feature, times in Counter(p.feature for p in one.parts).items():
        if times > 1:
            yield Fault(f"{_name(one)}: {feature!r} stands {times} times", EXPLAINABILITY, "once",
                        str(times))  # fmt: skip
    for part in one.parts:
        low = part.value if part.low is None else part.low
        high = part.value if part.high is None else part.high
        if not low - slack(low) <= part.value <= high + slack(high):
            yield Fault(f"{_name(one)}: the part of {part.feature!r} is outside its interval",
                        EXPLAINABILITY, f"{shown(low)} to {shown(high)}",
                        shown(part.value))  # fmt: skip


def _mean_faults(
    one: Decomposition, whole: Explainability, means: dict[tuple[tuple[str, str], ...], GroupMean]
) -> Iterator[Fault]:
    """The mean output's parts are the differences of the mean attributions."""
    if one.difference is None:
        return
    quality = whole.quality
    allowed = 0.0
    if quality is not None:
        allowed = 2 * (quality.additivity + (quality.unresolved or 0.0))
    if quality is not None and quality.method in EXACT and \
            abs(one.rest or 0.0) > allowed + slack(one.difference):  # fmt: skip
        yield Fault(f"{_name(one)} leaves a rest, and its method is exact", EXPLAINABILITY,
                    f"within {shown(allowed)}", shown(one.rest))  # fmt: skip
    group, against = means.get(_key(one.group)), means.get(_key(one.against))
    if group is None or against is None or not group.attributions or not against.attributions:
        return
    for mean, n in ((group, one.n), (against, one.n_against)):
        if mean.n != n:
            yield Fault(f"{_name(one)} is of other rows than the means of {_words(mean.group)}",
                        EXPLAINABILITY, str(mean.n), str(n))  # fmt: skip
    ours = {a.feature: a.value for a in group.attributions}
    theirs = {a.feature: a.value for a in against.attributions}
    stated = {p.feature: p.value for p in one.parts}
    for feature in sorted(ours.keys() | stated.keys()):
        expected = ours.get(feature, 0.0) - theirs.get(feature, 0.0)
        if abs(stated.get(feature, 0.0) - expected) > slack(expected):
            yield Fault(
                f"{_name(one)}: the part of {feature!r} is not the difference of the means",
                EXPLAINABILITY, shown(expected), shown(stated.get(feature)),
            )  # fmt: skip


def _key(group: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(group.items()))


def _words(group: dict[str, str]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in sorted(group.items()))


def _name(one: Decomposition) -> str:
    return f"the {one.of} difference of {_words(one.group)} against {_words(one.against)}"
