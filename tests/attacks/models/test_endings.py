"""Models that would not stop, or not be told apart: each ends in one line, and nothing is left."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from tests.attacks.models.hostile import EACH, ROWS, is_gone, processes_naming, score, write_model

from affidavit.errors import WorkerError
from affidavit.recompute.worker.levels import Level, isolation_text, lacking_text

_FILL = """\
    for i in range({files}):
        with open(os.environ['TMPDIR'] + f'/{{i}}', 'wb') as file:
            file.write(b'x' * 1000000)
            {then}
    time.sleep(60)
"""
_HIDDEN = """\
    held = []
    for i in range(60):
        held.append(open(os.environ['TMPDIR'] + f'/{i}', 'wb'))
        os.unlink(held[-1].name)
        held[-1].write(b'x' * 1000000); held[-1].flush()
    time.sleep(60)
"""
_MAPPED = """\
    import ctypes
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    for i in range(10):
        name = os.environ['TMPDIR'] + f'/{i}'
        with open(name, 'w+b') as file:
            file.write(b'x' * 6000000); file.flush()
            libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
        os.unlink(name)
    time.sleep(60)
"""
_BEHIND = """\
    import ctypes, threading
    def hide():
        time.sleep(0.3)
        held = []
        try:
            for i in range(6):
                held.append(open(os.environ['TMPDIR'] + f'/{i}', 'wb'))
                os.unlink(held[-1].name)
                held[-1].write(b'x' * 6000000); held[-1].flush()
            time.sleep(60)
        finally:
            os._exit(3)
    threading.Thread(target=hide).start()
    ctypes.CDLL(None).pthread_exit(None)
"""
_CLOSED = """\
    path = os.environ['TMPDIR']
    for i in range(1500):
        os.mkdir(path + '/dddd'); os.chdir(path + '/dddd'); path = '.'
    os.mkdir('closed', 0)
    time.sleep({seconds}); return right
