"""Ways to take something away from the full record of `tests.support.assessed`, each by a sentence.

A table of a catalog names them: `no declared purpose`, `report performance n_labelled=0`. Several
are joined by ` and `. `_BREAKS` lists them, by the words that a sentence starts with.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.assessed import (
    AS_OF,
    EVIDENCE_ID,
    all_declared,
    full_config,
    full_record,
    without_facts,
    without_items,
    write_report,
)

from affidavit.assess.assessing import standing_of
from affidavit.assess.context import context_of, read_reports
from affidavit.assess.explanations import read_explained
from affidavit.assess.selecting import select
from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.config import Config, Controls, Declarations, Hold
from affidavit.evidence import Evidence, Finding
from affidavit.standing import Assessment
from affidavit.workspace import Workspace

NOTHING: Final = ""


@dataclass(slots=True)
class Case:
    """What an assessment is made from, before it is made; a break changes it in place."""

    work: Workspace
    evidence: Evidence
    config: Config
    declared: Declarations | None
    as_of: str = AS_OF


def standing_after(catalog: str, breaks: Sequence[str]) -> dict[str, Assessment]:
    """The assessments of one catalog, by control, over the full record with all these breaks.

    As the stage makes them, but without the files that it writes: there are hundreds of breaks.
    """
    with tempfile.TemporaryDirectory() as folder:
        case = broken(Path(folder), breaks)
        reports = read_reports(case.evidence, case.work.root)
        explained = read_explained(case.evidence, case.work.root)
    config = case.config.model_copy(update={"controls": Controls(catalogs=())})
    context = context_of(case.evidence, reports, config, case.declared, explained)
    (asked,) = select(config, case.declared, [catalog], as_of=case.as_of)
    return {a.control: a for a in standing_of(asked, context, EVIDENCE_ID).assessments}


def broken(root: Path, breaks: Sequence[str]) -> Case:
    """The full record, written below a folder, with these breaks."""
    work = Workspace(root)
    case = Case(work, full_record(work), full_config(), all_declared())
    for sentence in breaks:
        for part in sentence.split(" and ") if sentence else ():
            _apply(case, part)
    return case


def _apply(case: Case, sentence: str) -> None:
    for start, change in _BREAKS.items():
        if sentence == start or sentence.startswith(f"{start} "):
            change(case, sentence.removeprefix(start).strip())
            return
    raise ValueError(f"no such break: {sentence!r}; there are {', '.join(_BREAKS)}")


def _declare(case: Case, field: str, value: Any) -> None:
    assert case.declared is not None
    assert field in Declarations.model_fields, field
    case.declared = case.declared.model_copy(update={field: value})


def _no_declared(case: Case, field: str) -> None:
    is_list = isinstance(getattr(case.declared, field), tuple)
    _declare(case, field, () if is_list else None)


def _declared(case: Case, said: str) -> None:
    field, _, value = said.partition("=")
    is_list = field in ("jurisdictions", "developers")
    _declare(case, field, tuple(value.split(",")) if is_list else value)


def _no_declarations(case: Case, _: str) -> None:
    case.declared = None
    _no_items(case, "declarations")


def _no_document(case: Case, about: str) -> None:
    assert case.declared is not None
    kept = tuple(d for d in case.declared.document if d.about != about)
    assert kept != case.declared.document, about
    _declare(case, "document", kept)


def _document(case: Case, said: str) -> None:
    about, _, change = said.partition(" ")
    field, _, value = change.partition("=")
    assert case.declared is not None
    assert about in {d.about for d in case.declared.document}, about
    changed = tuple(
        d.model_copy(update={field: value or None}) if d.about == about else d
        for d in case.declared.document
    )
    _declare(case, "document", changed)


def _no_items(case: Case, kind: str) -> None:
    gone = frozenset(i.path for i in case.evidence.items if i.kind == kind)
    assert gone, kind
    case.evidence = without_items(case.evidence, gone)


def _no_item(case: Case, path: str) -> None:
    assert path in {i.path for i in case.evidence.items}, path
    case.evidence = without_items(case.evidence, frozenset([path]))


def _no_fact(case: Case, prefix: str) -> None:
    assert any(f.id.startswith(prefix) for f in case.evidence.provenance), prefix
    case.evidence = without_facts(case.evidence, prefix)


def _fact(case: Case, said: str) -> None:
    name, _, value = said.partition("=")
    assert case.evidence.fact(name) is not None, name
    facts = tuple(
        f.model_copy(update={"value": value}) if f.id == name else f
        for f in case.evidence.provenance
    )
    case.evidence = case.evidence.model_copy(update={"provenance": facts})


def _no_report(case: Case, name: str) -> None:
    path = f"data/reports/{name}.json"
    _no_item(case, path)
    (case.work.root / path).unlink()


def _report(case: Case, said: str) -> None:
    name, field, value = said.replace("=", " ").split(" ")
    empty: dict[str, object] = {"numbers": (), "logged": ()}
    changed = empty.get(field, int(value) if value.isdecimal() else value)
    write_report(case.work, name, **{field: changed})


def _no_intervals(case: Case, name: str) -> None:
    report = write_report(case.work, name)
    number = case.work.root / report.path
    text = number.read_text().replace('"high":0.95,', "").replace('"low":0.8,', "")
    assert text != number.read_text()
    number.write_text(text)


def _label(case: Case, kind: str) -> None:
    label = case.config.label.model_copy(update={"kind": kind})
    case.config = case.config.model_copy(update={"label": label})


def _held(case: Case, metrics: str, set_on: str = "2026-01-01") -> None:
    """Thresholds for these metrics, in place of the one that there is."""
    holds = tuple(
        Hold(metric=metric, min=0.7, set_by="Model Risk", set_on=set_on)
        for metric in metrics.split()
    )
    case.config = case.config.model_copy(update={"hold": holds})


def _hold_set_on(case: Case, day: str) -> None:
    _held(case, "roc_auc", set_on=day)


def _no_role(case: Case, role: str) -> None:
    _no_fact(case, f"data.{role}.snapshot")
    gone = frozenset(i.path for i in case.evidence.items if i.role == role)
    case.evidence = without_items(case.evidence, gone)


def _no_sensitive(case: Case, _: str) -> None:
    case.config = case.config.model_copy(update={"sensitive": {}})


def _finding(case: Case, name: str) -> None:
    finding = Finding(
        id=name, kind="exception", stage="recompute", what="what was found", fix="look at it",
        items=("data/reports/performance.json",),
    )  # fmt: skip
    case.evidence = case.evidence.adding(findings=(finding,))


def _gap(case: Case, name: str) -> None:
    gap = Finding(id=name, kind="gap", stage="resolve", what="what is absent", fix="give it")
    case.evidence = case.evidence.adding(findings=(gap,))


def _edited(case: Case, path: str, change: Callable[[Any], None]) -> None:
    """A file of explanations changed; its digest is nobody's concern here."""
    file = case.work.root / path
    value = json.loads(file.read_text())
    before = json.dumps(value)
    change(value)
    assert json.dumps(value) != before, path
    file.write_text(json.dumps(value))


