"""Scores by group against statsmodels, fairlearn and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame
from sklearn import metrics as sk
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from tests.recompute.scored_rows import binary, by_id, coded, grouping, regression

from affidavit.recompute.delong import compute_auc
from affidavit.recompute.group_scores import (
    group_numbers,
    regression_group_numbers,
    segment_numbers,
)
from affidavit.recompute.sample import labelled_sample

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
    units = how.get("units")
    labelled = labelled_sample(found, "yes", units)
    return by_id(group_numbers(found, labelled, of, small, units=units))


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


def _standardized(x, y, wx, wy) -> float:
    """Weighted moments from DescrStatsW, put together with effective numbers of rows."""
    ours, theirs = DescrStatsW(x, wx), DescrStatsW(y, wy)
    n1, n2 = (w.sum() ** 2 / (w**2).sum() for w in (wx, wy))
    # DescrStatsW.var divides by the sum of the weights.
    pooled = (ours.var * n1 + theirs.var * n2) / (n1 + n2 - 2)
    return (ours.mean - theirs.mean) / np.sqrt(pooled)


def _jackknife(x, y, wx, wy) -> float:
    """The standard error of two independent samples, by leaving out one row at a time."""
    total = 0.0
    for side, n in ((0, len(x)), (1, len(y))):
        parts = []
        for i in range(n):
            kept = [np.delete(v, i) if place // 2 == side else v
                    for place, v in enumerate((x, wx, y, wy))]  # fmt: skip
            parts.append(_standardized(kept[0], kept[2], kept[1], kept[3]))
        total += (n - 1) ** 2 / n * np.var(parts, ddof=1)
    return float(np.sqrt(total))


def _on_log_odds(area, z: float) -> tuple[float, float]:
    odds, step = area.value / (1 - area.value), z * area.standard_error
    step = np.exp(step / (area.value * (1 - area.value)))
    return odds / step / (1 + odds / step), odds * step / (1 + odds * step)


def test_one_pair_is_welchs_the_jackknifes_and_that_of_two_areas(rows) -> None:
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
    standardized = found[f"fairness/evaluation/standardized_mean_difference/{place}"]
    assert standardized.method == "linearized, pooled SD"
    d = (ours.mean() - theirs.mean()) / np.sqrt(pooled)
    assert standardized.value == pytest.approx(d, rel=1e-12)
    error = (standardized.high - standardized.low) / (2 * 1.959963984540054)
    assert error == pytest.approx(_jackknife(ours, theirs, np.ones(n1), np.ones(n2)), rel=0.02)
    b, a = (compute_auc(positive[group == g], score[group == g]) for g in ("b", "a"))
    auc = found[f"fairness/evaluation/roc_auc_difference/{place}"]
    assert auc.method == "DeLong, log odds, MOVER"
    assert auc.value == pytest.approx(b.value - a.value, rel=1e-12)
    (low1, high1), (low2, high2) = (_on_log_odds(x, 1.959963984540054) for x in (b, a))
    low = auc.value - np.hypot(b.value - low1, high2 - a.value)
    high = auc.value + np.hypot(high1 - b.value, a.value - low2)
    assert (auc.low, auc.high) == pytest.approx((low, high), rel=1e-9)
    assert (auc.group, auc.against, auc.n) == ({"g": "b"}, {"g": "a"}, n1 + n2)


def test_the_standardized_difference_by_hand() -> None:
    """Two groups of 30 with means 3 and 1 and SD 1, every row as far from its mean as any other.

    d = 2; the variances vary in no row, so that of d is 1/30 + 1/30.
    """
    unit = np.tile([-1, 1], 15) * np.sqrt(29 / 30)
    found = _groups(
        ([True, False] * 30, np.concatenate([unit + 3, unit + 1]), ["b"] * 30 + ["a"] * 30)
    )

    number = found["fairness/evaluation/standardized_mean_difference/g=b vs a"]
    assert number.value == pytest.approx(2.0, rel=1e-12)
    assert number.high - number.value == pytest.approx(1.959963984540054 / 15**0.5, rel=1e-9)


def test_groups_whose_scores_do_not_vary_have_no_interval_of_rounding() -> None:
    score = np.full(200, 0.300918032387)
    found = _groups((np.arange(200) % 3 == 0, score, ["b"] * 90 + ["a"] * 110))

    for name in ("mean_score/g=b", "mean_score_difference/g=b vs a"):
        assert found[f"fairness/evaluation/{name}"].low is None


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [29, 30, 50])
def test_normal_intervals_of_differences_need_30_rows_in_each_group(n: int, weighted: bool) -> None:
    """Welch's, which is not normal, needs no more than the t that it is made of."""
    random = np.random.RandomState(n)
    rows = (random.rand(n + 90) < 0.5, random.rand(n + 90), ["b"] * n + ["a"] * 90)

    weights = random.randint(1, 4, n + 90) if weighted else None
    # With weights as many as these leave: Kish's number, about 0.86 of the rows here.
    worth = n if weights is None else weights[:n].sum() ** 2 / (weights[:n] ** 2).sum()

    found = _groups(rows, small=2, weights=weights)

    shown = {
        m: found[f"fairness/evaluation/{m}/g=b vs a"].low is not None
        for m in ("mean_score_difference", "standardized_mean_difference", "roc_auc_difference")
    }
    assert shown == {
        "mean_score_difference": worth >= 30 or not weighted,
        "standardized_mean_difference": worth >= 30,
        "roc_auc_difference": n >= 30 or not weighted,
    }


