"""Whom the reader trusts: keys, roles and revocations, always from outside the bundle."""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from affidavit.errors import ConfigError, UsageError
from affidavit.verify.key_times import ALWAYS, Window, read_moment

if TYPE_CHECKING:
    from affidavit.bundle.public_key import PublicKey

SEALER: Final = "sealer"
APPROVER: Final = "approver"
_MAX_FILE_BYTES: Final = 1024 * 1024
_SIGNER_KEYS = {"name", "key", "roles", "identities", "valid_from", "valid_until"}
_REVOKED_KEYS = {"fingerprint", "statement", "reason", "revoked_at"}
_TOP_KEYS = {"version", "as_of", "signer", "revoked"}
_SHOWN_IN: Final = "docs/verifying.md shows a trust.toml"
_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedKey:
    """A public key that the reader has from its owner, and what its owner may sign.

    Attributes:
        identities: addresses and names by which its owner is known, in Git, the registry and the
            declarations; without any, nobody can say that the owner is no author.
        window: when what it signs counts.
    """

    name: str
    roles: frozenset[str]
    key: PublicKey
    identities: tuple[str, ...] = ()
    window: Window = ALWAYS

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A key's fingerprint or a statement's sha256 that no longer counts, and why.

    Attributes:
        at: of a key, the moment from which it is not its owner's alone; None is: never was.
    """

    value: str
    reason: str
    at: datetime | None = None

    def spares(self, trusted_time: datetime | None) -> bool:
        """Whether what was signed at a trusted time still counts; without one, nothing does."""
        return self.at is not None and trusted_time is not None and trusted_time < self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Pinned keys and revocations. An empty one trusts nobody; None means none was given."""

    keys: tuple[PinnedKey, ...]
    revoked: tuple[Revoked, ...] = ()
    source: str = ""
    as_of: date | None = None
    lists_revocations: bool = False

    def by_fingerprint(self, fingerprint: str) -> PinnedKey | None:
        """The pinned key of this fingerprint, or None."""
        return next((k for k in self.keys if k.fingerprint == fingerprint), None)

    def why_revoked(self, *values: str, trusted_time: datetime | None = None) -> str | None:
        """The reason, where one of these fingerprints or digests is revoked.

        Args:
            values: fingerprints and digests.
            trusted_time: when it was signed, by a clock that the reader trusts; None if by none.
        """
        found = (r for r in self.revoked if r.value in values and not r.spares(trusted_time))
        return next((r.reason for r in found), None)


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


def read_trust(path: Path) -> Trust:
    """Read trust.toml.

    Raises:
        ConfigError: every fault at once: an unknown key, a signer without a name, key or role, a
            window that cannot be, a key that stands twice.
        KeyProblem: a signer's key that is no public key.
        UsageError: a file that cannot be read.
    """
    return parse_trust(read_trust_file(path), path)


def parse_trust(content: bytes, path: Path) -> Trust:
    """The trust that a trust.toml states; raises as `read_trust` does.

    Args:
        content: of the file.
        path: of the file: keys that it names lie beside it.
    """
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file", str(error), _SHOWN_IN) from error
    faults = _Faults(f"{path}")
    faults.unknown("", table, _TOP_KEYS)
    if table.get("version") != 1:
        faults.add(f"version: expected 1, found {table.get('version')!r}")
    signers = [_signer(t, f"signer {i}", path, faults) for i, t in faults.tables(table, "signer")]
    revoked = [_revoked(t, f"revoked {i}", faults) for i, t in faults.tables(table, "revoked")]
    as_of = _day(table.get("as_of"), faults)
    keys = tuple(s for s in signers if s is not None)
    _require_once(keys, faults)
    faults.require_none()
    return Trust(
        keys=keys,
        revoked=tuple(r for r in revoked if r is not None),
        source=path.name,
        as_of=as_of,
        lists_revocations=True,
    )


