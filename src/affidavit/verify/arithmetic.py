"""Arithmetic: every rate of a report derived again from the counts that travel with it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from affidavit.bundle.canonical import SIGNIFICANT_DIGITS, rounded
from affidavit.bundle.layout import CONFIG, COUNTS
from affidavit.counts import UNKNOWN_LABEL, CountTable
from affidavit.errors import BundleError
from affidavit.evidence import CountSpec, Number, Record, Report
from affidavit.rates import derive, read_counts
from affidavit.verify.checks import UPDATE, Fault, Ledger
from affidavit.verify.configuration import spec_faults
from affidavit.verify.files import DigestDiffers, SignedFiles
from affidavit.verify.predictions import check_predictions
from affidavit.verify.records import Records
from affidavit.verify.stated import stated_faults

_COUNTS_LIMIT: Final = 16 * 1024 * 1024
# Cells once an attribute, and about a hundred cells' worth for the numbers of a group: some ten
# seconds. A hostile table must not hang a reader.
_MAX_WORK: Final = 2_000_000
_WORK_A_GROUP: Final = 100
_CANCELLED: Final = Decimal("1e-15")


class Arithmetic(Record):
    """How many numbers follow from counts, and which do not come from counts."""

    followed: int
    others: tuple[str, ...]


def check_arithmetic(files: SignedFiles, records: Records, ledger: Ledger) -> Arithmetic:
    """Derive every number that says it comes from counts, for each dataset role."""
    followed, clean = 0, True
    for fault in stated_faults(records.reports):
        clean = False
        ledger.failed("arithmetic", fault)
    roles = {r.role for r in records.reports.values() if _from_counts(r)}
    for role in sorted(roles | _counted_roles(files)):
        reports = {p: r for p, r in records.reports.items() if r.role == role}
        table = _read_table(files, role, reports, ledger)
        if table is None:
            clean = False
            continue
        faults = list(_number_faults(reports, table))
        clean = clean and not faults
        for fault in faults:
            ledger.failed("arithmetic", fault)
        wrong = {f.what.partition(":")[0] for f in faults}
        followed += sum(n.id not in wrong for r in reports.values() for n in _from_counts(r))
        _check_table(files, role, reports, table, ledger)
    if clean:
        ledger.passed("arithmetic", "rates follow from their counts", found=f"{followed} numbers")
    others = (n.id for r in records.reports.values() for n in r.numbers if n.source == "scores")
    return Arithmetic(followed=followed, others=tuple(sorted(others)))


def _from_counts(report: Report) -> tuple[Number, ...]:
    return tuple(n for n in report.numbers if n.source == "counts")


def _counted_roles(files: SignedFiles) -> set[str]:
    prefix, suffix = COUNTS + "/", ".csv"
    return {p[len(prefix) : -len(suffix)] for p in files.paths(COUNTS, suffix)}


def _read_table(
    files: SignedFiles, role: str, reports: dict[str, Report], ledger: Ledger
) -> CountTable | None:
    """The counts of a role, read as its reports say; None, with the check that says why not."""
    path = f"{COUNTS}/{role}.csv"
    specs = [r.counts for r in reports.values() if r.counts is not None]
    if not specs:
        ledger.failed("arithmetic", Fault(
            f"no report says how {path} is to be read, so no number of {role} follows", path,
            "a report with counts", "none",
        ))  # fmt: skip
        return None
    for other in specs[1:]:
        if other != specs[0]:
            ledger.failed("count-spec", Fault(
                f"two reports read {path} differently", path, str(specs[0]), str(other)
            ))  # fmt: skip
    if specs[0].role != role:
        ledger.failed("count-spec", Fault(
            "a report reads the counts of another role", path, role, specs[0].role
        ))  # fmt: skip
        return None
    return _parsed(files, path, specs[0], ledger)


def _parsed(files: SignedFiles, path: str, spec: CountSpec, ledger: Ledger) -> CountTable | None:
    try:
        table = read_counts(files.read(path, _COUNTS_LIMIT), spec)
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run("arithmetic", "the counts are not those that were signed", path=path)
        return None
    except BundleError as error:
        ledger.failed("arithmetic", Fault(str(error), path))
        return None
    values = [len(table.values_of(i)) for i in range(len(spec.attributes))]
    if len(table.rows) * (len(values) + 1) + _WORK_A_GROUP * sum(values) > _MAX_WORK:
        ledger.not_run(
            "arithmetic",
            f"{path}: {len(table.rows)} cells in {sum(values)} groups are more than are derived",
            path=path, fix=UPDATE,
        )  # fmt: skip
        return None
    return table


def _number_faults(reports: dict[str, Report], table: CountTable) -> Iterator[Fault]:
    derived = {n.id: n for n in derive(table)}
    stated: set[str] = set()
    for path, report in reports.items():
        seen: set[str] = set()
        for number in report.numbers:
            if number.id in seen:
                yield Fault(f"{number.id}: stands twice in one report", path, "once", "twice")
            seen.add(number.id)
        for number in _from_counts(report):
            stated.add(number.id)
            expected = derived.get(number.id)
            if expected is None:
                yield Fault(
                    f"{number.id}: no count gives this number", path, "none", _shown(number.value)
                )
            else:
                yield from _differences(path, expected, number)
    yield from _second_faults(reports, derived)
    home = next(iter(reports))
    for number_id in derived.keys() - stated:
        yield Fault(
            f"{number_id}: follows from the counts and no report states it", home,
            _shown(derived[number_id].value), "not stated",
        )  # fmt: skip


def _second_faults(reports: dict[str, Report], derived: dict[str, Number]) -> Iterator[Fault]:
    """Numbers from elsewhere under the id, or the meaning, of one that the counts give."""
    meant = {_meaning(n): n for n in derived.values()}
    for path, report in reports.items():
        for number in report.numbers:
            if number.source == "counts":
                continue
            ours = derived.get(number.id) or meant.get(_meaning(number))
            if ours is not None:
                yield Fault(
                    f"{number.id}: is a second value of {ours.id}, which the counts give", path,
                    _shown(ours.value), _shown(number.value),
                )  # fmt: skip


Meaning = tuple[str, str, str, str, str, str]


def _meaning(number: Number) -> Meaning:
    return (
        number.id.partition("/")[0], number.metric, number.role, str(number.group),
        str(number.against), str(number.attributes),
    )  # fmt: skip


def _differences(path: str, expected: Number, number: Number) -> Iterator[Fault]:
    for name in ("value", "low", "high"):
        ours, theirs = getattr(expected, name), getattr(number, name)
        if not is_near(ours, theirs):
            yield Fault(
                f"{number.id}: {name} does not follow from the counts", path,
                _shown(ours), _shown(theirs),
            )  # fmt: skip
    for name in ("n", "metric", "role", "group", "against", "attributes", "level", "method"):
        ours, theirs = getattr(expected, name), getattr(number, name)
        if ours != theirs:
            yield Fault(
                f"{number.id}: {name} is not what the counts give", path, str(ours), str(theirs)
            )


def is_near(ours: float | None, theirs: float | None) -> bool:
    """Equal to one unit in the twelfth significant digit; undefined equals only undefined.

    Near 0, where rates of size 1 cancel out, digits mean nothing: there 1e-15 is allowed.
    """
    if ours is None or theirs is None:
        return ours is theirs
    a, b = Decimal(repr(rounded(ours))), Decimal(repr(theirs))
    if a == b:
        return True
    larger = max(abs(a), abs(b))
    unit = Decimal(1).scaleb(larger.adjusted() - SIGNIFICANT_DIGITS + 1)
    return abs(a - b) <= max(unit, _CANCELLED)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else repr(rounded(value))


def _check_table(
    files: SignedFiles, role: str, reports: dict[str, Report], table: CountTable, ledger: Ledger
) -> None:
    """Rows add up to the report's, labels are read as configured, and predictions tally."""
    path = f"{COUNTS}/{role}.csv"
    ledger.run("count-sum", f"{path} adds up to the rows", _sum_faults(path, reports, table))
    if CONFIG in files:
        ledger.run(
            "count-spec", f"{path} is read as {CONFIG} says",
            spec_faults(files, path, table.spec),
        )  # fmt: skip
    check_predictions(files, role, table, ledger)


def _sum_faults(path: str, reports: dict[str, Report], table: CountTable) -> Iterator[Fault]:
    rows = sum(c.n for c in table.rows)
    labelled = sum(c.n for c in table.rows if c.label != UNKNOWN_LABEL)
    for where, report in reports.items():
        if report.counts is None:
            continue
        if (report.n_rows, report.n_labelled) != (rows, labelled):
            yield Fault(
                f"{where} speaks of other rows than {path}", where,
                f"{rows} rows, {labelled} labelled",
                f"{report.n_rows} rows, {report.n_labelled} labelled",
            )  # fmt: skip
