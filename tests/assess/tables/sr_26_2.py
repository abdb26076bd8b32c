"""SR 26-2: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "sr-26-2"
FULL: Final[tuple[str, ...]] = ()
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "SR262-12": (
        "needs-attestation",
        [
            ("report performance role=training", "missing", "kept out of training"),
            ("report performance n_labelled=0", "missing", "labelled rows"),
            ("no items predictions", "missing", "not run on any row"),
        ],
    ),
    "SR262-16": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no intervals performance", "missing", "no recomputed number has an interval"),
        ],
    ),
    "SR262-21": (
        "needs-attestation",
        [
            ("label past-decision", "missing", "not an outcome"),
            ("finding recompute.hold.01.roc_auc", "exception", "is not held"),
        ],
    ),
    "SR262-23": (
        "needs-attestation",
        [("no declared monitoring", "missing", "`monitoring` is not declared")],
    ),
    "SR262-26": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no fact run.status", "missing", "registry"),
            ("no declared approved_on and as of 2026-04-16", "not-applicable", "not-yet-in-force"),
        ],
    ),
}
