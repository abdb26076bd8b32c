"""Role by role: whether the evaluation rows are the same, and both versions on the common ones."""

from __future__ import annotations

from affidavit.errors import BundleError
from affidavit.inspect.difference import PairedRole, RoleRows
from affidavit.inspect.pairing import pair_role
from affidavit.inspect.predicted import Predicted, read_predicted
from affidavit.inspect.reading import Reading
from affidavit.verify.files import DigestDiffers


def compare_roles(
    before: Reading, after: Reading
) -> tuple[tuple[RoleRows, ...], tuple[PairedRole, ...]]:
    """For each role that both sides report on, the main one first.

    One role at a time, so that memory holds the predictions of one.

    Raises:
        DigestDiffers: predictions or a snapshot that are not what was signed.
    """
    roles = {r.role for r in before.records.reports.values()}
    roles &= {r.role for r in after.records.reports.values()}
    main = after.main_role
    found = [
        _role(before, after, role) for role in sorted(roles, key=lambda role: (role != main, role))
    ]
    rows = tuple(r.model_copy(update={"is_main": r.role == main}) for r, _ in found)
    return rows, tuple(paired for _, paired in found)


def _role(before: Reading, after: Reading, role: str) -> tuple[RoleRows, PairedRole]:
    try:
        old, new = read_predicted(before, role), read_predicted(after, role)
    except DigestDiffers:
        raise
    except BundleError as error:
        reason = str(error)
        return _by_snapshot(before, after, role, reason), PairedRole(role=role, reason=reason)
    return _agreement(role, old, new), pair_role(before, after, role, old, new)


def _agreement(role: str, old: Predicted, new: Predicted) -> RoleRows:
    found = RoleRows(
        role=role, same=None, reason="row ids are missing or stand twice",
        rows_before=old.n, rows_after=new.n,
    )  # fmt: skip
    if old.by_id is None or new.by_id is None:
        return found
    if old.by_id.keys() != new.by_id.keys():
        return found.model_copy(update={"same": False, "reason": "other rows"})
    pairs = [(row, new.by_id[i]) for i, row in old.by_id.items()]
    if any(a.label != b.label for a, b in pairs):
        reason = "the same rows with other labels"
        return found.model_copy(update={"same": False, "reason": reason})
    return found.model_copy(
        update={
            "same": True,
            "reason": "the same rows with equal labels",
            "decisions_changed": sum(a.decision != b.decision for a, b in pairs),
        }
    )


def _by_snapshot(before: Reading, after: Reading, role: str, reason: str) -> RoleRows:
    """Without the rows: the same snapshot, byte for byte, holds the same ones."""
    old, new = before.snapshot(role), after.snapshot(role)
    if old and old == new:
        return RoleRows(role=role, same=True, reason=f"the same snapshot; {reason}")
    return RoleRows(role=role, same=None, reason=reason)
