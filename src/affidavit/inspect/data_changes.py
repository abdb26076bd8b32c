"""What changed in the data: dataset files by row."""

from __future__ import annotations

import tomllib
from typing import Final

from affidavit.bundle.layout import CONFIG
from affidavit.errors import BundleError
from affidavit.evidence import Item
from affidavit.inspect.difference import DataChange
from affidavit.inspect.reading import Reading
from affidavit.inspect.row_changes import MAX_BYTES, Table, compare_tables, read_table
from affidavit.verify.files import DigestDiffers

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
        raise BundleError(f"version {reading.version} holds it by reference")
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
