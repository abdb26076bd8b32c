"""Progress goes to stderr: a live line on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import pytest

from affidavit.cli.output import WIDTH
from affidavit.cli.progress import Drawn, stage_lines


class Clock:
    """Seconds that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def draw(capsys: pytest.CaptureFixture[str], *, verbosity: int = 0, is_live: bool = False) -> str:
    clock = Clock()
    with Drawn(verbosity=verbosity, is_live=is_live, clock=clock) as progress:
        progress.step("fetching data/test.csv")
        clock.now += 1.94
        progress.done("resolve", "model 3 files, 212 kB")
        progress.step("loading\x1b[2J the model")
        progress.done("recompute", "2,380 rows\nscored")
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_without_a_terminal_a_stage_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw(capsys).splitlines() == [
        "  resolve    model 3 files, 212 kB".ljust(WIDTH - 5) + "1.9 s",
        "  recompute  2,380 rows\\nscored",
    ]


def test_verbose_makes_every_step_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = draw(capsys, verbosity=1, is_live=True).splitlines()

    assert [line.split()[0] for line in lines] == [
        "fetching",
        "resolve",
        "loading\\x1b[2J",
        "recompute",
    ]


def test_quiet_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert draw(capsys, verbosity=-1, is_live=True) == ""


def test_without_a_terminal_a_step_that_takes_long_is_told_ever_more_rarely(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("affidavit.cli.progress._TICK_S", 3600)  # the test looks, no thread
    clock = Clock()
    with Drawn(verbosity=0, is_live=False, clock=clock) as progress:
        progress.step("asking the registry")
        for _ in range(200):
            clock.now += 1
            progress._tell_if_long()
        progress.step("fetching the model")
        clock.now += 29
        progress._tell_if_long()
        progress.done("resolve", "done")
        clock.now += 1000
        progress._tell_if_long()

    assert capsys.readouterr().err.splitlines() == [
        "  …          asking the registry: 30 s so far",
        "  …          asking the registry: 60 s so far",
        "  …          asking the registry: 120 s so far",
        "  resolve    done".ljust(WIDTH - 7) + "229.0 s",
    ]


def test_a_live_line_is_gone_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    told = draw(capsys, is_live=True)

    assert "\r\x1b[2K  …          fetching data/test.csv" in told
    assert told.endswith("\r\x1b[2K")
    assert "\x1b[2J" not in told


def test_a_live_line_is_gone_after_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with Drawn(verbosity=0, is_live=True) as progress:
            progress.step("working")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        work()

    assert capsys.readouterr().err.endswith("\r\x1b[2K")


def test_a_live_line_shows_for_how_long_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = Drawn(verbosity=0, is_live=True, clock=clock)
    progress.step("x" * 200)
    clock.now += 12
    progress._draw()

    last = capsys.readouterr().err.rpartition("\x1b[2K")[2]
    assert last.endswith("…  12 s")
    assert len(last) < WIDTH


def test_a_long_stage_is_wrapped_with_its_time_at_the_edge() -> None:
    assert stage_lines("resolve", "a" * 63 + " " + "b" * 60, 0.01) == [
        "  resolve    " + "a" * 63, " " * 13 + "b" * 60,
    ]  # fmt: skip
    assert stage_lines("resolve", "a" * 64, 14.2) == [
        "  resolve    " + "a" * 64, "14.2 s".rjust(WIDTH),
    ]  # fmt: skip
