"""Data that a person gives by --dataset, as init sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.starting import KNOWN, Person

from affidavit.errors import UsageError
from affidavit.starting.dialogue import interview
from affidavit.starting.given import given_tables
from affidavit.starting.known import Known
from affidavit.starting.questions import unasked
from affidavit.starting.writing import config_text
from affidavit.toml_reader import read_config


def test_a_role_is_what_can_be_one_and_another_name_is_a_protected_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    where = str(tmp_path / "a.csv")

    role, table = given_tables({"test": where, "data/people.csv": f"file://{where}"})
    known = Known(subject="models:/x/1", features=("y",), tables=(role, table))

    assert (role.role, role.path, role.uri) == ("test", where, where)
    assert (table.role, table.path, table.uri) == (None, "data/people.csv", f"file://{where}")
    assert (known.scored, known.apart) == ((role,), (table,))


def test_of_a_folder_the_first_part_is_looked_at(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt"):
        (tmp_path / "parts" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "parts" / name).write_text(f"{name[0]}\n1\n")

    (table,) = given_tables({"test": str(tmp_path / "parts")})

    assert (table.names, table.is_cut) == (("a",), True)
    with pytest.raises(UsageError, match=r"gone\.csv: no such file or folder"):
        given_tables({"test": str(tmp_path / "gone.csv")})
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="a folder without a CSV or Parquet file"):
        given_tables({"test": str(tmp_path / "empty")})


def test_an_address_is_not_looked_at_and_holds_no_password_in_the_file() -> None:
    (table,) = given_tables({"test": "s3://ada:secret@bucket/rows.parquet"})
    known = Known(subject="models:/x/1", features=("income",), tables=(table,))
    lines = [
        "deny", "binary", "outcome", "yes", "no", "", "", "0.25", "", "none", "", "", "",
        "warehouse", "2026-11-03", "reference",
    ]  # fmt: skip

    answers = interview(known, Person(lines))
    text = config_text(known, answers, day="2026-11-29")

    assert table.size == "not looked at"
    assert "secret" not in text
    data = read_config(text.encode(), "x").datasets["test"]
    assert (data.uri, data.path, data.include) == ("s3://bucket/rows.parquet", None, "reference")
    assert (data.exported_from, data.exported_at) == ("warehouse", "2026-11-03")


def test_what_was_found_is_named_by_its_path_at_the_commit() -> None:
    answers = interview(KNOWN, Person([*[""] * 3]))

    assert 'path = "data/evaluation.csv"' in config_text(KNOWN, answers, day="2026-11-29")


def test_of_a_database_the_query_is_asked_and_left_open_where_nobody_is() -> None:
    (table,) = given_tables({"test": "sqlite:///loans.db"})
    known = Known(subject="models:/x/1", features=("income",), tables=(table,))
    lines = [
        "deny", "binary", "outcome", "yes", "no", "", "", "0.25", "", "none", "", "", "",
        "SELECT * FROM loans ORDER BY id", "warehouse", "2026-11-03", "embed",
    ]  # fmt: skip

    text = config_text(known, interview(known, Person(lines)), day="2026-11-29")

    assert (
        read_config(text.encode(), "x").datasets["test"].query == "SELECT * FROM loans ORDER BY id"
    )
    open_text = config_text(known, unasked(known), day="2026-11-29")
    assert 'query = "<SELECT ... ORDER BY ...>"' in open_text
    elsewhere = replace(known, tables=given_tables({"test": "s3://bucket/rows.parquet"}))
    assert "query =" not in config_text(elsewhere, unasked(elsewhere), day="2026-11-29")
