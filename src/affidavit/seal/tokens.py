"""A key on a token or HSM, by PKCS#11: `pkcs11:token=bank;object=release?module-path=…`.

The private key never leaves the token. The PIN is tried once: a token locks after a few wrong ones.
The session stays open from then until the signature, so that the PIN is not kept.

References:
    PKCS #11 v3.1, 2.3.6 (ECDSA: r and s side by side), 2.3.14 (EdDSA), 2.3.3 (EC_POINT).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from affidavit.bundle.public_key import PublicKey, load_public, low_s, public_key_of
from affidavit.errors import AffidavitError, KeyProblem, MissingExtra
from affidavit.seal.address import Address
from affidavit.seal.by_key import KeySigner
from affidavit.seal.interface import Access
from affidavit.seal.keys import read_passphrase
from affidavit.seal.token_uri import PUBLIC_KEY, TokenKey, read_token_uri

if TYPE_CHECKING:
    import pkcs11

PIN_VARIABLE: Final = "AFFIDAVIT_PKCS11_PIN"
INSTALL: Final = "pip install 'affidavit[pkcs11]'"
# A point of Ed25519; of P-256, compressed and not. None is two bytes longer than another.
_POINT_BYTES: Final = (32, 33, 65)
# What the token says of a PIN, by the name of the library's error: cause and fix.
_PIN_FAULTS: Final = {
    "PinIncorrect": ("the PIN does not fit", "correct it; a few wrong ones lock the token"),
    "PinInvalid": ("the PIN does not fit", "correct it; a few wrong ones lock the token"),
    "PinLenRange": ("the PIN does not fit", "correct it: it is too short or too long"),
    "PinLocked": ("too many wrong PINs have locked it", "have its officer set a new PIN"),
    "PinExpired": ("the PIN has expired", "set a new one with the tools of the token"),
}


def open_signer(address: Address, access: Access) -> KeySigner:
    """The key that an address names, the token unlocked.

    Raises:
        UsageError: an address that names no key, token or module.
        MissingExtra: `affidavit[pkcs11]` is not installed.
        KeyProblem: no such module, token or key; a PIN that is missing, wrong or locked; a key of
            another kind than Ed25519 and P-256.
        AffidavitError: the token failed.
    """
    wanted = read_token_uri(address)
    token = _token(wanted)
    pin = _pin(wanted, access)
    with _telling(wanted):
        session = _session(token, pin)
    try:
        with _telling(wanted):
            key = _only(session, wanted, "PRIVATE_KEY")
            public = _public(session, key, wanted)
    except AffidavitError:
        _close(session)
        raise
    label = f"pkcs11, {wanted.told_key} on token {wanted.told_token}"
    signer = KeySigner(public, label, _maker(key, public, wanted))
    finalize(signer, _close, session)
    return signer


def _session(token: Any, pin: str) -> Any:
    from pkcs11 import UserAlreadyLoggedIn

    try:
        return token.open(user_pin=pin)
    except UserAlreadyLoggedIn:
        # A process logs in once: for a second key on the same token, it has.
        return token.open()


def _close(session: Any) -> None:
    """With the last session, the token is locked again."""
    from pkcs11 import PKCS11Error

    with suppress(PKCS11Error):
        session.close()


def _maker(key: Any, public: PublicKey, wanted: TokenKey) -> Callable[[bytes], bytes]:
    from pkcs11 import Mechanism

    def make(message: bytes) -> bytes:
        with _telling(wanted):
            if public.kind == "ed25519":
                return bytes(key.sign(message, mechanism=Mechanism.EDDSA))
            # The digest is ours: not every token has the mechanism that hashes and signs.
            digest = Hash(SHA256())
            digest.update(message)
            raw = bytes(key.sign(digest.finalize(), mechanism=Mechanism.ECDSA))
        half = len(raw) // 2
        r, s = int.from_bytes(raw[:half]), int.from_bytes(raw[half:])
        return low_s(encode_dss_signature(r, s))

    return make


def _token(wanted: TokenKey) -> pkcs11.Token:
    try:
        import pkcs11
    except ImportError as error:
        raise MissingExtra(
            "a signer on a token needs python-pkcs11", "it is not installed", INSTALL
        ) from error
    if not Path(wanted.module).exists():
        raise KeyProblem(f"{wanted.module}: there is no such module", fix="check module-path")
    try:
        library = pkcs11.lib(wanted.module)
        found = [t for t in library.get_tokens(token_label=wanted.token) if _has_serial(t, wanted)]
    except pkcs11.PKCS11Error as error:
        # The library's words are the dynamic loader's: they hold the path, and no secret.
        raise KeyProblem(
            f"{wanted.module} cannot be used", str(error)[:200] or type(error).__name__,
            "give the PKCS #11 module that came with the token",
        ) from error  # fmt: skip
    if not found:
        raise KeyProblem(
            f"no token {wanted.told_token} behind {wanted.module}",
            fix="check its label, and that it is plugged in",
        )
    if len(found) > 1:
        raise KeyProblem(
            f"{len(found)} tokens {wanted.told_token} behind {wanted.module}", fix="add ;serial=…"
        )
    return found[0]


def _has_serial(token: pkcs11.Token, wanted: TokenKey) -> bool:
    return wanted.serial is None or token.serial.strip() == wanted.serial


def _pin(wanted: TokenKey, access: Access) -> str:
    """As its address says, else as for all keys, else the environment's, else a person's."""
    file = wanted.pin_file or access.passphrase_file
    pin = read_passphrase(file) if file else os.environ.get(PIN_VARIABLE)
    if not pin and access.ask is not None:
        pin = access.ask(f"PIN of token {wanted.told_token}")
    if not pin:
        raise KeyProblem(
            f"token {wanted.told_token} is locked", "no PIN was given",
            f"set {PIN_VARIABLE}, or name a file with pin-source=file:…",
        )  # fmt: skip
    return pin


def _only(session: Any, wanted: TokenKey, kind: str, key_id: bytes | None = None) -> Any:
    """The one object of a kind that the address, or the id of another, names."""
    from pkcs11 import Attribute, ObjectClass

    template: dict[Any, Any] = {Attribute.CLASS: ObjectClass[kind]}
    if key_id is not None:
        template[Attribute.ID] = key_id
    else:
        if wanted.object is not None:
            template[Attribute.LABEL] = wanted.object
        if wanted.id is not None:
            template[Attribute.ID] = wanted.id
    found = list(session.get_objects(template))
    if len(found) == 1:
        return found[0]
    what = kind.replace("_", " ").lower()
    if found:
        raise KeyProblem(
            f"token {wanted.told_token} has {len(found)} {what}s {wanted.told_key}",
            "which one is meant is not clear", "name it by object and id",
        )  # fmt: skip
    fix = f"add {PUBLIC_KEY}=FILE.pub" if kind == "PUBLIC_KEY" else "check object and id"
    raise KeyProblem(f"token {wanted.told_token} has no {what} {wanted.told_key}", fix=fix)


def _public(session: Any, key: Any, wanted: TokenKey) -> PublicKey:
    """The public half: as the address says, else the one that the token keeps under the same id."""
    from pkcs11 import Attribute, KeyType

    if key.key_type not in (KeyType.EC, KeyType.EC_EDWARDS):
        raise KeyProblem(
            f"{wanted.told_key} on token {wanted.told_token}: expected an Ed25519 or P-256 key, "
            f"found {key.key_type.name}",
            fix="make one of these on the token",
        )
    if wanted.public_file is not None:
        return load_public(wanted.public_file)
    beside = _only(session, wanted, "PUBLIC_KEY", key.id or None)
    return _as_ours(
        beside[Attribute.EC_POINT], f"{wanted.told_key} on token {wanted.told_token}",
        is_edwards=key.key_type == KeyType.EC_EDWARDS,
    )  # fmt: skip


def _as_ours(point: bytes, name: str, *, is_edwards: bool) -> PublicKey:
    """EC_POINT is an octet string in DER; some tokens leave that wrapping out."""
    if point[:2] in {bytes([4, n]) for n in _POINT_BYTES} and len(point) - 2 == point[1]:
        point = point[2:]
    try:
        key: object = (
            ed25519.Ed25519PublicKey.from_public_bytes(point)
            if is_edwards
            else ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        )
    except ValueError as error:
        raise KeyProblem(
            f"{name}: expected an Ed25519 or P-256 key, found another curve",
            fix="make one of these on the token",
        ) from error
    return public_key_of(key, name)


@contextmanager
def _telling(wanted: TokenKey) -> Iterator[None]:
    """What the token says, as one error of ours."""
    from pkcs11 import PKCS11Error

    where = f"token {wanted.told_token}"
    try:
        yield
    except PKCS11Error as error:
        name = type(error).__name__
        if name in _PIN_FAULTS:
            cause, fix = _PIN_FAULTS[name]
            raise KeyProblem(f"{where} cannot be unlocked", cause, fix) from error
        raise AffidavitError(
            f"{where} did not do what was asked", f"it says {name}",
            "check the token with the tools of whoever made it",
        ) from error  # fmt: skip
