"""Interpreters at hand and named ones: asked what they are, and never taken for what they are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.errors import WorkerError
from affidavit.recompute.environments.pythons import find_python, read_named, running_python


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_running_python_is_found_for_its_own_minor() -> None:
    assert find_python(running_python().python.minor) == running_python()


def test_passes_over_a_shim_that_starts_nothing_and_over_a_python_that_is_another(
    tmp_path: Path,
) -> None:
    """pyenv's shims fail; a `python3.99` that says 3.11 is none."""
    script(tmp_path / "shim" / "python3.99", "exit 127")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "python3.99").symlink_to(sys.executable)
    script(tmp_path / "hangs" / "python3.99", "echo '{}'")
    path = os.pathsep.join(str(tmp_path / f) for f in ("none", "shim", "other", "hangs"))

    assert find_python("3.99", {"PATH": path, "HOME": str(tmp_path)}) is None


def test_a_python_kept_by_pyenv_is_found_although_it_is_not_on_path(tmp_path: Path) -> None:
    said = (
        '{"version": "3.99.1", "name": "cpython", "executable": "'
        f'{tmp_path}/real/bin/python", "prefixes": ["{tmp_path}/real"], "packages": [], '
        '"system": []}'
    )
    script(tmp_path / ".pyenv/versions/3.99.1/bin/python3.99", f"echo '{said}'")

    found = find_python("3.99", {"PATH": "", "HOME": str(tmp_path)})

    assert found is not None
    assert (found.executable, found.python.version) == (f"{tmp_path}/real/bin/python", "3.99.1")
    assert found.readable == (f"{tmp_path}/real",)


def test_a_virtual_environment_is_named_by_its_folder_or_its_python(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)

    by_folder, by_program = (
        read_named(tmp_path / "v"),
        read_named(tmp_path / "v" / "bin" / "python"),
    )

    assert by_folder == by_program
    assert [Path(p).is_relative_to(tmp_path / "v") for p in by_folder.packages] == [True]
    assert by_folder.executable == running_python().executable


def test_no_pth_file_of_a_named_environment_is_run_while_it_is_asked(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    (site,) = (tmp_path / "v").glob("lib/python*/site-packages")
    marker = tmp_path / "ran"
    (site / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n")

    read_named(tmp_path / "v")

    assert not marker.exists()
    subprocess.run([tmp_path / "v" / "bin" / "python", "-c", ""], check=True)
    assert marker.exists()  # the twin: it runs where nobody holds it back


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: None, "there is no Python here"),
        (lambda p: p.mkdir(), "there is no Python here"),
        (lambda p: script(p, "exit 3"), "this Python does not start"),
        (lambda p: script(p, "echo hello"), "this Python does not start"),
        (lambda p: script(p / "bin" / "python", "exit 1"), "this Python does not start"),
        (lambda p: p.write_text("no program"), "this Python does not start"),
    ],
)
def test_refuses_a_named_environment_that_is_none(make, says: str, tmp_path: Path) -> None:
    path = tmp_path / "env"
    make(path)

    with pytest.raises(WorkerError, match=says) as caught:
        read_named(path)

    assert caught.value.what == f"--model-env {path}: {says}"
    assert caught.value.fix
