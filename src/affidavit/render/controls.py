"""Controls on the card: the section by catalog, and what page one says of the open ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
_NAMED: Final = 2
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
        return Link(target=f"catalog-{self.place}", text=_short(self.standing))


def catalogs(standings: Sequence[CatalogStanding]) -> tuple[Catalog, ...]:
    """The section: one table a catalog, and how many controls have which status; no percentage."""
    return tuple(_catalog(s, place) for place, s in enumerate(standings, start=1))


def lines(standings: Sequence[CatalogStanding], status: StatusWord) -> tuple[Line, ...]:
    """What page one says of the controls of one status.

    Exceptions one by one; what is missing, what waits, what is set aside on the owner's word in a
    line each, which says of how many controls it speaks, by catalog or by role.
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
    # A value that the sentence has already is not said again.
    values = "; ".join(
        f"{name} = {value}"
        for name, value in sorted(assessment.values.items())
        if value not in assessment.because
    )
    return ControlRow(
        id=assessment.control,
        anchor=row_anchor,
        reference=f"{assessment.reference}, {_CONFIDENCE[assessment.confidence]}",
        title=assessment.title,
        expectation=assessment.expectation,
        status=status_word(assessment.status),
        because=sentence(assessment.because) + (f" ({values})" if values else ""),
        remedy=ended(assessment.remedy or ""),
        items=_first_items(tuple(i.path for i in assessment.items)),
        same_as=_same_as(assessment.counterparts),
        answered=tuple(
            f"{a.role}: {a.answer}, signed by {a.by} on {day_of(a.signed_on)}, holds until "
            f"{day_of(a.expires_on)}"
            for a in assessment.answers
        ),
    )


def _same_as(counterparts: Sequence[Counterpart]) -> str:
    return listed([f"{c.control} ({c.change})" for c in counterparts])


def _first_items(items: tuple[str, ...]) -> tuple[str, ...]:
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


def _missing(found: Sequence[_Placed]) -> Iterator[Line]:
    if found:
        verb = "lacks" if len(found) == 1 else "lack"
        yield _line(
            MISSING, found, f"{verb} evidence: {_by_catalog(found)}",
            "affidavit questions lists each with its remedy.",
        )  # fmt: skip


def _unsigned(found: Sequence[_Placed]) -> Iterator[Line]:
    if found:
        by_roles: dict[tuple[str, ...], int] = {}
        for placed in found:
            roles = placed.assessment.roles
            by_roles[roles] = by_roles.get(roles, 0) + 1
        asked = listed([f"{count} of {_who(roles)}" for roles, count in sorted(by_roles.items())])
        verb = "waits for a signed answer" if len(found) == 1 else "wait for signed answers"
        yield _line(
            NEEDS, found, f"{verb}: {asked}",
            "affidavit questions lists what each role is asked, over this evidence id.",
        )  # fmt: skip


def _aside(found: Sequence[_Placed]) -> Iterator[Line]:
    if found:
        verb = "is" if len(found) == 1 else "are"
        yield _line(
            SET_ASIDE, found, f"{verb} set aside on the owner's word: {_by_catalog(found)}",
            "check what was declared; nothing in the evidence shows it.",
        )  # fmt: skip


def _who(roles: Sequence[str]) -> str:
    return listed([f"the {_ROLES.get(role, role)}" for role in roles]) or "a named role"


def _by_catalog(found: Sequence[_Placed]) -> str:
    """`19 in SR 26-2 (testing, limits and 17 more) and 4 in GDPR (…)`."""
    groups: dict[int, list[_Placed]] = {}
    for placed in found:
        groups.setdefault(placed.place, []).append(placed)
    return listed([f"{len(g)} in {_short(g[0].standing)} ({_first(g)})" for g in groups.values()])


def _first(found: Sequence[_Placed]) -> str:
    titles = [p.assessment.title[:1].lower() + p.assessment.title[1:] for p in found]
    more = len(titles) - _NAMED
    return listed([*titles[:_NAMED], f"{more} more"] if more > 1 else titles)


def _short(standing: CatalogStanding) -> str:
    """The text's name without what follows its first comma."""
    return standing.title.partition(",")[0].partition(":")[0]


def _line(status: StatusWord, found: Sequence[_Placed], said: str, remedy: str) -> Line:
    """One line for many controls: how many, which come first, where the rest is."""
    return Line(
        status=status,
        text=ended(f"{many(len(found), 'control').capitalize()} {said}"),
        remedy=remedy,
        links=tuple(dict.fromkeys(p.catalog_link for p in found)),
        controls=tuple(p.id for p in found),
    )
