"""A verdict in words: the answer, the facts that carry it, what it does not mean, what to do."""

from __future__ import annotations

import re
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
from affidavit.cli.short_text import shortened
from affidavit.cli.statement_lines import decision_lines, recheck_lines, standing_lines
from affidavit.printable import printable
from affidavit.verify import Check, FileVerdict, FindingsVerdict, Verdict
from affidavit.verify.proving import FileWord
from affidavit.verify.statements import StatementSeen
from affidavit.verify.trust import SEALER
from affidavit.verify.verdict import Word
from affidavit.wording import count_text, size_text

COLOURS: Final[Mapping[Word | FileWord, Role]] = {
    "VERIFIED": "good", "FILE VERIFIED": "good", "VERIFIED IN PART": "warn", "NOT VERIFIED": "bad",
    "INTACT, SIGNER NOT TRUSTED": "warn", "UNDECIDED": "warn", "SEAL HOLDS": "warn",
}  # fmt: skip
_TRUSTED: Final = ("VERIFIED", "VERIFIED IN PART")
# Checks that other lines speak of, where they could not run.
_TOLD: Final = ("catalog", "signature", "seal", "tag-manifest", "withheld")
_FINGERPRINT: Final = re.compile(r"sha256:[0-9a-f]{64}")
_MORE_SHOWN: Final = 5
_WITHHELD_SHOWN: Final = 12
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
        return [*_headline(verdict), "", *undecided_lines(verdict)]
    if verdict.word in _TRUSTED:
        return [*_headline(verdict), "", *_facts(verdict), "", *_does_not_show()]
    return [*_headline(verdict), "", *_facts(verdict), "", *_not_trusted(verdict)]


def warning_lines(verdict: Verdict) -> list[str]:
    """What must stand above anything printed from a bundle; empty if it is verified."""
    if verdict.word == "VERIFIED":
        return []
    if verdict.word == "SEAL HOLDS":
        return _opening("SEAL HOLDS", "warn", _LEFT_OUT)
    if verdict.word == "VERIFIED IN PART":
        gone = count_text(len(verdict.withheld), "file is", "files are")
        return _opening(verdict.word, "warn", f"{gone} withheld: affidavit verify names them")
    if failed := verdict.failed:
        reason = shortened(failed[0].what)
    elif verdict.trust is None:
        reason = "no key was given, so nobody vouches for this (--key SIGNER.pub)"
    else:
        reason = next((shortened(c.what) for c in verdict.not_run if c.required), verdict.word)
    return _opening("NOT VERIFIED", "bad", reason)


def judged_lines(verdict: Verdict | FileVerdict | FindingsVerdict) -> list[str]:
    """That another day than today was asked for, and whether the seal says a later one."""
    text = f"Judged as of {day_text(date.fromisoformat(verdict.day))}, as --as-of asks"
    says = None if isinstance(verdict, FindingsVerdict) else verdict.seal_says
    is_before = says is not None and verdict.day < says.finished_on[:10]
    return ["", *wrapped(text + (": before the day that the seal says." if is_before else "."))]


def subject_text(verdict: Verdict) -> str:
    """`credit-risk, version 3`, or the file's name where the record is unreadable."""
    if verdict.subject is None:
        return shortened(verdict.bundle)
    return shortened(f"{verdict.subject.name}, version {verdict.subject.version}")


def _headline(verdict: Verdict) -> list[str]:
    word, colour = verdict.word, COLOURS[verdict.word]
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
    lines = check_facts(first)
    if more:
        lines += ["", f"Also refuted ({len(more)}):"]
        for check in more[:_MORE_SHOWN]:
            lines += wrapped(shortened(check.what), first="  ", rest="    ")
        if len(more) > _MORE_SHOWN:
            lines.append(f"  and {len(more) - _MORE_SHOWN} more; --json gives every one")
    return [*lines, *_the_rest(verdict)]


