"""Whatever is taken from a record, no status speaks of evidence that is not there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.assessed import (
    EVIDENCE_ID,
    all_declared,
    full_config,
    full_record,
    without_facts,
    without_items,
)

from affidavit.assess.assessing import standing_of
from affidavit.assess.context import context_of, read_reports
from affidavit.assess.loading import load, shipped_ids
from affidavit.assess.selecting import Asked
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Finding
from affidavit.standing import Assessment
from affidavit.workspace import Workspace

IN_FORCE = "2028-08-03"  # the last part of the AI Act applies the day before
WITHOUT_EVIDENCE = {"missing", "needs-attestation", "not-applicable"}
HOLD = Finding(
    id="recompute.hold.01.roc_auc", kind="exception", stage="recompute", what="not held",
    fix="decide", items=("data/reports/performance.json",),
)  # fmt: skip


@cache
def whole() -> tuple[Path, Evidence]:
    root = Path(mkdtemp())
    return root, full_record(Workspace(root))


@cache
def every_catalog() -> tuple[Asked, ...]:
    """Each on its last day, or on one on which the latest is in force."""
    return tuple(
        Asked(loaded=c, as_of=c.catalog.effective.until or IN_FORCE, applied=(), counterparts={})
        for c in load(shipped_ids())
    )


def assessments(
    evidence: Evidence, declared: Declarations | None, config: Config | None = None
) -> dict[str, Assessment]:
    root, _ = whole()
    context = context_of(
        evidence, read_reports(evidence, root), config or full_config(), declared
    )  # fmt: skip
    return {
        a.control: a
        for asked in every_catalog()
        for a in standing_of(asked, context, EVIDENCE_ID).assessments
    }


PATHS = sorted(i.path for i in whole()[1].items)
FACTS = sorted(f.id for f in whole()[1].provenance)
FIELDS = sorted(k for k, f in Declarations.model_fields.items() if f.description)


@settings(max_examples=40, deadline=None)
@given(
    gone=st.frozensets(st.sampled_from(PATHS), max_size=8),
    unknown=st.lists(st.sampled_from(FACTS), max_size=3),
    unsaid=st.lists(st.sampled_from(FIELDS), max_size=8),
    exceeded=st.booleans(),
)
def test_every_status_but_three_names_files_that_are_there(
    gone: frozenset[str], unknown: list[str], unsaid: list[str], exceeded: bool
) -> None:
    evidence = without_items(whole()[1], gone)
    if unknown:
        evidence = without_facts(evidence, *unknown)
    if exceeded and not gone.intersection(HOLD.items):
        evidence = evidence.adding(findings=(HOLD,))
    empty = {f: Declarations.model_fields[f].default for f in unsaid}
    there = {i.path: i.sha256 for i in evidence.items}

    for control, a in assessments(evidence, all_declared(**empty)).items():
        assert all(there.get(i.path) == i.sha256 for i in a.items), control
        if a.status not in WITHOUT_EVIDENCE:
            assert a.items, control
        assert a.because, control
        assert a.rule, control
        assert a.remedy or a.status in {"evidenced", "not-applicable"}, control


def test_taking_away_what_a_control_cites_always_changes_its_status() -> None:
    _, evidence = whole()
    before = assessments(evidence, all_declared())
    cited = {frozenset(i.path for i in a.items) for a in before.values() if a.items}

    for paths in cited:
        after = assessments(without_items(evidence, paths), all_declared())
        for control, a in before.items():
            if frozenset(i.path for i in a.items) == paths:
                assert after[control].status != a.status or a.status == "missing", control


def test_over_an_empty_record_nothing_is_evidenced_and_nothing_fails() -> None:
    nothing = Evidence(subject=whole()[1].subject)
    found = assessments(nothing, None)

    assert {a.status for a in found.values()} <= WITHOUT_EVIDENCE
