"""A difference in words: data, parameters, code, environment, numbers, findings, controls."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from affidavit.cli.diff_paired import MINUS, has_changed, paired_lines
from affidavit.cli.number_text import (
    KEY_METRICS,
    interval_text,
    is_key,
    logged_text,
    value_text,
)
from affidavit.cli.output import field_lines, paint, short, wrapped
from affidavit.cli.short_text import shortened
from affidavit.inspect import Difference
from affidavit.inspect.difference import (
    CodeChange,
    DataChange,
    LoggedChange,
    NumberChange,
    RoleRows,
    ValueChange,
)
from affidavit.printable import printable
from affidavit.wording import count_text

_WIDTH: Final = 12
_OTHERS: Final = ("final", "segments", "estimated", "stability")
_SHOWN: Final = 8
_EVERYTHING: Final = 10_000
_VERBS: Final = {"in": "new", "out": "gone", "changed": "changed"}


def difference_lines(found: Difference, *, all_of_it: bool = False) -> list[str]:
    """What changed, for a person. Long lists are cut unless `all_of_it`."""
    limit = _EVERYTHING if all_of_it else _SHOWN
    lines = _head(found)
    # What a validator asks first comes first: what is wrong now, why, and by how much.
    body = [
        *_labelled("findings", _findings(found), limit),
        *_labelled("data", [_data(c) for c in found.data], limit),
        *_labelled("params", [_value(c) for c in found.params], limit),
        *_recomputed(found, all_of_it=all_of_it),
        *_labelled("controls", [
            f"{printable(c.control)} {c.before or 'absent'} → {c.after or 'absent'}"
            for c in found.controls
        ], limit),
        *_labelled("explain", [_value(c) for c in found.explanation], limit),
        *_labelled("logged", [_logged(c) for c in found.logged], limit),
        *_labelled("code", _code(found.code), limit),
        *_labelled("env", [_value(c) for c in found.environment], limit),
        *_labelled("config", [f"{c.name} changed" for c in found.configuration], limit),
        *_parting(found),
    ]  # fmt: skip
    while body and not body[0]:
        del body[0]
    return [*lines, "", *(body or ["  Nothing differs in what is compared."])]


def _head(found: Difference) -> list[str]:
    a, b = found.before, found.after
    name = printable(b.name) if a.name == b.name else f"{printable(a.name)} → {printable(b.name)}"
    evidence = "the same evidence" if found.same_evidence else (
        f"evidence {short(a.evidence_id)} → {short(b.evidence_id)}"
    )  # fmt: skip
    title = f"{name}  {printable(a.version)} → {printable(b.version)}"
    return [f"{paint(title, 'strong')}   {evidence}"]


def _labelled(label: str, texts: list[str], limit: int) -> list[str]:
    lines: list[str] = []
    for position, text in enumerate(texts[:limit]):
        lines += field_lines("" if position else label, shortened(text), width=_WIDTH)
    if len(texts) > limit:
        lines += field_lines("", f"and {len(texts) - limit} more: -v or --json", width=_WIDTH)
    return lines


def _data(change: DataChange) -> str:
    name = f"{change.path.rpartition('/')[2]} ({change.role})"
    if change.how != "changed":
        return f"{name}: {_VERBS[change.how]}"
    if change.compared == "digests":
        digests = f"sha256 {short(change.before or '')} → {short(change.after or '')}"
        return f"{name}: other bytes, {digests} ({change.reason})"
    parts = [
        f"{count_text(change.rows_out, 'row')} out", f"{change.rows_in:,} in",
        f"{change.rows_changed:,} changed",
    ]  # fmt: skip
    text = f"{name}: {', '.join(parts)}"
    if change.columns:
        text += f" ({_columns('column', change.columns)})"
    if change.columns_out:
        text += f"; {_columns('column', change.columns_out)} out"
    if change.columns_in:
        text += f"; {_columns('column', change.columns_in)} in"
    return text + (f"; {change.reason}" if change.reason else "")


def _columns(word: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    return f"{word if len(names) == 1 else word + 's'} {shown}"


def _value(change: ValueChange) -> str:
    before, after = change.before or "", change.after or ""
    if "," in before and "," in after:
        return f"{change.name}: {_members(before.split(','), after.split(','))}"
    return f"{change.name} {before or 'absent'} → {after or 'absent'}"


def _members(before: list[str], after: list[str]) -> str:
    """Which members of a list went and came; the order alone where none did."""
    gone = [f"{MINUS}{m.strip()}" for m in before if m not in after]
    come = [f"+{m.strip()}" for m in after if m not in before]
    return " ".join([*gone, *come]) or f"{count_text(len(after), 'member')} in another order"


def _logged(change: LoggedChange) -> str:
    before, after = (logged_text(v) if v else "absent" for v in (change.before, change.after))
    if not change.same_data:
        return f"{change.name} {before}, now {after} (other data)"
    return f"{change.name} {before} → {after}"


def _code(change: CodeChange | None) -> list[str]:
    if change is None:
        return []
    commits = f"{short(change.before or 'none')} → {short(change.after or 'none')}"
    if change.files is None:
        return [f"{commits} (no list of files on both sides)"]
    if not change.files:
        return [f"{commits}, no file differs"]
    files = [f"{f.path} {_VERBS[f.how]}" for f in change.files]
    return [f"{commits}, {count_text(len(files), 'file')} differ{'s' * (len(files) == 1)}", *files]


def _recomputed(found: Difference, *, all_of_it: bool) -> list[str]:
    lines: list[str] = []
    paired = {p.role: p for p in found.paired}
    for rows in found.rows:
        numbers = [n for n in found.numbers if n.role == rows.role]
        pair = paired.get(rows.role)
        if rows.same is True and not numbers and not has_changed(pair):
            continue
        lines += ["", *wrapped(f"{printable(rows.role)}: {printable(_rows_text(rows))}", first="  ",
                               rest="    ")]  # fmt: skip
        block: list[str] = []
        if pair is not None and (rows.is_main or all_of_it):
            block = paired_lines(pair, rows, limit=_EVERYTHING if all_of_it else _SHOWN)
        covered = {n.metric for n in pair.numbers} if pair and block and rows.same else set()
        told = _told(numbers, rows, covered, all_of_it=all_of_it)
        # Of other rows the two values stand apart first; only then what the common ones say.
        lines += [*block, *told] if rows.same is True else [*told, *block]
    return [*lines, ""] if lines else []


def _told(
    numbers: list[NumberChange], rows: RoleRows, covered: Container[str], *, all_of_it: bool
) -> list[str]:
    """The numbers of a role that differ, without those that were just compared row by row."""
    left = [n for n in numbers if not (n.id.startswith("performance/") and n.metric in covered)]
    shown = [n for n in left if all_of_it or _is_key(n, rows)]
    shown.sort(key=lambda n: KEY_METRICS.index(n.metric) if n.metric in KEY_METRICS else 99)
    lines: list[str] = []
    for change in shown:
        lines += field_lines(_metric(change), _pair(change, rows), width=38, indent=4)
    if more := len(left) - len(shown):
        lines.append(f"    {count_text(more, 'more number')}: -v or --json")
    return lines


def _is_key(change: NumberChange, rows: RoleRows) -> bool:
    is_whole = not change.id.startswith("segments/")
    return rows.is_main and is_whole and is_key(
        change.metric, change.id, is_group=change.is_group
    )  # fmt: skip


def _rows_text(rows: RoleRows) -> str:
    if rows.same is None:
        return f"not known to be the same rows ({rows.reason}), so not comparable"
    if not rows.same:
        return f"different data, not comparable ({rows.reason})"
    if rows.decisions_changed is None:
        return f"the same evaluation rows ({rows.reason})"
    changed = count_text(rows.decisions_changed, "decision")
    return f"the same {count_text(rows.rows_after or 0, 'row')}; {changed} changed"


def _metric(change: NumberChange) -> str:
    report, *_ = change.id.split("/")
    place = "/".join(change.id.split("/")[3:])
    # The model's decisions and the final ones have metrics of the same names.
    name = f"{report} {change.metric}" if report in _OTHERS else change.metric
    if place.startswith("class="):
        return printable(f"{name} class {place.removeprefix('class=')}")
    return printable(f"{name}{(' ' if ' vs ' in place else ' by ') + place if place else ''}")


def _pair(change: NumberChange, rows: RoleRows) -> str:
    before = _one(change.before, change.low_before, change.high_before, change.n_before)
    after = _one(change.after, change.low_after, change.high_after, change.n_after)
    if rows.same is True:
        return f"{before[0]} → {after[0]}"
    # Apart, each with its own interval and n: two data sets, so no arrow from one to the other.
    return f"before {' '.join(before)}\nafter  {' '.join(after)}"


def _one(
    value: float | None, low: float | None, high: float | None, n: int | None
) -> tuple[str, str]:
    if n is None:
        return "absent", ""
    interval = f"({interval_text(low, high)})" if low is not None else ""
    return value_text(value, low, high), f"{interval} n {n:,}".strip()


def _findings(found: Difference) -> list[str]:
    words = {"appeared": "new", "vanished": "no longer"}
    return [f"{words[f.how]}: {f.kind}, {f.what}" for f in found.findings]


def _parting(found: Difference) -> list[str]:
    """Two builds of one version: the first file that differs is where to look."""
    if not found.items:
        return []
    first = found.items[0]
    return field_lines(
        "files",
        f"two builds of one version; {count_text(len(found.items), 'file')} differ, the first is "
        f"{printable(first.path)}",
        width=_WIDTH,
    )
