"""Scores by group against statsmodels, fairlearn and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from tests.recompute.scored_rows import binary, by_id, coded, grouping, regression

from affidavit.recompute.delong import compute_auc
from affidavit.recompute.group_scores import (
    group_numbers,
    regression_group_numbers,
    segment_numbers,
)
from affidavit.recompute.linearized import student_critical

N = 600


@pytest.fixture(scope="module")
def rows():
    random = np.random.RandomState(6)
    score = random.beta(2, 3, N)
    return random.rand(N) < score, score, random.choice(["a", "b", "c"], N)


def _groups(rows, reference="a", small=30, **how):
    positive, score, group = rows
    found = binary(positive, score, how.get("weights"), how.get("known"))
    of = [(grouping("g", group, reference),)]
    return by_id(group_numbers(found, "yes", of, small, units=how.get("units")))


def test_each_group_has_what_fairlearns_frame_gives(rows) -> None:
    positive, score, group = rows
    frame = MetricFrame(
        metrics={
            "mean_score": lambda _, s: s.mean(), "roc_auc": sk.roc_auc_score,
            "brier_score": sk.brier_score_loss, "calibration_gap": lambda y, s: s.mean() - y.mean(),
        },
        y_true=positive, y_pred=score, sensitive_features=group,
    )  # fmt: skip

    found = _groups(rows)

    for metric, values in frame.by_group.items():
        for name, value in values.items():
            number = found[f"fairness/evaluation/{metric}/g={name}"]
            assert number.value == pytest.approx(value, rel=1e-12, abs=1e-13)
            assert number.n == (group == name).sum()
            assert number.group == {"g": name}
            assert number.low < number.value < number.high


def test_the_mean_has_the_interval_of_t(rows) -> None:
    _, score, group = rows

    number = _groups(rows)["fairness/evaluation/mean_score/g=b"]

    ends = DescrStatsW(score[group == "b"]).tconfint_mean()
    assert (number.low, number.high) == pytest.approx(ends, rel=1e-9)


def test_one_pair_is_welchs_and_hedges_and_olkins(rows) -> None:
    positive, score, group = (x[rows[2] != "c"] for x in rows)
    ours, theirs = score[group == "b"], score[group == "a"]
    welch = CompareMeans(DescrStatsW(ours), DescrStatsW(theirs))

    found = _groups((positive, score, group))

    place = "g=b vs a"
    mean = found[f"fairness/evaluation/mean_score_difference/{place}"]
    assert mean.method == "Welch"
    ends = welch.tconfint_diff(usevar="unequal")
    assert (mean.low, mean.high) == pytest.approx(ends, rel=1e-7)
    n1, n2 = len(ours), len(theirs)
    pooled = ((n1 - 1) * ours.var(ddof=1) + (n2 - 1) * theirs.var(ddof=1)) / (n1 + n2 - 2)
    d = (ours.mean() - theirs.mean()) / np.sqrt(pooled)
    half = stats.norm.ppf(0.975) * np.sqrt((n1 + n2) / (n1 * n2) + d * d / (2 * (n1 + n2)))
    standardized = found[f"fairness/evaluation/standardized_mean_difference/{place}"]
    assert standardized.method == "Hedges and Olkin, pooled SD"
    assert standardized.value == pytest.approx(d, rel=1e-12)
    assert (standardized.low, standardized.high) == pytest.approx((d - half, d + half), rel=1e-12)
    areas = [compute_auc(positive[group == g], score[group == g]) for g in ("b", "a")]
    error = np.hypot(*(a.standard_error for a in areas)) * stats.norm.ppf(0.975)
    auc = found[f"fairness/evaluation/roc_auc_difference/{place}"]
    assert auc.value == pytest.approx(areas[0].value - areas[1].value, rel=1e-12)
    assert (auc.low, auc.high) == pytest.approx((auc.value - error, auc.value + error), rel=1e-12)
    assert (auc.group, auc.against, auc.n) == ({"g": "b"}, {"g": "a"}, n1 + n2)


def test_the_example_of_hedges_and_olkin() -> None:
    """Two groups of 4 with means 3 and 1 and SD 1: d = 2, variance 1/2 + 4/16 = 0.75."""
    unit = np.array([-1, -1, 1, 1]) * np.sqrt(3) / 2
    found = _groups(
        ([True, False] * 4, np.concatenate([unit + 3, unit + 1]), ["b"] * 4 + ["a"] * 4), small=2
    )

    number = found["fairness/evaluation/standardized_mean_difference/g=b vs a"]
    assert number.value == pytest.approx(2.0, rel=1e-12)
    assert number.high - number.value == pytest.approx(1.959963984540054 * 0.75**0.5, rel=1e-12)


def test_several_pairs_hold_together(rows) -> None:
    _, score, group = rows
    number = _groups(rows)["fairness/evaluation/mean_score_difference/g=b vs a"]
    welch = CompareMeans(DescrStatsW(score[group == "b"]), DescrStatsW(score[group == "a"]))

    assert number.method == "Welch, simultaneous over 2 pairs"
    assert number.level == 0.95
    ends = welch.tconfint_diff(alpha=0.025, usevar="unequal")
    assert (number.low, number.high) == pytest.approx(ends, rel=1e-7)


def test_missing_and_small_groups_are_shown_and_not_compared(rows) -> None:
    positive, score, group = rows
    group = group.astype(object)
    group[:20], group[20:60] = "few", "(missing)"

    found = _groups((positive, score, group))

    assert found["fairness/evaluation/mean_score/g=(missing)"].n == 40
    assert not [i for i in found if "(missing) vs" in i]
    few = found["fairness/evaluation/mean_score_difference/g=few vs a"]
    assert few.value is None
    assert few.reason == "'few' has 20 rows, fewer than 30: too small to compare"
    assert "over 2 pairs" in found["fairness/evaluation/mean_score_difference/g=b vs a"].method


def test_without_a_reference_nothing_is_compared(rows) -> None:
    assert not [i for i in _groups(rows, reference=None) if " vs " in i]


def test_a_reference_that_does_not_occur_gives_reasons(rows) -> None:
    number = _groups(rows, reference="z")["fairness/evaluation/mean_score_difference/g=a vs z"]

    assert number.value is None
    assert "'z': undefined, n = 0" in str(number.reason)


def test_unlabelled_rows_count_for_the_mean_score_only(rows) -> None:
    known = np.arange(N) % 2 == 0
    found = _groups(rows, known=known)

    assert found["fairness/evaluation/mean_score/g=a"].n == (rows[2] == "a").sum()
    assert found["fairness/evaluation/roc_auc/g=a"].n == ((rows[2] == "a") & known).sum()


def test_groups_of_two_attributes_together(rows) -> None:
    positive, score, group = rows
    other = np.where(np.arange(N) % 3 == 0, "x+", "50%")
    of = (grouping("g", group, "a"), grouping("h", other, "x+"))

    found = by_id(group_numbers(binary(positive, score), "yes", [of], 30))

    number = found["fairness/evaluation/mean_score/g+h=b+50%25"]
    assert number.group == {"g": "b", "h": "50%"}
    inside = (group == "b") & (other == "50%")
    assert number.value == pytest.approx(score[inside].mean(), rel=1e-13)
    pair = found["fairness/evaluation/mean_score_difference/g+h=b+50%25 vs a+x%2B"]
    assert pair.against == {"g": "a", "h": "x+"}


def test_whole_weights_count_as_copies(rows) -> None:
    _positive, _score, _group = rows
    weight = np.random.RandomState(1).randint(1, 4, N)
    copies = tuple(np.repeat(x, weight) for x in rows)

    weighted, copied = _groups(rows, weights=weight), _groups(copies)

    for name, number in weighted.items():
        if "standardized" in name:  # its n - 1 uses the effective number of rows
            assert number.value == pytest.approx(copied[name].value, rel=1e-2)
        else:
            assert number.value == pytest.approx(copied[name].value, rel=1e-9, abs=1e-12), name


def test_copies_by_unit_are_as_wide_as_single_rows(rows) -> None:
    copies = tuple(np.repeat(x, 3) for x in rows)
    units = coded([f"u{i:03d}" for i in np.repeat(np.arange(N), 3)])

    single, copied = _groups(rows), _groups(copies, units=units)

    for name, number in copied.items():
        assert number.high - number.low == pytest.approx(
            single[name].high - single[name].low, rel=0.02
        ), name
        assert ", by unit" in number.method


def test_a_unit_in_both_groups_makes_the_difference_surer() -> None:
    """The same persons in both groups, with nearly the same score: their difference is known."""
    random = np.random.RandomState(3)
    person = random.rand(100)
    score = np.concatenate([person, person + random.normal(0, 0.01, 100)])
    rows = (random.rand(200) < 0.5, score, ["a"] * 100 + ["b"] * 100)
    units = coded([f"u{i:03d}" for i in [*range(100)] * 2])

    place = "fairness/evaluation/mean_score_difference/g=b vs a"
    alone, paired = _groups(rows)[place], _groups(rows, units=units)[place]

    assert paired.high - paired.low < 0.1 * (alone.high - alone.low)


def test_regression_groups_by_fairlearn(rows) -> None:
    _, score, group = rows
    random = np.random.RandomState(2)
    target, said = score * 10, score * 10 + random.normal(0.2, 1, N)
    frame = MetricFrame(
        metrics={
            "mae": sk.mean_absolute_error, "rmse": sk.root_mean_squared_error,
            "bias": lambda t, p: (p - t).mean(), "mean_prediction": lambda _, p: p.mean(),
            "mean_target": lambda t, _: t.mean(), "count": lambda t, _: len(t),
        },
        y_true=target, y_pred=said, sensitive_features=group,
    )  # fmt: skip

    found = by_id(
        regression_group_numbers(regression(target, said), [(grouping("g", group, "a"),)], 30)
    )

    for metric, values in frame.by_group.items():
        for name, value in values.items():
            assert found[f"fairness/evaluation/{metric}/g={name}"].value == pytest.approx(
                value, rel=1e-12, abs=1e-13
            )
    for metric in ("mean_prediction", "mae"):
        spread = found[f"fairness/evaluation/{metric}_spread/g"]
        assert spread.value == pytest.approx(frame.difference()[metric], rel=1e-11)
        assert (spread.expected, spread.attributes) == (None, ("g",))
    error = np.abs(said - target)
    ends = CompareMeans(
        DescrStatsW(error[group == "c"]), DescrStatsW(error[group == "a"])
    ).tconfint_diff(alpha=0.025, usevar="unequal")
    number = found["fairness/evaluation/mae_difference/g=c vs a"]
    assert (number.low, number.high) == pytest.approx(ends, rel=1e-7)


def test_segments_of_both_tasks(rows) -> None:
    positive, score, group = rows
    column = coded([None if g == "c" else g for g in group])

    found = by_id(segment_numbers(binary(positive, score), "yes", [("s", column)]))

    assert {i.rpartition("/")[2] for i in found} == {"s=a", "s=b"}
    inside = group == "b"
    number = found["segments/evaluation/roc_auc/s=b"]
    assert number.value == pytest.approx(
        sk.roc_auc_score(positive[inside], score[inside]), rel=1e-12
    )
    assert (number.group, number.n) == ({"s": "b"}, inside.sum())
    errors = by_id(segment_numbers(regression(score, score + 1), "", [("s", column)]))
    assert errors["segments/evaluation/bias/s=a"].value == pytest.approx(1.0)


def test_groups_whose_scores_do_not_vary_have_no_standardized_difference() -> None:
    found = _groups(([True, False] * 40, np.full(80, 0.3), ["a", "b"] * 40))

    number = found["fairness/evaluation/standardized_mean_difference/g=b vs a"]
    assert number.reason == "undefined: the values of both groups do not vary"


@pytest.mark.parametrize(("freedom", "close"), [(9, 2e-4), (29, 1e-6), (200, 1e-9)])
@pytest.mark.parametrize("level", [0.95, 0.9975])
def test_the_critical_value_of_t(freedom: int, close: float, level: float) -> None:
    exact = stats.t.ppf(0.5 + level / 2, freedom)

    assert student_critical(freedom, level) == pytest.approx(exact, rel=close)
