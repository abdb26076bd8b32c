"""A training project: a real repository with configuration and tracked data, and its remote.

What a training of it logs is made by `mlflow_world.Training`, with `linked_inputs`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tests.support.git_world import GitWorld

CONFIG = """\
version = 1
task = "binary"
[label]
column = "y"
kind = "past-decision"
positive = "1"
favourable = "0"
[decision]
threshold = 0.5
[datasets.training]
path = "data/train.csv"
include = "embed"
[datasets.evaluation]
path = "data/eval.csv"
include = "embed"
"""
DECLARATIONS = 'version = 1\npurpose = "Decide on mortgages"\n'
DATA = {"data/train.csv": b"id,x,y\n1,2,0\n2,3,1\n", "data/eval.csv": b"id,x,y\n3,4,1\n"}


def md5(path: str) -> str:
    return hashlib.md5(DATA[path]).hexdigest()


def linked_inputs() -> list[tuple[str, str, dict[str, str]]]:
    return [
        (role, md5(path), {"dvc.path": path, "dvc.md5": md5(path)})
        for role, path in (("training", "data/train.csv"), ("evaluation", "data/eval.csv"))
    ]


@dataclass(frozen=True)
class Project:
    """A repository with configuration and tracked data, and the remote beside it."""

    git: GitWorld
    commit: str
    remote: Path

    def object(self, path: str) -> Path:
        digest = md5(path)
        return self.remote / "files" / "md5" / digest[:2] / digest[2:]


def make_project(folder: Path, *, with_config: bool = True) -> Project:
    git, remote = GitWorld.create(folder / "project"), folder / "remote"
    git.write("train.py", "print('train')\n")
    for path, content in DATA.items():
        name = path.rpartition("/")[2]
        git.write(f"{path}.dvc", f"outs:\n- md5: {md5(path)}\n  size: {len(content)}\n"
                                 f"  hash: md5\n  path: {name}\n")  # fmt: skip
        target = remote / "files" / "md5" / md5(path)[:2] / md5(path)[2:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    if with_config:
        git.write("affidavit.toml", CONFIG)
        git.write("declarations.toml", DECLARATIONS)
    return Project(git, git.commit("Train"), remote)
