"""Gaps that excuse what was not counted: each can be true, and stands beside nothing counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.config import Config
from affidavit.evidence import Evidence, Finding
from affidavit.gap_ids import gap_id
from affidavit.places import PERIOD
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable

# A test holds these against what recompute leaves out.
MAX_GROUPS: Final = 200
MAX_COMBINATIONS: Final = 20_000
_MAX_DIGITS: Final = 18


def gap_ids_of(evidence: Evidence) -> frozenset[str]:
    """The ids of the gaps of recomputing: nothing else excuses that something is not counted."""
    return frozenset(f.id for f in evidence.findings if f.kind == "gap" and f.stage == "recompute")


def gap_faults(
    config: Config, evidence: Evidence, role: str, tables: Sequence[NamedTable]
) -> Iterator[Fault]:
    """Gaps of a role that cannot be true.

    Args:
        config: in force.
        evidence: its findings.
        role: whose tables.
        tables: all of that role.
    """
    found = {f.id: f for f in evidence.findings}
    main = next((t for t in tables if t.spec.table == "main"), None)
    counted = {a.name for t in tables if t.spec.table in ("main", "final", "estimated")
               for a in t.spec.attributes}  # fmt: skip
    segments = {a.name for t in tables if t.spec.table == "segments" for a in t.spec.attributes}
    if gap := found.get(gap_id("favourable", role)):
        yield from _favourable_faults(config, gap, counted)
    if config.task != "regression" and config.label.favourable is None and counted:
        yield _fault(f"{role} is counted by group", "no [label] favourable, so no groups",
                     ", ".join(sorted(counted)))  # fmt: skip
    for name, attribute in sorted(config.sensitive.items()):
        if gap := found.get(gap_id("sensitive", role, name)):
            if name in counted:
                yield _fault(f"{gap.id} says that what is counted is not", "not counted", name)
            elif attribute.table is None and not _is_over(gap, (MAX_GROUPS, MAX_COMBINATIONS)):
                yield _fault(f"{gap.id} gives no reason that can be",
                             f"more than {MAX_GROUPS} groups", str(gap.found))  # fmt: skip
    for name in (*sorted(config.segments), *((PERIOD,) if config.time is not None else ())):
        if gap := found.get(gap_id("segments", role, name)):
            if name in segments:
                yield _fault(f"{gap.id} says that what is counted is not", "not counted", name)
            elif not _is_over(gap, (MAX_GROUPS,)):
                yield _fault(f"{gap.id} gives no reason that can be",
                             f"more than {MAX_GROUPS} values", str(gap.found))  # fmt: skip
    for together in config.fairness.intersections:
        if gap := found.get(gap_id("intersection", role, *together)):
            yield from _intersection_faults(gap, together, main)


def _favourable_faults(config: Config, gap: Finding, counted: set[str]) -> Iterator[Fault]:
    if config.label.favourable is not None or counted:
        yield _fault(
            f"{gap.id} says that nobody says which label is good", "no [label] favourable",
            str(config.label.favourable),
        )  # fmt: skip


def _intersection_faults(
    gap: Finding, together: tuple[str, ...], main: NamedTable | None
) -> Iterator[Fault]:
    """The groups that attributes make together can be counted in the table of all of them."""
    if main is None:
        return
    names = [a.name for a in main.spec.attributes]
    if together in main.spec.intersections:
        yield _fault(f"{gap.id} says that what is counted is not", "not counted", gap.id)
    elif set(together) <= set(names):
        at = [names.index(n) for n in together]
        n = len({tuple(c.groups[i] for i in at) for c in main.table.rows})
        if n <= MAX_GROUPS or gap.found != str(n):
            yield _fault(
                f"{gap.id}: the groups are not too many", f"{n} groups, at most {MAX_GROUPS}",
                str(gap.found),
            )  # fmt: skip


def _is_over(gap: Finding, limits: tuple[int, ...]) -> bool:
    """Whether a gap tells of more than may be, as one of the limits."""
    text = (gap.found or "").replace(",", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return False
    said = {f"at most {most:,}": most for most in limits}
    return int(text) > said.get(gap.expected or "", int(text))


def _fault(what: str, expected: str, found: str) -> Fault:
    return Fault(f"{what} ({CONFIG})", EVIDENCE, expected, found)
