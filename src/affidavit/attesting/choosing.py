"""The controls that somebody wants to answer, found by name, and refused where nothing is asked."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from affidavit.errors import UsageError
from affidavit.standing import Assessment, CatalogStanding, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A control, and the question that it asks of the role."""

    catalog: str
    assessment: Assessment
    question: Question

    @property
    def place(self) -> tuple[str, str]:
        return self.catalog, self.assessment.control


def choose(
    standings: Sequence[CatalogStanding], names: Sequence[str], role: str
) -> tuple[Chosen, ...]:
    """The controls of these names, each with its question to a role.

    Args:
        standings: of the bundle, as sealed.
        names: `SR262-12`, or `sr-26-2/SR262-12` where two catalogs have a control of that id.
        role: who answers.

    Raises:
        UsageError: no such control, one of several, one that asks nothing of the role, or one
            whose status no signature can change; the cause says why.
    """
    chosen = (_chosen(*_find(standings, name), role) for name in names)
    return tuple({c.place: c for c in chosen}.values())


def counterparts(standings: Sequence[CatalogStanding], chosen: Sequence[Chosen]) -> tuple[str, ...]:
    """Controls of other catalogs that ask the same role for the same, and wait too; not chosen."""
    have = {c.place for c in chosen}
    by_place = {(s.catalog, a.control): a for s in standings for a in s.assessments}
    found = []
    for one in chosen:
        for other in one.assessment.counterparts:
            place = (other.catalog, other.control)
            there = by_place.get(place)
            waits = there is not None and there.status == "needs-attestation"
            if waits and there and one.question.role in there.roles and place not in have:
                found.append(shown_name(standings, place))
    return tuple(dict.fromkeys(found))


def shown_name(standings: Sequence[CatalogStanding], place: tuple[str, str]) -> str:
    """What to call a control: its id, with its catalog where another has the same."""
    catalog, control = place
    named = sum(a.control == control for s in standings for a in s.assessments)
    return control if named < 2 else f"{catalog}/{control}"


def _find(standings: Sequence[CatalogStanding], name: str) -> tuple[str, Assessment]:
    catalog, _, control = name.rpartition("/")
    found = [
        (s.catalog, a)
        for s in standings
        for a in s.assessments
        if a.control == control and catalog in ("", s.catalog)
    ]
    if len(found) > 1:
        there = " or ".join(f"{c}/{a.control}" for c, a in found)
        raise UsageError(
            f"{name}: several catalogs have a control of this id", fix=f"write {there}"
        )
    if not found:
        raise _unknown(standings, name, control)
    return found[0]


def _unknown(standings: Sequence[CatalogStanding], name: str, control: str) -> UsageError:
    ids = [a.control for s in standings for a in s.assessments]
    near = difflib.get_close_matches(control.upper(), ids, n=1)
    catalogs = ", ".join(s.catalog for s in standings) or "none"
    return UsageError(
        f"{name}: the bundle has no such control",
        f"its catalogs are {catalogs}",
        f"did you mean {near[0]}?" if near else "affidavit questions BUNDLE lists what is asked",
    )


def _chosen(catalog: str, assessment: Assessment, role: str) -> Chosen:
    name = assessment.control
    if not assessment.questions:
        raise UsageError(
            f"{name} asks nobody to sign: a machine decides it", f"it is {assessment.status}"
        )
    question = next((q for q in assessment.questions if q.role == role), None)
    if question is None:
        raise UsageError(
            f"{name} asks nothing of the role {role}",
            f"it asks {', '.join(assessment.roles)}",
            f"--as {assessment.roles[0]}, if that is what you are",
        )
    if not assessment.is_for_people:
        raise UsageError(
            f"{name} is {assessment.status}: there is nothing to sign",
            assessment.because,
            assessment.remedy or "",
        )
    return Chosen(catalog=catalog, assessment=assessment, question=question)