class _Faults:
    """Everything wrong with one file, raised once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        self._lines.append(f"{self._name}: {line}")

    def unknown(self, where: str, table: dict[str, object], known: set[str]) -> None:
        for key in sorted(set(table) - known):
            self.add(f"{where} unknown key {key!r}; known: {', '.join(sorted(known))}".strip())

    def tables(self, table: dict[str, object], key: str) -> list[tuple[int, dict[str, object]]]:
        rows = table.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            self.add(f"{key}: write [[{key}]]")
            return []
        return list(enumerate(rows, 1))

    def text(self, table: dict[str, object], key: str, where: str) -> str:
        value = table.get(key)
        if isinstance(value, str) and value:
            return value
        self.add(f"{where}: {key} is missing" if value is None else f"{where}: {key} is no text")
        return ""

    def require_none(self) -> None:
        if self._lines:
            raise ConfigError("\n".join(self._lines), fix=_SHOWN_IN)


def _signer(table: dict[str, object], where: str, path: Path, faults: _Faults) -> PinnedKey | None:
    faults.unknown(where + ":", table, _SIGNER_KEYS)
    name, key = faults.text(table, "name", where), faults.text(table, "key", where)
    roles = table.get("roles")
    if not isinstance(roles, list) or not roles or not all(isinstance(r, str) for r in roles):
        faults.add(f'{where}: roles expected a list such as ["sealer"], found {roles!r}')
        return None
    identities = _identities(table.get("identities", []), where, faults)
    window = _window(table, where, faults)
    if not name or not key:
        return None
    from affidavit.bundle.public_key import load_public, parse_public

    is_inline = key.lstrip().startswith("-----BEGIN")
    public = (
        parse_public(key.encode(), f"{path}: {where}")
        if is_inline
        else load_public(path.parent / key)
    )
    return PinnedKey(
        name=name, roles=frozenset(roles), key=public, identities=identities, window=window
    )


def _require_once(keys: tuple[PinnedKey, ...], faults: _Faults) -> None:
    """One table a key: of a second one, roles and window would be ignored."""
    names: dict[str, str] = {}
    for key in keys:
        if (known := names.get(key.fingerprint)) is not None:
            faults.add(
                f"the key of {key.name} is that of {known} too: write one [[signer]] with all roles"
            )
        names[key.fingerprint] = key.name


def _window(table: dict[str, object], where: str, faults: _Faults) -> Window:
    first = _moment(table, "valid_from", where, faults)
    last = _moment(table, "valid_until", where, faults, is_end=True)
    if first is not None and last is not None and last <= first:
        faults.add(f"{where}: valid_until lies before valid_from")
    return Window(valid_from=first, valid_until=last)


def _moment(
    table: dict[str, object], key: str, where: str, faults: _Faults, *, is_end: bool = False
) -> datetime | None:
    if key not in table:
        return None
    try:
        return read_moment(table[key], is_end=is_end)
    except ValueError as error:
        faults.add(f"{where}: {key} {error}")
        return None


def _identities(given: object, where: str, faults: _Faults) -> tuple[str, ...]:
    if isinstance(given, list) and all(isinstance(i, str) and i.strip() for i in given):
        return tuple(given)
    faults.add(
        f'{where}: identities expected a list such as ["ada@bank.example", "Ada Example"], '
        f"found {given!r}"
    )
    return ()


def _revoked(table: dict[str, object], where: str, faults: _Faults) -> Revoked | None:
    faults.unknown(where + ":", table, _REVOKED_KEYS)
    reason = faults.text(table, "reason", where)
    given = [k for k in ("fingerprint", "statement") if k in table]
    if len(given) != 1:
        faults.add(f"{where}: expected one of fingerprint, statement; found {given or 'none'}")
        return None
    value = table[given[0]]
    found = _FINGERPRINT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        faults.add(f"{where}: {given[0]} expected 64 hexadecimal digits, found {value!r}")
        return None
    is_key = given[0] == "fingerprint"
    if not is_key and "revoked_at" in table:
        faults.add(f"{where}: revoked_at is of a key; a statement is revoked as a whole")
    return Revoked(
        value=f"sha256:{found[1]}" if is_key else found[1], reason=reason,
        at=_moment(table, "revoked_at", where, faults),
    )  # fmt: skip


def _day(value: object, faults: _Faults) -> date | None:
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    faults.add(f"as_of: expected a day such as 2026-11-20, found {value!r}")
    return None


def read_trust_file(path: Path) -> bytes:
    """The bytes of a trust.toml.

    Raises:
        UsageError: it cannot be read, or is larger than any trust file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", error.strerror or str(error), "check the path of --trust"
        ) from error
    if len(content) > _MAX_FILE_BYTES:
        raise UsageError(f"{path} is larger than 1 MiB", "no trust file is", _SHOWN_IN)
    return content


def hinted_fingerprint(hint: str) -> str | None:
    """The fingerprint that a statement's key hint stands for; unproved."""
    try:
        raw = base64.b64decode(hint, validate=True)
    except (binascii.Error, ValueError):
        return None
    return f"sha256:{raw.hex()}" if len(raw) == 32 else None
