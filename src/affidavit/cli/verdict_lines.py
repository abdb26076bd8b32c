"""A verdict in words: the answer, the facts that carry it, what it does not mean, what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from affidavit.bundle.predicate import Templates
from affidavit.cli.output import (
    WIDTH,
    Role,
    day_text,
    field_lines,
    paint,
    short,
    wrapped,
)
from affidavit.printable import printable
from affidavit.standing import Answer
from affidavit.verify import Check, Verdict
from affidavit.verify.approvals import Decisions
from affidavit.verify.attestations import ControlNow, NotWeighed, StandingNow
from affidavit.verify.rechecks import Rechecks
from affidavit.verify.statements import StatementSeen
from affidavit.verify.trust import SEALER
from affidavit.verify.verdict import Word
from affidavit.wording import count_text, size_text

_HEX: Final = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{24,112}\b")
_COLOURS: Final[Mapping[Word, Role]] = {
    "VERIFIED": "good", "NOT VERIFIED": "bad", "INTACT, SIGNER NOT TRUSTED": "warn",
    "UNDECIDED": "warn", "SEAL HOLDS": "warn",
}  # fmt: skip
_MORE_SHOWN: Final = 5
_CONTROLS_SHOWN: Final = 12
_LIMIT: Final = 300
_LEFT_OUT: Final = (
    "the digests of files that are not shown, and the arithmetic of the numbers, were not "
    "checked: affidavit verify"
)


def verdict_lines(verdict: Verdict, *, quiet: bool = False) -> list[str]:
    """The verdict for a person; `quiet` gives its first line only."""
    if quiet:
        return _headline(verdict)
    if verdict.word == "NOT VERIFIED":
        return [*_headline(verdict), "", *_refuted(verdict)]
    if verdict.word == "UNDECIDED":
        return [*_headline(verdict), "", *_undecided(verdict)]
    if verdict.word == "VERIFIED":
        return [*_headline(verdict), "", *_facts(verdict), "", *_does_not_show()]
    return [*_headline(verdict), "", *_facts(verdict), "", *_not_trusted(verdict)]


def warning_lines(verdict: Verdict) -> list[str]:
    """What must stand above anything printed from a bundle; empty if it is verified."""
    if verdict.word == "VERIFIED":
        return []
    if verdict.word == "SEAL HOLDS":
        return _opening("SEAL HOLDS", "warn", _LEFT_OUT)
    if failed := verdict.failed:
        reason = shortened(failed[0].what)
    elif verdict.trust is None:
        reason = "no key was given, so nobody vouches for this (--key SIGNER.pub)"
    else:
        reason = next((shortened(c.what) for c in verdict.not_run if c.required), verdict.word)
    return _opening("NOT VERIFIED", "bad", reason)


def shortened(text: str) -> str:
    """Text from a bundle made safe and short: digests by their first 16 digits."""
    safe = _HEX.sub(r"\1…", printable(text))
    return safe if len(safe) <= _LIMIT else safe[: _LIMIT - 1] + "…"


def subject_text(verdict: Verdict) -> str:
    """`credit-risk, version 3`, or the file's name where the record is unreadable."""
    if verdict.subject is None:
        return shortened(verdict.bundle)
    return shortened(f"{verdict.subject.name}, version {verdict.subject.version}")


def _headline(verdict: Verdict) -> list[str]:
    word, colour = verdict.word, _COLOURS[verdict.word]
    if failed := verdict.failed:
        return _opening(word, colour, shortened(failed[0].what))
    if word == "UNDECIDED":
        return _opening(word, colour, f"{subject_text(verdict)}: a check could not run")
    evidence = f"evidence {short(verdict.evidence_id or 'unknown')}"
    line = f"{subject_text(verdict)}   {evidence}"
    if len(word) + 2 + len(line) <= WIDTH:
        return [f"{paint(word, colour)}  {line}"]
    return [*_opening(word, colour, subject_text(verdict)), f"  {evidence}"]


