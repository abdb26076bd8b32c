"""Where packages come from: the user's own index, proxy and certificates, and nothing else.

uv reads its own settings, not pip's, so what the user told pip is handed over where uv was told
nothing. Nothing of the model, of the working folder or of a uv.toml there has a say in it.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from affidavit.sources import public_uri

_PIP_S = 60
# Passed on as they are: where packages are, who we are there, and how the network is reached.
_PASSED = (
    "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_EXTRA_INDEX_URL", "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT",
    "UV_HTTP_RETRIES", "UV_CONCURRENT_DOWNLOADS", "UV_OFFLINE",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
    "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "NETRC",
    "PATH", "HOME", "USERPROFILE", "APPDATA", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP",
)  # fmt: skip
_PASSED_GROUP = "UV_INDEX"  # also UV_INDEX_<NAME>_PASSWORD, and UV_INDEX_STRATEGY
# pip's switch, for which uv has no variable: `run_uv` makes an option of it.
NO_INDEX = "PIP_NO_INDEX"
# What says where packages are; another of these may give another lock.
_PLACES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


def read_index_settings(
    environ: Mapping[str, str] | None = None, *, asks_index: bool = True
) -> dict[str, str]:
    """The environment that uv is run in, before our own settings.

    Args:
        environ: the process environment, unless told.
        asks_index: False where a folder of wheels is all that is looked at.
    """
    env = os.environ if environ is None else environ
    if not asks_index:
        return {k: v for k, v in env.items() if k in _PASSED and not k.startswith("UV_")}
    kept = {k: v for k, v in env.items() if k in _PASSED or k.startswith(_PASSED_GROUP)}
    said = _pip_settings(env)
    offered = {
        ("UV_DEFAULT_INDEX", "UV_INDEX_URL"): said.get("index-url", ""),
        ("UV_EXTRA_INDEX_URL", "UV_INDEX"): " ".join(_there(said.get("extra-index-url", ""))),
        ("UV_FIND_LINKS",): ",".join(_there(said.get("find-links", ""))),
        ("UV_INSECURE_HOST",): said.get("trusted-host", ""),
        ("SSL_CERT_FILE", "SSL_CERT_DIR"): said.get("cert", ""),
        ("ALL_PROXY", "HTTPS_PROXY", "all_proxy", "https_proxy"): said.get("proxy", ""),
    }
    has_index = "UV_DEFAULT_INDEX" in kept or "UV_INDEX_URL" in kept
    for names, value in offered.items():
        if value and not any(name in kept for name in names):
            kept[names[0]] = value
            if "UV_INDEX" in names:
                # To pip all its indexes are one; uv would stop at the first that knows the name.
                kept.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if not has_index and said.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        kept[NO_INDEX] = "1"
    return kept


def places_digest(settings: Mapping[str, str]) -> str:
    """A digest of where packages are looked for, without credentials; for cached answers."""
    places = [
        f"{name}={public_uri(word)}"
        for name in _PLACES
        for word in settings.get(name, "").replace(",", " ").split()
    ]
    return hashlib.sha256("\n".join(places).encode()).hexdigest()


def pip_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The same settings for `pip download`, which then reads no configuration file."""
    kept = {k: v for k, v in settings.items() if not k.startswith("UV_")}
    extra = settings.get("UV_INDEX") or settings.get("UV_EXTRA_INDEX_URL", "")
    words = [word.partition("=")[2] or word if _is_named(word) else word for word in extra.split()]
    told = {
        "PIP_INDEX_URL": settings.get("UV_DEFAULT_INDEX") or settings.get("UV_INDEX_URL", ""),
        "PIP_EXTRA_INDEX_URL": " ".join(words),
        "PIP_FIND_LINKS": settings.get("UV_FIND_LINKS", "").replace(",", " "),
        "PIP_TRUSTED_HOST": settings.get("UV_INSECURE_HOST", ""),
        "PIP_CERT": settings.get("SSL_CERT_FILE", ""),
        "PIP_PROXY": settings.get("ALL_PROXY", ""),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    return kept | {k: v for k, v in told.items() if v}


def _is_named(word: str) -> bool:
    """`bank=https://…`, as UV_INDEX may have it."""
    return word.partition("=")[0].replace("-", "").replace("_", "").isalnum()


def _pip_settings(env: Mapping[str, str]) -> dict[str, str]:
    """What pip was told, by the name of the option; the environment over the files."""
    command = [sys.executable, "-I", "-m", "pip", "config", "list"]
    try:
        ran = subprocess.run(
            command, env={**env, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_PIP_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[tuple[int, str], str] = {}
    sections = {"global": 0, "install": 1, "download": 1, ":env:": 2}
    for line in ran.stdout.splitlines() if ran.returncode == 0 else ():
        place, _, value = line.partition("=")
        section, _, name = place.rpartition(".")
        if section in sections:
            found[sections[section], name] = _unquoted(value)
    return {name: value for (_, name), value in sorted(found.items())}


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def _there(text: str) -> list[str]:
    """The words of a list, less folders that are not there: pip passes over them, uv does not."""
    return [word for word in text.split() if _may_answer(word)]


def _may_answer(word: str) -> bool:
    parts = urlsplit(word)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path)).exists()
    return bool(parts.netloc) or Path(word).exists()
