"""What the card says about computing its numbers again, and the order of its sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.cards import Page, Rendered, full_sample, render_sample
from tests.support.records import RecordBuilder

from affidavit.evidence import Item, Number, Report
from affidavit.render.reproducibility import reproduced

ORDER = [
    "first", "about", "declared", "data", "performance", "fairness", "explanations", "stability",
    "reproducibility", "environment", "controls", "findings", "provenance", "files", "check",
    "definitions",
]  # fmt: skip


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return render_sample(full_sample(RecordBuilder(tmp_path_factory.mktemp("full"))))


def test_sections_stand_in_one_order_in_both_forms(full: Rendered) -> None:
    """Page one, use and limits, data, the numbers, reproducibility, controls, how to verify."""
    html = Page(full.text("html")).sections
    headings = [line for line in full.text("md").splitlines() if line.startswith("## ")]

    assert [name for name in html if name] == ORDER
    assert [h.split(". ")[0] for h in headings] == [f"## {n}" for n in range(1, len(ORDER) + 1)]
    for heading, section in zip(headings, ORDER, strict=True):
        assert heading.split(". ")[1] in html[section]


def test_what_training_logged_stands_under_reproducibility(full: Rendered) -> None:
    sections = Page(full.text("html")).sections

    assert "What training logged, beside what was recomputed" in sections["reproducibility"]
    assert "What training logged" not in sections["performance"]


def _number(place: int, source: str, value: float | None = 0.5) -> Number:
    return Number.model_validate(
        {"id": f"performance/evaluation/n{place}", "metric": "roc_auc" if place else "accuracy",
         "role": "evaluation", "n": 9, "value": value, "reason": None if value else "no rows",
         "source": source}
    )  # fmt: skip


def test_counts_each_kind_of_number_and_names_what_rests_on_scores(builder: RecordBuilder) -> None:
    sample = builder.build()
    evidence = sample.evidence
    reports = (_report(sample.work.root),)
    numbers = (_number(0, "counts"), _number(1, "scores"), _number(2, "scores", None))

    said = " ".join(reproduced(evidence, reports, numbers, "x.evidence.zip"))

    assert "affidavit verify derives 1 number from counts again" in said
    assert "1 number needs the scores of single rows, and the model to make them: AUC." in said
    assert "from bins" not in said
    assert "the seal: affidavit verify prints it" in said


def test_names_the_data_to_give_only_where_some_is_by_reference(builder: RecordBuilder) -> None:
    sample = builder.build()
    reports = (_report(sample.work.root),)
    within = tuple(i.model_copy(update={"embedded": True}) for i in sample.evidence.items)

    def asked(items: tuple[Item, ...]) -> str:
        evidence = sample.evidence.model_copy(update={"items": items})
        return reproduced(evidence, reports, (), "x.evidence.zip")[-1]

    assert "`affidavit recheck x.evidence.zip --key release.pub`." in asked(within)
    apart = (within[0].model_copy(update={"embedded": False}), *within[1:])
    assert "--data FOLDER`, where FOLDER holds 1 file that the bundle has" in asked(apart)


def test_without_reports_nothing_is_said_to_have_been_recomputed(builder: RecordBuilder) -> None:
    sample = builder.bare().build()

    section = Page(render_sample(sample).text("html")).sections["reproducibility"]

    assert "Nothing was recomputed; page one says why." in section
    assert "Every number of this card" not in section


def _report(root: Path) -> Report:
    return Report.model_validate_json((root / "data/reports/performance.json").read_bytes())
