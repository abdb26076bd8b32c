"""Single decisions: outputs from attributions, decisions from scores, and which rows these are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import log, log1p
from struct import pack, unpack
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.bundle.layout import CONFIG, DECISIONS
from affidavit.config import Config
from affidavit.evidence import Scale
from affidavit.explanation_record import Decision, Decisions, Quality
from affidavit.verify.checks import Fault
from affidavit.verify.nearness import is_sum, shown, slack

_NEAREST: Final = 1e-12  # scores of 0 and 1 are taken for the nearest that has log-odds
_DIGITS: Final = 1e-12  # a score is written to twelve digits
# Of a score that attributions read from the parameters have to agree with: a few of the last digit
# of twelve, or of single precision; and how far off the background's mean output may be.
_UNIT, _SINGLE_UNIT, _OF_BACKGROUND = 5e-12, 4 * 2.0**-24, 1e-2


def sum_faults(found: Decisions) -> Iterator[Fault]:
    """Outputs that are not the score's, or not the background's mean and the attributions."""
    quality = found.quality
    for name, one in named(found):
        expected, off = _output(one.score, found.scale)
        if abs(expected - one.output) > off:
            yield Fault(f"{name}: its output is not its score on the scale {found.scale}",
                        DECISIONS, shown(expected), shown(one.output))  # fmt: skip
        if not one.attributions:
            yield from _lacking_faults(name, found)
            continue
        if found.background is None or quality is None:
            yield Fault(f"{name} has attributions, and nothing says against which background",
                        DECISIONS, "background and quality", "none")  # fmt: skip
            return
        mean = found.background.mean_output
        parts = [a.value for a in one.attributions]
        allowed = quality.additivity + _left_open(one.score, quality)
        if not is_sum(one.output, [mean, *parts], allowed=allowed):
            yield Fault(
                f"{name}: its attributions do not add up to its output", DECISIONS,
                f"{shown(one.output - mean)} within {shown(allowed)}",
                shown(sum(parts)),
            )  # fmt: skip
        largest = max(a.error for a in one.attributions)
        if largest > quality.monte_carlo + slack(largest):
            yield Fault(f"{name}: an attribution is less certain than the record says", DECISIONS,
                        f"at most {shown(quality.monte_carlo)}", shown(largest))  # fmt: skip


def _left_open(score: float, quality: Quality) -> float:
    """How far off log-odds may be since the score has so many digits only, as far as it is said."""
    if quality.unresolved is None or quality.scale == "score":
        return 0.0
    if not _NEAREST < score < 1 - _NEAREST:
        return quality.unresolved
    unit = _SINGLE_UNIT if _is_single(score) else _UNIT
    return min(quality.unresolved, _OF_BACKGROUND + unit / (1 - score))


def _is_single(score: float) -> bool:
    (nearest,) = unpack("f", pack("f", score))
    return bool(rounded(nearest) == score)


def _lacking_faults(name: str, found: Decisions) -> Iterator[Fault]:
    """All decisions have attributions, or none has and the record says why."""
    if found.quality is not None or not found.lacking:
        yield Fault(f"{name} has no attributions, and nothing says why", DECISIONS,
                    "attributions, or none of any decision and what is lacking",
                    "none")  # fmt: skip


def named(found: Decisions) -> Iterator[tuple[str, Decision]]:
    """Each decision with what faults call it: its place, since its id may be a person's."""
    for place, one in enumerate(found.decisions, 1):
        yield f"decision {place}", one


def _output(score: float, scale: Scale) -> tuple[float, float]:
    """The output of a score, and how far off twelve digits of the score can make it."""
    if scale == "score":
        return score, slack(score)
    held = min(max(score, _NEAREST), 1 - _NEAREST)
    output = log(held) - log1p(-held)
    return output, slack(output) + _DIGITS / (1 - held)


def decision_faults(found: Decisions, config: Config) -> Iterator[Fault]:
    """Decisions against threshold, favourable label, groups and the choice of rows."""
    ids = Counter(one.row_id for one in found.decisions)
    if any(times > 1 for times in ids.values()):
        yield Fault(f"{DECISIONS} explains a row twice", DECISIONS, "each once",
                    f"{sum(t > 1 for t in ids.values())} rows")  # fmt: skip
    for name, one in named(found):
        yield from _threshold_faults(name, one, config)
        yield from _adverse_faults(name, one, config)
        yield from _choice_faults(name, one, config)


def _threshold_faults(name: str, one: Decision, config: Config) -> Iterator[Fault]:
    allowed = _in_force(one, config)
    if (None if one.threshold is None else rounded(one.threshold)) not in allowed:
        given = sorted(t for t in allowed if t is not None)
        yield Fault(f"{name}: its threshold is none that {CONFIG} has", DECISIONS,
                    ", ".join(map(shown, given)) or "none", shown(one.threshold))  # fmt: skip
    if one.threshold is None or config.task != "binary":
        return
    if not one.label:
        yield Fault(f"{name} has a threshold, and no decision", DECISIONS, "a label",
                    "none")  # fmt: skip
    if (one.label == config.label.positive) != (one.score >= one.threshold):
        yield Fault(f"{name} is decided against its threshold", DECISIONS,
                    f"{config.label.positive} from {shown(one.threshold)}",
                    f"{one.label} at {shown(one.score)}")  # fmt: skip


def _in_force(one: Decision, config: Config) -> set[float | None]:
    """The thresholds that may decide the row: one, where its inputs tell the segment.

    Where every row has to be in a segment, none at all is no threshold.
    """
    rule = config.decision
    if config.task != "binary":
        return {None}
    inputs = {i.column: i.value for i in one.inputs}
    base = None if rule.threshold is None else rounded(rule.threshold)
    allowed: set[float | None] = set()
    for segment in rule.segment:
        value = inputs.get(segment.column)
        if not isinstance(value, str):  # no input, or a number, whose text is not told
            allowed.add(rounded(segment.threshold))
        elif value == segment.value:
            return allowed | {rounded(segment.threshold)}
    return allowed | {base} if base is not None or not rule.segment else allowed


def _adverse_faults(name: str, one: Decision, config: Config) -> Iterator[Fault]:
    """What is favourable is the configuration's to say."""
    if one.final is not None and config.decision.column is None:
        yield Fault(f"{name} has a final decision, and {CONFIG} names no column of them",
                    DECISIONS, "none", one.final)  # fmt: skip
    good = config.label.favourable
    expected: set[bool | None] = {None}
    if config.task != "regression" and good is not None:
        expected = {one.label != good} if one.label else {None}
    if one.is_adverse not in expected:
        yield Fault(f"{name} is adverse or not, against {CONFIG}", DECISIONS,
                    " or ".join(sorted(map(str, expected))), str(one.is_adverse))  # fmt: skip


def _choice_faults(name: str, one: Decision, config: Config) -> Iterator[Fault]:
    ids = config.explain.decisions.ids if config.explain is not None else ()
    if not one.chosen or "given" in one.chosen:
        yield Fault(f"{name} is not among the rows that a build chooses", DECISIONS,
                    "why it is here", ", ".join(one.chosen) or "nothing")  # fmt: skip
    if ("named" in one.chosen) != (one.row_id in ids):
        yield Fault(f"{name} is named or not, against {CONFIG}", DECISIONS,
                    "the ids of [explain.decisions]", ", ".join(one.chosen))  # fmt: skip
    if foreign := sorted((one.group or {}).keys() - config.sensitive.keys()):
        yield Fault(f"{name} is of a group that {CONFIG} does not form", DECISIONS,
                    ", ".join(sorted(config.sensitive)), ", ".join(foreign))  # fmt: skip
