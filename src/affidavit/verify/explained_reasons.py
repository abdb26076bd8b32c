"""Principal reasons against the attributions: none made up, none of the main ones left out.

The rule of docs/bundle-format.md, 8.7: what moved the score towards the adverse decision, the
largest attribution first; features of one code of `[[explain.reason]]` are one reason, at the place
of the largest of them, with the sum of those that moved it there; at most as many as `[explain]
reasons` says. Attributions that twelve digits cannot tell apart may stand either way round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from affidavit.bundle.layout import CONFIG, DECISIONS
from affidavit.config import Config
from affidavit.explanation_record import Decision, Decisions, Explainability, Reason
from affidavit.verify.checks import Fault
from affidavit.verify.explained_decisions import named
from affidavit.verify.explained_movers import LEVEL, Mover, Rule, level_features, protected_of
from affidavit.verify.nearness import shown, slack


def reason_faults(
    found: Decisions, whole: Explainability | None, config: Config
) -> Iterator[Fault]:
    """Statuses that cannot be, and lists that do not follow from the attributions.

    Args:
        found: decisions.json.
        whole: explainability.json, for the inputs of each feature; else these are by [explain].
        config: in force.
    """
    if config.explain is None:
        return
    columns = {name: frozenset(group) for name, group in config.explain.groups.items()}
    if whole is not None:
        columns = {f.name: frozenset(f.columns) for f in whole.features}
    rule = Rule(
        config=config, explain=config.explain, of=found.of,
        columns=columns,
        protected=protected_of(config),
    )  # fmt: skip
    for name, one in named(found):
        yield from _status_faults(name, one, config)
        if one.reasons.status != "issued" and one.reasons.reasons:
            yield Fault(f"{name} has reasons, though none are due", DECISIONS,
                        f"none: {one.reasons.status}", str(len(one.reasons.reasons)))  # fmt: skip
        yield from _list_faults(name, one, rule)


def _list_faults(name: str, one: Decision, rule: Rule) -> Iterator[Fault]:
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
    name: str, one: Decision, rule: Rule, movers: Sequence[Mover]
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
    told: list[Mover] = []
    for place, reason in enumerate(listed, 1):
        mover = next((m for m in movers if set(m.values) & set(reason.features)), None)
        if mover is None:
            yield Fault(f"{name}, reason {place}, is about nothing that moved the score there",
                        DECISIONS, ", ".join(m.top for m in movers),
                        ", ".join(reason.features) or "no feature")  # fmt: skip
            continue
        told.append(mover)
        yield from _reason_faults(f"{name}, reason {place}", reason, mover, rule, total)
    if any(after.size > before.size * (1 + LEVEL) for before, after in pairwise(told)):
        yield Fault(f"{name}: its reasons are not in the order of what they moved", DECISIONS,
                    "the largest first", ", ".join(m.top for m in told))  # fmt: skip
    yield from _left_out(name, told, movers, is_full=len(listed) >= most)
    level = sorted(f for f in level_features(rule, movers, surely=True) if rule.is_protected(f))
    if level:
        yield Fault(f"{name}: a protected attribute is level with its last reason, for which no "
                    "list may be given", DECISIONS, "no list", ", ".join(level))  # fmt: skip


def _left_out(
    name: str, told: Sequence[Mover], movers: Sequence[Mover], *, is_full: bool
) -> Iterator[Fault]:
    """A mover outside the list is no larger than the smallest in it; below the maximum none is."""
    least = min((m.size for m in told), default=0.0) if is_full else 0.0
    for mover in movers:
        if mover not in told and mover.size > least * (1 + LEVEL):
            yield Fault(
                f"{name}: a principal reason is left out ({', '.join(sorted(mover.values))})",
                DECISIONS, f"every one above {shown(least)}", shown(mover.size),
            )  # fmt: skip


def _reason_faults(
    which: str, reason: Reason, mover: Mover, rule: Rule, total: float
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
    name: str, one: Decision, rule: Rule, movers: Sequence[Mover]
) -> Iterator[Fault]:
    """A list is withheld only where a protected feature is among the principal movers, or level."""
    sure = {f for m in movers[: rule.explain.reasons] for f in m.values}
    principal = sure | level_features(rule, movers, surely=False)
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
