"""A small tree that imitates the model: to be read, with how well it imitates, not to be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from affidavit.evidence import LEVEL
from affidavit.explanation_record import Estimate, Lacking, Surrogate
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.means import estimate
from affidavit.recompute.explain.overall.values import (
    MISSING,
    distinct,
    is_numeric,
    numbers_of,
    shown,
    value_codes,
)
from affidavit.recompute.floats import Floats
from affidavit.wording import count_text

DEPTH: Final = 3
MOST_ROWS: Final = 20_000
_FEWEST_ROWS: Final = 40
_IN_LEAF: Final = 10
_LEAST_GAIN: Final = 1e-4  # of the outputs' variance, for a question to be worth a line
_CATEGORIES: Final = 30
_PART = "surrogate tree"
_INDENT = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What a column of the tree's matrix asks: of a number, or whether a category is this one.

    Attributes:
        category: None for a number.
        has_missing: whether a number is missing in some rows.
    """

    column: str
    category: str | None = None
    has_missing: bool = False


def grow_surrogate(explained: Explained) -> Surrogate | Lacking:
    """A regression tree of depth 3 at most on the outputs, grown on one half of the rows drawn.

    Its fidelity is measured on the other half: the share of the outputs' variance that it explains
    there, 1 - sum of squared errors / sum of squares about the mean. The model is not asked again.
    Leaves have at least a fiftieth of the rows, and ten, so that no line speaks of a person: the
    card masks what it says of fewer.
    """
    drawn = explained.draw("surrogate", MOST_ROWS)
    if len(drawn) < _FEWEST_ROWS:
        return Lacking(
            part=_PART, reason=f"{count_text(len(drawn), 'row')}; expected at least {_FEWEST_ROWS}",
            fix="explain a role with more rows",
        )  # fmt: skip
    outputs = explained.outputs[drawn]
    if float(np.ptp(outputs)) == 0:
        return Lacking(
            part=_PART, reason="every row has the same output", fix="look at the model itself"
        )
    questions, matrix = _matrix(explained, explained.take(drawn))
    order = explained.random("surrogate: halves").permutation(len(drawn))
    grown, measured = np.split(order, [len(order) // 2])
    tree = DecisionTreeRegressor(
        max_depth=DEPTH, min_samples_leaf=max(_IN_LEAF, len(grown) // 50),
        min_impurity_decrease=_LEAST_GAIN * float(np.var(outputs[grown])),
        random_state=explained.random("surrogate: tree"),
    ).fit(matrix[grown], outputs[grown])  # fmt: skip
    said = np.asarray(tree.predict(matrix[measured]), dtype=float)
    return Surrogate(
        depth=int(tree.get_depth()), leaves=int(tree.get_n_leaves()),
        fidelity=explained_variance(outputs[measured], said),
        agreement=_agreement(explained, drawn[measured], said),
        lines=tuple(_lines(tree.tree_, questions, _rounding(explained), 0, 0)),
    )  # fmt: skip


def _matrix(explained: Explained, rows: Any) -> tuple[list[_Question], Floats]:
    """(n_rows, n_questions): numbers as they are, NaN where missing; a 0/1 for each category."""
    questions: list[_Question] = []
    columns: list[Any] = []
    for kind in explained.kinds:
        if is_numeric(kind):
            numbers = numbers_of(rows, kind.column)
            has_missing = bool(np.isnan(numbers).any())
            questions.append(_Question(column=kind.column, has_missing=has_missing))
            columns.append(numbers)
            continue
        found = distinct(rows, kind.column)
        codes = value_codes(rows, kind.column, found.values[:_CATEGORIES])
        names = [shown(v) for v in found.values[:_CATEGORIES].to_pylist()]
        asked = [(i, name) for i, name in enumerate(names)]
        if found.missing:
            asked.append((MISSING, "missing"))
        for code, name in asked:
            questions.append(_Question(column=kind.column, category=name))
            columns.append((codes == code).astype(float))
    return questions, np.column_stack(columns)


def explained_variance(outputs: Floats, said: Floats) -> Estimate:
    """The share of the outputs' variance that `said` explains; below 0, worse than their mean.

    To first order a row adds S d² / T² - e² / T to it: S the mean squared error, T the variance,
    e the row's error and d its distance from the mean.

    Args:
        outputs: (n_rows,).
        said: (n_rows,).
    """
    errors, apart = (outputs - said) ** 2, (outputs - outputs.mean()) ** 2
    wrong, spread = float(errors.mean()), float(apart.mean())
    if spread == 0:
        return Estimate(value=None, reason="undefined: the outputs do not vary")
    parts = (wrong * (apart - spread) / spread - (errors - wrong)) / spread
    return estimate(1 - wrong / spread, parts, "delta method", ceiling=1.0)


def _agreement(explained: Explained, places: Any, said: Floats) -> Estimate | None:
    """The share of rows that the tree puts on the model's side of the threshold."""
    if explained.cut is None:
        return None
    cut = explained.cut[places]
    has = ~np.isnan(cut)
    if not has.any():
        return Estimate(value=None, reason="undefined: no row has a threshold")
    ours = said[has] >= explained.on_scale(cut[has])
    share = float((ours == (explained.scores[places][has] >= cut[has])).mean())
    low, high = wilson(Proportion(p=share, n=float(has.sum())), critical(LEVEL))
    return Estimate(value=share, low=low, high=high, method="Wilson")


def _rounding(explained: Explained) -> int:
    """Decimals that show a thousandth of the outputs' spread."""
    return max(0, int(np.ceil(-np.log10(float(np.ptp(explained.outputs)) / 1000))))


def _lines(
    tree: Any, questions: list[_Question], decimals: int, node: int, depth: int
) -> list[str]:  # fmt: skip
    """The tree below a node, a line for each branch; a leaf ends its branch's line."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        return [f"{_INDENT * depth}{_leaf(tree, node, decimals)}"]
    lines = []
    for child, side in ((left, "left"), (right, "right")):
        asked = _INDENT * depth + _branch(tree, questions, node, side)
        if tree.children_left[child] == tree.children_right[child]:
            lines.append(f"{asked}: {_leaf(tree, child, decimals)}")
        else:
            lines += [asked, *_lines(tree, questions, decimals, child, depth + 1)]
    return lines


def _branch(tree: Any, questions: list[_Question], node: int, side: str) -> str:
    question = questions[int(tree.feature[node])]
    is_left = side == "left"
    if question.category is not None:
        text = f"{question.column} {'is not' if is_left else 'is'} {question.category}"
    else:
        sign = "at most" if is_left else "above"
        text = f"{question.column} {sign} {shown(float(tree.threshold[node]))}"
    if question.has_missing and bool(tree.missing_go_to_left[node]) == is_left:
        text += " or missing"
    return text


def _leaf(tree: Any, node: int, decimals: int) -> str:
    return (
        f"{float(tree.value[node].ravel()[0]):.{decimals}f} ({int(tree.n_node_samples[node])} rows)"
    )
