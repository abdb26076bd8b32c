"""The verdicts on logged metrics, derived again from metrics.json and the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from affidavit.config import Config
from affidavit.evidence import Logged, Number
from affidavit.logged_metrics import (
    FINDING_PREFIX,
    LOGGED_REPORTS,
    MACRO,
    METRICS,
    WEIGHTED,
    LoggedMetric,
    Placing,
    agreement,
    averages,
    class_numbers_of,
    close,
    finding,
    latest,
    numbers_of,
    which,
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
        self._numbers = {role: records.of_role(role, LOGGED_REPORTS) for role in roles}

    def faults(self, metric: LoggedMetric, logged: Logged, path: str) -> Iterator[Fault]:
        key = read_key(metric.key)
        role, is_sure, _ = self._placing.role_of(metric, key.roles)
        dataset = metric.dataset or (role if is_sure else None)
        if logged.dataset != dataset:
            yield Fault(
                f"{logged.key}: the report and {METRICS} disagree on its rows", path, str(dataset),
                str(logged.dataset),
            )  # fmt: skip
        numbers = self._numbers.get(role or "", ())
        name = key.metric or _fairness_metric(metric.key, numbers)
        meant = numbers_of(name, numbers) or class_numbers_of(key, numbers)
        number = which(logged.value, meant)
        if number is None:
            yield from self._without_number(logged, numbers, name, path)
            return
        how = None if number.value is None else _agrees(logged, number.value, name, numbers)
        if number.value is None or (not is_sure and how is None):
            yield from _verdict_fault(logged, "not-recomputable", path)
            return
        if logged.number != number.id or logged.recomputed != number.value:
            yield Fault(
                f"{logged.key}: recomputed value and {number.id} differ", path,
                f"{number.id} {number.value}", f"{logged.number} {logged.recomputed}",
            )  # fmt: skip
        yield from _verdict_fault(logged, "different" if how is None else "equal", path)
        if how is not None and len(meant) > 1:
            how = ", ".join(filter(None, (f"by {', '.join(number.attributes or ())}", how)))
        if how is not None and logged.verdict == "equal" and (logged.reason or "") != how:
            yield Fault(
                f"{logged.key}: the report says otherwise how it is equal", path,
                how or "plainly", str(logged.reason),
            )  # fmt: skip

    def _without_number(
        self, logged: Logged, numbers: tuple[Number, ...], name: str | None, path: str
    ) -> Iterator[Fault]:
        """No report has a number of this name: it names none, and value and verdict agree."""
        if logged.number is not None:
            yield Fault(
                f"{logged.key} names a number that is not its own", path, "none", logged.number
            )
        if logged.recomputed is None:
            yield from _verdict_fault(logged, "not-recomputable", path)
        elif logged.verdict == "not-recomputable":
            yield from _verdict_fault(logged, "equal or different", path)
        else:
            how = _agrees(logged, logged.recomputed, name, numbers)
            yield from _verdict_fault(logged, "different" if how is None else "equal", path)


def _verdict_fault(logged: Logged, expected: str, path: str) -> Iterator[Fault]:
    if logged.verdict != expected:
        yield Fault(
            f"{logged.key}: the verdict does not follow from {logged.value} (logged) and "
            f"{logged.recomputed} (recomputed)", path, expected, logged.verdict,
        )  # fmt: skip


def _fairness_metric(key: str, numbers: tuple[Number, ...]) -> str | None:
    return key if any(n.metric == key and n.attributes is not None for n in numbers) else None


def _agrees(
    logged: Logged, ours: float, metric: str | None, numbers: tuple[Number, ...]
) -> str | None:
    """How a logged value equals ours, "" plainly; None where it does not."""
    value, means = logged.value, averages(metric, logged.key)
    if isinstance(value, str):
        return None
    how = agreement(value, ours)
    if how is not None:
        return how
    found = _averages(metric, numbers)
    return next((w for w, v in found if w in means and close(value, v)), None)


def _averages(metric: str | None, numbers: tuple[Number, ...]) -> Iterator[tuple[str, float]]:
    """Precision, recall or F1 averaged over both classes, from prevalence and the two rates."""
    whole = {n.metric: n.value for n in numbers if n.group is None and n.attributes is None}
    share = whole.get("prevalence")
    if share is None or metric not in ("f1", "precision", "true_positive_rate"):
        return
    hit, alarm = whole.get("true_positive_rate") or 0.0, whole.get("false_positive_rate") or 0.0
    tp, fn = share * hit, share * (1 - hit)
    fp, tn = (1 - share) * alarm, (1 - share) * (1 - alarm)
    positive, negative = _of_class(metric, tp, fp, fn), _of_class(metric, tn, fn, fp)
    yield WEIGHTED, share * positive + (1 - share) * negative
    yield MACRO, (positive + negative) / 2


def _of_class(metric: str, right: float, called: float, missed: float) -> float:
    """One class's value from shares of all rows; 0 where it is undefined, as scikit-learn has it.

    Args:
        metric: f1, precision or true_positive_rate.
        right: of the class, and called so.
        called: called so, and of the other class.
        missed: of the class, and not called so.
    """
    above, below = {
        "f1": (2 * right, 2 * right + called + missed),
        "precision": (right, right + called),
        "true_positive_rate": (right, right + missed),
    }[metric]
    return above / below if below else 0.0
