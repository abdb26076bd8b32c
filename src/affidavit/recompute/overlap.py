"""Rows that the model was trained on among those that are to show how it does on others."""

from __future__ import annotations

from collections.abc import Sequence

from affidavit.config import Config
from affidavit.evidence import Evidence, Finding
from affidavit.recompute.rows import Rows


def is_training(role: str) -> bool:
    """Whether a role holds the rows that the model was trained on, by its name."""
    return role.startswith("train")


def check_overlap(rows: Sequence[Rows], evidence: Evidence, config: Config) -> tuple[Finding, ...]:
    """An exception for each role that shares its snapshot, or row ids, with a training role.

    Row ids are compared only where `[rows] id` names their column.
    """
    findings = []
    for role in config.datasets:
        if is_training(role):
            continue
        shared = [
            said
            for training in config.datasets
            if is_training(training) and (said := _shared(role, training, rows, evidence, config))
        ]
        if shared:
            findings.append(_finding(role, "; ".join(shared)))
    return tuple(findings)


def _shared(
    role: str, training: str, rows: Sequence[Rows], evidence: Evidence, config: Config
) -> str | None:
    digests = [_digest(r, evidence) for r in (role, training)]
    if digests[0] is not None and digests[0] == digests[1]:
        return f"the snapshot of {training}, {digests[0]}"
    ids = {r.role: set(r.ids.to_pylist()) for r in rows if r.role in (role, training)}
    if config.rows.id is None or len(ids) < 2:
        return None
    both = len(ids[role] & ids[training])
    return f"{both} of {len(ids[role])} row ids are those of {training}" if both else None


def _digest(role: str, evidence: Evidence) -> str | None:
    fact = evidence.fact(f"data.{role}.snapshot")
    if fact is None or fact.digest is None:
        return None
    return f"{fact.digest.algorithm} {fact.digest.value}"


def _finding(role: str, shared: str) -> Finding:
    return Finding(
        id=f"recompute.overlap.{role}", kind="exception", stage="recompute",
        what=f"{role} holds rows of the training data: its numbers do not show how the model does "
        "on cases that it has not seen",
        expected="no row in common", found=shared,
        fix=f"take the rows out of {role}; or, if the same id means another case there, make the "
        "ids distinct across roles",
    )  # fmt: skip
