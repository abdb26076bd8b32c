"""Which key of which token a `pkcs11:` address means.

    pkcs11:token=bank;object=release?module-path=/usr/lib/softhsm/libsofthsm2.so

Of RFC 7512 we take the attributes that name one private key (`token`, `serial`, `object`, `id`;
`type`, if it says `private`), and `module-path` and `pin-source`. An attribute that we would have
to ignore is refused, and `pin-value` as any secret is.

References:
    RFC 7512, 2.3 (syntax), 2.4 (matching: each attribute given has to fit).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from affidavit.errors import UsageError
from affidavit.seal.address import Address

MODULE_VARIABLE: Final = "AFFIDAVIT_PKCS11_MODULE"
MODULE_PATH: Final = "module-path"
PIN_SOURCE: Final = "pin-source"
PUBLIC_KEY: Final = "public-key"
_ATTRIBUTES: Final = ("token", "serial", "object", "id", "type")
_FORM: Final = "write pkcs11:token=LABEL;object=LABEL?module-path=/path/to/module.so"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A private key on a token.

    Attributes:
        module: the shared library of whoever made the token.
        token: its label. serial: its serial number. One at least is given.
        object: the key's label. id: its CKA_ID. One at least is given.
        pin_file: its first line is the PIN, where the address says so.
        public_file: the public key in PEM, where the address says so; else the token has it.
    """

    module: str
    token: str | None
    serial: bytes | None
    object: str | None
    id: bytes | None
    pin_file: Path | None
    public_file: Path | None

    @property
    def told_token(self) -> str:
        return (
            self.token
            if self.token is not None
            else (self.serial or b"").decode("ascii", "replace")
        )

    @property
    def told_key(self) -> str:
        return self.object if self.object is not None else f"id {(self.id or b'').hex()}"


def read_token_uri(address: Address, environment: Mapping[str, str] = os.environ) -> TokenKey:
    """The key that an address names.

    Raises:
        UsageError: an attribute that is unknown, or given twice; no token, no key or no module is
            named.
    """
    address.require_parameters(MODULE_PATH, PIN_SOURCE, PUBLIC_KEY)
    given = _attributes(address)
    if unquote(given.get("type", "private")) != "private":
        raise UsageError(
            f"{address.uri}: type={given['type']}", fix="a private key signs: leave it out"
        )
    if not {"token", "serial"} & set(given) or not {"object", "id"} & set(given):
        raise UsageError(f"{address.uri}: names no token, or no key on it", fix=_FORM)
    module = address.parameters.get(MODULE_PATH) or environment.get(MODULE_VARIABLE)
    if not module:
        raise UsageError(
            f"{address.uri}: names no module",
            "the library of whoever made the token is needed",
            f"add ?{MODULE_PATH}=/path/to/module.so, or set {MODULE_VARIABLE}",
        )
    pin, public = address.parameters.get(PIN_SOURCE), address.parameters.get(PUBLIC_KEY)
    serial, key_id = given.get("serial"), given.get("id")
    return TokenKey(
        module=module,
        token=_text(given, "token"),
        serial=None if serial is None else unquote_to_bytes(serial),
        object=_text(given, "object"),
        id=None if key_id is None else unquote_to_bytes(key_id),
        pin_file=_pin_file(pin, address) if pin else None,
        public_file=Path(public) if public else None,
    )


def _attributes(address: Address) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in address.place.split(";"):
        name, _, value = part.partition("=")
        if name not in _ATTRIBUTES:
            raise UsageError(
                f"{address.uri}: unknown attribute {name!r}",
                f"known: {', '.join(_ATTRIBUTES)}",
                _FORM,
            )
        if name in found or not value:
            raise UsageError(f"{address.uri}: {name} is given twice, or empty", fix=_FORM)
        found[name] = value
    return found


def _text(given: Mapping[str, str], name: str) -> str | None:
    return unquote(given[name]) if name in given else None


def _pin_file(source: str, address: Address) -> Path:
    """The file of a pin-source, a `file:` URI or a path; one that would run a command is not."""
    if source.startswith("|") or re.match(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:", source):
        raise UsageError(
            f"{address.uri}: {PIN_SOURCE} is no file", fix=f"write {PIN_SOURCE}=file:/path"
        )
    path = source.removeprefix("file:")
    return Path(f"/{path.lstrip('/')}" if path.startswith("//") else path)
