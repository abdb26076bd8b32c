"""Bad input, through whole builds: a clear refusal, or a bundle whose page one says what is wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import Case, save_sklearn
from tests.support.small_world import (
    BINARY,
    INPUTS,
    SmallBundle,
    applicants,
    build_small,
)

from affidavit.errors import AffidavitError, ConfigError, SourceError

pytestmark = pytest.mark.usefixtures("kept_model")
TRAINING = '[datasets.training]\npath = "training.csv"\ninclude = "reference"\n'
ALONE = BINARY.replace(TRAINING, "")
WEIGHTED = ALONE.replace('id = "id"\n', 'id = "id"\nweight = "weight"\n')
REGRESSION = """\
version = 1
task = "regression"
[rows]
id = "id"
[label]
column = "amount"
kind = "outcome"
[datasets.evaluation]
path = "evaluation.csv"
include = "embed"
"""
MANY = """\
[sensitive.town]
column = "town"
source = "self-reported"
reference = "t0"
"""
Change = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A build that must not be: the error, words of it, and words of its fix."""

    kind: type[AffidavitError]
    words: tuple[str, ...]
    fix: str


def fill_alone(
    folder: Path, table: pd.DataFrame, model: Any = None, label: Change | None = None
) -> Callable[[Case], Case]:
    """A model of 900 other applicants, and the rows of one role."""
    from sklearn.linear_model import LogisticRegression

    known = applicants(seed=7)
    target = known["deny"] if label is None else label(known["deny"])
    fitted = (model or LogisticRegression()).fit(known[INPUTS], target)
    save_sklearn(fitted, folder / "model", known[INPUTS].head(3))
    return lambda case: case.model(folder / "model").dataset("evaluation", table)


