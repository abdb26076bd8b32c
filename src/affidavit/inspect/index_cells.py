"""The cells of the inventory's page. Every text from a bundle is escaped by `shown`."""

from __future__ import annotations

import html
from typing import Final

from affidavit.inspect.index_record import AttestationState, Version
from affidavit.inspect.index_words import (
    STATUS_WORDS,
    STATUSES,
    attestation_words,
    moment_text,
    refusal_text,
    since_text,
)
from affidavit.printable import printable
from affidavit.standing import Status

_STATUS_CLASS: Final[dict[Status, str]] = {
    "exception": "exception", "missing": "missing", "needs-attestation": "needs",
    "attested": "attested", "evidenced": "evidenced", "not-applicable": "not",
}  # fmt: skip
_STATE_CLASS: Final[dict[AttestationState, str]] = {
    "expired": "exception", "expires-soon": "missing", "valid": "attested",
    "revoked": "exception", "not-weighed": "not",
}  # fmt: skip
_DIGITS: Final = 12
_NO_DAY: Final = "9"  # after every day


def shown(text: str) -> str:
    """Text as a page takes it: what hides, reorders or acts escaped, its direction its own."""
    safe = html.escape(printable(text))
    return safe if safe.isascii() else f"<bdi>{safe}</bdi>"


def plain_cell(text: str | None, absent: str) -> str:
    """A text, or a word for its absence."""
    return f"<td>{shown(text)}</td>" if text else f'<td><span class="none">{absent}</span></td>'


def version_cell(version: Version) -> str:
    """The row's head: version, short evidence id, file, and where the same evidence stands too."""
    also = ""
    if version.same_evidence_as:
        first, *more = version.same_evidence_as
        rest = f" and {len(more):,} more" if more else ""
        also = f'<span class="also">same evidence as {shown(first)}{rest}</span>'
    return (
        f'<th scope="row"><b>{shown(version.version)}</b>'
        f'<span class="id">{version.evidence_id[:_DIGITS]}…</span>'
        f'<span class="path">{shown(version.bundle)}</span>{also}</th>'
    )


def age_cell(version: Version) -> str:
    """The day that the assessments are about, and when the build ended."""
    if version.as_of is None:
        return '<td><span class="none">the seal does not say</span></td>'
    built = moment_text(version.sealed_at)
    return f'<td>{shown(version.as_of)}<span class="also">built {shown(built)}</span></td>'


def controls_cell(version: Version) -> str:
    """How many controls have each status, worst first."""
    if not version.controls:
        return '<td><span class="none">not assessed</span></td>'
    return "<td>" + "".join(
        f'<span class="st {_STATUS_CLASS[status]}">{count:,} {STATUS_WORDS[status]}</span>'
        for status in STATUSES
        if (count := version.controls.get(status))
    ) + "</td>"  # fmt: skip


def attested_cell(version: Version) -> str:
    """The states of the attestations; the day that one ended or next ends is sorted by."""
    words = attestation_words(version)
    if not words:
        return '<td><span class="none">none</span></td>'
    states = "".join(f'<span class="st {_STATE_CLASS[s]}">{text}</span>' for s, text in words)
    if refused := refusal_text(version):
        states += f'<span class="st exception">{shown(refused)}</span>'
    days = [a.expires_on for a in version.attestations if a.state == "expired" and a.expires_on]
    ends = [f"ended {max(days)}"] if days else []
    ends += [f"ends {version.next_expiry}"] if version.next_expiry else []
    day = min([*days, version.next_expiry or _NO_DAY])
    return f'<td data-day="{day}">{states}<span class="also">{", ".join(ends)}</span></td>'


def signed_cell(version: Version) -> str:
    """The pinned signer; without one, the key that the seal names, and that nobody checked it."""
    key = (version.fingerprint or "no key").removeprefix("sha256:")[:_DIGITS]
    if version.signed_by is None:
        word = "not checked" if version.fingerprint else "not signed"
        return (
            f'<td><span class="st missing">{word}</span><span class="id">{shown(key)}…</span></td>'
        )
    return f'<td>{shown(version.signed_by)}<span class="id">{shown(key)}…</span></td>'


def change_cell(version: Version, *, has_validated: bool) -> str:
    """Who validated this version, and what changed since the one validated before."""
    text = shown(since_text(version, has_validated=has_validated))
    if version.change is None:
        text = f'<span class="none">{text}</span>'
    if not version.validated_by:
        return f"<td>{text}</td>"
    names = ", ".join(shown(name) for name in version.validated_by)
    said = f'<span class="st attested">validated by {names}</span>'
    return f'<td>{said}<span class="also">{text}</span></td>'
