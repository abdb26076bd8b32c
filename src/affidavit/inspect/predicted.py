"""The predictions of one role as a bundle holds them, by row id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from affidavit.errors import BundleError
from affidavit.inspect.reading import Reading
from affidavit.inspect.row_changes import MAX_BYTES, MAX_ROWS
from affidavit.verify.predictions import PREDICTIONS

_NEEDED: Final = ("row_id", "label", "decision")


class PredictedRow(NamedTuple):
    """What was said of a row, as text; empty where there is nothing."""

    label: str
    decision: str
    score: str
    weight: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """The predictions of a role.

    Attributes:
        n: rows.
        by_id: None where an id is missing or stands twice: it is no id then.
    """

    n: int
    by_id: dict[str, PredictedRow] | None


def read_predicted(reading: Reading, role: str) -> Predicted:
    """Hold the predictions of one role in memory.

    Raises:
        DigestDiffers: not the file that was signed.
        BundleError: not in the bundle, too large to be compared, or without the columns.
    """
    path = f"{PREDICTIONS}/{role}.csv"
    if path not in reading.files:
        raise BundleError("the predictions are not in both bundles")
    if reading.files.archive.size(path) > MAX_BYTES:
        raise BundleError(f"the predictions are larger than {MAX_BYTES // 1024 // 1024} MiB")
    n, is_id, by_id = 0, True, dict[str, PredictedRow]()
    for n, row in enumerate(reading.rows(path), 1):
        if n > MAX_ROWS:
            raise BundleError(f"more than {MAX_ROWS:,} rows")
        if n == 1 and not set(_NEEDED) <= row.keys():
            raise BundleError("the predictions have no row_id, label and decision")
        row_id = row["row_id"]
        is_id = is_id and row_id != "" and row_id not in by_id
        by_id[row_id] = PredictedRow(
            row["label"], row["decision"], row.get("score", ""), row.get("weight", "1")
        )
    return Predicted(n=n, by_id=by_id if is_id else None)
