"""Group names that the configuration makes possible, and the gaps and exceptions that follow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL
from affidavit.evidence import Evidence, Finding, Report
from affidavit.places import (
    MISSING_GROUP,
    PERIOD,
    UNASSIGNED_GROUP,
    UNKNOWN_GROUPS,
    UNMATCHED_GROUP,
)
from affidavit.reading_rules import band_names
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable

MIN_OF_LABEL: Final = 10  # a test holds it against that of recompute
_MIN_ROWS: Final = 2
_CHANCE: Final = 0.5
_PERIODS: Final[Mapping[str, re.Pattern[str]]] = {
    "month": re.compile(r"\d{4}-(0[1-9]|1[0-2])"), "quarter": re.compile(r"\d{4}-Q[1-4]"),
    "year": re.compile(r"\d{4}"),
}  # fmt: skip


def value_name_faults(config: Config, table: NamedTable) -> Iterator[Fault]:
    """Groups of a table that no row can be in, as affidavit.toml cuts them."""
    for place, attribute in enumerate(table.spec.attributes):
        for value in table.table.values_of(place):
            if not _is_possible(config, table.spec.table, attribute.name, value):
                yield Fault(
                    f"{table.path}: {attribute.name} has no group {value!r} by {CONFIG}",
                    table.path, "a group that it makes", value,
                )  # fmt: skip


def _is_possible(config: Config, table: str, name: str, value: str) -> bool:
    if table == "segments":
        if name == PERIOD and config.time is not None:
            return value == MISSING_GROUP or bool(_PERIODS[config.time.by].fullmatch(value))
        segment = config.segments.get(name)
        own, bands = {MISSING_GROUP}, segment.bands if segment is not None else ()
        probable: Mapping[str, str] = {}
    else:
        attribute = config.sensitive.get(name)
        if attribute is None:
            return True  # said already: it is no attribute
        own, bands, probable = {MISSING_GROUP}, attribute.bands, attribute.probabilities
        own |= {UNMATCHED_GROUP} if attribute.table is not None else set()
        own |= {UNASSIGNED_GROUP} if probable else set()
    if table == "estimated":
        return value in probable
    if value in UNKNOWN_GROUPS:
        return value in own
    if bands:
        return value in band_names(bands)
    return not probable or value in probable


def following_faults(evidence: Evidence, main: NamedTable, report: Report) -> Iterator[Fault]:
    """Findings on labels, decisions and groups that follow from the main counts of a role."""
    found = {f.id: f for f in evidence.findings}
    role = main.spec.role
    for place, attribute in enumerate(main.spec.attributes):
        rows = Counter[str]()
        for cell in main.table.rows:
            rows[cell.groups[place]] += cell.n
        name, total = attribute.name, rows.total()
        for what, value in (
            ("missing", MISSING_GROUP), ("unmatched", UNMATCHED_GROUP),
            ("unassigned", UNASSIGNED_GROUP),
        ):  # fmt: skip
            said = f"{total - rows[value]} rows" if rows[value] else None
            yield from _held(found, f"recompute.{what}.{name}.{role}", "gap", said)
        reference = attribute.reference
        lacks = reference is not None and reference not in rows
        yield from _held(found, f"recompute.reference.{name}.{role}", "gap", lacks)
        if UNASSIGNED_GROUP not in rows:
            is_one = len(rows.keys() - UNKNOWN_GROUPS) < 2
            yield from _held(found, f"recompute.constant.{name}.{role}", "gap", is_one)
    labels, decisions = Counter[str](), set[str]()
    for cell in main.table.rows:
        labels[cell.label] += cell.n
        decisions.add(cell.decision)
    is_alike = len(decisions) == 1 and labels.total() >= _MIN_ROWS
    yield from _held(found, f"recompute.threshold.{role}", "exception", is_alike)
    del labels[UNKNOWN_LABEL]
    most, n = max(labels.values(), default=0), labels.total()
    is_odd = most == n or (main.spec.task == "binary" and n - most < MIN_OF_LABEL)
    kind = "exception" if n else "gap"
    yield from _held(found, f"recompute.label.{role}", kind, is_odd)
    yield from _skill_faults(found, report)


def _skill_faults(found: Mapping[str, Finding], report: Report) -> Iterator[Fault]:
    """An area whose interval reaches down to chance has its exception; one above has none."""
    area = next((n for n in report.numbers if n.metric == "roc_auc" and n.label is None), None)
    if area is None or area.low is None or area.low == _CHANCE:
        return
    is_chance = area.low < _CHANCE and f"recompute.score.{report.role}" not in found
    yield from _held(found, f"recompute.no-skill.{report.role}", "exception", is_chance)


def _held(
    found: Mapping[str, Finding], finding_id: str, kind: str, said: str | bool | None
) -> Iterator[Fault]:
    """A finding against what follows: its words where they are given, else that it is there."""
    finding = found.get(finding_id)
    follows = said is not None and said is not False
    if (finding is not None) != follows:
        yield Fault(
            f"the finding {finding_id} does not follow from the counts", EVIDENCE,
            f"a finding {said if isinstance(said, str) else ''}" if follows else "no finding",
            "no finding" if finding is None else f"{finding.kind}: {finding.found}",
        )  # fmt: skip
    elif finding is not None and (
        finding.kind != kind or (isinstance(said, str) and finding.found != said)
    ):
        yield Fault(
            f"the finding {finding_id} says something else than the counts", EVIDENCE,
            f"{kind}: {said if isinstance(said, str) else finding.found}",
            f"{finding.kind}: {finding.found}",
        )  # fmt: skip