def _no_explained(case: Case, part: str) -> None:
    """A file, or what it says of a part."""
    files = {"model": EXPLAINABILITY, "decisions": DECISIONS}
    if part in files:
        _no_item(case, files[part])
        return
    parts: dict[str, tuple[str, Callable[[Any], None]]] = {
        "groups": (EXPLAINABILITY, lambda v: v.update(groups=[], decompositions=[])),
        "extremes": (
            EXPLAINABILITY,
            lambda v: v.update(probes=[p for p in v["probes"] if p["kind"] != "stress"]),
        ),
        "changes": (DECISIONS, lambda v: v["decisions"][0].update(counterfactuals=[])),
        "reasons": (
            DECISIONS,
            lambda v: v["decisions"][0]["reasons"].update(status="none", reasons=[]),
        ),
    }
    _edited(case, *parts[part])


def _explained(case: Case, what: str) -> None:
    """Reasons as they should not be."""
    changes: dict[str, Callable[[Any], None]] = {
        "five reasons": lambda r: r.extend([r[1]] * 3),
        "a reason without a code": lambda r: r[0].pop("code"),
    }
    _edited(case, DECISIONS, lambda v: changes[what](v["decisions"][0]["reasons"]["reasons"]))


def _no_reason_codes(case: Case, _: str) -> None:
    assert case.config.explain is not None
    explain = case.config.explain.model_copy(update={"reason": ()})
    case.config = case.config.model_copy(update={"explain": explain})


def _as_of(case: Case, day: str) -> None:
    case.as_of = day


# Longer beginnings stand before the shorter ones that they start with.
_BREAKS: Final[dict[str, Callable[[Case, str], None]]] = {
    "no declarations": _no_declarations,
    "no declared": _no_declared,  # no declared purpose
    "no document": _no_document,  # no document dpia
    "no items": _no_items,  # no items predictions: by kind
    "no item": _no_item,  # no item data/run/params.json
    "no fact": _no_fact,  # no fact run.params: by the beginning of the id
    "no report": _no_report,  # no report fairness
    "no role": _no_role,  # no role training
    "no intervals": _no_intervals,  # no intervals performance
    "no sensitive": _no_sensitive,
    "no explained": _no_explained,  # model, decisions, groups, extremes, changes, reasons
    "no reason codes": _no_reason_codes,
    "explained": _explained,  # explained five reasons; explained a reason without a code
    "declared": _declared,  # declared jurisdictions=US,GB
    "document": _document,  # document validation-report model_version=2; nothing after =: not said
    "fact": _fact,  # fact code.dirty=dirty
    "report": _report,  # report performance n_labelled=0; report fairness numbers=none
    "label": _label,  # label past-decision
    "held": _held,  # held selection_rate_ratio; alone: no threshold
    "hold set on": _hold_set_on,  # hold set on 2026-12-01
    "finding": _finding,  # finding recompute.hold.01.roc_auc
    "gap": _gap,
    # `as of 2026-04-16`; a day of approval comes first, so: `no declared approved_on and as of …`
    "as of": _as_of,
}
