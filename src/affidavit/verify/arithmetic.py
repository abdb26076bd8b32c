"""Arithmetic: every rate of a report derived again from the counts that travel with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from affidavit.bundle.canonical import SIGNIFICANT_DIGITS, rounded
from affidavit.bundle.layout import CONFIG
from affidavit.counts import CountTable
from affidavit.evidence import Number, Record, Report, Significance
from affidavit.rates import derive, effective_limits
from affidavit.verify.checks import UPDATE, Fault, Ledger, derivable, few
from affidavit.verify.claims import check_claims
from affidavit.verify.configuration import left_out_faults, spec_faults, uncounted_faults
from affidavit.verify.count_sums import sum_faults, together_faults
from affidavit.verify.count_tables import NamedTable, read_tables
from affidavit.verify.files import SignedFiles
from affidavit.verify.gaps import gap_ids_of
from affidavit.verify.prediction_rows import Asked, asked_of
from affidavit.verify.predictions import check_predictions
from affidavit.verify.records import Records
from affidavit.verify.stated import stated_faults
from affidavit.verify.threshold_table import Curve, check_threshold_table

_CANCELLED: Final = Decimal("1e-15")
_ROUNDED: Final = 1e-11  # effective rows are written to twelve digits
_MEASURED: Final = ("value", "low", "high", "expected")
_SAID: Final = (
    "n", "metric", "role", "label", "group", "against", "attributes", "level", "method",
)  # fmt: skip
_OF_TESTS: Final = ("p_value", "adjusted", "detectable_below", "detectable_above")


class Arithmetic(Record):
    """How many numbers follow from counts, and which do not come from counts.

    Attributes:
        explained: decisions and differences between groups whose attributions, reasons and parts
            add up.
    """

    followed: int
    others: tuple[str, ...]
    explained: int = 0


def check_arithmetic(files: SignedFiles, records: Records, ledger: Ledger) -> Arithmetic:
    """Derive every number that says it comes from counts, table by table."""
    followed, clean = 0, True
    for fault in stated_faults(records.reports):
        clean = False
        ledger.failed("arithmetic", fault)
    tables = read_tables(files, records.reports, ledger)
    for table in tables or ():
        faults = list(derivable(table.path, _table_faults(table)))
        clean = clean and not faults
        for fault in few(faults):
            ledger.failed("arithmetic", fault)
        followed += _followed(table, faults)
        ledger.run("count-sum", f"{table.path} adds up to the rows", sum_faults(table))
        _check_spec(files, records, table, ledger)
    if records.config is not None:
        ledger.run(
            "count-spec", "every dataset role has its report and its counts",
            uncounted_faults(records.config, records.evidence, tuple(records.reports.values())),
        )  # fmt: skip
    for role, of_role in _by_role(tables or ()).items():
        ledger.run(
            "count-sum", f"the counts of {role} are of the same rows", together_faults(of_role)
        )
        if records.config is not None:
            gaps = gap_ids_of(records.evidence)
            specs = [t.spec for t in of_role]
            ledger.run(
                "count-spec", f"the counts of {role} leave out nothing that is declared",
                left_out_faults(records.config, role, specs, gaps),
            )  # fmt: skip
        asked = _asked_of_rows(records, of_role)
        curve = _check_thresholds(files, records, of_role, ledger)
        check_predictions(
            files, role, _predicted(of_role), ledger,
            listed={i.path for i in records.evidence.items}, asked=asked, curve=curve,
        )  # fmt: skip
    if tables is not None:
        check_claims(files, records, tables, ledger)
    if clean and tables is not None:
        ledger.passed("arithmetic", "rates follow from their counts", found=f"{followed} numbers")
    others = (n.id for r in records.reports.values() for n in r.numbers if n.source == "scores")
    return Arithmetic(followed=followed, others=tuple(sorted(others)))


def _table_faults(table: NamedTable) -> Iterator[Fault]:
    yield from _effective_faults(table)
    yield from _number_faults(table)


def _followed(table: NamedTable, faults: Sequence[Fault]) -> int:
    """How many numbers follow; none where the table's could not be derived."""
    if any(f.path == table.path for f in faults):
        return 0
    wrong = {f.what.partition(": ")[0] for f in faults}
    return sum(n.id not in wrong for r in table.reports.values() for n in _from_counts(r))


def _from_counts(report: Report) -> tuple[Number, ...]:
    return tuple(n for n in report.numbers if n.source == "counts")


def _by_role(tables: Sequence[NamedTable]) -> dict[str, list[NamedTable]]:
    apart: dict[str, list[NamedTable]] = {}
    for table in tables:
        apart.setdefault(table.spec.role, []).append(table)
    return dict(sorted(apart.items()))


def _predicted(tables: Sequence[NamedTable]) -> dict[str, CountTable]:
    """The tables that the predictions tally with, by the column of their decision."""
    columns = {"main": "decision", "final": "final_decision"}
    return {columns[t.spec.table]: t.table for t in tables if t.spec.table in columns}


