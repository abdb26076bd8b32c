"""A key in the transit engine of HashiCorp Vault or OpenBao: `vault:release`, `openbao:release`.

The private key stays in the server. Its newest version is looked up once, when the signer is
opened, and signs then whatever is rotated meanwhile.

References:
    Vault HTTP API, transit: read key, sign data (prehashed, marshaling_algorithm asn1).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from affidavit.bundle.public_key import PublicKey, low_s, parse_public, public_key_of
from affidavit.errors import AffidavitError, KeyProblem, UsageError
from affidavit.seal.address import Address
from affidavit.seal.by_key import KeySigner
from affidavit.seal.interface import Access
from affidavit.seal.vault_server import NAMESPACE, TOKEN_FILE, Server, find_server

MOUNT: Final = "mount"
VERSION: Final = "version"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_MOUNT = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,7}")
# As a Vault names its types of keys; anything else is not repeated: it could be the token.
_KIND = re.compile(r"[a-z]{1,12}[0-9]{0,6}(-[a-z0-9]{1,12}){0,3}")
_VERSION = re.compile(r"[1-9][0-9]{0,5}")
_SIGNATURE = re.compile(r"vault:v([0-9]+):([A-Za-z0-9+/]+={0,2})")


def open_signer(address: Address, access: Access) -> KeySigner:
    """The key that an address names, in the server of the environment.

    Raises:
        UsageError: an address that names no key; no server in the environment.
        KeyProblem: no such key, or of another kind than Ed25519 and P-256; a token that is missing
            or refused.
        Unreachable: the server does not answer, or is sealed.
        AffidavitError: it answers with something else.
    """
    address.require_parameters(MOUNT, NAMESPACE, TOKEN_FILE, VERSION)
    name, mount = address.place, address.parameters.get(MOUNT, "transit")
    wanted = address.parameters.get(VERSION)
    is_good = _NAME.fullmatch(name) and _MOUNT.fullmatch(mount)
    if not is_good or (wanted is not None and not _VERSION.fullmatch(wanted)):
        raise UsageError(
            f"{address.uri} names no key of a Vault",
            fix=f"write {address.scheme}:KEY, or {address.scheme}:KEY?mount=transit&version=2",
        )
    server = find_server(address, access)
    label = f"{address.scheme}, {name} at {server.url}"
    data = server.ask(f"{mount}/keys/{name}")
    version, public = _read_key(data, label, wanted)
    path = f"{mount}/sign/{name}"
    return KeySigner(public, f"{label}, version {version}", _maker(server, path, version, public))


def _maker(server: Server, path: str, version: int, public: PublicKey) -> Callable[[bytes], bytes]:
    def make(message: bytes) -> bytes:
        if public.kind == "ed25519":
            body: dict[str, object] = {"input": _encoded(message), "key_version": version}
            return _read_signature(server.ask(path, body), version, server)
        digest = Hash(SHA256())
        digest.update(message)
        body = {
            "input": _encoded(digest.finalize()), "key_version": version, "prehashed": True,
            "marshaling_algorithm": "asn1",
        }  # fmt: skip
        given = _read_signature(server.ask(f"{path}/sha2-256", body), version, server)
        try:
            return low_s(given)
        except ValueError as error:
            raise _no_signature(server) from error

    return make


def _read_key(data: dict[str, Any], label: str, wanted: str | None) -> tuple[int, PublicKey]:
    """The version that signs, and its public key."""
    kind, keys = data.get("type"), data.get("keys")
    if kind not in ("ed25519", "ecdsa-p256") or data.get("derived"):
        told = kind if isinstance(kind, str) and _KIND.fullmatch(kind) else "another"
        found = f"a derived {told}" if data.get("derived") else told
        raise KeyProblem(
            f"{label}: expected a key of type ed25519 or ecdsa-p256, found {found!r}",
            fix="make one of these in the Vault",
        )
    keys = keys if isinstance(keys, dict) else {}
    versions = {int(v): k for v, k in keys.items() if _VERSION.fullmatch(v)}
    version = int(wanted) if wanted else max(versions, default=0)
    if version not in versions:
        raise KeyProblem(
            f"{label} has no version {version}",
            f"it has {', '.join(str(v) for v in sorted(versions)[-5:]) or 'none'}",
            "correct version=, or leave it out",
        )
    try:
        text = versions[version]["public_key"]
        if kind == "ecdsa-p256":
            return version, parse_public(text.encode(), label)
        raw = base64.b64decode(text, validate=True)
        return version, public_key_of(ed25519.Ed25519PublicKey.from_public_bytes(raw), label)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise AffidavitError(f"{label}: the Vault gives no public key of it") from error


def _read_signature(data: dict[str, Any], version: int, server: Server) -> bytes:
    found = _SIGNATURE.fullmatch(str(data.get("signature")))
    if found is None or int(found[1]) != version:
        raise _no_signature(server)
    try:
        return base64.b64decode(found[2], validate=True)
    except binascii.Error as error:
        raise _no_signature(server) from error


def _no_signature(server: Server) -> AffidavitError:
    return AffidavitError(
        f"the Vault at {server.url} gave no signature of the form asked for",
        fix="check what answers there",
    )


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
