"""In which order groups stand: bands by their edges, attributes as they are declared together."""

from __future__ import annotations

from collections.abc import Sequence

from affidavit.config import Config
from affidavit.evidence import Number, Report
from affidavit.places import UNKNOWN_GROUPS
from affidavit.reading_rules import band_names

# (known before missing, place of the band, the value itself)
Place = tuple[bool, int, str]


def in_order(reports: Sequence[Report], config: Config | None) -> tuple[Report, ...]:
    """The same reports: of each metric, the groups in their own order, missing ones last.

    Attributes of an intersection stand in the order in which they are declared together; the
    records have them by the alphabet.
    """
    return tuple(_ordered(r, config) for r in reports)


def _ordered(report: Report, config: Config | None) -> Report:
    together = {frozenset(names): names for names in _together(report, config)}
    numbers = [_as_declared(n, together) for n in report.numbers]
    first: dict[str, int] = {}
    for number in numbers:
        first.setdefault(number.metric, len(first))
    numbers.sort(key=lambda n: (first[n.metric], _places(n, config)))
    return report.model_copy(update={"numbers": tuple(numbers)})


def _together(report: Report, config: Config | None) -> tuple[tuple[str, ...], ...]:
    if report.counts is not None:
        return report.counts.intersections
    return config.fairness.intersections if config else ()


def _as_declared(number: Number, together: dict[frozenset[str], tuple[str, ...]]) -> Number:
    names = together.get(frozenset(number.group or ()))
    if names is None:
        return number
    changed = {
        field: None if group is None else {name: group[name] for name in names}
        for field, group in (("group", number.group), ("against", number.against))
    }
    return number.model_copy(update=changed)


def _places(number: Number, config: Config | None) -> tuple[Place, ...]:
    return tuple(_place(name, value, config) for name, value in (number.group or {}).items())


def _place(name: str, value: str, config: Config | None) -> Place:
    names = _bands(name, config)
    return (value in UNKNOWN_GROUPS, names.index(value) if value in names else len(names), value)


def _bands(name: str, config: Config | None) -> Sequence[str]:
    """The names of an attribute's or a segment's bands, lowest first; none where it has none."""
    declared = (config.sensitive.get(name) or config.segments.get(name)) if config else None
    return band_names(declared.bands) if declared is not None and declared.bands else ()
