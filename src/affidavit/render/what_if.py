"""What other thresholds would do to each group: a figure over all, a table of some ten of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.config import Config
from affidavit.errors import AffidavitError, BundleError
from affidavit.evidence import SMALL, Evidence, Report
from affidavit.masking import Masked, blurred_step, is_small
from affidavit.places import UNKNOWN_GROUPS
from affidavit.render.context import Fairness
from affidavit.render.numbers import shown
from affidavit.render.performance import event_words
from affidavit.render.tables import Curve, Figure, WhatIf, WhatIfRow
from affidavit.render.threshold_figure import DASHES
from affidavit.render.words import THIN, listed, many, portable
from affidavit.threshold_lines import RATES, Line, no_formula, read_lines
from affidavit.workspace import Workspace

ROWS: Final = 10
COLUMNS: Final = 4
_EMPTY: Final = "\N{EN DASH}"
_MASKED: Final = "*"
_INTRO: Final = (
    "Share that the model would decide {event} / true positive rate / false positive rate, each of "
    "these rows; {dash} where no row has that label, {masked} where a cell of fewer than ten would "
    "follow. {marked} "
    "Labels stay as they are: where the label is a past decision, so do the errors. No threshold "
    "here is advice."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What the card masks of a group elsewhere.

    Attributes:
        hidden: its rates as decided.
        n: its rows in words; empty where they are exact.
        step: what its rates are rounded to where its rows are not printed exactly.
    """

    hidden: frozenset[str] = frozenset()
    n: str = ""
    step: float | None = None


def read_what_if(evidence: Evidence, work: Workspace, role: str | None) -> tuple[Line, ...]:
    """The table of thresholds of a role; none where there is no such file.

    Raises:
        AffidavitError: a file that is no such table.
    """
    path = f"data/reports/thresholds/{role}.csv"
    item = next((i for i in evidence.items if i.path == path), None)
    if item is None:
        return ()
    try:
        return tuple(read_lines(work.locate(item).read_bytes(), path))
    except BundleError as error:
        raise AffidavitError(error.what, error.cause) from error


def with_what_if(
    whole: Fairness, report: Report, lines: Sequence[Line], config: Config | None,
    masks: Mapping[str, Masked],
) -> Fairness:  # fmt: skip
    """The fairness of a role, each attribute alone with what other thresholds would do."""
    if report.counts is None or not lines:
        return whole
    event = event_words(config, report.counts.favourable or None)
    names = [a.name for a in report.counts.attributes]
    alone = tuple(
        replace(part, what_if=what_if(report, name, lines, config, event=event, masks=masks))
        for part, name in zip(whole.attributes, names, strict=False)
    )
    return replace(whole, attributes=(*alone, *whole.attributes[len(alone) :]))


def what_if(
    report: Report, name: str, lines: Sequence[Line], config: Config | None, *, event: str,
    masks: Mapping[str, Masked],
) -> WhatIf | None:  # fmt: skip
    """The part of one attribute; None without lines, or with no group large enough.

    Args:
        report: fairness, of the role of the lines.
        name: of the attribute.
        lines: of the role's table.
        config: whose thresholds are in force.
        event: the favourable outcome, in words.
        masks: of small cells.
    """
    sizes = _sizes(report, name)
    by_group: dict[str, list[Line]] = {
        no_formula(g): [] for g in sorted(sizes, key=lambda g: (-sizes[g], g))[:COLUMNS]
    }
    for line in lines:
        if line.attribute == name and line.group in by_group:
            by_group[line.group].append(line)
    cuts = [x.threshold for x in next(iter(by_group.values()), ()) if x.threshold is not None]
    if not cuts or any(len(own) != len(cuts) + 1 for own in by_group.values()):
        return None
    in_force, groups = _in_force(config, cuts), _in_report(report, name, masks)
    left_out = len(sizes) - len(by_group)
    return WhatIf(
        intro=_INTRO.format(event=event, dash=_EMPTY, masked=_MASKED, marked=_marked(in_force)),
        figure=_figure(report.role, name, by_group, in_force, event=event, groups=groups),
        groups=tuple(
            f"{g} (n{THIN}={THIN}{groups.get(g, _Group()).n or f'{own[0].n:,}'})"
            for g, own in by_group.items()
        ),
        rows=tuple(_rows(by_group, _chosen(cuts, in_force), in_force, groups)),
        left_out=f"The {COLUMNS} largest groups are printed; {many(left_out, 'more group')} in "
        f"the file." if left_out else "",
    )  # fmt: skip


def _sizes(report: Report, name: str) -> Mapping[str, int]:
    """The groups that are compared, or could be: known, and not too small."""
    small = report.counts.small if report.counts else SMALL
    return {
        n.group[name]: n.n for n in report.numbers
        if n.metric == "count" and n.group is not None and set(n.group) == {name}
        and n.n >= small and n.group[name] not in UNKNOWN_GROUPS
    }  # fmt: skip


def _in_force(config: Config | None, cuts: Sequence[float]) -> tuple[float, ...]:
    if config is None:
        return ()
    own = {rounded(s.threshold) for s in config.decision.segment}
    own |= {rounded(t) for t in (config.decision.threshold,) if t is not None}
    return tuple(c for c in cuts if c in own)


def _marked(in_force: Sequence[float]) -> str:
    if not in_force:
        return "The decisions in force were not made by one of them."
    words = listed([f"{c:g}" for c in in_force])
    if len(in_force) == 1:
        return f"In force is {words}."
    return f"In force are {words}, each for some rows."


