"""Which signed rechecks count: who computed the numbers again, and how they came out.

One counts if a signer of the reader's made it, whatever their role: it is a finding that anybody
can repeat, and the verdict names who says so. It changes no word and no exit code.
"""

from __future__ import annotations

from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.recheck import Came, RecheckPredicate, read_recheck
from affidavit.errors import BundleError
from affidavit.evidence import Evidence, Record, Sha256
from affidavit.verify.attestations import NO_TRUST, NotWeighed
from affidavit.verify.statements import Statement, Statements
from affidavit.verify.trust import Trust


class Rechecked(Record):
    """A recheck that counts.

    Attributes:
        statement: sha256 of its file.
        by: the signer's name in the reader's trust.
        numbers: how many were compared. not_run: how many were not.
        by_sealer: whether one who sealed the bundle signed it, by key, name or certificate.
    """

    statement: Sha256
    by: str
    outcome: Came
    numbers: int
    not_run: int
    machine: str
    made_on: str
    by_sealer: bool


class Rechecks(Record):
    """The rechecks that count on a day, and those that do not."""

    counted: tuple[Rechecked, ...] = ()
    not_weighed: tuple[NotWeighed, ...] = ()


def weigh_rechecks(
    statements: Statements, evidence: Evidence, evidence_id: str, trust: Trust | None, *, day: str
) -> Rechecks:
    """Which rechecks count.

    Args:
        statements: their signatures were checked: `key` is given only if a pinned key signed.
        evidence: what they have to be about.
        evidence_id: its id.
        trust: signers of the reader's; None weighs nothing.
        day: on which they have to be made, YYYY-MM-DD.
    """
    found = [s for s in statements.all if s.signed.kind == "recheck"]
    if trust is None:
        return Rechecks(not_weighed=tuple(NotWeighed(path=s.path, why=NO_TRUST) for s in found))
    judged = [_judged(s, evidence, evidence_id, statements, day) for s in found]
    counted = sorted(
        (j for j in judged if isinstance(j, Rechecked)), key=lambda r: (r.made_on, r.statement)
    )
    return Rechecks(
        counted=tuple(counted), not_weighed=tuple(j for j in judged if isinstance(j, NotWeighed))
    )


def _judged(
    statement: Statement, evidence: Evidence, evidence_id: str, statements: Statements, day: str
) -> Rechecked | NotWeighed:
    path, key = statement.path, statement.key
    if key is None:
        return NotWeighed(path=path, why=statement.why_nobodys)
    if statement.revoked is not None:
        return NotWeighed(path=path, why=f"revoked: {statement.revoked}", by=key.name)
    try:
        said = read_recheck(statement.signed.predicate, path)
    except BundleError as error:
        return NotWeighed(path=path, why=str(error), by=key.name)
    if why := _why_not(statement, said, evidence, evidence_id, day):
        return NotWeighed(path=path, why=why, by=key.name)
    return Rechecked(
        statement=statement.sha256, by=key.name, outcome=said.outcome,
        numbers=said.numbers.compared, not_run=said.numbers.not_run, machine=said.machine,
        made_on=said.made_on, by_sealer=statements.is_sealer(key),
    )  # fmt: skip


def _why_not(
    statement: Statement, said: RecheckPredicate, evidence: Evidence, evidence_id: str, day: str
) -> str | None:
    signed, subject = statement.signed, evidence.subject
    if (signed.subject_name, signed.subject_sha256) != (EVIDENCE, evidence_id):
        return "it is about other evidence"
    if said.evidence_id != evidence_id:
        return "it names other evidence than it is about"
    if (said.subject.name, said.subject.version) != (subject.name, subject.version):
        return f"it is about {said.subject.name}, version {said.subject.version}"
    if said.outcome == "EQUAL" and (said.numbers.wrong or said.others.wrong):
        return "it says EQUAL, and counts values that are not"
    if said.made_on > day:
        return f"signed on {said.made_on}, after {day}"
    return None
