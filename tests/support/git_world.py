"""Real Git repositories for tests: made by git, with dates and people fixed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

AUTHOR, AUTHOR_EMAIL = "Ada Lovelace", "ada@bank.example"
AUTHORED, COMMITTED = "2026-03-02T10:00:00+01:00", "2026-03-02T11:30:00+01:00"


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a folder and give what it prints; an error says what git said."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=git_home(),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


def git_home() -> dict[str, str]:
    """An environment where only what the test says configures git."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": AUTHOR,
        "GIT_AUTHOR_EMAIL": AUTHOR_EMAIL,
        "GIT_AUTHOR_DATE": AUTHORED,
        "GIT_COMMITTER_NAME": "Build Bot",
        "GIT_COMMITTER_EMAIL": "bot@bank.example",
        "GIT_COMMITTER_DATE": COMMITTED,
    }


@dataclass(frozen=True)
class GitWorld:
    """A repository with a work tree; one method changes one thing."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, *options: str) -> GitWorld:
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main", *options)
        return cls(folder)

    def write(self, path: str, content: bytes | str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def commit(self, message: str, *options: str) -> str:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", message, *options)
        return git(self.folder, "rev-parse", "HEAD").decode().strip()

    def git(self, *arguments: str) -> str:
        return git(self.folder, *arguments).decode().strip()

    def clone(self, to: Path, *options: str) -> Path:
        git(self.folder, "clone", "-q", *options, str(self.folder), str(to))
        return to

    def path_of_loose(self, oid: str) -> Path:
        return self.folder / ".git" / "objects" / oid[:2] / oid[2:]


def training_repository(folder: Path, *options: str) -> tuple[GitWorld, str]:
    """Two commits of a small project with every kind of file that a tree can hold."""
    world = GitWorld.create(folder, *options)
    world.write("old.txt", "removed before the second commit\n")
    world.commit("First")
    (world.folder / "old.txt").unlink()
    world.write("train.py", "print('train')\n")
    world.write("empty", b"")
    world.write("big.bin", bytes(range(256)) * 800)  # 204,800 bytes: over one stored block
    world.write("exact.bin", b"x" * 65_535)  # exactly one stored block
    world.write("folder with space/naïve größe.txt", "unicode\n")
    world.write("same.txt", "unicode\n")
    world.write("line\nbreak.txt", "a name of two lines\n")
    world.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    (world.folder / "link").symlink_to("train.py")
    return world, world.commit("Train the model\n\nWith a body.")


def make_ssh_key(folder: Path, name: str = "signer") -> Path:
    """An SSH key pair without a passphrase, and an allowed_signers file beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True
    )
    public = key.with_suffix(".pub").read_text().split()
    (folder / f"{name}.allowed").write_text(
        f'{name}@bank.example namespaces="git" {public[0]} {public[1]}\n'
    )
    return key


def signing(key: Path) -> tuple[str, ...]:
    """Options of `git` that sign with an SSH key."""
    return ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
