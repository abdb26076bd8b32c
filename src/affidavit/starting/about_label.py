"""Questions on what was predicted, what it means for people, and how it becomes a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from affidavit.printable import is_blank, printable
from affidavit.starting.glimpse import Seen
from affidavit.starting.known import Known
from affidavit.starting.question import Answers, Candidate, Question, nothing_wrong, one
from affidavit.toml_reader import MOST_BESIDE, MOST_WORDS

_TWO = 2
_NAMED = 2  # columns that a value was seen in
TASKS = (
    Candidate(value="binary", note="yes or no: the score is the probability of one value"),
    Candidate(value="multiclass", note="one of several classes"),
    Candidate(value="regression", note="an amount"),
)
KINDS = (
    Candidate(value="outcome", note="observed: what became of the case"),
    Candidate(value="past-decision", note="what somebody decided then, not what became of it"),
    Candidate(value="proxy", note="stands in for what could not be observed"),
)


def label_questions(known: Known, answers: Answers) -> Iterator[Question]:
    """The label, the task, what the values mean, the decision."""
    yield _column(known)
    label = known.column(one(answers, "label", "column"))
    yield _task(label)
    yield Question(
        key=("label", "kind"),
        ask="What is that column really?",
        why="The card says it: a past decision shows whom somebody refused, not who would have "
        "failed.",
        more="If it is a past decision, agreeing with it is agreeing with what was done then.",
        candidates=KINDS,
        is_closed=True,
        placeholder="outcome, past-decision or proxy",
    )
    task = one(answers, "task") or "binary"
    if task == "binary":
        yield _positive(known, label)
    if task != "regression":
        yield from _meaning(known, label, answers, task=task)
    yield Question(
        key=("label", "horizon"),
        ask="How long after the decision was the outcome awaited?",
        why="Two models with different horizons are not compared.",
        more='In words, as in "24 months".',
        is_needed=False,
        placeholder="as in 24 months",
    )
    if task == "binary":
        yield from _decision(known, label, answers)
    yield Question(
        key=("decision", "beside"),
        ask="Which rules or other models decide beside this one?",
        why="Page one then says that this model is one part of the decision.",
        more="In words, with commas between them; at most 8. As in: policy rules of the loan "
        "system, models:/fraud/7",
        form="texts",
        is_needed=False,
        placeholder="a rule or model",
        most=MOST_BESIDE,
        check=_short,
    )


def _column(known: Known) -> Question:
    listed = sorted(known.others, key=lambda c: (c.is_unique, not c.values))
    return Question(
        key=("label", "column"),
        ask="Which column was to be predicted?",
        why="Everything is measured against it. It is one that the model does not take.",
        more="Listed are the columns that are not inputs of the model, those with few values "
        "first. A column of the data that is no input, and is not listed, can be typed.",
        candidates=columns(listed),
        placeholder="a column",
        check=in_data(known),
    )


def _task(label: Seen | None) -> Question:
    has_two = label is not None and len(label.values) == _TWO and not label.has_others
    note = f" ({printable(label.name)} has two values)" if label is not None and has_two else ""
    return Question(
        key=("task",),
        ask=f"What does the model predict?{note}",
        why="It decides which numbers there are.",
        candidates=TASKS,
        is_closed=True,
        default=("binary",) if has_two else None,
        placeholder="binary, multiclass or regression",
    )


def _positive(known: Known, label: Seen | None) -> Question:
    return Question(
        key=("label", "positive"),
        ask="Which value's probability is the score?",
        why="Taken the wrong way round, every number would be of the opposite.",
        more="A score near 1 says that this value is likely. It need not be the good one: "
        "models of default score the default.",
        candidates=_label_values(known, label),
        is_closed=label is not None and label.is_known,
        placeholder="a value of the label",
    )


def _meaning(
    known: Known, label: Seen | None, answers: Answers, *, task: str
) -> Iterator[Question]:
    yield Question(
        key=("label", "favourable"),
        ask="Which value is good for the person concerned?",
        why="Fairness is read by it: whose share of good decisions is smaller. Nobody can guess "
        "it.",
        more="For the person, not for the institution: that a loan is granted, that no default "
        "is predicted.",
        candidates=_label_values(known, label),
        is_closed=label is not None and label.is_known,
        none="" if task == "binary" else "no value is good or bad for anybody",
        placeholder="a value of the label",
    )
    if one(answers, "label", "favourable") is not None:
        yield Question(
            key=("label", "favourable_means"),
            ask="What does that value mean for the person, in words?",
            why="Page one says it, so that a reader sees which way round fairness is read.",
            more='As in "the loan was repaid".',
            is_needed=False,
            check=_short,
        )


def _decision(known: Known, label: Seen | None, answers: Answers) -> Iterator[Question]:
    yield Question(
        key=("decision", "threshold"),
        ask="From which score on is the positive value predicted?",
        why="It turns scores into decisions about people. It is the one in use, not a usual one.",
        more="A number from 0 to 1; score >= threshold predicts the positive value. Listed are "
        "parameters and tags of the run that sound like it. Thresholds by segment: "
        "docs/configuration.md.",
        candidates=tuple(Candidate(value=v, note=where) for where, v in known.thresholds),
        form="number",
        none="the decisions are in a column of the data",
        placeholder="a probability from 0 to 1",
        check=_probability,
    )
    no_threshold = answers.get(("decision", "threshold")) == ()
    finals = _finals(known, label, one(answers, "label", "column"))
    if not no_threshold and not finals and known.tables:
        return
    yield Question(
        key=("decision", "column"),
        ask="Which column has the final decision, after rules and overrides?",
        why="Fairness is then also shown for what was decided in the end.",
        more="It is written in the label's values. Without a threshold it is the decision that is "
        "counted.",
        candidates=columns(finals),
        is_needed=no_threshold,
        placeholder="a column",
        check=in_data(known, besides=one(answers, "label", "column"), what="the label"),
    )


def _finals(known: Known, label: Seen | None, named: str | None) -> list[Seen]:
    """Columns that are written in the label's values."""
    if label is None or not label.values:
        return [c for c in known.others if 0 < len(c.values) <= _TWO and c.name != named]
    return [
        c for c in known.others
        if c.name != label.name and c.values and set(c.values) <= set(label.values)
    ]  # fmt: skip


