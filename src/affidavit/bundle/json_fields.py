"""Fields of JSON objects that we read strictly: of their kind, in their one form, none more."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from affidavit.bundle.canonical import Json
from affidavit.errors import BundleError


def read_object(value: Json, where: str) -> dict[str, Json]:
    """A JSON object, or a BundleError that says where."""
    if not isinstance(value, dict):
        raise BundleError(f"{where}: expected an object")
    return value


def read_text(value: Json, where: str) -> str:
    """Text, or a BundleError that says where."""
    if not isinstance(value, str):
        raise BundleError(f"{where}: expected text")
    return value


def read_base64(value: Json, where: str) -> bytes:
    """Bytes in the one canonical form of base64, or a BundleError that says where."""
    text = read_text(value, where)
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BundleError(f"{where}: not base64", str(error)) from error
    if base64.b64encode(content).decode() != text:
        raise BundleError(f"{where}: not base64 in its one canonical form")
    return content


def require_keys(value: Mapping[str, Json], keys: set[str], where: str) -> None:
    """Refuse an object with a key more or less."""
    if set(value) != keys:
        raise BundleError(f"{where}: expected {listed(keys)}", f"found {listed(value)}")


def listed(keys: Mapping[str, Json] | set[str]) -> str:
    """Keys for an error, each cut to what a line holds."""
    return ", ".join(sorted(k[:40] for k in keys)) or "nothing"
