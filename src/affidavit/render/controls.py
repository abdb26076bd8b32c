"""Controls on the card: the section by catalog, and what page one says of the open ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.card_record import one_line
from affidavit.render.context import Catalog, ControlRow, Line, Link, StatusWord
from affidavit.render.words import (
    EXCEPTION,
    MISSING,
    NEEDS,
    SET_ASIDE,
    day_of,
    ended,
    listed,
    many,
    sentence,
    status_word,
)
from affidavit.standing import Applied, Assessment, CatalogStanding, Confidence, Counterpart

CONTROL_ITEMS: Final = 4
_NAMED: Final = 3
_ROLES: Final = {"dpo": "data protection officer (dpo)"}
_CONFIDENCE: Final[dict[Confidence, str]] = {
    "primary": "as we read it", "secondary": "as others cite it", "recalled": "from memory",
}  # fmt: skip
_ON: Final = {"approval": "at its approval, on", "assessment": "at this assessment, on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An assessment with its place on the card."""

    assessment: Assessment
    standing: CatalogStanding
    place: int
    row: int

    @property
    def id(self) -> str:
        """`catalog/control`, as the card shows it."""
        return one_line(f"{self.standing.catalog}/{self.assessment.control}")

    @property
    def catalog_link(self) -> Link:
        return Link(target=f"catalog-{self.place}", text=self.standing.title)


def catalogs(standings: Sequence[CatalogStanding]) -> tuple[Catalog, ...]:
    """The section: one table a catalog, and how many controls have which status; no percentage."""
    return tuple(_catalog(s, place) for place, s in enumerate(standings, start=1))


def lines(standings: Sequence[CatalogStanding], status: StatusWord) -> tuple[Line, ...]:
    """What page one says of the controls of one status.

    Exceptions one by one; what is missing, or set aside on the owner's word, by catalog; what
    waits by role. A line says of how many controls it speaks, and names the first of them.
    """
    placed = [
        _Placed(assessment=a, standing=s, place=place, row=row)
        for place, s in enumerate(standings, start=1)
        for row, a in enumerate(s.assessments, start=1)
    ]
    if status is EXCEPTION:
        return tuple(_exception(p) for p in placed if p.assessment.status == "exception")
    if status is MISSING:
        return tuple(_missing([p for p in placed if p.assessment.status == "missing"]))
    if status is NEEDS:
        return tuple(_unsigned([p for p in placed if p.assessment.status == "needs-attestation"]))
    return tuple(_aside([p for p in placed if p.assessment.set_aside == "declared"]))


def holds(standings: Sequence[CatalogStanding]) -> tuple[str, ...]:
    """What a machine or a person has answered, in one sentence each."""
    found = [a for s in standings for a in s.assessments]
    evidenced = sum(a.status == "evidenced" for a in found)
    attested = [a for a in found if a.status == "attested"]
    said = []
    if evidenced:
        verb = "is" if evidenced == 1 else "are"
        said.append(f"{many(evidenced, 'control').capitalize()} {verb} evidenced by files alone.")
    if attested:
        verb = "is" if len(attested) == 1 else "are"
        names = list(dict.fromkeys(x.by for a in attested for x in a.answers))
        said.append(
            f"{many(len(attested), 'control').capitalize()} {verb} attested, by {listed(names)}."
        )
    return tuple(said)


def applied_words(standing: CatalogStanding) -> str:
    """When the text was in force, of the days that matter; empty where it was on none."""
    return listed([f"{_ON[a.event]} {day_of(a.day)}" for a in _by_day(standing.applied)])


def anchor(place: int, row: int) -> str:
    """The id on the card of a control, by its place in its catalog, from 1."""
    return f"control-{place}-{row}"


def _by_day(applied: Sequence[Applied]) -> list[Applied]:
    return sorted(applied, key=lambda a: (a.day, a.event))


def _catalog(standing: CatalogStanding, place: int) -> Catalog:
    tally = Counter(status_word(a.status).word.lower() for a in standing.assessments)
    counted = [f"{count} {word}" for word, count in sorted(tally.items(), key=lambda t: t[0])]
    return Catalog(
        name=standing.catalog,
        anchor=f"catalog-{place}",
        title=standing.title,
        intro=_intro(standing),
        tally=listed(counted),
        controls=tuple(
            _row(a, anchor(place, n)) for n, a in enumerate(standing.assessments, start=1)
        ),
    )


