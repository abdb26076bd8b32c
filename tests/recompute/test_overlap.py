"""Rows of the training data among those that are to show how the model does on others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import Case, binary_config

from affidavit.config import Dataset, Rows
from affidavit.evidence import Evidence, Finding, Subject
from affidavit.recompute.overlap import check_overlap, equal_rows
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


def _content(
    training: pd.DataFrame, evaluation: pd.DataFrame, row_id: str | None = None
) -> tuple[Finding, ...]:
    config = binary_config(
        datasets={r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")},
        rows=Rows(id=row_id),
    )
    rows = [
        read_rows(
            Table(f"{r}.csv", pa.Table.from_pandas(f, preserve_index=False), False), r, config
        )
        for r, f in (("training", training), ("evaluation", evaluation))
    ]
    nothing = Evidence(subject=Subject(name="m", version="1", run_id="r", created_at=None))
    return check_overlap(rows, nothing, config)


def _cases(n: int, seed: int, **columns: Any) -> pd.DataFrame:
    chance = np.random.RandomState(seed)
    found = {
        "id": [f"{seed}-{i}" for i in range(n)],
        "income": chance.gamma(2, 1e6, n).round(2),
        "sex": chance.choice(["f", "m", None], n),
        "y": chance.choice(["yes", "no"], n),
    }
    return pd.DataFrame({**found, **columns})


@pytest.mark.parametrize("row_id", ["id", None])
def test_equal_rows_under_other_ids_are_an_exception_with_their_number(row_id: str | None) -> None:
    training, evaluation = _cases(400, 1), _cases(200, 2)
    evaluation = evaluation if row_id else evaluation.drop(columns="id")
    assert _content(training, evaluation, row_id) == ()  # the twin

    leaked = training.drop(columns="id").iloc[:3]
    place = pd.RangeIndex(50, 53)
    evaluation.loc[place, ["income", "sex", "y"]] = leaked.set_axis(place)
    (found,) = _content(training, evaluation, row_id)

    assert (found.id, found.kind) == ("recompute.overlap.evaluation", "exception")
    assert found.found == (
        "3 of 200 rows are equal to rows of training in all 3 columns that both have, of whose own "
        "400 rows 0 have an equal"
    )


def test_rows_of_few_values_that_are_equal_by_chance_are_no_exception() -> None:
    """Two columns with six kinds of row: every row of the evaluation equals many of the training."""
    for seed in range(20):
        training, evaluation = (
            _cases(n, s).drop(columns=["id", "income"]) for n, s in ((300, seed), (200, seed + 99))
        )
        assert _content(training, evaluation) == ()


def test_chance_twins_are_told_from_leaked_rows_by_how_many_training_has_itself() -> None:
    """Amounts of 2,000 values: about one new row in six has an equal, as in training itself."""

    def cases(n: int, seed: int) -> pd.DataFrame:
        amounts = np.random.RandomState(seed).randint(0, 2000, n)
        return _cases(n, seed, income=amounts).drop(columns="id")

    false = sum(len(_content(cases(1000, s), cases(500, s + 1000))) for s in range(100))
    assert false <= 2

    training, evaluation = cases(1000, 1), cases(500, 2)
    (found,) = _content(training, pd.concat([evaluation[:350], training[:150]]))
    assert str(found.found).split(" rows are equal")[0] in {f"{n} of 500" for n in range(165, 240)}


def test_numbers_as_text_in_one_role_are_those_of_the_other() -> None:
    training = _cases(50, 1, amount=np.arange(50))
    evaluation = training[:5].assign(amount=[f"{i}.0" for i in range(5)])

    (found,) = _content(training.drop(columns="id"), evaluation.drop(columns="id"))

    assert str(found.found).startswith("5 of 5 rows are equal")


@pytest.mark.parametrize("seed", range(6))
def test_equal_rows_are_those_that_pandas_joins(seed: int) -> None:
    chance = np.random.RandomState(seed)
    frames = [
        pd.DataFrame({c: chance.choice([1.5, 2.0, None], n) for c in ("a", "b", "c", "d")})
        for n in (40, 60)
    ]
    tables = [Table("t", pa.Table.from_pandas(f, preserve_index=False), False) for f in frames]
    tuples = [[tuple(r) for r in f.fillna(-1).itertuples(index=False)] for f in frames]

    found = equal_rows(tables[0], tables[1], ["a", "b", "c", "d"])

    assert found.n == sum(r in set(tuples[1]) for r in tuples[0])
    assert found.twins == sum(tuples[1].count(r) > 1 for r in tuples[1])
    assert (found.n_rows, found.n_training) == (40, 60)


def test_rows_without_a_column_in_common_are_not_equal() -> None:
    tables = [Table("t", pa.table({c: [1, 2]}), False) for c in ("a", "b")]

    assert equal_rows(tables[0], tables[1], []).n == 0