def _opening(word: str, colour: Role, text: str) -> list[str]:
    """The word in colour, and text; wrapped before it is painted, since paint has no width."""
    lines = wrapped(f"{word}  {text}", rest="  ")
    return [lines[0].replace(word, paint(word, colour), 1), *lines[1:]]


def _refuted(verdict: Verdict) -> list[str]:
    first, *more = verdict.failed
    lines = _check_facts(first)
    if more:
        lines += ["", f"Also refuted ({len(more)}):"]
        for check in more[:_MORE_SHOWN]:
            lines += wrapped(shortened(check.what), first="  ", rest="    ")
        if len(more) > _MORE_SHOWN:
            lines.append(f"  and {len(more) - _MORE_SHOWN} more; --json gives every one")
    return [*lines, *_the_rest(verdict)]


def _check_facts(check: Check) -> list[str]:
    lines: list[str] = []
    if check.path and check.path not in check.what:
        lines += field_lines("in", shortened(check.path), width=9)
    is_digest = check.id == "payload-digest"
    for label, text, whose in (
        ("expected", check.expected, "  (signed manifest)" if is_digest else ""),
        ("found", check.found, "  (this bundle)" if is_digest else ""),
        ("fix", check.fix, ""),
    ):
        if text:
            lines += field_lines(label, shortened(text) + whose, width=9)
    return lines


def _the_rest(verdict: Verdict) -> list[str]:
    """What still holds, where only single files differ."""
    if {c.id for c in verdict.failed} != {"payload-digest"}:
        return []
    others = verdict.files - len(verdict.failed)
    is_signed = any(c.id == "signature" and c.status == "passed" for c in verdict.checks)
    signature = " and the signature are" if is_signed else " are"
    return ["", f"The other {count_text(others, 'file')}{signature} as they were."]


def _undecided(verdict: Verdict) -> list[str]:
    lines: list[str] = []
    for check in [c for c in verdict.not_run if c.required][:_MORE_SHOWN]:
        lines += field_lines("not run", shortened(check.what), width=9)
        if check.fix:
            lines += field_lines("fix", shortened(check.fix), width=9)
    return lines


def _facts(verdict: Verdict) -> list[str]:
    lines: list[str] = []
    if verdict.word == "VERIFIED":
        lines += field_lines("signed by", _signed_by(verdict))
        against = "each equal to what was signed"
    else:
        against = "each equal to the bundle's own list"
    if verdict.decisions is not None:
        lines += decision_lines(verdict.decisions)
    for warning in verdict.warnings:
        lines += field_lines("note", shortened(warning))
    size = f"{count_text(verdict.files, 'file')}, {size_text(verdict.size_bytes)}"
    lines += field_lines("unchanged", f"{size}, {against}")
    lines += field_lines("arithmetic", _arithmetic(verdict))
    if verdict.seal_says is not None:
        lines += field_lines("isolation", _isolation(verdict))
    counts = (count_text(verdict.exceptions, "exception"), count_text(verdict.gaps, "gap"))
    lines += field_lines("findings", f"{' and '.join(counts)}, stated by the record itself")
    if verdict.now is not None:
        lines += standing_lines(verdict.now)
    if verdict.rechecks is not None:
        lines += recheck_lines(verdict.rechecks)
    for alone in (s for s in verdict.statements if s.kind == "oms"):
        who = printable(alone.by) if alone.by and not alone.revoked else "nobody that you trust"
        lines += field_lines("model", f"its files are signed on their own too, by {who}")
    weighed = ("seal", "attestation", "approval", "recheck", "oms")
    if others := [s.kind for s in verdict.statements if s.kind not in weighed]:
        kinds = ", ".join(count_text(n, shortened(kind)) for kind, n in Counter(others).items())
        lines += field_lines("also signed", f"{kinds}: listed, not weighed by this version")
        if unchecked := next((s.note for s in verdict.statements if s.note), None):
            lines += field_lines("", unchecked)
    lines += field_lines(
        "card",
        "its JSON equals the record; HTML, PDF, Markdown, ML-BOM and OSCAL are as signed, "
        "not compared",
    )
    for check in verdict.not_run:
        if check.id == "catalog":
            lines += field_lines("controls", shortened(check.what))
    if verdict.seal_says and verdict.seal_says.templates:
        lines += field_lines("looks", looks_text(verdict.seal_says.templates))
    held = f"{count_text(verdict.by_reference, 'file')} by reference, not in the bundle"
    lines += field_lines("withheld", "nothing" + (f"; {held}" if verdict.by_reference else ""))
    return lines + field_lines("revocations", _revocations(verdict))


