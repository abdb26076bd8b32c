"""How far a computer decided, what the result is used for, and who can change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.render.person.concerning import Concerning, shown, told_apart
from affidavit.render.person.page import Paragraph, Section
from affidavit.render.person.speaking import Speaker
from affidavit.render.words import plain

_AUTOMATED: Final[dict[str, tuple[str, ...]]] = {
    "solely": ("A computer made this decision alone.", "No person took part in it."),
    "score-drawn-on": (
        "A computer worked out a score.", "The decision draws on that score.",
    ),
    "advisory": ("A computer worked out a score as advice.", "A person made the decision."),
}  # fmt: skip


def deck(about: Concerning, say: Speaker) -> Iterator[str]:
    """The result, and whether it is in the person's favour.

    What the model answers is the result only where it decides alone, or the final one is known.
    """
    if about.config.task == "regression":
        yield say("The estimate in your case is {score}.", score=shown(about.decision.score))
    else:
        yield from _answer(about, say)
    if about.decided is not None:
        yield say("The decision is of {day}.", day=about.decided)


def _answer(about: Concerning, say: Speaker) -> Iterator[str]:
    result, good = about.meaning(about.label), about.config.label
    if about.is_result:
        yield say("The result is: {result}.", result=result)
    else:
        yield say("The model's answer is: {result}.", result=result)
    if about.is_adverse is False:
        yield say("It is in your favour.")
    elif about.is_adverse:
        yield say("It is not in your favour.")
        if good.favourable is not None and good.favourable_means:
            yield say(
                "A result in your favour means: {result}.", result=about.meaning(good.favourable)
            )
    if not about.is_result:
        yield say("This page does not know what was decided in the end.")


def how_decided(about: Concerning, say: Speaker) -> Section:
    """The first section: how far the decision was automated, and what that means."""
    return Section(id="decided", title="How far a computer decided", before=tuple(_how(about, say)))


def _how(about: Concerning, say: Speaker) -> Iterator[Paragraph]:
    declared, owed = about.declarations, []
    lines = [say(line) for line in _AUTOMATED.get(declared.automated or "", ())]
    if declared.automated is None:
        owed.append("how far a computer decided")
    if about.is_changed and declared.automated == "solely":
        lines = lines[:1]  # that nobody took part is what the final decision puts in doubt
    lines += _cut(about, say)
    if about.is_changed:
        lines.append(say("Then the result was changed by rules or by a person."))
    if lines:
        yield Paragraph(text=" ".join(lines))
    for said, opening, else_owed in (
        (declared.purpose, "What the result is used for", "what the result is used for"),
        (declared.consequences, "What the result means for you", "what the result means for you"),
        (declared.oversight, "Who can change or stop a result", "who can change or stop a result"),
    ):
        if said:
            yield Paragraph(head=opening, text=plain(said), voice="quoted")
        else:
            owed.append(else_owed)
    if owed:
        yield Paragraph(
            text=say(
                "The institution has not stated {what}. Ask {whom}.", what=_listed(owed),
                whom=about.whom,
            ),
            voice="owed",
        )  # fmt: skip


def _listed(things: list[str]) -> str:
    """`a, b or c`."""
    return " or ".join(p for p in (", ".join(things[:-1]), things[-1]) if p)


def _cut(about: Concerning, say: Speaker) -> list[str]:
    decision, label = about.decision, about.config.label
    if decision.threshold is None or label.positive is None:
        return []
    score, cut = told_apart(decision.score, decision.threshold)
    return [
        say("Your score is {score}.", score=score),
        say(
            "From {cut} up, the model's answer is: {result}.", cut=cut,
            result=about.meaning(label.positive),
        ),
    ]  # fmt: skip
