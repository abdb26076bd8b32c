"""What an inventory says of one bundle, in the words that page, table and terminal share."""

from __future__ import annotations

from datetime import date
from typing import Final

from affidavit.inspect.index_record import AttestationState, Change, Version
from affidavit.standing import Status
from affidavit.wording import count_text

# In this order everywhere: worst first.
STATUSES: Final[tuple[Status, ...]] = (
    "exception", "missing", "needs-attestation", "attested", "evidenced", "not-applicable",
)  # fmt: skip
STATUS_WORDS: Final[dict[Status, str]] = {
    "exception": "exception", "missing": "missing", "needs-attestation": "needs attestation",
    "attested": "attested", "evidenced": "evidenced", "not-applicable": "not applicable",
}  # fmt: skip
_STATE_WORDS: Final[dict[AttestationState, str]] = {
    "expired": "expired", "expires-soon": "expires soon", "valid": "in force",
    "revoked": "revoked", "not-weighed": "by a key that does not count, not weighed",
}  # fmt: skip
NOT_VALIDATED: Final = "no version validated by a key that you trust"
NOT_BEFORE: Final = "no earlier version validated by a key that you trust"


def day_text(day: str) -> str:
    """`12 November 2026` for an ISO day, whatever the locale."""
    months = "January February March April May June July August September October November December"
    found = date.fromisoformat(day)
    return f"{found.day} {months.split()[found.month - 1]} {found.year}"


def moment_text(instant: str | None) -> str:
    """`2026-11-23 14:02` for an instant in UTC, to the minute."""
    return instant[:16].replace("T", " ") if instant else ""


def attestation_words(version: Version) -> tuple[tuple[AttestationState, str], ...]:
    """How many attestations are in each state, worst first: `2 in force`."""
    states = [a.state for a in version.attestations]
    return tuple(
        (state, f"{states.count(state)} {word}")
        for state, word in _STATE_WORDS.items()
        if state in states
    )


def refusal_text(version: Version) -> str:
    """`no to SR262-18`: what attestations that are weighed answer with no; empty for none."""
    states = ("valid", "expires-soon", "expired")
    found = dict.fromkeys(c for a in version.attestations if a.state in states for c in a.no_to)
    first, more = tuple(found)[:3], len(found) - 3
    return f"no to {', '.join(first)}{f' and {more} more' if more > 0 else ''}" if found else ""


def change_text(change: Change) -> str:
    """`model, data (evaluation); 1 finding new, 2 gone`."""
    text = ", ".join(change.parts) or "same provenance and configuration"
    findings = []
    if change.findings_new:
        findings.append(f"{count_text(change.findings_new, 'finding')} new")
    if change.findings_gone:
        gone = f"{change.findings_gone:,} gone"
        findings.append(gone if findings else f"{count_text(change.findings_gone, 'finding')} gone")
    return f"{text}; {', '.join(findings)}" if findings else text


def since_text(version: Version, *, has_validated: bool) -> str:
    """What changed since the last validated version, or why nothing can be said.

    Args:
        version: the row.
        has_validated: whether any version of the model was validated.
    """
    if version.change is not None:
        return f"since version {version.change.since}: {change_text(version.change)}"
    return NOT_BEFORE if has_validated else NOT_VALIDATED