"""
_FULL = r"ended while scoring.*: its scratch folder held more than 16 MB \(\[worker\] scratch_mb\)"
_NO_SPACE = r"failed while scoring.*\| OSError: \[Errno 28\] No space left .*\[worker\] scratch_mb"
_NO_SPACE_BEHIND = r"ended by itself \(exit 3\)"
_REFUSED = r"failed while scoring.*\| PermissionError: \[Errno 1\] .*no network, start no process"

# What predict does; what is said, for bubblewrap, for landlock + seccomp, for rlimits.
ATTACKS: dict[str, tuple[str, str, str, str]] = {
    "fills-memory": (
        "held = [bytearray(1 << 28) for _ in range(100)]", *[r"ran out of memory.*memory_mb"] * 3
    ),
    "fills-the-disk": (_FILL.format(files=60, then="pass"), _NO_SPACE, _FULL, _FULL),
    "fills-the-disk-out-of-sight": (_HIDDEN, _NO_SPACE, _FULL, _FULL),
    "fills-the-disk-by-mapped-files": (_MAPPED, _NO_SPACE, _FULL, _FULL),
    "fills-the-disk-once-its-first-thread-has-ended": (_BEHIND, _NO_SPACE_BEHIND, _FULL, _FULL),
    "writes-a-large-file": (
        "f = open(os.environ['TMPDIR'] + '/f', 'wb')\nwhile True: f.write(b'x' * 1000000)",
        r"OSError: \[Errno 2[78]\]", r"OSError: \[Errno 27\] File too large|more than 16 MB",
        r"OSError: \[Errno 27\] File too large|more than 16 MB",
    ),
    "prints-gigabytes": (
        "while True: os.write(1, b'x' * 1000000)", *[r"printed more than 8 MB.*printed_mb"] * 3
    ),
    "uses-the-processor": ("while True: pass", *[r"used up its processor time.*cpu_s"] * 3),
    "writes-to-the-reply-pipe": (
        ("for n in range(3, 64):\n"
        "    try: os.write(n, b'\\0' * 64)\n"
        "    except OSError: pass\n"
        "return right"),
        *["answered wrongly"] * 3,
    ),
    "answers-twice": (
        ("import json, struct\n"
        "h = json.dumps({'type': 'scores', 'batch': 0, 'rows': 2, 'width': 1, 'classes': ['no', 'yes'],\n"
        "                'coded': False, 'notes': []}, sort_keys=True, separators=(',', ':')).encode()\n"
        "f = struct.pack('>IQ', len(h), 16) + h + struct.pack('<2d', 1, 1)\n"
        "for n in range(3, 64):\n"
        "    try: os.write(n, f)\n"
        "    except OSError: pass\n"
        "return right"),
        *["answered wrongly while scoring rows 3 to 3"] * 3,
    ),
    "answers-too-few": ("return right[:-1]", *[r"one answer for each of \d rows"] * 3),
    "answers-too-many": ("return np.vstack([right, right])", *[r"one answer for each of \d rows"] * 3),
    "forks-for-ever": (  # bounded: this machine has others on it
        "for _ in range(10):\n    if os.fork() == 0:\n        time.sleep(60); os._exit(0)\nos._exit(9)",
        _REFUSED, _REFUSED, r"ended by itself \(exit 9\)",
    ),
    "leaves-by-a-signal": ("os.kill(os.getpid(), 11)", *[r"crashed \(SIGSEGV\)"] * 3),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@EACH
def test_is_ended_and_named_in_one_line(attack: str, level: Level, tmp_path: Path) -> None:
    code, *expected = ATTACKS[attack]
    folder = write_model(tmp_path / "model", code, array=True)
    limits = {"cpu_s": 2} if attack == "uses-the-processor" else {}
    started = time.monotonic()

    with pytest.raises(WorkerError) as caught:
        score(
            folder, strongest=level, scratch_mb=16, printed_mb=8, memory_mb=1024, batch_rows=2,
            timeout_s=120, **limits,
        )  # fmt: skip

    error = caught.value
    said = f"{error.what} | {error.cause} | {error.fix}"
    place = ("bubblewrap", "landlock+seccomp", "rlimits").index(level)
    assert re.search(expected[place], said), said
    assert "\n" not in said
    assert time.monotonic() - started < 110  # and not at the end of its time
    assert processes_naming(str(folder)) == []
    assert list(tmp_path.iterdir()) == [folder]


@EACH
def test_a_model_that_never_returns_is_ended_at_the_deadline(level: Level, tmp_path: Path) -> None:
    loading = "print(os.getpid(), flush=True); time.sleep(600)"
    folder = write_model(tmp_path / "model", loading=loading, array=True)
    started = time.monotonic()

    with pytest.raises(WorkerError, match="no answer within 3 s") as caught:
        score(folder, strongest=level, timeout_s=3)

    assert time.monotonic() - started < 100
    assert processes_naming(str(folder)) == []
    if level != "bubblewrap" and caught.value.cause.startswith("it last printed"):
        assert is_gone(int(caught.value.cause.rpartition(" ")[2]))


@EACH
def test_a_thread_that_outlives_the_call_changes_nothing_and_ends(
    level: Level, tmp_path: Path
) -> None:
    code = """\
        import threading
        def go_on():
            while True:
                print('still here', flush=True); time.sleep(0.001)
        threading.Thread(target=go_on).start()
        right[0, 1] = os.getpid()
        return right
    """
    folder = write_model(tmp_path / "model", code, array=True)

    found = score(folder, strongest=level).matrix[:, 0]

    assert found[1:].tolist() == ROWS["x"].tolist()[1:]
    assert processes_naming(str(folder)) == []
    if level != "bubblewrap":
        assert is_gone(int(found[0]))


def test_processes_of_a_model_without_walls_end_with_it_unless_they_leave_its_session(
    tmp_path: Path,
) -> None:
    """With limits alone this is not contained, whether root or not, and the level says so."""
    code = """\
        pids = []
        for leave in (False, True):
            read, write = os.pipe()
            if os.fork() == 0:
                if leave:
                    os.setsid()
                    if os.fork():
                        os._exit(0)
                os.write(write, str(os.getpid()).encode())
                time.sleep(120); os._exit(0)
            pids.append(int(os.read(read, 20)))
        right[:2, 1] = pids
        return right
    """
    folder = write_model(tmp_path / "model", code, array=True)

    stayed, left = score(folder, strongest="rlimits").matrix[:2, 0].astype(np.int64).tolist()

    try:
        assert is_gone(stayed)
        assert not is_gone(left)
        assert "start processes" in isolation_text("rlimits", 0)
        assert "outlive" in lacking_text("rlimits")
    finally:
        os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize(
    "level", ["landlock+seccomp", pytest.param("rlimits", marks=pytest.mark.slow)]
)
def test_a_folder_left_too_deep_and_closed_is_named_or_removed(
    level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deeper than Python recurses, longer than a path may be."""
    place = tmp_path / "beside"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    quick = write_model(tmp_path / "quick", _CLOSED.format(seconds=0), array=True)
    slow = write_model(tmp_path / "slow", _CLOSED.format(seconds=25), array=True)

    with pytest.raises(WorkerError, match="its scratch folder cannot be measured"):
        score(slow, strongest=level)
    assert list(place.iterdir()) == []

    with suppress(WorkerError):  # where the watch came by in time
        score(quick, strongest=level)
    assert list(place.iterdir()) == []


@EACH
def test_a_model_that_may_start_processes_does_and_no_more_than_that(
    level: Level, tmp_path: Path
) -> None:
    code = """\
        import subprocess
        running = [subprocess.Popen(['/bin/sleep', '{own}']) for _ in range({n})]
        time.sleep({wait})
        return right
    """
    own = f"30.{os.getpid()}"  # no other run's
    two = write_model(tmp_path / "two", code.format(n=2, wait=0.5, own=own), array=True)
    five = write_model(tmp_path / "five", code.format(n=5, wait=30, own=own), array=True)

    assert score(two, strongest=level, processes=2).matrix[:, 0].tolist() == ROWS["x"].tolist()
    with pytest.raises(WorkerError, match=r"more than 2 processes \(\[worker\] processes\)"):
        score(five, strongest=level, processes=2)

    assert processes_naming(str(five)) == []
    assert processes_naming(f"/bin/sleep\0{own}") == []
