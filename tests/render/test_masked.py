"""Small cells in every form of the card: tables, figures, thresholds, logged metrics, the ML-BOM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.cards import Page, Rendered, render_sample
from tests.support.read_back import Reader, plain
from tests.support.records import CELLS, RecordBuilder

from affidavit.config import Hold
from affidavit.evidence import CalibrationBin, GainsRow, Report
from affidavit.render.merged_bins import merged_bins, merged_gains

SMALL = {("yes", "no", "no", "yes"): 1, ("yes", "yes", "no", "yes"): 2}  # 3 of 134


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Three people of afam = yes are denied whom the label does not deny; a threshold on that."""
    builder = RecordBuilder(tmp_path_factory.mktemp("small"))
    assert builder.config is not None
    hold = Hold(metric="true_positive_rate_difference", group={"afam": "yes"}, min=-0.01,
                set_by="model risk", set_on="2026-10-01")  # fmt: skip
    builder.config = builder.config.model_copy(update={"hold": (hold,)})
    builder.findings = ()
    builder.cells = {**CELLS, **SMALL}
    return render_sample(builder.build())


def _rows(made: Rendered, section: str) -> list[str]:
    return [" ".join(plain(p.text).split()) for p in Reader(made.text("html")).parts
            if p.section == section]  # fmt: skip


def test_rates_of_a_small_cell_are_masked_and_others_stand(small: Rendered) -> None:
    shown = dict(Page(small.text("html")).numbers)

    for group in ("yes", "no"):
        assert shown[f"fairness/evaluation/true_positive_rate/afam={group}"] == "masked"
        assert shown[f"fairness/evaluation/selection_rate/afam={group}"] != "masked"
    assert "masked" in small.text("md")


def test_a_test_is_not_printed_beside_a_masked_comparison(small: Rendered) -> None:
    rows = [r for r in _rows(small, "fairness") if r.startswith("afam = yes against no")]

    masked = [r for r in rows if "masked" in r]
    assert masked
    assert all("No test is printed: a cell below ten would follow from it." in r for r in masked)
    assert not any("p =" in r or "p under" in r for r in masked)


def test_a_threshold_keeps_its_verdict_and_loses_what_would_give_the_cell(small: Rendered) -> None:
    row = next(r for r in _rows(small, "performance") if "model risk, 1 October 2026" in r)

    assert "masked" in row
    assert "Exception" in row or "Holds" in row
    assert "no number of changed decisions: a cell is masked" in row
    first = " ".join(_rows(small, "first"))
    assert "% of" not in first


def test_the_ml_bom_has_no_number_that_the_card_masks(small: Rendered) -> None:
    numbers = json.loads(small.read("json"))["numbers"]
    masked = [n["id"].split("/")[2] for n in numbers if n["masked"] and "/afam=" in n["id"]]
    path = next(i.path for i in small.items if i.kind == "ml-bom")
    bom = json.loads((small.sample.work.root / path).read_bytes())

    said = [m for m in _metrics(bom) if m["slice"].endswith("afam yes")]
    assert "true_positive_rate_difference" in masked
    assert {m["type"] for m in said} & set(masked) == set()
    assert said


def _metrics(bom: dict) -> list[dict]:
    card = bom["metadata"]["component"]["modelCard"] if "metadata" in bom else bom
    return card["quantitativeAnalysis"]["performanceMetrics"]


def _scored(events: tuple[int, ...], tmp_path: Path) -> Report:
    """Bins of 100 rows, from the lowest score; and gains over the same rows."""
    builder = RecordBuilder(tmp_path)
    sample = builder.build()
    report = Report.model_validate_json(
        (sample.work.root / "data/reports/performance.json").read_bytes()
    )
    rows, all_events = 100 * len(events), sum(events)
    prevalence = next(n for n in report.numbers if n.metric == "prevalence")
    numbers = (prevalence.model_copy(update={"n": rows, "value": all_events / rows}),)
    bins = tuple(
        CalibrationBin(first=k / 10, last=k / 10 + 0.09, n=100, mean_score=k / 10 + 0.05,
                       observed=e / 100, low=0.0, high=1.0)
        for k, e in enumerate(events)
    )  # fmt: skip
    gains = tuple(
        GainsRow(share=(k + 1) / len(events), n=100 * (k + 1), lift=1.0,
                 gain=sum(events[::-1][: k + 1]) / all_events)
        for k in range(len(events))
    )  # fmt: skip
    return report.model_copy(update={"numbers": numbers, "calibration": bins, "gains": gains})


@pytest.mark.parametrize(
    "events", [(6, 6, 6, 20), (3, 0, 2, 40), (0, 0, 0, 5), (50, 97, 40, 30), (20, 30, 40, 50)]
)
def test_bins_and_gains_are_merged_alike(events: tuple[int, ...], tmp_path: Path) -> None:
    """Neither the rows of the one, nor both together, give a cell below ten."""
    report = _scored(events, tmp_path)

    bins, gains = merged_bins(report), merged_gains(report)

    counted = [(b.n, round(b.observed * b.n)) for b in bins]
    assert sum(n for n, _ in counted) == 400
    assert sum(k for _, k in counted) == sum(events)
    if len(counted) > 1:
        assert all(k == 0 or k >= 10 for _, k in counted)
        assert all(n == k or n - k >= 10 for n, k in counted)
    ends = [0]
    for n, _ in reversed(counted):
        ends.append(ends[-1] + n)
    assert [g.n for g in gains] == ends[1:]
