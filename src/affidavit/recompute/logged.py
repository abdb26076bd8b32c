"""Every metric that training logged, beside the recomputed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.config import Config
from affidavit.errors import BundleError, SourceError
from affidavit.evidence import Evidence, Logged, Number
from affidavit.logged_metrics import (
    METRICS,
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
from affidavit.metric_names import Key, read_key
from affidavit.recompute.metrics import DEFINITIONS, NEEDS_DECISION, OTHERS, VARIANTS, View

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
        paths = {role: dataset.path for role, dataset in config.datasets.items()}
        self._placing = Placing(paths, roles, main, evidence)

    def compare(self, metric: LoggedMetric) -> Logged:
        """The verdict on one logged metric, with the reason where it is not plain equality."""
        key = read_key(metric.key)
        role, is_sure, why_not = self._placing.role_of(metric, key.roles)
        dataset = metric.dataset or (role if is_sure else None)
        name = key.metric or self._fairness_metric(metric.key, role) or self._of_class(key, role)
        if role is None or name is None:
            reason = why_not if role is None else "no recomputed number has this name"
            return _not_recomputable(metric, dataset, reason)
        found = _meant(key, name, self._roles[role].numbers)
        number = which(metric.value, found)
        ours = number.value if number is not None else self._value(role, name)
        if ours is None:
            reason = (number.reason if number else None) or "no recomputed number has this name"
            return _not_recomputable(metric, dataset, reason)
        verdict, why = self._judge(metric, ours, role, name)
        if verdict == "different" and why is None:
            why = self._on_another(metric.value, key, role, name)
        if verdict == "different" and not is_sure:
            return _not_recomputable(
                metric, dataset, f"{why_not}; {why or f'it equals no value on {role}'}"
            )
        return Logged(
            key=metric.key, value=metric.value, dataset=dataset,
            number=None if number is None else number.id, recomputed=ours, verdict=verdict,
            reason=_among(found, number, verdict, why),
        )  # fmt: skip

    def _fairness_metric(self, key: str, role: str | None) -> str | None:
        if role is None:
            return None
        known = {n.metric for n in self._roles[role].numbers if n.attributes is not None}
        return key if key in known else None

    def _of_class(self, key: Key, role: str | None) -> str | None:
        found = () if role is None else class_numbers_of(key, self._roles[role].numbers)
        return found[0].metric if found else None

    def _on_another(self, logged: float | str, key: Key, role: str, name: str) -> str | None:
        """Which other role's rows give the value, for a number of one class."""
        if isinstance(logged, str) or key.metric is not None:
            return None
        for other in (r for r in self._roles if r != role):
            found = _meant(key, name, self._roles[other].numbers)
            if any(n.value is not None and close(logged, n.value) for n in found):
                return f"it equals the value on the {other} rows"
        return None

    def _value(self, role: str, metric: str) -> float | None:
        view, definition = self._roles[role].view, DEFINITIONS.get(metric)
        return None if view is None or definition is None or view.n == 0 else definition(view)

    def _judge(
        self, entry: LoggedMetric, ours: float, role: str, metric: str
    ) -> tuple[Literal["equal", "different"], str | None]:
        logged = entry.value
        if isinstance(logged, str):
            return "different", f"logged as {logged}"
        how = agreement(logged, ours)
        if how is not None:
            return "equal", how or None
        means = averages(metric, entry.key)
        for words in self._averaged(logged, role, metric):
            if words in means:
                return "equal", words
            return "different", f"it equals the value {words}, which is the accuracy"
        for reason in self._elsewhere(logged, role, metric):
            return "different", reason
        return "different", None

    def _averaged(self, logged: float, role: str, metric: str) -> Iterator[str]:
        view = self._roles[role].view
        if view is None:
            return
        for words, definition in VARIANTS.get(metric, ()):
            value = definition(view)
            if value is not None and close(logged, value):
                yield words

    def _elsewhere(self, logged: float, role: str, metric: str) -> Iterator[str]:
        """Where the logged value comes from, if it is a value of ours at all."""
        others = [r for r in self._roles if r != role]
        for other in others:
            found = numbers_of(metric, self._roles[other].numbers)
            values = [n.value for n in found] or [self._value(other, metric)]
            if any(value is not None and close(logged, value) for value in values):
                yield f"it equals the value on the {other} rows"
        view = self._roles[role].view
        for words, definition in OTHERS.get(metric, ()):
            value = None if view is None else definition(view)
            if value is not None and close(logged, value):
                yield f"it equals {words}"
        value = None if view is None or metric not in DEFINITIONS else _other_event(view, metric)
        if value is not None and close(logged, value):
            yield "it equals the value for the other label"
        for place in (role, *others):
            value = self._at_half(place, metric)
            if value is not None and close(logged, value):
                rows = "" if place == role else f" on the {place} rows"
                declared = ", ".join(f"{t:g}" for t in self._roles[role].thresholds)
                yield f"it equals the value{rows} at the threshold 0.5 (declared: {declared})"
        found = numbers_of(metric, self._roles[role].numbers)
        if any(n.value is not None and close(logged, 1 - n.value) for n in found):
            yield "it equals 1 - the recomputed value: label or score may be upside down"

    def _at_half(self, role: str, metric: str) -> float | None:
        known = self._roles[role]
        if known.view is None or not known.thresholds or metric not in NEEDS_DECISION:
            return None
        if known.thresholds == (_HALF,):
            return None
        return DEFINITIONS[metric](known.view.at(_HALF))


def _meant(key: Key, name: str, numbers: tuple[Number, ...]) -> tuple[Number, ...]:
    """The numbers of a name over all rows; where there are none, that of the class in the key."""
    return numbers_of(name, numbers) or class_numbers_of(key, numbers)


def _among(
    found: tuple[Number, ...], number: Number | None, verdict: str, why: str | None
) -> str | None:
    """Why, and of several attributes, by which the logged value is equal."""
    if number is None or len(found) < 2:
        return why
    by = f"by {', '.join(number.attributes or ())}"
    if verdict == "different":
        names = ", ".join(name for n in found for name in n.attributes or ())
        by = f"it is the number by none of {names}"
    return ", ".join(filter(None, (by, why)))


def _other_event(view: View, metric: str) -> float | None:
    """The metric with the other label as the event."""
    other = replace(
        view, is_positive=~view.is_positive, decided=~view.decided, score=1 - view.score
    )
    return DEFINITIONS[metric](other)


def _not_recomputable(metric: LoggedMetric, dataset: str | None, reason: str) -> Logged:
    return Logged(
        key=metric.key, value=metric.value, dataset=dataset, number=None, recomputed=None,
        verdict="not-recomputable", reason=reason,
    )  # fmt: skip