def _asked_of_rows(records: Records, tables: Sequence[NamedTable]) -> Asked | None:
    main = next((t for t in tables if t.spec.table == "main"), None)
    if main is None or records.config is None:
        return None
    report = next((r for r in main.reports.values() if r.name == "performance"), None)
    return None if report is None else asked_of(records.config, report, main.table)


def _check_thresholds(
    files: SignedFiles, records: Records, tables: Sequence[NamedTable], ledger: Ledger
) -> Curve | None:
    main = next((t for t in tables if t.spec.table == "main"), None)
    if main is None or records.config is None:
        return None
    return check_threshold_table(files, records.config, main, ledger)


def _check_spec(files: SignedFiles, records: Records, table: NamedTable, ledger: Ledger) -> None:
    """The counts are read as the configuration says, where there is one."""
    if CONFIG not in files:
        return
    if records.config is None:
        ledger.not_run(
            "count-spec", f"{CONFIG} cannot be read, so nothing says how {table.path} is to be",
            path=table.path, fix=UPDATE,
        )  # fmt: skip
        return
    ledger.run(
        "count-spec", f"{table.path} is read as {CONFIG} says",
        spec_faults(records.config, table.path, table.spec),
    )  # fmt: skip


def _effective_faults(table: NamedTable) -> Iterator[Fault]:
    """Effective rows that no rate can have: more of them would make its interval too narrow."""
    seen: set[str] = set()
    home = next(iter(table.reports))
    for entry, limit in effective_limits(table.table):
        what = f"{entry.metric} of {entry.event}, {dict(sorted((entry.group or {}).items()))}"
        if limit is None or entry.n > limit.n * (1 + _ROUNDED):
            yield Fault(
                f"{table.path}: the effective rows of {what} cannot be", home,
                "no such rate" if limit is None else f"at most {_shown(limit.n)}", _shown(entry.n),
            )  # fmt: skip
        elif entry.units > limit.units:
            yield Fault(
                f"{table.path}: the units of {what} cannot be", home, f"at most {limit.units}",
                str(entry.units),
            )  # fmt: skip
        if what in seen:
            yield Fault(f"{table.path}: the effective rows of {what} stand twice", home, "once",
                        "twice")  # fmt: skip
        seen.add(what)


def _number_faults(table: NamedTable) -> Iterator[Fault]:
    derived = {n.id: n for n in derive(table.table)}
    stated: set[str] = set()
    for path, report in table.reports.items():
        for number_id, times in Counter(n.id for n in report.numbers).items():
            if times > 1:
                yield Fault(f"{number_id}: stands twice in one report", path, "once", "twice")
        for number in _from_counts(report):
            stated.add(number.id)
            expected = derived.get(number.id)
            if expected is None or number.id.partition("/")[0] != report.name:
                yield Fault(
                    f"{number.id}: no count of this report gives this number", path, "none",
                    _shown(number.value),
                )  # fmt: skip
            else:
                yield from _differences(path, expected, number)
    yield from _second_faults(table.reports, derived)
    home = next(iter(table.reports))
    for number_id in sorted(derived.keys() - stated):
        yield Fault(
            f"{number_id}: follows from the counts and no report states it", home,
            _shown(derived[number_id].value), "not stated",
        )  # fmt: skip


def _second_faults(reports: Mapping[str, Report], derived: dict[str, Number]) -> Iterator[Fault]:
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


Meaning = tuple[str, ...]


def _meaning(number: Number) -> Meaning:
    return (
        number.id.partition("/")[0], number.metric, number.role, str(number.label),
        _sorted(number.group), _sorted(number.against), str(number.attributes),
    )  # fmt: skip


def _sorted(group: dict[str, str] | None) -> str:
    return str(None if group is None else sorted(group.items()))


def _differences(path: str, expected: Number, number: Number) -> Iterator[Fault]:
    for name in _MEASURED:
        ours, theirs = getattr(expected, name), getattr(number, name)
        if not is_near(ours, theirs):
            yield Fault(
                f"{number.id}: {name} does not follow from the counts", path,
                _shown(ours), _shown(theirs),
            )  # fmt: skip
    for name in _SAID:
        ours, theirs = getattr(expected, name), getattr(number, name)
        if ours != theirs:
            yield Fault(
                f"{number.id}: {name} is not what the counts give", path, str(ours), str(theirs)
            )
    if not _is_same_test(expected.significance, number.significance):
        yield Fault(
            f"{number.id}: significance does not follow from the counts", path,
            _told(expected.significance), _told(number.significance),
        )  # fmt: skip


def _is_same_test(ours: Significance | None, theirs: Significance | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    words = ("reason", "method", "family")
    return all(is_near(getattr(ours, f), getattr(theirs, f)) for f in _OF_TESTS) and all(
        getattr(ours, f) == getattr(theirs, f) for f in words
    )


def _told(test: Significance | None) -> str:
    """A test in words, its numbers as they are written."""
    if test is None:
        return "no test"
    numbers = [f"{name} {_shown(getattr(test, name))}" for name in _OF_TESTS]
    return ", ".join([*numbers, f"family {test.family}", test.method or str(test.reason)])


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
