"""The filter of system calls: its numbers, its program, and that it is in force when it is said."""

from __future__ import annotations

import errno
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.recompute.affidavit_worker import bpf
from affidavit.recompute.worker import walls
from affidavit.recompute.worker.frames import pack
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.levels import LEVELS, is_at_least, isolation_text, lacking_text
from affidavit.recompute.worker.sandbox import limits, plan_launch
from affidavit.recompute.worker.seccomp import _CALLS, filter_rules
from affidavit.recompute.worker.session import Bounds, open_session

OWN, OTHER = 4242, 4243
_ALLOWED, _KILLED = 0x7FFF0000, 0x80000000
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_GENERIC = (
    "#define __BITS_PER_LONG 64\n#define __ARCH_WANT_SYS_CLONE3\n#include <asm-generic/unistd.h>"
)


def _run(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the program returns: a plain interpreter of the few instructions that it uses."""
    data = struct.pack(
        "<IIQ6Q", number, _AUDIT[machine] if arch is None else arch, 0,
        *(*arguments, *[0] * (6 - len(arguments))),
    )  # fmt: skip
    rules = filter_rules(machine, 0)
    assert rules is not None
    program, at, register = bpf.assemble(rules, OWN), 0, 0
    while True:
        code, true, false, value = program[at]
        at += 1
        match code:
            case 0x20:
                register = struct.unpack_from("<I", data, value)[0]
            case 0x54:
                register &= value
            case 0x06:
                return value
            case _:
                holds = {0x15: register == value, 0x35: register >= value, 0x25: register > value}
                at += true if holds[code] else false


def _numbers(machine: str) -> dict[str, int]:
    column = list(_AUDIT).index(machine)
    entries = [e.split() for text in _CALLS.values() for e in text.split(";")]
    return {e[0]: int(e[1 + column]) for e in entries if e[1 + column] != "-"}


REFUSED = 0x00050000 | errno.EPERM
ABSENT = 0x00050000 | errno.ENOSYS
CASES: list[tuple[str, tuple[int, ...], int]] = [
    ("execve", (), REFUSED),
    ("socket", (), REFUSED),
    ("clone3", (), ABSENT),
    ("clone", (17,), REFUSED),  # fork
    ("clone", (0x003D0F00,), _ALLOWED),  # pthread_create
    ("clone", (0x003D0B00,), REFUSED),  # with descriptors of its own
    ("close_range", (3, 9, 2), REFUSED),
    ("close_range", (3, 9, 4), _ALLOWED),
    ("clone", (0x003D0F00 | 0x40000000,), REFUSED),  # a thread in a network of its own
    ("kill", (OWN,), _ALLOWED),
    ("kill", (OTHER,), REFUSED),
    ("kill", (0,), REFUSED),
    ("kill", (2**64 - 1,), REFUSED),
    ("tgkill", (OWN, 7), _ALLOWED),
    ("tgkill", (OTHER, OWN), REFUSED),
    ("prlimit64", (0,), _ALLOWED),
    ("prlimit64", (OWN,), _ALLOWED),
    ("prlimit64", (OTHER,), REFUSED),
    ("prctl", (1,), REFUSED),
    ("prctl", (15,), _ALLOWED),
    ("fcntl", (5, 8), REFUSED),
    ("fcntl", (5, 1), _ALLOWED),
    ("fcntl", (5, 1024), REFUSED),
    ("fcntl", (5, 1026), REFUSED),
    ("fcntl", (5, 6), _ALLOWED),  # F_SETLK: SQLite's
    ("flock", (5, 2), REFUSED),
    ("inotify_add_watch", (), REFUSED),
    ("mmap", (0, 4096, 3, 0x22), _ALLOWED),
    ("mmap", (0, 4096, 3, 0x21), REFUSED),
    ("mmap", (0, 4096, 3, 0x01), _ALLOWED),
    ("mmap", (0, 4096, 3, 0x122), REFUSED),
    ("openat", (0, 0, 0x241), _ALLOWED),
    ("openat", (0, 0, 0x200), REFUSED),
    ("openat", (0, 0, 0x203), REFUSED),
]


@pytest.mark.parametrize("machine", _AUDIT)
@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_the_program_answers_by_number_and_argument(
    machine: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert _run(machine, _numbers(machine)[name], *arguments) == expected


@pytest.mark.parametrize("machine", _AUDIT)
def test_another_architecture_is_ended_and_an_unknown_number_is_absent(machine: str) -> None:
    assert _run(machine, 0) == _ALLOWED  # the twin

    assert _run(machine, 0, arch=0x40000003) == _KILLED
    assert _run(machine, 0x40000000) == _KILLED
    assert _run(machine, 2**32 - 1) == _KILLED
    for number in (400, 423, 470, 0x3FFFFFFF):
        assert _run(machine, number) == ABSENT


def test_a_machine_whose_numbers_we_lack_has_no_filter() -> None:
    assert filter_rules("x86_64", 0) is not None

    assert filter_rules("s390x", 0) is None


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs the kernel's headers and cc")
@pytest.mark.parametrize(
    ("machine", "source"), [("x86_64", "#include <asm/unistd_64.h>"), ("aarch64", _GENERIC)]
)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str, source: str) -> None:
    done = subprocess.run(
        ["cc", "-E", "-dM", "-"], input=source, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("no headers of this machine")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+) (\d+)", done.stdout))

    ours = _numbers(machine)
    shared = ours.keys() & found.keys()

    assert len(shared) > 80
    assert {n: ours[n] for n in shared} == {n: int(found[n]) for n in shared}


def _claiming(**changes: Any) -> Launch:
    """A worker that says what it is told to say holds."""
    asked = limits(Worker())
    ready = {
        "type": "ready", "protocol": 3, "python": "3.11.7", "limits": asked,
        "held": ["privileges", "landlock", "seccomp"], **changes,
    }  # fmt: skip
    script = f"import os, sys, time; os.write(int(sys.argv[2]), {pack(ready)!r}); time.sleep(9)"
    return Launch(
        command=(sys.executable, "-S", "-E", "-c", script), environment={}, is_own_child=True,
        level="landlock+seccomp", isolation="", folder="", packages=(), limits=asked,
        demands={"privileges": True, "landlock": {"abi": 7}, "seccomp": {"rules": []}},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"held": ["privileges", "landlock"]}, "not in force: seccomp"),
        ({"held": None}, "not in force: landlock, privileges, seccomp"),
        ({"limits": {**limits(Worker()), "data": 2**50}}, "not in force: data"),
        ({"limits": {**limits(Worker()), "cpu": -1}}, "not in force: cpu"),
        ({"limits": {}}, "not in force: as, core, cpu, data, fsize, nofile, stack"),
        ({"protocol": 1}, "not in force: the protocol that was asked for"),
        ({"protocol": True}, "not in force: the protocol that was asked for"),
    ],
)
def test_a_worker_that_did_not_lock_itself_in_is_given_no_model(
    changes: dict[str, Any], lacking: str
) -> None:
    with (
        pytest.raises(WorkerError, match="did not lock itself in") as caught,
        open_session(_claiming(**changes), Bounds(session_s=20, call_s=20)),
    ):
        pytest.fail("nothing may be asked of it")

    assert caught.value.cause == lacking


def test_a_worker_that_says_that_all_holds_is_spoken_to() -> None:
    """The twin of the refusals above."""
    session_s = 3  # it does not answer a goodbye

    with open_session(_claiming(), Bounds(session_s=session_s, call_s=20)) as session:
        assert session.python == "3.11.7"


@pytest.mark.parametrize("level", LEVELS)
def test_the_command_asks_for_what_the_level_promises(level: Any, tmp_path: Path) -> None:
    model = tmp_path / "registered"
    model.mkdir()
    worker = Worker(cpu_s=7, scratch_mb=5)

    launch = plan_launch(model, worker, own_interpreter(), tmp_path, strongest=level)

    if level == "bubblewrap" and launch.level != level:
        pytest.skip("no bubblewrap here")
    assert launch.level == level
    assert ("seccomp" in launch.demands) == (level != "rlimits")
    assert ("landlock" in launch.demands) == (level != "rlimits")
    assert launch.demands["privileges"] is True
    assert (launch.limits["cpu"], launch.limits["fsize"]) == (7, 5 << 20)
    assert launch.isolation.startswith(f"{level}: ")
    if level == "bubblewrap":
        assert str(5 << 20) in launch.command
        assert launch.isolation.endswith("; landlock within")


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap here")
def test_bubblewrap_on_a_kernel_without_landlock_does_not_claim_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walls, "NEWEST_ABI", 0)

    launch = plan_launch(tmp_path, Worker(), own_interpreter(), tmp_path)

    assert launch.level == "bubblewrap"
    assert "landlock" not in launch.demands
    assert "landlock" not in launch.isolation
    assert launch.weaker_because == ("bubblewrap: this kernel has no landlock, or it is off",)


def test_levels_are_ordered_and_say_what_they_lack() -> None:
    assert is_at_least("bubblewrap", "landlock+seccomp")
    assert is_at_least("landlock+seccomp", "landlock+seccomp")
    assert not is_at_least("rlimits", "landlock+seccomp")
    assert lacking_text("bubblewrap") == ""
    assert "namespaces" in lacking_text("landlock+seccomp")
    for said in ("read and write", "network", "start processes", "end yours"):
        assert said in lacking_text("rlimits")
    assert "may start processes, 4 at once" in isolation_text("bubblewrap", 4)
    assert "no new processes" in isolation_text("landlock+seccomp", 0)


def test_other_systems_say_what_is_lacking_there() -> None:
    """Words only: neither system can be run here."""
    assert "macOS limits no memory" in isolation_text("rlimits", 0, "darwin")
    assert "macOS limits no memory" in lacking_text("rlimits", "darwin")
    assert "on Windows not even these limits hold" in isolation_text("rlimits", 0, "win32")
