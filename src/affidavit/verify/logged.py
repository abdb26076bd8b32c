"""The verdicts on logged metrics, derived again from metrics.json and the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from affidavit.config import Config
from affidavit.evidence import Logged
from affidavit.logged_judging import Judged, judge
from affidavit.logged_meaning import Names
from affidavit.logged_metrics import (
    FINDING_PREFIX,
    LOGGED_REPORTS,
    METRICS,
    LoggedMetric,
    Placing,
    close,
    finding,
    latest,
)
from affidavit.metric_names import read_key
from affidavit.run_record import MetricsFile
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records
from affidavit.verify.thresholds import finding_faults


def logged_faults(records: Records, config: Config) -> Iterator[Fault]:
    """Where `logged` of the reports, metrics.json and the findings are not one story."""
    main = records.main_report
    home = next((p for p, r in records.reports.items() if r is main), "")
    for path, report in records.reports.items():
        if report.logged and path != home:
            yield Fault(
                f"{path} holds logged metrics, which belong into the main role's report", path,
                "none", str(len(report.logged)),
            )  # fmt: skip
    if main is None:
        return
    metrics = _latest(records.metrics)
    missing = list(_listing_faults(metrics, main.logged, home))
    yield from missing
    if not missing:
        judge = _Judge(records, config, main.role)
        for metric, logged in zip(metrics, main.logged, strict=True):
            yield from judge.faults(metric, logged, home)
    expected = [
        finding(one, position, home)
        for position, one in enumerate(main.logged, 1)
        if one.verdict == "different"
    ]
    yield from finding_faults(expected, records.evidence.findings, FINDING_PREFIX)


def _latest(said: MetricsFile | None) -> tuple[LoggedMetric, ...]:
    return latest(
        LoggedMetric(
            key=m.key, value=m.value, step=m.step, dataset=m.dataset_name or None,
            digest=m.dataset_digest or None,
        )
        for m in (said.metrics if said else ())
    )  # fmt: skip


def _listing_faults(
    metrics: tuple[LoggedMetric, ...], logged: tuple[Logged, ...], path: str
) -> Iterator[Fault]:
    """The report has the metrics of metrics.json, each with its value, in their order."""
    was, now = [(m.key, m.value) for m in metrics], [(m.key, m.value) for m in logged]
    absent, extra = Counter(was) - Counter(now), Counter(now) - Counter(was)
    for key in sorted({key for key, _ in (*absent, *extra)}):
        yield Fault(
            f"{key}: {METRICS} and the report disagree on what was logged", path,
            _values(absent, key), _values(extra, key),
        )  # fmt: skip
    if not absent and not extra and was != now:
        yield Fault(f"logged metrics are not in the order of {METRICS}", path, "by key", "another")


def _values(rows: Counter[tuple[str, float | str]], key: str) -> str:
    return ", ".join(str(value) for k, value in rows.elements() if k == key) or "not logged"


class _Judge:
    """Derives one verdict after another, as recompute does, from numbers in place of rows."""

    def __init__(self, records: Records, config: Config, main: str) -> None:
        roles = {r.role for r in records.reports.values() if r.name == "performance"}
        paths = {role: dataset.path for role, dataset in config.datasets.items()}
        self._placing = Placing(paths, roles, main, records.evidence)
        self._names = {role: Names(records.of_role(role, LOGGED_REPORTS), config) for role in roles}

    def faults(self, metric: LoggedMetric, logged: Logged, path: str) -> Iterator[Fault]:
        key = read_key(metric.key)
        role, is_sure, _ = self._placing.role_of(metric, key.roles)
        dataset = metric.dataset or (role if is_sure else None)
        if logged.dataset != dataset:
            yield Fault(
                f"{logged.key}: the report and {METRICS} disagree on its rows", path, str(dataset),
                str(logged.dataset),
            )  # fmt: skip
        names = self._names.get(role or "")
        found = None if names is None else judge(metric.value, key, metric.key, names)
        expected = _verdict(found, is_sure=is_sure)
        if logged.verdict != expected:
            yield Fault(
                f"{logged.key}: the verdict does not follow from {logged.value} (logged) and "
                f"{logged.recomputed} (recomputed)", path, expected, logged.verdict,
            )  # fmt: skip
            return
        yield from _value_faults(logged, found, path)
        if found is not None and found.how is not None and (logged.reason or "") != found.how:
            yield Fault(
                f"{logged.key}: the report says otherwise how it is equal", path,
                found.how or "plainly", str(logged.reason),
            )  # fmt: skip


def _verdict(found: Judged | None, *, is_sure: bool) -> str:
    if found is None or found.recomputed is None:
        return "not-recomputable"
    if found.how is not None:
        return "equal"
    return "different" if is_sure and not found.reason else "not-recomputable"


def _value_faults(logged: Logged, found: Judged | None, path: str) -> Iterator[Fault]:
    """The number and the value that the report holds it against are those that it means."""
    number, value = (None, None) if found is None else (found.number, found.recomputed)
    if logged.verdict == "not-recomputable":
        number, value = None, None
    expected = None if number is None else number.id
    is_ours = logged.recomputed == value
    if number is None and value is not None and logged.recomputed is not None:
        is_ours = close(logged.recomputed, value)  # an average, of rounded counts here
    if logged.number != expected or not is_ours:
        yield Fault(
            f"{logged.key}: recomputed value and {expected or 'what follows'} differ", path,
            f"{expected} {value}", f"{logged.number} {logged.recomputed}",
        )  # fmt: skip
