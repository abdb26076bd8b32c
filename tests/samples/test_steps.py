"""Nothing of the demo outlives it, and a failing step says what it said."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import guard
import pytest
from lay_out import Project, clear
from screens import _prompt
from steps import WIDTH, StepFailed, Steps, quiet_environ
from versions import CREDIT_RISK

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "credit-risk"


def is_alive(pid: int) -> bool:
    """True for a process that still runs; a zombie does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def wait_until_gone(pid: int, limit_s: float = 15) -> bool:
    deadline = time.monotonic() + limit_s
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def start_guarded(starter: str) -> tuple[subprocess.Popen, int]:
    """A starter that guards a child, and the child's process id, once the child runs."""
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, {guard.__file__!r}, sys.executable, '-c', "
        f"{child!r}], stdin=subprocess.PIPE)\n{starter}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_guarded_server_ends_when_its_starter_is_killed() -> None:
    starter, server = start_guarded("time.sleep(60)")
    assert is_alive(server)  # the twin: while the starter lives, so does the server

    starter.kill()
    starter.wait()

    assert wait_until_gone(server)


def test_a_guarded_server_ends_when_it_is_told_to() -> None:
    starter, server = start_guarded("input(); p.stdin.close(); p.wait()")
    assert is_alive(server)

    starter.communicate("stop\n", timeout=20)

    assert starter.returncode == 0
    assert wait_until_gone(server)


def test_an_interrupted_step_ends_its_command(tmp_path) -> None:
    steps = Steps(tmp_path / "logs", os.environ)
    started: list[int] = []

    def interrupt(*_: object) -> None:
        if any(log.read_text() for log in (tmp_path / "logs").glob("*.out.log")):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt  # once the command has told its id

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            steps.run(
                *(sys.executable, "-c"),
                "import os, time; print(os.getpid(), flush=True); time.sleep(60)",
                cwd=tmp_path,
            )
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    (log,) = (tmp_path / "logs").glob("*.out.log")
    started.append(int(log.read_text()))

    assert wait_until_gone(started[0])


def test_a_failing_step_shows_its_last_lines_and_where_the_rest_is(tmp_path) -> None:
    steps = Steps(tmp_path / "logs", os.environ)
    fail = (sys.executable, "-c", "print('the reason'); raise SystemExit(3)")
    assert steps.run(*fail, cwd=tmp_path, codes=(3,)).stdout == "the reason\n"  # the twin

    with pytest.raises(StepFailed, match="ended with 3") as caught:
        steps.run(*fail, cwd=tmp_path)

    assert "the reason" in str(caught.value)
    assert str(tmp_path / "logs") in str(caught.value)


def test_clears_what_a_demo_made_and_nothing_else(tmp_path) -> None:
    mine, demo = tmp_path / "mine", tmp_path / "demo"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    clear(demo)
    (demo / "old.zip").write_text("old")

    clear(demo)
    with pytest.raises(FileExistsError, match="no demo made"):
        clear(mine)

    assert not (demo / "old.zip").exists()
    assert (mine / "thesis.txt").read_text() == "years"


def test_commits_are_the_same_wherever_the_project_is_laid_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "someone else")
    commits = []
    for place in ("here", "there/deeper"):
        folder = tmp_path / place
        steps = Steps(folder / "logs", quiet_environ(Path(sys.executable), folder / "home"))
        project = Project(CREDIT_RISK, SAMPLE, folder / "repository", folder / "remote")
        project.start(steps)
        commits.append(project.advance(steps, CREDIT_RISK.versions[0]))

    assert commits[0] == commits[1]
    assert len(commits[0]) == 40


def test_a_step_is_a_line_of_80_columns_and_shows_that_it_was_cut(tmp_path, capsys) -> None:
    steps = Steps(tmp_path / "logs", os.environ)

    with steps.step("train", "x" * 100):
        pass
    with steps.step("train", "short"):
        pass

    long, short = capsys.readouterr().out.splitlines()
    assert len(long) == len(short) == WIDTH
    assert "x… " in long
    assert "…" not in short


def test_a_command_that_is_shown_can_be_typed_and_fits() -> None:
    shown = _prompt("diff", "a" * 30, "b" * 30, "--key release.pub")

    assert shown.splitlines() == [
        f"$ affidavit diff {'a' * 30} {'b' * 30} \\",
        "    --key release.pub",
    ]
    assert _prompt("verify", "x.zip") == "$ affidavit verify x.zip"
