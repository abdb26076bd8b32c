"""What a build needs, looked at one by one. Each check answers with a `Part`, and never raises."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from affidavit.cli.extras import BUILD_MODULES, INSTALL_BUILD
from affidavit.errors import AffidavitError, ConfigError, NoSuchVersion, UsageError
from affidavit.printable import printable
from affidavit.wording import size_text

if TYPE_CHECKING:
    from affidavit.sources import Sources

Status = Literal["ok", "missing", "not configured"]
MIN_FREE_BYTES = 2_000_000_000
_PYTHON = (3, 11)
_TOOL_TIMEOUT_S = 10
_GIT = "apt-get install git, dnf install git, brew install git, winget install Git.Git"
_BWRAP = "apt-get install bubblewrap, or dnf install bubblewrap; other systems have none"
_LSM = "lsm=landlock among its security modules"
# Asked for to see whether a system answers: that there is no such thing is an answer.
_NO_OBJECT = f"files/md5/00/{'0' * 30}"
_NOBODY = "affidavit-doctor-asks-whether-you-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that a build needs, or is better with.

    Attributes:
        status: `not configured` is none of the machine's faults: an option or variable gives it.
        is_required: a build cannot run while this is missing.
        found: what is there, or what is wrong, safe to show.
        fix: what to do; empty where all is well.
    """

    name: str
    status: Status
    is_required: bool
    found: str
    fix: str = ""


def look(
    given: dict[str, str | None], signer: str | None, folder: Path, say: Callable[[str], None]
) -> tuple[Part, ...]:
    """Every part, in the order in which a build needs them.

    Args:
        given: where things are, as options gave it (`affidavit.sources`).
        signer: the private key or another signer, if one is named.
        folder: where the bundle is to be written.
        say: told what is being looked at; some of it takes a while.

    Raises:
        ConfigError: sources.toml cannot be read.
    """
    sources, has_server = _sources(given)
    checks: tuple[tuple[str, Callable[[], Part]], ...] = (
        ("Python", _python),
        ("packages", _packages),
        ("files", _shipped),
        ("git", _git),
        ("tracking server", lambda: _server(sources if has_server else None)),
        ("repository", lambda: _repository(sources)),
        ("data remote", lambda: _remote(sources)),
        ("signing key", lambda: _signer(signer)),
        ("output folder", lambda: _folder(folder)),
        ("free disk", lambda: _disk(folder)),
        ("sandbox", lambda: _sandbox(folder)),
        ("PDF", _pdf),
    )
    found = []
    for name, check in checks:
        say(name)
        found.append(check())
    return tuple(found)


def _sources(given: dict[str, str | None]) -> tuple[Sources, bool]:
    from affidavit.sources import read_sources

    try:
        return read_sources(given), True
    except ConfigError:
        raise
    except UsageError:  # no server is named; the rest may be
        return read_sources({**given, "tracking_uri": "none"}), False


def _ok(name: str, found: str, *, is_required: bool = True) -> Part:
    return Part(name=name, status="ok", is_required=is_required, found=found)


def _missing(name: str, found: str, fix: str, *, is_required: bool = True) -> Part:
    return Part(name=name, status="missing", is_required=is_required, found=found, fix=fix)


def _unset(name: str, fix: str) -> Part:
    return Part(name=name, status="not configured", is_required=True, found="", fix=fix)


def _guarded(name: str, check: Callable[[], str]) -> Part:
    """The part that a check finds: what it says, or the error that it raises."""
    try:
        return _ok(name, check())
    except AffidavitError as error:
        return _missing(name, _shown(str(error)), error.fix)
    except ImportError:
        return _missing(name, "cannot be looked at without the packages above", INSTALL_BUILD)


def _python() -> Part:
    found = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    if sys.version_info[:2] < _PYTHON:
        return _missing("Python", found, f"install Python {_PYTHON[0]}.{_PYTHON[1]} or newer")
    return _ok("Python", found)


def _packages() -> Part:
    name = "affidavit[build]"
    absent = sorted(known for module, known in BUILD_MODULES.items() if find_spec(module) is None)
    if absent:
        return _missing(name, f"not installed: {', '.join(absent)}", INSTALL_BUILD)
    return _ok(name, f"{len(BUILD_MODULES)} packages")


def _shipped() -> Part:
    from affidavit.shipped import shipped

    def check() -> str:
        folders = ("templates", "policies")
        return " and ".join(shipped(folder).name for folder in folders)

    return _guarded("installation", check)


def _git() -> Part:
    answer = _run(["git", "--version"])
    return _ok("git", answer) if answer else _missing("git", "not found, or it fails", _GIT)


def _server(sources: Sources | None) -> Part:
    name = "tracking server"
    if sources is None:
        return _unset(name, "--tracking-uri, AFFIDAVIT_TRACKING_URI or sources.toml")

    def check() -> str:
        from affidavit.resolve.registry import open_registry
        from affidavit.subject import ModelRef

        with suppress(NoSuchVersion):  # it answers, which was the question
            open_registry(sources.tracking_uri).fetch_version(ModelRef(name=_NOBODY, version="1"))
        return f"{_shown(sources.tracking_uri)} answers"

    return _guarded(name, check)


