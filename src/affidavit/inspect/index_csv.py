"""The inventory as a table for a spreadsheet: one row a bundle, problems first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from affidavit.inspect.index_record import CHECKED_SHORT, Index, Model, Problem, Version
from affidavit.inspect.index_words import STATUSES, attestation_words, refusal_text, since_text
from affidavit.threshold_lines import no_formula

_FIRST: Final = f"checked: {CHECKED_SHORT}"
COLUMNS: Final = (
    _FIRST, "reason", "model", "version", "newest", "bundle", "evidence_id", "root", "owner",
    "tier", "as_of", "built_at", "gaps", "exceptions",
    *(f"controls_{status.replace('-', '_')}" for status in STATUSES),
    "attestations", "next_expiry", "signed_by", "key", "validated_by", "since_validated",
    "same_evidence_as",
)  # fmt: skip
# What a table of ours begins with; only such a file is ever replaced.
MARK: Final = _FIRST.encode()


def table(index: Index) -> Iterator[bytes]:
    """The table, line by line, UTF-8. Its first heading says what was checked."""
    yield _line(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for problem in index.problems:
        yield _line(_problem(problem))
    for model in index.models:
        for position, version in enumerate(model.versions):
            yield _line(_version(model, version, is_newest=position == 0))


def _problem(problem: Problem) -> dict[str, object]:
    said = (problem.why, problem.expected and f"expected {problem.expected}",
            problem.found and f"found {problem.found}")  # fmt: skip
    reason = "; ".join(part for part in said if part)
    return {_FIRST: problem.kind, "reason": reason, "bundle": problem.bundle}


def _version(model: Model, version: Version, *, is_newest: bool) -> dict[str, object]:
    has_validated = any(v.validated_by for v in model.versions)
    return {
        _FIRST: version.looked,
        "reason": "" if version.looked == "seal-holds" else "no key was given",
        "model": model.name,
        "version": version.version,
        "newest": "yes" if is_newest else "no",
        "bundle": version.bundle,
        "evidence_id": version.evidence_id,
        "root": version.root,
        "owner": version.owner,
        "tier": version.tier,
        "as_of": version.as_of,
        "built_at": version.sealed_at,
        "gaps": version.gaps,
        "exceptions": version.exceptions,
        **{f"controls_{s.replace('-', '_')}": version.controls.get(s, 0) for s in STATUSES},
        "attestations": "; ".join(
            [*(text for _, text in attestation_words(version)), refusal_text(version)]
        ).removesuffix("; "),
        "next_expiry": version.next_expiry,
        "signed_by": version.signed_by,
        "key": version.fingerprint,
        "validated_by": "; ".join(version.validated_by),
        "since_validated": since_text(version, has_validated=has_validated),
        "same_evidence_as": "; ".join(version.same_evidence_as),
    }


def _line(values: dict[str, object]) -> bytes:
    """One line; what a spreadsheet would calculate is text."""
    cells = ("" if (value := values.get(name)) is None else str(value) for name in COLUMNS)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([no_formula(cell) for cell in cells])
    return out.getvalue().encode()
