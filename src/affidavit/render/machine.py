"""The card for machines: data/card/model-card.json from the same context as the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from affidavit.card_record import (
    CardAbout,
    CardDefinition,
    CardFinding,
    CardKeyNumber,
    CardLine,
    CardLogged,
    CardPageOne,
    CardRecheck,
    CardRecord,
    CardStatus,
    LineStatus,
)
from affidavit.challenger_short import card_challenger
from affidavit.evidence import Evidence
from affidavit.explained_short import card_explained
from affidavit.masking import card_number
from affidavit.render.compose import Reports
from affidavit.render.context import Card
from affidavit.render.machine_sections import sections
from affidavit.render.words import THIN
from affidavit.standing import CatalogStanding


def card_record(
    card: Card,
    evidence: Evidence,
    standings: Sequence[CatalogStanding],
    read: Reports,
    rechecks: tuple[CardRecheck, ...] = (),
) -> CardRecord:
    """The card for machines, from the same object; numbers as in the reports, or masked."""
    verdicts = [row.verdict for r in read.reports for row in r.logged]
    return CardRecord(
        evidence_id=card.evidence_id,
        subject=evidence.subject,
        page_one=_page_one_record(card),
        findings=tuple(CardFinding(id=f.id, kind=f.kind) for f in evidence.findings),
        controls=tuple(
            CardStatus(catalog=s.catalog, as_of=s.as_of, control=a.control, status=a.status)
            for s in standings
            for a in s.assessments
        ),
        logged=CardLogged(
            equal=verdicts.count("equal"),
            different=verdicts.count("different"),
            not_recomputable=verdicts.count("not-recomputable"),
        ),
        numbers=tuple(card_number(n, read.masks.get(n.id)) for n in read.numbers),
        sections=sections(card),
        explained=None
        if read.explanations.whole is None
        else card_explained(read.explanations.whole),
        challenger=None
        if read.challenger is None
        else card_challenger(read.challenger, read.masks),
        definitions=tuple(
            CardDefinition(names=d.names, title=d.title, definition=d.definition, source=d.source)
            for d in card.definitions
        ),
        rechecks=rechecks,
    )


def _page_one_record(card: Card) -> CardPageOne:
    return CardPageOne(
        title=card.title,
        deck=card.deck,
        lines=tuple(
            CardLine(
                status=cast("LineStatus", line.status.word),
                text=line.text.replace(THIN, " "),
                remedy=line.remedy.replace(THIN, " "),
                refs=tuple(link.text for link in line.links),
                findings=line.findings,
                controls=line.controls,
            )
            for line in card.lines
        ),
        holds=card.holds,
        direction=card.direction,
        key_numbers=tuple(
            CardKeyNumber(
                number=k.quantity.id,
                label=k.label,
                definition=k.definition,
                shown=k.quantity.value.replace(THIN, " "),
                interval=k.quantity.interval.replace(THIN, " "),
                n=k.quantity.n,
            )
            for k in card.key_numbers
        ),
        about=tuple(
            CardAbout(name=a.name, text=a.text.replace(THIN, " "), digest=a.digest)
            for a in card.about
        ),
    )
