"""An explanation in words: the answer, the reasons, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from affidavit.cli.output import Role, field_lines, paint, short, wrapped
from affidavit.cli.short_text import shortened
from affidavit.explanation_record import Change
from affidavit.printable import printable
from affidavit.reproduce.explanation import ANOTHER, Explanation

_COLOURS: Final[Mapping[str, Role]] = {"EXPLAINED": "good", "SCORE DIFFERS": "bad"}
_NO_LIST: Final = {
    "favourable": "none are due: the decision is favourable",
    "protected": "no list: a protected attribute moved the score",
    "other": "not from this model: rules or a person decided",
    "none": "none found",
}
SAYS = (
    "It says what this version makes of these inputs. It does not show that the inputs are right, "
    "or that the decision was."
)


def explanation_lines(result: Explanation, *, quiet: bool = False) -> list[str]:
    """The result for a person; `quiet` gives the answer only."""
    lines = _opening(result)
    if quiet:
        return lines
    return [*lines, "", *_why(result), "", *_facts(result), "", *wrapped(SAYS)]


def _opening(result: Explanation) -> list[str]:
    decision, title = result.decision, result.outcome
    decided = f", {printable(decision.label)}" if decision.label else ""
    is_changed = decision.final is not None and decision.final != decision.label
    final = f", in the end {printable(decision.final or '')}" if is_changed else ""
    subject = f"{result.subject.name}, version {result.subject.version}"
    text = f"{shortened(subject)}: row {printable(result.row)}, score {decision.score:.6g}"
    lines = wrapped(f"{title}  {text}{decided}{final}", rest="  ")
    lines[0] = lines[0].replace(title, paint(title, _COLOURS.get(title, "warn")), 1)
    logged = result.logged_score
    if logged is not None and logged.status == "different":
        lines += field_lines("logged", printable(logged.logged), width=9)
        lines += field_lines("now", printable(logged.now), width=9)
        note = f"; {logged.note}" if logged.note else ""
        lines += field_lines("because", f"{ANOTHER}{note}", width=9)
    if result.before_registration is not None:
        lines += field_lines(
            "note", f"decided {result.decided}, before this version was registered "
            f"({result.before_registration})", width=9,
        )  # fmt: skip
    return lines


def _why(result: Explanation) -> list[str]:
    decision = result.decision
    lines: list[str] = []
    if decision.reasons.status == "issued":
        for place, reason in enumerate(decision.reasons.reasons, 1):
            code = f"{printable(reason.code)}: " if reason.code else ""
            lines += field_lines(
                f"reason {place}", shortened(f"{code}{reason.text} ({reason.share:.0%})")
            )
    else:
        lacks = decision.reasons.status == "none" and not decision.attributions
        why = "not worked out" if lacks else _NO_LIST[decision.reasons.status]
        lines += field_lines("reasons", why)
    for found in decision.counterfactuals:
        changes = ", ".join(f"{c.column} {_was_now(c)}" for c in found.changes)
        lines += field_lines("with", shortened(f"{changes}: {found.decision}, {found.score:.6g}"))
    if decision.none_found:
        lines += field_lines("with", shortened(f"no change found: {decision.none_found}"))
    for lack in result.explained.lacking:
        lines += field_lines("lacking", shortened(f"{lack.part}: {lack.reason}"))
        lines += field_lines("fix", shortened(lack.fix))
    return lines


def _beside(result: Explanation) -> str:
    """What the reasons compare with, which another baseline would change."""
    background = result.explained.background
    if background is None:
        return ""
    near = " near the threshold" if background.rule == "near-cut-off" else ""
    return f", beside {background.n:,} of {background.of:,} rows{near}"


def _was_now(one: Change) -> str:
    """The new value in full, since a rounded one might not do; the old one in six digits."""
    was, now = one.was, one.now
    if isinstance(was, float) and isinstance(now, float):
        short_was, full = f"{was:.6g}", f"{now:.12g}"
        return f"{short_was if short_was != full else f'{was:.12g}'} -> {full}"
    return f"{'missing' if was is None else was} -> {now}"


def _facts(result: Explanation) -> list[str]:
    evidence = short(result.evidence_id or "unknown")
    lines = field_lines("bundle", f"{result.verified.lower()}, evidence {evidence}")
    lines += field_lines("signed by", shortened(result.signed_by or "nobody that you trust"))
    for lack in result.overridden:
        lines += field_lines("overridden", shortened(lack))
    lines += field_lines("isolation", shortened(result.isolation.used))
    if result.environment is not None:
        lines += field_lines("environment", shortened(result.environment.about))
    quality = result.explained.quality
    if quality is not None:
        how = f"{quality.method}, on the scale {quality.scale}{_beside(result)}"
        lines += field_lines("method", how)
    logged = result.logged_score
    if logged is None:
        lines += field_lines(
            "log", "no --score was given: it was not compared with what was logged"
        )
    elif logged.status != "different":
        word = "equal" if logged.status == "equal" else "within the tolerance"
        lines += field_lines("log", f"{word}: {printable(logged.logged)}")
    return lines
