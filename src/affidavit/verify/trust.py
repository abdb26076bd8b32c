"""Whom the reader trusts: keys, roles and revocations, always from outside the bundle."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from affidavit.verify.authorities import Authority, Names
from affidavit.verify.identities import Identified, Root, pinned_identity
from affidavit.verify.windows import ALWAYS, Window

if TYPE_CHECKING:
    from affidavit.bundle.public_key import PublicKey

SEALER: Final = "sealer"
# The kinds of key that a signature may be by; rsa only beside a certificate.
ALGORITHMS: Final = ("ed25519", "p256", "ml-dsa-65", "rsa")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedKey:
    """A public key that the reader has from its owner, and what its owner may sign.

    Attributes:
        identities: addresses and names by which its owner is known, in Git, the registry and the
            declarations; without any, nobody can say that the owner is no author.
        window: the key counts within it.
        certificate_names: of the certificate that makes it this signer's; none of a pinned key.
        person: who of the signer's table made it; empty where that is one signer, by its name.
    """

    name: str
    roles: frozenset[str]
    key: PublicKey
    identities: tuple[str, ...] = ()
    window: Window = ALWAYS
    certificate_names: tuple[str, ...] = ()
    person: str = ""

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint

    def is_one_with(self, other: PinnedKey) -> bool:
        """Whether one signer made both signatures: a keyless one has another key each time."""
        return (
            self.fingerprint == other.fingerprint
            or (self.person or self.name) == (other.person or other.name)
        )  # fmt: skip

    def is_apart_from(self, other: PinnedKey) -> bool:
        """Whether nothing says that one signer made both, not even that one table names them."""
        return not (
            self.is_one_with(other)
            or self.name == other.name
            or set(self.certificate_names) & set(other.certificate_names)
        )

    def why_not_at(self, at: datetime) -> str | None:
        """Why the key does not count at a time; None if it does."""
        return self.window.why_not_at(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSigner:
    """A signer by name: whoever holds a certificate of this authority for one of these names."""

    name: str
    roles: frozenset[str]
    authority: Authority
    names: Names
    identities: tuple[str, ...] = ()
    window: Window = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A key's fingerprint or a statement's sha256 that no longer counts, and why.

    Attributes:
        at: what was proved to be there before it still counts; None spares nothing.
    """

    value: str
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Pinned signers and revocations. An empty one trusts nobody; None means none was given.

    Attributes:
        identified: signers by identity, as a Sigstore's trusted root proves them.
        roots: the trusted roots that trust.toml names, also those that no signer is known by.
        clocks: authorities whose timestamps prove a time.
        required: how many signers a seal needs.
        requires_time: a seal counts only with a time that a clock proves.
        algorithms: a signature by a key of another kind counts for nothing.
    """

    keys: tuple[PinnedKey, ...]
    named: tuple[NamedSigner, ...] = ()
    identified: tuple[Identified, ...] = ()
    roots: tuple[Root, ...] = ()
    clocks: tuple[Authority, ...] = ()
    required: int = 1
    requires_time: bool = False
    algorithms: frozenset[str] = frozenset(ALGORITHMS)
    revoked: tuple[Revoked, ...] = ()
    source: str = ""
    as_of: date | None = None
    lists_revocations: bool = False

    def by_fingerprint(self, fingerprint: str) -> PinnedKey | None:
        """The pinned key of this fingerprint, or None."""
        return next((k for k in self.keys if k.fingerprint == fingerprint), None)

    def why_revoked(self, *values: str, time: datetime | None = None) -> str | None:
        """The reason, where one of these fingerprints or digests is revoked.

        Args:
            values: of a statement and its key.
            time: at which a clock proves that the statement was there.
        """
        for entry in self.revoked:
            is_spared = entry.at is not None and time is not None and time < entry.at
            if entry.value in values and not is_spared:
                return entry.reason
        return None


def join(trusts: tuple[Trust, ...]) -> Trust | None:
    """Several sources of trust as one, or None where there is none.

    A key of several sources has the roles of all of them, and counts only where each says so: a
    key given by file does not outlive the window that trust.toml gives it.
    """
    if not trusts:
        return None
    dated = [t for t in trusts if t.lists_revocations]
    return Trust(
        keys=_merged(k for t in trusts for k in t.keys),
        named=tuple(c for t in trusts for c in t.named),
        identified=tuple(i for t in trusts for i in t.identified),
        roots=tuple(r for t in trusts for r in t.roots),
        clocks=tuple(c for t in trusts for c in t.clocks),
        required=max(t.required for t in trusts),
        requires_time=any(t.requires_time for t in trusts),
        algorithms=frozenset(ALGORITHMS).intersection(*(t.algorithms for t in trusts)),
        revoked=tuple(r for t in trusts for r in t.revoked),
        source=", ".join(t.source for t in dated or trusts),
        as_of=min((t.as_of for t in dated if t.as_of), default=None),
        lists_revocations=bool(dated),
    )


def _merged(keys: Iterable[PinnedKey]) -> tuple[PinnedKey, ...]:
    found: dict[str, PinnedKey] = {}
    for key in keys:
        known = found.setdefault(key.fingerprint, key)
        found[key.fingerprint] = replace(
            key, roles=known.roles | key.roles, window=known.window.narrowed(key.window),
            identities=tuple(dict.fromkeys((*known.identities, *key.identities))),
        )  # fmt: skip
    return tuple(found.values())


def read_keys(paths: tuple[Path, ...]) -> Trust:
    """Pin public keys by file (PEM), each with the role `sealer`.

    Raises:
        KeyProblem: a file that cannot be read, or is no public key that we know.
    """
    from affidavit.bundle.public_key import load_public  # cryptography: only with a key to check

    pinned = tuple(
        PinnedKey(name=path.name, roles=frozenset({SEALER}), key=load_public(path))
        for path in paths
    )
    return Trust(keys=pinned, source=", ".join(path.name for path in paths))


def read_identity(identity: str, issuer: str, root: Path) -> Trust:
    """Pin one identity as a sealer; raises as `pinned_identity` does."""
    pinned = pinned_identity(identity, issuer, root)
    return Trust(keys=(), identified=(pinned,), source=f"{pinned.name} by {root.name}")


def hinted_fingerprint(hint: str | None) -> str | None:
    """The fingerprint that a statement's key hint stands for; unproved."""
    if hint is None:
        return None
    try:
        raw = base64.b64decode(hint, validate=True)
    except (binascii.Error, ValueError):
        return None
    return f"sha256:{raw.hex()}" if len(raw) == 32 else None
