"""Each group against the reference group: difference, ratio, and what a test can say of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

from affidavit.evidence import Number, Report, Significance
from affidavit.render.group_text import group_words
from affidavit.render.metrics import IMPACT_RATIO, rank, wording
from affidavit.render.numbers import decimals, p_text, quantity, shown
from affidavit.render.tables import PairBlock, PairRow
from affidavit.render.words import THIN, many, sentence

# Metric, and the group as sorted pairs, to the rows behind that rate.
RowsOf = dict[tuple[str, tuple[tuple[str, str], ...]], int]


@dataclass(frozen=True, slots=True)
class FinalDecisions:
    """The final decisions beside the model's: numbers by the model's id, and their own rows."""

    numbers: dict[str, Number]
    rows: RowsOf

    @staticmethod
    def of(report: Report | None) -> FinalDecisions:
        """Those of the report named `final`; none without one."""
        numbers = report.numbers if report else ()
        return FinalDecisions(
            {f"fairness/{n.id.removeprefix('final/')}": n for n in numbers}, rows_of(numbers)
        )

    def beside(self, number: Number) -> Number | None:
        """The same number of the final decisions."""
        return self.numbers.get(number.id)


_NAME_CHARS: Final = 24  # of an attribute; a longer one would fill the column
# What decides first, then what depends on the label, then the rest.
_FIRST: Final = ("selection_rate", "true_positive_rate", "false_positive_rate", "mean_score")
ALPHA: Final = 0.05
_SUFFIXES: Final = ("_difference", "_ratio")
# One minus the true positive rate: its comparisons are those with the other sign.
_MIRRORED: Final = "false_negative_rate"
# Of these a higher rate is worse for the group; of the others a lower one.
_WORSE_ABOVE: Final = (_MIRRORED,)
_OF_WEIGHTED: Final = (
    "Of the weighted rates; the groups' own may differ by much more. Not tested, for that reason."
)
_APART: Final = (
    "The interval holds 0 all the same: test and interval are two constructions, and near the edge "
    "they can differ."
)
_STANDARDIZED: Final = "standardized_mean"
_UNTESTED: Final = "Interval only, no test."
_RATES_COMPARED: Final = "group minus reference; group over reference"


def base_metric(metric: str) -> str:
    """The measure that a comparison compares."""
    return metric.removesuffix("_difference").removesuffix("_ratio")


def comparison_label(number: Number) -> str:
    """`yes against no`."""
    ours, theirs = (number.group or {}).values(), (number.against or {}).values()
    return f"{', '.join(ours)} against {', '.join(theirs)}"


def rows_of(groups: Sequence[Number]) -> RowsOf:
    """The rows behind each group's rates."""
    return {(n.metric, _key(n.group)): n.n for n in groups if n.group and not n.against}


def _key(group: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((group or {}).items()))


def comparison_n(number: Number, rows: RowsOf) -> str | None:
    """`134 and 818`: the denominators of both groups, where the report has them."""
    base = base_metric(number.metric)
    base = "mean_score" if base == _STANDARDIZED else base
    found = [rows.get((base, _key(group))) for group in (number.group, number.against)]
    if any(n is None for n in found):
        return None
    return " and ".join(f"{n:,}" for n in found)


def pair_blocks(
    compared: Sequence[Number],
    rows: RowsOf,
    *,
    event: Callable[[Number], str],
    estimated: Container[str],
    final: FinalDecisions,
) -> tuple[PairBlock, ...]:
    """A block a measure, a row a group; the final decision's row beneath the model's.

    The false negative rate has none: its difference is that of the true positive rate, negated.

    Args:
        compared: differences and ratios of one attribute.
        rows: of each group's rate.
        event: the label that a number counts, in words.
        estimated: names of attributes whose groups are, which every row then says.
        final: the final decisions, where they are.
    """
    own: dict[str, list[Number]] = {}
    for number in compared:
        own.setdefault(base_metric(number.metric), []).append(number)
    return tuple(
        PairBlock(
            title=_title(base, event(own[base][0])),
            definition=_definition(base, own[base], event(own[base][0])),
            rows=tuple(_rows(base, own[base], rows, estimated=estimated, final=final)),
        )
        for base in sorted(own.keys() - {_MIRRORED}, key=rank_by_group)
    )


def methods(blocks: Sequence[PairBlock]) -> str:
    """How the intervals were made: `Intervals of differences: Newcombe, 95 %; …`."""
    rows = [row for block in blocks for row in block.rows]
    said = []
    for what, found in (
        ("differences", [r.difference for r in rows]), ("ratios", [r.ratio for r in rows]),
    ):  # fmt: skip
        names = dict.fromkeys(q.method for q in found if q is not None and q.method)
        said += [f"of {what}: {'; '.join(names)}"] if names else []
    return f"Intervals {'. Intervals '.join(said)}." if said else ""


