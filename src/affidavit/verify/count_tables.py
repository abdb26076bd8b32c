"""The count tables of a bundle, each found through the reports that name it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.layout import COUNTS
from affidavit.counts import CountTable, read_counts
from affidavit.errors import BundleError
from affidavit.evidence import CountSpec, Report
from affidavit.verify.checks import UPDATE, Fault, Ledger
from affidavit.verify.files import DigestDiffers, SignedFiles

COUNTS_LIMIT: Final = 16 * 1024 * 1024
# A cell once an attribute or intersection, and what a group and a class take on top, in cells: some
# ten seconds. A hostile table must not hang a reader.
MAX_WORK: Final = 4_000_000
_WORK_A_GROUP: Final = 600
_WORK_A_CLASS: Final = 20
# What chance alone would give takes its time by the sizes of groups, of which 16 are told apart.
_WORK_A_SIZE: Final = 4_000
_MOST_SIZES: Final = 16
_WORK_AN_EXACT_GROUP: Final = 2_000  # intervals of Clopper and Pearson, at any number of rows
_MOST_ATTRIBUTES: Final = 64
_MOST_INTERSECTIONS: Final = 64
_MAX_SHOWN: Final = 20
# Tables of a challenger, which its own check reads.
AGREEMENT: Final = re.compile(rf"{COUNTS}/[^./]+\.challenger\.csv")
_READS: Final = {
    "performance": "main", "fairness": "main", "final": "final", "segments": "segments",
    "estimated": "estimated",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTable:
    """A count table, and the reports that are read with it, by path."""

    path: str
    table: CountTable
    reports: Mapping[str, Report]

    @property
    def spec(self) -> CountSpec:
        return self.table.spec


def read_tables(
    files: SignedFiles, reports: Mapping[str, Report], ledger: Ledger
) -> tuple[NamedTable, ...] | None:
    """Every count table; None, with the checks that say why, unless all of them could be read."""
    is_whole = True
    named: dict[str, dict[str, Report]] = {}
    for path, report in reports.items():
        faults = list(_form_faults(path, report))
        for fault in faults:
            is_whole = False
            ledger.failed("count-spec", fault)
        if report.counts is not None and not faults:
            named.setdefault(f"{COUNTS}/{report.counts.file}", {})[path] = report
    for fault in _unnamed_faults(files, reports, set(named)):
        is_whole = False
        ledger.failed("arithmetic", fault)
    tables = [_read(files, path, named[path], ledger) for path in sorted(named)]
    found = tuple(t for t in tables if t is not None)
    return found if is_whole and len(found) == len(tables) else None


def _form_faults(path: str, report: Report) -> Iterator[Fault]:
    """A specification that no table of this report can have."""
    spec = report.counts
    if spec is None:
        if any(n.source == "counts" for n in report.numbers):
            yield Fault(
                f"{path} has numbers from counts and does not say which", path, "counts", "none"
            )
        return
    if _READS.get(report.name) != spec.table:
        yield Fault(
            f"{path} reads counts that are another report's", path,
            _READS.get(report.name, "no counts"), spec.table,
        )  # fmt: skip
    if spec.role != report.role:
        yield Fault(f"{path} reads the counts of another role", path, report.role, spec.role)
    names = [a.name for a in spec.attributes]
    for what, most, found in (
        ("attributes", _MOST_ATTRIBUTES, len(names)),
        ("intersections", _MOST_INTERSECTIONS, len(spec.intersections)),
    ):
        if found > most:
            yield Fault(f"{path} counts too many {what}", path, f"at most {most}", str(found))
            return
    if len(set(names)) != len(names):
        yield Fault(f"{path} counts an attribute twice", path, "each once", ", ".join(names))
    if spec.table == "estimated" and (len(names) != 1 or not spec.weighted):
        yield Fault(
            f"{path} counts no estimate", path, "one attribute, weighted",
            f"{len(names)} attributes, {'' if spec.weighted else 'not '}weighted",
        )  # fmt: skip
    for together in spec.intersections:
        if not 2 <= len(set(together)) == len(together) or set(together) - set(names):
            yield Fault(
                f"{path} counts an intersection of other attributes than it has", path,
                ", ".join(names), ", ".join(together),
            )  # fmt: skip
    if len({frozenset(t) for t in spec.intersections}) != len(spec.intersections):
        yield Fault(f"{path} counts an intersection twice", path, "each once", "twice")
    if spec.effective and spec.unit is None:
        yield Fault(
            f"{path} states effective rows without a unit", path, "a unit",
            f"{len(spec.effective)} effective numbers of rows",
        )  # fmt: skip
    yield from _place_faults(path, spec)


def _place_faults(path: str, spec: CountSpec) -> Iterator[Fault]:
    """Effective rows of groups that no partition has: each would be one more to count."""
    places = {frozenset[str](), *(frozenset((a.name,)) for a in spec.attributes)}
    places |= {frozenset(together) for together in spec.intersections}
    foreign = sorted({
        tuple(sorted(e.group or {})) for e in spec.effective
        if frozenset(e.group or {}) not in places
    })  # fmt: skip
    for names in foreign[:_MAX_SHOWN]:
        yield Fault(
            f"{path} states effective rows by {' and '.join(names)}, which it does not count "
            "together",
            path, "all rows, one attribute or a declared intersection", ", ".join(names),
        )  # fmt: skip
    if len(foreign) > _MAX_SHOWN:
        yield Fault(
            f"{path} states effective rows by {len(foreign) - _MAX_SHOWN} more that it does not "
            "count together",
            path, "none", str(len(foreign)),
        )  # fmt: skip


def _unnamed_faults(
    files: SignedFiles, reports: Mapping[str, Report], named: set[str]
) -> Iterator[Fault]:
    """Files in reports/counts/ that no report reads."""
    for path in files.paths(COUNTS, ""):
        if path not in named and not AGREEMENT.fullmatch(path):
            yield Fault(
                f"no report says how {path} is to be read", path, "a report with counts",
                f"{len(reports)} reports, none of which reads it",
            )  # fmt: skip


def _read(
    files: SignedFiles, path: str, reports: Mapping[str, Report], ledger: Ledger
) -> NamedTable | None:
    specs = [r.counts for r in reports.values() if r.counts is not None]
    for other in specs[1:]:
        if other != specs[0]:
            ledger.failed("count-spec", Fault(
                f"two reports read {path} differently", path, *_first_difference(specs[0], other)
            ))  # fmt: skip
    try:
        table = read_counts(files.read(path, COUNTS_LIMIT), specs[0])
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run("arithmetic", "the counts are not those that were signed", path=path)
        return None
    except BundleError as error:
        ledger.failed("arithmetic", Fault(str(error), path))
        return None
    if passes(table) > MAX_WORK or _work(table) > MAX_WORK:
        ledger.not_run(
            "arithmetic",
            f"{path}: {len(table.rows)} cells by {len(table.spec.attributes)} attributes and "
            f"{len(table.spec.intersections)} intersections are more than are derived",
            path=path, fix=UPDATE,
        )  # fmt: skip
        return None
    return NamedTable(path=path, table=table, reports=reports)


def _first_difference(one: CountSpec, other: CountSpec) -> tuple[str, str]:
    """The first field in which two specifications differ; their lists can be long."""
    for name in CountSpec.model_fields:
        ours, theirs = getattr(one, name), getattr(other, name)
        if ours != theirs:
            return f"{name} {str(ours)[:200]}", f"{name} {str(theirs)[:200]}"
    return "the same", "the same"


def passes(table: CountTable) -> int:
    """A step a cell, for all rows, each attribute and each intersection; what counting takes."""
    return len(table.rows) * (len(table.spec.attributes) + len(table.spec.intersections) + 1)


def _groups(table: CountTable) -> list[int]:
    """The groups of each attribute, then of each intersection."""
    attributes = table.spec.attributes
    places = {a.name: i for i, a in enumerate(attributes)}
    found = [len(table.values_of(i)) for i in range(len(attributes))]
    for names in table.spec.intersections:
        at = [places[n] for n in names]
        found.append(len({tuple(c.groups[i] for i in at) for c in table.rows}))
    return found


def _work(table: CountTable) -> int:
    """The steps that deriving takes, some 2.5 microseconds each."""
    spec, by_partition = table.spec, _groups(table)
    groups, classes = sum(by_partition), 0
    if spec.task == "multiclass":
        classes = len({name for c in table.rows for name in (c.label, c.decision)})
    by_class = classes * (groups + 1 if spec.table == "segments" else 1)
    a_group = _WORK_A_GROUP
    if spec.rates == "clopper-pearson":
        a_group += _WORK_AN_EXACT_GROUP
    sizes = sum(min(n, _MOST_SIZES) for n in by_partition)
    spreads = sizes if spec.table in ("main", "final") else 0
    return (
        passes(table) + a_group * groups + _WORK_A_SIZE * spreads + _WORK_A_CLASS * by_class
        + len(spec.effective)
    )  # fmt: skip
