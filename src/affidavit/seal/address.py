"""The address of a signer: a path, or what a URI says after its scheme. Never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote

from affidavit.errors import UsageError

FILE: Final = "file"
# Two characters at least: `C:\keys\release.pem` is a path.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
# What stands before an equals sign, after any mark that someone may take for a separator.
_NAME = re.compile(r"(?:^|[;?&])([^;?&=]*)=")
_PLAIN_NAME = re.compile(r"[a-z]{1,12}(?:-[a-z]{1,12}){0,2}")
_SECRETS: Final = frozenset(
    {"pin-value", "pin", "passphrase", "password", "token", "token-value", "secret"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a signer is: `cert:keys/release.pem?chain=chain.pem`.

    Attributes:
        uri: all of it, for errors.
        scheme: lower case; `file` for a plain path.
        place: between the scheme and the question mark; of a plain path, all of it.
        parameters: after the question mark, percent-decoded; none twice.
    """

    uri: str
    scheme: str
    place: str
    parameters: Mapping[str, str]

    def path(self) -> Path:
        """The file that the place names: `keys/release.pem`, `///keys/release.pem`.

        Raises:
            UsageError: no file is named, or one of another machine.
        """
        if self.uri == self.place:
            return Path(self.place)  # a plain path is no URI: nothing in it is decoded
        place = unquote(self.place)
        if place.startswith("//"):
            host, _, rest = place[2:].partition("/")
            if host not in ("", "localhost"):
                raise UsageError(f"{self.uri}: a file of another machine", fix="name a path")
            place = f"/{rest}"
        if not place:
            raise UsageError(f"{self.uri}: names no file", fix=f"write {self.scheme}:KEY.pem")
        return Path(place)

    def require_parameters(self, *known: str) -> None:
        """Refuse a parameter that this kind of signer does not know.

        Raises:
            UsageError: names it.
        """
        if unknown := sorted(set(self.parameters) - set(known)):
            # A slip can make a name of a secret (`?token:hvs.…`): only a name's form is repeated.
            named = f" {unknown[0]!r}" if _PLAIN_NAME.fullmatch(unknown[0]) else ""
            raise UsageError(
                f"{self.scheme}:{self.place}: unknown parameter{named}",
                f"known: {', '.join(known)}",
            )


def parse_address(text: str) -> Address:
    """Read what `--signer` was given.

    Raises:
        UsageError: parameters that are not of their form, or that hold a secret.
    """
    found = _SCHEME.fullmatch(text)
    if found is None:
        return Address(uri=text, scheme=FILE, place=text, parameters={})
    place, mark, query = found[2].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    parameters = dict(pairs)
    if secret := _secret_in(place, query):
        # Its value is not repeated here: a shell's history and the list of processes have it.
        raise UsageError(
            f"--signer: a secret has no place in it ({secret})",
            "whoever lists the processes of this machine can read it",
            "change the secret, and give it by a file, the environment or when asked",
        )
    if len(parameters) < len(pairs) or (mark and not pairs):
        raise UsageError(
            f"{found[1]}:{place}: parameters are written ?name=value&name=value, none twice"
        )
    return Address(uri=text, scheme=found[1].lower(), place=place, parameters=parameters)


def _secret_in(place: str, query: str) -> str | None:
    """The name of a secret in an address; of `pkcs11:token=bank;…`, token is none: a label."""
    if place.startswith("//") and ":" in place[2:].partition("/")[0].rpartition("@")[0]:
        return "a password before @"
    names = _NAME.findall(query) + [n for n in _NAME.findall(place) if n.lower() != "token"]
    return next((n for n in map(unquote, names) if n.lower() in _SECRETS), None)
