"""A model that tries everything: what is refused at which level, and that the rest is admitted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from tests.attacks.models.attempts import ATTEMPTS, HONEST
from tests.attacks.models.hostile import BWRAP, EACH, is_gone, score, write_model

from affidavit.recompute.worker import walls
from affidavit.recompute.worker.levels import Level, isolation_text, lacking_text

_WORK_WITH_LIMITS_ALONE = {
    "reads-a-secret", "writes-outside", "opens-tcp", "sends-udp", "opens-a-unix-socket",
    "execs-a-shell", "forks", "ends-another-process", "changes-its-own-files",
}  # fmt: skip
_MACHINERY = """\
            def made(code):
                try:
                    exec(code, {{**globals()}})
                    return 1.0
                except BaseException as error:
                    print(type(error).__name__, error)
                    return 0.0
            codes = {codes!r}
            right[:, 1] = [made(code) for code in codes]
            return right
"""


@contextmanager
def _surroundings(folder: Path) -> Iterator[dict[str, object]]:
    """Something to read, to spoil, to connect to and to end."""
    (folder / "secret").write_text("s")
    outside = folder / "outside"
    outside.mkdir()
    for i in range(1, 6):
        (outside / f"victim-{i}").write_text("whole")
    abstract = f"\0affidavit-{os.getpid()}-{folder.name}"
    with ExitStack() as held:
        tcp = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for name in (str(folder / "u"), abstract):
            server = held.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(name)
            server.listen()
        victim = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(120)"])
        held.callback(victim.wait)
        held.callback(victim.kill)
        yield {
            "secret": str(folder / "secret"), "outside": str(outside), "victim": victim.pid,
            "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "unix": str(folder / "u"),
            "abstract": abstract,
        }  # fmt: skip


def _try_all(codes: list[str], folder: Path, level: Level) -> list[bool]:
    model = write_model(
        folder / "model", textwrap.dedent(_MACHINERY).format(codes=codes), array=True
    )
    (model / "code" / "evil.pth").write_text("import sys; sys.pth_ran = True\n")
    (model / "code" / "sitecustomize.py").write_text("import sys; sys.site_ran = True\n")
    before = (model / "model.pkl").read_bytes()
    rows = pd.DataFrame({"x": [0.5] * len(codes)})

    found = score(model, strongest=level, table=rows).matrix[:, 0]

    assert (model / "model.pkl").read_bytes() == before
    return [value == 1.0 for value in found.tolist()]


@EACH
def test_each_attempt_is_refused_or_admitted(level: Level, tmp_path: Path) -> None:
    with _surroundings(tmp_path) as places:
        codes = [a.code.format(**places) for a in ATTEMPTS.values()]
        got = _try_all(codes, tmp_path, level)
        victim_is_gone = is_gone(int(str(places["victim"])))

    succeeded = {name for name, yes in zip(ATTEMPTS, got, strict=True) if yes}
    assert succeeded <= {n for n, a in ATTEMPTS.items() if level in a.succeeds}
    assert (succeeded >= _WORK_WITH_LIMITS_ALONE) == (level == "rlimits")  # the twin
    assert victim_is_gone == ("ends-another-process" in succeeded)
    outside = sorted(p.name for p in (tmp_path / "outside").iterdir())
    assert (outside == [f"victim-{i}" for i in range(1, 6)]) == (level != "rlimits")
    said = f"{isolation_text(level, 0)} | {lacking_text(level)}"
    for name in succeeded:
        assert ATTEMPTS[name].said, name
        assert ATTEMPTS[name].said in said, name


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 6])
def test_an_older_landlock_refuses_the_same(
    abi: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it cannot refuse (truncation, sockets, signals), the filter of system calls does."""
    monkeypatch.setattr(walls, "NEWEST_ABI", abi)

    with _surroundings(tmp_path) as places:
        codes = [a.code.format(**places) for a in ATTEMPTS.values()]
        got = _try_all(codes, tmp_path, "landlock+seccomp")

    assert not any(got)
    assert {p.read_text() for p in (tmp_path / "outside").iterdir()} == {"whole"}


@BWRAP
def test_bubblewrap_without_landlock_refuses_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two walls around the files stands alone; a kernel may have no landlock."""
    monkeypatch.setattr(walls, "NEWEST_ABI", 0)

    with _surroundings(tmp_path) as places:
        codes = [a.code.format(**places) for a in ATTEMPTS.values()]
        got = _try_all(codes, tmp_path, "bubblewrap")

    assert not any(got)


@EACH
def test_what_a_model_does_in_earnest_works(level: Level, tmp_path: Path) -> None:
    got = _try_all(list(HONEST.values()), tmp_path, level)

    assert dict(zip(HONEST, got, strict=True)) == dict.fromkeys(HONEST, True)
