"""The model as a whole: what carries it, how it goes with a feature, and where it is unsound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Correlated, Curve, Explainability, Importance, Probe
from affidavit.render.explained_context import Block, PlainTable
from affidavit.render.explained_numbers import (
    cell,
    estimate,
    estimate_interval,
    estimate_places,
    interval,
    number,
    places,
    reasons,
)
from affidavit.render.tables import Figure, Panel, PanelPoint, Spread
from affidavit.render.words import listed, many

SHOWN: Final = 12  # features in a table; the file has all
CURVES_SHOWN: Final = 4
_PROBES_SHOWN: Final = 12
_LEVEL: Final = f"{100 * LEVEL:g} %"
_KINDS: Final = {"sensitivity": "small change", "stress": "extreme"}


def in_order(whole: Explainability) -> tuple[str, ...]:
    """The features, those that carry most first."""
    sizes = {i.feature: _size(i) for i in whole.importance}
    names = [f.name for f in whole.features]
    return tuple(sorted(names, key=lambda n: (-sizes.get(n, 0.0), names.index(n))))


def _size(one: Importance) -> float:
    for found in (one.mean_absolute, one.loss):
        if found is not None and found.value is not None:
            return found.value
    return 0.0


def left_out(count: int, what: str = "feature") -> str:
    """Said where the table is cut."""
    return f"And {many(count, f'more {what}')} in the file." if count > 0 else ""


def _foot(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)


def importance_block(whole: Explainability) -> Block | None:
    """What carries the model: a figure of the loss, and a table of both measures."""
    if not whole.importance:
        return None
    ranked = sorted(whole.importance, key=lambda i: -_size(i))
    metric = (whole.metric or "loss").replace("_", " ")
    rows = tuple(
        (
            i.feature, estimate(i.loss), estimate_interval(i.loss), _repeats(i),
            estimate(i.mean_absolute), estimate_interval(i.mean_absolute),
        )
        for i in ranked[:SHOWN]
    )  # fmt: skip
    table = PlainTable(
        caption="Importance of each feature, the largest attribution first",
        anchor="explained-importance",
        columns=("Feature", "Rise of the loss", f"{_LEVEL} interval, over rows",
                 "Range over repeats", "Mean absolute attribution", f"{_LEVEL} interval"),
        rows=rows, foot=_foot(
            f"Loss: {metric}, a row." if whole.metric else "",
            f"Attribution: on the scale {whole.scale}.",
            left_out(len(ranked) - SHOWN),
        ),
    )  # fmt: skip
    said = (
        f"The rise of the loss is how much worse the model is ({metric}) with one feature's values "
        "shuffled among the rows. Its interval says what other rows would give; the range over "
        "repeats, what other shuffles would. The mean absolute attribution is how far the feature "
        "moves outputs, right or wrong. Both speak of this model on these rows, not of what an "
        "input does in the world; of inputs that go together, either can look small."
    )
    return Block(
        title="What carries the model", anchor="explained-carries", intro=(said,),
        figure=_importance_figure(ranked[:SHOWN], metric), tables=(table,),
        notes=(
            *map(_correlated_words, whole.correlated),
            *reasons((f"The loss of {i.feature}", i.loss) for i in ranked),
            *reasons((f"The attribution of {i.feature}", i.mean_absolute) for i in ranked),
        ),
    )  # fmt: skip


def _repeats(one: Importance) -> str:
    low, high = one.repeats_low, one.repeats_high
    return interval(
        low, high, places([low, high]) if one.loss is None else estimate_places(one.loss)
    )


def _correlated_words(found: Correlated) -> str:
    strength = number(found.strength, places([found.strength]))
    return (
        f"{listed(found.features)} go together ({found.measure} {strength}): shuffling or setting "
        "one alone makes rows that are not in the data. Read them as one."
    )


def _importance_figure(ranked: Sequence[Importance], metric: str) -> Figure | None:
    ends = [0.0]
    spreads = []
    for one in ranked:
        loss = one.loss
        if loss is None or loss.value is None:
            continue
        found = (loss.value, loss.low, loss.high, one.repeats_low, one.repeats_high)
        ends += [v for v in found if v is not None]
        spreads.append(
            Spread(label=one.feature, value=loss.value, low=loss.low, high=loss.high,
                   least=one.repeats_low, most=one.repeats_high, shown=estimate(loss))
        )  # fmt: skip
    if not spreads:
        return None
    first = max(spreads, key=lambda s: s.value)
    return Figure(
        name="explained-importance-figure", title=f"Rise of the {metric} without each feature",
        summary=f"The largest is {first.label} with {first.shown}, of {len(spreads)} features",
        axis_low=min(ends), axis_high=max(ends), spreads=tuple(spreads),
    )  # fmt: skip


def curve_block(whole: Explainability) -> Block | None:
    """How the output goes with the main features: small figures, and where they lead."""
    if not whole.curves:
        return None
    kept = tuple(dict.fromkeys(c.feature for c in whole.curves))[:CURVES_SHOWN]
    curves = [c for c in whole.curves if c.feature in kept and c.points]
    said = (
        "Partial dependence: the mean output with the feature set to one value in every row; the "
        "band holds the middle 80 % of the rows' own curves. Accumulated local effects: how "
        "the output moves along the feature among rows that have such values, around 0, with "
        f"its {_LEVEL} interval. Where features go together, trust the second. A broken line "
        "is beyond the data."
    )
    digits = places(p.value for c in curves for p in c.points)
    table = PlainTable(
        caption="Where the curves lead", anchor="explained-curves",
        columns=("Feature", "Curve", "Lowest, at", "Highest, at", "Beyond the data"), left=5,
        rows=tuple(_curve_row(c, digits) for c in curves),
        foot=_foot(
            f"On the scale {whole.scale}; local effects less their mean over the rows.",
            left_out(len({c.feature for c in whole.curves}) - len(kept)),
        ),
    )  # fmt: skip
    notes = dict.fromkeys(f"{c.feature}: {note}" for c in curves for note in c.notes)
    return Block(
        title="How the output goes with a feature", anchor="explained-goes", intro=(said,),
        figure=_curve_figure(curves, whole.scale), tables=(table,), notes=tuple(notes),
    )  # fmt: skip


_CURVES: Final = {
    "partial-dependence": "partial dependence", "accumulated-local-effects": "local effects",
}  # fmt: skip


def _curve_row(curve: Curve, digits: int) -> tuple[str, ...]:
    low = min(curve.points, key=lambda p: p.value)
    high = max(curve.points, key=lambda p: p.value)
    beyond = sum(p.n == 0 for p in curve.points)
    return (
        curve.feature, _CURVES[curve.kind],
        *(f"{number(p.value, digits)} at {cell(p.at)}" for p in (low, high)),
        f"{beyond} of {many(len(curve.points), 'point')}" if beyond else "none",
    )  # fmt: skip


def _curve_figure(curves: Sequence[Curve], scale: str) -> Figure | None:
    panels = tuple(
        Panel(
            title=c.feature, kind=_CURVES[c.kind], is_centred=c.kind != "partial-dependence",
            points=tuple(
                PanelPoint(
                    at=p.at if isinstance(p.at, float) else None, name=cell(p.at), value=p.value,
                    low=p.low, high=p.high, is_beyond=p.n == 0,
                )
                for p in c.points
            ),
        )
        for c in curves
    )  # fmt: skip
    if not panels:
        return None
    return Figure(
        name="explained-curves-figure", title="Curves of the main features",
        summary=f"The output on the scale {scale} along {listed(_names(curves))}",
        axis_low=0.0, axis_high=1.0, panels=panels, up=f"output, {scale}",
    )  # fmt: skip


def _names(curves: Sequence[Curve]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.feature for c in curves))


def together_block(whole: Explainability) -> Block | None:
    """Pairs of features, and a small tree that imitates the model."""
    tree = whole.surrogate
    if not whole.interactions and tree is None:
        return None
    digits = places(i.strength for i in whole.interactions)
    pairs = PlainTable(
        caption="Pairs of features whose joint effect is not the sum of theirs (Friedman's H)",
        anchor="explained-pairs",
        columns=("Pair", "H", f"{_LEVEL} interval", f"Strength, {whole.scale}"),
        rows=tuple(
            (f"{i.first} with {i.second}", estimate(i.h), estimate_interval(i.h),
             number(i.strength, digits))
            for i in whole.interactions
        ),
        foot="H: 0 where the two add up, near 1 where most of what they do is joint. Strength: how "
        "far that moves outputs. Other pairs were not asked about.",
    )  # fmt: skip
    said = []
    if tree is not None:
        text = (
            f"A tree of {many(tree.leaves, 'leaf', 'leaves')} imitates the model, to be read and "
            "not to be used. "
            f"It explains {_percent(tree.fidelity.value)} of the output's variance on rows that "
            "it was not grown on"
        )
        agreed = tree.agreement.value if tree.agreement is not None else None
        text += f", and decides {_percent(agreed)} of them alike." if agreed is not None else "."
        text += f" Each leaf gives the mean output of its rows, on the scale {whole.scale}."
        said.append(text)
    return Block(
        title="Together, and in short", anchor="explained-together",
        tables=(pairs,) if whole.interactions else (), intro=tuple(said),
        lines=tree.lines if tree is not None else (),
        notes=reasons((f"H of {i.first} with {i.second}", i.h) for i in whole.interactions),
    )  # fmt: skip


def _percent(value: float | None) -> str:
    return "an unknown part" if value is None else f"{100 * value:.0f} %"


def probe_block(whole: Explainability) -> Block | None:
    """Only what did not come out as expected, and how much did."""
    if not whole.probes:
        return None
    odd = [p for p in whole.probes if p.outcome != "as expected"]
    fine = len(whole.probes) - len(odd)
    said = (
        "Each input was moved a little, and set to extremes, out of range and missing; changes are "
        "of the score as the model gives it: "
        f"{many(len(whole.probes), 'check')}, {fine} as expected"
        + (f", {len(odd)} not." if odd else ".")
    )
    digits = places(v for p in odd for v in (p.median, p.largest))
    table = PlainTable(
        caption="What did not come out as expected", anchor="explained-probes",
        columns=("Input", "Check", "What came of it", "Rows", "Median change", "Largest change",
                 "Decisions turned"),
        left=3, rows=tuple(_probe_row(p, digits) for p in odd[:_PROBES_SHOWN]),
        foot=left_out(len(odd) - _PROBES_SHOWN, "check"),
    )  # fmt: skip
    return Block(
        title="Small and extreme changes", anchor="explained-changes", intro=(said,),
        tables=(table,) if odd else (),
    )  # fmt: skip


def _probe_row(one: Probe, digits: int) -> tuple[str, ...]:
    came = one.outcome if one.note is None else f"{one.outcome}: {one.note}"
    return (
        one.feature, f"{_KINDS[one.kind]}: {one.at}", came, f"{one.n:,}",
        number(one.median, digits), number(one.largest, digits),
        "none" if one.flips is None else f"{one.flips:,}",
    )  # fmt: skip
