"""Two versions on the same rows, in words: differences with their intervals, changed decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.cli.number_text import decimals_for
from affidavit.cli.output import field_lines, wrapped
from affidavit.inspect.difference import (
    PairedAttribute,
    PairedGroup,
    PairedNumber,
    PairedRole,
    RoleRows,
    Turned,
)
from affidavit.printable import printable
from affidavit.wording import count_text

MINUS: Final = "\N{MINUS SIGN}"
_LABEL_SHOWN, _VALUE_SHOWN, _KINDS_SHOWN = 10, 14, 4
_METRIC_WIDTH, _GROUP_WIDTH = 20, 20
_OF_POSITIVE: Final = ("true_positive_rate", "false_positive_rate")


def has_changed(paired: PairedRole | None) -> bool:
    """Whether any value or decision differs on the common rows."""
    return paired is not None and (bool(paired.turned) or any(n.difference for n in paired.numbers))


def paired_lines(paired: PairedRole, rows: RoleRows, *, limit: int) -> list[str]:
    """The block of one role; a reason in its place where nothing is compared.

    Args:
        paired: both versions on the common rows.
        rows: what was said of the role before.
        limit: how many groups of an attribute are shown.
    """
    if paired.reason is not None:
        if paired.reason in rows.reason:
            return []  # it has been said
        return _line(f"not compared row by row: {paired.reason}")
    lines = _line(_opening(paired, rows))
    for number in paired.numbers:
        lines += field_lines(_name(number), _compared(number), width=_METRIC_WIDTH, indent=4)
    if paired.turned:
        label = "decisions changed"
        lines += field_lines(label, _turned(paired.turned), width=_METRIC_WIDTH, indent=4)
    lines += _by_group(paired.attributes, limit)
    for remark in (*_no_intervals(paired), *(f"note: {note}" for note in paired.notes)):
        lines += _line(remark)
    return lines


def _no_intervals(paired: PairedRole) -> list[str]:
    """Why there is none, each reason once."""
    groups = (g.selection_rate for a in paired.attributes for g in a.groups if g.selection_rate)
    bare = (n.reason for n in (*paired.numbers, *groups) if n.low is None and n.difference)
    return [reason for reason in dict.fromkeys(bare) if reason is not None]


def _opening(paired: PairedRole, rows: RoleRows) -> str:
    common = "" if rows.same is True else f"{count_text(paired.n, 'common row')}, "
    tests = sum(n.p_value is not None for n in _all_numbers(paired))
    text = f"{common}row by row: after minus before, 95 % interval"
    text += f"; p unadjusted, {count_text(tests, 'test')}" if tests else ""
    positive = next((n.event for n in paired.numbers if n.metric in _OF_POSITIVE), None)
    return text if positive is None else f"{text}; positive is {_label(positive)}"


def _all_numbers(paired: PairedRole) -> list[PairedNumber]:
    of_groups = [g.selection_rate for a in paired.attributes for g in a.groups if g.selection_rate]
    return [*paired.numbers, *of_groups]


def _line(text: str) -> list[str]:
    return wrapped(printable(text), first="    ", rest="      ")


def _name(number: PairedNumber) -> str:
    if number.metric != "selection_rate":
        return number.metric
    return f"{number.metric} {_label(number.event or '')}"


def _label(text: str, limit: int = _LABEL_SHOWN) -> str:
    return f"'{_cut(text, limit)}'"


def _cut(text: str, limit: int) -> str:
    shown = printable(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _compared(number: PairedNumber) -> str:
    """Both values, their difference, its interval, and the p-value where there is one."""
    if number.before is None or number.after is None or number.difference is None:
        return printable(f"not compared: {number.reason}")
    if number.low is None or number.high is None:
        if number.difference == 0:
            return f"{number.before:.3f} both times"
        difference = signed(number.difference, 3)
        text = f"{number.before:.3f} → {number.after:.3f}  {difference}"
        return f"{text}  (no interval)"
    places = decimals_for(number.low, number.high)
    low, high = (signed(v, places).lstrip("+") for v in (number.low, number.high))
    difference = signed(number.difference, places)
    text = f"{number.before:.3f} → {number.after:.3f}  {difference} ({low} to {high})"
    return text if number.p_value is None else f"{text}  {_p_text(number.p_value)}"


def signed(value: float, places: int) -> str:
    """A difference with its sign; `0.000` where nothing of it is left."""
    text = f"{value:+.{places}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def _p_text(p_value: float) -> str:
    if p_value < 0.001:
        return "p <0.001"
    return f"p {p_value:.2f}" if p_value >= 0.1 else f"p {p_value:.3f}"


def _turned(turned: Sequence[Turned]) -> str:
    """`12 to 'no', 9 of them as labelled; 19 to 'yes', 11 of them as labelled`."""
    if len(turned) <= _KINDS_SHOWN:
        return "; ".join(f"{t.n:,} to {_label(t.after)}, {_right(t)}" for t in _by_target(turned))
    n, known = sum(t.n for t in turned), sum(t.n_labelled for t in turned)
    before, after = sum(t.right_before for t in turned), sum(t.right_after for t in turned)
    return f"{n:,}: of {known:,} with a label {before:,} were as labelled before, {after:,} are now"


def _by_target(turned: Sequence[Turned]) -> list[Turned]:
    """Summed by what was decided in the end."""
    found: dict[str, Turned] = {}
    for t in turned:
        sums = found.get(t.after)
        found[t.after] = t if sums is None else Turned(
            before="", after=t.after, n=sums.n + t.n,
            n_labelled=sums.n_labelled + t.n_labelled,
            right_before=sums.right_before + t.right_before,
            right_after=sums.right_after + t.right_after,
        )  # fmt: skip
    return [found[after] for after in sorted(found)]


def _right(turned: Turned) -> str:
    if turned.n_labelled == turned.n:
        return f"{turned.right_after:,} of them as labelled"
    return f"{turned.right_after:,} as labelled, of {turned.n_labelled:,} with a label"


def _by_group(attributes: Sequence[PairedAttribute], limit: int) -> list[str]:
    lines: list[str] = []
    for attribute in attributes:
        if attribute.reason is None:
            lines += _attribute(attribute, limit)
    for reason in dict.fromkeys(a.reason for a in attributes if a.reason is not None):
        names = ", ".join(a.name for a in attributes if a.reason == reason)
        lines += _line(f"by {names}: {reason}")
    return lines


def _attribute(attribute: PairedAttribute, limit: int) -> list[str]:
    rates = [g.selection_rate for g in attribute.groups if g.selection_rate is not None]
    lines = _line(_heading(attribute, rates))
    for group in attribute.groups[:limit]:
        name = f"{_cut(group.value, _VALUE_SHOWN)} ({group.n:,})"
        lines += field_lines(name, _group(group), width=_GROUP_WIDTH, indent=6)
    if left := len(attribute.groups) - limit:
        lines += _line(f"  and {count_text(left, 'more group')}: -v or --json") if left > 0 else []
    if attribute.regrouped:
        rows = count_text(attribute.regrouped, "row")
        lines += _line(f"  {rows} had another group before; counted in the later one")
    return lines


def _heading(attribute: PairedAttribute, rates: Sequence[PairedNumber]) -> str:
    if not rates:
        return f"by {attribute.name}: decisions changed"
    several = sum(r.low is not None for r in rates)
    event = _label(rates[0].event or "")
    text = f"by {attribute.name}: selection_rate {event}, decisions turned +to it/{MINUS}from it"
    return text + (f"; the {several} intervals hold together" if several > 1 else "")


def _group(group: PairedGroup) -> str:
    if group.reason is not None:
        return printable(group.reason)
    if group.selection_rate is None:
        return _turned(group.turned) if group.turned else "none"
    event = group.selection_rate.event
    to = sum(t.n for t in group.turned if t.after == event)
    away = sum(t.n for t in group.turned if t.before == event)
    return f"{_compared(group.selection_rate)}  +{to:,}/{MINUS}{away:,}"
