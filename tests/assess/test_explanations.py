"""What controls see of explanations: counts of what is in the bundle, and 0 of what is not."""

from __future__ import annotations

from pathlib import Path

from tests.support.assessed import EXPLAINED, full_config
from tests.support.explanations import Applicant, write_explanations

from affidavit.assess.example import empty, full
from affidavit.assess.explanations import Explained, explanation_values, read_explained
from affidavit.evidence import Evidence, Subject
from affidavit.workspace import Workspace


def _values(folder: Path, *applicants: Applicant, embedded: bool = True) -> dict[str, object]:
    work = Workspace(folder)
    items = tuple(write_explanations(work, applicants, embedded=embedded))
    evidence = Evidence(subject=Subject(name="m", version="1"), items=items)
    return explanation_values(read_explained(evidence, folder), full_config())


def test_counts_what_the_files_have(tmp_path: Path) -> None:
    protected = Applicant(row_id="r3", score=0.9, status="protected")

    found = _values(tmp_path, *EXPLAINED, protected)

    assert found == {
        "whole_paths": ["data/reports/explainability.json"],
        "decision_paths": ["data/reports/decisions.json"], "features": 5, "by_group": 2 + 2,
        "small_changes": 3, "extremes": 2, "decisions": 3, "changed": 1, "adverse": 2, "issued": 1,
        "protected": 1, "most_reasons": 2, "uncoded": 0, "reason_codes": 1, "method": "linear",
        "baseline": "all",
    }  # fmt: skip


def test_decisions_by_reference_count_as_absent(tmp_path: Path) -> None:
    found = _values(tmp_path, *EXPLAINED, embedded=False)

    assert (found["decisions"], found["decision_paths"]) == (0, [])
    assert found["features"] == 5


def test_without_explanations_every_name_is_there_and_empty() -> None:
    found = explanation_values(Explained(), full_config(explain=None))

    assert not any(found.values())
    for example in (full(), empty()):
        described = example.values["explanation"]
        assert isinstance(described, dict)
        assert {k: type(v) for k, v in described.items()} == {k: type(v) for k, v in found.items()}
