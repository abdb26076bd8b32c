"""A record to try expressions on: everything that a stage can make is there, or nothing is.

An expression of the wrong type is found on it when a catalog is loaded, not after an hour's build.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from affidavit.assess.context import Context

_REPORT: Final[dict[str, object]] = {
    "paths": ["data/reports/performance.json"], "role": "evaluation", "is_training": False,
    "n_rows": 9, "n_labelled": 9, "label_kind": "outcome", "n_numbers": 1, "with_interval": 1,
    "logged_equal": 1, "logged_different": 0, "logged_not_recomputable": 0,
}  # fmt: skip
_FACT: Final[dict[str, object]] = {"value": 1, "basis": "measured", "source": "example"}
_DOCUMENT: Final[dict[str, object]] = {
    "about": "dpia", "title": "A document", "version": "1", "dated": "2026-09-01",
    "model_version": "3", "sha256": "0" * 64,
}  # fmt: skip
_HOLD: Final[dict[str, object]] = {
    "metric": "roc_auc", "about": "performance", "set_by": "Model Risk", "set_on": "2026-01-01",
    "finding": "recompute.hold.01.",
}  # fmt: skip
_FINDING: Final[dict[str, object]] = {
    "id": "recompute.hold.01.roc_auc", "kind": "exception", "stage": "recompute", "what": "a find",
    "items": ["data/reports/performance.json"],
}  # fmt: skip
_DAY: Final = "2026-11-23"
_FACTS: Final = (
    "model.artifact", "run.id", "run.status", "run.params", "run.metrics", "run.started",
    "run.ended", "code.pack", "code.commit", "code.dirty", "environment.requirements",
)  # fmt: skip
_REPORTS: Final = ("performance", "fairness", "segments", "stability", "data")
_KINDS: Final = (
    "model", "run", "source", "environment", "dataset", "predictions", "report", "counts", "scan",
    "configuration", "declarations", "explanation",
)  # fmt: skip


_EXPLANATION: Final[dict[str, object]] = {
    "whole_paths": ["data/reports/explainability.json"],
    "decision_paths": ["data/reports/decisions.json"], "features": 5, "by_group": 3,
    "small_changes": 5, "extremes": 5, "decisions": 4, "changed": 1, "adverse": 2, "issued": 1,
    "protected": 0, "most_reasons": 2, "uncoded": 0, "reason_codes": 2, "method": "linear",
    "baseline": "all",
}  # fmt: skip


@cache
def full() -> Context:
    """Everything that a stage can make is there."""
    return Context(
        {
            "subject": {"name": "example", "version": "3"},
            "facts": dict.fromkeys(_FACTS, _FACT),
            "roles": [
                {"name": r, "is_training": r == "training", "paths": [f"data/dataset/{r}/rows.csv"]}
                for r in ("evaluation", "training")
            ],
            "snapshots": {"kept_out": ["data/dataset/evaluation/rows.csv"],
                          "training": ["data/dataset/training/rows.csv"]},
            "declared": {"purpose": "said", "automated": "solely", "jurisdictions": ["US", "DE"],
                         "document": [_DOCUMENT]},
            "configuration": {"task": "binary", "label_kind": "outcome", "held": 1,
                              "holds": [_HOLD], "sensitive": ["sex"], "has_time": True},
            "reports": dict.fromkeys(_REPORTS, _REPORT),
            "numbers": {"performance/evaluation/accuracy": 0.9},
            "findings": [_FINDING],
            "items": {k: [f"data/{k}/file"] for k in _KINDS},
            "explanation": _EXPLANATION,
        },
        {},
    ).on(_DAY)  # fmt: skip


@cache
def empty() -> Context:
    """A subject, and nothing else."""
    return Context(
        {
            "subject": {"name": "example", "version": "3"}, "facts": {}, "roles": [],
            "snapshots": {"kept_out": [], "training": []},
            "declared": {}, "reports": {}, "numbers": {}, "findings": [], "items": {},
            "configuration": {"task": "binary", "label_kind": "outcome", "held": 0,
                              "holds": [], "sensitive": [], "has_time": False},
            "explanation": {k: type(v)() for k, v in _EXPLANATION.items()},
        },
        {},
    ).on(_DAY)  # fmt: skip