def _repository(sources: Sources) -> Part:
    name, repo = "repository", sources.repo
    if repo is None:
        return _unset(name, "--repo, AFFIDAVIT_REPO or sources.toml; without it the code is a gap")

    def check() -> str:
        from affidavit.resolve.repository import open_repository

        with open_repository(repo, sources.mirror_dir):
            return _shown(repo)

    return _guarded(name, check)


def _remote(sources: Sources) -> Part:
    name, remote = "data remote", sources.remote
    if remote is None:
        return _unset(name, "--remote, AFFIDAVIT_REMOTE or sources.toml; without it data is a gap")

    def check() -> str:
        from affidavit.resolve.objects import open_remote

        open_remote(remote).fetch(_NO_OBJECT)  # None is an answer, silence is an error
        return f"{_shown(remote)} answers"

    return _guarded(name, check)


def _signer(uri: str | None) -> Part:
    name = "signing key"
    if uri is None:
        return _unset(name, "--signer KEY.pem or AFFIDAVIT_SIGNER; make one: affidavit keygen")

    def check() -> str:
        from affidavit.seal import Access, local_path, open_signer
        from affidavit.seal.choosing import UNTESTED
        from affidavit.seal.keys import needs_passphrase, read_passphrase

        if uri.lower().startswith("sigstore:"):  # a certificate would be logged, perhaps for ever
            return f"{_shown(uri)}, keyless; it is asked who you are when a bundle is sealed"
        key = local_path(uri)
        if key is not None and needs_passphrase(key) and read_passphrase(None) is None:
            return f"{_shown(uri)}, encrypted; the passphrase is not in the environment"
        untested = uri.partition(":")[0].lower() in UNTESTED
        note = "; a kind of signer that is untested with the service itself" if untested else ""
        return f"{_shown(uri)}, {open_signer(uri, Access()).fingerprint()}{note}"

    return _guarded(name, check)


def _folder(folder: Path) -> Part:
    name = "output folder"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return _ok(name, _shown(str(folder.absolute())))
    except OSError as error:
        found = f"{_shown(str(folder))} cannot be written to: {error.strerror}"
        return _missing(name, found, "go to a folder that is yours, or name one with --out")


def _disk(folder: Path) -> Part:
    name = "free disk"
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return _missing(name, f"not known: {error.strerror}", "name another folder with --out")
    if free < MIN_FREE_BYTES:
        fix = f"have {size_text(MIN_FREE_BYTES)} free, or name another folder with --out"
        return _missing(name, size_text(free), fix, is_required=False)
    found = f"{size_text(free)}; model and data are written twice at most"
    return _ok(name, found, is_required=False)


def _sandbox(folder: Path) -> Part:
    """What a build would put around a model that lies beside its output, tried as a build does."""
    name = "sandbox"
    try:
        from affidavit.config import Worker
        from affidavit.recompute.worker.interpreter import own_interpreter
        from affidavit.recompute.worker.levels import lacking_text
        from affidavit.recompute.worker.sandbox import plan_launch
    except ImportError:
        found = "cannot be looked at without the packages above"
        return _missing(name, found, INSTALL_BUILD, is_required=False)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            model, beside = Path(place, "model"), Path(place, "beside")
            model.mkdir()
            beside.mkdir()
            launch = plan_launch(model, Worker(), own_interpreter(), beside)
    except OSError as error:
        found = f"not tried, for want of the output folder: {error.strerror}"
        return _missing(name, found, "name another folder with --out", is_required=False)
    if launch.level == "bubblewrap":
        return _ok(name, launch.isolation, is_required=False)
    reasons = "; ".join(launch.weaker_because)
    found = f"{launch.level}: lacks {lacking_text(launch.level)}. Why no more: {reasons}"
    return _missing(name, found, _to_strengthen(launch.level), is_required=False)


def _to_strengthen(level: str) -> str:
    """What would bring a stronger level, a line each."""
    fix = _BWRAP
    if shutil.which("bwrap") is not None:
        fix = (
            "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, or in a container "
            "its own setting"
        )
    return fix if level == "landlock+seccomp" else f"{fix}; or boot Linux 5.13 or newer with {_LSM}"


def _pdf() -> Part:
    try:
        from affidavit.render.pdf import pdf_problem
    except ImportError:
        return _missing("PDF", "WeasyPrint is not installed", INSTALL_BUILD, is_required=False)
    problem = pdf_problem()
    if problem is None:
        return _ok("PDF", "WeasyPrint and Pango", is_required=False)
    found, _, fix = problem.partition("\n")
    return _missing("PDF", printable(found), fix, is_required=False)


def _shown(text: str) -> str:
    """Safe to show: no password of an address, nothing that a terminal acts on."""
    from affidavit.sources import public_uri

    return printable(public_uri(text))


def _run(command: list[str]) -> str | None:
    """The first line that a tool says; None where it is not there, fails or hangs."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=_TOOL_TIMEOUT_S,
            stdin=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    said = (done.stdout or done.stderr).decode("utf-8", "replace").strip()
    return printable(said.partition("\n")[0])
