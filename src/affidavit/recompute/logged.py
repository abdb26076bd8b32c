"""Every metric that training logged, beside the recomputed one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.config import Config
from affidavit.errors import BundleError, SourceError
from affidavit.evidence import Evidence, Finding, Logged, Number
from affidavit.metric_names import read_key
from affidavit.printable import printable
from affidavit.recompute.metrics import DEFINITIONS, NEEDS_DECISION, VARIANTS, View

METRICS = "data/run/metrics.json"
TOLERANCE = 1e-9
_REBUILD = "build again; if it stays, this is a fault of ours to report"
_MIN_DECIMALS = 3
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMetric:
    """One entry of run/metrics.json."""

    key: str
    value: float | str
    step: int
    dataset: str | None
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNumbers:
    """What was recomputed on one role: its numbers, and for a binary task its rows."""

    role: str
    numbers: tuple[Number, ...]
    view: View | None
    thresholds: tuple[float, ...]

    def number(self, metric: str) -> Number | None:
        """The number over all rows of this name, performance before fairness."""
        found = [n for n in self.numbers if n.metric == metric and n.group is None]
        return found[0] if found else None


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
    latest: dict[tuple[str, str | None, str | None], LoggedMetric] = {}
    for metric in map(_entry, entries):
        place = (metric.key, metric.dataset, metric.digest)
        if place not in latest or metric.step >= latest[place].step:
            latest[place] = metric
    ordered = sorted(latest, key=lambda p: (p[0], p[1] or "", p[2] or ""))
    return tuple(latest[place] for place in ordered)


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
        self._roles, self._main = dict(roles), main
        self._names = {name: role for role in config.datasets for name in _names(role, config)}
        self._digests = {}
        for role in config.datasets:
            fact = evidence.fact(f"data.{role}.snapshot")
            if fact is not None and fact.digest is not None:
                self._digests[fact.digest.value.removesuffix(".dir")] = role

    def compare(self, metric: LoggedMetric) -> Logged:
        """The verdict on one logged metric, with the reason where it is not plain equality."""
        key = read_key(metric.key)
        role, is_sure, why_not = self._role_of(metric, key.roles)
        dataset = metric.dataset or (role if is_sure else None)
        name = key.metric or self._fairness_metric(metric.key, role)
        if role is None or name is None:
            reason = why_not if role is None else "no recomputed number has this name"
            return _not_recomputable(metric, dataset, reason)
        number = self._roles[role].number(name)
        ours = number.value if number is not None else self._value(role, name)
        if ours is None:
            reason = (number.reason if number else None) or "no recomputed number has this name"
            return _not_recomputable(metric, dataset, reason)
        verdict, why = self._judge(metric.value, ours, role, name)
        if verdict == "different" and not is_sure:
            return _not_recomputable(
                metric, dataset, f"{why_not}; {why or f'it equals no value on {role}'}"
            )
        return Logged(
            key=metric.key, value=metric.value, dataset=dataset,
            number=None if number is None else number.id, recomputed=ours, verdict=verdict,
            reason=why,
        )  # fmt: skip

    def _role_of(
        self, metric: LoggedMetric, spoken: tuple[str, ...]
    ) -> tuple[str | None, bool, str]:
        """The role a metric speaks of; whether that is certain; why not."""
        if metric.digest is not None:
            role = self._digests.get(metric.digest.removesuffix(".dir"))
            if role is not None:
                return self._known(role)
        if metric.dataset is not None and metric.dataset in self._names:
            return self._known(self._names[metric.dataset])
        if spoken:
            role = next((r for r in spoken if r in self._roles), None)
            if role is not None:
                return role, True, ""
            why = f"logged on {spoken[0]} rows, which no dataset role holds"
            return (self._main if spoken[0] == "validation" else None), False, why
        if metric.dataset is not None:
            why = f"logged on {printable(metric.dataset)!r}, which no dataset role holds"
            return self._main, False, why
        return self._main, True, ""

    def _known(self, role: str) -> tuple[str | None, bool, str]:
        if role in self._roles:
            return role, True, ""
        return None, True, f"the rows of {role} are not there"

    def _fairness_metric(self, key: str, role: str | None) -> str | None:
        if role is None:
            return None
        known = {n.metric for n in self._roles[role].numbers if n.attributes is not None}
        return key if key in known else None

    def _value(self, role: str, metric: str) -> float | None:
        view, definition = self._roles[role].view, DEFINITIONS.get(metric)
        return None if view is None or definition is None or view.n == 0 else definition(view)

    def _judge(
        self, logged: float | str, ours: float, role: str, metric: str
    ) -> tuple[Literal["equal", "different"], str | None]:
        if isinstance(logged, str):
            return "different", f"logged as {logged}"
        if _close(logged, ours):
            return "equal", None
        decimals = _decimals(logged)
        if decimals is not None and round(ours, decimals) == logged:
            return "equal", f"to the {decimals} decimals that were logged"
        if _close(logged, 100 * ours):
            return "equal", "logged in per cent"
        for reason in self._same_rows(logged, role, metric):
            return "equal", reason
        for reason in self._elsewhere(logged, role, metric):
            return "different", reason
        return "different", None

    def _same_rows(self, logged: float, role: str, metric: str) -> Iterator[str]:
        view = self._roles[role].view
        if view is None:
            return
        for words, definition in VARIANTS.get(metric, ()):
            value = definition(view)
            if value is not None and _close(logged, value):
                yield words

    def _elsewhere(self, logged: float, role: str, metric: str) -> Iterator[str]:
        """Where the logged value comes from, if it is a value of ours at all."""
        others = [r for r in self._roles if r != role]
        for other in others:
            number = self._roles[other].number(metric)
            value = number.value if number is not None else self._value(other, metric)
            if value is not None and _close(logged, value):
                yield f"it equals the value on the {other} rows"
        for place in (role, *others):
            value = self._at_half(place, metric)
            if value is not None and _close(logged, value):
                rows = "" if place == role else f" on the {place} rows"
                declared = ", ".join(f"{t:g}" for t in self._roles[role].thresholds)
                yield f"it equals the value{rows} at the threshold 0.5 (declared: {declared})"
        number = self._roles[role].number(metric)
        if number is not None and number.value is not None and _close(logged, 1 - number.value):
            yield "it equals 1 - the recomputed value: label or score may be upside down"

    def _at_half(self, role: str, metric: str) -> float | None:
        known = self._roles[role]
        if known.view is None or not known.thresholds or metric not in NEEDS_DECISION:
            return None
        if known.thresholds == (_HALF,):
            return None
        return DEFINITIONS[metric](known.view.at(_HALF))


def finding(logged: Logged, position: int, report: str) -> Finding:
    """The exception for a logged metric that differs."""
    of = f" on {printable(logged.dataset)}" if logged.dataset else ""
    because = f": {logged.reason}" if logged.reason else ""
    return Finding(
        id=f"recompute.logged.{position:03d}.{printable(logged.key)}", kind="exception",
        stage="recompute",
        what=f"training logged another {printable(logged.key)}{of} than the data gives{because}",
        expected=f"{logged.value} (logged)", found=f"{_shown(logged.recomputed)} (recomputed)",
        fix="correct the training code that logs it, and register a new version",
        items=(METRICS, report),
    )  # fmt: skip


def _shown(value: float | None) -> str:
    return "undefined" if value is None else repr(canonical.rounded(value))


def _names(role: str, config: Config) -> tuple[str, ...]:
    path = config.datasets[role].path
    if path is None:
        return (role,)
    pure = PurePosixPath(path)
    return (path, pure.name, pure.stem, role)


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)


def _decimals(value: float) -> int | None:
    """How many decimals a value was rounded to before it was logged; None if too few to tell."""
    text = repr(value)
    decimals = len(text.partition(".")[2])
    return decimals if "e" not in text and _MIN_DECIMALS <= decimals <= 10 else None


def _not_recomputable(metric: LoggedMetric, dataset: str | None, reason: str) -> Logged:
    return Logged(
        key=metric.key, value=metric.value, dataset=dataset, number=None, recomputed=None,
        verdict="not-recomputable", reason=reason,
    )  # fmt: skip
