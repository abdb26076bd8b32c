"""What changed in the data: dataset files by row, and whether evaluation rows are the same."""

from __future__ import annotations

import tomllib
from typing import Final

from affidavit.bundle.layout import CONFIG
from affidavit.errors import BundleError
from affidavit.evidence import Item
from affidavit.inspect.difference import DataChange, RoleRows
from affidavit.inspect.reading import Reading
from affidavit.inspect.row_changes import MAX_BYTES, Table, compare_tables, read_table
from affidavit.verify.files import DigestDiffers
from affidavit.verify.predictions import PREDICTIONS

_DATASET: Final = "data/dataset/"


def data_changes(before: Reading, after: Reading) -> tuple[DataChange, ...]:
    """Every dataset file that differs, by row where both are here as CSV."""
    old, new = _datasets(before), _datasets(after)
    changes = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if a is None or b is None or a.sha256 != b.sha256:
            changes.append(_change(before, after, key, a, b))
    return tuple(changes)


def _datasets(reading: Reading) -> dict[tuple[str, str], Item]:
    """Dataset files by role and name; the only file of a role goes by the role alone."""
    items = reading.records.evidence.of_kind("dataset")
    roles = [i.role for i in items]
    found = {}
    for item in items:
        role = item.role or ""
        name = item.path.removeprefix(f"{_DATASET}{role}/")
        found[role, "" if roles.count(item.role) == 1 else name] = item
    return found


def _change(
    before: Reading, after: Reading, key: tuple[str, str], a: Item | None, b: Item | None
) -> DataChange:
    item = b or a
    if item is None:
        raise RuntimeError("a dataset file that stands on neither side")
    change = DataChange(
        role=key[0], path=item.path, compared="digests",
        how="in" if a is None else "out" if b is None else "changed",
        before=a.sha256 if a else None, after=b.sha256 if b else None,
    )  # fmt: skip
    if a is None or b is None:
        return change
    try:
        found = compare_tables(_table(before, a), _table(after, b))
    except DigestDiffers:
        raise
    except BundleError as error:
        return change.model_copy(update={"reason": str(error)})
    return change.model_copy(
        update={
            "compared": "rows",
            "reason": None if found.by_id else "no row id, so a changed row is one out and one in",
            "rows_out": found.rows_out,
            "rows_in": found.rows_in,
            "rows_changed": found.rows_changed,
            "columns": found.columns,
            "columns_out": found.columns_out,
            "columns_in": found.columns_in,
        }
    )


def _table(reading: Reading, item: Item) -> Table:
    if not item.embedded or item.path not in reading.files:
        raise BundleError(
            f"version {reading.records.evidence.subject.version} holds it by reference"
        )
    if not item.path.endswith(".csv"):
        raise BundleError("not a CSV file")
    if item.size_bytes > MAX_BYTES:
        raise BundleError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
    return read_table(reading.rows(item.path), _id_column(reading))


def _id_column(reading: Reading) -> str | None:
    """`[rows] id` of the configuration in the bundle."""
    text = reading.text(CONFIG)
    if text is None:
        return None
    try:
        rows = tomllib.loads(text).get("rows")
    except (ValueError, RecursionError):
        return None
    found = rows.get("id") if isinstance(rows, dict) else None
    return found if isinstance(found, str) else None


def row_agreement(before: Reading, after: Reading) -> tuple[RoleRows, ...]:
    """For each role that both sides report on: are the rows the same, and which decisions moved."""
    roles = {r.role for r in before.records.reports.values()}
    roles &= {r.role for r in after.records.reports.values()}
    main = after.main_role
    found = [
        _agreement(before, after, role).model_copy(update={"is_main": role == main})
        for role in sorted(roles)
    ]
    return tuple(sorted(found, key=lambda r: not r.is_main))


def _agreement(before: Reading, after: Reading, role: str) -> RoleRows:
    try:
        old, new = _predictions(before, role), _predictions(after, role)
    except DigestDiffers:
        raise
    except BundleError as error:
        return _by_snapshot(before, after, role, str(error))
    found = RoleRows(
        role=role, same=None, reason="row ids are missing or stand twice",
        rows_before=old.rows.total(), rows_after=new.rows.total(),
    )  # fmt: skip
    if old.by_id is None or new.by_id is None:
        return found
    before_rows, after_rows = _decided(old, old.by_id), _decided(new, new.by_id)
    if before_rows.keys() != after_rows.keys():
        return found.model_copy(update={"same": False, "reason": "other rows"})
    pairs = [(before_rows[i], after_rows[i]) for i in before_rows]
    if any(a[0] != b[0] for a, b in pairs):
        reason = "the same rows with other labels"
        return found.model_copy(update={"same": False, "reason": reason})
    changed = sum(a[1] != b[1] for a, b in pairs)
    return found.model_copy(
        update={
            "same": True,
            "reason": "the same rows with equal labels",
            "decisions_changed": changed,
        }
    )


def _decided(table: Table, by_id: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, str]]:
    """Label and decision by row id."""
    label, decision = table.columns.index("label"), table.columns.index("decision")
    return {i: (v[label], v[decision]) for i, v in by_id.items()}


def _predictions(reading: Reading, role: str) -> Table:
    path = f"{PREDICTIONS}/{role}.csv"
    if path not in reading.files:
        raise BundleError("the predictions are not in both bundles")
    if reading.files.archive.size(path) > MAX_BYTES:
        raise BundleError(f"the predictions are larger than {MAX_BYTES // 1024 // 1024} MiB")
    table = read_table(reading.rows(path), "row_id")
    if not {"row_id", "label", "decision"} <= set(table.columns):
        raise BundleError("the predictions have no row_id, label and decision")
    return table


def _by_snapshot(before: Reading, after: Reading, role: str, reason: str) -> RoleRows:
    """Without the rows: the same snapshot, byte for byte, holds the same ones."""
    old, new = (
        {i.sha256 for i in r.records.evidence.of_kind("dataset", role)} for r in (before, after)
    )
    if old and old == new:
        return RoleRows(role=role, same=True, reason=f"the same snapshot; {reason}")
    return RoleRows(role=role, same=None, reason=reason)
