"""How far two distributions over the same bins lie apart, and how far chance alone sets them.

Pure Python: recompute states these numbers, `verify` derives them from the bins again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, fsum, log, pi, sqrt

from affidavit.places import PERIOD

POPULATION, CHARACTERISTIC = "population_stability_index", "characteristic_stability_index"
_STEPS = 120  # halvings; far below the twelfth digit


def stability_index(reference: Sequence[int], found: Sequence[int]) -> float | None:
    """The population stability index; for an input, the characteristic stability index.

        sum over bins of (a - e) ln(a / e),   e = share of `reference`, a = share of `found`

    A bin without rows on one side counts there as half a row, since the logarithm has no other
    value: half a row is what Haldane and Gart put for a count of 0 in log odds. A bin without rows
    on both sides is no bin.

    Args:
        reference: rows in each bin, what was to be expected.
        found: rows in each bin, in the same order.

    Returns:
        At least 0, no unit, 0 where the shares are the same; None where one side has no rows.

    References:
        Jeffreys (1946), An invariant form for the prior probability in estimation problems: the
        divergence; Siddiqi (2006), Credit Risk Scorecards, ch. 9: the index; Haldane (1956), The
        estimation and significance of the logarithm of a ratio of frequencies; Gart (1966).
    """
    n, m = sum(reference), sum(found)
    if not n or not m:
        return None
    return fsum(_part(r, f, n, m) for r, f in zip(reference, found, strict=True) if r or f)


def expected_stability(reference: Sequence[int], found: Sequence[int]) -> float:
    """The index to expect where nothing has shifted: (k - 1) (1 / n + 1 / m).

    k is the number of bins with rows, n and m the rows of the two sides. It is the mean of the
    chi-square limit; with at least ten rows a bin the mean simulated is at most a tenth higher
    (docs/metrics.md has the table).

    Returns:
        0 where one side has no rows, or all rows are in one bin.

    References:
        Yurdakul and Naranjo (2020), Statistical properties of the population stability index,
        Journal of Risk Model Validation 14(4).
    """
    return _freedom(reference, found) * _scale(reference, found)


def noise_bound(reference: Sequence[int], found: Sequence[int], level: float) -> float:
    """The index that chance alone stays below with this probability, by the same limit.

    Args:
        reference: rows in each bin.
        found: rows in each bin, in the same order.
        level: in (0, 1), 0.95 for one index; nearer to 1 where several are looked at.
    """
    freedom = _freedom(reference, found)
    if not freedom:
        return 0.0
    return chi_square_quantile(level, freedom) * _scale(reference, found)


def stability_id(role: str, column: str = "", period: str = "") -> str:
    """The id of an index: of the score without a column, of all rows without a period.

    Within a column's name `%` and `/` are written %25 and %2F, so that no name makes another's id.
    """
    name = f"stability/{role}/{CHARACTERISTIC if column else POPULATION}"
    if column:
        name += "/" + column.replace("%", "%25").replace("/", "%2F")
    return f"{name}/{PERIOD}={period}" if period else name


def chi_square_tail(value: float, freedom: int) -> float:
    """P(chi-square of whole degrees of freedom > value); a finite sum, no table.

    References:
        Abramowitz and Stegun (1964), 26.4.4 and 26.4.5.
    """
    half = value / 2
    if freedom % 2:
        total, term, first = erfc(sqrt(half)), exp(-half) * sqrt(half) * 2 / sqrt(pi), 1.5
    else:
        total, term, first = 0.0, exp(-half), 1.0
    for i in range(freedom // 2):
        total += term
        term *= half / (first + i)
    return total


def chi_square_quantile(level: float, freedom: int) -> float:
    """The value that a chi-square variable stays below with probability `level`."""
    low, high = 0.0, 1.0
    while chi_square_tail(high, freedom) > 1 - level:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if chi_square_tail(middle, freedom) > 1 - level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _part(reference: int, found: int, n: int, m: int) -> float:
    # In half rows, and as whole numbers until the one division: shares that are near cancel out.
    r, f = 2 * reference or 1, 2 * found or 1
    return (f * n - r * m) / (2 * n * m) * log((f * n) / (r * m))


def _freedom(reference: Sequence[int], found: Sequence[int]) -> int:
    return max(0, sum(1 for r, f in zip(reference, found, strict=True) if r or f) - 1)


def _scale(reference: Sequence[int], found: Sequence[int]) -> float:
    n, m = sum(reference), sum(found)
    return (n + m) / (n * m) if n and m else 0.0
