"""The verdict on one file, or on findings that kept a bundle from being built, in words."""

from __future__ import annotations

from typing import Final

from affidavit.bundle.findings import Findings
from affidavit.bundle.predicate import SubjectVersion
from affidavit.cli.output import field_lines, paint, short, wrapped
from affidavit.cli.short_text import shortened
from affidavit.cli.verdict_lines import (
    COLOURS,
    check_facts,
    revocations_text,
    shortened_key,
    signed_by,
    signer_text,
    undecided_lines,
)
from affidavit.verify import FileVerdict, FindingsVerdict
from affidavit.wording import count_text, size_text

_CONTRADICTIONS_SHOWN: Final = 5


def file_lines(verdict: FileVerdict, *, quiet: bool = False) -> list[str]:
    """The verdict for a person; `quiet` gives its first line only."""
    head = _headline(verdict, f"{shortened(verdict.file)}, of {_subject(verdict)}")
    if quiet:
        return head
    if why := _why_not(verdict):
        return [*head, "", *why]
    lines = [*head, "", *_facts(verdict), ""]
    if verdict.word == "INTACT, SIGNER NOT TRUSTED":
        lines += _not_trusted(verdict)
    return lines + wrapped(
        "Only this file was checked: no other file of the bundle, no number, no control, and no "
        "decision or revocation in it. affidavit verify checks a whole bundle."
    )


def findings_lines(verdict: FindingsVerdict, *, quiet: bool = False) -> list[str]:
    """The verdict on findings for a person; `quiet` gives its first line only."""
    told = verdict.findings or verdict.signed
    about = shortened(told.asked) if told else "nothing that can be read"
    head = _headline(verdict, f"{shortened(verdict.file)}: why {about} has no bundle")
    if quiet:
        return head
    if why := _why_not(verdict):
        return [*head, "", *why]
    lines, statement, findings = [*head, ""], verdict.statement, verdict.findings
    if verdict.word == "FILE VERIFIED" and statement is not None:
        lines += field_lines("signed by", signer_text(statement))
    if told is not None:
        if told.subject is not None and told.asked != _ref(told.subject):
            lines += field_lines("version", shortened(_ref(told.subject)))
        lines += field_lines("day", f"{told.made_on}, by the signer's clock")
    if verdict.is_page and verdict.signed is not None:
        lines += field_lines(
            "says", f"{count_text(verdict.signed.contradictions, 'contradiction')}, on the page"
        )
    if findings is not None:
        for one in findings.contradictions[:_CONTRADICTIONS_SHOWN]:
            lines += field_lines("contradiction", shortened(one.what))
            lines += field_lines("expected", shortened(one.expected or "nothing else"))
            lines += field_lines("found", shortened(one.found or "nothing"))
        if (more := len(findings.contradictions) - _CONTRADICTIONS_SHOWN) > 0:
            lines += [f"and {more} more: --json"]
        lines += _besides(findings)
    lines += [*field_lines("revocations", revocations_text(verdict)), ""]
    if verdict.word == "INTACT, SIGNER NOT TRUSTED" and statement is not None:
        lines += _unchecked(statement.fingerprint)
    return lines + wrapped(
        "It shows who says that nothing was built, and why. It does not show that it is so: "
        "that takes the sources."
    )


def _ref(subject: SubjectVersion) -> str:
    return f"models:/{subject.name}/{subject.version}"


def _besides(findings: Findings) -> list[str]:
    """How much else was found; what it is, the page and `--json` say."""
    kinds = [b.kind for b in findings.besides or ()]
    counts = (count_text(kinds.count(kind), kind) for kind in ("exception", "gap"))
    return field_lines("besides", ", ".join(counts)) if kinds else []


def _headline(verdict: FileVerdict | FindingsVerdict, good: str) -> list[str]:
    if verdict.failed:
        text = shortened(verdict.failed[0].what)
    elif verdict.word == "UNDECIDED":
        text = f"{shortened(verdict.file)}: a check could not run"
    else:
        text = good
    lines = wrapped(f"{verdict.word}  {text}", rest="  ")
    word = paint(verdict.word, COLOURS[verdict.word])
    return [lines[0].replace(verdict.word, word, 1), *lines[1:]]


def _why_not(verdict: FileVerdict | FindingsVerdict) -> list[str]:
    """What was refuted, else what could not be decided; nothing where neither is so."""
    if verdict.failed:
        return [*check_facts(verdict.failed[0]), *_more(verdict)]
    return undecided_lines(verdict) if verdict.word == "UNDECIDED" else []


def _more(verdict: FileVerdict | FindingsVerdict) -> list[str]:
    more = verdict.failed[1:]
    if not more:
        return []
    lines = ["", f"Also refuted ({len(more)}):"]
    for check in more:
        lines += wrapped(shortened(check.what), first="  ", rest="    ")
    return lines


def _facts(verdict: FileVerdict) -> list[str]:
    lines: list[str] = []
    if verdict.word == "FILE VERIFIED":
        lines += field_lines("signed by", signed_by(verdict))
    for warning in verdict.warnings:
        lines += field_lines("note", shortened(warning))
    for check in verdict.checks:
        if check.id == "max-age" and check.status == "passed":
            lines += field_lines("age", shortened(check.what))
    whose = "sealed" if verdict.word == "FILE VERIFIED" else "listed"
    size = size_text(verdict.size_bytes)
    lines += field_lines("unchanged", f"{size}, byte for byte the file that was {whose}")
    lines += field_lines("in bundle", "\n".join(shortened(p) for p in verdict.paths[:3]))
    lines += field_lines("evidence", short(verdict.evidence_id or "unknown"))
    lines += field_lines("root", short(verdict.root or "unknown"))
    return lines + field_lines("revocations", revocations_text(verdict))


def _subject(verdict: FileVerdict) -> str:
    if verdict.subject is None:
        return "a model version that is not known"
    return shortened(f"{verdict.subject.name}, version {verdict.subject.version}")


def _not_trusted(verdict: FileVerdict) -> list[str]:
    if verdict.seal is None:
        return [*wrapped("There is no seal: whoever sent this could have made all of it."), ""]
    return _unchecked(verdict.seal.fingerprint)


def _unchecked(fingerprint: str | None) -> list[str]:
    return [
        *wrapped(
            "The signature was not checked: no key was given, and none is ever taken from a proof. "
            "It names the key"
        ),
        f"  {shortened_key(fingerprint)}",
        "Compare it with the signer by phone, then add --key SIGNER.pub.",
        "",
    ]
