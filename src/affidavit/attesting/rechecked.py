"""Signed rechecks as an updated card shows them: those by signers that a trust vouches for."""

from __future__ import annotations

from affidavit.card_record import CardRecheck
from affidavit.evidence import Evidence
from affidavit.verify import Trust
from affidavit.verify.attestations import NotWeighed
from affidavit.verify.rechecks import weigh_rechecks
from affidavit.verify.statements import Statement, Statements


def shown_rechecks(
    statements: tuple[Statement, ...],
    evidence: Evidence,
    evidence_id: str,
    trust: Trust,
    *,
    day: str,
) -> tuple[tuple[CardRecheck, ...], tuple[NotWeighed, ...]]:
    """The rechecks to show, oldest first, and those that do not count, with the reason.

    Args:
        statements: their signatures were checked by the same trust.
        evidence: what they have to be about.
        evidence_id: its id.
        trust: of whoever seals.
        day: on which they have to be made, YYYY-MM-DD.
    """
    # The new seal is not made yet; who sealed is for the reader's verify to say.
    beside = Statements(all=statements, seal=None, predicate=None)
    found = weigh_rechecks(beside, evidence, evidence_id, trust, day=day)
    shown = tuple(
        CardRecheck(
            statement=one.statement, by=one.by, outcome=one.outcome, numbers=one.numbers,
            not_run=one.not_run, machine=one.machine, made_on=one.made_on,
        )
        for one in found.counted
    )  # fmt: skip
    return shown, found.not_weighed
