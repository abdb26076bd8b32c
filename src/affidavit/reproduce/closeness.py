"""Equal, within the tolerance, or different: one value beside another, and one tree of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from affidavit.bundle.canonical import SIGNIFICANT_DIGITS
from affidavit.logged_metrics import close
from affidavit.reproduce.record import Difference, Status

Rule = Literal["counts", "scores"]
Judged = tuple[Status, tuple[Difference, ...]]
# A score is compared as a number of rows would be: its size is about 1.
SCORE: Final = 1e-9
_ROOM: Final = 1.5  # values of twelve digits are one unit apart, or two; a half is for floats
_LONGEST: Final = 300


class Leaf(NamedTuple):
    """One value of a tree that is not equal; a side that lacks it has None."""

    where: str
    status: Status
    signed: str | None
    recomputed: str | None


def float_status(signed: float, ours: float, rule: Rule) -> Status:
    """How near two floats are, by the rule for numbers of their source."""
    if signed == ours:
        return "equal"
    near = _one_unit(signed, ours) if rule == "counts" else close(signed, ours)
    return "within" if near else "different"


def score_status(signed: str, ours: str) -> Status:
    """How near two scores are, as tables write them; an empty one is no score."""
    if signed == ours:
        return "equal"
    try:
        values = float(signed), float(ours)
    except ValueError:
        return "different"
    return "within" if math.isclose(*values, rel_tol=SCORE, abs_tol=SCORE) else "different"


def _one_unit(signed: float, ours: float) -> bool:
    largest = max(abs(signed), abs(ours))
    unit = 10.0 ** (math.floor(math.log10(largest)) - SIGNIFICANT_DIGITS + 1)
    return abs(signed - ours) <= unit * _ROOM


def leaves(signed: object, ours: object, rule: Rule, where: str = "") -> Iterator[Leaf]:
    """The values of two JSON trees that are not equal, in the order of the first.

    Whole numbers and texts have to be equal; floats may be within the tolerance of `rule`.
    """
    if isinstance(signed, dict) and isinstance(ours, dict):
        for key in dict.fromkeys((*signed, *ours)):
            inside = f"{where}.{key}" if where else str(key)
            yield from leaves(signed.get(key), ours.get(key), rule, inside)
    elif isinstance(signed, list) and isinstance(ours, list):
        for place in range(max(len(signed), len(ours))):
            one, other = (v[place] if place < len(v) else None for v in (signed, ours))
            yield from leaves(one, other, rule, f"{where}[{place + 1}]")
    elif (status := _status(signed, ours, rule)) != "equal":
        yield Leaf(where, status, shown(signed), shown(ours))


def judged(path: str, what: str, found: Iterable[Leaf]) -> Judged:
    """The worst of what is not equal in one thing of a file, and each value of it."""
    told = tuple(
        Difference(
            path=path, what=what, field=leaf.where, status=leaf.status, signed=leaf.signed,
            recomputed=leaf.recomputed,
        )
        for leaf in found
    )  # fmt: skip
    return worst(d.status for d in told), told


def _status(signed: object, ours: object, rule: Rule) -> Status:
    if signed is None or ours is None:
        absent: Status = "missing" if ours is None else "extra"
        return "equal" if signed is ours else absent
    kinds = {type(signed), type(ours)}
    if float in kinds and kinds <= {float, int}:
        return float_status(float(str(signed)), float(str(ours)), rule)
    return "equal" if (signed, type(signed)) == (ours, type(ours)) else "different"


def shown(value: object) -> str | None:
    """A value as a table of differences shows it."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def worst(statuses: Iterator[Status]) -> Status:
    """The status that a whole has by its parts; a whole without parts is equal."""
    order: tuple[Status, ...] = ("different", "missing", "extra", "within", "equal")
    found = set(statuses)
    if found & {"missing", "extra"}:
        return "different"
    return next((s for s in order if s in found), "not-run" if found else "equal")
