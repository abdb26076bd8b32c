"""The main job on other data, end to end: a real outcome, 30,000 rows, LightGBM, a folder that DVC
tracks, sensitive columns in the table itself, and a registry in SQLite without a server.

The demo is run as its users run it. What stands in the bundle is then held against numbers made
here from the published table by pandas and scikit-learn.
"""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score
from tests.support.sample_world import SampleWorld

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "samples" / "card-default" / "data" / "uci_credit_card_default.csv"
LABEL = "default-payment-next-month"


@dataclass(frozen=True)
class Demo:
    """The folder of a demo that ended well, what it printed, and its bundle's files."""

    out: Path
    printed: str
    bundle: Path
    files: dict[str, bytes]

    def json(self, path: str) -> dict:
        return json.loads(self.files[path])

    def number(self, report: str, number_id: str) -> dict:
        numbers = self.json(f"data/reports/{report}.json")["numbers"]
        return next(n for n in numbers if n["id"] == number_id)


@pytest.fixture(scope="module")
def demo(card_default: SampleWorld) -> Demo:
    with zipfile.ZipFile(card_default.bundle) as archive:
        files = {e.filename.partition("/")[2]: archive.read(e) for e in archive.infolist()}
    return Demo(card_default.out, card_default.printed, card_default.bundle, files)


@pytest.fixture(scope="module")
def scored(demo) -> pd.DataFrame:
    """The predictions table beside the published rows, by the client's id."""
    predictions = pd.read_csv(io.BytesIO(demo.files["data/predictions/evaluation.csv"]))
    published = pd.read_csv(TABLE)
    return predictions.merge(published, left_on="row_id", right_on="ID", validate="1:1")


def verify(demo: Demo, bundle: Path) -> tuple[int, dict]:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "affidavit", "verify", bundle),
            *("--key", demo.out / "keys" / "release.pub", "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, json.loads(ended.stdout)


def test_the_bundle_is_verified_and_its_forgeries_are_not(demo) -> None:
    code, verdict = verify(demo, demo.bundle)

    assert (code, verdict["word"]) == (0, "VERIFIED")
    assert demo.printed.count("\n    REFUSED  ") == 21
    assert "ALL REFUSED  21 forgeries of card-default-1" in demo.printed


def test_nothing_is_missing_in_the_chain_and_nothing_contradicts_it(demo) -> None:
    evidence = demo.json("data/evidence.json")
    facts = {fact["id"]: fact for fact in evidence["provenance"]}

    assert evidence["findings"] == []
    assert facts["code.dirty"]["value"] in (False, "clean")
    assert facts["model.flavor"]["value"] == "lightgbm"
    for role in ("training", "evaluation"):
        digest = facts[f"data.{role}.snapshot"]["digest"]
        assert facts[f"data.{role}.snapshot"]["basis"] == "measured"
        assert facts[f"data.{role}.link"]["digest"] == digest


def test_training_rows_travel_by_digest_and_evaluation_rows_as_they_are(demo) -> None:
    snapshot = demo.out / "repository" / "data" / "snapshot"
    items = {item["path"]: item for item in demo.json("data/evidence.json")["items"]}
    training = items["data/dataset/training/train.csv"]

    assert training["embedded"] is False
    assert training["path"] not in demo.files
    assert training["sha256"] == hashlib.sha256((snapshot / "train.csv").read_bytes()).hexdigest()
    assert (
        demo.files["data/dataset/evaluation/evaluation.csv"]
        == (snapshot / "evaluation.csv").read_bytes()
    )


def test_performance_is_what_scikit_learn_says_of_the_scores(demo, scored) -> None:
    for metric, judge in (("roc_auc", roc_auc_score), ("brier_score", brier_score_loss)):
        number = demo.number("performance", f"performance/evaluation/{metric}")
        assert number["n"] == len(scored) > 10_000
        assert number["value"] == pytest.approx(judge(scored[LABEL], scored["score"]), abs=1e-9)


def test_rates_by_sex_and_age_band_are_those_of_the_published_table(demo, scored) -> None:
    kept = scored["score"] < 0.3
    bands = pd.cut(
        scored["AGE"], [0, 25, 40, 60, 200], right=False, labels=["<25", "25-39", "40-59", ">=60"]
    )
    expected = {f"sex={value}": kept[scored["SEX"] == value] for value in (0, 1)} | {
        f"age={band}": kept[bands == band] for band in bands.cat.categories
    }

    for group, rows in expected.items():
        number = demo.number("fairness", f"fairness/evaluation/selection_rate/{group}")
        assert number["n"] == len(rows) > 0
        assert number["value"] == pytest.approx(rows.mean(), abs=1e-12)


def test_no_sensitive_column_is_an_input_of_the_model(demo) -> None:
    example = demo.json("data/model/input_example.json")

    assert "LIMIT_BAL" in example["columns"]
    assert not {"ID", "SEX", "AGE", LABEL} & set(example["columns"])
    assert not any(column.startswith("MARRIAGE") for column in example["columns"])
