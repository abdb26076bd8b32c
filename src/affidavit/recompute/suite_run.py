"""Runs an expectation suite on a role's rows, in a process of its own.

The suite is a stranger's, and so is what the process answers: it gets a folder, an environment
without secrets and limits, is ended with its group when the time is over, and its answer is read
as a file of bounded size. Great Expectations is imported there and nowhere else.
"""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import feather
from pydantic import FailFast, ValidationError

from affidavit.bundle.canonical import loads
from affidavit.config import Worker
from affidavit.errors import BundleError, MissingExtra, WorkerError
from affidavit.evidence import Record
from affidavit.printable import printable
from affidavit.recompute.columns import as_floats, is_words, plain
from affidavit.recompute.table import Table
from affidavit.suite_record import Expectation, ExpectationResult, Fared

INSTALL: Final = "pip install 'affidavit[expectations]'"
_PROCESS: Final = Path(__file__).with_name("suite_process.py")
_MAX_ANSWER: Final = 16 * 1024 * 1024
_MEBIBYTE: Final = 1 << 20
_LARGEST_WHOLE: Final = 2.0**53
_CORRECT: Final = "correct the suite: run it with great-expectations on the snapshot"
# Where to find Python and its packages; no token, no password, no proxy.
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class _Answer(Record):
    """The process's answer: one of the three."""

    results: Annotated[tuple[Fared, ...], FailFast()] = ()
    absent: bool = False
    refused: str | None = None


def run_suite(
    expectations: Sequence[Expectation], table: Table, worker: Worker, scratch: Path
) -> tuple[ExpectationResult, ...]:
    """How each expectation fares on a table, in the order given.

    Args:
        expectations: of a suite that `read_suite` has read.
        table: the rows of the role.
        worker: the limits, as on the process that runs the model.
        scratch: where a private folder is made, gone afterwards.

    Raises:
        MissingExtra: great-expectations is not installed.
        WorkerError: it does not take the suite, took too long or ended without an answer.
    """
    with tempfile.TemporaryDirectory(prefix="suite-", dir=scratch) as name:
        folder = Path(name)
        request = {
            "limits": _limits(worker),
            "expectations": [{"type": e.type, "kwargs": dict(e.kwargs)} for e in expectations],
        }
        (folder / "request.json").write_text(json.dumps(request), "utf-8")
        _write(table, folder / "rows.arrow")
        _run(folder, worker)
        answer = _read(folder / "answer.json")
    if answer.absent:
        raise MissingExtra("great-expectations is not installed", "", INSTALL)
    if answer.refused is not None:
        raise WorkerError(printable(answer.refused)[:400], "", _CORRECT)
    if len(answer.results) != len(expectations):
        raise WorkerError("great-expectations answered something else", "", _CORRECT)
    return tuple(map(_result, expectations, answer.results))


def _write(table: Table, path: Path) -> None:
    try:
        feather.write_feather(typed(table), path, compression="uncompressed")
    except (pa.ArrowException, OSError) as error:
        raise WorkerError(
            f"the rows could not be handed over ({type(error).__name__})", "",
            "look at the types of the snapshot's columns, and at the room on the disk",
        ) from error  # fmt: skip


def typed(table: Table) -> Any:
    """The rows as an Arrow table with types, as pandas reads them.

    A column of a text file is a number where each of its values reads as one and none is written
    with a leading zero: whole where all are and none is missing. Missing is what it is everywhere.
    """
    columns = [_typed(table.raw(c), is_text=table.is_text) for c in table.columns]
    return pa.table(dict(zip(table.columns, columns, strict=True)))


def _typed(raw: Any, *, is_text: bool) -> Any:
    values = plain(raw)
    floats = as_floats(values) if is_text and is_words(values) else None
    if floats is None:
        return values
    is_whole = bool(np.all(floats == np.floor(floats)) and np.all(np.abs(floats) < _LARGEST_WHOLE))
    return pa.array(floats.astype(np.int64) if is_whole else floats, from_pandas=True)


def _limits(worker: Worker) -> dict[str, int]:
    return {
        "data": worker.memory_mb * _MEBIBYTE,
        "cpu": worker.timeout_s * worker.threads + 5,
        "fsize": _MAX_ANSWER,
        "core": 0,
    }


def _environment(folder: Path, worker: Worker) -> dict[str, str]:
    threads = str(worker.threads)
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "GX_ANALYTICS_ENABLED": "false",
        # It reads and writes a file of settings in the home folder: here, in one of its own.
        "HOME": str(folder),
        "PYTHONUSERBASE": site.getuserbase(),
        "TMPDIR": str(folder),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
    }


def _run(folder: Path, worker: Worker) -> None:
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROCESS), str(folder)], cwd=folder,
            env=_environment(folder, worker), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise WorkerError("Python could not be started", error.strerror or "", _CORRECT) from error
    with process:
        try:
            code = process.wait(worker.timeout_s)
        except subprocess.TimeoutExpired as error:
            raise WorkerError(
                f"it took longer than {worker.timeout_s} s", "",
                "raise timeout_s in [worker], or make the suite smaller",
            ) from error  # fmt: skip
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    if code != 0:
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        raise WorkerError(
            f"its process ended {how}", "", "raise memory_mb in [worker], or correct the suite"
        )


def _read(path: Path) -> _Answer:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_ANSWER + 1)
        if len(content) > _MAX_ANSWER:
            raise WorkerError("great-expectations answered too much", "", _CORRECT)
        loads(content, "the answer")
        return _Answer.model_validate_json(content)
    except (OSError, BundleError, ValidationError) as error:
        raise WorkerError("great-expectations gave no answer", "", _CORRECT) from error


def _result(expectation: Expectation, fared: Fared) -> ExpectationResult:
    return ExpectationResult(
        type=expectation.type, columns=expectation.columns,
        success=fared.success and not fared.raised, raised=fared.raised,
        element_count=fared.element_count, unexpected_count=fared.unexpected_count,
        unexpected_percent=fared.unexpected_percent,
    )  # fmt: skip