def standing_lines(now: StandingNow) -> list[str]:
    """What signed answers make of the controls as of now, and those that were not weighed."""
    lines: list[str] = []
    for label, mine in (
        ("attested", [c for c in now.controls if c.now == "attested"]),
        ("now", [c for c in now.controls if c.now != "attested"]),
    ):
        shown = [_control_now(c, label) for c in mine[:_CONTROLS_SHOWN]]
        if more := len(mine) - len(shown):
            shown.append(f"and {more} more: --json")
        if shown:
            lines += field_lines(label, "\n".join(shown))
    return lines + _left_out_lines(now.not_weighed)


def decision_lines(decisions: Decisions) -> list[str]:
    """Decisions on the release: rejections first and in capitals, then approvals, then the rest."""
    lines: list[str] = []
    for decision in sorted(decisions.counted, key=lambda d: d.decision == "approve"):
        done = "approved" if decision.decision == "approve" else "REJECTED"
        text = (
            f"{done} by {shortened(decision.by)} as {shortened(decision.role)}, "
            f"{_day(decision.made_on)}"
        )
        if decision.by_sealer:
            text += ", with the very key that sealed the bundle"
        if decision.said:
            text += f": {shortened(decision.said)}"
        lines += field_lines("release", text)
    return lines + _left_out_lines(decisions.not_weighed)


def recheck_lines(rechecks: Rechecks) -> list[str]:
    """Who computed the numbers again, and how they came out; what differs stands first."""
    lines: list[str] = []
    for one in sorted(rechecks.counted, key=lambda r: r.outcome != "DIFFERENT"):
        text = (
            f"{one.outcome}, {count_text(one.numbers, 'number')}, says {shortened(one.by)}, "
            f"{_day(one.made_on)}, of their own run ({shortened(one.machine)})"
        )
        if one.not_run:
            text += f"; {count_text(one.not_run, 'number')} not run"
        if one.by_sealer:
            text += "; with the very key that sealed the bundle"
        lines += field_lines("rechecked", text)
    return lines + _left_out_lines(rechecks.not_weighed)


def _left_out_lines(left: tuple[NotWeighed, ...]) -> list[str]:
    if not left:
        return []
    told = [_not_weighed(n) for n in left[:_CONTROLS_SHOWN]]
    if more := len(left) - len(told):
        told.append(f"and {more} more: --json")
    return field_lines("not weighed", "\n".join(told))


def _control_now(control: ControlNow, label: str) -> str:
    text = shortened(control.control)
    if label != "attested":
        text += " needs attestation" if control.now == "needs-attestation" else " is an exception"
    if control.now != control.sealed:
        text += f" (as sealed: {control.sealed.replace('-', ' ')})"
    said = ", ".join(_answer(a) for a in control.answers)
    return text + (f": {said}" if said else ": no answer that you trust holds today")


def _answer(answer: Answer) -> str:
    until = _day(answer.expires_on)
    return f"{answer.answer} by {shortened(answer.by)} as {shortened(answer.role)}, until {until}"


def _not_weighed(left: NotWeighed) -> str:
    what = left.control or left.path.removeprefix("signatures/")
    by = f" by {left.by}" if left.by else ""
    return shortened(f"{what}{by}: {left.why}")


def _day(text: str) -> str:
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        return shortened(text)


