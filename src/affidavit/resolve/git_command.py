"""How this stage runs git: always the same way, and never what a repository asks for.

A repository is somebody else's. Its configuration can name programs, its hooks and filters are
programs, its replace refs and grafts change what an id means, and a partial clone fetches while it
is read. So: no hooks, no lazy fetch, no transport at all while reading, no replace refs, no
prompt, nothing inherited from a git command that we run under, and none of our own secrets.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from affidavit.errors import SourceError
from affidavit.printable import printable

# The user's own way to reach a host and to prove who they are. All other GIT_* is dropped: inside
# a hook, GIT_DIR and its kin would point us at another repository.
_KEPT = frozenset({
    "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_EXEC_PATH", "GIT_PROXY_SSL_CAINFO", "GIT_SSH",
    "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT",
    "GIT_SSL_KEY",
})  # fmt: skip
# What git needs nothing of, and what a hook, helper or ssh that it starts could read: passphrases,
# tokens and keys that are ours to use.
_SECRET = ("AFFIDAVIT_", "MLFLOW_", "AWS_")
_OVERRIDES = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.useReplaceRefs=false",
    "core.alternateRefsCommand=true",
    "protocol.ext.allow=never",
    "safe.bareRepository=all",  # the user named it; only discovery by chance is the danger
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_TIMEOUT_S = 300.0


def git_arguments(*arguments: str) -> list[str]:
    """The whole command line, with everything that a repository could run switched off."""
    overrides = [part for setting in _OVERRIDES for part in ("-c", setting)]
    return ["git", "--no-replace-objects", "--no-pager", *overrides, *arguments]


def git_environment(git_dir: Path | None, *, transports: str = "none") -> dict[str, str]:
    """The environment of a git process.

    Args:
        git_dir: the repository; None lets git find it from the working directory.
        transports: the only transports that git may use, `https:ssh`; `none` names one that
            does not exist, so that reading never reaches out.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("GIT_", *_SECRET))
    }
    settings = {
        "GIT_ALLOW_PROTOCOL": transports,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }
    if git_dir is not None:
        settings["GIT_DIR"] = str(git_dir)
    return kept | settings


def run_git(
    arguments: Sequence[str],
    *,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    environment: dict[str, str] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> subprocess.CompletedProcess[bytes]:
    """Run git to its end, in a session of its own: without a terminal nothing can ask.

    Raises:
        SourceError: git is not installed, or took longer than `timeout_s`.
    """
    try:
        with subprocess.Popen(
            git_arguments(*arguments),
            cwd=cwd,
            env=environment or git_environment(git_dir),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout_s)
            except BaseException:  # Ctrl-C too: in its own session it would live on
                end_process(process)
                raise
            return subprocess.CompletedProcess(process.args, process.returncode, out, err)
    except FileNotFoundError as error:
        raise git_is_missing() from error
    except subprocess.TimeoutExpired as error:
        raise SourceError(
            f"git {arguments[0]} took longer than {timeout_s:.0f} s",
            fix="see whether the repository's disk or host answers, then try again",
        ) from error


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a git process that we started, with its helpers (ssh, git-remote-https)."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, 15)
            process.wait(timeout=2)
        except (ProcessLookupError, PermissionError):
            process.kill()
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
    process.wait()


def git_is_missing() -> SourceError:
    """The error for a machine without git."""
    return SourceError(
        "git is not installed", "no program `git` on PATH", "install git, version 2.31 or newer"
    )


def last_words(stderr: bytes) -> str:
    """What git said last, on one line and safe to show: the cause in an error."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    chosen = (telling or [line for line in lines if line] or ["it gave no reason"])[0]
    return "git says: " + printable(chosen.partition(": ")[2] if telling else chosen)[:300]
