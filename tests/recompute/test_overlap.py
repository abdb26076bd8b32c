"""Rows of the training data among those that are to show how the model does on others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import Case, binary_config

from affidavit.config import Dataset, Rows
from affidavit.evidence import Finding
from affidavit.recompute.overlap import check_overlap
from affidavit.recompute.rows import read_rows
from affidavit.recompute.table import Table


def _check(root: Path, row_id: str | None = "id", **roles: list[int]) -> tuple[Finding, ...]:
    config = binary_config(
        datasets={r: Dataset(path=f"{r}.csv", include="embed") for r in roles},
        rows=Rows(id=row_id),
    )
    case, rows = Case(root), []
    for role, ids in roles.items():
        frame = pd.DataFrame({"id": ids, "y": ["yes", "no", "no"], "x": [len(rows)] * 3})
        # Equal ids make equal bytes: x tells the roles apart only where the ids do not.
        case.dataset(role, frame[["id", "y"]])
        table = Table(f"{role}.csv", pa.Table.from_pandas(frame, preserve_index=False), False)
        rows.append(read_rows(table, role, config))
    return check_overlap(rows, case.evidence, config)


def test_roles_without_a_row_in_common_leave_nothing_to_say(tmp_path: Path) -> None:
    assert _check(tmp_path, training=[1, 2, 3], evaluation=[4, 5, 6]) == ()


def test_shared_row_ids_are_an_exception_with_their_number(tmp_path: Path) -> None:
    found = _check(tmp_path, training=[1, 2, 3], evaluation=[3, 5, 2], drift=[7, 8, 9])

    assert [(f.id, f.kind) for f in found] == [("recompute.overlap.evaluation", "exception")]
    assert found[0].found == "2 of 3 row ids are those of training"


@pytest.mark.parametrize("row_id", ["id", None])
def test_the_same_snapshot_is_an_exception_with_and_without_row_ids(
    row_id: str | None, tmp_path: Path
) -> None:
    found = _check(tmp_path, row_id, training=[1, 2, 3], evaluation=[1, 2, 3])

    assert [f.id for f in found] == ["recompute.overlap.evaluation"]
    assert str(found[0].found).startswith("the snapshot of training, md5 ")


def test_places_in_a_file_are_no_row_ids(tmp_path: Path) -> None:
    assert _check(tmp_path, None, training=[1, 2, 3], evaluation=[3, 5, 2]) == ()


def test_two_roles_that_are_not_training_may_share_rows(tmp_path: Path) -> None:
    assert _check(tmp_path, evaluation=[1, 2, 3], drift=[1, 2, 3]) == ()
