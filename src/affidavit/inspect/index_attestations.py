"""Attestations as an index shows them: who answered what, and until when.

The one place in the index that reads an attestation's predicate. It takes what it finds: a field
that is absent, or of another form, is shown as not stated, and a day that is none never expires.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from affidavit.bundle.canonical import Json
from affidavit.inspect.index_record import (
    EXPIRES_SOON_DAYS,
    VALIDATOR,
    AttestationState,
    Attested,
)
from affidavit.printable import printable
from affidavit.verify.statements import Statement, Statements

_MOST_SHOWN, _MOST_ANSWERS = 120, 100


def attestations(statements: Statements, today: date) -> tuple[Attested, ...]:
    """Every attestation of a bundle, held against a day."""
    return tuple(_attested(s, today) for s in statements.all if s.signed.kind == "attestation")


def validators(attested: tuple[Attested, ...], statements: Statements) -> tuple[str, ...]:
    """The pinned validators who attested, with no answer no, with a key that counts.

    An expired attestation did validate once, and the row says that it expired.
    """
    made = (s for s in statements.all if s.signed.kind == "attestation")
    names = [
        a.by
        for a, s in zip(attested, made, strict=True)
        if a.by is not None and s.void is None and s.key and VALIDATOR in s.key.roles
        and a.role in (None, VALIDATOR) and not a.no_to
    ]  # fmt: skip
    return tuple(dict.fromkeys(names))


def _attested(statement: Statement, today: date) -> Attested:
    said = statement.signed.predicate
    expires, answers = _day(said.get("expires_on")), _answers(said)
    return Attested(
        state=_state(statement, expires, today),
        controls=tuple(control for control, _ in answers),
        no_to=tuple(control for control, answer in answers if answer == "no"),
        role=_text(said.get("role")),
        by=printable(statement.key.name) if statement.key else None,
        expires_on=expires.isoformat() if expires else None,
    )


def _state(statement: Statement, expires: date | None, today: date) -> AttestationState:
    if statement.revoked is not None:
        return "revoked"
    if statement.lapsed is not None:
        return "lapsed"
    if statement.key is None:
        return "not-weighed"
    if expires is None or expires - today > timedelta(days=EXPIRES_SOON_DAYS):
        return "valid"
    return "expires-soon" if expires >= today else "expired"


def _answers(said: Mapping[str, Json]) -> tuple[tuple[str, str | None], ...]:
    """Control and answer of each question, as far as they are there."""
    given = said.get("answers")
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    named = ((_text(r.get("control")), _text(r.get("answer"))) for r in rows[:_MOST_ANSWERS])
    return tuple((control or "a control not named", answer) for control, answer in named)


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: Json) -> str | None:
    return printable(value)[:_MOST_SHOWN] if isinstance(value, str) and value else None
