"""Single decisions, each with its inputs, attributions, counterfactuals and principal reasons.

The rows may be chosen from the data (`cases_of`) or given from outside (`given_cases`): a decision
taken in production, which the snapshot does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.evidence import Finding
from affidavit.explanation_record import Attribution, Decision, Input, Lacking
from affidavit.recompute.coded import Coded
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.decisions.changing import rows_of
from affidavit.recompute.explain.decisions.choosing import Choice, Chosen
from affidavit.recompute.explain.decisions.counterfactuals import Found, counterfactuals_of
from affidavit.recompute.explain.decisions.judging import ByClasses, ByThreshold, Judge, Whole
from affidavit.recompute.explain.decisions.reasons import Judgement, protected_finding, reasons_for
from affidavit.recompute.explain.explained import Explained, cell
from affidavit.recompute.floats import Floats

_REGRESSION = "A regression gives no decision that could be another one."
_NO_THRESHOLD = "No threshold on this model's score decides this row."
_NO_CLASSES = "The model's classes could not be asked about."
_FAILED = "The model failed on generated rows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Rows whose decisions are explained, n of them.

    Attributes:
        inputs: a pyarrow Table, as the model is given them.
        groups: of each row, the sensitive attributes that the snapshot itself has.
        scores: (n,): the score that is explained, as the model answers.
        cut: (n,): the threshold in force, NaN where none decides; None as in `Explained`.
        labels: what the model decided; empty for a regression.
        finals: after rules and overrides; None where the data has none.
        adverse: whether the label is not the favourable one; None where nobody said.
    """

    ids: tuple[str, ...]
    chosen: tuple[tuple[Chosen, ...], ...]
    inputs: Any
    groups: tuple[dict[str, str] | None, ...]
    scores: Floats
    cut: Floats | None
    labels: tuple[str, ...]
    finals: tuple[str | None, ...]
    adverse: tuple[bool | None, ...]

    @property
    def n(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Singles:
    """The decisions explained, what is lacking, and page one's exceptions."""

    decisions: tuple[Decision, ...]
    lacking: tuple[Lacking, ...] = ()
    findings: tuple[Finding, ...] = ()


def cases_of(explained: Explained, choice: Choice, final: Coded | None = None) -> Cases:
    """The chosen rows of the data.

    Groups of attributes that are held apart in a protected table are left out: the table never
    travels, and neither do its rows.

    Args:
        explained: the role's rows.
        choice: which of them.
        final: (n_rows,): final decisions beside the model's, where there are any.
    """
    at = choice.places
    ids, labels = explained.rows.ids(), explained.decision.where(at).texts()
    favourable = explained.is_favourable
    return Cases(
        ids=tuple(str(ids[int(p)].as_py()) for p in at), chosen=choice.chosen,
        inputs=explained.take(at), groups=_groups(explained, at), scores=explained.scores[at],
        cut=None if explained.cut is None else explained.cut[at],
        labels=tuple(v or "" for v in labels),
        finals=tuple(final.where(at).texts()) if final is not None else (None,) * len(at),
        adverse=tuple(
            None if favourable is None or not v else not favourable[p]
            for p, v in zip(at, labels, strict=True)
        ),
    )  # fmt: skip


def given_cases(
    explained: Explained,
    ids: Sequence[str],
    inputs: Any,
    scores: Floats,
    *,
    cut: Floats | None = None,
    labels: Sequence[str] | None = None,
    finals: Sequence[str | None] | None = None,
) -> Cases:
    """Rows that are not in the data, scored by the model.

    Args:
        explained: the data that they are compared with.
        ids: what each is called.
        inputs: a pyarrow Table with the columns and types of `explained.inputs`.
        scores: (n,): what the model gave.
        cut: (n,): the threshold in force for each, of a binary decision.
        labels: what the model decided; of a binary decision, by default, from `scores` and `cut`.
        finals: what was decided after rules and overrides, where that is known.
    """
    n, favourable = len(ids), explained.config.label.favourable
    if labels is None:
        labels = [""] * n
        if explained.config.task == "binary" and cut is not None:
            positive, negative = _both(explained)
            labels = [positive if s >= c else negative for s, c in zip(scores, cut, strict=True)]
    return Cases(
        ids=tuple(ids), chosen=(("given",),) * n, inputs=inputs, groups=(None,) * n,
        scores=scores, cut=cut, labels=tuple(labels),
        finals=tuple(finals) if finals is not None else (None,) * n,
        adverse=tuple(None if favourable is None or not v else v != favourable for v in labels),
    )  # fmt: skip


def explain_rows(
    explained: Explained,
    ask: Ask,
    cases: Cases,
    attributions: Floats | None,
    errors: Floats | None = None,
    *,
    whole: Whole | None = None,
) -> Singles:
    """Explain each decision.

    Args:
        explained: the data, the features, the constraints and the reason codes.
        ask: the model.
        cases: the rows, of the data or not.
        attributions: (n, n_features), on the scale; None where they are lacking.
        errors: (n, n_features), their Monte Carlo standard errors; None where exact.
        whole: multiclass only: asks for the scores of all classes.
    """
    found, lacking = _counterfactuals(explained, ask, cases, whole)
    decisions = tuple(
        _decision(explained, cases, i, _attributions(explained, attributions, errors, i), found[i])
        for i in range(cases.n)
    )
    findings = protected_finding(explained.rows.role, [d.reasons for d in decisions])
    return Singles(decisions=decisions, lacking=lacking, findings=findings)


def _groups(explained: Explained, at: NDArray[np.int64]) -> tuple[dict[str, str] | None, ...]:
    apart = {n for n, s in explained.config.sensitive.items() if s.table is not None}
    known = [g for g in explained.groupings if g.spec.name not in apart]
    columns = {g.spec.name: g.column.where(at).texts() for g in known}
    return tuple(
        {name: str(texts[i]) for name, texts in columns.items() if texts[i] is not None} or None
        for i in range(len(at))
    )


def _both(explained: Explained) -> tuple[str, str]:
    """The label at or above the threshold, and the other one."""
    positive = explained.of
    names = (*explained.decision.names, *explained.rows.labels.names)
    favourable = explained.config.label.favourable
    others = [n for n in (favourable, *names) if n is not None and n != positive]
    return positive, others[0] if others else f"not {positive}"


def _counterfactuals(
    explained: Explained, ask: Ask, cases: Cases, whole: Whole | None
) -> tuple[list[Found], tuple[Lacking, ...]]:
    """Of each case; the model's failure at generated rows costs this part alone."""
    found, able = _without(explained, cases, whole)
    if not able:
        return found, ()
    at = np.array(able, dtype=np.int64)
    try:
        judge = _judge(explained, ask, cases, at, whole)
        for i, one in zip(
            able, counterfactuals_of(explained, cases.inputs.take(at), judge), strict=True
        ):
            found[i] = one
    except AskFailed as error:
        for i in able:
            found[i] = Found(none_found=_FAILED)
        lacking = Lacking(
            part="counterfactuals",
            reason=f"the model failed on generated rows: {error.cause_line}",
            fix="narrow [explain.counterfactuals.bounds] to what the model was made for, or make "
            "the model refuse no such row",
        )
        return found, (lacking,)
    return found, ()


def _without(
    explained: Explained, cases: Cases, whole: Whole | None
) -> tuple[list[Found], list[int]]:
    """Why a case cannot have counterfactuals, and the cases that can."""
    task = explained.config.task
    if task == "regression":
        return [Found(none_found=_REGRESSION)] * cases.n, []
    if task == "multiclass":
        why = [None if whole is not None else _NO_CLASSES] * cases.n
    elif cases.cut is None:
        why = [_NO_THRESHOLD] * cases.n
    else:
        why = [_NO_THRESHOLD if np.isnan(c) else None for c in cases.cut]
    return [Found(none_found=w) for w in why], [i for i, w in enumerate(why) if w is None]


def _judge(
    explained: Explained, ask: Ask, cases: Cases, at: NDArray[np.int64], whole: Whole | None
) -> Judge:
    if cases.cut is not None:
        positive, negative = _both(explained)
        cut = cases.cut[at]
        return ByThreshold(
            ask=ask, cut=cut, is_above=cases.scores[at] >= cut, positive=positive, negative=negative
        )
    if whole is None:
        raise ValueError("a decision among classes is judged by all of their scores")
    favourable = explained.config.label.favourable
    was = [cases.labels[i] for i in at]
    wanted = [None if favourable is None or w == favourable else favourable for w in was]
    return ByClasses(whole=whole, of=explained.of, was=was, wanted=wanted)


def _attributions(
    explained: Explained, values: Floats | None, errors: Floats | None, i: int
) -> tuple[Attribution, ...]:
    if values is None:
        return ()
    return tuple(
        Attribution(
            feature=feature.name, value=float(values[i, f]),
            error=0.0 if errors is None else float(errors[i, f]),
        )
        for f, feature in enumerate(explained.features)
    )  # fmt: skip


def _decision(
    explained: Explained,
    cases: Cases,
    i: int,
    attributions: tuple[Attribution, ...],
    found: Found,
) -> Decision:
    threshold = None if cases.cut is None or np.isnan(cases.cut[i]) else float(cases.cut[i])
    judgement = Judgement(
        label=cases.labels[i], final=cases.finals[i], is_adverse=cases.adverse[i],
        by_model=explained.config.task != "binary" or threshold is not None,
    )  # fmt: skip
    features = explained.features if attributions else ()
    [row] = rows_of(cases.inputs.slice(i, 1))
    return Decision(
        row_id=cases.ids[i], chosen=cases.chosen[i], group=cases.groups[i],
        score=float(cases.scores[i]), output=float(explained.on_scale(cases.scores[i : i + 1])[0]),
        threshold=threshold, label=cases.labels[i], final=cases.finals[i],
        is_adverse=cases.adverse[i],
        inputs=tuple(Input(column=c, value=cell(v)) for c, v in row.items()),
        attributions=attributions, counterfactuals=found.counterfactuals,
        none_found=found.none_found,
        reasons=reasons_for(judgement, attributions, features, explained.of, explained.config),
    )  # fmt: skip
