"""What the expressions of a catalog see of the explanations: `explanation`, counts and paths.

`explanation` {whole_paths, decision_paths, features, by_group, small_changes, extremes, decisions,
changed, adverse, issued, protected, most_reasons, uncoded, reason_codes, method, baseline}: the
files; features whose importance or attribution is stated; groups with mean attributions or a
difference; checks of small changes and of extremes; decisions with attributions, with a
counterfactual, that are adverse, with reasons, with a list withheld for a protected attribute; the
longest list of reasons, reasons without a code, codes in the configuration; how attributions were
made, and against which rows. All 0 or empty where there is no explanation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.config import Config
from affidavit.evidence import Evidence, Record
from affidavit.explanation_record import Decisions, Explainability

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Both files, as far as their bytes are in the bundle."""

    whole: Explainability | None = None
    single: Decisions | None = None


def read_explained(evidence: Evidence, root: Path) -> Explained:
    """The files of the workspace. One held by reference is left unread: an update lacks it."""
    held = {i.path for i in evidence.of_kind("explanation") if i.embedded}
    return Explained(
        whole=_read(EXPLAINABILITY, Explainability, held, root),
        single=_read(DECISIONS, Decisions, held, root),
    )


def _read(path: str, model: type[R], held: set[str], root: Path) -> R | None:
    return model.model_validate_json((root / path).read_bytes()) if path in held else None


def explanation_values(found: Explained, config: Config) -> dict[str, object]:
    """The value `explanation`."""
    codes = len(config.explain.reason) if config.explain is not None else 0
    return {**_of_whole(found.whole), **_of_single(found.single), "reason_codes": codes}


def _of_whole(whole: Explainability | None) -> dict[str, object]:
    if whole is None:
        return {"whole_paths": [], "features": 0, "by_group": 0, "small_changes": 0, "extremes": 0}
    carried = [i for i in whole.importance if i.loss is not None or i.mean_absolute is not None]
    split = sum(d.difference is not None for d in whole.decompositions)
    kinds = [p.kind for p in whole.probes]
    return {
        "whole_paths": [EXPLAINABILITY],
        "features": len(carried),
        "by_group": sum(bool(g.attributions) for g in whole.groups) + split,
        "small_changes": kinds.count("sensitivity"),
        "extremes": kinds.count("stress"),
    }


def _of_single(single: Decisions | None) -> dict[str, object]:
    rows = single.decisions if single is not None else ()
    lists = [d.reasons.reasons for d in rows if d.reasons.status == "issued"]
    quality = single.quality if single is not None else None
    background = single.background if single is not None else None
    return {
        "decision_paths": [DECISIONS] if single is not None else [],
        "decisions": sum(bool(d.attributions) for d in rows),
        "changed": sum(bool(d.counterfactuals) for d in rows),
        "adverse": sum(d.is_adverse is True for d in rows),
        "issued": len(lists),
        "protected": sum(d.reasons.status == "protected" for d in rows),
        "most_reasons": max(map(len, lists), default=0),
        "uncoded": sum(r.code is None for reasons in lists for r in reasons),
        "method": quality.method if quality is not None else "",
        "baseline": background.rule if background is not None else "",
    }
