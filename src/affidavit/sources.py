"""Where things are: options, then AFFIDAVIT_*, then MLFLOW_TRACKING_URI, then sources.toml.

Never from the commit's own file: who may write the repository must not say where we look.
Credentials in an address are used, and recorded nowhere (`public_uri`).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from affidavit.errors import ConfigError, UsageError

KEYS = ("tracking_uri", "repo", "remote", "config", "declarations", "commit")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SIGNED_QUERY = frozenset(["http", "https", "s3", "gs", "wasb", "wasbs", "abfs", "abfss"])
# A scheme's length is bounded: without that, a long word costs the square of its length.
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]{0,31}://"
_USERINFO = re.compile(rf"(?P<scheme>{_SCHEME})[^/@\s]*@")
# A name alone before the @ is no secret in ssh://git@host, but a token in https://token@host.
_CREDENTIALS = re.compile(rf"(?P<scheme>https?://|{_SCHEME}(?=[^/@\s:\"']*:[^/@\s]*@))[^/@\s\"']*@")


def _mirrors() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "affidavit" / "repositories"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a build looks.

    Attributes:
        tracking_uri: the MLflow server or store; may hold credentials, so it is never recorded.
        repo: the Git repository: a folder (bare or not) or a URL.
        remote: the DVC remote: a folder or a URL that fsspec opens.
        config, declarations: files that replace what the commit has.
        commit: the training commit, where the run does not say it, or says it wrongly.
        mirror_dir: where repositories given by URL are mirrored, between builds.
    """

    tracking_uri: str
    repo: str | None = None
    remote: str | None = None
    config: Path | None = None
    declarations: Path | None = None
    commit: str | None = None
    mirror_dir: Path = field(default_factory=_mirrors)


def read_sources(
    options: Mapping[str, str | Path | None],
    *,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Sources:
    """Merge what was asked for with the environment and ~/.config/affidavit/sources.toml.

    Args:
        options: from the command line, by the names in `KEYS`; None or absent is not given.
        environ: the process environment, unless told.
        home: the user's home folder, unless told.

    Raises:
        ConfigError: sources.toml cannot be read or has a key that is not known.
        UsageError: no tracking server is named anywhere, or the commit is not a full id.
    """
    env = os.environ if environ is None else environ
    config_home = env.get("XDG_CONFIG_HOME") or str((home or Path.home()) / ".config")
    kept = _read_file(Path(config_home) / "affidavit" / "sources.toml")
    found: dict[str, str] = {}
    for key in KEYS:
        value = str(options.get(key) or "") or env.get(f"AFFIDAVIT_{key.upper()}")
        if not value and key == "tracking_uri":
            value = env.get("MLFLOW_TRACKING_URI")
        if value := value or kept.get(key):
            found[key] = value
    if "tracking_uri" not in found:
        raise UsageError(
            "no tracking server is named",
            "neither --tracking-uri nor AFFIDAVIT_TRACKING_URI, MLFLOW_TRACKING_URI or "
            "sources.toml has one",
            "add --tracking-uri http://HOST:PORT or --tracking-uri sqlite:///FILE",
        )
    return Sources(
        tracking_uri=found["tracking_uri"],
        repo=found.get("repo"),
        remote=found.get("remote"),
        config=_path(found.get("config")),
        declarations=_path(found.get("declarations")),
        commit=_commit(found.get("commit")),
    )


def _path(value: str | None) -> Path | None:
    return Path(value).expanduser() if value else None


def _commit(value: str | None) -> str | None:
    if value is not None and not _COMMIT.fullmatch(value):
        raise UsageError(
            f"--commit {value}: not a full commit id",
            "a branch, a tag or a short id can come to mean another commit",
            f"take the whole id: git rev-parse {value}",
        )
    return value


def _read_file(path: Path) -> dict[str, str]:
    try:
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read", str(error), "repair or remove it") from error
    try:
        parsed = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML", str(error), "repair or remove it") from error
    faults = []
    for key, value in parsed.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            known = f"did you mean {near[0]}?" if near else "known: " + ", ".join(KEYS)
            faults.append(f"{key}: not a key of sources.toml; {known}")
        elif not isinstance(value, str) or not value:
            faults.append(f"{key}: must be a text that is not empty")
    if faults:
        raise ConfigError("\n".join(f"{path}: {f}" for f in faults), fix="repair the file")
    return {k: str(v) for k, v in parsed.items()}


def public_uri(uri: str) -> str:
    """An address as it may be recorded or printed: no user, no password, no signed query."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that are no IPv6 address; what stands before the @ still goes
        return _USERINFO.sub(lambda m: m["scheme"], uri)
    if not parts.scheme or "://" not in uri:
        return uri
    query = "" if parts.scheme in _SIGNED_QUERY else parts.query
    if parts.scheme not in _SIGNED_QUERY and "password" in query.lower():
        query = ""
    authority = parts.netloc.rpartition("@")[2]
    if not authority:  # sqlite:////a/b: urlunsplit would take slashes away
        return uri if not parts.query or query else uri.partition("?")[0]
    fragment = "" if parts.scheme in _SIGNED_QUERY else parts.fragment
    return urlunsplit((parts.scheme, authority, parts.path, query, fragment))


def without_credentials(text: str) -> str:
    """Text with user and password taken out of every address in it: tags often hold one."""
    return _CREDENTIALS.sub(lambda m: m["scheme"], text)
