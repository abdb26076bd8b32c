"""Several snapshots, and several periods: a row each, with every main metric."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.cards import Page, Rendered, full_sample, render_sample
from tests.support.records import RecordBuilder

from affidavit.bundle.canonical import record_bytes
from affidavit.evidence import Number, Report
from affidavit.render.over_time import segments, snapshots


def _report(role: str, metrics: tuple[str, ...], **more: object) -> Report:
    numbers = tuple(
        Number(id=f"performance/{role}/{m}", metric=m, role=role, n=90, value=0.5, low=0.4,
               high=0.6, level=0.95, method="DeLong", source="scores")
        for m in metrics
    )  # fmt: skip
    return Report(name="performance", role=role, n_rows=100, n_labelled=90, numbers=numbers, **more)


BINARY = ("roc_auc", "ks", "brier_score", "calibration_gap", "prevalence", "selection_rate",
          "accuracy", "f1", "log_loss")  # fmt: skip


def test_each_snapshot_is_a_row_and_training_is_none() -> None:
    reports = [_report(role, BINARY) for role in ("evaluation", "train-2024", "oot-2025")]

    first, second = snapshots(reports, None)

    for grid in (first, second):
        assert [r.title for r in grid.rows] == ["evaluation (100 rows)", "oot-2025 (100 rows)"]
    assert first.columns == ("AUC", "Kolmogorov-Smirnov", "Brier score", "Calibration gap")
    assert second.caption.endswith(", continued")
    cell = first.rows[1].cells[0]
    assert cell is not None
    assert (cell.id, cell.interval, cell.n) == (
        "performance/oot-2025/roc_auc", "0.40 to 0.60", "90",
    )  # fmt: skip


@pytest.mark.parametrize("roles", [("evaluation",), ("evaluation", "training")])
def test_one_snapshot_has_no_table_beside_others(roles: tuple[str, ...]) -> None:
    assert snapshots([_report(role, BINARY) for role in roles], None) == ()


def test_a_number_that_a_snapshot_lacks_is_left_empty() -> None:
    reports = [_report("evaluation", BINARY), _report("later", BINARY[:1])]

    assert [c is None for c in snapshots(reports, None)[0].rows[1].cells] == [False, *[True] * 3]


def test_a_period_has_every_main_metric_and_a_segment_four() -> None:
    numbers = tuple(
        Number(id=f"segments/e/{m}/{k}=x", metric=m, role="e", n=9, value=0.5, group={k: "x"},
               source="scores")
        for k in ("region", "period") for m in BINARY
    )  # fmt: skip
    report = Report(name="segments", role="e", n_rows=9, n_labelled=9, numbers=numbers)

    tables = segments(report, None).tables

    assert [(t.head, len(t.columns)) for t in tables] == [
        ("region", 4),
        ("period", 4),
        ("period", 4),
    ]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    sample = full_sample(RecordBuilder(tmp_path_factory.mktemp("later")))
    root: Path = sample.work.root
    main = Report.model_validate_json((root / "data/reports/performance.json").read_bytes())
    moved = main.model_copy(update={
        "role": "later", "logged": (), "counts": None,
        "numbers": tuple(
            n.model_copy(update={"id": n.id.replace("/evaluation/", "/later/"), "role": "later"})
            for n in main.numbers
        ),
    })  # fmt: skip
    item = sample.work.write(
        "data/reports/performance-later.json", record_bytes(moved), kind="report",
        origin="recomputed", media_type="application/json", role="later",
    )  # fmt: skip
    return render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,))))


def test_the_card_shows_the_snapshots_beside_each_other(later: Rendered) -> None:
    html, page = Page(later.text("html")), later.text("md")

    assert "Snapshots, beside each other" in html.sections["performance"]
    part = page.split("### Snapshots, beside each other")[1].split("###")[0]
    assert "| evaluation (952 rows) |" in part
    assert "| later (952 rows) |" in part
    assert "| training" not in part