# ---- what other questions share


def columns(listed: list[Seen]) -> tuple[Candidate, ...]:
    """Columns as candidates, each with how often its values stand there."""
    return tuple(column_candidate(c) for c in listed if not is_blank(c.name))


def column_candidate(column: Seen, *, value: str = "", note: str = "") -> Candidate:
    """A column with what is shown of it: counts, or why there are none."""
    seen = column.example
    if column.personal:
        seen = f"perhaps personal: {'; '.join(column.personal)}"
    elif not seen and column.is_unique:
        seen = "no value twice"
    elif not seen and column.is_numeric:
        seen = "numbers"
    return Candidate(value=value or column.name, note=note, seen=seen)


def values(column: Seen | None) -> tuple[Candidate, ...]:
    """The few values of a column as candidates, each with how many rows have it."""
    if column is None:
        return ()
    pairs = zip(column.values, column.counts, strict=True)
    return tuple(Candidate(value=v, seen=f"{n:,} rows") for v, n in pairs)


def _label_values(known: Known, label: Seen | None) -> tuple[Candidate, ...]:
    """The label's values; while nobody says which column it is, those of all that it could be."""
    if label is not None:
        return values(label)
    found: dict[str, list[str]] = {}
    for column in known.others:
        for value in column.values:
            found.setdefault(value, []).append(printable(column.name))
    return tuple(Candidate(value=v, note=f"seen in {_first(c)}") for v, c in found.items())


def _first(names: list[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")


def in_data(known: Known, *, besides: str | None = None, what: str = "") -> Callable[[str], str]:
    """A check that a column is in the data, where the data are known."""
    names = {c.name for c in known.columns}

    def check(value: str) -> str:
        if value == besides:
            return f"{printable(value)} is {what}"
        if names and value not in names:
            return f"no such column in the data: {printable(value)}"
        return ""

    return check if names or besides else nothing_wrong


def _probability(value: str) -> str:
    return "" if 0 <= float(value) <= 1 else f"{value} is not from 0 to 1"


def _short(value: str) -> str:
    if len(value) <= MOST_WORDS:
        return ""
    return f"at most {MOST_WORDS} characters, page one has no more room"
