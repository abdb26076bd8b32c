"""How old a seal is, by the earliest time that anything proves or says.

A later time proves little: whoever holds an old bundle can have its signature stamped again today.
So the time in the seal itself, which its signer signed, counts beside that of a clock that the
reader trusts, and the earlier of the two is its age. Where several signers of the reader's sealed
one bundle, it is as old as the oldest of their seals: sealing it again makes nothing younger.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from affidavit.bundle.predicate import SealPredicate
from affidavit.errors import UsageError
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.statements import Statement, Statements
from affidavit.verify.trust import SEALER
from affidavit.wording import count_text

_AGE: Final = re.compile(r"([1-9][0-9]{0,4})([hdw]?)")
_UNITS: Final = {
    "h": timedelta(hours=1), "d": timedelta(days=1), "": timedelta(days=1),
    "w": timedelta(weeks=1),
}  # fmt: skip
# Clocks of two honest machines differ by less.
_SKEW: Final = timedelta(minutes=10)
_ANEW: Final = "ask for a bundle that was sealed lately"


def parse_age(text: str | None) -> timedelta | None:
    """What `--max-age` says: days without a unit, else hours (`h`), days (`d`) or weeks (`w`).

    Raises:
        UsageError: none of these.
    """
    if text is None:
        return None
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--max-age {text}: not an age", fix="write it as 30, 30d, 12h or 2w")
    return int(found[1]) * _UNITS[found[2]]


def check_age(statements: Statements, max_age: timedelta, now: datetime, ledger: Ledger) -> None:
    """The seal is not older than the reader allows.

    Args:
        statements: whose seals count; their signatures were checked.
        max_age: the most that is allowed.
        now: the reader's clock.
        ledger: gains the check `max-age`.
    """
    found = _earliest(statements)
    if found is None:
        ledger.not_run("max-age", "no readable seal says when the bundle was sealed")
        return
    time, by = found
    said = f"{time:%Y-%m-%d %H:%M} UTC, {by}"
    if time > now + _SKEW:
        ledger.failed("max-age", Fault(
            "the seal says a time that has not come yet", None, f"before {now:%Y-%m-%d %H:%M} UTC",
            said, "check the clock of this machine; else ask the signer",
        ))  # fmt: skip
    elif now - time > max_age:
        ledger.failed("max-age", Fault(
            f"the seal is {age_text(now - time)} old", None, f"at most {age_text(max_age)}", said,
            _ANEW,
        ))  # fmt: skip
    else:
        ledger.passed("max-age", f"{age_text(now - time)} old, {by}", found=said)


def age_text(age: timedelta) -> str:
    """`9 days`, or hours below two days."""
    hours = max(0, int(age.total_seconds() // 3600))
    if hours == 0:
        return "less than an hour"
    return count_text(hours, "hour") if hours < 48 else count_text(hours // 24, "day")


def _earliest(statements: Statements) -> tuple[datetime, str] | None:
    """When the oldest seal that counts was there at the latest, and who says so."""
    seal, said = statements.seal, statements.predicate
    if seal is None or said is None:
        return None
    others = (s for s in statements.seals if s is not seal and s.counts_as(SEALER))
    dated = [(other, _finished_on(other)) for other in others]
    return min(
        (_dated(seal, said.finished_on), *(_dated(s, at) for s, at in dated if at is not None)),
        key=lambda d: d[0],
    )


def _dated(seal: Statement, finished_on: str) -> tuple[datetime, str]:
    own, known = datetime.fromisoformat(finished_on), seal.made_by.known
    if known.time is None:
        return own, "as the seal itself says: no clock that you trust says when"
    if own < known.time:
        return own, f"as the seal itself says; {known.by} stamped it on {known.time:%Y-%m-%d}"
    return known.time, f"by the clock of {known.by}"


def _finished_on(seal: Statement) -> str | None:
    """What a further seal says; None where it is of no form, which `seal-record` has refuted."""
    try:
        said = SealPredicate.model_validate_json(json.dumps(dict(seal.signed.predicate)))
    except ValidationError:
        return None
    return said.finished_on
