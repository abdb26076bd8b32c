"""Every stability index derived again from the bins that stand beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.bundle.layout import REPORTS
from affidavit.evidence import Bins, Number, Report
from affidavit.places import PERIOD
from affidavit.stability import (
    CHARACTERISTIC,
    POPULATION,
    expected_stability,
    stability_id,
    stability_index,
)
from affidavit.verify.arithmetic import is_near
from affidavit.verify.checks import Fault, Ledger, derivable, few

_MEANT: Final = ("id", "metric", "role", "n")
_MAX_SHOWN: Final = 8
_ABSENT: Final = ("label", "against", "attributes", "low", "high", "level", "method")


def check_stability(reports: Mapping[str, Report], ledger: Ledger) -> None:
    """Hold the stability indices of all reports against their bins; nothing where there are none.

    Args:
        reports: by path.
        ledger: gains the check `stability`.
    """
    binned = [
        n.id for r in reports.values() for n in r.numbers if n.source == "bins"
    ] + [b.number for r in reports.values() for b in r.bins]  # fmt: skip
    if binned:
        ledger.run(
            "stability", "stability indices follow from their bins",
            list(few(list(derivable(REPORTS, stability_faults(reports))))),
            found=f"{len(set(binned))} numbers",
        )  # fmt: skip


def stability_faults(reports: Mapping[str, Report]) -> Iterator[Fault]:
    """Indices that do not follow, or have no bins; bins of no number, or of other rows."""
    largest = max((r.n_rows for r in reports.values()), default=0)
    for path, report in reports.items():
        numbers = {n.id: n for n in report.numbers if n.source == "bins"}
        for number_id, times in Counter(b.number for b in report.bins).items():
            if times > 1:
                yield Fault(f"{number_id}: has bins twice", path, "once", str(times))
        bins = {b.number: b for b in report.bins}
        for number in report.numbers:
            if number.source != "bins" and number.metric in (POPULATION, CHARACTERISTIC):
                yield Fault(f"{number.id}: does not come from bins", path, "bins", number.source)
        for number_id in sorted(numbers.keys() - bins.keys()):
            yield Fault(f"{number_id}: has no bins that it follows from", path, "bins", "none")
        for number_id in sorted(bins.keys() - numbers.keys()):
            yield Fault(f"{number_id}: has bins, and no number from them", path, "a number", "none")
        for number_id in sorted(numbers.keys() & bins.keys()):
            yield from _bins_faults(path, report, bins[number_id], numbers[number_id])
        yield from _sum_faults(path, numbers, bins)
        yield from _reference_faults(path, report, largest)


def _reference_faults(path: str, report: Report, largest: int) -> Iterator[Fault]:
    """Every row of the one reference is in a bin of each column."""
    sums = sorted({sum(b.reference) for b in report.bins})
    if len(sums) > 1 or sums[-1:] > [largest]:
        yield Fault(
            f"{path}: the reference of its bins is not the rows of one role", path,
            f"one number, at most {largest}", ", ".join(str(n) for n in sums[:_MAX_SHOWN]),
        )  # fmt: skip


def _bins_faults(path: str, report: Report, bins: Bins, number: Number) -> Iterator[Fault]:
    sizes = {len(bins.names), len(bins.reference), len(bins.found)}
    if len(sizes) > 1 or len(set(bins.names)) != len(bins.names):
        yield Fault(
            f"{number.id}: its bins are not as many as their names, each once", path,
            f"{len(set(bins.names))} names", f"{len(bins.reference)} and {len(bins.found)} counts",
        )  # fmt: skip
        return
    found = sum(bins.found)
    period = (number.group or {}).get(PERIOD, "")
    group = {PERIOD: period} if period else None
    if number.group != group:
        yield Fault(f"{number.id}: is of a group other than a period", path, str(group),
                    str(number.group))  # fmt: skip
    if found > report.n_rows or (not period and found != report.n_rows):
        yield Fault(
            f"{number.id}: its bins hold other rows than the report", path,
            f"{'at most ' if period else ''}{report.n_rows} rows", f"{found} rows",
        )  # fmt: skip
    yield from _number_faults(path, _derived(report.role, bins, period), number)


def _derived(role: str, bins: Bins, period: str) -> Number:
    return Number(
        id=stability_id(role, bins.column, period),
        metric=CHARACTERISTIC if bins.column else POPULATION, role=role, n=sum(bins.found),
        value=stability_index(bins.reference, bins.found),
        expected=expected_stability(bins.reference, bins.found), source="bins",
    )  # fmt: skip


def _number_faults(path: str, derived: Number, number: Number) -> Iterator[Fault]:
    for name in ("value", "expected"):
        ours, theirs = getattr(derived, name), getattr(number, name)
        if not is_near(ours, theirs):
            yield Fault(
                f"{number.id}: {name} does not follow from the bins", path, _shown(ours),
                _shown(theirs),
            )  # fmt: skip
    for name in _MEANT:
        ours, theirs = getattr(derived, name), getattr(number, name)
        if ours != theirs:
            yield Fault(
                f"{number.id}: {name} is not what the bins give", path, str(ours), str(theirs)
            )
    said = [n for n in (*_ABSENT, "significance") if getattr(number, n) is not None]
    if said:
        yield Fault(f"{number.id}: has what no index has", path, "none", ", ".join(said))


def _sum_faults(
    path: str, numbers: Mapping[str, Number], bins: Mapping[str, Bins]
) -> Iterator[Fault]:
    """The periods of a column against all its rows: they add up, bin by bin."""
    whole = {b.column: b for i, b in bins.items() if i in numbers and not numbers[i].group}
    parts: dict[str, list[Bins]] = {}
    for number_id, part in bins.items():
        if number_id in numbers and numbers[number_id].group:
            parts.setdefault(part.column, []).append(part)
    for column in sorted(parts.keys() & whole.keys()):
        of_all = whole[column]
        for part in parts[column]:
            if (part.names, part.reference) != (of_all.names, of_all.reference):
                yield Fault(
                    f"{part.number}: has other bins than {of_all.number}", path,
                    "the same names and reference", "others",
                )  # fmt: skip
        added = tuple(
            sum(counts) for counts in zip(*(p.found for p in parts[column]), strict=False)
        )
        if added != of_all.found:
            yield Fault(
                f"{of_all.number}: its periods do not add up to it", path,
                f"{sum(of_all.found)} rows", f"{sum(added)} rows",
            )  # fmt: skip


def _shown(value: float | None) -> str:
    return "undefined" if value is None else repr(rounded(value))
