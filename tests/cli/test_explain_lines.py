"""What the terminal says of one row: the change in full, and what the reasons compare with."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.support.person import adverse

from affidavit.cli.explain_lines import explanation_lines
from affidavit.evidence import Subject
from affidavit.explanation_record import Background, Change, Counterfactual, Decisions, Quality
from affidavit.reproduce.explanation import Explanation
from affidavit.reproduce.record import IsolationUsed, Machine


def said(*changes: Change, rule: Literal["all", "near-cut-off"] = "all") -> str:
    found = Counterfactual(changes=changes, score=0.4, decision="no", distance=1.0)
    explained = Decisions(
        role="evaluation", of="yes", scale="log-odds",
        background=Background(rule=rule, n=100, of=948, sha256="0" * 64, mean_output=0.0),
        quality=Quality(method="trees", scale="log-odds", seed=1, rows=1, additivity=0.0),
        decisions=(adverse(counterfactuals=(found,)),),
    )  # fmt: skip
    lines = explanation_lines(Explanation(
        outcome="EXPLAINED", exit_code=0, bundle="b.zip", root=None, evidence_id=None,
        subject=Subject(name="m", version="1", run_id="r", created_at=None), verified="VERIFIED",
        isolation=IsolationUsed(level="bubblewrap", used="bubblewrap", lacking=""),
        machine=Machine(system="Linux", architecture="x86_64", python="3.11.7"),
        at="2026-11-29T11:20:44Z", row="a1", role="evaluation", explained=explained,
    ))  # fmt: skip
    assert max(map(len, lines)) <= 80
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (0.4744525547445255, 0.954, "x 0.474453 -> 0.954: no"),
        (0.5, 0.123456789, "x 0.5 -> 0.123456789: no"),  # rounded, it might not turn the decision
        (0.25, 0.2500001, "x 0.25 -> 0.2500001: no"),
        (0.2500001, 0.25, "x 0.2500001 -> 0.25: no"),
        (None, "clean", "x missing -> clean: no"),
    ],
)
def test_a_change_is_told_in_full_and_what_it_was_in_short(
    was: float | None, now: float | str, told: str
) -> None:
    assert told in said(Change(column="x", was=was, now=now))


def test_says_what_the_reasons_compare_with() -> None:
    change = Change(column="x", was=1.0, now=2.0)

    assert "trees, on the scale log-odds, beside 100 of 948 rows" in said(change)
    assert "beside 100 of 948 rows near the threshold" in said(change, rule="near-cut-off")
