"""Performance numbers of a binary task that need scores; `rates` derives those from counts."""

from __future__ import annotations

from affidavit.evidence import Number
from affidavit.recompute.binary_scores import loss_numbers, ranking_numbers
from affidavit.recompute.calibration import calibration_numbers
from affidavit.recompute.linearized import n_units
from affidavit.recompute.resampling import why_not
from affidavit.recompute.sample import Sample
from affidavit.recompute.scored import Place


def binary_numbers(sample: Sample, role: str) -> tuple[Number, ...]:
    """Ranking, probability and calibration metrics of a binary task, each with its interval.

    Args:
        sample: the labelled rows of the role.
        role: its name.
    """
    place = Place(kind="performance", role=role)
    numbers = (*ranking_numbers(sample), *loss_numbers(sample), *calibration_numbers(sample))
    return tuple(place.number(n) for n in numbers)


def interval_notes(sample: Sample) -> tuple[str, ...]:
    """Which intervals are left out for all rows, and why; nothing where none is."""
    if sample.n == 0 or not sample.ranked.has_both:
        return ()
    why = why_not(
        sample.ranked.n_positive, sample.ranked.n_negative,
        None if sample.is_plain else sample.n,
        None if sample.units is None else n_units(sample.units),
    )  # fmt: skip
    return (f"Numbers whose interval needs resampling have none: {why}.",) if why else ()