def _intro(standing: CatalogStanding) -> str:
    said = [f"Issued {day_of(standing.issued)}. {sentence(standing.text_status)}"]
    if standing.effective_from or standing.effective_until:
        said.append(sentence(f"in force{_span(standing)}"))
    if standing.superseded_by:
        said.append(
            f"Superseded by {standing.superseded_by} on {day_of(standing.superseded_on or '')}."
        )
    if applied := applied_words(standing):
        said.append(f"In force {applied}; held against the day {day_of(standing.as_of)}.")
    else:
        said.append(f"Not in force on {day_of(standing.as_of)}, so nothing is asked.")
    said.append(
        "A status says what the evidence shows; it never says that an expectation is met in full."
    )
    return " ".join(said)


def _span(standing: CatalogStanding) -> str:
    start = f" from {day_of(standing.effective_from)}" if standing.effective_from else ""
    end = f" until {day_of(standing.effective_until)}" if standing.effective_until else ""
    return start + end


def _row(assessment: Assessment, row_anchor: str) -> ControlRow:
    values = "; ".join(f"{name} = {value}" for name, value in sorted(assessment.values.items()))
    return ControlRow(
        id=assessment.control,
        anchor=row_anchor,
        reference=f"{assessment.reference}, {_CONFIDENCE[assessment.confidence]}",
        title=assessment.title,
        expectation=assessment.expectation,
        status=status_word(assessment.status),
        because=sentence(assessment.because) + (f" ({values})" if values else ""),
        remedy=ended(assessment.remedy or ""),
        items=_first(tuple(i.path for i in assessment.items)),
        same_as=_same_as(assessment.counterparts),
        answered=tuple(
            f"{a.role}: {a.answer}, signed by {a.by} on {day_of(a.signed_on)}, holds until "
            f"{day_of(a.expires_on)}"
            for a in assessment.answers
        ),
    )


def _same_as(counterparts: Sequence[Counterpart]) -> str:
    return listed([f"{c.control} ({c.change})" for c in counterparts])


def _first(items: tuple[str, ...]) -> tuple[str, ...]:
    """The first files that a control rests on; its catalog's own file lists all."""
    more = len(items) - CONTROL_ITEMS
    return items if more <= 1 else (*items[:CONTROL_ITEMS], f"and {more} more")


def _exception(placed: _Placed) -> Line:
    a = placed.assessment
    return Line(
        status=EXCEPTION,
        text=f"{sentence(a.title).rstrip('.')}: {ended(a.because)}",
        remedy=ended(a.remedy or ""),
        links=(Link(target=anchor(placed.place, placed.row), text=a.control),),
        controls=(placed.id,),
    )


def _missing(found: Iterable[_Placed]) -> Iterator[Line]:
    for one in _by_catalog(found):
        verb = "lacks" if len(one) == 1 else "lack"
        yield _group(
            MISSING, one,
            f"in {one[0].standing.title}, {many(len(one), 'control')} {verb} evidence",
            "affidavit questions lists each with its remedy.",
        )  # fmt: skip


def _unsigned(found: Iterable[_Placed]) -> Iterator[Line]:
    by_roles: dict[tuple[str, ...], list[_Placed]] = {}
    for placed in found:
        by_roles.setdefault(placed.assessment.roles, []).append(placed)
    for roles, one in sorted(by_roles.items()):
        who = listed([f"the {_ROLES.get(role, role)}" for role in roles]) or "a named role"
        verb = "waits" if len(one) == 1 else "wait"
        yield _group(
            NEEDS, one, f"{many(len(one), 'control')} {verb} for the word of {who}",
            f"ask {who} to answer, signed, over this evidence id: affidavit questions lists what "
            "is asked.",
        )  # fmt: skip


def _aside(found: Iterable[_Placed]) -> Iterator[Line]:
    for one in _by_catalog(found):
        verb = "is" if len(one) == 1 else "are"
        yield _group(
            SET_ASIDE, one,
            f"in {one[0].standing.title}, {many(len(one), 'control')} {verb} set aside on the "
            "owner's word",
            "check what was declared; nothing in the evidence shows it.",
        )  # fmt: skip


def _by_catalog(found: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    groups: dict[int, list[_Placed]] = {}
    for placed in found:
        groups.setdefault(placed.place, []).append(placed)
    yield from groups.values()


def _group(status: StatusWord, found: Sequence[_Placed], said: str, remedy: str) -> Line:
    """One line for many controls: how many, the first titles, where the rest is."""
    titles = [p.assessment.title[:1].lower() + p.assessment.title[1:] for p in found]
    more = len(titles) - _NAMED
    shown = [*titles[:_NAMED], f"{more} more"] if more > 1 else titles
    return Line(
        status=status,
        text=ended(f"{said[:1].upper()}{said[1:]}: {listed(shown)}"),
        remedy=remedy,
        links=tuple(dict.fromkeys(p.catalog_link for p in found)),
        controls=tuple(p.id for p in found),
    )
