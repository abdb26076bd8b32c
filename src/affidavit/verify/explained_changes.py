"""Counterfactuals: each turns the decision, and changes only what may be changed."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.layout import CONFIG, DECISIONS
from affidavit.config import Bounds, Config, Counterfactuals
from affidavit.explanation_record import Cell, Change, Counterfactual, Decision, Decisions
from affidavit.verify.checks import Fault
from affidavit.verify.explained_decisions import named
from affidavit.verify.nearness import shown


def change_faults(found: Decisions, config: Config) -> Iterator[Fault]:
    """Counterfactuals that flip nothing, or change what the configuration holds fast."""
    rules = config.explain.counterfactuals if config.explain is not None else Counterfactuals()
    held = _held(rules, config)
    for name, one in named(found):
        if len(one.counterfactuals) > rules.most:
            yield Fault(f"{name} has more counterfactuals than {CONFIG} asks for", DECISIONS,
                        f"at most {rules.most}", str(len(one.counterfactuals)))  # fmt: skip
        if one.counterfactuals and one.none_found is not None:
            yield Fault(f"{name} has counterfactuals, and says that there is none", DECISIONS,
                        "one of them", one.none_found)  # fmt: skip
        if not one.counterfactuals and one.none_found is None:
            yield Fault(f"{name} has no counterfactual, and nothing says why", DECISIONS,
                        "one of them", "neither")  # fmt: skip
        for place, made in enumerate(one.counterfactuals, 1):
            which = f"{name}, counterfactual {place}"
            yield from _flip_faults(which, one, made, config)
            yield from _input_faults(which, one, made)
            yield from _limit_faults(which, one, made, rules, held)


def _held(rules: Counterfactuals, config: Config) -> frozenset[str]:
    """Columns that stay: declared so, sensitive, of a threshold's segment, or of one's block."""
    stays = {*rules.immutable, *(s.column for s in config.decision.segment)}
    for attribute in config.sensitive.values():
        stays.update(c for c in (attribute.column, *attribute.probabilities.values()) if c)
    return frozenset(stays.union(*(b for b in rules.one_hot if stays.intersection(b))))


def _flip_faults(
    which: str, one: Decision, made: Counterfactual, config: Config
) -> Iterator[Fault]:
    """On the other side of the threshold; the decision that the score there gives."""
    cut, positive = one.threshold, config.label.positive
    is_cut = cut is not None and config.task == "binary"
    if made.decision == one.label or (
        is_cut and cut is not None and (made.score >= cut) == (one.score >= cut)
    ):
        yield Fault(f"{which} does not turn the decision", DECISIONS,
                    f"another decision than {one.label}"
                    + (f", the other side of {shown(cut)}" if is_cut else ""),
                    f"{made.decision} at {shown(made.score)}")  # fmt: skip
    elif is_cut and cut is not None and (made.decision == positive) != (made.score >= cut):
        yield Fault(f"{which} is decided against the threshold", DECISIONS,
                    f"{positive} from {shown(cut)}",
                    f"{made.decision} at {shown(made.score)}")  # fmt: skip


def _input_faults(which: str, one: Decision, made: Counterfactual) -> Iterator[Fault]:
    """Changes begin at the decision's own inputs."""
    inputs = {i.column: i.value for i in one.inputs}
    columns = [c.column for c in made.changes]
    if len(set(columns)) != len(columns):
        yield Fault(f"{which} changes an input twice", DECISIONS, "each once",
                    ", ".join(columns))  # fmt: skip
    for change in made.changes:
        if change.column not in inputs or not _same(inputs[change.column], change.was):
            yield Fault(f"{which} begins at another {change.column!r} than the decision had",
                        DECISIONS, "the decision's input", "another")  # fmt: skip
        if _same(change.was, change.now):
            yield Fault(f"{which} changes {change.column!r} into itself", DECISIONS, "a change",
                        "none")  # fmt: skip


def _limit_faults(
    which: str, one: Decision, made: Counterfactual, rules: Counterfactuals, held: frozenset[str]
) -> Iterator[Fault]:
    for change in made.changes:
        if change.column in held:
            yield _fault(which, change, "stays as it is")
        if change.now is None:
            yield _fault(which, change, "is not set to missing")
        way = _way(change)
        if change.column in rules.only_up and not (way is not None and way > 0):
            yield _fault(which, change, "only rises")
        if change.column in rules.only_down and not (way is not None and way < 0):
            yield _fault(which, change, "only falls")
        bounds = rules.bounds.get(change.column)
        if bounds is not None and not _is_within(change.now, bounds):
            yield _fault(which, change, "stays within its bounds")
    after = {i.column: i.value for i in one.inputs} | {c.column: c.now for c in made.changes}
    changed = {c.column for c in made.changes}
    for block in rules.one_hot:
        ones = sum(after.get(c) in (1, True) for c in block)
        if changed & set(block) and ones != 1:
            yield Fault(f"{which} leaves a block of which not exactly one is 1 ({CONFIG})",
                        DECISIONS, "1", str(ones))  # fmt: skip


def _is_within(value: Cell, bounds: Bounds) -> bool:
    if not isinstance(value, float):
        return False
    return (bounds.min is None or value >= bounds.min) and (
        bounds.max is None or value <= bounds.max
    )


def _way(change: Change) -> float | None:
    """How far a number went; None of anything else, as of what was missing."""
    was, now = change.was, change.now
    if isinstance(was, float) and isinstance(now, float):
        return now - was
    return None


def _same(one: Cell, other: Cell) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _fault(which: str, change: Change, rule: str) -> Fault:
    """Without the value, which is a person's."""
    return Fault(f"{which} changes {change.column!r}, which {rule} ({CONFIG})", DECISIONS, rule,
                 "another value")  # fmt: skip
