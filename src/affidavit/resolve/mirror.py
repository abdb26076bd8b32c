"""A repository given by URL, kept as a local mirror that the next build only updates."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from affidavit.errors import SourceError, Unreachable
from affidavit.resolve.git_command import git_environment, last_words, run_git

_TRANSPORTS = "https:http:ssh:file"
_SCP = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^:].*")
_TIMEOUT_S = 3600.0
# A host that sends under 1 kB/s for a minute is taken for one that does not answer.
_PATIENCE = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL without its secret, and the secret apart (`user:password`, for HTTP only)."""

    url: str
    secret: str | None


def parse_address(location: str) -> Address | None:
    """The URL that a location is, or None where it is a path.

    Raises:
        SourceError: a transport that is not read (`ext::`, `git://`, ...).
    """
    if "::" in location or re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", location):
        parts = urlsplit(location)
        if "::" in location.partition("/")[0] or parts.scheme not in _TRANSPORTS.split(":"):
            raise SourceError(
                f"the repository {location.partition(':')[0]}:… is not read",
                "only https, http, ssh and file URLs, and paths, are",
                "give --repo one of these",
            )
        return _address(location)
    if _SCP.fullmatch(location) and not Path(location).exists():
        return Address(url=location, secret=None)
    return None


def _address(location: str) -> Address:
    parts = urlsplit(location)
    user, _, host = parts.netloc.rpartition("@")
    if parts.scheme in {"http", "https"}:
        netloc, secret = host, unquote(user) if user else None
    else:
        name = user.partition(":")[0]  # ssh takes no password from a URL
        netloc, secret = (f"{name}@{host}" if name else host), None
    return Address(url=urlunsplit(parts._replace(netloc=netloc)), secret=secret)


def update_mirror(address: Address, mirror_dir: Path) -> Path:
    """Clone with every ref, or fetch what is new; gives the mirror's Git folder.

    A clone that is cut short leaves nothing: it is made beside its place and renamed.

    Raises:
        Unreachable: the host does not answer, or refuses us.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", address.url.rstrip("/").rpartition("/")[2])
    folder = mirror_dir / f"{hashlib.sha256(address.url.encode()).hexdigest()[:16]}-{name[-40:]}"
    if folder.exists():
        fetch = ("fetch", "--quiet", "--prune", "--force", "--no-recurse-submodules")
        _reach(address, *fetch, "origin", "+refs/*:refs/*", git_dir=folder)
        return folder
    mirror_dir.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=mirror_dir))
    try:
        _reach(address, "clone", "--quiet", "--mirror", "--template=", "--no-local", "--",
               address.url, str(partial / "clone"))  # fmt: skip
        try:
            (partial / "clone").rename(folder)
        except OSError:
            if not folder.exists():  # else another build made it meanwhile: as good as ours
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def fetch_commit(address: Address, mirror: Path, sha: str) -> None:
    """Ask for a commit that no ref reaches; hosts keep them, and some hand them out.

    That the host has none, or does not hand it out, is no error: the caller looks again.
    """
    arguments = ("fetch", "--quiet", "--no-recurse-submodules", "--no-tags", "origin", sha)
    run_git((*_PATIENCE, *arguments), environment=_environment(address, mirror),
            timeout_s=_TIMEOUT_S)  # fmt: skip


def _reach(address: Address, *arguments: str, git_dir: Path | None = None) -> None:
    done = run_git((*_PATIENCE, *arguments), environment=_environment(address, git_dir),
                   timeout_s=_TIMEOUT_S)  # fmt: skip
    if done.returncode != 0:
        raise Unreachable(
            f"the repository {address.url} cannot be read",
            last_words(done.stderr),
            f"try: git ls-remote {address.url}",
        )


def _environment(address: Address, git_dir: Path | None) -> dict[str, str]:
    """With the secret, if any, where neither `ps` nor a file on disk shows it."""
    environment = git_environment(git_dir, transports=_TRANSPORTS)
    # A company's proxy and certificates stand in the machine's configuration.
    del environment["GIT_CONFIG_NOSYSTEM"]
    del environment["GIT_NO_LAZY_FETCH"]
    if address.secret is not None:
        word = base64.b64encode(address.secret.encode()).decode("ascii")
        parts = urlsplit(address.url)
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}",
        }
    if os.name == "posix" and "DISPLAY" in environment:
        del environment["DISPLAY"]  # no window asks for a password either
    return environment
