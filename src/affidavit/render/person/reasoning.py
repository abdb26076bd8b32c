"""The reasons, what would have changed the result, and how to contest it."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.explanation_record import Change, Counterfactual, Reason
from affidavit.render.person.concerning import Concerning, exact, shown, told_apart
from affidavit.render.person.page import Paragraph, Section
from affidavit.render.person.speaking import Speaker
from affidavit.render.words import plain


def reasons(about: Concerning, say: Speaker) -> Section:
    """The principal reasons, or why none are listed."""
    found = about.decision.reasons
    is_issued = found.status == "issued"
    return Section(
        id="reasons", title="The main reasons",
        before=tuple(_reasons_before(about, say)),
        points=tuple(_reason(about, r) for r in found.reasons) if is_issued else (),
        is_ranked=True,
    )  # fmt: skip


def _reasons_before(about: Concerning, say: Speaker) -> Iterator[Paragraph]:
    found = about.decision.reasons
    if found.status == "issued":
        yield Paragraph(text=" ".join((
            say("Next to {beside}, these counted most against you.", beside=about.beside),
            say("The first counted most."),
        )))  # fmt: skip
    elif found.status == "favourable":
        if about.is_result:
            yield Paragraph(text=say("The result is in your favour, so no reasons are listed."))
        else:
            yield Paragraph(text=say("The answer is in your favour, so no reasons are listed."))
    elif found.status == "protected":
        names = ", ".join(map(about.named, found.protected))
        yield Paragraph(voice="caution", text=" ".join((
            say("No reasons are listed here."),
            say("A protected trait was a main cause of your score: {names}.", names=names),
            say("A list without it would not be true."),
            say("The institution has to look into this first. Ask {whom}.", whom=about.whom),
        )))  # fmt: skip
    elif found.status == "other":
        yield Paragraph(text=" ".join((
            say("The last word was not from this model."),
            say("So this page cannot give the reasons for it. Ask {whom}.", whom=about.whom),
        )))  # fmt: skip
    elif about.config.task == "regression" or about.is_adverse is None:
        lines = [say("Nobody has stated which result is good for you, so no reasons are listed.")]
        if about.has_effects:
            lines.append(say("The table above says which way each fact moved the score."))
        yield Paragraph(text=" ".join(lines))
    elif not about.decision.attributions or about.adverse_sign is None:
        yield Paragraph(voice="owed", text=say(
            "The reasons could not be worked out. Ask {whom}.", whom=about.whom
        ))  # fmt: skip
    else:
        yield Paragraph(text=say(
            "Next to {beside}, none of your data counted against you.", beside=about.beside
        ))  # fmt: skip


def _reason(about: Concerning, reason: Reason) -> str:
    """The declared words with the values that they speak of; a feature without words by name."""
    values = {i.column: i.value for i in about.decision.inputs}
    columns = [c for f in reason.features for c in about.columns_of(f) if c in values]
    told = ", ".join(f"{about.named(c)}: {shown(values[c])}" for c in columns)
    text = plain(reason.text).rstrip(". ") if reason.code is not None else ""
    code = f" (code {plain(reason.code)})" if reason.code is not None else ""
    if not text:
        return told or ", ".join(map(about.named, reason.features))
    return f"{text}{code}. {told[:1].upper()}{told[1:]}" if told else f"{text}{code}"


def what_would_change(about: Concerning, say: Speaker) -> Section | None:
    """Generated changes that turn the result; None where it is in the person's favour."""
    decision = about.decision
    if about.is_adverse is False or decision.reasons.status == "other":
        return None
    before: tuple[str, ...]
    after: tuple[str, ...]
    points = tuple(_change(about, c, say) for c in decision.counterfactuals)
    if points:
        before = (say("Each line below is a change that would have turned the model's answer."),)
        after = (
            say("These are examples that were worked out with this version of the model."),
            say("They are not a promise: a later decision may also look at other things."),
        )
    elif about.config.task == "regression":
        return None
    else:
        before, after = _no_change(about, say), ()
    return Section(
        id="change", title="What would have changed the result",
        before=(Paragraph(text=" ".join(before)),), points=points,
        after=tuple(Paragraph(text=t) for t in (" ".join(after),) if t),
    )  # fmt: skip


def _no_change(about: Concerning, say: Speaker) -> tuple[str, ...]:
    """Why there is none, in words for a person: the record's own are for whoever runs the model."""
    explain = about.config.explain
    if explain is not None and explain.counterfactuals.most == 0:
        return (say("No such change was looked for. Ask {whom}.", whom=about.whom),)
    if any(lack.part.startswith("counterfactuals") for lack in about.lacking):
        return (say("This could not be worked out. Ask {whom}.", whom=about.whom),)
    return (
        say("No change was found that would have turned the result."),
        say("That comes from a search, and does not prove that there is none."),
    )


def _change(about: Concerning, found: Counterfactual, say: Speaker) -> str:
    changes = " and ".join(f"{about.named(c.column)} {_turned(c)}" for c in found.changes)
    return say(
        "With {changes}, this version would have given: {result}.", changes=changes,
        result=about.meaning(found.decision),
    )  # fmt: skip


def _turned(one: Change) -> str:
    """The new value as it was tried, since a rounded one might not turn the result."""
    now, was = exact(one.now), shown(one.was)
    if shown(one.now) == was and isinstance(one.was, float | int):
        _, was = told_apart(one.now, float(one.was))
    return f"{now} in place of {was}"


def contesting(about: Concerning, say: Speaker) -> Section:
    """How to contest the result, and whom to ask."""
    declared = about.declarations
    parts: list[Paragraph] = []
    if declared.safeguards:
        parts.append(Paragraph(text=plain(declared.safeguards), voice="quoted"))
    for one in declared.document:
        if one.about == "appeal-process":
            where = f", {plain(one.location)}" if one.location else ""
            told = f"{plain(one.title)} ({one.dated}){where}"
            parts.append(Paragraph(text=say("The steps are set out in {told}.", told=told)))
    if not parts:
        parts.append(Paragraph(voice="owed", text=say(
            "The institution has not stated how you can contest the result."
        )))  # fmt: skip
    if declared.owner:
        parts.append(Paragraph(text=say(
            "For questions, and to contest the result, ask {whom}.", whom=about.whom
        )))  # fmt: skip
    else:
        parts.append(Paragraph(voice="owed", text=" ".join((
            say("The institution has not stated who answers for this model."),
            say("Ask {whom}.", whom=about.whom),
        ))))  # fmt: skip
    return Section(
        id="contest", title="How to contest the result, and whom to ask", before=tuple(parts)
    )
