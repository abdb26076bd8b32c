"""The verdict: one word, one exit code, and every check that led to them."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from affidavit.bundle.predicate import SealPredicate, Templates
from affidavit.evidence import Record, Subject
from affidavit.verify.approvals import Decisions
from affidavit.verify.arithmetic import Arithmetic
from affidavit.verify.attestations import StandingNow
from affidavit.verify.checks import Check
from affidavit.verify.rechecks import Rechecks
from affidavit.verify.statements import StatementSeen
from affidavit.verify.trust import Trust
from affidavit.verify.withholding import WithheldHere

Word = Literal[
    "VERIFIED", "VERIFIED IN PART", "SEAL HOLDS", "NOT VERIFIED", "INTACT, SIGNER NOT TRUSTED",
    "UNDECIDED",
]  # fmt: skip
EXIT_CODES: Final[dict[Word, int]] = {
    "VERIFIED": 0, "VERIFIED IN PART": 0, "NOT VERIFIED": 1, "INTACT, SIGNER NOT TRUSTED": 3,
    "UNDECIDED": 4, "SEAL HOLDS": 4,
}  # fmt: skip


class SealSays(Record):
    """What the seal's predicate says of the build: signed, and nothing that we measured.

    `templates`: whose look the card has, where it is not Affidavit's own.
    """

    finished_on: str
    isolation: str
    builder: str
    templates: Templates | None = None


class TrustUsed(Record):
    """Which trust the verdict rests on, and whether and when it listed revocations."""

    source: str
    lists_revocations: bool
    as_of: str | None


class Verdict(Record):
    """What was found.

    Attributes:
        seal: the seal; `seal.by` is given only if a pinned key made it.
        files, size_bytes: payload files that the manifest lists, and their bytes.
        withheld: files that were taken out, by whom and why; the word is then VERIFIED IN PART.
        gaps, exceptions: findings that the record itself states.
        decisions: on the release, by the trust that was given; None where the record is unreadable.
        rechecks: signed findings that the numbers were computed again, likewise.
        warnings: what refutes nothing and has to be known: a key near its end.
        now: controls as of the day of the check, by the trust that was given; None where the
            record is unreadable.
        day: for which it was judged, YYYY-MM-DD, UTC.
        whole: every digest and all arithmetic were looked at (`verify`); else only the seal, the
            root and the records (`show` of a large bundle), and the word is never VERIFIED.
    """

    schema_: Literal["affidavit/verdict"] = Field(default="affidavit/verdict", alias="schema")
    version: Literal[1] = 1
    word: Word
    exit_code: int
    bundle: str
    subject: Subject | None
    evidence_id: str | None
    root: str | None
    seal: StatementSeen | None
    seal_says: SealSays | None
    statements: tuple[StatementSeen, ...]
    trust: TrustUsed | None
    files: int
    size_bytes: int
    withheld: tuple[WithheldHere, ...] = ()
    by_reference: int
    arithmetic: Arithmetic | None
    gaps: int
    exceptions: int
    warnings: tuple[str, ...] = ()
    decisions: Decisions | None = None
    rechecks: Rechecks | None = None
    now: StandingNow | None
    day: str
    whole: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "failed")

    @property
    def not_run(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "not-run")

    def __getitem__(self, check_id: str) -> Check:
        """The check of this id; the first that failed, where several have it.

        Raises:
            KeyError: no such check.
        """
        found = [c for c in self.checks if c.id == check_id]
        if not found:
            raise KeyError(check_id)
        return next((c for c in found if c.status == "failed"), found[0])


def word_for(
    checks: tuple[Check, ...], *, trusted: bool, whole: bool = True, in_part: bool = False
) -> Word:
    """The word that the checks add up to.

    A failed check refutes; a required one that did not run leaves the verdict undecided; without
    a pinned signer, a bundle is at best intact. Where only seal, root and records were looked at
    (`whole` is False), the seal holds, and nothing is said of the rest. Where files are withheld
    (`in_part`), the rest is verified, and the word says so. Nothing passes by absence.
    """
    if any(c.status == "failed" for c in checks):
        return "NOT VERIFIED"
    if any(c.status == "not-run" and c.required for c in checks):
        return "UNDECIDED"
    if not whole:
        return "SEAL HOLDS" if trusted else "UNDECIDED"
    if not trusted:
        return "INTACT, SIGNER NOT TRUSTED"
    return "VERIFIED IN PART" if in_part else "VERIFIED"


def seal_says(said: SealPredicate | None) -> SealSays | None:
    """What a seal says of the build; None where it could not be read."""
    if said is None:
        return None
    return SealSays(
        finished_on=said.finished_on, isolation=said.isolation,
        builder=f"{said.builder.id} {said.builder.version}", templates=said.templates,
    )  # fmt: skip


def trust_used(trust: Trust | None) -> TrustUsed | None:
    """The trust that was given; None where none was."""
    if trust is None:
        return None
    return TrustUsed(
        source=trust.source, lists_revocations=trust.lists_revocations,
        as_of=trust.as_of.isoformat() if trust.as_of else None,
    )  # fmt: skip
