"""What every forgery is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from affidavit.evidence import Subject
from affidavit.forgeries.contents import Contents
from affidavit.seal.keys import LocalSigner

Family = Literal["carrier", "careful", "stranger", "insider", "replay"]
APPROVER: Final = "approver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A genuine bundle, and the keys of those who would forge it.

    Attributes:
        genuine: verified before.
        subject: whose evidence it is.
        stranger: a key that nobody trusts.
        insider: a key that is trusted where a forgery is made with it; made for this, like the
            other, and thrown away after.
        today: YYYY-MM-DD, UTC.
    """

    genuine: Contents
    subject: Subject
    stranger: LocalSigner
    insider: LocalSigner
    today: str


class Forged(NamedTuple):
    """An archive, and what the forger did to make it, in words."""

    did: str
    archive: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One way to forge.

    Attributes:
        id: stable, for machines.
        make: None where the bundle has nothing to forge in this way.
        refused_by: the check that has to refuse it; others may as well.
        expects: `models:/<name>/<number>` that the reader asks for; None asks for none.
        trusts_insider: judged by a reader who trusts the insider's key, and that alone.
    """

    id: str
    family: Family
    make: Callable[[Scene], Forged | None]
    refused_by: str
    expects: Callable[[Scene], str] | None = None
    trusts_insider: bool = False