def tests_words(compared: Sequence[Number]) -> str:
    """How many tests stand beside each other in how many families, and what chance alone gives."""
    told = [(n.metric, n.significance) for n in compared]
    tested = [metric for metric, test in told if test is not None and test.p_value is not None]
    if not tested:
        return ""
    families = len(set(tested))
    return (
        f"{many(len(tested), 'test')} in {many(families, 'family', 'families')}, one family a "
        "measure; where nothing differs, about 5 in 100 families show a significant difference by "
        "chance."
    )


def rank_by_group(base: str) -> tuple[int, int, str]:
    """Where a measure stands in a table by group."""
    place = _FIRST.index(base) if base in _FIRST else len(_FIRST)
    return (place, *rank(base))


def _title(base: str, event: str) -> str:
    if base == _STANDARDIZED:
        return wording("standardized_mean_difference", event).title
    return wording(base, event).title


def _definition(base: str, numbers: Sequence[Number], event: str) -> str:
    if base in (_STANDARDIZED, "mean_score"):
        return wording(f"{base}_difference", event).definition
    if base == "selection_rate":
        return f"the ratio is the adverse impact ratio, {IMPACT_RATIO}"
    if base == "true_positive_rate":
        return f"{_RATES_COMPARED}; false negative rates differ by as much, the other way"
    ratios = any(n.metric.endswith("_ratio") for n in numbers)
    return _RATES_COMPARED if ratios else "group minus reference"


def _rows(
    base: str,
    compared: Sequence[Number],
    rows: RowsOf,
    *,
    estimated: Container[str],
    final: FinalDecisions,
) -> list[PairRow]:
    found: dict[str, dict[str, Number]] = {}
    for n in compared:
        found.setdefault(_label(n, estimated), {})[n.metric.removeprefix(base)] = n
    made = []
    for label, own in found.items():
        made.append(_row(label, own, rows))
        after = {kind: f for kind, n in own.items() if (f := final.beside(n)) is not None}
        if after:
            made.append(_row(f"{label}: final decision", after, final.rows))
    return made


def _label(number: Number, estimated: Container[str]) -> str:
    """`afam = yes against no`; without a long name, which the caption has."""
    if len(number.group or {}) == 1 and len(next(iter(number.group or {}))) > _NAME_CHARS:
        return comparison_label(number)
    theirs = ", ".join((number.against or {}).values())
    return f"{group_words(number.group or {}, estimated)} against {theirs}"


def _row(label: str, own: dict[str, Number], rows: RowsOf) -> PairRow:
    difference, ratio = (own.get(suffix) for suffix in _SUFFIXES)
    known = difference or ratio
    if known is None:
        raise ValueError("a row without a comparison")
    n = comparison_n(known, rows) or f"{known.n:,}"
    both = [
        None if one is None else quantity(one, wording(one.metric, "").style, label, n=n)
        for one in (difference, ratio)
    ]  # fmt: skip
    said = dict.fromkeys(q.note for q in both if q is not None and q.note)
    # One reason for both stands once, where the test would.
    shown_once = [None if q is None else replace(q, note="") for q in both]
    test = significance_words(difference) if difference else ""
    if not test and difference is not None and difference.value is not None:
        test = _UNTESTED if difference.low is not None else "No interval, no test."
    return PairRow(
        label=label, n=n, difference=shown_once[0], ratio=shown_once[1],
        test=" ".join(filter(None, (*(sentence(s) for s in said), test))),
    )  # fmt: skip


def significance_words(number: Number) -> str:
    """Whether group and reference differ, how that was tested, and what would have shown.

    That nothing significant was found is never said without the gap that could have been.
    """
    told = number.significance
    if number.value is None:
        return ""
    if number.id.startswith("estimated/"):
        return _OF_WEIGHTED
    if told is None:
        return ""
    if told.p_value is None:
        why = f": {told.reason}" if told.reason else ": all or none of the rows have the outcome"
        return f"Not tested{why}. {_detectable(number, told)}".rstrip()
    p_value = told.p_value if told.adjusted is None else told.adjusted
    is_significant = p_value < ALPHA
    verdict = "Significant" if is_significant else "No significant difference"
    text = f"{verdict}: {p_text(told.p_value)} ({told.method})"
    if told.adjusted is not None:
        text += f", {p_text(told.adjusted)} by Holm over {told.family}"
    low, high = number.low, number.high
    holds_none = low is not None and low <= 0 and (high is None or high >= 0)
    apart = f" {_APART}" if is_significant and holds_none else ""
    return f"{text}.{apart} {_detectable(number, told)}".rstrip()


def _detectable(number: Number, told: Significance) -> str:
    """The gap in either direction, the one that is worse for the group first."""
    if number.low is None:  # what the rows are worth is not known, nor then what they could show
        return ""
    sides = [("below", told.detectable_below), ("above", told.detectable_above)]
    if all(gap is None for _, gap in sides):
        return "With these rows no gap, however wide, would likely have shown."
    if base_metric(number.metric) in _WORSE_ABOVE:
        sides.reverse()
    digits, style = decimals(number.low, number.high), wording(number.metric, "").style
    said = " and ".join(
        f"none {side}" if gap is None else f"{shown(gap, style, digits)} {side}"
        for side, gap in sides
    )
    return f"Smallest gap detectable at 80{THIN}% power: {said} the reference."
