"""A real DVC repository and remote, made by the real `dvc`; tests take copies and change one thing.

DVC is used to make the world only: what reads it is ours.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.git_world import GitWorld, git_home

TRAIN = b"id,x,y\r\n1,0.5,1\r\n2,0.25,0\r\n"  # CRLF: where md5 and md5-dos2unix differ
TEST = b"id,x,y\n3,0.75,1\n"
FOLDER = {
    "x.csv": b"x\n1\n",
    "y z.csv": b"y\n2\n",
    "sub/gr\u00f6\u00dfe.csv": b"z\n3\n",
    "line\nbreak.csv": b"w\n4\n",
}
_DVC_YAML = """\
stages:
  prepare:
    cmd: cp data/test.source.csv data/test.csv
    deps: [data/train.csv, data/test.source.csv]
    outs: [data/test.csv]
  split:
    foreach: [one, two]
    do:
      wdir: parts
      cmd: cp ../data/train.csv ${item}.csv
      deps: [../data/train.csv]
      outs: ["${item}.csv"]
"""


@dataclass(frozen=True)
class DvcWorld:
    """A repository, its remote in a folder beside it, and the commit that tracks the data."""

    root: Path
    commit: str

    @property
    def repository(self) -> GitWorld:
        return GitWorld(self.root / "project")

    @property
    def remote(self) -> Path:
        return self.root / "remote"

    def copy(self, to: Path) -> DvcWorld:
        """A world of one's own to alter; objects become writable."""
        shutil.copytree(self.root, to, symlinks=True)
        for file in (to / "remote").rglob("*"):
            if file.is_file():
                file.chmod(0o644)
        return DvcWorld(to, self.commit)

    def object(self, key: str) -> Path:
        return self.remote / key

    def recommit(self) -> DvcWorld:
        """Commit what a test wrote into the project."""
        return DvcWorld(self.root, self.repository.commit("Changed by the test"))


def dvc(folder: Path, *arguments: str) -> str:
    """Run the real dvc, without analytics and without this machine's configuration."""
    home = Path(tempfile.gettempdir()) / f"affidavit-dvc-{os.getpid()}"
    settings = {
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
        "DVC_SITE_CACHE_DIR": str(home / "site"),
    }
    try:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "dvc"), *arguments],
            cwd=folder, env=git_home() | settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode != 0:
        raise AssertionError(f"dvc {' '.join(arguments)}: {done.stderr}")
    return done.stdout


@functools.cache
def dvc_world(base: Path) -> DvcWorld:
    """The untouched world, made once for each base folder (a session's)."""
    root = base / "dvc-world"
    project = GitWorld.create(root / "project")
    dvc(project.folder, "init", "-q")
    (root / "remote").mkdir()
    # As a URL would be named: a hint in messages, never a place that we read.
    dvc(project.folder, "remote", "add", "-q", "-d", "storage", "../remote")
    project.write("data/train.csv", TRAIN)
    project.write("data/test.source.csv", TEST)
    for name, content in FOLDER.items():
        project.write(f"data/folder/{name}", content)
    (project.folder / "parts").mkdir()
    project.write("dvc.yaml", _DVC_YAML)
    dvc(project.folder, "add", "-q", "data/train.csv", "data/folder")
    dvc(project.folder, "repro", "-q")
    dvc(project.folder, "push", "-q")
    return DvcWorld(root, project.commit("Track the data"))
