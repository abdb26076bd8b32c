"""diff: two bundles read side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from affidavit.bundle.canonical import Json
from affidavit.evidence import Number
from affidavit.inspect.data_changes import data_changes
from affidavit.inspect.difference import (
    CodeChange,
    ControlChange,
    Difference,
    FileChange,
    FindingChange,
    How,
    ItemChange,
    LoggedChange,
    NumberChange,
    RoleRows,
    Side,
    ValueChange,
)
from affidavit.inspect.explained import explained_words
from affidavit.inspect.reading import Reading, open_reading
from affidavit.inspect.role_rows import compare_roles
from affidavit.verify import Trust, Verdict

_REQUIREMENTS: Final = "data/environment/requirements.txt"
_PIN: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(?:\[[^\]]*+\]\s*+)?==\s*+([^\s;#\\]+)")


def diff_bundles(
    before: Path, after: Path, *, trust: Trust | None
) -> tuple[Difference, tuple[Verdict, Verdict]]:
    """What changed from one bundle to the other, and what verify says of each.

    Raises:
        UsageError: no such file.
        BundleError: one is not a bundle, its record is unreadable, or a file that is compared is
            not the one that was signed.
    """
    with open_reading(before, trust) as old, open_reading(after, trust) as new:
        return _difference(old, new), (old.verdict, new.verdict)


def _difference(old: Reading, new: Reading) -> Difference:
    rows, paired = compare_roles(old, new)
    sides = (_side(old), _side(new))
    is_same_version = (sides[0].name, sides[0].version) == (sides[1].name, sides[1].version)
    return Difference(
        before=sides[0],
        after=sides[1],
        same_evidence=sides[0].evidence_id == sides[1].evidence_id,
        data=data_changes(old, new),
        params=_changes(_params(old), _params(new)),
        code=_code(old, new),
        environment=_changes(_environment(old), _environment(new)),
        configuration=_changes(_configuration(old), _configuration(new)),
        explanation=_changes(explained_words(old.records), explained_words(new.records)),
        logged=_logged_changes(old, new),
        rows=rows,
        paired=paired,
        numbers=_numbers(old, new, {r.role: r for r in rows}),
        findings=_findings(old, new),
        controls=_controls(old, new),
        items=_items(old, new) if is_same_version else (),
    )


def _side(reading: Reading) -> Side:
    subject = reading.records.evidence.subject
    return Side(
        bundle=reading.verdict.bundle, name=subject.name, version=subject.version,
        evidence_id=reading.records.evidence_id, verdict=reading.verdict.word,
    )  # fmt: skip


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[ValueChange, ...]:
    return tuple(
        ValueChange(name=name, before=old.get(name), after=new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _rows(value: Json) -> list[dict[str, Json]]:
    return [r for r in value if isinstance(r, dict)] if isinstance(value, list) else []


def _params(reading: Reading) -> dict[str, str]:
    params = _object(_object(reading.json("data/run/params.json")).get("params"))
    return {name: str(value) for name, value in params.items()}


def _logged_changes(old: Reading, new: Reading) -> tuple[LoggedChange, ...]:
    before, after = _logged(old), _logged(new)
    nothing = (None, None)
    return tuple(
        LoggedChange(
            name=name, before=a[0], after=b[0], same_data=nothing in (a, b) or a[1] == b[1]
        )
        for name in sorted(before.keys() | after.keys())
        if (a := before.get(name, nothing)) != (b := after.get(name, nothing))
    )


def _logged(reading: Reading) -> dict[str, tuple[str, str | None]]:
    """The last value of each logged metric and its data's digest, by key and dataset name."""
    rows = _rows(_object(reading.json("data/run/metrics.json")).get("metrics"))
    found: dict[str, tuple[int, str, str | None]] = {}
    for row in rows:
        dataset, digest, step = row.get("dataset_name"), row.get("dataset_digest"), row.get("step")
        name = f"{row.get('key')}" + (f" on {dataset}" if isinstance(dataset, str) else "")
        at = step if isinstance(step, int) else 0
        if name not in found or at >= found[name][0]:
            found[name] = (at, str(row.get("value")), digest if isinstance(digest, str) else None)
    return {name: (value, digest) for name, (_, value, digest) in found.items()}


