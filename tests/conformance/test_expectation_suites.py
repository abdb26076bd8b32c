"""A real suite, run by a real Great Expectations that is installed for this test alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.recompute.suite_run import run_suite
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile
from affidavit.suite_record import ExpectationResult, read_suite

PIN = "great-expectations==1.24.1"
UV = Path(sys.executable).with_name("uv")
ROWS = "id,income,kind\n1,10.5,x\n2,,y\n2,30,z\n"
pytestmark = [pytest.mark.system, pytest.mark.skipif(not UV.is_file(), reason="no uv")]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("great-expectations")
    command = [UV, "pip", "install", "--quiet", "--python", sys.executable, "--target", folder, PIN]
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no package index: {done.stderr.decode(errors='replace').strip()[-200:]}")
    return folder


def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path, *expectations: object
) -> tuple[ExpectationResult, ...]:
    monkeypatch.setenv("PYTHONPATH", str(installed))
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    suite = read_suite(json.dumps({"expectations": expectations}).encode(), "it")
    table = read_tables([TableFile("rows.csv", file)], "rows")
    return run_suite(suite.expectations, table, Worker(), tmp_path)


def test_one_holds_one_fails_one_cannot_be_evaluated_in_the_order_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path
) -> None:
    between = {"column": "income", "min_value": 0, "max_value": 100}
    found = run(
        tmp_path, monkeypatch, installed,
        {"type": "expect_column_values_to_be_between", "kwargs": between},
        {"expectation_type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "absent"}},
        {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}},
    )  # fmt: skip

    held, failed, absent, counted = found
    assert (held.success, held.element_count, held.unexpected_count) == (True, 3, 0)
    assert (failed.success, failed.element_count, failed.unexpected_count) == (False, 3, 2)
    assert failed.unexpected_percent == pytest.approx(200 / 3)
    assert (absent.success, absent.raised, absent.columns) == (False, True, ("absent",))
    assert (counted.success, counted.element_count) == (True, None)
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        ({"type": "expect_nothing_known", "kwargs": {}},
         "expectation 1 (expect_nothing_known): expect_nothing_known not found"),
        ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "kind", "foo": 1}},
         "expectation 1 (expect_column_values_to_be_in_set): "),
    ],
)  # fmt: skip
def test_a_suite_that_is_not_taken_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path, expectation: object,
    reason: str,
) -> None:  # fmt: skip
    with pytest.raises(WorkerError) as refused:
        run(tmp_path, monkeypatch, installed, expectation)

    assert str(refused.value).startswith(reason)
