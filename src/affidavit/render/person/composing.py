"""The page put together: what to read first, the sections in their order, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.render.context import neutralised
from affidavit.render.person.concerning import Concerning
from affidavit.render.person.deciding import deck, how_decided
from affidavit.render.person.page import Page, Paragraph
from affidavit.render.person.reasoning import contesting, reasons, what_would_change
from affidavit.render.person.speaking import Speaker
from affidavit.render.person.using import data_used
from affidavit.render.words import plain

_SHORT = 12


def compose(about: Concerning) -> Page:
    """The page for the person that a decision is about.

    Raises:
        MissingExtra: pyphen is not installed, so that the reading grade cannot be measured.
    """
    say = Speaker()
    sections = (
        how_decided(about, say), data_used(about, say), reasons(about, say),
        what_would_change(about, say), contesting(about, say),
    )  # fmt: skip
    page = Page(
        title=about.declarations.title or about.name,
        model=about.name,
        version=about.version,
        evidence_short=about.evidence_id[:_SHORT],
        row=about.decision.row_id,
        deck=tuple(deck(about, say)),
        cautions=tuple(_cautions(about, say)),
        sections=tuple(s for s in sections if s is not None),
        about=tuple(_about(about, say)),
        has_effects=about.has_effects,
    )
    return neutralised(page, plain)


def _cautions(about: Concerning, say: Speaker) -> Iterator[Paragraph]:
    if about.registered_later is not None:
        yield Paragraph(voice="caution", text=" ".join((
            say("This version was put on record on {day}.", day=about.registered_later),
            say("That is after the decision, so another version may have made it."),
        )))  # fmt: skip
    logged = about.logged
    if logged is None or logged.is_same:
        return
    note = f" ({logged.note})" if logged.note else ""
    yield Paragraph(voice="caution", text=" ".join((
        say("This page may not be about the decision that you were told."),
        say("The score logged with the decision is {logged}.", logged=logged.logged),
        say("This version now gives {now}{note}.", now=logged.now, note=note),
        say("So another version decided, or the facts were other ones."),
    )))  # fmt: skip


def _about(about: Concerning, say: Speaker) -> Iterator[str]:
    """Small print: the record behind the page, and what the page is not."""
    yield say("This page was made on {day} by running the model again.", day=about.made_on)
    if about.signed_by is not None:
        yield say("The model and its data were signed by {who}.", who=about.signed_by)
        yield say("The seal was checked before anything was run.")
    else:
        yield say("Nobody vouches for this model and its data.")
    if about.logged is None:
        yield say("No score logged with the decision was given, so none was compared.")
    elif about.logged.is_same:
        yield say("The score is the one that was logged with the decision.")
    for lack in about.lacking:
        yield say("Not worked out: {part} ({why}).", part=lack.part, why=lack.reason.rstrip(". "))
    yield say("The page shows data of no other person.")
    yield say("It is not signed, and it is no promise and no legal advice.")
    yield say(
        "Our own sentences ask for {grade} years of school (Flesch-Kincaid grade).",
        grade=f"{say.grade():.1f}",
    )
    yield say("Names, values and the institution's words do not count in that.")
