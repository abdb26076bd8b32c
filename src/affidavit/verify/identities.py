"""Signers by identity: whom a Sigstore's trusted root vouches for, by which identity provider.

    [[root]]                                a Sigstore: its certificates, its logs, their time
    name = "sigstore"
    trusted_root = "trusted_root.json"      from who runs it, never from a bundle
    fetched_on = 2026-11-20                 the day on which you last got it
    max_age_days = 180                      an older one decides nothing

    [[signer]]
    name = "release workflow"
    root = "sigstore"
    issuer = "https://token.actions.githubusercontent.com"
    named = ["uri:https://github.com/bank/credit/.github/workflows/release.yml@refs/heads/main"]
    roles = ["sealer"]

A root vouches for everybody whom any identity provider knows: without issuer and name, for nobody
that counts here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from affidavit.errors import UsageError
from affidavit.verify.authorities import Names
from affidavit.verify.toml_faults import Faults
from affidavit.verify.windows import ALWAYS, Window

_KEYS: Final = {"name", "trusted_root", "fetched_on", "max_age_days"}
MAX_AGE_DAYS: Final = 180
_MOST_DAYS: Final = 3650
_KINDS: Final = ("email:", "uri:", "dns:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The trusted root of a Sigstore, from outside any bundle.

    Attributes:
        name: what the reader calls it.
        content: a trusted_root.json.
        fetched_on: the day on which the reader got it; None where nobody says.
        max_age_days: how old it may be.
    """

    name: str
    content: bytes
    fetched_on: date | None
    max_age_days: int = MAX_AGE_DAYS

    def why_stale(self, now: datetime) -> str | None:
        """Why it decides nothing any more; None if it does."""
        if self.fetched_on is None:
            return None
        days = (now.date() - self.fetched_on).days
        if days <= self.max_age_days:
            return None
        return (
            f"the trusted root {self.name} was got on {self.fetched_on}, {days} days ago; "
            f"trust.toml takes it for {self.max_age_days}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A signer by identity: whom this issuer knows by one of these names, as this root proves."""

    name: str
    roles: frozenset[str]
    root: Root
    issuer: str
    names: Names
    identities: tuple[str, ...] = ()
    window: Window = ALWAYS


def read_roots(table: dict[str, object], folder: Path, faults: Faults) -> tuple[Root, ...]:
    """The roots of `[[root]]`.

    Args:
        table: of trust.toml.
        folder: paths start there.
        faults: gains what is wrong.
    """
    found: list[Root] = []
    for number, row in faults.tables(table, "root"):
        where = f"root {number}"
        faults.unknown(where + ":", row, _KEYS)
        name, file = faults.text(row, "name", where), faults.text(row, "trusted_root", where)
        if name in {r.name for r in found}:
            faults.add(f"{where}: {name!r} is there twice")
        fetched_on, days = row.get("fetched_on"), row.get("max_age_days", MAX_AGE_DAYS)
        if type(fetched_on) is not date:
            faults.add(
                f"{where}: fetched_on expected a day such as 2026-11-20, found {fetched_on!r}"
            )
            continue
        if type(days) is not int or not 1 <= days <= _MOST_DAYS:
            faults.add(f"{where}: max_age_days expected 1 to {_MOST_DAYS}, found {days!r}")
            continue
        if name and file:
            try:
                content = read_root_file(folder / file)
            except UsageError as error:
                faults.add(f"{where}: {error}")
                continue
            found.append(Root(name=name, content=content, fetched_on=fetched_on, max_age_days=days))
    return tuple(found)


def read_root_file(path: Path) -> bytes:
    """The bytes of a trusted root.

    Raises:
        UsageError: it cannot be read, is larger than any, or is none.
    """
    from affidavit.bundle.keyless import MAX_ROOT_BYTES, require_root

    try:
        with path.open("rb") as file:
            content = file.read(MAX_ROOT_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", error.strerror or str(error), "check the path"
        ) from error
    if len(content) > MAX_ROOT_BYTES:
        raise UsageError(f"{path} is larger than {MAX_ROOT_BYTES} bytes", "no trusted root is")
    require_root(content, str(path))
    return content


def read_issuer(row: dict[str, object], where: str, faults: Faults) -> str:
    """The issuer of a signer by identity, exact."""
    issuer = faults.text(row, "issuer", where)
    if issuer and not (issuer.isascii() and issuer.startswith(("https://", "http://"))):
        faults.add(f"{where}: issuer expected https://…, found {issuer!r}")
    return issuer


def pinned_identity(identity: str, issuer: str, root: Path) -> Identified:
    """What `--identity`, `--issuer` and `--trusted-root` say together: a sealer.

    Args:
        identity: as a whole: an address, a workflow's URI; or with its kind, `dns:…`.
        issuer: as a whole.
        root: a trusted_root.json.

    Raises:
        UsageError: an identity or issuer that no certificate can have, a file that cannot be read.
        ConfigError: a file that is no trusted root.
    """
    identity = require_identity(identity, issuer)
    return Identified(
        name=identity.partition(":")[2], roles=frozenset({"sealer"}), issuer=issuer,
        names=Names(exact=frozenset({identity})),
        root=Root(name=root.name, content=read_root_file(root), fetched_on=None),
    )  # fmt: skip


def require_identity(identity: str, issuer: str) -> str:
    """The name that a certificate has for an identity: `email:…`, `uri:…` or `dns:…`.

    Args:
        identity: as `--identity` gives it.
        issuer: as `--issuer` does.

    Raises:
        UsageError: one that no certificate can have.
    """
    if not identity.startswith(_KINDS):
        kind = "uri:" if "://" in identity else "email:" if "@" in identity else ""
        if not kind:
            raise UsageError(
                f"--identity {identity}: an address or a URI is needed", fix="or write dns:NAME"
            )
        identity = kind + identity
    if not identity.isascii() or not issuer.isascii():
        raise UsageError(
            "--identity or --issuer holds a letter that is not ASCII",
            "a certificate's names are: it would match nobody", "type it anew",
        )  # fmt: skip
    if not issuer.startswith(("https://", "http://")):
        raise UsageError(
            f"--issuer {issuer}: expected https://…", fix="write the identity provider's whole URL"
        )
    return identity
