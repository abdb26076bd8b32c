"""What carries the difference between two groups: it accounts for it, and shows no cause.

Each explained row has numbers by feature that sum to its output, or to its decision, up to a
constant that is the same for all rows. So the difference of two groups' means is the sum, over the
features, of the differences of their mean numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import fsum, hypot
from typing import Literal

from affidavit.evidence import Scale
from affidavit.explanation_record import Decomposition, Part
from affidavit.printable import printable
from affidavit.recompute.explain.between_groups.group_means import Attributions
from affidavit.recompute.explain.between_groups.sides import Sides
from affidavit.recompute.explain.explained import Places
from affidavit.recompute.mean_comparison import mean_difference

_NOTHING = 1e-12  # of the difference, or of 1: what is left of a sum of doubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is split over the features, and in which words.

    Attributes:
        method: how each row's numbers were made.
    """

    of: Literal["mean-output", "selection-rate"]
    scale: Scale | Literal["rate"]
    method: str
    given: Attributions


def decompose(split: Split, sides: Sides) -> tuple[Decomposition, ...]:
    """Each known group against the reference, group minus reference, in the order of the names.

    The interval of a part is that of the difference of two means over the explained rows, by Welch
    (with weights, or rows that share a unit, the normal one), widened by the Monte Carlo error of
    attributions that rows may share. It holds for one part, not for all of them together.

    Returns:
        A group that is too small, or whose reference is, has a reason and no numbers; none at all
        where there is no reference.
    """
    return tuple(_decompositions(split, sides))


def _decompositions(split: Split, sides: Sides) -> Iterator[Decomposition]:
    against = sides.reference
    if against is None:
        return
    theirs = sides.rows[against]
    for name in sides.compared:
        ours = sides.rows[name]
        why = _why_not(sides, name, against)
        found = _Found() if why is not None else _found(split.given, ours, theirs)
        yield Decomposition(
            of=split.of, attribute=sides.attribute, group={sides.attribute: name},
            against={sides.attribute: against}, n=len(ours), n_against=len(theirs),
            scale=split.scale, method="; ".join([split.method, *found.intervals]),
            difference=found.difference, reason=why, parts=found.parts, rest=found.rest,
        )  # fmt: skip


def _why_not(sides: Sides, *names: str) -> str | None:
    for name in names:
        if (why := sides.why_not(name)) is not None:
            return f"{printable(name)}: {why}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The numbers of a decomposition; none of them by default.

    Attributes:
        intervals: how the parts' intervals were made, in words; none where no part has one.
    """

    difference: float | None = None
    rest: float | None = None
    parts: tuple[Part, ...] = ()
    intervals: tuple[str, ...] = ()


def _found(given: Attributions, ours: Places, theirs: Places) -> _Found:
    difference = given.of_whole(ours).mean.value - given.of_whole(theirs).mean.value
    made = [_part(given, j, ours, theirs) for j in range(len(given.features))]
    parts = tuple(part for part, _ in made)
    rest = fsum([difference, *(-p.value for p in parts)])
    methods = sorted({f"intervals: {method}" for _, method in made if method})
    return _Found(
        difference=difference, parts=parts, intervals=tuple(methods),
        rest=0.0 if abs(rest) <= _NOTHING * max(1.0, abs(difference)) else rest,
    )  # fmt: skip


def _part(given: Attributions, j: int, ours: Places, theirs: Places) -> tuple[Part, str]:
    """What one feature carries, and how its interval was made; no words where it has none."""
    raw = mean_difference("part", given.of_feature(j, ours), given.of_feature(j, theirs))
    sampling = given.sampling_error(j, ours) + given.sampling_error(j, theirs)
    if raw.error is not None and sampling:
        raw = replace(
            raw, error=hypot(raw.error, sampling), method=f"{raw.method}, with the sampling's error"
        )
    found = raw.found()
    if found.value is None:
        raise ValueError("a mean of some rows has a value")
    low, high = (
        (None, None) if found.interval is None else (found.interval.low, found.interval.high)
    )
    part = Part(feature=given.features[j], value=found.value, low=low, high=high)
    return part, "" if found.interval is None else found.interval.method
