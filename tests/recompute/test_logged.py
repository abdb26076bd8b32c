"""Logged beside recomputed: equal, different with its cause, or not recomputable with the reason."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.recompute.case import binary_config

from affidavit.config import Dataset
from affidavit.errors import SourceError
from affidavit.evidence import Digest, Evidence, Fact, Number, Subject
from affidavit.logged_metrics import agreement
from affidavit.metric_names import ALIASES, AMBIGUOUS, read_key
from affidavit.recompute.logged import Comparison, LoggedMetric, RoleNumbers, finding, read_logged
from affidavit.recompute.metrics import DEFINITIONS, View

MD5 = "0123456789abcdef0123456789abcdef"


def _view(seed: int) -> View:
    chance = np.random.default_rng(seed)
    score = chance.uniform(size=500)
    return View(
        is_positive=chance.uniform(size=500) < score, score=score, decided=score >= 0.3,
        weight=None,
    )  # fmt: skip


VIEWS = {"training": _view(1), "evaluation": _view(2)}


def _by(attribute: str, role: str, value: float) -> Number:
    metric = "demographic_parity_difference"
    return Number(
        id=f"fairness/{role}/{metric}/{attribute}", metric=metric, role=role, n=500, value=value,
        attributes=(attribute,), source="counts",
    )  # fmt: skip


PATHS = {"training": "data/train.csv", "evaluation": "data/prepared/test.csv"}


def _comparison(
    paths: dict[str, str] = PATHS, same: bool = False, facts: tuple[Fact, ...] = ()
) -> Comparison:
    roles = {}
    for role, view in VIEWS.items():
        numbers = tuple(
            Number(
                id=f"performance/{role}/{m}", metric=m, role=role, n=view.n,
                value=DEFINITIONS[m](view), source="scores",
            )
            for m in DEFINITIONS if m != "count"
        )  # fmt: skip
        numbers += (_by("afam", role, 0.125), _by("single", role, 0.0625))
        roles[role] = RoleNumbers(role=role, numbers=numbers, view=view, thresholds=(0.3,))
    config = binary_config(datasets={r: Dataset(path=p, include="embed") for r, p in paths.items()})
    facts += tuple(
        Fact(
            id=f"data.{role}.snapshot", kind="data", value="train.csv", basis="measured",
            digest=Digest(algorithm="md5", value=MD5), source="test",
        )
        for role in (("training", "evaluation") if same else ("training",))
    )  # fmt: skip
    subject = Subject(name="m", version="1")
    return Comparison(roles, "evaluation", config, Evidence(subject=subject, provenance=facts))


def _compare(key: str, value: float | str, dataset: str | None = None, digest: str | None = None):
    metric = LoggedMetric(key=key, value=value, step=0, dataset=dataset, digest=digest)
    return _comparison().compare(metric)


def _value(role: str, metric: str, threshold: float = 0.3) -> float:
    found = DEFINITIONS[metric](VIEWS[role].at(threshold))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "dataset", "role", "metric"),
    [
        ("accuracy", None, "evaluation", "accuracy"),
        ("accuracy_score", "evaluation", "evaluation", "accuracy"),
        ("test_auc", None, "evaluation", "roc_auc"),
        ("auc", "training", "training", "roc_auc"),
        ("roc_auc", "data/prepared/test.csv", "evaluation", "roc_auc"),
        ("roc_auc", "test", "evaluation", "roc_auc"),
        ("training_f1_score", None, "training", "f1"),
        ("Eval/LogLoss", None, "evaluation", "log_loss"),
        ("recall", None, "evaluation", "true_positive_rate"),
        ("test_tp", None, "evaluation", "true_positives"),
        ("example_count", None, "evaluation", "count"),
    ],
)
def test_finds_its_number_by_name_and_rows(
    key: str, dataset: str | None, role: str, metric: str
) -> None:
    found = _compare(key, _value(role, metric), dataset)

    assert (found.verdict, found.reason) == ("equal", None)
    assert found.recomputed == _value(role, metric)


def test_the_digest_decides_over_the_name() -> None:
    found = _compare("accuracy", _value("training", "accuracy"), "dataset", MD5)

    assert found.verdict == "equal"
    assert found.number == "performance/training/accuracy"


def test_a_value_of_another_file_than_was_given_is_not_called_wrong() -> None:
    """The run names a whole file by its digest, and the builder gave other data for the role."""
    given = Fact(
        id="data.evaluation.md5", kind="data", value="new.csv", basis="measured", source="test",
        digest=Digest(algorithm="md5", value="f" * 32),
    )  # fmt: skip
    comparison = _comparison(facts=(given,))
    value = _value("evaluation", "accuracy")

    def compared(value: float, digest: str) -> tuple[str, str | None]:
        metric = LoggedMetric(
            key="accuracy", value=value, step=0, dataset="evaluation", digest=digest
        )
        found = comparison.compare(metric)
        return found.verdict, found.reason

    assert compared(value - 0.2, "e" * 32) == (
        "not-recomputable",
        "logged on another file than was given as evaluation; it equals no value on evaluation",
    )
    assert compared(value, "e" * 32) == ("equal", None)
    # MLflow's own digest covers the first rows and names no file; the same digest is the same file.
    assert compared(value - 0.2, "0a1b2c3d")[0] == "different"
    assert compared(value - 0.2, "f" * 32)[0] == "different"


def test_a_value_from_the_training_rows_is_called_that() -> None:
    found = _compare("accuracy", _value("training", "accuracy"), "evaluation")

    assert found.verdict == "different"
    assert found.reason == "it equals the value on the training rows"


def test_a_value_at_another_threshold_is_called_that() -> None:
    found = _compare("accuracy", _value("evaluation", "accuracy", 0.5))

    assert found.verdict == "different"
    assert found.reason == "it equals the value at the threshold 0.5 (declared: 0.3)"


def test_a_flipped_label_is_suggested() -> None:
    found = _compare("roc_auc", 1 - _value("evaluation", "roc_auc"))

    assert found.verdict == "different"
    assert "upside down" in str(found.reason)


def test_mlflows_weighted_average_is_another_definition_and_equal() -> None:
    view = VIEWS["evaluation"]
    value = sk.f1_score(view.is_positive, view.decided, average="weighted")

    found = _compare("f1_score", float(value))

    assert (found.verdict, found.reason) == (
        "equal", "averaged over both classes, weighted by their rows",
    )  # fmt: skip


def _recall(average: str) -> float:
    view = VIEWS["evaluation"]
    return float(sk.recall_score(view.is_positive, view.decided, average=average))


def test_accuracy_that_was_logged_as_recall_is_no_recall() -> None:
    """Recall averaged over both classes by their rows is the accuracy."""
    assert _recall("weighted") == pytest.approx(_value("evaluation", "accuracy"), rel=1e-12)

    found = _compare("recall", _value("evaluation", "accuracy"))

    assert found.verdict == "different"
    assert str(found.reason).endswith("weighted by their rows, which is the accuracy")
    assert _compare("recall", _recall("macro")).verdict == "equal"


def test_the_recall_that_mlflow_logs_by_itself_is_the_weighted_one() -> None:
    view = VIEWS["training"]
    value = sk.recall_score(view.is_positive, view.decided, average="weighted")

    found = _compare("training_recall_score", float(value))

    assert (found.verdict, found.reason) == (
        "equal", "averaged over both classes, weighted by their rows",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "logged", "decimals"),
    [
        (0.81997, 0.82, 3),
        (0.8182, 0.818, 3),
        (0.8182, 0.82, None),
        (0.81, 0.8, None),
        (0.49996, 0.5, 3),
        (0.4994, 0.5, None),
    ],
)
def test_zeros_lost_at_the_end_are_no_difference(
    ours: float, logged: float, decimals: int | None
) -> None:
    expected = None if decimals is None else f"to the {decimals} decimals that were logged"

    assert agreement(logged, ours) == expected


def test_of_two_attributes_the_one_that_agrees_is_named() -> None:
    key = "demographic_parity_difference"

    assert _compare(key, 0.125).reason == "the number by afam, of 2 that it could mean"
    found = _compare(key, 0.0625)

    assert (found.verdict, found.reason) == (
        "equal", "the number by single, of 2 that it could mean",
    )  # fmt: skip
    assert found.number == f"fairness/evaluation/{key}/single"


def test_a_value_that_no_attribute_has_is_different() -> None:
    found = _compare("demographic_parity_difference", 0.3)

    assert (found.verdict, found.reason) == (
        "different",
        "it is none of the 2 numbers that it could mean: by afam; by single",
    )


def test_the_value_for_the_other_label_is_called_that() -> None:
    view = VIEWS["evaluation"]
    value = float(sk.f1_score(~view.is_positive, ~view.decided))

    found = _compare("f1", value)

    assert (found.verdict, found.reason) == ("different", "it equals the value for the other label")


def test_a_name_that_two_roles_have_tells_neither() -> None:
    paths = {"training": "a/data.csv", "evaluation": "b/data.csv"}
    metric = LoggedMetric(
        key="accuracy", value=_value("training", "accuracy"), step=0, dataset="data", digest=None
    )

    found = _comparison(paths).compare(metric)

    assert found.verdict == "not-recomputable"
    assert found.reason == (
        "logged on 'data', which is a name of several dataset roles; it equals the value on the "
        "training rows"
    )
    by_path = replace(metric, dataset="a/data.csv")
    assert _comparison(paths).compare(by_path).verdict == "equal"


def test_a_digest_that_two_roles_have_tells_neither() -> None:
    value = _value("training", "accuracy")
    metric = LoggedMetric(key="accuracy", value=value, step=0, dataset="evaluation", digest=MD5)

    assert _comparison().compare(metric).verdict == "equal"  # the twin: training's alone
    assert _comparison(same=True).compare(metric).verdict == "different"


def test_rows_of_an_unknown_name_that_give_the_training_value_are_called_that() -> None:
    found = _compare("accuracy", _value("training", "accuracy"), "other")

    assert found.reason == (
        "logged on 'other', which no dataset role holds; it equals the value on the training rows"
    )


def test_a_value_rounded_before_it_was_logged_is_equal_to_its_digits() -> None:
    found = _compare("roc_auc", round(_value("evaluation", "roc_auc"), 4))

    assert (found.verdict, found.reason) == ("equal", "to the 4 decimals that were logged")


def test_a_difference_beyond_the_tolerance_is_different() -> None:
    value = _value("evaluation", "roc_auc")

    assert _compare("roc_auc", value * (1 + 5e-10)).verdict == "equal"
    assert _compare("roc_auc", value * (1 + 5e-9)).verdict == "different"


def test_a_logged_nan_is_different_from_a_number() -> None:
    found = _compare("roc_auc", "NaN")

    assert (found.verdict, found.reason) == ("different", "logged as NaN")


@pytest.mark.parametrize(
    ("key", "dataset", "reason"),
    [
        ("profit", None, "no recomputed number has this name"),
        ("val_accuracy", None, "logged on validation rows, which no dataset role holds"),
        ("accuracy", "other.csv", "logged on 'other.csv', which no dataset role holds"),
        ("holdback_accuracy", None, "no recomputed number has this name"),
    ],
)
def test_what_cannot_be_recomputed_says_why(key: str, dataset: str | None, reason: str) -> None:
    found = _compare(key, 0.123456789, dataset)

    assert found.verdict == "not-recomputable"
    assert str(found.reason).startswith(reason)
    assert found.recomputed is None


def test_rows_of_an_unknown_name_that_give_the_same_value_are_equal() -> None:
    assert _compare("accuracy", _value("evaluation", "accuracy"), "other").verdict == "equal"


def test_the_finding_has_both_values() -> None:
    found = finding(_compare("roc_auc", 0.25), 1, "data/reports/performance.json")

    assert found.expected == "0.25 (logged)"
    assert found.found == f"{_value('evaluation', 'roc_auc'):.12g} (recomputed)"
    assert found.kind == "exception"


def test_of_several_steps_the_last_counts() -> None:
    content = (
        b'{"metrics":[{"key":"a","value":1.5,"step":0},{"key":"a","value":2.5,"step":7},'
        b'{"key":"a","value":9,"step":3,"dataset_name":"d"},{"key":"b","value":"NaN","step":0}]}'
    )

    found = [(m.key, m.value, m.dataset) for m in read_logged(content)]

    assert found == [("a", 2.5, None), ("a", 9.0, "d"), ("b", "NaN", None)]


@pytest.mark.parametrize("content", [b"[]", b'{"metrics":[{"key":"a"}]}', b"{", b'{"metrics":{}}'])
def test_refuses_a_metrics_file_that_resolve_did_not_write(content: bytes) -> None:
    with pytest.raises(SourceError, match=r"metrics\.json"):
        read_logged(content)


def test_no_alias_means_two_metrics() -> None:
    names = [n for metric, aliases in ALIASES.items() for n in (metric, *aliases)]

    assert len(names) == len(set(names))
    assert all(read_key(name).metric is not None for name in names)


def test_the_documented_names_are_those_that_are_read() -> None:
    text = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
    before, _, after = text.partition("## Names in logs")
    several = before.partition("| name | may be |")[2].partition("\n\n")[0]

    assert _names_in(after) == ALIASES
    assert _names_in(several) == AMBIGUOUS


def _names_in(text: str) -> dict[str, tuple[str, ...]]:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    return {name: tuple(re.findall(r"`(\w+)`", others)) for name, others in rows}


def _of_class(metric: str, label: str, value: float, role: str) -> Number:
    return Number(
        id=f"performance/{role}/{metric}/class={label}", metric=metric, role=role, label=label,
        n=500, value=value, source="scores",
    )  # fmt: skip


def _multiclass(*labels: str) -> Comparison:
    roles = {
        role: RoleNumbers(
            role=role, view=None, thresholds=(),
            numbers=tuple(_of_class("roc_auc", c, at + i / 64, role) for i, c in enumerate(labels)),
        )
        for role, at in (("training", 0.5), ("evaluation", 0.75))
    }  # fmt: skip
    config = binary_config(datasets={r: Dataset(path=p, include="embed") for r, p in PATHS.items()})
    return Comparison(roles, "evaluation", config, Evidence(subject=Subject(name="m", version="1")))


def _logged(key: str, value: float) -> LoggedMetric:
    return LoggedMetric(key=key, value=value, step=0, dataset=None, digest=None)


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("roc_auc_Class A", "performance/evaluation/roc_auc/class=Class A"),
        ("auc_class_a", "performance/evaluation/roc_auc/class=Class A"),
        ("test_b_auroc", "performance/evaluation/roc_auc/class=B"),
        ("training/roc_auc_class_b", "performance/training/roc_auc/class=B"),
    ],
)
def test_a_key_with_a_class_means_the_number_of_that_class(key: str, number: str) -> None:
    role, at = ("training", 0.5) if "training" in number else ("evaluation", 0.75)
    value = at + (0 if number.endswith("A") else 1 / 64)

    found = _multiclass("Class A", "B").compare(_logged(key, value))

    assert (found.verdict, found.number, found.reason) == ("equal", number, None)
    assert found.dataset == role


def test_a_class_that_differs_says_where_the_value_is_from() -> None:
    found = _multiclass("a", "b").compare(_logged("roc_auc_a", 0.5))

    assert (found.verdict, found.reason) == (
        "different", "it equals the value on the training rows",
    )  # fmt: skip


def test_of_two_classes_that_a_key_could_mean_the_one_that_agrees_is_named() -> None:
    classes = _multiclass("a b", "a-b")

    found = classes.compare(_logged("roc_auc_a_b", 0.75))
    neither = classes.compare(_logged("roc_auc_a_b", 0.7))

    assert (found.verdict, found.reason) == (
        "equal", "the number of class a b, of 2 that it could mean",
    )  # fmt: skip
    assert (neither.verdict, neither.reason) == (
        "different",
        "it is none of the 2 numbers that it could mean: of class a b; of class a-b",
    )
    assert _multiclass("a b", "c").compare(_logged("roc_auc_a_b", 0.75)).reason is None


def test_the_number_of_one_class_is_not_that_of_all() -> None:
    found = _multiclass("a", "b").compare(_logged("roc_auc", 0.75))

    assert found.verdict == "not-recomputable"


def test_another_definition_of_the_same_name_is_called_that() -> None:
    view = VIEWS["evaluation"]
    place = np.minimum((view.score * 15).astype(int), 14)
    wide = float(np.abs(np.bincount(place, view.score - view.is_positive)).sum() / 500)
    number = Number(
        id="performance/evaluation/expected_calibration_error", role="evaluation", n=500,
        metric="expected_calibration_error", value=0.5, source="scores",
    )  # fmt: skip
    role = RoleNumbers(role="evaluation", numbers=(number,), view=view, thresholds=())
    comparison = Comparison(
        {"evaluation": role}, "evaluation", binary_config(),
        Evidence(subject=Subject(name="m", version="1")),
    )  # fmt: skip

    found = comparison.compare(_logged("ece", wide))

    assert (found.verdict, found.reason) == (
        "different", "it equals the value in 15 bins of equal width; ours are of equally many rows",
    )  # fmt: skip
    assert comparison.compare(_logged("ece", 0.5)).verdict == "equal"