def _chosen(cuts: Sequence[float], in_force: Sequence[float]) -> tuple[float, ...]:
    """Some ten thresholds: evenly through the scores, and those in force in any case."""
    most = len(cuts) - 1
    even = {cuts[round(most * (k + 0.5) / ROWS)] for k in range(ROWS)} if most > ROWS else set(cuts)
    return tuple(sorted(even | set(in_force)))


def _rows(
    by_group: Mapping[str, Sequence[Line]], chosen: Sequence[float], in_force: Sequence[float],
    groups: Mapping[str, _Group],
) -> list[WhatIfRow]:  # fmt: skip
    """As decided first, unless the one threshold in force says the same."""
    first = [("as decided", None, True)] if len(in_force) != 1 else []
    rest = [(f"{c:g}" if c in in_force else f"{c:.4g}", c, c in in_force) for c in chosen]
    return [
        WhatIfRow(
            threshold=name, is_in_force=is_in_force,
            cells=tuple(
                _cell(line, groups.get(line.group, _Group()), is_in_force=is_in_force)
                for own in by_group.values() for line in own if line.threshold == cut
            ),
        )
        for name, cut, is_in_force in (*first, *rest)
    ]  # fmt: skip


def _in_report(
    report: Report, name: str, masks: Mapping[str, Masked]
) -> dict[str, _Group]:  # fmt: skip
    """Of each group of the attribute what the card masks elsewhere."""
    found: dict[str, _Group] = {}
    for n in report.numbers:
        masked = masks.get(n.id)
        if masked is None or n.group is None or set(n.group) != {name} or n.against:
            continue
        group = no_formula(n.group[name])
        own = found.get(group, _Group())
        if n.metric == "count":
            own = replace(own, n=masked.n_words, step=blurred_step(n.n))
        elif n.metric in RATES and masked.how == "hidden":
            own = replace(own, hidden=own.hidden | {n.metric})
        found[group] = own
    return found


def _cell(line: Line, group: _Group, *, is_in_force: bool) -> str:
    """`74.6 / 92.0 / 33.1`; what would give a cell below ten is masked."""
    hidden = _small(line) | (group.hidden if is_in_force else frozenset())
    said = []
    for name in RATES:
        rate = line.rates[name]
        if rate is None or name in hidden:
            said.append(_EMPTY if rate is None else _MASKED)
        elif group.step is not None:
            said.append(f"{100 * _stepped(rate, group):.0f}")
        else:
            said.append(shown(rate, "percent", 1).removesuffix(f"{THIN}%"))
    return " / ".join(said)


def _stepped(rate: float, group: _Group) -> float:
    """The rate of a group whose rows are not printed exactly, so that they stay open."""
    return rate if group.step is None else round(rate / group.step) * group.step


def _small(line: Line) -> frozenset[str]:
    """The rates of a line that would give a cell below ten; a weighted sum counts no people."""
    sums = line.sums
    if sums["weight"] != line.n:
        return frozenset(RATES) if is_small(line.n) else frozenset()
    found = set[str]()
    if is_small(sums["selected"]) or is_small(sums["weight"] - sums["selected"]):
        found.add("selection_rate")
    for label in ("favourable", "unfavourable"):
        selected = sums[f"{label}_selected"]
        if is_small(selected) or is_small(sums[label] - selected):
            found |= {"true_positive_rate", "false_positive_rate"}
    return frozenset(found)


def _figure(
    role: str, name: str, by_group: Mapping[str, Sequence[Line]], in_force: Sequence[float], *,
    event: str, groups: Mapping[str, _Group],
) -> Figure:  # fmt: skip
    curves = tuple(
        Curve(label=group, points=tuple(
            (x.threshold, _stepped(x.rates["selection_rate"] or 0.0, groups.get(group, _Group())))
            for x in own
            if x.threshold is not None and "selection_rate" not in _small(x)
        ))
        for group, own in list(by_group.items())[: len(DASHES)]
    )  # fmt: skip
    cuts = [x.threshold for x in next(iter(by_group.values())) if x.threshold is not None]
    gap = _widest(curves)
    return Figure(
        name=f"thresholds-{portable(role)}-{portable(name)}",
        title=f"Share that the model would decide {event}, by {name} and threshold",
        summary=gap,
        axis_low=min(cuts), axis_high=max(cuts), curves=curves, marks=tuple(in_force),
        across="Threshold on the score",
    )  # fmt: skip


def _widest(curves: Sequence[Curve]) -> str:
    """Where the lines lie farthest apart, for who cannot see them."""
    cut, apart, low, high = max(
        (
            (one[0], abs(one[1] - other[1]), one[1], other[1])
            for first, second in _pairs(curves)
            for one, other in _both(first, second)
        ),
        key=lambda found: found[1],
        default=(0.0, 0.0, 0.0, 0.0),
    )
    if not apart:
        return "A line a group, over all thresholds"
    ends = " and ".join(shown(v, "percent", 1).replace(THIN, " ") for v in sorted((low, high)))
    return f"A line a group, over all thresholds; farthest apart at {cut:.6g}: {ends}"


def _both(first: Curve, second: Curve) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The points of two lines at the thresholds that both are drawn at."""
    others = {point[0]: point for point in second.points}
    return [(one, others[one[0]]) for one in first.points if one[0] in others]


def _pairs(curves: Sequence[Curve]) -> list[tuple[Curve, Curve]]:
    return [(a, b) for i, a in enumerate(curves) for b in curves[i + 1 :]]
