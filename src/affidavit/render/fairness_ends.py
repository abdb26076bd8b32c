"""Which groups a summary over all groups lies between: the highest and the lowest rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from affidavit.evidence import Number
from affidavit.masking import Masked
from affidavit.places import UNKNOWN_GROUPS

_RATES: Final = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}
_SUFFIXES: Final = ("_difference", "_ratio", "_spread")


def ends(
    summary: Number, groups: Sequence[Number], words: Callable[[Number], str], *, small: int,
    masks: Mapping[str, Masked],
) -> str:  # fmt: skip
    """`highest: age >=50; lowest: age <30 (12 rows, too small to compare)`; empty if undefined.

    Args:
        summary: fairlearn's difference or ratio over the groups.
        groups: the numbers of each group.
        words: what a number's group is called.
        small: groups with fewer rows are not compared one by one.
        masks: of small cells.
    """
    if summary.value is None:
        return ""
    suffix = next((s for s in _SUFFIXES if summary.metric.endswith(s)), "")
    base = summary.metric.removesuffix(suffix)
    found = []
    for metric in _RATES.get(base, (base,)):
        known = [
            n for n in groups
            if n.metric == metric and n.value is not None
            and UNKNOWN_GROUPS.isdisjoint((n.group or {}).values())
        ]  # fmt: skip
        if known:
            highest, lowest = (f(known, key=lambda n: n.value or 0.0) for f in (max, min))
            found.append((_gap(highest, lowest, suffix), highest, lowest))
    if not found:
        return ""
    _, highest, lowest = max(found, key=lambda f: f[0])
    sizes = {words(n): n for n in groups if n.metric == "count"}
    said = [_end(words(n), sizes.get(words(n)), small, masks) for n in (highest, lowest)]
    return f"highest: {said[0]}; lowest: {said[1]}"


def rows_text(size: Number, masks: Mapping[str, Masked]) -> str:
    """The rows of a group as printed: `12`, or `<10`."""
    masked = masks.get(size.id)
    return f"{size.value or 0.0:,.0f}" if masked is None else masked.n_words


def _gap(highest: Number, lowest: Number, suffix: str) -> float:
    """How far apart: larger for the pair that the summary is of."""
    high, low = highest.value or 0.0, lowest.value or 0.0
    if suffix == "_ratio":
        return 1 - low / high if high else 0.0
    return high - low


def _end(name: str, size: Number | None, small: int, masks: Mapping[str, Masked]) -> str:
    if size is None or (size.value or 0.0) >= small:
        return name
    return f"{name} ({rows_text(size, masks)} rows, too small to compare)"