def check_facts(check: Check) -> list[str]:
    """A failed check: where, what was expected and found, what to do."""
    lines: list[str] = []
    if check.path and check.path not in check.what:
        lines += field_lines("in", shortened(check.path), width=9)
    is_digest = check.id == "payload-digest"
    for label, text, whose in (
        ("expected", check.expected, "  (signed manifest)" if is_digest else ""),
        ("found", check.found, "  (this bundle)" if is_digest else ""),
        ("fix", check.fix, ""),
    ):
        if check.id == "signer" and text and _FINGERPRINT.fullmatch(text):
            lines += field_lines(label, text.replace(":", ":\n"), width=9)  # compared by phone
        elif text:
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


def undecided_lines(verdict: Verdict | FileVerdict | FindingsVerdict) -> list[str]:
    """The required checks that could not run."""
    lines: list[str] = []
    for check in [c for c in verdict.not_run if c.required][:_MORE_SHOWN]:
        lines += field_lines("not run", shortened(check.what), width=9)
        if check.fix:
            lines += field_lines("fix", shortened(check.fix), width=9)
    return lines


def _facts(verdict: Verdict) -> list[str]:
    lines: list[str] = []
    if verdict.word in _TRUSTED:
        lines += field_lines("signed by", signed_by(verdict))
        against = "each equal to what was signed"
    else:
        against = "each equal to the bundle's own list"
    if verdict.decisions is not None:
        lines += decision_lines(verdict.decisions)
    for warning in verdict.warnings:
        lines += field_lines("note", shortened(warning))
    if aged := [c for c in verdict.checks if c.id == "max-age" and c.status == "passed"]:
        lines += field_lines("age", shortened(aged[0].what))
    size = f"{count_text(verdict.files, 'file')}, {size_text(verdict.size_bytes)}"
    lines += field_lines("unchanged", f"{size}, {against}")
    if followed := _commit(verdict):
        lines += field_lines("commit", followed)
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
    moot = [s for s in verdict.statements if s.kind == "withheld" and not verdict.withheld]
    if moot:
        said = count_text(len(moot), "statement says", "statements say")
        lines += field_lines("also signed", f"{said} that files were withheld, and none is missing")
        if unchecked := next((s.note for s in moot if s.note), None):
            lines += field_lines("", unchecked)
    lines += field_lines(
        "card",
        "its JSON equals the record; HTML, PDF, Markdown, ML-BOM and OSCAL are as signed, "
        "not compared",
    )
    for check in verdict.not_run:
        if check.id == "catalog":
            lines += field_lines("controls", shortened(check.what))
    lines += _left_unchecked(verdict)
    if verdict.seal_says and verdict.seal_says.templates:
        lines += field_lines("looks", looks_text(verdict.seal_says.templates))
    lines += field_lines("withheld", _withheld(verdict))
    return lines + field_lines("revocations", revocations_text(verdict))


def _commit(verdict: Verdict) -> str:
    """That the commit is here whole, and which data follow from its id; empty where it is not."""
    passed = {c.id: c for c in verdict.checks if c.status == "passed"}
    if "commit" not in passed:
        return ""
    commit, _, size = (passed["commit"].found or "").partition(": ")
    whole = f"{short(commit)} is here whole: {size}, each hashed to its id"
    data = passed.get("tracked-data")
    return f"{whole}; {shortened(data.what)}" if data is not None else whole


def _left_unchecked(verdict: Verdict) -> list[str]:
    """Checks that could not run, and of which no other line speaks."""
    paths = {w.path for w in verdict.withheld}
    left = dict.fromkeys(
        shortened(c.what) for c in verdict.not_run if c.id not in _TOLD and c.path not in paths
    )
    shown = list(left)[:_MORE_SHOWN]
    if more := len(left) - len(shown):
        shown.append(f"and {more} more: --json")
    return field_lines("not checked", "\n".join(shown)) if shown else []


def _withheld(verdict: Verdict) -> str:
    """What is not in the bundle, by whose word; and what could therefore not be checked."""
    held = f"{count_text(verdict.by_reference, 'file')} by reference, not in the bundle"
    if not verdict.withheld:
        return "nothing" + (f"; {held}" if verdict.by_reference else "")
    first = verdict.withheld[0]
    by = f"by {shortened(first.by)}" if first.by else "by whom was not checked"
    gone = count_text(len(verdict.withheld), "file")
    lines = [f"{gone}, {by}, for {shortened(first.profile)}"]
    shown = verdict.withheld[:_WITHHELD_SHOWN]
    lines += [f"{shortened(w.path)}: {shortened(w.reason)}" for w in shown]
    if more := len(verdict.withheld) - len(shown):
        lines.append(f"and {more} more: --json")
    if verdict.by_reference:
        lines.append(held)
    paths = {w.path for w in verdict.withheld}
    unchecked = {c.id: None for c in verdict.not_run if c.path in paths and c.id != "record"}
    if unchecked:
        lines.append(f"not checked without them: {', '.join(unchecked)}")
    return "\n".join(lines)


