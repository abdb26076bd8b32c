"""Where things are: options, then AFFIDAVIT_*, then MLFLOW_TRACKING_URI, then sources.toml.

Never from the commit's own file: who may write the repository must not say where we look.
Credentials in an address are used, and recorded nowhere (`public_uri`).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from affidavit.config import Include
from affidavit.errors import ConfigError, UsageError
from affidavit.printable import printable

KEYS = ("tracking_uri", "repo", "remote", "config", "declarations", "commit")
TABLES = ("dataset", "include")
_INCLUDES: dict[str, Include] = {"embed": "embed", "reference": "reference"}
_TEXT = "must be a text that is not empty"
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
        datasets: data that the builder gives in place of the commit's: by role, or by the path of
            a protected table, a path or address; an address may hold credentials.
        includes: by role, whether its rows travel in the bundle.
        mirror_dir: where repositories given by URL are mirrored, between builds.
    """

    tracking_uri: str
    repo: str | None = None
    remote: str | None = None
    config: Path | None = None
    declarations: Path | None = None
    commit: str | None = None
    datasets: Mapping[str, str] = field(default_factory=dict)
    includes: Mapping[str, Include] = field(default_factory=dict)
    mirror_dir: Path = field(default_factory=_mirrors)


def read_sources(
    options: Mapping[str, str | Path | None],
    *,
    datasets: Sequence[str] = (),
    includes: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> Sources:
    """Merge what was asked for with the environment and ~/.config/affidavit/sources.toml.

    Args:
        options: from the command line, by the names in `KEYS`; None or absent is not given.
        datasets: `ROLE=PATH` each.
        includes: `ROLE=embed` or `ROLE=reference` each.
        environ: the process environment, unless told.
        home: the user's home folder, unless told.

    Raises:
        ConfigError: sources.toml cannot be read or has a key that is not known.
        UsageError: no tracking server is named anywhere, the commit is not a full id, or a
            dataset is not given as `ROLE=PATH`.
    """
    env = os.environ if environ is None else environ
    config_home = env.get("XDG_CONFIG_HOME") or str((home or Path.home()) / ".config")
    kept, tables = _read_file(Path(config_home) / "affidavit" / "sources.toml")
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
        datasets=_pairs("dataset", datasets, env, tables),
        includes={
            role: _include(role, word)
            for role, word in _pairs("include", includes, env, tables).items()
        },
    )


def _pairs(
    key: str,
    given: Sequence[str],
    env: Mapping[str, str],
    tables: Mapping[str, Mapping[str, str]],
) -> dict[str, str]:
    """What each role is given: by option, else in the environment, else in sources.toml."""
    lines = [line for line in env.get(f"AFFIDAVIT_{key.upper()}", "").splitlines() if line.strip()]
    return {**tables.get(key, {}), **_split(key, lines), **_split(key, given)}


def _split(key: str, texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        role, equals, value = text.partition("=")
        if not equals or not role.strip() or not value.strip():
            # Without a role it is no address to `public_uri`, and may hold one all the same.
            shown = printable(without_credentials(public_uri(text)))
            kind = "PATH, a path or address" if key == "dataset" else "embed or ROLE=reference"
            raise UsageError(f"--{key} {shown}: not of the form ROLE={kind}")
        if role.strip() in found:
            raise UsageError(f"--{key} {printable(role.strip())} is given twice")
        found[role.strip()] = value.strip()
    return found


def _include(role: str, word: str) -> Include:
    if word in _INCLUDES:
        return _INCLUDES[word]
    raise UsageError(
        f"--include {printable(role)}={printable(word)}: neither embed nor reference",
        "embed: the rows travel in the bundle; reference: only their digests",
        "choose one of both",
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


def _read_file(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The keys of sources.toml, and its tables."""
    try:
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return {}, {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read", str(error), "repair or remove it") from error
    try:
        parsed = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML", str(error), "repair or remove it") from error
    faults: list[str] = []
    texts: dict[str, str] = {}
    tables: dict[str, dict[str, str]] = {}
    for key, value in parsed.items():
        if key in TABLES and isinstance(value, dict):
            tables[key] = {str(k): v for k, v in value.items() if isinstance(v, str) and v}
            faults += [f"{key}.{k}: {_TEXT}" for k in value if str(k) not in tables[key]]
        elif key in TABLES:
            faults.append(f"{key}: must be a table, [{key}]")
        elif key not in KEYS:
            near = difflib.get_close_matches(key, (*KEYS, *TABLES), n=1)
            known = f"did you mean {near[0]}?" if near else f"known: {', '.join(KEYS + TABLES)}"
            faults.append(f"{key}: not a key of sources.toml; {known}")
        elif not isinstance(value, str) or not value:
            faults.append(f"{key}: {_TEXT}")
        else:
            texts[key] = value
    if faults:
        raise ConfigError("\n".join(f"{path}: {f}" for f in faults), fix="repair the file")
    return texts, tables


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


def as_options(sources: Sources) -> list[str]:
    """Where things are, as the words of a command to type: without credentials.

    What a variable of Affidavit's own gives is left out: it is still there when that is typed.
    """
    named = (
        ("tracking_uri", sources.tracking_uri), ("repo", sources.repo),
        ("remote", sources.remote), ("commit", sources.commit),
    )  # fmt: skip
    words: list[str] = []
    for key, value in named:
        if value is not None and os.environ.get(f"AFFIDAVIT_{key.upper()}") != value:
            words += [f"--{key.replace('_', '-')}", public_uri(value)]
    return words