def _environment(reading: Reading) -> dict[str, str]:
    """Python, and each requirement by package; a line that pins nothing goes by its own text."""
    found = {}
    python = reading.records.evidence.fact("environment.python")
    if python is not None and python.value is not None:
        found["python"] = str(python.value)
    for line in (reading.text(_REQUIREMENTS) or "").splitlines():
        text = line.partition("#")[0].strip()
        if pin := _PIN.match(text):
            found[re.sub(r"[-_.]+", "-", pin[1]).lower()] = pin[2]
        elif text:
            found[text] = "not pinned"
    return found


def _configuration(reading: Reading) -> dict[str, str]:
    items = {i.path: i.sha256 for i in reading.records.evidence.items}
    used = reading.records.evidence.configuration.items
    return {p.removeprefix("data/"): items.get(p, "not in the bundle") for p in used}


def _code(old: Reading, new: Reading) -> CodeChange | None:
    commits = []
    for reading in (old, new):
        fact = reading.records.evidence.fact("code.commit")
        commits.append(None if fact is None or fact.value is None else str(fact.value))
    if commits[0] == commits[1]:
        return None
    files = [_commit_files(r) for r in (old, new)]
    changed = None
    if files[0] is not None and files[1] is not None:
        changed = tuple(FileChange(path=p, how=how) for p, how in _file_changes(files[0], files[1]))
    return CodeChange(before=commits[0], after=commits[1], files=changed)


def _commit_files(reading: Reading) -> dict[str, str] | None:
    record = _object(reading.json("data/source/commit.json"))
    if "files" not in record:
        return None
    rows = _rows(record["files"])
    return {str(r.get("path")): f"{r.get('mode')} {r.get('blob')}" for r in rows}


def _file_changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, How]]:
    changes: list[tuple[str, How]] = []
    for path in sorted(old.keys() | new.keys()):
        if path not in new:
            changes.append((path, "out"))
        elif path not in old:
            changes.append((path, "in"))
        elif old[path] != new[path]:
            changes.append((path, "changed"))
    return changes


def _numbers(old: Reading, new: Reading, rows: Mapping[str, RoleRows]) -> tuple[NumberChange, ...]:
    before, after = _by_id(old), _by_id(new)
    changes = []
    for number_id in sorted(before.keys() | after.keys()):
        a, b = before.get(number_id), after.get(number_id)
        number = b or a
        if number is None:
            raise RuntimeError("a number that stands on neither side")
        agreement = rows.get(number.role)
        is_comparable = agreement is not None and agreement.same is True
        if a is not None and b is not None and is_comparable and _said(a) == _said(b):
            continue
        changes.append(
            NumberChange(
                id=number_id, metric=number.metric, role=number.role,
                is_group=number.group is not None, comparable=is_comparable,
                before=a.value if a else None, after=b.value if b else None,
                n_before=a.n if a else None, n_after=b.n if b else None,
                low_before=a.low if a else None, high_before=a.high if a else None,
                low_after=b.low if b else None, high_after=b.high if b else None,
            )
        )  # fmt: skip
    return tuple(changes)


def _by_id(reading: Reading) -> dict[str, Number]:
    return {n.id: n for r in reading.records.reports.values() for n in r.numbers}


def _said(number: Number) -> tuple[float | None, int]:
    return number.value, number.n


def _findings(old: Reading, new: Reading) -> tuple[FindingChange, ...]:
    before = {(f.kind, f.id, f.what): f for f in old.records.evidence.findings}
    after = {(f.kind, f.id, f.what): f for f in new.records.evidence.findings}
    appeared = [
        FindingChange(how="appeared", kind=f.kind, id=f.id, what=f.what)
        for key, f in after.items() if key not in before
    ]  # fmt: skip
    vanished = [
        FindingChange(how="vanished", kind=f.kind, id=f.id, what=f.what)
        for key, f in before.items() if key not in after
    ]  # fmt: skip
    return (*appeared, *vanished)


def _controls(old: Reading, new: Reading) -> tuple[ControlChange, ...]:
    before, after = _statuses(old), _statuses(new)
    return tuple(
        ControlChange(catalog=k[0], control=k[1], before=before.get(k), after=after.get(k))
        for k in sorted(before.keys() | after.keys())
        if before.get(k) != after.get(k)
    )


def _statuses(reading: Reading) -> dict[tuple[str, str], str]:
    return {
        (s.catalog, a.control): a.status
        for s in reading.records.standings.values()
        for a in s.assessments
    }


def _items(old: Reading, new: Reading) -> tuple[ItemChange, ...]:
    """Files that differ, in the bundle's order: the first one names where two builds part."""
    return tuple(
        ItemChange(path=p, how=how) for p, how in _file_changes(old.files.listed, new.files.listed)
    )