@pytest.mark.parametrize("n", [29, 30])
def test_differences_by_unit_need_30_units_in_each_group(n: int) -> None:
    random = np.random.RandomState(n)
    size = 2 * n + 90
    units = coded([f"u{i // 2:02d}" for i in range(2 * n)] + [f"v{i:02d}" for i in range(90)])
    rows = (random.rand(size) < 0.5, random.rand(size), ["b"] * 2 * n + ["a"] * 90)

    found = _groups(rows, small=2, units=units)

    for metric in ("mean_score", "standardized_mean", "roc_auc"):
        number = found[f"fairness/evaluation/{metric}_difference/g=b vs a"]
        assert (number.low is not None) is (n == 30), metric


def test_the_weighted_standardized_difference_is_statsmodels(rows) -> None:
    _, score, group = rows
    weight = np.random.RandomState(1).uniform(0.5, 3, N)
    x, y = (score[group == g] for g in ("b", "a"))
    wx, wy = (weight[group == g] for g in ("b", "a"))

    number = _groups(tuple(x[group != "c"] for x in rows), weights=weight[group != "c"])[
        "fairness/evaluation/standardized_mean_difference/g=b vs a"
    ]

    assert number.value == pytest.approx(_standardized(x, y, wx, wy), rel=1e-12)
    error = (number.high - number.low) / (2 * 1.959963984540054)
    assert error == pytest.approx(_jackknife(x, y, wx, wy), rel=0.03)
    assert number.method == "linearized, pooled SD, weighted"


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

    rows = binary(positive, score)
    found = by_id(group_numbers(rows, labelled_sample(rows, "yes"), [of], 30))

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

    rows = binary(positive, score)
    found = by_id(segment_numbers(rows, labelled_sample(rows, "yes"), [("s", column)]))

    assert {i.rpartition("/")[2] for i in found} == {"s=a", "s=b"}
    inside = group == "b"
    number = found["segments/evaluation/roc_auc/s=b"]
    assert number.value == pytest.approx(
        sk.roc_auc_score(positive[inside], score[inside]), rel=1e-12
    )
    assert (number.group, number.n) == ({"s": "b"}, inside.sum())
    errors = by_id(segment_numbers(regression(score, score + 1), None, [("s", column)]))
    assert errors["segments/evaluation/bias/s=a"].value == pytest.approx(1.0)


def test_groups_whose_scores_do_not_vary_have_no_standardized_difference() -> None:
    found = _groups(([True, False] * 40, np.full(80, 0.3), ["a", "b"] * 40))

    number = found["fairness/evaluation/standardized_mean_difference/g=b vs a"]
    assert number.reason == "undefined: the values of both groups do not vary"
