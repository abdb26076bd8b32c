"""Logged fairness: keys of groups, pairs and summaries find their numbers; a wrong one differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from fairlearn import metrics as fl
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from tests.rates.build import ROWS, spec_of, table_of
from tests.recompute.case import binary_config

from affidavit.config import Config, Label
from affidavit.evidence import Evidence, Logged, Number, Subject
from affidavit.logged_averages import following
from affidavit.logged_meaning import Names
from affidavit.metric_names import read_key
from affidavit.rates import derive
from affidavit.recompute.logged import Comparison, LoggedMetric, RoleNumbers


@dataclass(frozen=True)
class People:
    """Rows of two attributes, with label and decision; `bad` is scored, `good` is favourable."""

    sex: np.ndarray
    age: np.ndarray
    label: np.ndarray
    decision: np.ndarray

    @property
    def numbers(self) -> tuple[Number, ...]:
        spec = spec_of(
            "sex", "age", attributes=tuple(
                {"name": n, "reference": r, "source": "observed"}
                for n, r in (("sex", "m"), ("age", "25-59"))
            ),
        )  # fmt: skip
        columns = (self.sex, self.age, self.label, self.decision)
        return derive(table_of(zip(*columns, strict=True), spec))

    def of(self, attribute: str, value: str) -> tuple[np.ndarray, np.ndarray]:
        """Label and decision of one group, as whether they are good."""
        mine = getattr(self, attribute) == value
        return self.label[mine] == "good", self.decision[mine] == "good"

    def selected(self, attribute: str, value: str) -> float:
        return float(self.of(attribute, value)[1].mean())


def _people() -> People:
    chance = np.random.default_rng(4)
    sex, age = chance.choice(["f", "m"], 400), chance.choice(["<25", "25-59", ">=60"], 400)
    label = np.where(chance.uniform(size=400) < 0.6, "good", "bad")
    high = 0.75 - 0.2 * (sex == "f") - 0.1 * (age == "<25") + 0.1 * (label == "good")
    decision = np.where(chance.uniform(size=400) < high, "good", "bad")
    return People(sex=sex, age=age, label=label, decision=decision)


PEOPLE = _people()
FLIPPED = binary_config(
    label=Label(column="y", kind="outcome", positive="bad", favourable="good")
)  # the score is of the label that is not favourable
SAME = binary_config(label=Label(column="y", kind="outcome", positive="good", favourable="good"))


def _compare(
    key: str, value: float, config: Config = FLIPPED, numbers: tuple[Number, ...] = ()
) -> Logged:
    role = RoleNumbers(
        role="evaluation", numbers=numbers or PEOPLE.numbers, view=None, thresholds=()
    )
    comparison = Comparison(
        {"evaluation": role}, "evaluation", config, Evidence(subject=Subject(name="m", version="1"))
    )
    return comparison.compare(
        LoggedMetric(key=key, value=value, step=0, dataset=None, digest=None)
    )  # fmt: skip


def _fairlearn(function, attribute: str) -> float:
    return float(
        function(
            PEOPLE.label == "good", PEOPLE.decision == "good",
            sensitive_features=getattr(PEOPLE, attribute),
        )
    )  # fmt: skip


SUMMARIES = {
    "demographic_parity_difference": fl.demographic_parity_difference,
    "test_demographic_parity_difference": fl.demographic_parity_difference,
    "Eval/Demographic-Parity Difference": fl.demographic_parity_difference,
    "dpd_test": fl.demographic_parity_difference,
    "test_dp_difference": fl.demographic_parity_difference,
    "holdout_dp_ratio": fl.demographic_parity_ratio,
    "equalised_odds_difference": fl.equalized_odds_difference,
    "test_eod": fl.equalized_odds_difference,
    "eo_difference": fl.equal_opportunity_difference,
    "equalized_odds_ratio": fl.equalized_odds_ratio,
    "test_selection_rate_difference": fl.demographic_parity_difference,
    "disparate_impact": fl.demographic_parity_ratio,
}


@pytest.mark.parametrize("key", SUMMARIES)
@pytest.mark.parametrize("attribute", ["sex", "age"])
def test_a_summary_is_found_whatever_its_prefix_case_or_alias(key: str, attribute: str) -> None:
    value = _fairlearn(SUMMARIES[key], attribute)

    found = _compare(key, value)

    assert found.verdict == "equal"
    assert found.recomputed == pytest.approx(value, rel=1e-12)
    assert f"by {attribute}" in str(found.reason) or f"of {attribute} = " in str(found.reason)


@pytest.mark.parametrize("key", SUMMARIES)
def test_a_wrong_summary_is_different_and_says_what_it_could_have_meant(key: str) -> None:
    found = _compare(key, 0.5)

    assert found.verdict == "different"
    assert str(found.reason).startswith("it is none of the ")
    assert "by age" in str(found.reason)


def test_a_summary_with_its_attribute_means_that_one() -> None:
    value = _fairlearn(fl.demographic_parity_difference, "age")

    for key in ("dpd_age", "age_dpd", "test_demographic_parity_difference_by_age"):
        found = _compare(key, value)
        assert (found.verdict, found.reason) == ("equal", None)
    assert _compare("dpd_sex", value).verdict == "different"


def _ratio(attribute: str, value: str, reference: str) -> float:
    return PEOPLE.selected(attribute, value) / PEOPLE.selected(attribute, reference)


@pytest.mark.parametrize(
    "key",
    [
        "sex_selection_rate_ratio", "selection_rate_ratio_sex", "adverse_impact_ratio_f",
        "test_adverse_impact_ratio@sex=f", "air_f_vs_m", "selection_rate_ratio_sex_f_vs_m",
    ],
)  # fmt: skip
def test_a_ratio_to_the_reference_group_is_found(key: str) -> None:
    found = _compare(key, _ratio("sex", "f", "m"))

    assert (found.verdict, found.number) == (
        "equal", "fairness/evaluation/selection_rate_ratio/sex=f vs m",
    )  # fmt: skip
    assert _compare(key, 0.5).verdict == "different"


def test_a_ratio_without_a_group_is_that_of_any_group_by_name() -> None:
    found = _compare("test_adverse_impact_ratio", _ratio("age", "<25", "25-59"))

    assert found.number == "fairness/evaluation/selection_rate_ratio/age=<25 vs 25-59"
    assert found.reason == (
        "selection_rate_ratio of age = <25 against 25-59, of 5 that it could mean"
    )


def test_a_ratio_the_other_way_round_is_called_that() -> None:
    found = _compare("air_f", 1 / _ratio("sex", "f", "m"))

    assert (found.verdict, found.reason) == (
        "different", "it equals the reference group's over the group's",
    )  # fmt: skip


def test_a_difference_the_other_way_round_is_called_that() -> None:
    gap = PEOPLE.selected("sex", "m") - PEOPLE.selected("sex", "f")

    found = _compare("selection_rate_difference_f", gap)

    assert (found.verdict, found.reason) == (
        "different", "it equals the reference group's minus the group's",
    )  # fmt: skip


@pytest.mark.parametrize(
    "key", ["test_accuracy_f", "accuracy@sex=f", "f_acc", "accuracy_by_sex_f", "sex_f_accuracy"]
)
def test_a_metric_of_a_group_is_found(key: str) -> None:
    value = float(sk.accuracy_score(*PEOPLE.of("sex", "f")))

    found = _compare(key, value)

    assert (found.verdict, found.number, found.reason) == (
        "equal", "fairness/evaluation/accuracy/sex=f", None,
    )  # fmt: skip
    assert _compare(key, value + 0.01).verdict == "different"


def test_a_band_is_found_by_its_digits() -> None:
    value = float(sk.accuracy_score(*PEOPLE.of("age", "25-59")))

    assert _compare("accuracy_age_25_59", value).number == "fairness/evaluation/accuracy/age=25-59"


def test_digits_alone_may_be_something_else_than_a_group() -> None:
    """Folds and epochs are logged so; with the attribute's name it can only be the group."""
    value = float(sk.accuracy_score(*PEOPLE.of("age", ">=60")))

    fold = _compare("accuracy_60", 0.123)

    assert _compare("accuracy_60", value).verdict == "equal"
    assert (fold.verdict, fold.reason) == (
        "not-recomputable",
        (
            "a number alone may be something else than a group, and the value is of none that is so "
            "called"
        ),
    )
    assert _compare("accuracy_age_60", 0.123).verdict == "different"


