"""By group: mean attributions, what carries a difference, and which features stand in for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from affidavit.evidence import Scale
from affidavit.explained_short import FEWEST_PEOPLE, is_masked
from affidavit.explanation_record import Decomposition, Explainability, GroupMean, Proxy
from affidavit.render.explained_context import Block, PlainTable
from affidavit.render.explained_numbers import estimate, estimate_interval, number, places, reasons
from affidavit.render.explained_whole import SHOWN, in_order, left_out
from affidavit.render.group_text import group_words
from affidavit.render.words import portable

_COLUMNS: Final = 4
_MASKED: Final = "masked"
_OF: Final = {"mean-output": "mean output", "selection-rate": "rate of favourable decisions"}
_ACCOUNT: Final = (
    "What follows accounts for differences between groups; it shows no cause. The mean output is "
    "split by the mean attributions, the rate of favourable decisions by Shapley values of the "
    "decision itself: two questions, which can have two answers."
)
_SCREEN: Final = (
    "A feature stands in for an attribute where the groups can be told by it, on rows that the "
    "test was not grown on, better than shuffled groups can: an area of 0.5 tells nothing. That "
    "a feature stands out says nothing on whether the model uses it so; the split above does. It "
    "stands out where its whole interval lies above what chance stays below."
)


def group_block(whole: Explainability) -> Block | None:
    """Tables of means and differences, an attribute each, and the proxy screen."""
    if not (whole.groups or whole.decompositions or whole.proxies):
        return None
    names = in_order(whole)
    tables = [
        *_means(whole.groups, names, whole.scale),
        *_differences(whole.decompositions, names, whole.scale),
        *_proxies(whole.proxies),
    ]  # fmt: skip
    said = [_ACCOUNT] if whole.groups or whole.decompositions else []
    unshown = dict.fromkeys(
        f"{group_words(g.group)}: {g.reason}" for g in whole.groups if g.reason is not None
    )
    unshown |= dict.fromkeys(
        f"{_pair(d)}, {_OF[d.of]}: {d.reason}"
        for d in whole.decompositions if d.difference is None and d.reason is not None
    )  # fmt: skip
    undefined = reasons(
        (f"{p.attribute} by {p.feature or 'all features'}", p.auc) for p in whole.proxies
    )
    left = f"Not shown: {'; '.join(unshown)}." if unshown else ""
    return Block(
        title="By group", anchor="explained-by-group",
        intro=(*said, *((_SCREEN,) if whole.proxies else ())), tables=tuple(tables),
        notes=(*((left,) if left else ()), *undefined),
    )  # fmt: skip


def _size(n: int) -> str:
    return f"<{FEWEST_PEOPLE}" if 0 < n < FEWEST_PEOPLE else f"{n:,}"


def _means(groups: Sequence[GroupMean], names: Sequence[str], scale: Scale) -> Iterator[PlainTable]:
    """The mean attribution of each feature, a column a group."""
    for attributes in dict.fromkeys(tuple(sorted(g.group)) for g in groups):
        own = [g for g in groups if tuple(sorted(g.group)) == attributes and g.attributions]
        for start in range(0, len(own), _COLUMNS):
            part = own[start : start + _COLUMNS]
            found = [{a.feature: a.value for a in g.attributions} for g in part]
            digits = places(v for g in found for v in g.values())
            yield PlainTable(
                caption="Mean attribution by " + " and ".join(attributes)
                + (", continued" if start else ""),
                anchor=f"explained-means-{portable('-'.join(attributes))}-{start}",
                columns=("Feature", *(f"{group_words(g.group)} (n = {_size(g.n)})" for g in part)),
                rows=tuple(
                    (name, *(_MASKED if is_masked(g) else number(of.get(name), digits)
                             for g, of in zip(part, found, strict=True)))
                    for name in names[:SHOWN]
                ),
                foot=f"On the scale {scale}. {left_out(len(names) - SHOWN)}".rstrip(),
            )  # fmt: skip


def _differences(
    found: Sequence[Decomposition], names: Sequence[str], scale: Scale
) -> Iterator[PlainTable]:
    """Both splits of each pair of groups beside each other."""
    kept = [d for d in found if d.difference is not None]
    for attribute in dict.fromkeys(d.attribute for d in kept):
        own = [d for d in kept if d.attribute == attribute]
        own.sort(key=lambda d: (list(d.group.values()), d.of))
        for start in range(0, len(own), _COLUMNS // 2):
            part = own[start : start + _COLUMNS // 2]
            table = _difference_table(part, names, attribute, start)
            units = f"The mean output is on the scale {scale}, the rate a share of 1."
            yield replace(table, foot=f"{units} {table.foot}")


def _difference_table(
    part: Sequence[Decomposition], names: Sequence[str], attribute: str, start: int
) -> PlainTable:
    columns: list[str] = []
    cells: list[list[str]] = []
    for one in part:
        values = {p.feature: p for p in one.parts}
        ends = [v for p in one.parts for v in (p.value, p.low, p.high)]
        digits = places([*ends, one.difference])
        hidden = is_masked(one)
        more = sum(values[n].value for n in names[SHOWN:] if n in values)
        last = [more] if len(names) > SHOWN else []
        sums = [*last, one.rest or 0.0, one.difference]
        columns += [f"{_pair(one)}: {_OF[one.of]}", "interval"]
        cells.append([
            *(_MASKED if hidden else number(values[n].value if n in values else None, digits)
              for n in names[:SHOWN]),
            *(_MASKED if hidden else number(v, digits) for v in sums),
        ])  # fmt: skip
        cells.append([
            *("" if hidden or n not in values else _ends(values[n].low, values[n].high, digits)
              for n in names[:SHOWN]),
            *("" for _ in sums),
        ])  # fmt: skip
    more_row = [f"{len(names) - SHOWN} more features"] if len(names) > SHOWN else []
    titles = [*names[:SHOWN], *more_row, "Rest", "Difference"]
    methods = dict.fromkeys(f"{_OF[d.of]}: {d.method}" for d in part)
    rows = tuple(
        (title, *(column[i] for column in cells)) for i, title in enumerate(titles)
    )  # fmt: skip
    return PlainTable(
        caption=f"What carries the difference by {attribute}" + (", continued" if start else ""),
        anchor=f"explained-split-{portable(attribute)}-{start}", columns=("Feature", *columns),
        rows=rows, strong=1, foot=f"How: {'; '.join(methods)}.",
    )  # fmt: skip


def _ends(low: float | None, high: float | None, digits: int) -> str:
    if low is None or high is None:
        return ""
    return f"{number(low, digits)} to {number(high, digits)}"


def _pair(one: Decomposition) -> str:
    return f"{' + '.join(one.group.values())} less {' + '.join(one.against.values())}"


def _proxies(found: Sequence[Proxy]) -> Iterator[PlainTable]:
    """The screen, an attribute each: all features together first, then the strongest."""
    for attribute in dict.fromkeys(p.attribute for p in found):
        own = [p for p in found if p.attribute == attribute]
        own.sort(key=lambda p: (p.feature is not None, -(p.auc.value or 0.0)))
        yield PlainTable(
            caption=f"How well {attribute} can be told by the features",
            anchor=f"explained-proxies-{portable(attribute)}",
            columns=("By", "Area under the curve", "Interval", "Chance stays below", "Rows",
                     "Stands out"),
            rows=tuple(
                (
                    p.feature or "all features together", estimate(p.auc),
                    estimate_interval(p.auc), "not stated" if p.chance is None
                    else number(p.chance, 3), _size(p.n),
                    {True: "yes", False: "no", None: "not said"}[p.stands_out],
                )
                for p in own[: SHOWN + 1]
            ),
            foot=left_out(len(own) - SHOWN - 1),
        )  # fmt: skip
