"""What an explanation is called, by whose score it is; and where its files go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from affidavit.errors import UsageError
from affidavit.evidence import Subject
from affidavit.explanation_record import Decisions, Lacking
from affidavit.reproduce.explanation import (
    Outcome,
    compared_with_log,
    exit_code,
    outcome_of,
    registered_after,
)
from affidavit.reproduce.explanation_output import beside, default_place, require_free

WHOLE = Decisions(role="evaluation", of="yes", scale="score")
PART = WHOLE.model_copy(update={"lacking": (Lacking(part="p", reason="r", fix="f"),)})


@pytest.mark.parametrize(
    ("logged", "now", "status"),
    [("0.25", 0.25, "equal"), ("0.2500000000001", 0.25, "within"), ("2.5e-1", 0.25, "within"),
     ("0.25000001", 0.25, "different"), ("0.73", 0.7312, "different")],
)  # fmt: skip
def test_a_logged_score_is_compared_by_the_tolerance_of_scores(
    logged: str, now: float, status: str
) -> None:
    assert compared_with_log(logged, now).status == status


def test_a_rounded_log_is_said_to_agree_as_far_as_it_goes() -> None:
    assert compared_with_log("0.7312", 0.73118).note == (
        "equal to the 4 decimals given; give the whole score to be sure"
    )
    assert compared_with_log("0.7313", 0.73118).note is None


@pytest.mark.parametrize(
    ("logged", "explained", "outcome", "trusted", "not_trusted"),
    [
        (None, WHOLE, "EXPLAINED", 0, 3),
        ("0.5", WHOLE, "EXPLAINED", 0, 3),
        (None, PART, "EXPLAINED IN PART", 4, 4),
        ("0.6", WHOLE, "SCORE DIFFERS", 1, 1),
        ("0.6", PART, "SCORE DIFFERS", 1, 1),
    ],
)
def test_the_outcome_and_its_exit_code(
    logged: str | None, explained: Decisions, outcome: Outcome, trusted: int, not_trusted: int
) -> None:
    found = outcome_of(None if logged is None else compared_with_log(logged, 0.5), explained)

    assert found == outcome
    assert exit_code(found, is_trusted=True) == trusted
    assert exit_code(found, is_trusted=False) == not_trusted


def test_a_decision_older_than_the_version_is_noticed() -> None:
    subject = Subject(name="m", version="1", created_at=datetime(2026, 3, 2, 12, tzinfo=UTC))

    assert registered_after("2026-03-01", subject) == "2026-03-02"
    assert registered_after("2026-03-02", subject) is None
    assert registered_after(None, subject) is None


@pytest.mark.parametrize(
    ("row", "file"),
    [("a1", "credit-3-a1.explanation.json"), ("../../etc", "credit-3-etc.explanation.json"),
     ("א", "credit-3-row.explanation.json"), ("A B/C", "credit-3-A-B-C.explanation.json")],
)  # fmt: skip
def test_the_default_place_is_a_plain_name_in_this_folder(row: str, file: str) -> None:
    found = default_place("credit", "3", row)

    assert (found.name, found.parent) == (file, Path())
    assert beside(found, ".html").name == file.replace(".json", ".html")


def test_a_place_that_is_taken_is_refused(tmp_path: Path) -> None:
    require_free([tmp_path / "free.json"])
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="exists"):
        require_free([tmp_path / "free.json", tmp_path / "link.json"])
    with pytest.raises(UsageError, match="is not a folder"):
        require_free([tmp_path / "no" / "where.json"])
