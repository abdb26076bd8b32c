"""Logged metrics beside recomputed numbers: which rows one speaks of, and whether the two agree.

Recompute compares with it; verify derives the verdicts again from metrics.json and the reports.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.evidence import Evidence, Finding, Logged, ReportName
from affidavit.metric_names import normal
from affidavit.printable import printable

METRICS: Final = "data/run/metrics.json"
FINDING_PREFIX: Final = "recompute.logged."
# The reports whose numbers a logged metric may mean.
LOGGED_REPORTS: Final[tuple[ReportName, ...]] = ("performance", "fairness")
TOLERANCE: Final = 1e-9
WEIGHTED: Final = "averaged over both classes, weighted by their rows"
MACRO: Final = "averaged over both classes"
_MD5: Final = re.compile(r"[0-9a-f]{32}(\.dir)?")
_MIN_DECIMALS: Final = 3
_MAX_DECIMALS: Final = 10
_NO_ROLE: Final = "which no dataset role holds"
# What MLflow's autologging of scikit-learn calls recall is the average weighted by rows.
_AUTOLOGGED_RECALL: Final = "training_recall_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMetric:
    """One entry of run/metrics.json."""

    key: str
    value: float | str
    step: int
    dataset: str | None
    digest: str | None


def latest(metrics: Iterable[LoggedMetric]) -> tuple[LoggedMetric, ...]:
    """Of a key that was logged on the same data in several steps, the last; sorted by key."""
    found: dict[tuple[str, str | None, str | None], LoggedMetric] = {}
    for metric in metrics:
        place = (metric.key, metric.dataset, metric.digest)
        if place not in found or metric.step >= found[place].step:
            found[place] = metric
    ordered = sorted(found, key=lambda p: (p[0], p[1] or "", p[2] or ""))
    return tuple(found[place] for place in ordered)


class Placing:
    """Which role's rows a logged metric speaks of.

    Args:
        paths: each dataset role of the configuration, and its path there.
        known: the roles that were recomputed.
        main: the role that a metric without dataset is taken to speak of.
        evidence: its facts say which digest each role's snapshot has.
    """

    def __init__(
        self,
        paths: Mapping[str, str | None],
        known: Iterable[str],
        main: str,
        evidence: Evidence,
    ) -> None:
        self._main, self._known_roles = main, frozenset(known)
        names = [(name, role) for role, path in paths.items() for name in _names(role, path)]
        self._names, self._shared = _telling(names)
        # Training names data by DVC's md5; what the builder gave has that in a fact of its own.
        facts = [
            (role, evidence.fact(f"data.{role}.{part}"))
            for role in paths
            for part in ("snapshot", "md5")
        ]
        self._given = {
            role: digest.value.removesuffix(".dir")
            for role in paths
            if (fact := evidence.fact(f"data.{role}.md5")) and (digest := fact.digest)
        }
        self._digests, _ = _telling(
            (fact.digest.value.removesuffix(".dir"), role)
            for role, fact in facts
            if fact is not None and fact.digest is not None
        )

    def role_of(
        self, metric: LoggedMetric, spoken: tuple[str, ...]
    ) -> tuple[str | None, bool, str]:
        """The role a metric speaks of; whether that is certain; why not.

        Args:
            metric: as logged.
            spoken: the roles that its key names.
        """
        if metric.digest is not None:
            role = self._digests.get(metric.digest.removesuffix(".dir"))
            if role is not None:
                return self._known(role)
        if metric.dataset is not None and metric.dataset in self._names:
            role = self._names[metric.dataset]
            if role in self._known_roles and self._is_of_other_data(role, metric.digest):
                return role, False, f"logged on another file than was given as {role}"
            return self._known(role)
        if spoken:
            role = next((r for r in spoken if r in self._known_roles), None)
            if role is not None:
                return role, True, ""
            why = f"logged on {spoken[0]} rows, {_NO_ROLE}"
            return (self._main if spoken[0] == "validation" else None), False, why
        if metric.dataset is not None:
            several = metric.dataset in self._shared
            which = "which is a name of several dataset roles" if several else _NO_ROLE
            return self._main, False, f"logged on {printable(metric.dataset)!r}, {which}"
        return self._main, True, ""

    def _is_of_other_data(self, role: str, digest: str | None) -> bool:
        """Whether a whole file's digest was logged, and the builder gave another file."""
        if role not in self._given or digest is None or not _MD5.fullmatch(digest):
            return False
        return digest.removesuffix(".dir") != self._given[role]

    def _known(self, role: str) -> tuple[str | None, bool, str]:
        if role in self._known_roles:
            return role, True, ""
        return None, True, f"the rows of {role} are not there"


def _names(role: str, path: str | None) -> tuple[str, ...]:
    if path is None:
        return (role,)
    pure = PurePosixPath(path)
    return (path, pure.name, pure.stem, role)


def _telling(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], frozenset[str]]:
    """What names one role only, with that role; and what names several."""
    roles: dict[str, set[str]] = {}
    for name, role in pairs:
        roles.setdefault(name, set()).add(role)
    one = {name: next(iter(found)) for name, found in roles.items() if len(found) == 1}
    return one, frozenset(roles.keys() - one.keys())


def averages(metric: str | None, key: str) -> tuple[str, ...]:
    """Which averages over both classes a key may mean by the name of a value of one class.

    Recall averaged by rows is the accuracy, so that it would excuse any accuracy logged as recall.
    """
    if metric == "true_positive_rate" and normal(key) != _AUTOLOGGED_RECALL:
        return (MACRO,)
    return (WEIGHTED, MACRO)


def close(one: float, other: float) -> bool:
    """Equal within 1e-9 of their size; near 0, within 1e-12."""
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)


def agreement(logged: float, ours: float) -> str | None:
    """How a logged value equals the recomputed one: "" plainly, else in what way; None if not."""
    if close(logged, ours):
        return ""
    decimals = _decimals(logged)
    if decimals is not None and round(ours, decimals) == logged:
        return f"to the {decimals} decimals that were logged"
    if close(logged, 100 * ours):
        return "logged in per cent"
    return None


def _decimals(value: float) -> int | None:
    """How many decimals a value was rounded to before it was logged; None if it was not.

    Zeros at the end are not seen: 0.82 may have been 0.820, never less.
    """
    text = repr(value)
    decimals = max(_MIN_DECIMALS, len(text.partition(".")[2]))
    return decimals if "e" not in text and decimals <= _MAX_DECIMALS else None


def finding(logged: Logged, position: int, report: str) -> Finding:
    """The exception for a logged metric that differs.

    Args:
        logged: its verdict is `different`.
        position: in the report's list, from 1.
        report: the path of the report.
    """
    of = f" on {printable(logged.dataset)}" if logged.dataset else ""
    because = f": {logged.reason}" if logged.reason else ""
    return Finding(
        id=f"{FINDING_PREFIX}{position:03d}.{printable(logged.key)}", kind="exception",
        stage="recompute",
        what=f"training logged another {printable(logged.key)}{of} than the data gives{because}",
        expected=f"{logged.value} (logged)", found=f"{_shown(logged.recomputed)} (recomputed)",
        fix="correct the training code that logs it, and register a new version",
        items=(METRICS, report),
    )  # fmt: skip


def _shown(value: float | None) -> str:
    return "undefined" if value is None else repr(rounded(value))
