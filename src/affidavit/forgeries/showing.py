"""Forging a good bundle in every way, one after another, and verifying what came out.

Each forgery is written to a folder of its own that is removed afterwards, and goes through the same
`verify_bundle` that a reader uses. Nothing is ever written beside the genuine bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from affidavit.errors import BundleError, UsageError
from affidavit.evidence import Record, Subject
from affidavit.forgeries import careful, carriers, insiders, replays, strangers
from affidavit.forgeries.contents import pack, read_contents
from affidavit.forgeries.interface import APPROVER, Family, Forgery, Scene
from affidavit.forgeries.repairing import sealed_by, seals_of
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, verify_bundle
from affidavit.verify.trust import SEALER, PinnedKey
from affidavit.verify.verdict import Word

FORGERIES: Final[tuple[Forgery, ...]] = (
    *carriers.FORGERIES, *careful.FORGERIES, *strangers.FORGERIES, *insiders.FORGERIES,
    *replays.FORGERIES,
)  # fmt: skip
Outcome = Literal["refused", "accepted", "left-out"]


class Tried(Record):
    """One forgery, and what verify said of it.

    Attributes:
        did: what the forger did, in words.
        outcome: `refused` only where the verdict is NOT VERIFIED; `left-out` where the bundle has
            nothing to forge in this way.
        check: the check that refused it: the one that is there for this, where that did, else
            the first.
        why: what that check says.
        checks: every check that refused it.
    """

    id: str
    family: Family
    did: str | None = None
    outcome: Outcome
    word: Word | None = None
    check: str | None = None
    why: str | None = None
    checks: tuple[str, ...] = ()


class Shown(Record):
    """All forgeries of one bundle.

    Attributes:
        sealed_here: no trust was given: the copy that was forged has a seal by a key that was made
            for this and thrown away, in place of its own.
        genuine: the verdict's word on the genuine one, before anything was forged.
        accepted: how many forgeries were not refused.
    """

    schema_: Literal["affidavit/forgeries"] = Field(default="affidavit/forgeries", alias="schema")
    version: Literal[1] = 1
    bundle: str
    sealed_here: bool
    genuine: Word
    refused: int
    accepted: int
    left_out: int
    forgeries: tuple[Tried, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """A bundle that verified, and all that is needed to forge it.

    Attributes:
        trust: of the reader.
        insiders: the same reader's, if they trusted the insider's key, and that alone.
    """

    scene: Scene
    verdict: Verdict
    trust: Trust
    insiders: Trust
    is_sealed_here: bool


def open_genuine(path: Path, trust: Trust | None) -> Genuine:
    """Read and verify the bundle that is to be forged, as it is and sealed by the insider.

    Args:
        path: the archive.
        trust: pinned signers; None seals a copy with a key made for this, and trusts that.

    Raises:
        UsageError: no such file; a bundle that is too large, or not signed.
        BundleError: it does not verify: what fails already shows nothing by failing.
    """
    contents = read_contents(path)
    if not seals_of(contents):
        raise UsageError(f"{path} is not signed", "there is no seal to forge", "build it signed")
    stranger, insider = _new_key("a key of the forger's"), _new_key("a key made for this")
    insiders = _trusting(insider)
    given = verify_bundle(path, trust=trust)
    subject = _require_good(given, "VERIFIED" if trust else "INTACT, SIGNER NOT TRUSTED")
    resealed = sealed_by(contents, insider)
    with _place(path) as copy:
        twin = _judged(pack(resealed), copy, insiders)
    _require_good(twin, "VERIFIED")
    scene = Scene(
        genuine=contents if trust else resealed, subject=subject, stranger=stranger,
        insider=insider, today=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip
    return Genuine(
        scene=scene, verdict=given if trust else twin, trust=trust or insiders, insiders=insiders,
        is_sealed_here=trust is None,
    )  # fmt: skip


def forge_all(genuine: Genuine, path: Path, tell: Callable[[Tried], None]) -> Shown:
    """Forge in every way, one after another; each copy is gone before the next is made.

    Args:
        genuine: as `open_genuine` gave it.
        path: of the bundle; only its name is used.
        tell: is given each forgery as it is judged.

    Raises:
        AffidavitError: the disk is full.
    """
    tried = []
    for forgery in FORGERIES:
        with _place(path) as copy:
            tried.append(one := _try(forgery, genuine, copy))
        tell(one)
    outcomes = [one.outcome for one in tried]
    return Shown(
        bundle=path.name, sealed_here=genuine.is_sealed_here, genuine=genuine.verdict.word,
        refused=outcomes.count("refused"), accepted=outcomes.count("accepted"),
        left_out=outcomes.count("left-out"), forgeries=tuple(tried),
    )  # fmt: skip


def _try(forgery: Forgery, genuine: Genuine, copy: Path) -> Tried:
    scene = genuine.scene
    forged = forgery.make(scene)
    if forged is None:
        return Tried(id=forgery.id, family=forgery.family, outcome="left-out")
    verdict = _judged(
        forged.archive, copy, genuine.insiders if forgery.trusts_insider else genuine.trust,
        expect=forgery.expects(scene) if forgery.expects else None,
    )  # fmt: skip
    failed = verdict.failed
    shown = next((c for c in failed if c.id == forgery.refused_by), failed[0] if failed else None)
    return Tried(
        id=forgery.id, family=forgery.family, did=forged.did, word=verdict.word,
        outcome="refused" if verdict.word == "NOT VERIFIED" else "accepted",
        check=shown.id if shown else None, why=shown.what if shown else None,
        checks=tuple(dict.fromkeys(c.id for c in failed)),
    )  # fmt: skip


@contextmanager
def _place(path: Path) -> Iterator[Path]:
    """Where a copy of this name may stand for a while; gone afterwards, folder and all."""
    with TemporaryDirectory(prefix="affidavit-forgeries-") as folder:
        yield Path(folder) / path.name


def _judged(archive: bytes, copy: Path, trust: Trust, expect: str | None = None) -> Verdict:
    copy.write_bytes(archive)
    return verify_bundle(copy, trust=trust, expect=expect)


def _require_good(verdict: Verdict, word: Word) -> Subject:
    if verdict.word != word or verdict.subject is None:
        first = next((c for c in (*verdict.failed, *verdict.not_run)), None)
        raise BundleError(
            f"{verdict.bundle} does not verify as it is: {verdict.word}",
            first.what if first else "",
            f"affidavit verify {verdict.bundle} says more; a good bundle is what is forged here",
        )
    return verdict.subject


def _new_key(label: str) -> LocalSigner:
    return LocalSigner(Ed25519PrivateKey.generate(), label)


def _trusting(signer: LocalSigner) -> Trust:
    name = "a key made for this"
    pinned = PinnedKey(name=name, roles=frozenset({SEALER, APPROVER}), key=signer.public)
    return Trust(keys=(pinned,), source=name)
