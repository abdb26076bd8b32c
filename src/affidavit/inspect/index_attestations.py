"""Attestations as an index shows them: who answered what, until when, and whether it counts.

What counts is what `affidavit.verify.attestations` weighs, here as in a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from affidavit.bundle.attestation import AttestationPredicate, read_attestation
from affidavit.errors import BundleError
from affidavit.inspect.index_record import (
    EXPIRES_SOON_DAYS,
    VALIDATOR,
    AttestationState,
    Attested,
)
from affidavit.printable import printable
from affidavit.verify.attestations import About, weigh
from affidavit.verify.statements import Statement

_MOST_SHOWN = 120


def attestations(statements: tuple[Statement, ...], about: About) -> tuple[Attested, ...]:
    """Every attestation of a bundle, held against the evidence and a day."""
    return tuple(
        _attested(s, said, about) for s, said in _read(statements) if s.signed.kind == "attestation"
    )


def validators(statements: tuple[Statement, ...], about: About) -> tuple[str, ...]:
    """The pinned validators whose answers counted on the day they gave them, and none was a no.

    An expired attestation did validate once, and the row says that it expired.
    """
    names = [
        s.key.name
        for s, said in _read(statements)
        if said is not None and s.key is not None and said.role == VALIDATOR
        and all(a.answer == "yes" for a in said.answers)
        and _counted(s, statements, replace(about, day=said.made_on)) == len(said.answers)
    ]  # fmt: skip
    return tuple(dict.fromkeys(printable(n) for n in names))


def _read(
    statements: tuple[Statement, ...],
) -> Iterator[tuple[Statement, AttestationPredicate | None]]:
    for statement in statements:
        if statement.signed.kind == "attestation":
            try:
                yield statement, read_attestation(statement.signed.predicate, statement.path)
            except BundleError:  # verify says what is wrong with it
                yield statement, None


def _counted(statement: Statement, statements: tuple[Statement, ...], about: About) -> int:
    """How many answers of a statement count."""
    weighed = weigh(statements, about).answers.values()
    return sum(a.statement == statement.sha256 for answers in weighed for a in answers)


def _attested(statement: Statement, said: AttestationPredicate | None, about: About) -> Attested:
    by = _short(statement.key.name) if statement.key else None
    if said is None:
        return Attested(state=_unread(statement), by=by)
    return Attested(
        state=_state(statement, said, about.day),
        controls=tuple(_short(a.control) for a in said.answers),
        no_to=tuple(_short(a.control) for a in said.answers if a.answer == "no"),
        role=_short(said.role),
        by=by,
        expires_on=said.expires_on,
    )


def _unread(statement: Statement) -> AttestationState:
    return "not-weighed" if statement.revoked is None else "revoked"


def _state(statement: Statement, said: AttestationPredicate, day: str) -> AttestationState:
    if statement.revoked is not None:
        return "revoked"
    if statement.key is None or said.role not in statement.key.roles:
        return "not-weighed"
    left = date.fromisoformat(said.expires_on) - date.fromisoformat(day)
    if left > timedelta(days=EXPIRES_SOON_DAYS):
        return "valid"
    return "expires-soon" if left >= timedelta(0) else "expired"


def _short(text: str) -> str:
    return printable(text)[:_MOST_SHOWN]
