"""Principal reasons against the attributions: none made up, none of the main ones left out.

The rule of docs/bundle-format.md, 8.7: what moved the score towards the adverse decision, the
largest attribution first; features of one code of `[[explain.reason]]` are one reason, at the place
of the largest of them, with the sum of those that moved it there; at most as many as `[explain]
reasons` says. Attributions that twelve digits cannot tell apart may stand either way round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Final

from affidavit.bundle.layout import CONFIG, DECISIONS, EVIDENCE
from affidavit.config import Config, Explain, ReasonCode
from affidavit.evidence import Evidence
from affidavit.explanation_record import Decision, Decisions, Explainability, Reason
from affidavit.gap_ids import PROTECTED_REASON
from affidavit.verify.checks import Fault
from affidavit.verify.explained_decisions import named
from affidavit.verify.explained_sums import shown, slack

_NOISE: Final = 1e-9  # of all attributions of the row, taken absolutely: less is no movement
_LEVEL: Final = 1e-8  # relative: nearer ones may stand either way round
_SURE: Final = 2.0  # standard errors of a difference within which an order is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mover:
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
class _Rule:
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
        names = {feature, *self.columns.get(feature, ())}
        return frozenset(a for n in names for a in self.protected.get(n, ()))

    def is_protected(self, feature: str) -> bool:
        return bool(self.attributes(feature))

    def movers(self, one: Decision, towards: int) -> tuple[_Mover, ...]:
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
        made = (_Mover(code=codes[k], values=v, errors=errors) for k, v in values.items())
        return tuple(sorted(made, key=lambda m: -m.size))


def reason_faults(
    found: Decisions, whole: Explainability | None, config: Config
) -> Iterator[Fault]:
    """Statuses that cannot be, and lists that do not follow from the attributions.

    Args:
        found: decisions.json.
        whole: explainability.json, for the inputs of each feature; else a feature is its input.
        config: in force.
    """
    if config.explain is None:
        return
    features = whole.features if whole is not None else ()
    rule = _Rule(
        config=config, explain=config.explain, of=found.of,
        columns={f.name: frozenset(f.columns) for f in features},
        protected=_protected(config),
    )  # fmt: skip
    for name, one in named(found):
        yield from _status_faults(name, one, config)
        if one.reasons.status != "issued" and one.reasons.reasons:
            yield Fault(f"{name} has reasons, though none are due", DECISIONS,
                        f"none: {one.reasons.status}", str(len(one.reasons.reasons)))  # fmt: skip
        yield from _list_faults(name, one, rule)


def _protected(config: Config) -> dict[str, frozenset[str]]:
    """Attributes by their own name, and by the columns that hold them."""
    found: dict[str, frozenset[str]] = {}
    for name, spec in config.sensitive.items():
        for known in (name, spec.column, *spec.probabilities.values()):
            if known:
                found[known] = found.get(known, frozenset()) | {name}
    return found


def _list_faults(name: str, one: Decision, rule: _Rule) -> Iterator[Fault]:
    status, towards = one.reasons.status, rule.towards(one.label)
    if not one.attributions or towards is None:
        if status == "issued":
            yield Fault(f"{name} has reasons that follow from no attribution", DECISIONS,
                        "attributions towards its decision", "none")  # fmt: skip
        return
    movers = rule.movers(one, towards)
    if status == "issued":
        yield from _issued_faults(name, one, rule, movers)
    elif status == "none" and one.is_adverse and movers:
        yield Fault(f"{name}: something moved the score towards the adverse decision", DECISIONS,
                    "reasons", movers[0].top)  # fmt: skip
    elif status == "protected":
        yield from _protected_faults(name, one, rule, movers)


def _status_faults(name: str, one: Decision, config: Config) -> Iterator[Fault]:
    status, is_other = one.reasons.status, one.final is not None and one.final != one.label
    if is_other:
        expected = {"other"}
    elif one.is_adverse is False:
        expected = {"favourable"}
    elif one.is_adverse is None:
        expected = {"none"}
    elif config.task == "binary" and one.threshold is None:
        expected = {"other"}  # the data's own decision, by whatever made it
    else:
        expected = {"issued", "protected", "none"}
    if status not in expected:
        yield Fault(f"{name}: its reasons are {status}", DECISIONS, " or ".join(sorted(expected)),
                    status)  # fmt: skip
    if (status == "protected") != bool(one.reasons.protected):
        yield Fault(f"{name} names protected attributes, or not, against its status", DECISIONS,
                    "named where one moved the decision", ", ".join(one.reasons.protected)
                    or "none named")  # fmt: skip
    if status == "issued" and not one.reasons.reasons:
        yield Fault(f"{name} has no reason, though they are issued", DECISIONS, "at least one",
                    "none")  # fmt: skip


def _issued_faults(
    name: str, one: Decision, rule: _Rule, movers: Sequence[_Mover]
) -> Iterator[Fault]:
    listed, most = one.reasons.reasons, rule.explain.reasons
    if len(listed) > most:
        yield Fault(f"{name} has more reasons than {CONFIG} allows", DECISIONS, f"at most {most}",
                    str(len(listed)))  # fmt: skip
    twice = [f for f, n in Counter(f for r in listed for f in r.features).items() if n > 1]
    if twice:
        yield Fault(f"{name} has two reasons about one feature", DECISIONS, "each once",
                    ", ".join(sorted(twice)))  # fmt: skip
    total = sum(v for m in movers for v in m.values.values())
    told: list[_Mover] = []
    for place, reason in enumerate(listed, 1):
        mover = next((m for m in movers if set(m.values) & set(reason.features)), None)
        if mover is None:
            yield Fault(f"{name}, reason {place}, is about nothing that moved the score there",
                        DECISIONS, ", ".join(m.top for m in movers),
                        ", ".join(reason.features) or "no feature")  # fmt: skip
            continue
        told.append(mover)
        yield from _reason_faults(f"{name}, reason {place}", reason, mover, rule, total)
    if any(after.size > before.size * (1 + _LEVEL) for before, after in pairwise(told)):
        yield Fault(f"{name}: its reasons are not in the order of what they moved", DECISIONS,
                    "the largest first", ", ".join(m.top for m in told))  # fmt: skip
    yield from _left_out(name, told, movers, is_full=len(listed) >= most)
    level = sorted(f for f in _level_features(rule, movers, surely=True) if rule.is_protected(f))
    if level:
        yield Fault(f"{name}: a protected attribute is level with its last reason, for which no "
                    "list may be given", DECISIONS, "no list", ", ".join(level))  # fmt: skip


def _left_out(
    name: str, told: Sequence[_Mover], movers: Sequence[_Mover], *, is_full: bool
) -> Iterator[Fault]:
    """A mover outside the list is no larger than the smallest in it; below the maximum none is."""
    least = min((m.size for m in told), default=0.0) if is_full else 0.0
    for mover in movers:
        if mover not in told and mover.size > least * (1 + _LEVEL):
            yield Fault(
                f"{name}: a principal reason is left out ({', '.join(sorted(mover.values))})",
                DECISIONS, f"every one above {shown(least)}", shown(mover.size),
            )  # fmt: skip


def _reason_faults(
    which: str, reason: Reason, mover: _Mover, rule: _Rule, total: float
) -> Iterator[Fault]:
    if set(reason.features) != set(mover.values):
        yield Fault(f"{which} is about other features than moved the score there by its code",
                    DECISIONS, ", ".join(sorted(mover.values)),
                    ", ".join(reason.features))  # fmt: skip
        return
    if any(rule.is_protected(f) for f in reason.features):
        yield Fault(f"{which} is a protected attribute, for which no list may be given", DECISIONS,
                    "no list", ", ".join(reason.features))  # fmt: skip
    moved = sum(mover.values.values())
    if abs(moved - reason.value) > slack(moved):
        yield Fault(f"{which} is not what its features moved towards the adverse decision",
                    DECISIONS, shown(moved), shown(reason.value))  # fmt: skip
    if abs(moved / total - reason.share) > slack(1.0):
        yield Fault(f"{which}: its share does not follow", DECISIONS, shown(moved / total),
                    shown(reason.share))  # fmt: skip
    code = None if mover.code is None else mover.code.code
    if reason.code != code:
        yield Fault(f"{which} has another code than {CONFIG} gives its features", DECISIONS,
                    code or "no code", reason.code or "no code")  # fmt: skip
    elif mover.code is not None and reason.text != mover.code.text:
        yield Fault(f"{which} has other words than {CONFIG} gives its code", DECISIONS,
                    mover.code.text, reason.text)  # fmt: skip
    elif mover.code is None and reason.text != mover.top:
        yield Fault(f"{which} has no code, and not its feature's name", DECISIONS, mover.top,
                    reason.text)  # fmt: skip


def _protected_faults(
    name: str, one: Decision, rule: _Rule, movers: Sequence[_Mover]
) -> Iterator[Fault]:
    """A list is withheld only where a protected feature is among the principal movers, or level."""
    sure = {f for m in movers[: rule.explain.reasons] for f in m.values}
    principal = sure | _level_features(rule, movers, surely=False)
    allowed = {a for f in principal for a in rule.attributes(f)}
    if not allowed:
        yield Fault(f"{name}: no protected attribute is among what moved it most", DECISIONS,
                    "a protected attribute", ", ".join(sorted(principal)) or "nothing")  # fmt: skip
        return
    said = set(one.reasons.protected)
    if foreign := sorted(said - allowed):
        yield Fault(f"{name} names a protected attribute that did not move it most", DECISIONS,
                    ", ".join(sorted(allowed)), ", ".join(foreign))  # fmt: skip
    for own in sorted(sorted(rule.attributes(f)) for f in sure):
        if own and said.isdisjoint(own):
            yield Fault(f"{name} does not name a protected attribute that moved it most",
                        DECISIONS, " or ".join(own), ", ".join(sorted(said)))  # fmt: skip


def _level_features(rule: _Rule, movers: Sequence[_Mover], *, surely: bool) -> set[str]:
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


def _are_level(last: _Mover, other: _Mover, feature: str, *, surely: bool) -> bool:
    """Whether it cannot be told which is larger, by their digits or by their errors."""
    apart = abs(last.size - other.values[feature])
    error = hypot(last.errors.get(last.top, 0.0), other.errors.get(feature, 0.0))
    if surely:
        is_equal = _digits(last.size) == _digits(other.values[feature])
        return is_equal or apart < _SURE * error * (1 - _LEVEL)
    return apart <= max(_LEVEL * last.size, _SURE * error * (1 + _LEVEL))


def _digits(value: float) -> str:
    """As many as the rule compares."""
    return f"{value:.9g}"


def protected_faults(found: Decisions, evidence: Evidence) -> Iterator[Fault]:
    """Page one carries the exception where a list was withheld for a protected attribute."""
    moved = sum(one.reasons.status == "protected" for one in found.decisions)
    told = any(f.id == PROTECTED_REASON and f.kind == "exception" for f in evidence.findings)
    if bool(moved) != told:
        yield Fault(
            f"the finding {PROTECTED_REASON} does not say what {DECISIONS} says", EVIDENCE,
            f"there: {moved} decisions" if moved else "not there", "there" if told else "not there",
        )  # fmt: skip