def test_a_group_that_nothing_is_called_stays_without_a_number() -> None:
    found = _compare("accuracy_x", 0.5)

    assert (found.verdict, found.reason) == (
        "not-recomputable", "no recomputed number has this name",
    )  # fmt: skip


def test_a_rate_of_a_group_may_be_of_the_label_that_the_score_is_of() -> None:
    label, decision = PEOPLE.of("sex", "f")
    recall = float(sk.recall_score(~label, ~decision))

    found = _compare("recall_f", recall)

    assert (found.verdict, found.number) == (
        "equal", "fairness/evaluation/true_negative_rate/sex=f",
    )  # fmt: skip
    assert found.reason == "true_negative_rate of sex = f, of 2 that it could mean"
    assert _compare("recall_f", float(sk.recall_score(label, decision))).verdict == "equal"
    assert _compare("recall_f", 0.123).verdict == "different"
    assert _compare("recall_f", recall, SAME).verdict == "different"


def test_a_selection_rate_of_a_group_may_be_of_the_other_label_and_says_so() -> None:
    rate = PEOPLE.selected("sex", "f")

    other = _compare("selection_rate_f", 1 - rate)

    assert _compare("selection_rate_f", rate).reason is None
    assert (other.verdict, other.reason) == ("equal", "one minus it, which is of the other label")
    assert _compare("selection_rate_f", 1 - rate, SAME).verdict == "different"
    assert _compare("test_selection_rate_f", 0.123).verdict == "different"


