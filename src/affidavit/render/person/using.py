"""Which of the person's data were used, and which way each fact counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.explanation_record import Attribution
from affidavit.render.person.concerning import Concerning, shown
from affidavit.render.person.page import Fact, Paragraph, Section
from affidavit.render.person.speaking import Speaker

_STRONG, _FAINT = 0.2, 0.02  # of all that moved the score, either way
MOST_SHOWN: Final = 16
_LEARNED: Final = {
    "outcome": "It weighs them as it learned from how past cases turned out.",
    "past-decision": "It weighs them as it learned from what was decided in past cases.",
    "proxy": "It weighs them as it learned from past cases, by a mark that stands for the outcome.",
}


def data_used(about: Concerning, say: Speaker) -> Section:
    """Every input with its value; those that counted most come first."""
    facts = tuple(_facts(about))
    rest = facts[MOST_SHOWN:]
    more = () if not rest else (Paragraph(text=say(
        "These facts were used too, and counted less: {facts}.",
        facts="; ".join(f"{f.name}: {f.value}" for f in rest),
    )),)  # fmt: skip
    return Section(
        id="data", title="Which of your data were used", before=tuple(_before(about, say)),
        facts=facts[:MOST_SHOWN], after=more,
    )  # fmt: skip


def _before(about: Concerning, say: Speaker) -> Iterator[Paragraph]:
    inputs = {i.column for i in about.decision.inputs}
    unseen = [
        about.named(name)
        for name, held in about.config.sensitive.items()
        if inputs.isdisjoint((name, held.column, *held.probabilities.values()))
    ]
    lines = [say("To work out your score, the model was given these facts and no others.")]
    lines.append(say(_LEARNED[about.config.label.kind]))
    if unseen:
        lines.append(say("It was not given: {names}.", names=", ".join(unseen)))
    if about.has_effects:
        lines.append(say(
            "The last column says how each fact counted, next to {beside}.", beside=about.beside
        ))  # fmt: skip
    yield Paragraph(text=" ".join(lines))


def _facts(about: Concerning) -> Iterator[Fact]:
    effects = effect_by_column(about) if about.has_effects else {}
    order = sorted(
        about.decision.inputs,
        key=lambda i: -abs(effects[i.column].value if i.column in effects else 0),
    )
    total = sum(abs(a.value) for a in about.decision.attributions)
    main = {f for r in about.decision.reasons.reasons for f in r.features}
    for one in order:
        moved = effects.get(one.column)
        yield Fact(
            name=about.named(one.column), value=shown(one.value),
            effect="" if moved is None else _effect(
                moved.value, total, about.adverse_sign, is_main=moved.feature in main
            ),
        )  # fmt: skip


def effect_by_column(about: Concerning) -> dict[str, Attribution]:
    """What each input column added; columns that are explained together share one."""
    found = {}
    for one in about.decision.attributions:
        for column in about.columns_of(one.feature):
            found[column] = one
    return found


def _effect(value: float, total: float, adverse: int | None, *, is_main: bool) -> str:
    """How it counted; what the list of reasons names did count, however little."""
    share = abs(value) / total if total else 0.0
    if share < _FAINT and not is_main:
        return "hardly counted"
    if adverse is None:
        way = "raised the score" if value > 0 else "lowered the score"
    else:
        way = "against you" if value * adverse > 0 else "in your favour"
    if share < _FAINT:
        return f"a little {way}"
    return f"strongly {way}" if share >= _STRONG and adverse is not None else way
