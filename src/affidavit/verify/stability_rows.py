"""Whether stability is shown for every role and period, and of whose rows.

The indices follow from their bins (`stability`); here the bins are held against the other reports:
the reference is one whole role, or a role's first period, and no period is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from affidavit.bundle.layout import CONFIG
from affidavit.config import Config
from affidavit.evidence import Report
from affidavit.metric_names import is_training_role
from affidavit.places import PERIOD, UNKNOWN_GROUPS
from affidavit.stability import stability_id
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable


def shown_faults(
    config: Config,
    reports: Mapping[str, Report],
    tables: Sequence[NamedTable],
    gaps: Collection[str],
) -> Iterator[Fault]:
    """Roles and periods without their index, and references of other rows than they are.

    Args:
        config: in force; its roles in order.
        reports: by path.
        tables: all count tables; those of segments say which periods there are.
        gaps: ids of the gaps on record.
    """
    rows = {r.role: r.n_rows for r in reports.values() if r.name == "performance"}
    roles = [r for r in config.datasets if r in rows]
    if not roles:
        return
    base = next((r for r in roles if is_training_role(r)), roles[0])
    shown = {r.role: (path, r) for path, r in reports.items() if r.name == "stability"}
    for role in roles:
        periods = _periods(config, role, tables) if f"recompute.periods.{role}" not in gaps else {}
        first = min(periods, key=_in_time) if role == base and periods else ""
        wanted = {p for p in periods if p != first} if len(periods) > 1 or role != base else set()
        asked = {stability_id(role, "", p): periods[p] for p in wanted}
        if role != base:
            asked[stability_id(role, "", "")] = rows[role]
        path, report = shown.get(role, (CONFIG, None))
        stated = {n.id: n for n in report.numbers} if report is not None else {}
        for number_id, n in sorted(asked.items()):
            number = stated.get(number_id)
            if number is None:
                yield Fault(f"{number_id}: is not stated", path, f"an index of {n} rows", "none")
            elif number.n != n:
                yield Fault(
                    f"{number_id}: is of other rows than the counts", path, str(n), str(number.n)
                )
        reference = rows[base] if role != base else periods.get(first)
        if report is not None and reference is not None:
            yield from _reference_faults(path, report, reference)


def _reference_faults(path: str, report: Report, rows: int) -> Iterator[Fault]:
    for bins in report.bins:
        if sum(bins.reference) != rows:
            yield Fault(
                f"{bins.number}: its reference is not the rows that it is compared with", path,
                f"{rows} rows", f"{sum(bins.reference)} rows",
            )  # fmt: skip


def _periods(config: Config, role: str, tables: Sequence[NamedTable]) -> Counter[str]:
    """The rows of each period that is counted; none of a regression, which is not counted."""
    found: Counter[str] = Counter()
    for table in tables if config.time is not None else ():
        names = [a.name for a in table.spec.attributes]
        if table.spec.table == "segments" and table.spec.role == role and PERIOD in names:
            at = names.index(PERIOD)
            for cell in table.table.rows:
                found[cell.groups[at]] += cell.n
    return found


def _in_time(name: str) -> tuple[bool, str]:
    """Periods in order; rows without a date last."""
    return name in UNKNOWN_GROUPS, name
