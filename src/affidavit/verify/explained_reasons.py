"""Principal reasons against the attributions: none made up, none of the main ones left out.

The rule: of what moved the score towards the adverse decision, the largest first, at most as many
as `[explain] reasons` says. Features of one code of `[[explain.reason]]` are one reason, with the
sum of their attributions. Which of a code's features are summed is the method's to say: all of
them, or those alone that moved the score to the adverse side. Both are taken; a reason that
neither asks for, or that both ask for and is not there, is refuted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from affidavit.bundle.layout import CONFIG, DECISIONS, EVIDENCE
from affidavit.config import Config, Explain, ReasonCode
from affidavit.evidence import Evidence
from affidavit.explanation_record import Decision, Decisions, Explainability, Reason
from affidavit.gap_ids import PROTECTED_REASON
from affidavit.verify.checks import Fault
from affidavit.verify.explained_decisions import named
from affidavit.verify.explained_sums import shown, slack

_NEVER_LISTED: Final = frozenset({"favourable", "protected", "other", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mover:
    """What one reason can be about: the features of a code, or one feature without a code.

    Attributes:
        features: all of them.
        net: the sum of what they moved towards the adverse decision; below 0 where away from it.
        gross: the sum of those alone that moved it there.
    """

    code: ReasonCode | None
    features: frozenset[str]
    net: float
    gross: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What the configuration and the model's features say of reasons.

    Attributes:
        columns: the inputs of each feature.
        protected: features and inputs of sensitive attributes.
        towards: 1 where a higher score is worse for the person, else -1.
    """

    explain: Explain
    columns: Mapping[str, frozenset[str]]
    protected: frozenset[str]
    towards: int

    def code_of(self, feature: str) -> ReasonCode | None:
        """The first code that speaks of the feature, or of one of its inputs."""
        names = {feature, *self.columns.get(feature, ())}
        return next((c for c in self.explain.reason if names & set(c.features)), None)

    def is_protected(self, feature: str) -> bool:
        return bool(self.protected & {feature, *self.columns.get(feature, ())})

    def movers(self, one: Decision) -> tuple[_Mover, ...]:
        """What moved the score, by code, protected features apart; the largest first."""
        by_code: dict[str, list[tuple[str, float]]] = {}
        codes: dict[str, ReasonCode | None] = {}
        for found in one.attributions:
            code = None if self.is_protected(found.feature) else self.code_of(found.feature)
            key = f"f:{found.feature}" if code is None else f"c:{code.code}"
            codes[key] = code
            by_code.setdefault(key, []).append((found.feature, self.towards * found.value))
        made = (
            _Mover(
                code=codes[key], features=frozenset(f for f, _ in parts),
                net=sum(v for _, v in parts), gross=sum(v for _, v in parts if v > 0),
            )
            for key, parts in by_code.items()
        )  # fmt: skip
        return tuple(sorted(made, key=lambda m: -m.gross))


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
        explain=config.explain, columns={f.name: frozenset(f.columns) for f in features},
        protected=frozenset(config.sensitive)
        | {s.column for s in config.sensitive.values() if s.column},
        towards=-1 if found.of == config.label.favourable else 1,
    )  # fmt: skip
    for name, one in named(found):
        yield from _status_faults(name, one, config)
        if one.reasons.status in _NEVER_LISTED and one.reasons.reasons:
            yield Fault(f"{name} has reasons, though none are due", DECISIONS,
                        f"none: {one.reasons.status}", str(len(one.reasons.reasons)))  # fmt: skip
        if not one.attributions:
            if one.reasons.status == "issued":
                yield Fault(f"{name} has reasons that follow from no attribution", DECISIONS,
                            "attributions", "none")  # fmt: skip
            continue
        movers = rule.movers(one)
        if one.reasons.status == "issued":
            yield from _issued_faults(name, one, rule, movers)
        elif one.reasons.status == "none":
            yield from _none_faults(name, one, movers)
        elif one.reasons.status == "protected":
            yield from _protected_faults(name, one, rule, movers)


def _status_faults(name: str, one: Decision, config: Config) -> Iterator[Fault]:
    status, is_other = one.reasons.status, one.final is not None and one.final != one.label
    by_model = config.decision.threshold is not None or bool(config.decision.segment)
    expected: set[str]
    if is_other:
        expected = {"other", "favourable"} if one.is_adverse is False else {"other"}
    elif one.is_adverse is False:
        expected = {"favourable"}
    elif one.is_adverse is None:
        expected = {"none", "favourable", "issued", "protected"}
    else:
        expected = {"issued", "protected", "none"}
    if config.task != "regression" and not by_model:
        expected |= {"other"}  # the data's own decision, by whatever made it
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
    listed = one.reasons.reasons
    most = rule.explain.reasons
    if len(listed) > most:
        yield Fault(f"{name} has more reasons than {CONFIG} allows", DECISIONS, f"at most {most}",
                    str(len(listed)))  # fmt: skip
    twice = [f for f, n in Counter(f for r in listed for f in r.features).items() if n > 1]
    if twice:
        yield Fault(f"{name} has two reasons about one feature", DECISIONS, "each once",
                    ", ".join(sorted(twice)))  # fmt: skip
    for place, reason in enumerate(listed, 1):
        yield from _reason_faults(f"{name}, reason {place}", one, reason, rule, movers)
    sizes = [abs(r.value) for r in listed]
    if any(after > before + slack(before) for before, after in pairwise(sizes)):
        yield Fault(f"{name}: its reasons are not in the order of what they moved", DECISIONS,
                    "the largest first", ", ".join(map(shown, sizes)))  # fmt: skip
    yield from _left_out(name, listed, movers, is_full=len(listed) >= most)


