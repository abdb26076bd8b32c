"""How often the intervals hold the truth: exact, by enumerating every possible table.

Prints the table that stands in docs/metrics.md between its `coverage` comments; a slow test
compares the two. Only DeLong's coverage is simulated, with a fixed seed.

    python -m benchmarks.coverage
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import lgamma, log
from statistics import NormalDist

import numpy as np
from scipy.stats import binom

from affidavit.intervals import (
    Proportion,
    clopper_pearson,
    critical,
    koopman,
    mover_mean,
    newcombe,
    newcombe_paired,
    on_logit,
    wilson,
)
from affidavit.recompute.delong import compute_auc
from affidavit.significance import FEW_EXPECTED, difference_test

LEVEL = 0.95
Z = critical(LEVEL)
SINGLE = (20, 30, 50, 100, 200, 1000)
PAIRS = ((20, 20), (20, 50), (20, 100), (30, 30), (30, 100), (50, 50), (50, 100), (100, 100))
PAIRED = (20, 30, 50)
RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The coverage at one truth."""

    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    coverage: float

    @property
    def is_plain(self) -> bool:
        """Whether five events and five rows without are expected in each group."""
        sizes = self.sizes * len(self.rates) if len(self.sizes) == 1 else self.sizes
        return all(
            min(n * p, n * (1 - p)) >= FEW_EXPECTED - _ROUNDING
            for n, p in zip(sizes, self.rates[: len(sizes)], strict=False)
        )

    @property
    def is_parity(self) -> bool:
        """Whether both rates are the same."""
        return len(self.rates) > 1 and self.rates[0] == self.rates[1]


def of_share(limits: Callable[[Proportion], tuple[float, float]]) -> tuple[Case, ...]:
    """The coverage of an interval for one share, for every size and rate of the grid."""
    cases = []
    for n in SINGLE:
        ends = np.array([limits(Proportion(p=x / n, n=n)) for x in range(n + 1)])
        for p in RATES:
            covered = (ends[:, 0] <= p + _ROUNDING) & (p - _ROUNDING <= ends[:, 1])
            mass = binom.pmf(np.arange(n + 1), n, p)
            cases.append(Case(sizes=(n,), rates=(p,), coverage=float(mass @ covered)))
    return tuple(cases)


def of_two(
    limits: Callable[[Proportion, Proportion], tuple[float, float | None]],
    truth: Callable[[float, float], float],
    *,
    needs_events: bool = False,
) -> tuple[Case, ...]:
    """The coverage of an interval for two shares, for every pair of sizes and of rates.

    Args:
        limits: of group and reference.
        truth: what the interval should hold, of their rates.
        needs_events: a reference without events has no interval; such tables are left out.
    """
    cases = []
    for n1, n2 in PAIRS:
        first = 1 if needs_events else 0
        low = np.zeros((n1 + 1, n2 + 1 - first))
        high = np.zeros_like(low)
        for x1, x2 in product(range(n1 + 1), range(first, n2 + 1)):
            a, b = limits(Proportion(p=x1 / n1, n=n1), Proportion(p=x2 / n2, n=n2))
            low[x1, x2 - first], high[x1, x2 - first] = a, np.inf if b is None else b
        for p1, p2 in product(RATES, RATES):
            value = truth(p1, p2)
            covered = (low <= value + _ROUNDING) & (value - _ROUNDING <= high)
            ours = binom.pmf(np.arange(n1 + 1), n1, p1)
            theirs = binom.pmf(np.arange(first, n2 + 1), n2, p2)
            share = float(ours @ covered @ theirs) / float(theirs.sum())
            cases.append(Case(sizes=(n1, n2), rates=(p1, p2), coverage=share))
    return tuple(cases)


def of_paired() -> tuple[Case, ...]:
    """The coverage of Newcombe's interval for paired shares, over every four-cell table."""
    cases = []
    for n in PAIRED:
        tables = np.array(
            [
                (a, b, c, n - a - b - c)
                for a, b, c in product(range(n + 1), repeat=3)
                if a + b + c <= n
            ]
        )
        ends = np.array([newcombe_paired(*(int(x) for x in row), Z) for row in tables])
        factorial = np.array([lgamma(k + 1) for k in range(n + 1)])
        ways = factorial[n] - factorial[tables].sum(axis=1)
        for p1, p2, cells in _dependent():
            chance = np.exp(ways + tables @ np.array([log(c) for c in cells]))
            covered = (ends[:, 0] <= p1 - p2 + _ROUNDING) & (p1 - p2 - _ROUNDING <= ends[:, 1])
            cases.append(Case(sizes=(n,), rates=(p1, p2), coverage=float(chance @ covered)))
    return tuple(cases)


