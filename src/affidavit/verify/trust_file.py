"""Reading trust.toml: every fault of it at once."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Final

from affidavit.errors import ConfigError, UsageError
from affidavit.verify.authorities import Authority, read_authorities, read_names
from affidavit.verify.identities import Identified, Root, read_issuer, read_roots
from affidavit.verify.toml_faults import Faults
from affidavit.verify.trust import ALGORITHMS, NamedSigner, PinnedKey, Revoked, Trust
from affidavit.verify.windows import read_time, read_window

_MAX_FILE_BYTES: Final = 1024 * 1024
_SIGNER_KEYS = {
    "name", "key", "roles", "identities", "authority", "named", "named_pattern",
    "root", "issuer",
}  # fmt: skip
_WINDOW_KEYS = {"valid_from", "valid_until"}
_REVOKED_KEYS = {"fingerprint", "statement", "reason", "revoked_at"}
_TOP_KEYS = {
    "version", "as_of", "signer", "revoked", "authority", "timestamp", "root",
    "required", "required_timestamp", "algorithms",
}  # fmt: skip
_MAX_REQUIRED: Final = 16
_SHOWN_IN: Final = "docs/verify.md shows a trust.toml"
_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def read_trust(path: Path) -> Trust:
    """Read trust.toml.

    Raises:
        ConfigError: every fault at once: an unknown key, a signer without a name, key or role, an
            authority without a root, a key that stands twice.
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
    faults = Faults(f"{path}", _SHOWN_IN)
    faults.unknown("", table, _TOP_KEYS)
    if type(table.get("version")) is not int or table["version"] != 1:
        faults.add(f"version: expected 1, found {table.get('version')!r}")
    authorities = read_authorities(table, "authority", path.parent, faults)
    roots = read_roots(table, path.parent, faults)
    signers = [
        _signer(t, f"signer {i}", path, (*authorities, *roots), faults)
        for i, t in faults.tables(table, "signer")
    ]
    revoked = [_revoked(t, f"revoked {i}", faults) for i, t in faults.tables(table, "revoked")]
    clocks = read_authorities(table, "timestamp", path.parent, faults)
    required, requires_time = _required(table, faults)
    algorithms = _algorithms(table.get("algorithms", list(ALGORITHMS)), faults)
    as_of = _day(table.get("as_of"), faults)
    keys = tuple(s for s in signers if isinstance(s, PinnedKey))
    _require_once(keys, faults)
    faults.require_none()
    return Trust(
        keys=keys,
        named=tuple(s for s in signers if isinstance(s, NamedSigner)),
        identified=tuple(s for s in signers if isinstance(s, Identified)),
        roots=roots,
        clocks=clocks,
        required=required,
        requires_time=requires_time,
        algorithms=algorithms,
        revoked=tuple(r for r in revoked if r is not None),
        source=path.name,
        as_of=as_of,
        lists_revocations=True,
    )


def _signer(
    table: dict[str, object],
    where: str,
    path: Path,
    authorities: tuple[Authority | Root, ...],
    faults: Faults,
) -> PinnedKey | NamedSigner | Identified | None:
    faults.unknown(where + ":", table, _SIGNER_KEYS | _WINDOW_KEYS)
    name, by_name = faults.text(table, "name", where), bool({"authority", "root"} & set(table))
    key = "" if by_name else faults.text(table, "key", where)
    roles = table.get("roles")
    if not isinstance(roles, list) or not roles or not all(isinstance(r, str) for r in roles):
        faults.add(f'{where}: roles expected a list such as ["sealer"], found {roles!r}')
        return None
    identities = _identities(table.get("identities", []), where, faults)
    if by_name:
        return _named(
            table,
            where,
            name=name,
            roles=frozenset(roles),
            identities=identities,
            authorities=authorities,
            faults=faults,
        )
    for alone in sorted({"named", "named_pattern", "issuer"} & set(table)):
        faults.add(f"{where}: {alone} says nothing of a key: it stands beside authority or root")
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
        name=name, roles=frozenset(roles), key=public, identities=identities,
        window=read_window(table, where, faults),
    )  # fmt: skip


def _require_once(keys: tuple[PinnedKey, ...], faults: Faults) -> None:
    """One table a key: of a second one, roles and window would be ignored."""
    names: dict[str, str] = {}
    for key in keys:
        if (known := names.get(key.fingerprint)) is not None:
            faults.add(
                f"the key of {key.name} is that of {known} too: write one [[signer]] with all roles"
            )
        names[key.fingerprint] = key.name


def _identities(given: object, where: str, faults: Faults) -> tuple[str, ...]:
    if isinstance(given, list) and all(isinstance(i, str) and i.strip() for i in given):
        return tuple(given)
    faults.add(
        f'{where}: identities expected a list such as ["ada@bank.example", "Ada Example"], '
        f"found {given!r}"
    )
    return ()


def _named(
    table: dict[str, object],
    where: str,
    *,
    name: str,
    roles: frozenset[str],
    identities: tuple[str, ...],
    authorities: tuple[Authority | Root, ...],
    faults: Faults,
) -> NamedSigner | Identified | None:
    if given := [k for k in ("key", "authority", "root") if k in table][1:]:
        faults.add(f"{where}: expected one of key, authority, root; found {given[0]} too")
    kind, key = (Root, "root") if "root" in table else (Authority, "authority")
    names, wanted = read_names(table, where, faults), faults.text(table, key, where)
    found = next((a for a in authorities if type(a) is kind and a.name == wanted), None)
    if wanted and found is None:
        faults.add(f"{where}: there is no [[{key}]] named {wanted!r}")
    window = read_window(table, where, faults)
    if isinstance(found, Root):
        return Identified(
            name=name, roles=roles, root=found, issuer=read_issuer(table, where, faults),
            names=names, identities=identities, window=window,
        )  # fmt: skip
    if "issuer" in table:
        faults.add(f"{where}: issuer stands beside root only")
    if not isinstance(found, Authority):
        return None
    return NamedSigner(
        name=name, roles=roles, authority=found, names=names, identities=identities, window=window
    )


def _revoked(table: dict[str, object], where: str, faults: Faults) -> Revoked | None:
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
    at = read_time(table, "revoked_at", where, faults)
    return Revoked(value=f"sha256:{found[1]}" if is_key else found[1], reason=reason, at=at)


def _required(table: dict[str, object], faults: Faults) -> tuple[int, bool]:
    number, time = table.get("required", 1), table.get("required_timestamp", False)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _MAX_REQUIRED:
        faults.add(f"required: expected a number from 1 to {_MAX_REQUIRED}, found {number!r}")
        number = 1
    if not isinstance(time, bool):
        faults.add(f"required_timestamp: expected true or false, found {time!r}")
        time = True
    if time and not table.get("timestamp") and not table.get("root"):
        faults.add("required_timestamp: no [[timestamp]] and no [[root]] says whose clock counts")
    return number, time


def _algorithms(given: object, faults: Faults) -> frozenset[str]:
    if isinstance(given, list) and given and all(a in ALGORITHMS for a in given):
        return frozenset(given)
    faults.add(f"algorithms: expected some of {', '.join(ALGORITHMS)}, found {given!r}")
    return frozenset()


def _day(value: object, faults: Faults) -> date | None:
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