def _left_out(
    name: str, listed: Sequence[Reason], movers: Sequence[_Mover], *, is_full: bool
) -> Iterator[Fault]:
    """A mover outside the list is no larger than the smallest in it; below the maximum none is."""
    told = {f for r in listed for f in r.features}
    least = min((abs(r.value) for r in listed), default=0.0) if is_full else 0.0
    for mover in movers:
        if not mover.features & told and mover.net > least + slack(least):
            yield Fault(
                f"{name}: a principal reason is left out ({', '.join(sorted(mover.features))})",
                DECISIONS, f"every one above {shown(least)}", shown(mover.net),
            )  # fmt: skip


def _reason_faults(
    which: str, one: Decision, reason: Reason, rule: _Rule, movers: Sequence[_Mover]
) -> Iterator[Fault]:
    values = {a.feature: rule.towards * a.value for a in one.attributions}
    foreign = sorted(set(reason.features) - values.keys())
    if foreign or not reason.features:
        yield Fault(f"{which} speaks of what the model did not score", DECISIONS,
                    "features of the model", ", ".join(foreign) or "no feature")  # fmt: skip
        return
    if any(rule.is_protected(f) for f in reason.features):
        yield Fault(f"{which} is a protected attribute, for which no list may be given", DECISIONS,
                    "no list", ", ".join(reason.features))  # fmt: skip
    moved = sum(values[f] for f in reason.features)
    sides = (moved, sum(max(0.0, values[f]) for f in reason.features))
    if not any(v > 0 and abs(v - abs(reason.value)) <= slack(v) for v in sides):
        yield Fault(f"{which} is not what its features moved towards the adverse decision",
                    DECISIONS, shown(moved), shown(reason.value))  # fmt: skip
    mover = next((m for m in movers if m.features >= set(reason.features)), None)
    if mover is None:
        yield Fault(f"{which} joins features that no code joins ({CONFIG})", DECISIONS,
                    "a code, or one feature", ", ".join(reason.features))  # fmt: skip
    else:
        yield from _word_faults(which, reason, mover)
    totals = (sum(m.gross for m in movers), sum(max(0.0, m.net) for m in movers))
    if not any(t > 0 and abs(abs(reason.value) / t - reason.share) <= slack(1.0) for t in totals):
        yield Fault(f"{which}: its share does not follow", DECISIONS,
                    " or ".join(shown(abs(reason.value) / t) for t in totals if t > 0),
                    shown(reason.share))  # fmt: skip


def _word_faults(which: str, reason: Reason, mover: _Mover) -> Iterator[Fault]:
    """Code and words are those of the declared table."""
    code = None if mover.code is None else mover.code.code
    if reason.code != code:
        yield Fault(f"{which} has another code than {CONFIG} gives its features", DECISIONS,
                    code or "no code", reason.code or "no code")  # fmt: skip
    elif mover.code is not None and reason.text != mover.code.text:
        yield Fault(f"{which} has other words than {CONFIG} gives its code", DECISIONS,
                    mover.code.text, reason.text)  # fmt: skip


def _none_faults(name: str, one: Decision, movers: Sequence[_Mover]) -> Iterator[Fault]:
    moved = [m for m in movers if m.net > slack(m.net)]
    if one.is_adverse and moved:
        yield Fault(f"{name}: something moved the score towards the adverse decision", DECISIONS,
                    "reasons", ", ".join(sorted(moved[0].features)))  # fmt: skip


def _protected_faults(
    name: str, one: Decision, rule: _Rule, movers: Sequence[_Mover]
) -> Iterator[Fault]:
    """A list is withheld only where a protected feature is among the principal movers."""
    principal = [m for m in movers if m.gross > 0][: rule.explain.reasons]
    least = min((m.gross for m in principal), default=0.0)
    tied = [m for m in movers if m.gross > 0 and m.gross >= least - slack(least)]
    if not any(rule.is_protected(f) for m in tied for f in m.features):
        yield Fault(f"{name}: no protected attribute is among what moved it most", DECISIONS,
                    "a protected attribute", ", ".join(sorted(f for m in tied for f in m.features))
                    or "nothing")  # fmt: skip
    known = rule.protected | {a.feature for a in one.attributions if rule.is_protected(a.feature)}
    if foreign := sorted(set(one.reasons.protected) - known):
        yield Fault(f"{name} names as protected what {CONFIG} does not", DECISIONS,
                    ", ".join(sorted(known)), ", ".join(foreign))  # fmt: skip


def protected_faults(found: Decisions, evidence: Evidence) -> Iterator[Fault]:
    """Page one carries the exception where a list was withheld for a protected attribute."""
    moved = sum(one.reasons.status == "protected" for one in found.decisions)
    told = any(f.id == PROTECTED_REASON and f.kind == "exception" for f in evidence.findings)
    if bool(moved) != told:
        yield Fault(
            f"the finding {PROTECTED_REASON} does not say what {DECISIONS} says", EVIDENCE,
            f"there: {moved} decisions" if moved else "not there", "there" if told else "not there",
        )  # fmt: skip
