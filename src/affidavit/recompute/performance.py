"""Performance numbers that need scores; those that follow from counts are `rates.derive`'s."""

from __future__ import annotations

from affidavit.evidence import Number
from affidavit.recompute.binary_scores import loss_numbers, ranking_numbers
from affidavit.recompute.calibration import calibration_numbers
from affidavit.recompute.coded import Coded
from affidavit.recompute.linearized import n_units
from affidavit.recompute.multiclass import multiclass_numbers
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.regression import regression_numbers
from affidavit.recompute.resampling import why_not
from affidavit.recompute.sample import labelled_sample
from affidavit.recompute.scored import Place

__all__ = ["binary_numbers", "interval_notes", "multiclass_numbers", "regression_numbers"]


def binary_numbers(
    found: Predictions, positive: str, *, units: Coded | None = None
) -> tuple[Number, ...]:
    """Ranking, probability and calibration metrics of a binary task, each with its interval.

    Args:
        found: scores, labels and weights of one role.
        positive: the label whose probability is the score.
        units: (n_rows,), which rows are not independent of each other.
    """
    sample = labelled_sample(found, positive, units)
    place = Place(kind="performance", role=found.rows.role)
    numbers = (*ranking_numbers(sample), *loss_numbers(sample), *calibration_numbers(sample))
    return tuple(place.number(n) for n in numbers)


def interval_notes(
    found: Predictions, positive: str, units: Coded | None = None
) -> tuple[str, ...]:
    """Which intervals are left out for all rows, and why; nothing where none is."""
    sample = labelled_sample(found, positive, units)
    if sample.n == 0 or not sample.ranked.has_both:
        return ()
    why = why_not(
        sample.ranked.n_positive, sample.ranked.n_negative,
        None if sample.is_plain else sample.n,
        None if sample.units is None else n_units(sample.units),
    )  # fmt: skip
    return (f"Numbers whose interval needs resampling have none: {why}.",) if why else ()
