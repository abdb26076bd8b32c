"""uv, run in an empty folder with the user's own index, and its failures in our words."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from affidavit.errors import AffidavitError, MissingExtra, SourceError, Unreachable, WorkerError
from affidavit.printable import printable
from affidavit.recompute.environments.cache import making
from affidavit.recompute.environments.indexes import NO_INDEX
from affidavit.sources import without_credentials

_LIMIT_S = 3600
_KEPT = 64 * 1024
_CAUSE = 600
# What every answer of the resolver begins and ends with, and which says nothing.
_EMPTY = re.compile(
    r"No solution found when resolving dependencies; |"
    r",? (and )?we can conclude that your requirements are unsatisfiable\."
)
# --no-config: no uv.toml and no pyproject.toml, wherever they are, says where packages come from.
_GLOBAL = ("--no-config", "--no-python-downloads", "--no-progress", "--color", "never")
# No source is ever built: a setup script would be model code outside the sandbox.
WHEELS_ONLY = ("--only-binary", ":all:")
MODEL_ENV = "or name an environment that you made yourself: --model-env PATH"
_NO_ANSWER = re.compile(
    r"error sending request|connect error|dns error|timed out|Connection refused|"
    r"certificate|Request failed after|HTTP status (server|client) error|Network connectivity"
)
# What uv says, what that means, and what to do.
_REASONS = (
    (
        re.compile(r"authentication credentials|40[13] (Unauthorized|Forbidden)"),
        "the package index takes no credentials of yours",
        "give them: UV_INDEX_<NAME>_USERNAME and _PASSWORD, or ~/.netrc",
    ),
    (
        re.compile(r"has no wheels with a matching"),
        "no wheel of this version is for the Python or platform here",
        "build where the model was trained, or on its platform",
    ),
    (
        re.compile(r"has no usable wheels"),
        "this version has no wheel for here, and no setup script is run to build one",
        "build its wheel yourself (pip wheel) and give the folder: --wheelhouse DIR",
    ),
    (
        re.compile(r"there is no version of|was not found in"),
        "the index or wheelhouse has no such version",
        "name the index or folder that has it: UV_DEFAULT_INDEX, --wheelhouse DIR",
    ),
    (
        re.compile(r"Hash mismatch"),
        "a wheel is not the file whose digest the lock names",
        "get the wheel again from where the lock was made: --wheelhouse DIR",
    ),
    (
        re.compile(r"unsatisfiable|No solution found"),
        "the pinned requirements contradict each other",
        "log the model again with the requirements that it was trained with (pip freeze)",
    ),
    (
        re.compile(r"No space left|os error 28"),
        "the disk is full",
        "free some space, or keep environments elsewhere: XDG_CACHE_HOME",
    ),
)


def run_uv(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    cache: Path,
    what: str,
    otherwise: str = MODEL_ENV,
) -> str:
    """Run uv to its end; nothing of it is left running, whatever happens.

    Args:
        arguments: the command and its options; every path absolute.
        settings: its environment, of `read_index_settings`.
        cache: where uv keeps what it fetched, a folder in Affidavit's own cache.
        what: what is being done, for the error: "the model's environment cannot be resolved".
        otherwise: what else can be done, which ends each fix.

    Returns:
        What it said, warnings among it.

    Raises:
        Unreachable: the index does not answer.
        SourceError: no such version, no wheel for here, a contradiction.
        WorkerError: uv does not start or does not end.
        MissingExtra: uv is not installed.
    """
    environment = {**settings, "UV_CACHE_DIR": str(cache), "LC_ALL": "C.UTF-8"}
    command = [_program(), *_GLOBAL, *arguments]
    if environment.pop(NO_INDEX, None) and "--no-index" not in arguments:
        command.append("--no-index")
    with making(cache.parent) as empty:  # uv runs in no folder of its own cache
        code, said = run_to_end(command, environment, empty, what)
    if code:
        raise _explained(said, what, otherwise)
    return said


def run_to_end(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, what: str
) -> tuple[int, str]:
    """Run a program in a process group that is gone afterwards; its code, and what it said last.

    Raises:
        WorkerError: it does not start, or does not end within the hour.
    """
    with tempfile.TemporaryFile() as log:
        try:
            process = subprocess.Popen(
                list(command), env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise WorkerError(
                what, f"{Path(command[0]).name} does not start: {error.strerror}",
                "install Affidavit again: pip install 'affidavit[build]'",
            ) from error  # fmt: skip
        try:
            code = process.wait(_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            raise WorkerError(
                what, f"it took more than {_LIMIT_S} s", f"try again later, {MODEL_ENV}"
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        size = log.seek(0, os.SEEK_END)
        log.seek(max(0, size - _KEPT))
        return code, log.read().decode("utf-8", "replace")


def _program() -> str:
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise MissingExtra(
            "the model wants an environment of its own, and uv, which builds it, is not installed",
            "", f"pip install 'affidavit[build]', {MODEL_ENV}",
        ) from error  # fmt: skip


def _explained(said: str, what: str, otherwise: str) -> AffidavitError:
    """A failure of uv as one line each of what, why and what to do."""
    cause = _one_line(said)
    if "interpreter" in said and "Failed to inspect" in said:
        return WorkerError(what, cause, f"repair that Python, {otherwise}")
    for form, meaning, fix in _REASONS:
        if form.search(said):
            return SourceError(what, f"{meaning} (uv: {cause})", f"{fix}; {otherwise}")
    if _NO_ANSWER.search(said):
        return Unreachable(
            what, f"the package index does not answer (uv: {cause})",
            "name one that does: UV_DEFAULT_INDEX; or build from a folder of wheels: "
            f"--wheelhouse DIR; {otherwise}",
        )  # fmt: skip
    return SourceError(what, cause, f"give the wheels: --wheelhouse DIR; {otherwise}")


def _one_line(said: str) -> str:
    """The explanation that uv gives, less hints and warnings, in one line of bounded length."""
    kept, skipping = [], False
    for line in said.splitlines():
        if re.match(r"[a-z]+: |[A-Z][a-z]+ ", line):  # at the margin: what follows is of this kind
            skipping = not line.startswith("error: ")
        if not skipping and line.strip():
            kept.append(line.strip().removeprefix("error: ").removeprefix("cause: "))
    text = printable(without_credentials(_EMPTY.sub("", "; ".join(kept))))
    return text if len(text) <= _CAUSE else text[: _CAUSE - 1] + "…"
