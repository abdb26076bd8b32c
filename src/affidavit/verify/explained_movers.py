"""What moved an explained decision to the adverse side, and what of it is a protected attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from affidavit.config import Config, Explain, ReasonCode
from affidavit.explanation_record import Decision

_NOISE: Final = 1e-9  # of all attributions of the row, taken absolutely: less is no movement
LEVEL: Final = 1e-8  # relative: nearer ones may stand either way round
_SURE: Final = 2.0  # standard errors of a difference within which an order is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """What one reason can be about: the features of a code, or one feature without a code.

    Attributes:
        values: what each feature moved the score towards the adverse decision; all above 0.
        errors: their standard errors.
    """

    code: ReasonCode | None
    values: Mapping[str, float]
    errors: Mapping[str, float]

    @property
    def top(self) -> str:
        """The feature that moved it most."""
        return max(self.values, key=lambda f: self.values[f])

    @property
    def size(self) -> float:
        return self.values[self.top]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the configuration and the model's features say of reasons.

    Attributes:
        columns: the inputs of each feature.
        protected: the sensitive attributes that a name or a column is of.
    """

    config: Config
    explain: Explain
    of: str
    columns: Mapping[str, frozenset[str]]
    protected: Mapping[str, frozenset[str]]

    def towards(self, label: str) -> int | None:
        """1 where a higher score is towards this decision, -1 where a lower one is; None: neither.

        Of more than two labels a third one's score says nothing of the decision.
        """
        if self.of == label:
            return 1
        is_known = self.config.task == "binary" or self.of == self.config.label.favourable
        return -1 if is_known else None

    def code_of(self, feature: str) -> ReasonCode | None:
        """The code that speaks of the feature, or of one of its inputs."""
        names = {feature, *self.columns.get(feature, ())}
        return next((c for c in reversed(self.explain.reason) if names & set(c.features)), None)

    def attributes(self, feature: str) -> frozenset[str]:
        """The sensitive attributes that the feature holds."""
        columns = self.columns.get(feature, frozenset({feature}))
        return frozenset(a for c in columns for a in self.protected.get(c, ()))

    def is_protected(self, feature: str) -> bool:
        return bool(self.attributes(feature))

    def movers(self, one: Decision, towards: int) -> tuple[Mover, ...]:
        """What moved the score to the adverse side, by code, the largest feature first."""
        least = _NOISE * sum(abs(a.value) for a in one.attributions)
        values: dict[str, dict[str, float]] = {}
        codes: dict[str, ReasonCode | None] = {}
        for found in one.attributions:
            if towards * found.value > least:
                code = self.code_of(found.feature)
                key = f"f:{found.feature}" if code is None else f"c:{code.code}"
                codes[key] = code
                values.setdefault(key, {})[found.feature] = towards * found.value
        errors = {a.feature: a.error for a in one.attributions}
        made = (Mover(code=codes[k], values=v, errors=errors) for k, v in values.items())
        return tuple(sorted(made, key=lambda m: -m.size))


def protected_of(config: Config) -> dict[str, frozenset[str]]:
    """Attributes by their own name, and by the columns that hold them."""
    found: dict[str, frozenset[str]] = {}
    for name, spec in config.sensitive.items():
        for known in (name, spec.column, *spec.probabilities.values()):
            if known:
                found[known] = found.get(known, frozenset()) | {name}
    return found


def level_features(rule: Rule, movers: Sequence[Mover], *, surely: bool) -> set[str]:
    """Features beyond the last principal mover that cannot be told from it.

    Args:
        rule: how many are principal.
        movers: the largest first.
        surely: by the narrower of two readings, and whichever of equal ones is the last.
    """
    kept, left = movers[: rule.explain.reasons], movers[rule.explain.reasons :]
    lasts = [m for m in movers if kept and _digits(m.size) == _digits(kept[-1].size)]
    every = all if surely else any
    return {
        f for m in left for f in m.values
        if lasts and every(_are_level(last, m, f, surely=surely) for last in lasts)
    }  # fmt: skip


def _are_level(last: Mover, other: Mover, feature: str, *, surely: bool) -> bool:
    """Whether it cannot be told which is larger, by their digits or by their errors."""
    apart = abs(last.size - other.values[feature])
    error = hypot(last.errors.get(last.top, 0.0), other.errors.get(feature, 0.0))
    if surely:
        is_equal = _digits(last.size) == _digits(other.values[feature])
        return is_equal or apart < _SURE * error * (1 - LEVEL)
    return apart <= max(LEVEL * last.size, _SURE * error * (1 + LEVEL))


def _digits(value: float) -> str:
    """As many as the rule compares."""
    return f"{value:.9g}"