def looks_text(templates: Templates) -> str:
    """Whose templates laid the card out: a person then reads its later pages with that in mind."""
    whose = f"of {shortened(templates.name)}" if templates.name else "without a name"
    return f"own templates {whose} (sha256 {short(templates.sha256)}, the seal says so)"


def signed_by(verdict: Verdict | FileVerdict) -> str:
    """The signers that count, and when they signed, by whose clock."""
    seal, says = verdict.seal, verdict.seal_says
    if seal is None:
        return "nobody"
    others = [
        o for o in verdict.statements
        if o.kind == "seal" and o.by and o.path != seal.path and o.revoked is None
        and SEALER in o.roles
    ]  # fmt: skip
    lines = [signer_text(s) for s in (seal, *others)]
    if seal.time and seal.time_by:
        when = f"when: {_instant(seal.time)}, by the clock of {shortened(seal.time_by)}"
    else:
        said = _instant(says.finished_on) if says else "nothing"
        when = f"when: no trusted time; the seal says {said}"
        if seal.time_note:
            when += f"\nits timestamp proves nothing: {shortened(seal.time_note)}"
    return "\n".join([*lines, when])


def signer_text(seal: StatementSeen) -> str:
    """Who signed: the name that the reader gave, the key, and the certificate if there is one."""
    key = short((seal.fingerprint or "").removeprefix("sha256:"))
    text = f"{shortened(seal.by or 'nobody')} (key sha256:{key})"
    return text + (f"\ncertificate of {shortened(seal.certificate)}" if seal.certificate else "")


def _isolation(verdict: Verdict) -> str:
    says = verdict.seal_says
    return f"{shortened(says.isolation)} (the seal says so)" if says else ""


def _arithmetic(verdict: Verdict) -> str:
    found = verdict.arithmetic
    if found is None and any(c.id == "arithmetic" for c in verdict.not_run):
        return "not checked: the files that it needs are withheld"
    if found is None or not (found.followed or found.others):
        return "no number in this bundle comes from counts"
    text = f"{count_text(found.followed, 'number follows', 'numbers follow')} from their counts"
    if found.others:
        metrics = sorted({i.split("/")[2] if i.count("/") > 1 else i for i in found.others})
        named = ", ".join(metrics[:3]) + (", …" if len(metrics) > 3 else "")
        verb = "does" if len(found.others) == 1 else "do"
        numbers = count_text(len(found.others), "number")
        text += f"; {numbers} ({named}) {verb} not come from counts: affidavit recheck"
    if found.explained:
        text += f"; {count_text(found.explained, 'explanation adds', 'explanations add')} up"
    return shortened(text)


def revocations_text(verdict: Verdict | FileVerdict | FindingsVerdict) -> str:
    """Which list of revocations was consulted, and how old it is."""
    trust = verdict.trust
    if trust is None or not trust.lists_revocations:
        return "none consulted (they stand in a trust.toml)"
    if trust.as_of is None:
        return f"{shortened(trust.source)}, undated: nobody knows how old it is"
    listed = date.fromisoformat(trust.as_of)
    text = f"{shortened(trust.source)} of {day_text(listed)}"
    old = (date.fromisoformat(verdict.day) - listed).days
    return f"{text}, {count_text(old, 'day')} old" if old > 0 else text


def _instant(text: str) -> str:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return shortened(text)
    return f"{day_text(when.date())}, {when:%H:%M} UTC"


def _does_not_show() -> list[str]:
    return [
        "It does not show that the data are right or that the model is good.",
        "Nor can it show that no rejection, withdrawal or revocation was left out.",
    ]


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
            "you trust into a trust.toml (docs/verify.md), then verify with --trust trust.toml."
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
