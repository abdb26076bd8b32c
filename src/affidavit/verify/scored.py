"""Numbers from scores: each that is asked for stands there once, at its place, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from affidavit.bundle.layout import CONFIG
from affidavit.config import Config
from affidavit.evidence import Number, Report
from affidavit.places import PERIOD, Groups, Place, Values
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.records import Records
from affidavit.verify.score_shapes import (
    Asked,
    Cut,
    Part,
    counted_cuts,
    group_numbers,
    segment_numbers,
    whole_numbers,
)
from affidavit.verify.score_values import value_faults


def check_scored(records: Records, tables: Sequence[NamedTable], ledger: Ledger) -> None:
    """Hold the form of every number from scores against configuration and counts.

    Args:
        records: of the bundle.
        tables: all of its count tables.
        ledger: gains the check `scores`.
    """
    faults: list[Fault] = []
    read = {path: table for table in tables for path in table.reports}
    for path, report in records.reports.items():
        faults += value_faults(path, report)
        if records.config is not None:
            classes = _scored_classes(records, report.role)
            faults += _form_faults(path, report, records.config, read.get(path), classes)
    if records.reports:
        ledger.run("scores", "numbers from scores are those that are asked for", faults)


def _scored_classes(records: Records, role: str) -> frozenset[str]:
    """The classes of which the role's performance report states an area: that have scores."""
    return frozenset(
        n.label for r in records.reports.values() if (r.name, r.role) == ("performance", role)
        for n in r.numbers if n.metric == "roc_auc" and n.label is not None
    )  # fmt: skip


def _form_faults(
    path: str,
    report: Report,
    config: Config,
    table: NamedTable | None,
    classes: frozenset[str],
) -> Iterator[Fault]:
    if config.task != "regression" and table is None and report.counts is not None:
        return  # counts that could not be read: that has its own check
    stated = [n for n in report.numbers if n.source == "scores"]
    asked = {a.place.number_id(a.metric): a for a in _asked(report, config, table, stated, classes)}
    if report.name == "performance" and config.task == "multiclass":
        asked |= _of_classes(report, stated, table)
    yield from _sum_faults(path, report, config)
    for number_id, times in Counter(n.id for n in stated).items():
        if times > 1:
            yield Fault(f"{number_id}: stands twice in one report", path, "once", "twice")
    for number in stated:
        if number.id not in asked:
            yield Fault(
                f"{number.id}: no such number is computed from scores", path, "none",
                str(number.value),
            )  # fmt: skip
        else:
            yield from _differences(path, asked[number.id], number)
    for number_id in sorted(asked.keys() - {n.id for n in stated}):
        yield Fault(
            f"{number_id}: is computed from scores and no report states it", path,
            "a value, or the reason why there is none", "not stated",
        )  # fmt: skip


def _asked(
    report: Report, config: Config, table: NamedTable | None, stated: Sequence[Number],
    classes: frozenset[str],
) -> Iterable[Asked]:  # fmt: skip
    of_errors = config.task == "regression"
    if report.name == "performance":
        return whole_numbers(report, config, table)
    if report.name not in ("fairness", "segments"):
        return ()
    if config.task == "multiclass":
        if report.name == "segments":
            return segment_numbers(report, _cuts(table) if classes else (), of_errors=False,
                                   of_classes=True)  # fmt: skip
        has_scores = config.label.favourable in classes
        return group_numbers(report, _cuts(table) if has_scores else (), of_errors=False)
    cuts = _stated_cuts(report, config, stated) if of_errors else _cuts(table)
    compute = group_numbers if report.name == "fairness" else segment_numbers
    return compute(report, cuts, of_errors=of_errors)


def _cuts(table: NamedTable | None) -> tuple[Cut, ...]:
    return () if table is None else counted_cuts(table)


def _of_classes(
    report: Report, stated: Sequence[Number], table: NamedTable | None
) -> dict[str, Asked]:
    """The area of each class against the rest: of every class that is decided, if of any."""
    on = Place(kind=report.name, role=report.role)
    named = {n.label for n in stated if n.metric == "roc_auc" and n.label is not None}
    if named and table is not None:
        named |= {c.decision for c in table.table.rows}
    asked = (
        Asked(metric="roc_auc", place=on.at(f"class={name}", label=name), n=report.n_labelled)
        for name in sorted(named)
    )
    return {a.place.number_id(a.metric): a for a in asked}


def _sets(report: Report, config: Config) -> tuple[Values, ...]:
    """What a report of a regression may be divided by."""
    if report.name == "segments":
        period = (PERIOD,) if config.time is not None else ()
        return tuple((name,) for name in (*sorted(config.segments), *period))
    return (*((name,) for name in sorted(config.sensitive)), *config.fairness.intersections)


def _stated_cuts(report: Report, config: Config, stated: Sequence[Number]) -> tuple[Cut, ...]:
    """A regression has no counts: its groups are those of which it states the error."""
    cuts = []
    for names in _sets(report, config):
        known = {n: config.sensitive.get(n) for n in names}
        references = tuple(a.reference if a is not None else None for a in known.values())
        whole = tuple(r for r in references if r is not None)
        reference = whole if len(whole) == len(names) else None
        parts = {
            tuple(n.group[name] for name in names): Part(
                n=_rows(stated, n.group), labelled=n.n
            )
            for n in stated
            if n.metric == "mae" and n.group is not None and set(n.group) == set(names)
        }  # fmt: skip
        if parts:
            cuts.append(Cut(groups=Groups(names=names, reference=reference), parts=parts))
    return tuple(cuts)


def _rows(stated: Sequence[Number], group: Mapping[str, str]) -> int:
    return next((n.n for n in stated if n.metric == "count" and n.group == group), 0)


def _sum_faults(path: str, report: Report, config: Config) -> Iterator[Fault]:
    """The groups of a regression hold all rows; those of other tasks are counted."""
    if config.task != "regression" or report.name not in ("fairness", "segments"):
        return
    for names in _sets(report, config):
        for metric, rows in (("count", report.n_rows), ("mae", report.n_labelled)):
            found = [
                n.n for n in report.numbers
                if n.metric == metric and n.group is not None and set(n.group) == set(names)
            ]  # fmt: skip
            if found and sum(found) != rows:
                yield Fault(
                    f"{path}: the groups by {' and '.join(names)} hold other rows than the role",
                    path, f"{rows} rows", f"{sum(found)} rows",
                )  # fmt: skip


def _differences(path: str, asked: Asked, number: Number) -> Iterator[Fault]:
    at = asked.place
    meant = {
        "metric": asked.metric, "role": at.role, "label": at.label, "n": asked.n,
        "group": None if at.group is None else dict(at.group),
        "against": None if at.against is None else dict(at.against), "attributes": at.attributes,
    }  # fmt: skip
    for name, ours in meant.items():
        theirs = getattr(number, name)
        if ours != theirs:
            yield Fault(
                f"{number.id}: {name} is not what {CONFIG} and the counts give", path, str(ours),
                str(theirs),
            )  # fmt: skip
    if asked.has_both is not None and asked.has_both != (number.value is not None):
        yield Fault(
            f"{number.id}: is {'un' if number.value is None else ''}defined, against the labels "
            "of its rows", path, "both labels" if asked.has_both else "not both labels",
            str(number.value),
        )  # fmt: skip
