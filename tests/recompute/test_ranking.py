"""Ranking and probability metrics from one sort, against scikit-learn."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from tests.recompute.scored_rows import binary, by_metric, sample

from affidavit.recompute import curves, ranking
from affidavit.recompute.binary_numbers import binary_numbers
from affidavit.recompute.delong import area
from affidavit.recompute.ranking import rank
from affidavit.recompute.sample import labelled_sample

BOTH = st.lists(
    st.tuples(st.booleans(), st.integers(0, 12), st.sampled_from([0.25, 0.7, 1.0, 1.3, 17.125])),
    min_size=2, max_size=60,
).filter(lambda rows: 0 < sum(p for p, _, _ in rows) < len(rows))  # fmt: skip


def _ks(positive, score, weight) -> float:
    false, true, _ = sk.roc_curve(positive, score, sample_weight=weight, drop_intermediate=False)
    return float(np.abs(true - false).max())


def _straight(positive, score, weight) -> float:
    precision, recall, _ = sk.precision_recall_curve(positive, score, sample_weight=weight)
    return float(sk.auc(recall, precision))


@settings(deadline=None, max_examples=150)
@given(BOTH, st.booleans())
def test_every_metric_is_scikit_learns(rows: list[tuple[bool, int, float]], weighted: bool) -> None:
    positive = np.array([p for p, _, _ in rows])
    score = np.array([s for _, s, _ in rows]) / 12
    weight = np.array([w for _, _, w in rows]) if weighted else None
    expected = {
        "roc_auc": sk.roc_auc_score(positive, score, sample_weight=weight),
        "gini": 2 * sk.roc_auc_score(positive, score, sample_weight=weight) - 1,
        "ks": _ks(positive, score, weight),
        "average_precision": sk.average_precision_score(positive, score, sample_weight=weight),
        "pr_curve_area": _straight(positive, score, weight),
        "brier_score": sk.brier_score_loss(positive, score, sample_weight=weight),
        "log_loss": sk.log_loss(positive, score, sample_weight=weight),
    }

    found = by_metric(binary_numbers(sample(positive, score, weight), "evaluation"))

    for metric, value in expected.items():
        assert found[metric].value == pytest.approx(value, rel=1e-12, abs=1e-12), metric


@settings(deadline=None, max_examples=60)
@given(BOTH, st.booleans(), st.integers(0, 2**31 - 1))
def test_any_order_of_rows_and_a_file_give_the_same_bits(
    rows: list[tuple[bool, int, float]], weighted: bool, seed: int
) -> None:
    positive = np.array([p for p, _, _ in rows])
    score = np.array([s for _, s, _ in rows]) / 12
    weight = np.array([w for _, _, w in rows]) if weighted else None
    order = np.random.RandomState(seed).permutation(len(rows))
    mixed = None if weight is None else weight[order]

    one = rank(positive, score, weight)
    other = rank(positive[order], score[order], mixed)
    on_disk = rank(positive[order], score[order], mixed, memory_rows=3)

    for compute in (area, curves.ks, curves.average_precision, curves.pr_curve_area):
        assert compute(one) == compute(other) == compute(on_disk)
    for loss in (curves.squared_error, curves.log_loss):
        of = [curves.mean_loss(r, loss) for r in (one, other, on_disk)]
        assert of[0] == of[1] == of[2]


def test_parts_of_a_long_table_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.RandomState(4)
    score, weight = random.randint(0, 400, 3000) / 400, random.uniform(0.5, 2, 3000)
    positive = random.rand(3000) < score
    whole = {w is None: _all(positive, score, w) for w in (None, weight)}
    monkeypatch.setattr(ranking, "PART_ROWS", 70)
    monkeypatch.setattr(ranking, "_KEPT_ROWS", 0)

    assert len(list(rank(positive, score).parts())) > 20
    assert _all(positive, score, None) == whole[True]
    assert _all(positive, score, weight) == pytest.approx(whole[False], rel=1e-13)


def _all(positive, score, weight) -> list[float]:
    ranked = rank(positive, score, weight)
    found = area(ranked)
    assert found is not None
    return [
        found.value, found.standard_error or 0.0, curves.ks(ranked),
        curves.average_precision(ranked), curves.pr_curve_area(ranked),
    ]  # fmt: skip


@pytest.mark.parametrize("positive", [True, False])
def test_one_label_alone_has_no_rank_and_still_a_loss(positive: bool) -> None:
    found = by_metric(binary_numbers(sample([positive] * 3, [0.1, 0.5, 0.9]), "evaluation"))

    for metric in ("roc_auc", "gini", "ks", "average_precision", "pr_curve_area"):
        assert found[metric].value is None
        assert found[metric].reason == "undefined: the labelled rows do not hold both labels"
    assert found["brier_score"].value is not None


def test_no_labelled_row_says_so_for_every_metric() -> None:
    found = binary([True] * 3, [0.1, 0.5, 0.9], known=np.zeros(3, bool))

    numbers = binary_numbers(labelled_sample(found, "yes"), "evaluation")

    assert len(numbers) == 11
    assert {(n.value, n.n, n.reason) for n in numbers} == {
        (None, 0, "undefined, n = 0: no labelled rows")
    }


def test_scores_beyond_1_are_ranked_and_no_probabilities() -> None:
    found = by_metric(binary_numbers(sample([False, True], [-1.0, 2.0]), "evaluation"))

    assert found["roc_auc"].value == 1.0
    for metric in ("brier_score", "log_loss", "calibration_slope", "expected_calibration_error"):
        assert found[metric].reason == "undefined: scores outside [0, 1] are no probabilities"


def test_a_score_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        rank(np.array([True, False]), np.array([0.5, np.nan]))


def test_an_area_takes_at_most_16_bytes_a_row_beside_the_input() -> None:
    positive, score = _many()

    peak = _peak(lambda: area(rank(positive, score)))

    assert peak / len(score) <= 16  # 8, and parts of a size that does not grow with the rows


@pytest.mark.slow
def test_a_weighted_area_with_its_error_takes_16_bytes_a_row_and_parts_of_one_size() -> None:
    positive, score = _many()
    weight = np.round(np.random.RandomState(1).uniform(0.5, 2, len(score)), 3)
    sizes = (len(score) * 5 // 8, len(score))  # both too many to keep the parts

    def peak(n: int) -> int:
        rows = sample(positive[:n], score[:n], weight[:n])
        return _peak(lambda: rows.area)

    peaks = [peak(n) for n in sizes]

    assert (peaks[1] - peaks[0]) / (sizes[1] - sizes[0]) <= 18


@pytest.mark.slow
@pytest.mark.parametrize(("weighted", "bytes_a_row"), [(False, 40), (True, 60)])
def test_all_numbers_take_a_bounded_memory_for_each_row(weighted: bool, bytes_a_row: int) -> None:
    positive, score = _many()
    weight = np.round(np.random.RandomState(1).uniform(0.5, 2, len(score)), 3) if weighted else None
    rows = sample(positive, score, weight)

    peak = _peak(lambda: binary_numbers(rows, "evaluation"))

    assert peak / len(score) <= bytes_a_row


def _many():
    random = np.random.RandomState(0)
    score = random.rand(4_000_000)
    return random.rand(len(score)) < score, score


def _peak(compute) -> int:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    compute()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak


def test_a_million_tied_rows_do_not_overflow() -> None:
    """Sums of squares of pairs pass 2**63 here: all are integers of Python by then."""
    n = 3_000_000
    score = np.zeros(n)
    score[: n // 2] = 1.0
    positive = np.zeros(n, dtype=bool)
    positive[: n // 2 - 1] = True
    positive[-1] = True
    m = n // 2

    found = area(rank(positive, score))

    # One row of each label stands on the wrong side: placements are 1 - 1 / 2m and half of 1 - 1 / m.
    assert found is not None
    assert found.value == (m - 1) / m
    assert found.standard_error == pytest.approx(1 / (m * 2**0.5), rel=1e-14)
