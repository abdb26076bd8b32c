"""Page one says what explanations say of themselves: what is lacking, disagrees, was lowered."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.layout import DECISIONS, EVIDENCE, EXPLAINABILITY
from affidavit.evidence import Evidence
from affidavit.explanation_record import Decisions, Explainability
from affidavit.gap_ids import (
    EXPLAIN_BUDGET,
    PROTECTED_REASON,
    explain_disagreement_id,
    explain_gap_id,
)
from affidavit.verify.checks import Fault


def finding_faults(
    whole: Explainability | None, single: Decisions | None, evidence: Evidence
) -> Iterator[Fault]:
    """Findings that ought to be there, and are not.

    Args:
        whole: explainability.json, where it can be read.
        single: decisions.json, likewise.
        evidence: of the bundle.
    """
    gaps = {f.id for f in evidence.findings if f.kind == "gap"}
    exceptions = {f.id for f in evidence.findings if f.kind == "exception"}
    for path, record in ((EXPLAINABILITY, whole), (DECISIONS, single)):
        if record is None:
            continue
        for one in record.lacking:
            if explain_gap_id(one.part) not in gaps:
                yield Fault(f"{path} lacks a part, and no gap says so", EVIDENCE,
                            f"a gap {explain_gap_id(one.part)}", "none")  # fmt: skip
        if record.quality is not None and record.quality.by_budget:
            yield from _not_told(exceptions, EXPLAIN_BUDGET, f"{path} has samples by a budget")
    for second in whole.second if whole is not None else ():
        if not second.agrees:
            told = explain_disagreement_id(second.quality.method)
            yield from _not_told(exceptions, told, "a second opinion disagrees")


def _not_told(exceptions: set[str], told: str, what: str) -> Iterator[Fault]:
    if told not in exceptions:
        yield Fault(f"{what}, and no exception says so", EVIDENCE, f"an exception {told}", "none")


def protected_faults(found: Decisions, evidence: Evidence) -> Iterator[Fault]:
    """Page one carries the exception where a list was withheld for a protected attribute."""
    moved = sum(one.reasons.status == "protected" for one in found.decisions)
    told = any(f.id == PROTECTED_REASON and f.kind == "exception" for f in evidence.findings)
    if bool(moved) != told:
        yield Fault(
            f"the finding {PROTECTED_REASON} does not say what {DECISIONS} says", EVIDENCE,
            f"there: {moved} decisions" if moved else "not there", "there" if told else "not there",
        )  # fmt: skip
