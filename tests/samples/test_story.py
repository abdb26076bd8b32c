"""The three versions of the mortgage sample, built as `make demo` builds them."""

import json
import os
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(os.environ.get("AFFIDAVIT_SAMPLE", ROOT / "build" / "demo"))
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not (SAMPLE / "bundles" / "credit-risk-3.evidence.zip").is_file(),
        reason="no sample: run make demo or make conformance",
    ),
]
AUC = "performance/evaluation/roc_auc"
ACCURACY = "performance/evaluation/accuracy"


@pytest.fixture(scope="module")
def out() -> Path:
    """What `make conformance` has built, or the last `make demo`."""
    return SAMPLE


def read(out: Path, version: str, path: str) -> dict:
    with zipfile.ZipFile(out / "bundles" / f"credit-risk-{version}.evidence.zip") as archive:
        return json.loads(archive.read(f"credit-risk-{version}/{path}"))


def value(out: Path, version: str, number_id: str) -> float:
    report = "fairness" if number_id.startswith("fairness") else "performance"
    numbers = read(out, version, f"data/reports/{report}.json")["numbers"]
    return next(n["value"] for n in numbers if n["id"] == number_id)


def logged_accuracy(out: Path, version: str) -> dict:
    rows = read(out, version, "data/reports/performance.json")["logged"]
    return next(row for row in rows if row["key"] == "accuracy")


def test_the_accuracy_that_version_1_logs_is_caught_and_version_2s_holds(out) -> None:
    assert logged_accuracy(out, "1")["verdict"] == "different"
    assert round(logged_accuracy(out, "1")["value"], 3) == 0.896
    assert round(value(out, "1", ACCURACY), 3) == 0.893
    assert logged_accuracy(out, "2")["verdict"] == "equal"


def test_the_auc_falls_without_insurance_and_both_are_of_the_same_rows(out) -> None:
    rows = [
        next(
            item["sha256"]
            for item in read(out, version, "data/evidence.json")["items"]
            if item["path"].startswith("data/dataset/evaluation")
        )
        for version in ("1", "2", "3")
    ]

    assert [round(value(out, v, AUC), 3) for v in ("1", "2", "3")] == [0.821, 0.8, 0.81]
    assert rows[0] == rows[1] != rows[2]


def test_every_version_misses_the_ratio_that_was_set_before_training(out) -> None:
    ratio = "fairness/evaluation/selection_rate_ratio/afam=yes vs no"

    for version, expected in (("1", 0.765), ("2", 0.775), ("3", 0.754)):
        findings = read(out, version, "data/evidence.json")["findings"]
        assert round(value(out, version, ratio), 3) == expected
        assert any(f["kind"] == "exception" and "afam" in f["what"] for f in findings)
        assert not [f for f in findings if f["kind"] == "gap"]
