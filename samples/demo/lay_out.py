"""A bank's project as it would stand on a shelf: a Git history, and its data in a DVC remote."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from steps import Steps
from versions import AUTHOR, Sample, Version, write_version

_IGNORED = shutil.ignore_patterns("__pycache__", "prepared", "*.pyc")


@dataclass(frozen=True, slots=True)
class Project:
    """The project as it is laid out.

    Attributes:
        source: the sample's folder in this repository; read only.
        repository: the Git working tree.
        remote: the folder that DVC pushes to.
    """

    sample: Sample
    source: Path
    repository: Path
    remote: Path

    def git(self, steps: Steps, *words: str, day: str = "") -> str:
        """Run git; author, committer and date are the sample's, so that commit ids repeat."""
        name, _, address = AUTHOR.removesuffix(">").partition(" <")
        extra = {
            **{f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": address for who in ("AUTHOR", "COMMITTER")},
            **({f"GIT_{who}_DATE": day for who in ("AUTHOR", "COMMITTER")} if day else {}),
        }
        return steps.run("git", *words, cwd=self.repository, extra=extra).stdout.strip()

    def dvc(self, steps: Steps, *words: str) -> None:
        """Run DVC in the repository."""
        steps.run("dvc", *words, cwd=self.repository)

    def start(self, steps: Steps) -> None:
        """Make the repository with its data and no model; the data go to the remote."""
        self.repository.mkdir(parents=True)
        self.remote.mkdir(parents=True)
        # An empty template: the machine's own hooks and settings are not the sample's.
        self.git(steps, "init", "--quiet", "--template=", "--initial-branch=main")
        self._lay_data(steps)
        shutil.copy(self.source / ".gitignore", self.repository)
        self.dvc(steps, "init", "--quiet")
        # Relative, so that the commit is the same wherever the demo is laid out.
        self.dvc(
            steps, "remote", "add", "--quiet", "--default", "storage", f"../{self.remote.name}"
        )
        self.dvc(steps, "add", "--quiet", self.sample.tracked)
        self.commit(steps, self.sample.start_message, self.sample.start_day)

    def _lay_data(self, steps: Steps) -> None:
        """Put the sample's data where DVC is to track them: as published, or as a snapshot."""
        if self.sample.stages:
            shutil.copytree(self.source / "data", self.repository / "data", ignore=_IGNORED)
            return
        data = self.repository / "data"
        data.mkdir()
        shutil.copy(self.source / "data" / "README.md", data)
        (table,) = (self.source / "data").glob("*.csv")
        steps.run(
            "python", self.source / "prepare.py", table, self.sample.tracked, cwd=self.repository
        )

    def advance(self, steps: Steps, version: Version) -> str:
        """Commit one version's files, its data prepared and pushed; return the commit id."""
        write_version(self.repository, self.source, version)
        if self.sample.stages:
            self.dvc(steps, "repro", "--quiet", "prepare")
        commit = self.commit(steps, version.message, version.day)
        self.dvc(steps, "push", "--quiet")
        return commit

    def commit(self, steps: Steps, message: str, day: str) -> str:
        """Commit everything; return the commit id."""
        self.git(steps, "add", "--all")
        self.git(steps, "commit", "--quiet", "--message", message, day=day)
        return self.git(steps, "rev-parse", "HEAD")


def clear(folder: Path, marker: str = ".affidavit-demo") -> None:
    """Make an empty folder, removing an earlier demo and nothing else.

    Raises:
        FileExistsError: the folder holds something that no demo made.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / marker).is_file():
            raise FileExistsError(
                f"{folder} holds files that no demo made: give another folder with --out"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / marker).touch()
