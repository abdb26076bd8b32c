"""What a validator must not miss: each wrong thing, built into a bundle, stands on page one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.small_world import BINARY, INPUTS, applicants, build_small, fill_binary

pytestmark = pytest.mark.usefixtures("kept_model")
TRAINING = '[datasets.training]\npath = "training.csv"\ninclude = "reference"\n'


def lines(page: str, word: str) -> list[str]:
    return [line for line in page.splitlines() if word in line]


WRONG_FAIRNESS = {
    "test_demographic_parity_difference": "by sex",
    "test_accuracy_f": "accuracy_f",
    "Test/Adverse-Impact-Ratio_sex": "Adverse-Impact-Ratio_sex",
    "eval_recall_macro": "recall_macro",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("sound")
    return build_small(folder, BINARY, fill_binary(folder, applicants()))


def test_a_sound_model_has_none_of_these_findings(sound) -> None:
    exceptions = [i for i, f in sound.findings.items() if f["kind"] == "exception"]

    assert exceptions == []
    assert sound.verdict().exit_code == 0


def test_a_metric_logged_wrongly(sound, tmp_path: Path) -> None:
    right = sound.numbers("performance")["performance/evaluation/roc_auc"].value
    logged = (
        {"key": "test_auc", "value": right + 0.02},
        *({"key": key, "value": 0.4987} for key in WRONG_FAIRNESS),
    )

    bundle = build_small(tmp_path, BINARY, fill_binary(tmp_path, applicants(), logged))

    assert lines(bundle.page_one, "test_auc")
    for key, words in WRONG_FAIRNESS.items():
        (said,) = lines(bundle.page_one, f"training logged another {key} ".replace("t", "T", 1))
        assert words in said
        assert "0.4987 (logged)" in said
    assert bundle.verdict().exit_code == 0


def test_the_same_metrics_logged_rightly_are_no_findings(sound, tmp_path: Path) -> None:
    """The twin: each key with the number that it means; the counts among them."""
    performance, fairness = sound.numbers("performance"), sound.numbers("fairness")
    meant = {
        "test_demographic_parity_difference": "demographic_parity_difference/sex",
        "test_accuracy_f": "accuracy/sex=f",
        "Test/Adverse-Impact-Ratio_sex": "selection_rate_ratio/sex=f vs m",
    }
    logged = [
        {"key": key, "value": fairness[f"fairness/evaluation/{number}"].value}
        for key, number in meant.items()
    ]
    tp = performance["performance/evaluation/true_positives"].value
    recall = performance["performance/evaluation/balanced_accuracy"].value
    logged += [{"key": "test_tp", "value": tp}, {"key": "eval_recall_macro", "value": recall}]

    bundle = build_small(tmp_path, BINARY, fill_binary(tmp_path, applicants(), tuple(logged)))

    found = {row.key: row for row in bundle.report("performance").logged}
    assert {row.verdict for row in found.values()} == {"equal"}
    assert found["test_tp"].number == "performance/evaluation/true_positives"
    assert found["eval_recall_macro"].number is None
    assert not [i for i in bundle.findings if "logged" in i]
    assert bundle.verdict().exit_code == 0


def test_a_favourable_outcome_that_is_upside_down(tmp_path: Path) -> None:
    config = BINARY.replace('favourable = "no"', 'favourable = "yes"')

    bundle = build_small(tmp_path, config, fill_binary(tmp_path, applicants()))

    assert bundle.findings["recompute.favourable"]["kind"] == "exception"
    assert lines(bundle.page_one, "deny = yes")
    assert bundle.verdict().exit_code == 0


NEUTRAL = (
    BINARY.replace('column = "deny"', 'column = "y"')
    .replace('positive = "yes"', 'positive = "1"')
    .replace('favourable = "no"', 'favourable = "1"')
)


def neutral(table: pd.DataFrame) -> pd.DataFrame:
    """The label as `y`, 0 or 1: no word in it says which is good."""
    return table.assign(y=(table["deny"] == "yes").astype(int)).drop(columns="deny")


def build_neutral(folder: Path, config: str, *, pdf: bool = False):
    from sklearn.linear_model import LogisticRegression
    from tests.recompute.case import save_sklearn

    known = applicants(seed=7)
    model = LogisticRegression().fit(known[INPUTS], known["deny"] == "yes")
    model.classes_ = np.array([0, 1])
    save_sklearn(model, folder / "model", known[INPUTS].head(3))
    return build_small(
        folder,
        config.replace(TRAINING, ""),
        lambda case: case.model(folder / "model").dataset("evaluation", neutral(applicants())),
        pdf=pdf,
    )


def test_a_favourable_outcome_that_is_upside_down_in_words_that_do_not_say_it(
    tmp_path: Path,
) -> None:
    bundle = build_neutral(tmp_path, NEUTRAL)

    assert bundle.findings["recompute.favourable-meaning"]["kind"] == "gap"
    assert lines(bundle.page_one, "What 'y = 1' means for the person is not said")
    way = (
        "y = 1 is taken as good for the person; the score is the probability of y = 1, so a higher"
    )
    assert lines(bundle.page_one, way)
    page_one = json.loads(bundle.files["data/card/model-card.json"])["page_one"]
    assert page_one["direction"].startswith(way)
    assert any("What 'y = 1' means" in line["text"] for line in page_one["lines"])
    assert bundle.verdict().exit_code == 0


@pytest.mark.system
def test_the_first_page_of_the_pdf_says_it_too(tmp_path: Path) -> None:
    bundle = build_neutral(tmp_path, NEUTRAL, pdf=True)
    (tmp_path / "card.pdf").write_bytes(bundle.files["data/card/model-card.pdf"])

    text = subprocess.run(
        ["pdftotext", "-f", "1", "-l", "1", "card.pdf", "-"], cwd=tmp_path, capture_output=True,
        text=True, check=True,
    ).stdout  # fmt: skip

    page_one = " ".join(text.split())
    assert "means for the person is not said" in page_one
    assert "y = 1 is taken as good for the person" in page_one


def test_the_same_outcome_put_into_words_stands_there_in_those_words(tmp_path: Path) -> None:
    """The twin: the right way round, and said."""
    means = 'favourable = "0"\nfavourable_means = "the application was not denied"'
    bundle = build_neutral(tmp_path, NEUTRAL.replace('favourable = "1"', means))

    assert bundle.findings == {}
    assert lines(
        bundle.page_one, "y = 0 is taken as good for the person (declared: the application"
    )
    assert lines(bundle.page_one, "so a higher score is worse for the person")
    assert bundle.verdict().exit_code == 0


@pytest.mark.parametrize("by", ["id", "content"])
def test_rows_of_the_training_data_among_those_that_are_to_be_new(tmp_path: Path, by: str) -> None:
    training = applicants(seed=7)
    leaked = pd.concat([applicants().iloc[300:], training.iloc[:300]], ignore_index=True)
    if by == "id":
        leaked.loc[600:, "id"] = "t" + training["id"].str[1:].iloc[:300].to_numpy()
    else:
        leaked["id"] = [f"e{i}" for i in range(len(leaked))]

    bundle = build_small(tmp_path, BINARY, fill_binary(tmp_path, leaked))

    assert "300 of 900" in bundle.findings["recompute.overlap.evaluation"]["found"]
    assert lines(bundle.page_one, "300 of 900")
    assert bundle.verdict().exit_code == 0


def test_a_permuted_label(tmp_path: Path) -> None:
    table = applicants()
    table["deny"] = np.random.RandomState(0).permutation(table["deny"])

    bundle = build_small(tmp_path, BINARY, fill_binary(tmp_path, table))

    assert bundle.findings["recompute.no-skill.evaluation"]["kind"] == "exception"
    assert lines(bundle.page_one, "chance")
    assert bundle.verdict().exit_code == 0


def test_an_input_that_gives_the_label_away(tmp_path: Path) -> None:
    def leaking(table: pd.DataFrame) -> pd.DataFrame:
        noise = np.random.RandomState(3).normal(scale=0.3, size=len(table))
        return table.assign(letter_sent=(table["deny"] == "yes") + noise)

    fill = fill_binary(
        tmp_path, leaking(applicants()), training=leaking(applicants(seed=7)),
        inputs=[*INPUTS, "letter_sent"],
    )  # fmt: skip
    bundle = build_small(tmp_path, BINARY, fill)

    assert bundle.findings["recompute.suspicious.letter_sent"]["kind"] == "exception"
    assert lines(bundle.page_one, "letter_sent")
    assert bundle.verdict().exit_code == 0


def test_a_threshold_that_selects_nobody(tmp_path: Path) -> None:
    config = BINARY.replace("threshold = 0.5", "threshold = 1.0")

    bundle = build_small(tmp_path, config, fill_binary(tmp_path, applicants()))

    assert bundle.findings["recompute.threshold.evaluation"]["kind"] == "exception"
    assert bundle.verdict().exit_code == 0
