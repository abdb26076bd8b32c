"""A bundle's record in words: findings first, then what holds, then the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from affidavit.cli.number_text import KEY_METRICS, is_key, number_text, value_text
from affidavit.cli.output import (
    day_text,
    field_lines,
    paint,
    short,
    wrapped,
)
from affidavit.cli.short_text import shortened
from affidavit.cli.statement_lines import decision_lines, recheck_lines, standing_lines
from affidavit.cli.verdict_lines import looks_text, warning_lines
from affidavit.evidence import Fact, Finding, Number
from affidavit.inspect import Reading
from affidavit.inspect.explained import explained_words
from affidavit.printable import printable
from affidavit.wording import count_text, size_text

_ITEMS_SHOWN: Final = 40
_KEY_FACTS: Final = frozenset(
    ["model.artifact", "model.flavor", "run.id", "run.user", "run.status", "code.commit",
     "code.dirty", "code.signature", "code.pack", "environment.python",
     "environment.requirements"]
)  # fmt: skip
_PATH_WIDTH: Final = 48
_LABEL_WIDTH: Final = 26
_NUMBER_WIDTH: Final = 38


def record_lines(reading: Reading, *, all_of_it: bool = False) -> list[str]:
    """The record of a bundle, for a person.

    Args:
        reading: the open bundle.
        all_of_it: every number, fact and file, not only those that are asked for first.
    """
    lines = warning_lines(reading.verdict)
    return [
        *lines, *([""] if lines else []), *_head(reading),
        *_section("Decisions on the release", _decision_lines(reading)),
        *_section("Read this first", _finding_lines(reading)),
        *_section("Numbers", _number_lines(reading, all_of_it=all_of_it)),
        *_section("Computed again", _recheck_lines(reading)),
        *_section("Logged by training, and recomputed", _logged_lines(reading)),
        *_section("Explained", _explained_lines(reading)),
        *_section("Controls, as sealed", _control_lines(reading)),
        *_section("Signed answers, as of now", _answer_lines(reading)),
        *_section(
            "Where it comes from, and why we say so", _fact_lines(reading, all_of_it=all_of_it)
        ),
        *_section("Files", _item_lines(reading, all_items=all_of_it)),
    ]  # fmt: skip


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", paint(title, "strong"), *lines] if lines else []


def _head(reading: Reading) -> list[str]:
    subject, verdict = reading.records.evidence.subject, reading.verdict
    name = f"{printable(subject.name)}, version {printable(subject.version)}"
    lines = wrapped(f"{paint(name, 'strong')}   evidence {short(reading.records.evidence_id)}")
    made = f"run {printable(subject.run_id)}" if subject.run_id else "a run that nothing names"
    when = f", {day_text(subject.created_at.date())}" if subject.created_at else ""
    lines += ["", *field_lines("made by", made + when)]
    if verdict.seal is not None:
        who = verdict.seal.by or "a key that is not pinned"
        lines += field_lines(
            "sealed by", f"{shortened(who)} ({shortened(verdict.seal.fingerprint or '')})"
        )
    if verdict.seal_says is not None:
        says = verdict.seal_says
        lines += field_lines(
            "seal says",
            f"built by {shortened(says.builder)}, ended {shortened(says.finished_on)}, "
            f"isolation: {shortened(says.isolation)}",
            width=12,
        )
        if says.templates is not None:
            lines += field_lines("card's look", looks_text(says.templates), width=12)
    return lines


def _finding_lines(reading: Reading) -> list[str]:
    findings = sorted(
        reading.records.evidence.findings, key=lambda f: (f.kind != "exception", f.id)
    )
    if not findings:
        return ["  The record states no exception and no gap."]
    return [line for finding in findings for line in _one_finding(finding)]


def _one_finding(finding: Finding) -> list[str]:
    text = printable(finding.what)
    if finding.expected is not None or finding.found is not None:
        text += (
            f" (expected {shortened(finding.expected or 'nothing')},"
            f" found {shortened(finding.found or 'nothing')})"
        )
    lines = field_lines(finding.kind, text, width=10)
    return lines + field_lines("", f"fix: {printable(finding.fix)}", width=10)


def _number_lines(reading: Reading, *, all_of_it: bool) -> list[str]:
    lines, left_out = [], 0
    for path in sorted(reading.records.reports):
        report = reading.records.reports[path]
        is_main = report.role == reading.main_role
        shown = [
            n for n in report.numbers
            if all_of_it or (is_main and report.name != "segments" and is_key(
                n.metric, n.id, is_group=n.group is not None
            ))
        ]  # fmt: skip
        shown.sort(key=_rank)
        left_out += len(report.numbers) - len(shown)
        if shown:
            lines.append(f"  {report.name}, {printable(report.role)}")
            lines += [line for number in shown for line in _one_number(number)]
    if left_out:
        lines.append(f"  {count_text(left_out, 'more number')}: -v or --json")
    return lines


def _explained_lines(reading: Reading) -> list[str]:
    """In a few words; no row of a person."""
    words = explained_words(reading.records)
    return [
        line for name, text in words.items()
        for line in field_lines(printable(name), shortened(text), width=_LABEL_WIDTH)
    ]  # fmt: skip


def _rank(number: Number) -> int:
    known = number.metric in KEY_METRICS
    return KEY_METRICS.index(number.metric) if known else len(KEY_METRICS)


def _sign(value: str) -> str:
    """`age >=50`, `sex=f`."""
    return " " if value.startswith(("<", ">")) else "="


def _one_number(number: Number) -> list[str]:
    by = f" by {', '.join(number.attributes)}" if number.attributes else ""
    if number.group:
        by = f" {', '.join(f'{k}{_sign(v)}{v}' for k, v in number.group.items())}"
    if number.against:
        by += f" vs {', '.join(number.against.values())}"
    if number.label is not None:
        by += f" class {number.label}"
    label = printable(number.metric + by)
    lines = "\n".join(printable(line) for line in number_text(number).split("\n"))
    if len(label) <= _NUMBER_WIDTH:
        return field_lines(label, lines, width=_NUMBER_WIDTH, indent=4)
    return [*wrapped(label, first="    ", rest="      "),
            *field_lines("", lines, width=_NUMBER_WIDTH, indent=4)]  # fmt: skip


def _logged_lines(reading: Reading) -> list[str]:
    lines = []
    for report in reading.records.reports.values():
        for row in report.logged:
            logged = row.value if isinstance(row.value, str) else value_text(row.value)
            found = value_text(row.recomputed) if row.recomputed is not None else "not recomputed"
            text = f"logged {logged}, found {found}: {row.verdict.replace('-', ' ')}"
            if row.reason:
                text += f" ({row.reason})"
            on = f" on {row.dataset}" if row.dataset else ""
            lines += field_lines(printable(row.key + on), printable(text), width=_LABEL_WIDTH)
    return lines


def _control_lines(reading: Reading) -> list[str]:
    lines = []
    for standing in reading.records.standings.values():
        lines.append(f"  {printable(standing.title)}, as of {printable(standing.as_of)}")
        for a in standing.assessments:
            text = f"{a.status.replace('-', ' ')}: {printable(a.because)}"
            lines += field_lines(printable(a.control), text, width=12, indent=4)
    return lines


def _answer_lines(reading: Reading) -> list[str]:
    now = reading.verdict.now
    return standing_lines(now) if now is not None else []


def _decision_lines(reading: Reading) -> list[str]:
    decisions = reading.verdict.decisions
    return decision_lines(decisions) if decisions is not None else []


def _recheck_lines(reading: Reading) -> list[str]:
    rechecks = reading.verdict.rechecks
    return recheck_lines(rechecks) if rechecks is not None else []


def _fact_lines(reading: Reading, *, all_of_it: bool) -> list[str]:
    facts = reading.records.evidence.provenance
    shown = [f for f in facts if all_of_it or f.id in _KEY_FACTS or f.id.endswith(".snapshot")]
    lines = []
    for fact in shown:
        lines += field_lines(printable(fact.id), _fact_text(fact), width=_LABEL_WIDTH)
    if left := len(facts) - len(shown):
        lines.append(f"  {count_text(left, 'more fact')}: -v or --json")
    return lines


def _fact_text(fact: Fact) -> str:
    value = "absent" if fact.value is None else printable(str(fact.value))
    digest = f", {fact.digest.algorithm} {short(fact.digest.value)}" if fact.digest else ""
    if fact.digest and str(fact.value) == fact.digest.value:
        value, digest = short(fact.digest.value), ""
    return f"{value}{digest}   {fact.basis}: {printable(fact.source)}"


def _item_lines(reading: Reading, *, all_items: bool) -> list[str]:
    items = sorted(reading.items, key=lambda i: i.path.encode())
    if len(items) > _ITEMS_SHOWN and not all_items:
        lines = _folder_lines((i.path.split("/")[1], i.size_bytes) for i in items)
        return [*lines, "  every file: -v or --json; one of them: affidavit show BUNDLE PATH"]
    lines = []
    for item in items:
        path = printable(item.path.removeprefix("data/"))
        size = size_text(item.size_bytes) if item.embedded else "by reference"
        lines.append(f"  {path:<{_PATH_WIDTH}} {size:>12}  {item.origin}")
    return lines


def _folder_lines(sizes: Iterable[tuple[str, int]]) -> list[str]:
    files, total = Counter[str](), Counter[str]()
    for folder, size in sizes:
        files[folder] += 1
        total[folder] += size
    return [
        f"  {printable(folder):<16} {count_text(files[folder], 'file'):>12}  "
        f"{size_text(total[folder]):>8}"
        for folder in sorted(files)
    ]