def _dependent() -> Iterator[tuple[float, float, tuple[float, float, float, float]]]:
    """Pairs of rates with the chances of both, first only, second only, neither."""
    for p1, p2, phi in product(RATES[::2], RATES[::2], (0.0, 0.3, 0.6)):
        both = p1 * p2 + phi * np.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
        cells = (both, p1 - both, p2 - both, 1 - p1 - p2 + both)
        if min(cells) > 0:
            yield p1, p2, cells


def of_auc(
    limits: Callable[[float, float], tuple[float, float]], draws: int = 1000
) -> tuple[Case, ...]:
    """DeLong's coverage for normal scores: sizes are positives and negatives, the rate the AUC.

    Args:
        limits: of value and standard error.
        draws: at each truth.
    """
    normal, random = NormalDist(), np.random.RandomState(20240101)
    cases = []
    for (m, n), auc in product(((30, 30), (30, 300), (100, 100), (100, 1000)), (0.6, 0.75, 0.9)):
        is_positive = np.arange(m + n) < m
        shift = np.sqrt(2) * normal.inv_cdf(auc) * is_positive
        covered = 0
        for _ in range(draws):
            found = compute_auc(is_positive, random.standard_normal(m + n) + shift)
            # A perfect separation has no interval, and so covers nothing.
            if found is not None and found.standard_error:
                low, high = limits(found.value, found.standard_error)
                covered += low <= auc <= high
        cases.append(Case(sizes=(m, n), rates=(auc,), coverage=covered / draws))
    return tuple(cases)


def of_test() -> tuple[Case, ...]:
    """How often the test of two equal rates keeps to the truth, at the level 0.05."""
    cases = []
    for n1, n2 in PAIRS:
        kept = np.array(
            [
                [difference_test(x1, n1, x2, n2).p_value > 1 - LEVEL for x2 in range(n2 + 1)]
                for x1 in range(n1 + 1)
            ]
        )
        for p in RATES:
            ours, theirs = (binom.pmf(np.arange(n + 1), n, p) for n in (n1, n2))
            cases.append(Case(sizes=(n1, n2), rates=(p, p), coverage=float(ours @ kept @ theirs)))
    return tuple(cases)


def grids() -> dict[str, tuple[Case, ...]]:
    """Every interval in closed form, and the test, with its cases."""
    return {
        "Wilson, one rate": of_share(lambda s: wilson(s, Z)),
        "Clopper and Pearson, one rate": of_share(lambda s: clopper_pearson(s, LEVEL)),
        "Newcombe, difference": of_two(lambda a, b: newcombe(a, b, Z), lambda p, q: p - q),
        "Koopman, ratio": of_two(
            lambda a, b: koopman(a, b, Z), lambda p, q: p / q, needs_events=True
        ),
        "Newcombe, paired difference": of_paired(),
        "Zou and Donner, mean of two": of_two(
            lambda a, b: mover_mean((a, b), Z), lambda p, q: (p + q) / 2
        ),
        "DeLong, AUC": of_auc(lambda a, s: (a - Z * s, a + Z * s)),
        "DeLong on the log odds, AUC": of_auc(lambda a, s: on_logit(a, s, Z)),
        "score or Fisher's test, keeps parity": of_test(),
    }


def table(found: dict[str, tuple[Case, ...]]) -> str:
    """The coverage in per cent, a row an interval."""
    lines = [
        "| interval | truths | mean | lowest | with 5 expected: truths | mean | lowest | of these at parity: mean | lowest |",  # noqa: E501
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, cases in found.items():
        # Five events and non-events say nothing about an AUC.
        plain = [] if "AUC" in name else [c for c in cases if c.is_plain]
        cells = [*_columns(cases), *_columns(plain)]
        parity = [] if "mean" in name else [c for c in plain if c.is_parity]
        lines.append(f"| {' | '.join((name, *cells, *_columns(parity)[1:]))} |")
    return "\n".join(lines)


def _columns(cases: Sequence[Case]) -> tuple[str, str, str]:
    if not cases:
        return "", "", ""
    shares = [100 * c.coverage for c in cases]
    return str(len(shares)), f"{np.mean(shares):.1f}", f"{min(shares):.1f}"


if __name__ == "__main__":
    print(table(grids()))
