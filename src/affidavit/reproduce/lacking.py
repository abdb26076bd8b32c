"""Which numbers need bytes that are not there, and so are not run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from affidavit.bundle.layout import SUITES
from affidavit.config import Config
from affidavit.evidence import Evidence, Finding, Item, Number
from affidavit.gap_ids import CHALLENGER_GAP, gap_id
from affidavit.holds import FINDING_PREFIX as HOLD
from affidavit.metric_names import canonical_metric
from affidavit.recompute.stability_report import reference_role
from affidavit.recompute.stage import main_role
from affidavit.reproduce.given_data import Absent
from affidavit.reproduce.record import NotRun
from affidavit.stability import CHARACTERISTIC, POPULATION

# Findings that look at the rows of several roles at once, or follow from numbers of several.
_OVER_ROLES: Final = (
    "recompute.overlap.", "recompute.suspicious.", "recompute.segment.", "recompute.logged.",
    "recompute.stability.",
)  # fmt: skip
CHALLENGER: Final = "challenger-model"
_SUITE: Final = "recompute.suite."
_STABILITY: Final = (POPULATION, CHARACTERISTIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What is not there of what the build had.

    Attributes:
        roles: dataset roles without their bytes, or without some of them.
        attributes: sensitive attributes whose protected table is not there.
        suites: roles whose expectation suite is not run: Great Expectations is not installed.
        is_model: whether files of the model are not there; then nothing can be run.
        is_challenger: whether files of the challenger are not there; then it is not compared.
        reference: the role that stability compares the others with.
        main: the role whose numbers are held against thresholds.
    """

    roles: frozenset[str]
    attributes: frozenset[str]
    suites: frozenset[str]
    is_model: bool
    is_challenger: bool
    reference: str
    main: str

    @property
    def is_any(self) -> bool:
        """Whether anything is not there."""
        return bool(self.roles or self.attributes or self.is_model)

    def needs_more(self, number: Number) -> bool:
        """Whether a number is of a role, or by an attribute, that is not there."""
        named = {*(number.group or {}), *(number.against or {}), *(number.attributes or ())}
        return number.role in self.roles or bool(named & self.attributes)

    def covers_report(self, name: str, role: str | None) -> bool:
        """Whether a whole report cannot be run."""
        if name == "stability" and self.reference in self.roles:
            return True
        return role in self.roles and name != "data"

    def covers_finding(self, finding: Finding, config: Config) -> bool:
        """Whether a finding follows from what is not there, so that it cannot be compared."""
        if self.suites and finding.id.startswith(_SUITE):
            return True
        if self.is_challenger and finding.id.startswith(CHALLENGER_GAP):
            return True
        if not self.is_any:
            return False
        # Of `recompute.<what>.<names>` the names alone: an attribute may be called like a what.
        words = f".{finding.id.replace('+', '.').partition('.')[2].partition('.')[2]}."
        if any(f".{name}." in words for name in self.roles | self.attributes):
            return True
        if self.roles and finding.id.startswith(_OVER_ROLES):
            return True
        return finding.id.startswith(HOLD) and self._covers_hold(finding, config)

    def _covers_hold(self, finding: Finding, config: Config) -> bool:
        """A threshold on the main role's numbers; of no group, it may mean those of any."""
        position = finding.id.removeprefix(HOLD).partition(".")[0]
        if self.main in self.roles or not position.isdigit():
            return True
        if not 0 < int(position) <= len(config.hold):
            return True
        hold = config.hold[int(position) - 1]
        if canonical_metric(hold.metric) in _STABILITY:
            return self.reference in self.roles
        if not self.attributes:
            return False
        return hold.group is None or bool(self.attributes & hold.group.keys())

    def own_gaps(self, config: Config) -> frozenset[str]:
        """Ids of the gaps that recomputing states only since a table is not there."""
        return frozenset(
            gap_id("sensitive", role, name) for role in config.datasets for name in self.attributes
        )


def lacking_of(absent: Sequence[Absent], evidence: Evidence, config: Config) -> Lacking:
    """What cannot be run without some items."""
    roles = {a.item.role for a in absent if a.item.kind == "dataset"}
    tables = {a.item.role for a in absent if a.item.kind == "protected-table"}
    known = [r for r in config.datasets if evidence.of_kind("dataset", r)]
    return Lacking(
        roles=frozenset(r for r in roles if r is not None),
        attributes=frozenset(n for n, s in config.sensitive.items() if s.table in tables),
        suites=_suites_not_run(evidence),
        is_model=any(a.item.kind == "model" for a in absent),
        is_challenger=any(a.item.kind == CHALLENGER for a in absent),
        reference=reference_role(known) if known else "",
        main=main_role(known) if known else "",
    )


def _suites_not_run(evidence: Evidence) -> frozenset[str]:
    if find_spec("great_expectations") is not None:
        return frozenset()
    return frozenset(i.role or "" for i in evidence.of_kind("source") if _is_suite(i))


def _is_suite(item: Item) -> bool:
    return item.path.startswith(f"{SUITES}/")


def without(evidence: Evidence, lacking: Lacking, absent: Sequence[Absent]) -> Evidence:
    """The record without what is not there: half a snapshot would look like the whole."""
    gone = {a.item.path for a in absent}
    kept = (
        i
        for i in evidence.items
        if i.path not in gone
        and not (i.kind == "dataset" and i.role in lacking.roles)
        and not (_is_suite(i) and lacking.suites)
        and not (i.kind == CHALLENGER and lacking.is_challenger)
    )
    return evidence.model_copy(update={"items": tuple(kept)})


def not_run_of(absent: Sequence[Absent], lacking: Lacking, config: Config) -> Iterable[NotRun]:
    """What that means for the numbers, one line for each role, table and model."""
    if lacking.suites:
        yield NotRun(
            what=f"expectation suites of {', '.join(sorted(lacking.suites))}",
            why="great-expectations is not installed",
            fix="pip install 'affidavit[expectations]'",
        )
    seen: set[tuple[str, str | None]] = set()
    for one in absent:
        key = (one.item.kind, one.item.role)
        if key in seen:
            continue
        seen.add(key)
        yield NotRun(what=_what(one, lacking, config), why=one.why, fix=one.fix)


def _what(absent: Absent, lacking: Lacking, config: Config) -> str:
    item = absent.item
    if item.kind == "model":
        return f"everything: {item.path} is a file of the model"
    if item.kind == CHALLENGER:
        return "the comparison with the challenger"
    if item.kind == "protected-table":
        names = [n for n in sorted(lacking.attributes) if config.sensitive[n].table == item.role]
        return f"numbers by {', '.join(names)}" if names else f"the table {item.role}"
    more = ", and all stability" if item.role == lacking.reference else ""
    return f"numbers of the role {item.role}{more}"
