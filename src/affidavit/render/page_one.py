"""Page one, first half: what it decides, then what is wrong, missing or unsigned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from affidavit.card_record import CardRecheck, one_line
from affidavit.config import Declarations
from affidavit.evidence import Evidence, Finding, Report
from affidavit.masking import Masked
from affidavit.model_declared import sentences
from affidavit.render import controls
from affidavit.render.context import HoldRow, Line, Link
from affidavit.render.masked import masked_logged
from affidavit.render.performance import logged_row
from affidavit.render.rechecked import recheck_lines
from affidavit.render.sections import ranked
from affidavit.render.words import (
    DECLARED,
    EXCEPTION,
    MISSING,
    NEEDS,
    SET_ASIDE,
    THIN,
    ended,
    finding_word,
    many,
    sentence,
)
from affidavit.standing import CatalogStanding

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
    "config": Link(target="declared", text="Intended use"),
    "configuration": Link(target="declared", text="Intended use"),
    "declarations": Link(target="declared", text="Intended use"),
}
_HOLD: Final = re.compile(r"hold\.(\d{1,4})\b")


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
    *,
    declarations: Declarations | None,
    masks: Mapping[str, Masked],
    rechecks: Sequence[CardRecheck] = (),
) -> tuple[Line, ...]:
    """*Read this first*, worst first; what is only declared comes last."""
    found = ranked(evidence.findings)
    placed = [(f, _finding(f, n, bounds)) for n, f in enumerate(found, start=1)]
    exceptions = [line for f, line in placed if f.kind == "exception"]
    gaps = [line for f, line in placed if f.kind == "gap"]
    return (
        *exceptions,
        *_crossed(bounds, evidence),
        *_misreported(reports, evidence, masks),
        *recheck_lines(rechecks),
        *controls.lines(standings, EXCEPTION),
        *gaps,
        *_no_reports(reports),
        *controls.lines(standings, MISSING),
        *controls.lines(standings, NEEDS),
        *controls.lines(standings, SET_ASIDE),
        *_configured(evidence),
        *_declared(declarations),
    )


def _finding(finding: Finding, place: int, bounds: Sequence[HoldRow]) -> Line:
    held = _HOLD.search(finding.id)
    row = next((b for b in bounds if held and b.place == int(held[1])), None)
    # The rates of both groups first: the ratio is read off them.
    rates = f"{row.rates} " if row and row.rates else ""
    text = rates + sentence(finding.what)
    if finding.found is not None and _plain(finding.found) in _plain(finding.what):
        # Said already: once is enough.
        text += f" Expected {finding.expected}." if finding.expected is not None else ""
    elif finding.expected is not None and finding.found is not None:
        text += f" Expected {finding.expected}; found {finding.found}."
    elif finding.expected is not None:
        text += f" Expected {finding.expected}."
    elif finding.found is not None:
        text += f" Found {finding.found}."
    if row and row.note:
        text += f" {sentence(row.note)}"
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


def _no_reports(reports: Sequence[Report]) -> Iterable[Line]:
    if not any(r.name == "performance" and r.numbers for r in reports):
        yield Line(
            status=MISSING,
            text="No performance was recomputed: this card has no number on how good the model is.",
            remedy="name a dataset with labels in affidavit.toml and build again.",
            links=(PERFORMANCE,),
        )


def _configured(evidence: Evidence) -> Iterable[Line]:
    """What affidavit.toml declares of how the model is asked, and of what decides beside it."""
    for text in sentences(evidence):
        yield Line(status=DECLARED, text=text, links=(_PLACES["model"],))


def _declared(declarations: Declarations | None) -> Iterable[Line]:
    """How much of the card is the institution's own word."""
    if declarations is None:
        return
    said = declarations.model_dump(exclude_none=True, exclude_defaults=True)
    fields = [f for f in said if f not in {"version", "title", "declared_by", "declared_on"}]
    if fields:
        by = f", by {declarations.declared_by}" if declarations.declared_by else ""
        yield Line(
            status=DECLARED,
            text=f"{many(len(fields), 'statement').capitalize()} on purpose, use and law "
            f"{'is' if len(fields) == 1 else 'are'} the institution's own word{by}; nothing here "
            "measured them.",
            links=(_PLACES["declarations"],),
        )
