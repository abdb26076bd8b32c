"""Bootstrap: the same every time, by unit where rows share one, and left out where it says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from tests.recompute.scored_rows import by_metric, coded, sample

from affidavit.recompute import resampling
from affidavit.recompute.binary_numbers import binary_numbers, interval_notes

SHOWN = ("ks", "pr_curve_area", "expected_calibration_error")


def _rows(n: int = 300, seed: int = 0):
    random = np.random.RandomState(seed)
    score = np.round(random.beta(1, 3, n), 6)
    return random.rand(n) < score, score


def _found(positive, score, weights=None, units=None):
    return by_metric(binary_numbers(sample(positive, score, weights, units), "evaluation"))


@pytest.mark.parametrize("weighted", [False, True])
def test_any_order_of_rows_gives_the_same_interval(weighted: bool) -> None:
    positive, score = _rows()
    weight = np.random.RandomState(1).randint(1, 5, 300) if weighted else None
    order = np.random.RandomState(2).permutation(300)
    units = [f"u{i // 3}" for i in range(300)]

    for of in (None, units):
        one = _found(positive, score, weight, None if of is None else coded(of))
        other = _found(
            positive[order], score[order], None if weight is None else weight[order],
            None if of is None else coded([of[i] for i in order]),
        )  # fmt: skip

        for metric in SHOWN:
            assert one[metric].low is not None
            assert (one[metric].low, one[metric].high) == pytest.approx(
                (other[metric].low, other[metric].high), rel=1e-12
            )


def test_the_percentiles_are_those_of_rows_drawn_one_by_one() -> None:
    from sklearn.metrics import auc, precision_recall_curve

    positive, score = _rows()
    random, values = np.random.RandomState(3), []
    for _ in range(2000):
        rows = random.randint(0, 300, 300)
        precision, recall, _ = precision_recall_curve(positive[rows], score[rows])
        values.append(auc(recall, precision))
    low, high = np.percentile(values, [2.5, 97.5])

    found = _found(positive, score)["pr_curve_area"]

    assert found.method == "bootstrap, 500 resamples"
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)


def test_cells_of_several_scores_give_the_interval_of_rows(monkeypatch) -> None:
    positive, score = _rows(3000)
    monkeypatch.setattr(resampling, "CELLS", 3000)
    exact = _found(positive, score)
    monkeypatch.setattr(resampling, "CELLS", 500)

    merged = _found(positive, score)

    for metric in SHOWN:
        assert merged[metric].value == exact[metric].value
        assert merged[metric].low == pytest.approx(exact[metric].low, abs=0.012), metric
        assert merged[metric].high == pytest.approx(exact[metric].high, abs=0.012), metric


def test_copies_of_a_row_are_no_more_than_the_row_by_unit() -> None:
    positive, score = _rows()
    thrice = [np.repeat(x, 3) for x in (positive, score)]
    units = coded([f"u{i:03d}" for i in np.repeat(np.arange(300), 3)])

    alone, by_row, by_unit = _found(positive, score), _found(*thrice), _found(*thrice, units=units)

    for metric in (*SHOWN, "average_precision", "roc_auc", "brier_score", "calibration_gap"):
        widths = [f[metric].high - f[metric].low for f in (alone, by_row, by_unit)]
        assert widths[1] < 0.75 * widths[0], metric
        assert widths[2] == pytest.approx(widths[0], rel=0.15), metric
        assert ", by unit" in str(by_unit[metric].method)


@pytest.mark.parametrize(
    ("n", "few", "units", "why"),
    [
        (29, 12, None, "fewer than 30 rows"),
        (60, 9, None, "fewer than 10 rows of one label"),
        (60, 20, 29, "fewer than 30 units"),
    ],
)
def test_what_is_too_few_has_no_interval_and_a_note(n: int, few: int, units, why: str) -> None:
    positive, score = np.arange(n) < few, np.linspace(0.1, 0.9, n)[::-1]
    of = None if units is None else coded([f"u{i % units:02d}" for i in range(n)])

    found = _found(positive, score, units=of)

    assert [found[m].low for m in SHOWN] == [None] * 3
    note = interval_notes(sample(positive, score, units=of))
    assert note == (f"Numbers whose interval needs resampling have none: {why}.",)


def test_enough_rows_have_intervals_and_no_note() -> None:
    """The twin of what is too few."""
    positive, score = np.arange(60) % 3 == 0, np.linspace(0.1, 0.9, 60)

    assert all(_found(positive, score)[m].low is not None for m in SHOWN)
    assert interval_notes(sample(positive, score)) == ()


def test_too_many_rows_to_draw_one_by_one_have_none(monkeypatch) -> None:
    positive, score = _rows()
    monkeypatch.setattr(resampling, "MAX_DRAWN_ROWS", 299)

    assert _found(positive, score, np.ones(300) * 2)["ks"].low is None
    assert _found(positive, score)["ks"].low is not None
    (note,) = interval_notes(sample(positive, score, np.ones(300) * 2))
    assert "more than 299 rows would have to be drawn one by one" in note


@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_the_band_of_ks_holds_the_truth_at_least_95_times_in_100(apart: float) -> None:
    """Of two normal distributions the largest gap is 2 Phi(d / 2) - 1."""
    random, held = np.random.RandomState(9), 0
    truth = 2 * norm.cdf(apart / 2) - 1
    for _ in range(50):
        positive = np.arange(200) < 80
        score = norm.cdf(random.randn(200) + apart * positive)
        found = _found(positive, score)["ks"]
        held += found.low <= truth <= found.high

    assert held >= 45
