"""What each row of a predictions table has to be: its id, score, decision, weight and role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from math import fsum, isclose, isfinite
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.evidence import Report
from affidavit.verify.checks import Fault

_ID_BYTES: Final = 16
_PER_CLASS: Final = "score_"
_WEIGHED: Final = 1e-9  # sums of weights as floats
_TESTED: Final = "brier_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What rows are held against.

    Attributes:
        threshold: the one in force for every row; None where it differs by row, or none is.
        positive: the label that is decided at or above it.
        is_scored: whether every row has a score.
        are_probabilities: whether the report calls the scores so; None where it does not say.
        weights: of the count table, by label and decision; None without a table.
    """

    role: str
    threshold: float | None
    positive: str
    is_scored: bool
    are_probabilities: bool | None
    weights: Mapping[tuple[str, str], float] | None


def asked_of(config: Config, report: Report, table: CountTable) -> Asked:
    """What configuration, performance report and main counts say of the rows."""
    decision = config.decision
    is_plain = config.task == "binary" and not decision.segment and decision.threshold is not None
    tested = next((n for n in report.numbers if n.metric == _TESTED and n.source == "scores"), None)
    says = tested is not None and tested.n > 0 and config.task == "binary"
    weights: dict[tuple[str, str], float] = {}
    for cell in table.rows:
        key = cell.label, cell.decision
        weights[key] = weights.get(key, 0.0) + float(cell.sum_w)
    return Asked(
        role=report.role,
        threshold=rounded(decision.threshold) if is_plain and decision.threshold is not None
        else None,
        positive=table.spec.positive, is_scored=config.task == "binary",
        are_probabilities=(tested.value is not None) if says and tested is not None else None,
        weights=weights,
    )  # fmt: skip


@dataclass(slots=True)
class RowChecks:
    """Takes one row after the other; says at the end what was wrong, each kind once."""

    asked: Asked
    _wrong: dict[str, list[int]] = field(default_factory=dict)
    _ids: set[bytes] = field(default_factory=set)
    _weights: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _outside: int = 0

    def take(self, place: int, row: Mapping[str, str]) -> None:
        """One row, its place from 1."""
        if "row_id" in row:
            told = blake2b(row["row_id"].encode(), digest_size=_ID_BYTES).digest()
            self._note("has the id of another row", place, told in self._ids)
            self._ids.add(told)
        self._note("is of another role", place, row.get("role", self.asked.role) != self.asked.role)
        self._score(place, row)
        if "weight" in row:
            weight = _number(row["weight"])
            self._note("has no weight that can be", place, weight is None or weight < 0)
            key = row["label"], row["decision"]
            self._weights.setdefault(key, []).append(weight or 0.0)

    def _note(self, what: str, place: int, is_wrong: bool) -> None:
        if is_wrong:
            self._wrong.setdefault(what, []).append(place)

    def _score(self, place: int, row: Mapping[str, str]) -> None:
        score = _number(row.get("score", ""))
        if score is None:
            empty = row.get("score", "") == "" and not self.asked.is_scored
            self._note("has no score that is a number", place, not empty)
            return
        self._outside += row["label"] != "" and not 0 <= score <= 1
        if self.asked.threshold is not None:
            is_positive = row["decision"] == self.asked.positive
            self._note("is decided against the threshold", place,
                       is_positive != (score >= self.asked.threshold))  # fmt: skip
        of_class = {n: _number(v) for n, v in row.items() if n.startswith(_PER_CLASS)}
        if of_class:
            best = max((v for v in of_class.values() if v is not None), default=None)
            decided = of_class.get(_PER_CLASS + row["decision"])
            self._note("is not decided by its highest score", place,
                       None in of_class.values() or not decided == score == best)  # fmt: skip

    def faults(self, path: str) -> Iterator[Fault]:
        """What was wrong, once all rows were taken."""
        for what, places in self._wrong.items():
            yield Fault(f"{path}: row {places[0]} {what}", path, "no such row",
                        f"{len(places)} rows")  # fmt: skip
        are = self.asked.are_probabilities
        if are is not None and are != (self._outside == 0):
            yield Fault(
                f"{path}: scores are {'outside' if are else 'within'} 0 to 1, against the "
                "performance report", path,
                "probabilities" if are else "not probabilities", f"{self._outside} rows outside",
            )  # fmt: skip
        yield from self._weight_faults(path)

    def _weight_faults(self, path: str) -> Iterator[Fault]:
        weights = self.asked.weights
        if weights is None or not self._weights:
            return
        for key in sorted(weights.keys() | self._weights.keys()):
            ours, theirs = weights.get(key, 0.0), fsum(self._weights.get(key, ()))
            if not isclose(ours, theirs, rel_tol=_WEIGHED, abs_tol=_WEIGHED):
                yield Fault(
                    f"{path}: the weights of label {key[0]!r}, decision {key[1]!r} are not the "
                    "counts'", path, repr(ours), repr(theirs),
                )  # fmt: skip


def _number(text: str) -> float | None:
    """A finite number as a table writes it; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
