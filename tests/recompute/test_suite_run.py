"""The process that runs a suite: what it is given, and every way in which it can fail.

Great Expectations itself runs in tests/conformance. Here a stand-in of that name does what no
release of it does on purpose: it hangs, dies, starts programs and answers without end.
"""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import pyarrow as pa
import pytest

from affidavit.config import Worker
from affidavit.errors import MissingExtra, WorkerError
from affidavit.recompute.suite_run import INSTALL, run_suite, typed
from affidavit.recompute.table import Table
from affidavit.suite_record import Expectation

TABLE = Table("e.csv", pa.table({"a": ["1", "2"], "b": ["x", None]}), is_text=True)
UNIQUE = Expectation(type="expect_column_values_to_be_unique", kwargs={"column": "a"})


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, **worker: int) -> None:
    """Run a suite where importing great_expectations runs this code."""
    package = tmp_path / "packages" / "great_expectations"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import os, pathlib, sys, time\n" + code)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    try:
        run_suite([UNIQUE], TABLE, Worker(**worker), scratch)
    finally:
        assert list(scratch.iterdir()) == []


@pytest.mark.skipif(
    importlib.util.find_spec("great_expectations") is not None, reason="it is installed here"
)
def test_without_great_expectations_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra) as missing:
        run_suite([UNIQUE], TABLE, Worker(), tmp_path)

    assert missing.value.what == "great-expectations is not installed"
    assert missing.value.fix == INSTALL == "pip install 'affidavit[expectations]'"
    assert list(tmp_path.iterdir()) == []


ANSWER = "pathlib.Path('answer.json').write_text({!r}); os._exit(0)"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os._exit(3)", "its process ended with exit code 3"),
        ("os.kill(os.getpid(), 9)", "its process ended by signal 9"),
        ("os._exit(0)", "great-expectations gave no answer"),
        ("import nothing_of_this_name", "nothing_of_this_name is not installed"),
        ("raise ValueError('ada@lovelace.example')", "great-expectations failed with ValueError"),
        (ANSWER.format('{"results": []}'), "great-expectations answered something else"),
        (ANSWER.format('{"results": [{"success": 1, "raised": false}]}'), "gave no answer"),
        (ANSWER.format('{"results": [{"success": true, "unexpected_percent": 101}]}'),
         "gave no answer"),
        (ANSWER.format('{"results": [{"success": true, "element_count": 9007199254740992}]}'),
         "gave no answer"),
        (ANSWER.format("[" * 1000), "gave no answer"),
        (ANSWER.format('{"refused": "no\\u001b[2J"}'), "no\\x1b[2J"),
        ("pathlib.Path('answer.json').write_bytes(b' ' * (17 << 20))", "failed with OSError"),
        ("x = bytearray(3 << 30)", "great-expectations needs more than memory_mb in [worker]"),
        ("os.system('true')", "great-expectations failed with PermissionError"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))",
         "great-expectations failed with PermissionError"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_the_process_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    with pytest.raises(WorkerError) as failed:
        run(tmp_path, monkeypatch, code, memory_mb=2048)

    assert reason in str(failed.value)
    assert failed.value.fix
    assert "lovelace" not in str(failed.value)


def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    pid = tmp_path / "pid"
    code = f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"

    with pytest.raises(WorkerError, match="it took longer than 3 s") as failed:
        run(tmp_path, monkeypatch, code, timeout_s=3)

    assert time.monotonic() - began < 30
    assert failed.value.fix == "raise timeout_s in [worker], or make the suite smaller"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_process_sees_no_secret_and_no_telemetry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    seen = tmp_path / "seen"

    with pytest.raises(WorkerError):
        run(tmp_path, monkeypatch, f"pathlib.Path({str(seen)!r}).write_text(repr(os.environ))")

    assert "hush" not in seen.read_text()
    assert "'GX_ANALYTICS_ENABLED': 'false'" in seen.read_text()


def test_a_text_file_has_the_types_that_pandas_gives_it() -> None:
    columns = {
        "whole": ["1", "2.0"], "holes": ["1", None], "part": ["1.5", "2"], "code": ["007", "08"],
        "word": ["x", ""], "empty": [None, None],
    }  # fmt: skip
    table = Table("e.csv", pa.table(columns), is_text=True)

    found = typed(table)

    assert {n: str(found.schema.field(n).type) for n in columns if n != "empty"} == {
        "whole": "int64", "holes": "double", "part": "double", "code": "string", "word": "string",
    }  # fmt: skip
    assert found.column("holes").null_count == found.column("word").null_count == 1


def test_a_file_with_types_keeps_them_but_for_its_dictionaries() -> None:
    words = pa.array(["1", "2"]).dictionary_encode()
    table = Table("e.parquet", pa.table({"a": words, "b": [1.0, None]}), is_text=False)

    assert [str(t) for t in typed(table).schema.types] == ["string", "double"]
