"""Intervals of F1 averaged over classes: by hand, against derivatives, resamples and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score
from tests.rates.build import by_id, spec_of, table_of, weighted_table

from affidavit.intervals import critical

MULTI = spec_of(positive="", favourable="low", task="multiclass")
NAMES = ("high", "low", "mid")
Z = critical(0.95)


def _rows(counts: np.ndarray) -> list[tuple[str, str]]:
    return [
        (NAMES[i], NAMES[j])
        for (i, j), n in np.ndenumerate(counts) for _ in range(int(n))
    ]  # fmt: skip


def _drawn(seed: int, n: int = 200, right: float = 0.7) -> np.ndarray:
    shares = np.full((3, 3), (1 - right) / 6) + np.diag(np.full(3, right / 3 - (1 - right) / 6))
    return np.random.RandomState(seed).multinomial(n, shares.ravel()).reshape(3, 3)


def _average(counts: np.ndarray, how: str) -> float:
    hits, labels, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    f1 = 2 * hits / (labels + said)
    return float(f1.mean() if how == "macro" else (f1 * labels).sum() / labels.sum())


@pytest.mark.parametrize("how", ["macro", "weighted"])
def test_the_standard_error_is_that_of_numeric_derivatives(how: str) -> None:
    """A step in each cell, the rest as it is: var = (sum p d^2 - (sum p d)^2) / n."""
    counts = _drawn(4).astype(float)
    n, step = counts.sum(), 1e-4
    p = counts / n
    slope = np.empty_like(p)
    for at in np.ndindex(p.shape):
        up, down = p.copy(), p.copy()
        up[at] += step
        down[at] -= step
        # Shares that add up to more than 1 are still averaged by labels over their own sum.
        slope[at] = (_average(up, how) - _average(down, how)) / (2 * step)
    error = math.sqrt(((p * slope**2).sum() - (p * slope).sum() ** 2) / n)

    number = by_id(table_of(_rows(counts), MULTI))[f"performance/evaluation/f1_{how}"]

    assert number.value == pytest.approx(_average(counts, how), rel=1e-12)
    half = (math.log(number.high / (1 - number.high)) - math.log(number.low / (1 - number.low))) / 2
    assert half * number.value * (1 - number.value) / Z == pytest.approx(error, rel=1e-6)
    assert number.method == "multinomial delta method, log odds"


def test_equal_weights_change_nothing_but_the_name() -> None:
    rows = _rows(_drawn(5))
    plain = by_id(table_of(rows, MULTI))
    spec = MULTI.model_copy(update={"weighted": True})
    weighted = by_id(weighted_table([(r, "2.5") for r in rows], spec))

    for metric in ("f1_macro", "f1_weighted"):
        one, other = (t[f"performance/evaluation/{metric}"] for t in (plain, weighted))
        assert (other.low, other.high) == pytest.approx((one.low, one.high), rel=1e-12)
        assert other.method == f"{one.method}, weighted"


def test_weights_widen_what_fewer_rows_carry() -> None:
    rows = _rows(_drawn(6))
    spec = MULTI.model_copy(update={"weighted": True})
    weights = np.where(np.random.RandomState(1).rand(len(rows)) < 0.5, "0.1", "3")
    weighted = by_id(weighted_table(list(zip(rows, weights, strict=True)), spec))
    plain = by_id(table_of(rows, MULTI))

    for metric in ("f1_macro", "f1_weighted"):
        one, other = (t[f"performance/evaluation/{metric}"] for t in (plain, weighted))
        assert other.high - other.low > 1.2 * (one.high - one.low)


@pytest.mark.parametrize(
    ("counts", "has"),
    [
        (np.diag([12, 9, 12]) + np.eye(3, k=1, dtype=int), {"macro": True, "weighted": True}),
        (np.diag([20, 8, 20]) + np.eye(3, k=1, dtype=int), {"macro": False, "weighted": True}),
        (np.diag([8, 8, 8]) + np.eye(3, k=1, dtype=int), {"macro": False, "weighted": False}),
        (np.diag([20, 20, 20]), {"macro": False, "weighted": False}),
        (np.roll(np.diag([20, 20, 20]), 1, axis=0), {"macro": False, "weighted": False}),
    ],
    ids=["enough", "a-rare-class", "few-rows", "all-right", "all-wrong"],
)
def test_there_is_none_where_it_would_not_hold(counts: np.ndarray, has: dict[str, bool]) -> None:
    ours = by_id(table_of(_rows(counts), MULTI))

    for how, expected in has.items():
        number = ours[f"performance/evaluation/f1_{how}"]
        assert number.value == pytest.approx(_average(counts, how), rel=1e-12)
        assert (number.low is not None) is expected
        assert (number.method is not None) is expected


def test_by_unit_there_is_none() -> None:
    spec = MULTI.model_copy(update={"unit": "person"})

    number = by_id(table_of(_rows(_drawn(7)), spec))["performance/evaluation/f1_macro"]

    assert number.low is None


@pytest.mark.slow
@pytest.mark.parametrize("how", ["macro", "weighted"])
def test_agrees_with_a_bootstrap_of_the_rows(how: str) -> None:
    counts = _drawn(8, n=400)
    number = by_id(table_of(_rows(counts), MULTI))[f"performance/evaluation/f1_{how}"]
    y, d = (np.array(c) for c in zip(*_rows(counts), strict=True))
    draw = np.random.RandomState(3)
    resampled = [
        f1_score(y[at], d[at], average=how)
        for at in (draw.randint(0, len(y), len(y)) for _ in range(2000))
    ]

    low, high = np.quantile(resampled, [0.025, 0.975])
    assert number.low == pytest.approx(low, abs=0.006)
    assert number.high == pytest.approx(high, abs=0.006)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "right"), [(60, 0.7), (60, 0.9), (120, 0.9), (300, 0.7)])
def test_holds_the_truth_as_often_as_it_says(n: int, right: float) -> None:
    """1,000 tables a case: 92.5 to 97.5 %, three standard errors around 95."""
    off = (1 - right) / 6
    truth = np.full((3, 3), off) + np.diag(np.full(3, right / 3 - off))
    held, made = {"macro": 0, "weighted": 0}, {"macro": 0, "weighted": 0}
    for seed in range(1000):
        ours = by_id(table_of(_rows(_drawn(seed, n, right)), MULTI))
        for how in held:
            number = ours[f"performance/evaluation/f1_{how}"]
            if number.low is not None:
                made[how] += 1
                held[how] += number.low <= _average(truth, how) <= number.high
    for how, count in held.items():
        assert made[how] > 600
        assert 0.925 <= count / made[how] <= 0.975
