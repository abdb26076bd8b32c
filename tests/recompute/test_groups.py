"""Groups: joined, banded, missing and unmatched rows counted as what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config, sensitive

from affidavit.config import Config, Rows
from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.groups import group_rows
from affidavit.recompute.rows import Rows as RoleRows
from affidavit.recompute.rows import read_rows
from affidavit.recompute.table import Table

DATA = pd.DataFrame(
    {"id": ["1", "2", "3", "4"], "y": ["yes", "no", "no", "yes"], "age": [24, 25, 60, None],
     "g": ["a", None, "b", "a"]}
)  # fmt: skip


def _table(frame: pd.DataFrame, name: str = "t.csv") -> Table:
    return Table(name, pa.Table.from_pandas(frame, preserve_index=False), is_text=False)


def _rows(config: Config) -> RoleRows:
    return read_rows(_table(DATA), "evaluation", config)


def _texts(config: Config, protected: dict[str, Table] | None = None) -> dict[str, list[str]]:
    found = group_rows(_rows(config), config, protected or {})
    return {g.spec.name: g.column.texts().tolist() for g in found.groupings}


def test_missing_values_are_a_group_of_their_own() -> None:
    assert _texts(binary_config(sensitive={"g": sensitive()})) == {
        "g": ["a", "(missing)", "b", "a"]
    }


def test_bands_cut_as_the_configuration_says() -> None:
    age = sensitive(column="age", bands=(25.0, 60.0), reference="25-59")

    assert _texts(binary_config(sensitive={"age": age})) == {
        "age": ["<25", "25-59", ">=60", "(missing)"]
    }


def test_refuses_bands_that_do_not_rise() -> None:
    config = binary_config(sensitive={"age": sensitive(column="age", bands=(60.0, 25.0))})

    with pytest.raises(ConfigError, match="do not rise"):
        _texts(config)


def test_joins_a_protected_table_by_id_whatever_its_order() -> None:
    config = binary_config(sensitive={"p": sensitive(column="p", table="p.csv", join_on="id")})
    table = _table(pd.DataFrame({"id": [3, 1, 2, 9], "p": ["c", "a", None, "z"]}), "p.csv")

    found = group_rows(_rows(config), config, {"p.csv": table})

    grouping = found.groupings[0]
    assert grouping.column.texts().tolist() == ["a", "(missing)", "c", "(unmatched)"]
    unmatched, missing = found.findings
    assert (unmatched.id, unmatched.kind) == ("recompute.unmatched.p.evaluation", "gap")
    assert unmatched.what == "p is not known for 1 of 4 rows of evaluation"
    assert (missing.id, missing.kind) == ("recompute.missing.p.evaluation", "gap")
    assert missing.what == "p has no value in 1 of 4 rows of evaluation"
    assert found.notes[0] == "1 of 4 rows have no row in p.csv: p"
    assert found.notes[1].startswith("1 of 4 rows have no value of p: they are the group (missing)")


def test_refuses_a_protected_table_with_an_id_twice() -> None:
    config = binary_config(sensitive={"p": sensitive(column="p", table="p.csv", join_on="id")})
    twice = _table(pd.DataFrame({"id": ["1", "1"], "p": ["a", "b"]}), "p.csv")

    with pytest.raises(SourceError) as caught:
        _texts(config, {"p.csv": twice})

    assert "p.csv: the join_on column 'id' is not distinct" in caught.value.what
    assert "expected 2 values, found 1" in caught.value.what


def test_an_absent_protected_table_is_a_gap_and_the_rest_goes_on() -> None:
    config = binary_config(
        sensitive={"g": sensitive(), "p": sensitive(column="p", table="p.csv", join_on="id")}
    )

    found = group_rows(_rows(config), config, {})

    assert [g.spec.name for g in found.groupings] == ["g"]
    assert [f.id for f in found.findings] == [
        "recompute.missing.g.evaluation", "recompute.sensitive.p.evaluation",
    ]  # fmt: skip


def test_too_many_values_are_a_gap_that_asks_for_bands() -> None:
    frame = pd.DataFrame({"id": range(300), "y": "no", "g": [f"v{i}" for i in range(300)]})
    config = binary_config(sensitive={"g": sensitive(reference="v0")})

    found = group_rows(read_rows(_table(frame), "evaluation", config), config, {})

    assert found.groupings == ()
    assert "it has 300 different values" in found.findings[0].what


def test_a_reference_that_does_not_occur_is_a_gap() -> None:
    config = binary_config(sensitive={"g": sensitive(reference="none")})

    found = group_rows(_rows(config), config, {})

    assert found.findings[1].what == "the reference group g=none does not occur in evaluation"
    assert len(found.groupings) == 1


def test_attributes_without_missing_values_leave_no_gap() -> None:
    config = binary_config(sensitive={"g": sensitive()})
    rows = read_rows(_table(DATA.assign(g=["a", "b", "a", "b"])), "evaluation", config)

    assert group_rows(rows, config, {}).findings == ()


@pytest.mark.parametrize("word", ["(missing)", "(unmatched)"])
def test_refuses_a_group_that_is_called_as_rows_without_one_are(word: str) -> None:
    config = binary_config(sensitive={"g": sensitive()})
    rows = read_rows(_table(DATA.assign(g=["a", word, "b", "a"])), "evaluation", config)

    with pytest.raises(SourceError) as caught:
        group_rows(rows, config, {})

    assert caught.value.what == f"t.csv: sensitive attribute 'g' holds the value {word!r}"


def test_groups_in_whole_floats_are_those_in_integers() -> None:
    config = binary_config(sensitive={"g": sensitive(reference="1")})
    table = Table(
        "t.csv",
        pa.table({"id": ["1", "2", "3"], "y": ["no"] * 3, "g": ["1.0", "2.0", None]}),
        is_text=True,
    )

    found = group_rows(read_rows(table, "evaluation", config), config, {})

    assert found.groupings[0].column.names == ("1", "2", "(missing)")
    assert [f.id for f in found.findings] == ["recompute.missing.g.evaluation"]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1, 2, -1, 3], "in 1 rows"),
        ([0, 1, 0, 1], "in 2 rows"),
        ([1, None, np.inf, 1], "in 2 rows"),
    ],
)
def test_refuses_weights_that_are_no_weights(weights: list[float], expected: str) -> None:
    config = binary_config(rows=Rows(id="id", weight="w"))
    good = read_rows(_table(DATA.assign(w=[1, 2, 1, 3])), "evaluation", config)
    assert good.weights.tolist() == [1, 2, 1, 3]  # the twin

    with pytest.raises(SourceError, match=expected):
        read_rows(_table(DATA.assign(w=weights)), "evaluation", config)


def test_refuses_ids_that_stand_twice_without_telling_which(tmp_path: Path) -> None:
    twice = DATA.assign(id=["1", "2", "2", "secret"])

    with pytest.raises(SourceError, match="expected 4 values, found 3") as caught:
        read_rows(_table(twice), "evaluation", binary_config())

    assert "secret" not in str(caught.value)
