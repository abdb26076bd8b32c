"""What of the machine is shown to the model's process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from affidavit.config import Worker
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.sandbox import plan_launch
from affidavit.recompute.worker.walls import bubblewrap_walls, landlock_demand


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that is also the prefix of a Python."""
    home = tmp_path / "home"
    for folder in ("bin", "lib/python3.11", ".ssh", "share/keyrings"):
        (home / folder).mkdir(parents=True)
    (home / "pyvenv.cfg").touch()
    return home


def test_shows_of_a_prefix_what_a_python_needs_and_not_the_home_folder(
    home: Path, tmp_path: Path
) -> None:
    python = replace(own_interpreter(), readable=(str(home),), packages=())
    model = tmp_path / "model"

    mounts = bubblewrap_walls("bwrap", model, python, {}, 1)
    paths = landlock_demand(model, python, tmp_path / "scratch", execute=False)["read"]

    shown = [str(home / part) for part in ("bin", "lib", "pyvenv.cfg")]
    assert isinstance(paths, list)
    assert [p for p in paths if str(p).startswith(str(home))] == shown
    assert sorted({p for p in mounts if p.startswith(str(home))}) == shown


def test_a_prefix_that_is_a_home_folder_still_starts(home: Path, tmp_path: Path) -> None:
    """The twin: the strongest level that holds for our own Python holds with one more prefix."""
    own = own_interpreter()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    plain = plan_launch(tmp_path / "a", Worker(), own, tmp_path / "a")
    more = replace(own, readable=(*own.readable, str(home)))

    assert plan_launch(tmp_path / "b", Worker(), more, tmp_path / "b").level == plain.level
