"""Every metric that training logged, beside the recomputed one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.config import Config
from affidavit.errors import BundleError, SourceError
from affidavit.evidence import Evidence, Logged, Number
from affidavit.logged_averages import other_averages
from affidavit.logged_judging import Judged, judge
from affidavit.logged_meaning import Names
from affidavit.logged_metrics import METRICS, LoggedMetric, Placing, close, finding, latest
from affidavit.metric_names import Key, read_key
from affidavit.recompute.metrics import DEFINITIONS, NEEDS_DECISION, OTHERS, View

__all__ = ["METRICS", "Comparison", "LoggedMetric", "RoleNumbers", "finding", "read_logged"]

_REBUILD = "build again; if it stays, this is a fault of ours to report"
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNumbers:
    """What was recomputed on one role: its numbers, and for a binary task its rows."""

    role: str
    numbers: tuple[Number, ...]
    view: View | None
    thresholds: tuple[float, ...]


def read_logged(content: bytes) -> tuple[LoggedMetric, ...]:
    """Read run/metrics.json; of a key logged in several steps, the last.

    Raises:
        SourceError: it is not what resolve writes.
    """
    try:
        document = canonical.loads(content, METRICS)
    except BundleError as error:
        raise SourceError(error.what, error.cause, _REBUILD) from error
    entries = document.get("metrics") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise SourceError(f"{METRICS}: expected a list of metrics", fix=_REBUILD)
    return latest(map(_entry, entries))


def _entry(entry: Json) -> LoggedMetric:
    if not isinstance(entry, dict) or "key" not in entry or "value" not in entry:
        raise SourceError(f"{METRICS}: a metric without key or value", fix=_REBUILD)
    value, step = entry["value"], entry.get("step")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    name, digest = entry.get("dataset_name"), entry.get("dataset_digest")
    return LoggedMetric(
        key=str(entry["key"]),
        value=float(str(value)) if number else str(value),
        step=step if isinstance(step, int) else 0,
        dataset=str(name) if name else None,
        digest=str(digest) if digest else None,
    )


class Comparison:
    """The logged metrics of a run, held against the numbers of every role.

    Args:
        roles: by name, in the order of the configuration.
        main: the role that a metric without dataset is taken to speak of.
    """

    def __init__(
        self, roles: Mapping[str, RoleNumbers], main: str, config: Config, evidence: Evidence
    ) -> None:
        self._roles = dict(roles)
        self._names = {role: Names(known.numbers, config) for role, known in roles.items()}
        paths = {role: dataset.path for role, dataset in config.datasets.items()}
        self._placing = Placing(paths, roles, main, evidence)

    def compare(self, metric: LoggedMetric) -> Logged:
        """The verdict on one logged metric, with the reason where it is not plain equality."""
        key = read_key(metric.key)
        role, is_sure, why_not = self._placing.role_of(metric, key.roles)
        dataset = metric.dataset or (role if is_sure else None)
        if role is None:
            return _not_recomputable(metric, dataset, why_not)
        found = judge(metric.value, key, metric.key, self._names[role])
        if found.recomputed is None:
            return _not_recomputable(metric, dataset, found.reason)
        if found.how is not None:
            return _logged(metric, dataset, found, "equal", found.how or None)
        why = self._why(metric, key, role, found)
        if not is_sure:
            return _not_recomputable(
                metric, dataset, f"{why_not}; {why or f'it equals no value on {role}'}"
            )
        if found.reason:
            return _not_recomputable(metric, dataset, "; ".join(filter(None, (found.reason, why))))
        reason = "; ".join(filter(None, (found.among, why)))
        return _logged(metric, dataset, found, "different", reason or None)

    def _why(self, metric: LoggedMetric, key: Key, role: str, found: Judged) -> str | None:
        """Where a value that is not ours comes from, as far as that can be told."""
        value = metric.value
        if isinstance(value, str):
            return f"logged as {value}"
        for words, other in other_averages(found.metric, self._names[role].numbers):
            if close(value, other):
                return f"it equals the value {words}, which is the accuracy"
        for other_role in (r for r in self._roles if r != role):
            elsewhere = judge(value, key, metric.key, self._names[other_role])
            if elsewhere.how is not None:
                return f"it equals the value on the {other_role} rows"
        by_rows = self._by_rows(value, role, found.metric) if found.metric else None
        return by_rows or _turned(value, found)

    def _by_rows(self, logged: float, role: str, metric: str) -> str | None:
        """Another definition, label or threshold that gives the value on the rows themselves."""
        view = self._roles[role].view
        for words, definition in OTHERS.get(metric, ()):
            value = None if view is None else definition(view)
            if value is not None and close(logged, value):
                return f"it equals {words}"
        value = None if view is None or metric not in DEFINITIONS else _other_event(view, metric)
        if value is not None and close(logged, value):
            return "it equals the value for the other label"
        for place in (role, *(r for r in self._roles if r != role)):
            value = self._at_half(place, metric)
            if value is not None and close(logged, value):
                rows = "" if place == role else f" on the {place} rows"
                declared = ", ".join(f"{t:g}" for t in self._roles[role].thresholds)
                return f"it equals the value{rows} at the threshold 0.5 (declared: {declared})"
        return None

    def _at_half(self, role: str, metric: str) -> float | None:
        known = self._roles[role]
        if known.view is None or not known.thresholds or metric not in NEEDS_DECISION:
            return None
        if known.thresholds == (_HALF,):
            return None
        return DEFINITIONS[metric](known.view.at(_HALF))


def _turned(logged: float, found: Judged) -> str | None:
    """Whether the value is ours upside down: the other label, or the other group on top."""
    ours = found.recomputed
    if ours is None:
        return None
    if close(logged, 1 - ours):
        return "it equals 1 - the recomputed value: label or score may be upside down"
    if found.number is None or found.number.against is None:
        return None
    if found.number.metric.endswith("_difference") and close(logged, -ours):
        return "it equals the reference group's minus the group's"
    if ours and found.number.metric.endswith("_ratio") and close(logged, 1 / ours):
        return "it equals the reference group's over the group's"
    return None


def _other_event(view: View, metric: str) -> float | None:
    """The metric with the other label as the event."""
    other = replace(
        view, is_positive=~view.is_positive, decided=~view.decided, score=1 - view.score
    )
    return DEFINITIONS[metric](other)


def _logged(
    metric: LoggedMetric, dataset: str | None, found: Judged,
    verdict: Literal["equal", "different"], reason: str | None,
) -> Logged:  # fmt: skip
    return Logged(
        key=metric.key, value=metric.value, dataset=dataset,
        number=None if found.number is None else found.number.id, recomputed=found.recomputed,
        verdict=verdict, reason=reason,
    )  # fmt: skip


def _not_recomputable(metric: LoggedMetric, dataset: str | None, reason: str) -> Logged:
    return Logged(
        key=metric.key, value=metric.value, dataset=dataset, number=None, recomputed=None,
        verdict="not-recomputable", reason=reason,
    )  # fmt: skip
