"""Two methods on the same rows: how far they are apart, and whether chance explains it."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Quality, SecondOpinion
from affidavit.recompute.floats import Floats

SHARE = 0.01  # of the largest attribution: a difference that no reader would act on


def compare(
    names: tuple[str, ...],
    first: tuple[Floats, Floats],
    second: tuple[Floats, Floats],
    quality: Quality,
) -> SecondOpinion:
    """How far two methods' attributions are apart.

    The tolerance is 1 % of the first method's largest attribution, and what chance alone makes of
    the largest of all differences in 95 of 100 cases (normal errors, Bonferroni over all of them).

    Args:
        names: of the features, in the order of the columns.
        first: values and standard errors, (n_rows, n_features) each.
        second: those of the other method.
        quality: the other method's.

    Returns:
        `largest` is 0 where the two are equal, or there is no row.
    """
    (values, errors), (others, their_errors) = first, second
    if values.shape != others.shape or values.shape[1] != len(names):
        raise ValueError("the two methods did not explain the same rows and features")
    apart = np.abs(values - others)
    place = int(np.argmax(apart.max(axis=0, initial=0.0)))
    largest = float(apart.max(initial=0.0))
    spread = float(np.hypot(errors, their_errors).max(initial=0.0))
    by_chance = NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * max(values.size, 1))) * spread
    tolerance = SHARE * float(np.abs(values).max(initial=0.0)) + by_chance
    same = np.abs(values).argmax(axis=1) == np.abs(others).argmax(axis=1)
    return SecondOpinion(
        quality=quality, largest=largest, feature=names[place], tolerance=tolerance,
        agrees=largest <= tolerance, same_first=int(same.sum()),
    )  # fmt: skip