def test_a_precision_of_a_group_that_may_be_of_the_other_label_is_not_called_wrong() -> None:
    label, decision = PEOPLE.of("sex", "f")

    unsure = _compare("precision_f", float(sk.precision_score(~label, ~decision)))

    assert _compare("precision_f", float(sk.precision_score(label, decision))).verdict == "equal"
    assert unsure.verdict == "not-recomputable"
    assert unsure.reason == (
        "ours of sex = f counts y = good, that of another label is not recomputed"
    )
    assert _compare("precision_f", 0.123, SAME).verdict == "different"


AVERAGES = [
    f"{name}_{average}"
    for name in ("precision", "recall", "f1")
    for average in ("macro", "micro", "weighted")
]


@pytest.mark.parametrize("name", AVERAGES)
def test_averages_of_a_binary_model_are_scikit_learns(name: str) -> None:
    function = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    base, _, average = name.partition("_")
    value = float(function[base](PEOPLE.label, PEOPLE.decision, average=average))

    found = _compare(f"test_{name}", value)

    assert (found.verdict, found.reason) == ("equal", None)
    assert found.recomputed == pytest.approx(value, rel=1e-12)
    assert _compare(name, value + 0.01).verdict == "different"


CLASSES = st.sampled_from(["low", "mid", "high"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CLASSES, CLASSES), min_size=1, max_size=40))
def test_averages_that_no_report_has_are_scikit_learns_for_more_classes(
    rows: list[tuple[str, str]],
) -> None:
    spec = spec_of(positive="", favourable="low", task="multiclass")
    numbers = derive(table_of(rows, spec))
    label, decision = (list(c) for c in zip(*rows, strict=True))

    for name, function, average in (
        ("precision_weighted", sk.precision_score, "weighted"),
        ("recall_weighted", sk.recall_score, "weighted"),
        ("precision_micro", sk.precision_score, "micro"),
    ):
        theirs = function(label, decision, average=average, zero_division=0)
        assert following(name, numbers) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_no_order_of_the_numbers_changes_what_a_key_means(rows: list[tuple[str, str, str]]) -> None:
    """Recompute has them as derived, verify as the reports list them."""
    numbers = derive(table_of(rows))
    config = binary_config()
    keys = [read_key(k) for k in ("dpd", "selection_rate_ratio", "accuracy_b", "recall_a", "f1")]

    for key in keys:
        one = Names(numbers, config).meaning(key)
        other = Names(reversed(numbers), config).meaning(key)
        assert one == other