def looks_text(templates: Templates) -> str:
    """Whose templates laid the card out: a person then reads its later pages with that in mind."""
    whose = f"of {shortened(templates.name)}" if templates.name else "without a name"
    return f"own templates {whose} (sha256 {short(templates.sha256)}, the seal says so)"


def _signed_by(verdict: Verdict) -> str:
    seal, says = verdict.seal, verdict.seal_says
    if seal is None:
        return "nobody"
    others = [
        o for o in verdict.statements
        if o.kind == "seal" and o.by and o.path != seal.path and o.revoked is None
        and SEALER in o.roles
    ]  # fmt: skip
    lines = [_signer_text(s) for s in (seal, *others)]
    if seal.time and seal.time_by:
        when = f"when: {_instant(seal.time)}, by the clock of {shortened(seal.time_by)}"
    else:
        said = _instant(says.finished_on) if says else "nothing"
        when = f"when: no trusted time; the seal says {said}"
        if seal.time_note:
            when += f"\nits timestamp proves nothing: {shortened(seal.time_note)}"
    return "\n".join([*lines, when])


def _signer_text(seal: StatementSeen) -> str:
    key = short((seal.fingerprint or "").removeprefix("sha256:"))
    text = f"{shortened(seal.by or 'nobody')} (key sha256:{key})"
    return text + (f"\ncertificate of {shortened(seal.certificate)}" if seal.certificate else "")


def _isolation(verdict: Verdict) -> str:
    says = verdict.seal_says
    return f"{shortened(says.isolation)} (the seal says so)" if says else ""


def _arithmetic(verdict: Verdict) -> str:
    found = verdict.arithmetic
    if found is None or not (found.followed or found.others):
        return "no number in this bundle comes from counts"
    text = f"{count_text(found.followed, 'number follows', 'numbers follow')} from their counts"
    if found.others:
        metrics = sorted({i.split("/")[2] if i.count("/") > 1 else i for i in found.others})
        named = ", ".join(metrics[:3]) + (", …" if len(metrics) > 3 else "")
        verb = "does" if len(found.others) == 1 else "do"
        numbers = count_text(len(found.others), "number")
        text += f"; {numbers} ({named}) {verb} not come from counts: affidavit recheck"
    return shortened(text)


def _revocations(verdict: Verdict) -> str:
    trust = verdict.trust
    if trust is None or not trust.lists_revocations:
        return "none consulted (they stand in a trust.toml)"
    of = f" of {day_text(date.fromisoformat(trust.as_of))}" if trust.as_of else ", undated"
    return shortened(trust.source) + of


def _instant(text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return shortened(text)
    return f"{day_text(when.date())}, {when:%H:%M} UTC"


def _does_not_show() -> list[str]:
    return ["It does not show that the data are right or that the model is good."]


def _not_trusted(verdict: Verdict) -> list[str]:
    if verdict.seal is None:
        return wrapped(
            "The bundle is not signed: whoever sent it could have made all of it. Ask the sender "
            "for a sealed one."
        )
    if verdict.seal.certificate:
        return wrapped(
            "The signature was not checked: no trust was given, and none is ever taken from a "
            f"bundle. The seal shows a certificate of {shortened(verdict.seal.certificate)}, which "
            "anyone could have made. Put the root of that authority, got from its owner, and whom "
            "you trust into a trust.toml (docs/verifying.md), then verify with --trust trust.toml."
        )
    lines = wrapped(
        "The signature was not checked: no key was given, and none is ever taken from a bundle. "
        "Whoever sent this could have made all of it. The seal names the key"
    )
    lines.append(f"  {shortened_key(verdict.seal.fingerprint)}")
    return [
        *lines,
        "Get the signer's public key, compare this fingerprint by phone, then:",
        f"  affidavit verify {shortened(verdict.bundle)} --key SIGNER.pub",
    ]


def shortened_key(fingerprint: str | None) -> str:
    """A fingerprint in full: it is read out by phone."""
    return printable(fingerprint) if fingerprint else "(none that can be read)"