def set_in(column: str, *values: object) -> Change:
    """The first rows with other values in one column."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        found = table[column].astype(object)
        found.iloc[: len(values)] = list(values)
        return table.assign(**{column: found})

    return change


def labelled(positive: str, favourable: str) -> str:
    return ALONE.replace('positive = "yes"', f'positive = "{positive}"').replace(
        'favourable = "no"', f'favourable = "{favourable}"'
    )


REFUSED = {
    "zero weights": (
        WEIGHTED, set_in("weight", 0.0, 0.0),
        Refused(kind=SourceError, words=("the row weight 'weight'", "in 2 rows"),
                fix="correct the weights"),
    ),
    "a negative weight": (
        WEIGHTED, set_in("weight", -1.0),
        Refused(kind=SourceError, words=("the row weight 'weight'", "in 1 rows"),
                fix="correct the weights"),
    ),
    "an infinite weight": (
        WEIGHTED, set_in("weight", float("inf")),
        Refused(kind=SourceError, words=("the row weight 'weight'",), fix="correct"),
    ),
    "an infinite input": (
        ALONE, set_in("x2", float("inf"), float("-inf")),
        Refused(kind=SourceError,
                words=("role evaluation: infinite values in the column 'x2' in 2 rows", "division by 0"),
                fix="write a missing value in its place"),
    ),
    "an absent sensitive column": (
        ALONE, lambda t: t.drop(columns="sex"),
        Refused(kind=ConfigError, words=("sensitive attribute sex, column 'sex'",), fix="correct affidavit.toml"),
    ),
    "a label in words, declared as numbers": (
        labelled("1", "0"), lambda t: t,
        Refused(kind=ConfigError, words=("[label] positive = '1' is no value of 'deny'", "no, yes"),
                fix="set positive to one of them"),
    ),
    "a label of booleans, declared as numbers": (
        labelled("1", "0"), lambda t: t.assign(deny=t["deny"] == "yes"),
        Refused(kind=ConfigError, words=("positive = '1' is no value of 'deny'", "False, True"),
                fix="set positive to one of them"),
    ),
    "a label of whole floats, declared with their point": (
        labelled("1.0", "0.0"), lambda t: t.assign(deny=(t["deny"] == "yes").astype(float)),
        Refused(kind=ConfigError, words=("positive = '1.0' is no value of 'deny'", "holds 0, 1"),
                fix="set positive to one of them"),
    ),
    "a third label value": (
        ALONE, set_in("deny", "perhaps"),
        Refused(kind=ConfigError, words=("'deny' holds 3 values", "no, perhaps, yes"),
                fix="clear the label column"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_the_cause_and_the_repair(tmp_path: Path, name: str) -> None:
    config, change, refused = REFUSED[name]

    with pytest.raises(refused.kind) as caught:
        build_small(tmp_path, config, fill_alone(tmp_path, change(applicants())))

    said = f"{caught.value.what} {caught.value.cause}"
    assert all(word in said for word in refused.words), said
    assert refused.fix in caught.value.fix
    assert not (tmp_path / "m.zip").exists()


def build_regression(folder: Path, table: pd.DataFrame) -> SmallBundle:
    from sklearn.linear_model import LinearRegression

    known = applicants(seed=7)
    model = LinearRegression().fit(known[INPUTS], known["x1"] * 2 + known["x2"])
    save_sklearn(model, folder / "model", known[INPUTS].head(3))

    def fill(case: Case) -> Case:
        return case.model(folder / "model").dataset("evaluation", table)

    return build_small(folder, REGRESSION, fill)


def test_an_infinite_label_of_a_regression_is_refused(tmp_path: Path) -> None:
    table = applicants().assign(amount=lambda t: t["x1"] * 2)
    (tmp_path / "twin").mkdir()
    assert build_regression(tmp_path / "twin", table).verdict().exit_code == 0

    with pytest.raises(SourceError) as caught:
        build_regression(tmp_path, set_in("amount", float("inf"))(table))

    assert "the label column 'amount' holds infinite values" in caught.value.what
    assert caught.value.fix == "correct the snapshot"


# --- what is built, and says so


def require_on_page_one(bundle: SmallBundle, finding: str, kind: str, words: str) -> None:
    """The finding is of this kind, page one has its words, and a stranger verifies the bundle."""
    assert bundle.findings[finding]["kind"] == kind
    assert [line for line in bundle.page_one.splitlines() if words in line]
    assert bundle.verdict().exit_code == 0


def test_none_of_these_stands_in_a_sound_bundle(tmp_path: Path) -> None:
    bundle = build_small(tmp_path, ALONE, fill_alone(tmp_path, applicants()))

    assert bundle.findings == {}
    assert bundle.verdict().exit_code == 0


def test_an_infinite_value_in_a_column_that_the_model_does_not_read(tmp_path: Path) -> None:
    config = ALONE.replace('id = "id"\n', 'id = "id"\nexclude = ["ratio"]\n')
    table = applicants().assign(ratio=[float("inf"), *([1.5] * 899)])

    bundle = build_small(tmp_path, config, fill_alone(tmp_path, table))

    assert bundle.findings == {}
    assert bundle.verdict().exit_code == 0


def test_ten_thousand_groups_are_left_out_by_name(tmp_path: Path) -> None:
    table = applicants(10_000).assign(town=[f"t{i}" for i in range(10_000)])

    bundle = build_small(tmp_path, ALONE + MANY, fill_alone(tmp_path, table))

    words = "Fairness by town is not computed on evaluation: it has 10000 different values"
    require_on_page_one(bundle, "recompute.sensitive.town.evaluation", "gap", words)
    assert any("/sex=" in number for number in bundle.numbers("fairness"))


@pytest.mark.slow
def test_ten_thousand_groups_of_an_intersection_are_left_out_by_name(tmp_path: Path) -> None:
    place = np.arange(10_000)
    table = applicants(10_000).assign(
        town=[f"t{i}" for i in place % 100], job=[f"j{i}" for i in place // 100]
    )
    config = ALONE + MANY + MANY.replace("town", "job").replace("t0", "j0") + (
        '[fairness]\nintersections = [["town", "job"]]\n'
    )  # fmt: skip

    bundle = build_small(tmp_path, config, fill_alone(tmp_path, table))

    words = "Town and job are not compared together on evaluation: they make 10000 groups"
    require_on_page_one(bundle, "recompute.intersection.town+job.evaluation", "gap", words)
    numbers = bundle.numbers("fairness")
    assert any("/town=" in number for number in numbers)
    assert not any("town+job" in number for number in numbers)


def test_a_constant_sensitive_column_cannot_be_compared(tmp_path: Path) -> None:
    config = ALONE.replace('reference = "m"', 'reference = "f"')

    bundle = build_small(tmp_path, config, fill_alone(tmp_path, applicants().assign(sex="f")))

    words = "Groups by sex cannot be compared on evaluation: it has one group only, 'f'"
    require_on_page_one(bundle, "recompute.constant.sex.evaluation", "gap", words)


@pytest.mark.parametrize(("threshold", "decided"), [("1.0", "no"), ("0.0", "yes")])
def test_a_threshold_that_selects_nobody_or_everybody(
    tmp_path: Path, threshold: str, decided: str
) -> None:
    config = ALONE.replace("threshold = 0.5", f"threshold = {threshold}")

    bundle = build_small(tmp_path, config, fill_alone(tmp_path, applicants()))

    words = f"All 900 rows of evaluation are decided alike, '{decided}'"
    require_on_page_one(bundle, "recompute.threshold.evaluation", "exception", words)


def test_scores_outside_0_to_1_are_no_probabilities(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    fill = fill_alone(
        tmp_path, applicants(), LinearRegression(), lambda deny: (deny == "yes") * 3.0
    )
    bundle = build_small(tmp_path, ALONE, fill)

    scores = pd.read_csv(io.BytesIO(bundle.files["data/predictions/evaluation.csv"]))["score"]
    assert scores.max() > 1
    numbers = bundle.numbers("performance")
    brier = numbers["performance/evaluation/brier_score"]
    assert brier.value is None
    assert brier.reason == "undefined: scores outside [0, 1] are no probabilities"
    assert numbers["performance/evaluation/roc_auc"].value is not None
    assert "| undefined, n = 900 |" in bundle.page_one
    assert bundle.verdict().exit_code == 0


LABELS: dict[str, tuple[Change, str, str]] = {
    "whole floats": (lambda s: (s == "yes").astype(float), "1", "0"),
    "whole numbers": (lambda s: (s == "yes").astype(int), "1", "0"),
    "booleans": (lambda s: s == "yes", "True", "False"),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_of_another_type_gives_the_same_numbers(tmp_path: Path, name: str) -> None:
    turn, positive, favourable = LABELS[name]
    table = applicants()
    known = turn(table["deny"])

    bundle = build_small(
        tmp_path, labelled(positive, favourable),
        fill_alone(tmp_path, table.assign(deny=known), label=turn),
    )  # fmt: skip

    assert bundle.findings == {}
    assert bundle.verdict().exit_code == 0
    numbers = bundle.numbers("performance")
    predictions = pd.read_csv(io.BytesIO(bundle.files["data/predictions/evaluation.csv"]))
    denied = (table["deny"] == "yes").to_numpy()
    expected = (predictions["score"].to_numpy()[denied] >= 0.5).mean()
    assert numbers["performance/evaluation/true_positive_rate"].value == pytest.approx(expected)


# --- odd data, whole builds


def test_one_row_is_built_and_its_label_and_groups_are_not_told(tmp_path: Path) -> None:
    row = applicants(1)

    bundle = build_small(tmp_path, ALONE, fill_alone(tmp_path, row))

    words = "has only 1 labelled row, of one label"
    require_on_page_one(bundle, "recompute.label.evaluation", "exception", words)
    words = "Groups by sex cannot be compared on evaluation: it has one group only."
    require_on_page_one(bundle, "recompute.constant.sex.evaluation", "gap", words)
    notes = " ".join(bundle.report("data").notes)
    assert "evaluation: labels of fewer than 10 rows are not told here." in notes
    for told in (bundle.page_one, notes):
        assert "'yes'," not in told
        assert f"'{row['sex'][0]}'" not in told


ODD = "pro\nduct\x1b[31m\u202e|<b>"


def test_a_group_of_one_row_a_constant_input_and_a_name_that_rewrites_the_screen(
    tmp_path: Path,
) -> None:
    table = applicants().rename(columns={"product": ODD}).assign(x3=1.0)
    table.loc[5, "sex"] = "x"

    bundle = build_small(tmp_path, ALONE, fill_alone(tmp_path, table))

    assert bundle.verdict().exit_code == 0
    columns = {c.name: c for c in bundle.report("data").columns}
    assert (columns["x3"].used_as, columns["x3"].distinct) == ("input", 1)
    assert columns[ODD].distinct == 3
    told = "by sex is not told here"
    assert [n for n in bundle.report("data").notes if told in n]
    for suffix in ("md", "html"):
        card = bundle.files[f"data/card/model-card.{suffix}"].decode()
        assert told in card
        assert not any(c in card for c in "\x1b\u202e")


@pytest.mark.slow
def test_five_thousand_inputs_are_built_and_the_card_stays_short(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    wide = [f"feature_{i:04d}" for i in range(4997)]
    table, known = (
        applicants(400, seed).join(
            pd.DataFrame(
                np.random.RandomState(seed).normal(size=(400, 4997)).round(3), columns=wide
            )
        )
        for seed in (1, 7)
    )
    inputs = [*INPUTS, *wide]
    save_sklearn(
        LogisticRegression().fit(known[inputs], known["deny"]), tmp_path / "model",
        known[inputs].head(3),
    )  # fmt: skip

    def fill(case: Case) -> Case:
        case = case.model(tmp_path / "model").dataset("evaluation", table)
        return case.dataset("training", known.assign(id="t" + known["id"].str[1:]))

    bundle = build_small(tmp_path, BINARY, fill)

    assert bundle.verdict().exit_code == 0
    card = bundle.files["data/card/model-card.md"].decode()
    tables = "\n".join(line if line.startswith("|") else "" for line in card.splitlines())
    assert max(len(t.splitlines()) for t in tables.split("\n\n") if t.strip()) < 80
    assert len(card) < 150_000
    notes = bundle.report("data").notes
    assert [n for n in notes if "4011 of 5011 columns are not profiled" in n]
