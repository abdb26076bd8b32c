"""Whether every recheck that a card shows is a signed one in the bundle, word for word.

Whose key made it is not asked here: as of now, the reader's own trust decides, and the verdict
lists those that count. A recheck that is in the bundle and not on the card is no fault: it may
have been added since.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import CARD_JSON, EVIDENCE
from affidavit.bundle.recheck import read_recheck
from affidavit.card_record import CardRecheck
from affidavit.errors import BundleError
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records
from affidavit.verify.statements import Statement, Statements

_SIGNED: Final = "a signed recheck in this bundle"


def recheck_faults(records: Records, statements: Statements) -> Iterator[Fault]:
    """Rechecks that the card claims and nobody signed so, or that it shows twice."""
    if records.card is None:
        return
    signed = {s.sha256: s for s in statements.all if s.signed.kind == "recheck"}
    day = statements.predicate.as_of if statements.predicate else None
    seen: set[str] = set()
    for claimed in records.card.rechecks:
        if claimed.statement in seen:
            yield _fault("shows one recheck twice", "once", f"twice: sha256 {claimed.statement}")
        seen.add(claimed.statement)
        statement = signed.get(claimed.statement)
        if statement is None:
            yield _fault(
                "shows a recheck that is no statement in the bundle",
                f"{_SIGNED}, sha256 {claimed.statement}", "none",
            )  # fmt: skip
        else:
            yield from _differs(claimed, statement, records.evidence_id, day)


def _differs(
    claimed: CardRecheck, statement: Statement, evidence_id: str, day: str | None
) -> Iterator[Fault]:
    about = statement.signed.subject_name, statement.signed.subject_sha256
    try:
        said = read_recheck(statement.signed.predicate, statement.path)
    except BundleError as error:
        yield _fault("shows a recheck whose statement cannot be read", _SIGNED, str(error))
        return
    if about != (EVIDENCE, evidence_id) or said.evidence_id != evidence_id:
        yield _fault("shows a recheck of other evidence", evidence_id, said.evidence_id)
    for name, signed, shown in (
        ("outcome", said.outcome, claimed.outcome),
        ("number of numbers", said.numbers.compared, claimed.numbers),
        ("number of numbers not run", said.numbers.not_run, claimed.not_run),
        ("machine", said.machine, claimed.machine),
        ("day", said.made_on, claimed.made_on),
    ):
        if signed != shown:
            yield _fault(
                f"shows a recheck with another {name} than was signed", str(signed), str(shown)
            )
    if day is not None and said.made_on > day:
        yield _fault("shows a recheck from after its seal", f"until {day}", said.made_on)


def _fault(what: str, expected: str, found: str) -> Fault:
    return Fault(f"the card {what}", CARD_JSON, expected, found)
