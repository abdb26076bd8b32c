"""The predictions of a role beside those that its model gave now: every row, in both formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from affidavit.bundle.recheck import Tally
from affidavit.reproduce.closeness import SCORE
from affidavit.reproduce.record import Difference
from affidavit.reproduce.tables import by_column, compare_rows
from affidavit.reproduce.unpacking import extract
from affidavit.verify.files import SignedFiles
from affidavit.verify.predictions import read_rows

SCORES: Final = ("score",)  # and `score_<class>`; decisions, labels and weights have to be equal
Judged = tuple[Tally, tuple[Difference, ...]]


def compare_prediction_rows(path: str, files: SignedFiles, ours: Path) -> Judged:
    """predictions/<role>.csv, row by row.

    Raises:
        DigestDiffers: the archive was changed after it was verified.
        BundleError: the signed table is no CSV file.
    """
    with ours.open(encoding="utf-8", newline="") as lines:
        return compare_rows(path, read_rows(files, path), by_column(path, lines), SCORES)


def compare_parquet(path: str, files: SignedFiles, copy: Path, ours: Path) -> Judged:
    """predictions/<role>.parquet, column by column: another writer's bytes may hold equal rows.

    Args:
        path: in the bundle.
        files: the payload.
        copy: where the signed file may be unpacked to.
        ours: the file that was made now.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    extract(files, path, copy)
    mine = pq.read_table(ours)
    try:
        # What the file says of itself, before it is unpacked: it may be a bomb.
        with pq.ParquetFile(copy) as file:
            names, rows = file.schema_arrow.names, file.metadata.num_rows
        alike = (names, rows) == (mine.column_names, mine.num_rows)
        signed = pq.read_table(copy) if alike else None
    except (pa.ArrowException, OSError, ValueError) as error:
        told = Difference(
            path=path, what="the whole file", status="different", signed=f"cannot be read: {error}"
        )
        return Tally(different=1), (told,)
    if signed is None:
        told = Difference(
            path=path, what="columns and rows", status="different", signed=_shape(names, rows),
            recomputed=_shape(mine.column_names, mine.num_rows),
        )  # fmt: skip
        return Tally(different=1), (told,)
    return _columns(path, signed, mine)


def _columns(path: str, signed: Any, mine: Any) -> Judged:
    wrong = within = 0
    told = []
    for name in mine.column_names:
        one, other = signed[name], mine[name]
        if one.equals(other):
            continue
        if _is_near(name, one, other):
            within += 1
        else:
            wrong += 1
            told.append(Difference(path=path, what=f"column {name}", status="different"))
    equal = mine.num_columns - wrong - within
    return Tally(equal=equal, within=within, different=wrong), tuple(told)


def _is_near(name: str, one: Any, other: Any) -> bool:
    if not name.startswith(SCORES) or one.type != other.type or not pa.types.is_float64(one.type):
        return False
    if not pc.is_null(one).equals(pc.is_null(other)):
        return False
    gap = pc.abs(pc.subtract(one, other))
    size = pc.max_element_wise(pc.abs(one), pc.abs(other), 1.0)
    return pc.all(pc.less_equal(gap, pc.multiply(size, SCORE))).as_py() is not False


def _shape(names: list[str], rows: int) -> str:
    return f"{rows} rows of {', '.join(names)}"
