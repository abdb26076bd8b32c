"""Page one, first half: what it decides, then what is wrong, missing or unsigned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from affidavit.card_record import one_line
from affidavit.config import Declarations
from affidavit.evidence import Evidence, Finding, Report
from affidavit.masking import Masked
from affidavit.render.context import HoldRow, Line, Link
from affidavit.render.masked import masked_logged
from affidavit.render.performance import logged_row
from affidavit.render.sections import catalog, ranked
from affidavit.render.words import (
    EXCEPTION,
    MISSING,
    NEEDS,
    THIN,
    ended,
    finding_word,
    listed,
    many,
    sentence,
)
from affidavit.standing import Assessment, CatalogStanding

FAIRNESS: Final = Link(target="fairness", text="Fairness")
PERFORMANCE: Final = Link(target="performance", text="Performance")
_PLACES: Final = {
    "model": Link(target="provenance", text="Provenance"),
    "run": Link(target="provenance", text="Provenance"),
    "registry": Link(target="provenance", text="Provenance"),
    "code": Link(target="provenance", text="Provenance"),
    "data": Link(target="data", text="Data"),
    "dataset": Link(target="data", text="Data"),
    "environment": Link(target="environment", text="Environment"),
    "logged": Link(target="logged", text="Logged and recomputed"),
    "hold": Link(target="thresholds", text="Thresholds"),
    "fairness": FAIRNESS,
    "favourable": FAIRNESS,
    "sensitive": FAIRNESS,
    "unmatched": FAIRNESS,
    "reference": FAIRNESS,
    "input": Link(target="data", text="Data"),
    "threshold": Link(target="thresholds", text="Thresholds"),
    "performance": PERFORMANCE,
    "config": Link(target="declared", text="Declarations"),
    "configuration": Link(target="declared", text="Declarations"),
    "declarations": Link(target="declared", text="Declarations"),
}
_ROLES: Final = {"dpo": "data protection officer (dpo)"}
_HOLD: Final = re.compile(r"hold\.(\d{1,4})\b")
_WAITS: Final = "{who} to sign, over this evidence id, that the evidence listed there suffices."


def deck(declarations: Declarations | None) -> str:
    """What it decides and who owns it; what is not declared is said to be so."""
    if declarations is None:
        return "What it decides and who owns it is not declared."
    purpose = sentence(declarations.purpose or "") or "What it decides is not declared."
    owner = f"Owned by {declarations.owner}" if declarations.owner else "No owner is declared"
    tier = f", tier {declarations.tier}" if declarations.tier else ""
    tier = tier.replace("tier tier", "tier").replace("tier Tier", "tier")
    return f"{purpose} {sentence(owner + tier)}"


def lines(
    evidence: Evidence,
    standings: Sequence[CatalogStanding],
    bounds: Sequence[HoldRow],
    reports: Sequence[Report],
    masks: Mapping[str, Masked],
) -> tuple[Line, ...]:
    """*Read this first*, worst first: exceptions, what is missing, what nobody has signed."""
    found = ranked(evidence.findings)
    placed = [(f, _finding(f, n, bounds)) for n, f in enumerate(found, start=1)]
    exceptions = [line for f, line in placed if f.kind == "exception"]
    gaps = [line for f, line in placed if f.kind == "gap"]
    controls = [
        (a, Link(target=row.anchor, text=a.control), standing)
        for place, standing in enumerate(standings, start=1)
        for a, row in zip(
            standing.assessments, catalog(standing, place).controls, strict=True
        )
    ]  # fmt: skip
    return (
        *exceptions,
        *_crossed(bounds, evidence),
        *_misreported(reports, evidence, masks),
        *(_control(*c) for c in controls if c[0].status == "exception"),
        *gaps,
        *_no_reports(reports),
        *(_control(*c) for c in controls if c[0].status == "missing"),
        *_unsigned([c for c in controls if c[0].status == "needs-attestation"]),
    )


def _finding(finding: Finding, place: int, bounds: Sequence[HoldRow]) -> Line:
    text = sentence(finding.what)
    if finding.found is not None and _plain(finding.found) in _plain(finding.what):
        # Said already: once is enough.
        text += f" Expected {finding.expected}." if finding.expected is not None else ""
    elif finding.expected is not None and finding.found is not None:
        text += f" Expected {finding.expected}; found {finding.found}."
    elif finding.expected is not None:
        text += f" Expected {finding.expected}."
    elif finding.found is not None:
        text += f" Found {finding.found}."
    held = _HOLD.search(finding.id)
    for row in bounds if held else ():
        if held and row.place == int(held[1]):
            text += f" {row.rates}" if row.rates else ""
            text += f" {sentence(row.note)}" if row.note else ""
    return Line(
        status=finding_word(finding),
        text=text,
        remedy=ended(finding.fix),
        links=(_place(finding, place),),
        findings=(one_line(finding.id),),
    )


def _plain(text: str) -> str:
    return one_line(text).replace(THIN, " ")


def _place(finding: Finding, place: int) -> Link:
    for word in re.split(r"[./:_-]", finding.id):
        if word in _PLACES:
            return _PLACES[word]
    if any(path.startswith("data/reports/fairness") for path in finding.items):
        return FAIRNESS
    return Link(target=f"finding-{place}", text="Findings")


def _stated(evidence: Evidence, name: str) -> bool:
    """Whether an exception of the record already speaks of this metric."""
    return any(f.kind == "exception" and (name in f.id or name in f.what)
               for f in evidence.findings)  # fmt: skip


def _crossed(bounds: Iterable[HoldRow], evidence: Evidence) -> Iterable[Line]:
    """Crossed thresholds, unless a stage before has stated them as findings."""
    held = (_HOLD.search(f.id) for f in evidence.findings if f.kind == "exception")
    stated = {int(found[1]) for found in held if found}
    for row in bounds:
        if row.status is EXCEPTION and row.place not in stated:
            crossed = f"{row.what}: {row.found}, to hold {row.bound}."
            yield Line(
                status=EXCEPTION,
                text=" ".join(
                    said
                    for said in (crossed, sentence(row.margin), row.rates, sentence(row.note))
                    if said
                ),
                remedy=ended(f"{row.set_by} set this threshold on {row.set_on}, and decides"),
                links=(_PLACES["hold"],),
            )


def _misreported(
    reports: Sequence[Report], evidence: Evidence, masks: Mapping[str, Masked]
) -> Iterable[Line]:
    """Logged metrics that differ, unless a stage before has stated them as findings."""
    for row in (row for r in reports for row in r.logged if row.verdict == "different"):
        if _stated(evidence, row.key):
            continue
        shown = masked_logged(logged_row(row), masks)
        why = f" ({row.reason})" if row.reason else ""
        yield Line(
            status=EXCEPTION,
            text=f"Training logged {row.key} = {shown.logged}; recomputed: {shown.recomputed}"
            f"{why}.",
            remedy="correct what training logs, or say which rows it was computed from.",
            links=(_PLACES["logged"],),
        )


def _control(assessment: Assessment, link: Link, standing: CatalogStanding) -> Line:
    return Line(
        status=EXCEPTION if assessment.status == "exception" else MISSING,
        text=f"{sentence(assessment.title).rstrip('.')}: {ended(assessment.because)}",
        remedy=ended(assessment.remedy or ""),
        links=(link,),
        controls=(_control_id(assessment, standing),),
    )


def _control_id(assessment: Assessment, standing: CatalogStanding) -> str:
    return one_line(f"{standing.catalog}/{assessment.control}")


def _no_reports(reports: Sequence[Report]) -> Iterable[Line]:
    if not any(r.name == "performance" and r.numbers for r in reports):
        yield Line(
            status=MISSING,
            text="No performance was recomputed: this card has no number on how good the model is.",
            remedy="name a dataset with labels in affidavit.toml and build again.",
            links=(PERFORMANCE,),
        )


def _unsigned(
    controls: Sequence[tuple[Assessment, Link, CatalogStanding]],
) -> Iterable[Line]:
    by_roles: dict[tuple[str, ...], list[tuple[Assessment, Link, CatalogStanding]]] = {}
    for control in controls:
        by_roles.setdefault(control[0].roles, []).append(control)
    for roles, waiting in sorted(by_roles.items()):
        who = listed([f"the {_ROLES.get(role, role)}" for role in roles]) or "a named role"
        titles = listed([a.title[:1].lower() + a.title[1:] for a, _, _ in waiting])
        verb = "waits" if len(waiting) == 1 else "wait"
        yield Line(
            status=NEEDS,
            text=f"{many(len(waiting), 'control').capitalize()} {verb} for the word of {who}: "
            f"{titles}.",
            remedy=ended(f"ask {_WAITS.replace('{who}', who)}"),
            links=tuple(link for _, link, _ in waiting),
            controls=tuple(_control_id(a, standing) for a, _, standing in waiting),
        )
