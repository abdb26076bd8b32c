"""Which question the attributions answer, how they were made, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from affidavit.evidence import Scale
from affidavit.explanation_record import (
    Background,
    Decisions,
    Explainability,
    Quality,
    SecondOpinion,
)
from affidavit.render.explained_context import Block, PlainTable
from affidavit.render.explained_numbers import number, places
from affidavit.render.words import grouped, listed, many, sentence

_METHODS: Final[dict[str, str]] = {
    "linear": "exact, from the model's own coefficients",
    "trees": "exact, from the model's own trees",
    "enumeration": "exact, by asking about every set of features",
    "permutation": "sampled orders of the features",
    "shap.kernel": "Kernel SHAP of shap",
    "shap.permutation": "Permutation explainer of shap",
    "alibi.kernel": "Kernel SHAP of alibi",
    "alibi.ale": "accumulated local effects of alibi",
    "alibi.anchor": "anchors of alibi",
    "plug-in": "a plug-in, which the settings name",
    "contributions": "the library's own contributions, which ask another question",
}
_SCALES: Final[dict[Scale, str]] = {
    "score": "the score, as the model gives it",
    "log-odds": "the log-odds of the score, on which the parts are added up",
}
_QUESTION: Final = (
    "An attribution says what one feature adds to this model's output, beside {n} recorded "
    "{background}: a feature that is not known yet takes their values, whatever goes with it "
    "(interventional Shapley values). So it is about the model, not about what causes what, and "
    "the attributions of a row add up to its output less the mean output of these rows."
)
_OTHER_QUESTION: Final = (
    "These attributions are the library's own: they follow the model's training rows, and answer "
    "another question than interventional Shapley values do."
)
_FREE: Final = frozenset({"", "Apache-2.0", "BSD-3-Clause", "MIT"})


def intro(whole: Explainability | None, single: Decisions | None) -> tuple[str, ...]:
    """What is explained, and the question."""
    about = whole or single
    if about is None:
        return ()
    what = (
        f"Explained is the model's output for {about.of}, of the role {about.role}, on the scale "
        f"{about.scale}: {_SCALES[about.scale]}."
    )
    if about.quality is not None and about.quality.method == "contributions":
        return (what, _OTHER_QUESTION)
    background = about.background
    if background is None:
        return (what,)
    said = _QUESTION.format(n=f"{background.n:,}", background=_background_words(background))
    return (what, said)


def _background_words(found: Background) -> str:
    whose = "the rows nearest to the threshold" if found.rule == "near-cut-off" else "all rows"
    return f"rows drawn from {whose} (sha256 {grouped(found.sha256)} …)"


def quality_block(whole: Explainability | None, single: Decisions | None) -> Block | None:
    """Seed, samples, errors measured, and second opinions."""
    named = [
        (title, record.quality)
        for title, record in (("The model and its groups", whole), ("Single decisions", single))
        if record is not None and record.quality is not None
    ]
    second = whole.second if whole is not None else ()
    if not named and not second:
        return None
    table = PlainTable(
        caption="How the attributions were made, and how exact they are",
        anchor="explained-quality",
        columns=("Attributions of", "Method", "Rows", "Samples", "Largest error of a sum",
                 "Sampling error", "Between two seeds"),
        left=2, rows=tuple(_row(title, q) for title, q in named),
    )  # fmt: skip
    notes = dict.fromkeys(
        (*_asked([q for _, q in named]), *(n for _, q in named for n in _notes(q)))
    )
    stated = dict.fromkeys(
        map(sentence, (*(whole.notes if whole else ()), *(single.notes if single else ())))
    )
    return Block(
        title="What these explanations are worth", anchor="explained-worth",
        tables=(table,) if named else (), intro=tuple(map(_second_words, second)),
        notes=(*notes, *stated),
    )  # fmt: skip


def _row(title: str, found: Quality) -> tuple[str, ...]:
    return (
        title, _METHODS[found.method], f"{found.rows:,}",
        f"{found.samples:,}" if found.samples else "none needed", _error(found.additivity),
        _error(found.monte_carlo) if found.monte_carlo else "none",
        "exact" if found.stability is None else _error(found.stability),
    )  # fmt: skip


def _error(value: float) -> str:
    """`under 0.000001` rather than thirteen digits."""
    return number(value, min(6, places([value])))


def _asked(found: Sequence[Quality]) -> Iterator[str]:
    """How often the model was asked for the attributions, and the seeds."""
    if found:
        seeds = listed([str(s) for s in dict.fromkeys(q.seed for q in found)])
        calls, rows = sum(q.calls for q in found), sum(q.scored for q in found)
        asked = f"{many(calls, 'time')} about {many(rows, 'row')} in all"
        yield f"Seed {seeds}. For these attributions the model was asked {asked}."


def _notes(found: Quality) -> Iterator[str]:
    if found.by_budget:
        yield (
            "Samples were lowered to keep within the time of [explain] budget: another machine may "
            "draw fewer, so these numbers are not reproducible."
        )
    if found.settings:
        said = ", ".join(f"{k} = {v}" for k, v in sorted(found.settings.items()))
        yield f"Settings of {_METHODS[found.method]}: {said}."
    yield from _made_with(found)


def _made_with(found: Quality) -> Iterator[str]:
    if found.environment:
        yield f"Made with {found.environment}."
    if (found.licence or "") not in _FREE:
        yield (
            f"The library's licence is {found.licence}: it may not allow use in production. It "
            "was chosen by a setting."
        )


def _second_words(found: SecondOpinion) -> str:
    quality = found.quality
    digits = places([found.largest, found.tolerance])
    words = (
        f"Second opinion, {_METHODS[quality.method]}, on {many(quality.rows, 'row')}: "
        f"{'agrees' if found.agrees else 'disagrees'}. The two are at most "
        f"{number(found.largest, digits)} apart ({found.feature}), "
        f"{'within' if found.agrees else 'beyond'} the tolerance of "
        f"{number(found.tolerance, digits)}; {found.same_first} of {quality.rows} rows have the "
        "same feature first."
    )
    return " ".join((words, *_made_with(quality)))
