"""What signed answers, decisions and rechecks amount to, in words; and which do not count."""

from __future__ import annotations

from datetime import date
from typing import Final

from affidavit.cli.output import day_text, field_lines
from affidavit.cli.short_text import shortened
from affidavit.standing import Answer
from affidavit.verify.approvals import Decisions
from affidavit.verify.attestations import ControlNow, NotWeighed, StandingNow
from affidavit.verify.rechecks import Rechecks
from affidavit.wording import count_text

_CONTROLS_SHOWN: Final = 12


def standing_lines(now: StandingNow) -> list[str]:
    """What signed answers make of the controls as of now, and those that were not weighed."""
    lines: list[str] = []
    for label, mine in (
        ("attested", [c for c in now.controls if c.now == "attested"]),
        ("now", [c for c in now.controls if c.now != "attested"]),
    ):
        shown = [_control_now(c, label) for c in mine[:_CONTROLS_SHOWN]]
        if more := len(mine) - len(shown):
            shown.append(f"and {more} more: --json")
        if shown:
            lines += field_lines(label, "\n".join(shown))
    return lines + _left_out_lines(now.not_weighed)


def decision_lines(decisions: Decisions) -> list[str]:
    """Decisions on the release: rejections first and in capitals, then approvals, then the rest."""
    lines: list[str] = []
    for decision in sorted(decisions.counted, key=lambda d: d.decision == "approve"):
        done = "approved" if decision.decision == "approve" else "REJECTED"
        text = (
            f"{done} by {shortened(decision.by)} as {shortened(decision.role)}, "
            f"{_day(decision.made_on)}"
        )
        if decision.by_sealer:
            text += ", who sealed the bundle too"
        if decision.said:
            text += f": {shortened(decision.said)}"
        lines += field_lines("release", text)
    return lines + _left_out_lines(decisions.not_weighed)


def recheck_lines(rechecks: Rechecks) -> list[str]:
    """Who computed the numbers again, and how they came out; what differs stands first."""
    lines: list[str] = []
    for one in sorted(rechecks.counted, key=lambda r: r.outcome != "DIFFERENT"):
        text = (
            f"{one.outcome}, {count_text(one.numbers, 'number')}, says {shortened(one.by)}, "
            f"{_day(one.made_on)}, of their own run ({shortened(one.machine)})"
        )
        if one.not_run:
            text += f"; {count_text(one.not_run, 'number')} not run"
        if one.by_sealer:
            text += "; who sealed the bundle too"
        lines += field_lines("rechecked", text)
    return lines + _left_out_lines(rechecks.not_weighed)


def _left_out_lines(left: tuple[NotWeighed, ...]) -> list[str]:
    if not left:
        return []
    told = [_not_weighed(n) for n in left[:_CONTROLS_SHOWN]]
    if more := len(left) - len(told):
        told.append(f"and {more} more: --json")
    return field_lines("not weighed", "\n".join(told))


def _control_now(control: ControlNow, label: str) -> str:
    text = shortened(control.control)
    if label != "attested":
        text += " needs attestation" if control.now == "needs-attestation" else " is an exception"
    if control.now != control.sealed:
        text += f" (as sealed: {control.sealed.replace('-', ' ')})"
    said = ", ".join(_answer(a) for a in control.answers)
    return text + (f": {said}" if said else ": no answer that you trust holds today")


def _answer(answer: Answer) -> str:
    until = _day(answer.expires_on)
    return f"{answer.answer} by {shortened(answer.by)} as {shortened(answer.role)}, until {until}"


def _not_weighed(left: NotWeighed) -> str:
    what = left.control or left.path.removeprefix("signatures/")
    by = f" by {left.by}" if left.by else ""
    return shortened(f"{what}{by}: {left.why}")


def _day(text: str) -> str:
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        return shortened(text)
