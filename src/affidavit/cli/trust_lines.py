"""A trust.toml in words, and for machines: who may sign what, until when, and what was revoked."""

from __future__ import annotations

from datetime import datetime

from affidavit.cli.output import day_text, field_lines, paint
from affidavit.printable import printable
from affidavit.verify import Trust
from affidavit.verify.identities import Identified
from affidavit.verify.trust import ALGORITHMS, PinnedKey, Revoked
from affidavit.verify.windows import Window, moment_text
from affidavit.wording import count_text


def trust_lines(trust: Trust, now: datetime) -> list[str]:
    """The file for a person.

    Args:
        trust: as it was read.
        now: the reader's clock.
    """
    number = len(trust.keys) + len(trust.named) + len(trust.identified)
    lines = [f"{printable(trust.source)}: {count_text(number, 'signer')}"]
    for text in _required(trust):
        lines += field_lines("asked for", text)
    for key in trust.keys:
        lines += ["", paint(printable(key.name), "strong")]
        lines += field_lines("may sign as", printable(", ".join(sorted(key.roles))))
        lines += field_lines("counts", _state(trust, key, now))
        if key.identities:
            lines += field_lines("known as", printable(", ".join(key.identities)))
        lines += field_lines("key", f"{key.key.kind}\n{key.fingerprint}")
    for named in trust.named:
        lines += ["", paint(printable(named.name), "strong")]
        lines += field_lines("may sign as", printable(", ".join(sorted(named.roles))))
        lines += field_lines("counts", _window_state(named.window, now))
        names = sorted(named.names.exact) + ([named.names.pattern] if named.names.pattern else [])
        lines += field_lines("by name", "\n".join(printable(n) for n in names))
        lines += field_lines("authority", printable(named.authority.name))
    for signer in trust.identified:
        lines += _identified_lines(signer, now)
    if trust.revoked:
        lines += ["", paint("Revoked", "strong")]
    for revoked in trust.revoked:
        lines += [f"  {revoked.value}", *field_lines("", _revoked_text(trust, revoked), width=2)]
    return [*lines, "", *field_lines("asked", _age(trust, now))]


def trust_json(trust: Trust, now: datetime) -> dict[str, object]:
    """The file for machines; moments are RFC 3339, UTC."""
    return {
        "schema": "affidavit/trust-shown",
        "version": 1,
        "source": trust.source,
        "as_of": trust.as_of.isoformat() if trust.as_of else None,
        "required": trust.required,
        "required_timestamp": trust.requires_time,
        "algorithms": sorted(trust.algorithms),
        "timestamp": [clock.name for clock in trust.clocks],
        "named": [
            {
                "name": named.name,
                "roles": sorted(named.roles),
                "authority": named.authority.name,
                "names": sorted(named.names.exact),
                "pattern": named.names.pattern,
                "valid_from": _iso(named.window.begin),
                "valid_until": _iso(named.window.end),
            }
            for named in trust.named
        ],
        "identified": [
            {
                "name": signer.name,
                "roles": sorted(signer.roles),
                "root": signer.root.name,
                "root_fetched_on": str(signer.root.fetched_on) if signer.root.fetched_on else None,
                "root_stale": signer.root.why_stale(now),
                "issuer": signer.issuer,
                "names": sorted(signer.names.exact),
                "pattern": signer.names.pattern,
                "valid_from": _iso(signer.window.begin),
                "valid_until": _iso(signer.window.end),
            }
            for signer in trust.identified
        ],
        "signers": [
            {
                "name": key.name,
                "roles": sorted(key.roles),
                "identities": list(key.identities),
                "kind": key.key.kind,
                "fingerprint": key.fingerprint,
                "valid_from": _iso(key.window.begin),
                "valid_until": _iso(key.window.end),
                "revoked": trust.why_revoked(key.fingerprint),
                "counts_now": _counts_now(trust, key, now),
            }
            for key in trust.keys
        ],
        "revoked": [
            {"value": r.value, "reason": r.reason, "revoked_at": _iso(r.at)} for r in trust.revoked
        ],
    }


def _identified_lines(signer: Identified, now: datetime) -> list[str]:
    names = sorted(signer.names.exact) + ([signer.names.pattern] if signer.names.pattern else [])
    stale = signer.root.why_stale(now)
    root = f"{signer.root.name}, got on {signer.root.fetched_on}" if stale is None else stale
    return [
        "", paint(printable(signer.name), "strong"),
        *field_lines("may sign as", printable(", ".join(sorted(signer.roles)))),
        *field_lines("counts", _window_state(signer.window, now)),
        *field_lines("by name", "\n".join(printable(n) for n in names)),
        *field_lines("known by", printable(signer.issuer)),
        *field_lines("root", printable(root)),
    ]  # fmt: skip


def window_text(window: Window) -> str:
    """`from 2026-01-01 until 2027-12-31`, or `always`."""
    first, last = window.begin, window.end
    parts = [f"from {moment_text(first)}"] if first else []
    parts += [f"until {moment_text(last)}"] if last else []
    return " ".join(parts) or "always: it has no end; --valid-until gives it one"


def _state(trust: Trust, key: PinnedKey, now: datetime) -> str:
    if (why := trust.why_revoked(key.fingerprint)) is not None:
        return f"no: revoked ({printable(why)})"
    return _window_state(key.window, now)


def _window_state(window: Window, now: datetime) -> str:
    text = "always: it has no end" if window == Window() else window_text(window)
    if window.why_not_at(now) is not None:
        return f"not now: {text}"
    left = window.days_left(now)
    return text if left is None else f"{text}: {count_text(left, 'more day')}"


def _required(trust: Trust) -> list[str]:
    """What this file asks of a seal beyond one signer."""
    asked = [f"seals by {trust.required} different signers"] if trust.required > 1 else []
    if trust.algorithms != frozenset(ALGORITHMS):
        asked.append(f"keys of the kinds {', '.join(sorted(trust.algorithms))} alone")
    clocks = printable(", ".join(c.name for c in trust.clocks))
    if trust.requires_time:
        return [*asked, f"a timestamp by {clocks}"]
    return [*asked, f"nothing of time; believed is the clock of {clocks}"] if clocks else asked


def _counts_now(trust: Trust, key: PinnedKey, now: datetime) -> bool:
    is_revoked = trust.why_revoked(key.fingerprint) is not None
    return not is_revoked and key.window.why_not_at(now) is None


def _revoked_text(trust: Trust, revoked: Revoked) -> str:
    pinned = trust.by_fingerprint(revoked.value)
    whose = f"the key of {pinned.name}: " if pinned else ""
    at = f"; at {moment_text(revoked.at)}" if revoked.at else ""
    return printable(f"{whose}{revoked.reason}{at}")


def _age(trust: Trust, now: datetime) -> str:
    """How old the word on revocations is: what was withdrawn since, the file cannot know."""
    if trust.as_of is None:
        return "as_of is not given, so nobody knows how old these revocations are"
    days = (now.date() - trust.as_of).days
    if days < 0:
        return f"for revocations on {day_text(trust.as_of)}, which is to come: check as_of"
    ago = f"{count_text(days, 'day')} ago" if days else "today"
    return f"for revocations on {day_text(trust.as_of)}, {ago}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
