"""SS1/23: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "pra-ss1-23"
FULL: Final[tuple[str, ...]] = ("declared jurisdictions=US,GB",)
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "SS123-1.1": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no declared model_basis", "missing", "`model_basis` is not declared"),
            ("declared jurisdictions=United Kingdom", "needs-attestation", ""),
            ("declared jurisdictions=GB-SCT", "needs-attestation", ""),
            ("no declared jurisdictions", "needs-attestation", ""),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
            ("no declared approved_on and as of 2024-05-16", "not-applicable", "not-yet-in-force"),
        ],
    ),
    "SS123-1.2": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no fact run.status", "missing", "names no run"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared status", "missing", "`status` is not declared"),
            ("no declared out_of_scope", "missing", "`out_of_scope` is not declared"),
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared next_review", "missing", "`next_review` is not declared"),
            ("no document findings-log", "missing", "no document on `findings-log`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-1.3": (
        "needs-attestation",
        [
            ("no declared tier", "missing", "`tier` is not declared"),
            ("no declared tier_reason", "missing", "`tier_reason` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.1": (
        "needs-attestation",
        [
            ("no document board-report", "missing", "no document on `board-report`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.2": (
        "needs-attestation",
        [
            ("no document roles", "missing", "no document on `roles`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.3": (
        "needs-attestation",
        [
            ("no document model-risk-policy", "missing", "no document on `model-risk-policy`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.4": (
        "needs-attestation",
        [
            ("no document roles", "missing", "no document on `roles`"),
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declared developers", "missing", "`developers` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.5": (
        "needs-attestation",
        [
            ("no document internal-audit", "missing", "no document on `internal-audit`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-2.6": (
        "needs-attestation",
        [
            ("no declared vendor", "missing", "`vendor` is not declared"),
            ("label past-decision", "missing", "not an outcome"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("declared vendor=none", "not-applicable", "not-vendor: set aside on the owner's word"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.1": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared method", "missing", "`method` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.2": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("no report fairness", "missing", "no rates by group"),
            ("no declared data_choice", "missing", "`data_choice` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.3": (
        "needs-attestation",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no intervals performance", "missing", "no recomputed number has an interval"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.4": (
        "needs-attestation",
        [
            ("no declared judgement", "missing", "`judgement` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.5": (
        "missing: the model was not trained again",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared method", "missing", "`method` is not declared"),
            ("no declared assumptions", "missing", "`assumptions` is not declared"),
            ("no declared limits", "missing", "`limits` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-3.6": (
        "needs-attestation",
        [
            ("no items environment", "missing", "no environment"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-4.1": (
        "needs-attestation",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-4.2": (
        "needs-attestation",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("no document findings-log", "missing", "no document on `findings-log`"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-4.3": (
        "missing: the model was not trained again",
        [
            ("no fact code.pack", "missing", "the code that trained"),
            ("no items model", "missing", "model's files"),
            ("no items environment", "missing", "no environment"),
            ("finding recompute.logged.accuracy", "exception", "not what was recomputed"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-4.4": (
        "needs-attestation",
        [
            ("no explained changes", "missing", "no decision was computed again on changed inputs"),
            ("label past-decision", "missing", "not an outcome"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("held", "missing", "no threshold on a measure of performance"),
            ("no document override-log", "missing", "no document on `override-log`"),
            ("finding recompute.hold.01.roc_auc", "exception", "a threshold of performance"),
            (
                "finding recompute.hold.01.roc_auc and declared jurisdictions=US",
                "exception",
                "a threshold of performance",
            ),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-4.5": (
        "needs-attestation",
        [
            ("no declared tier", "missing", "`tier` is not declared"),
            ("no declared next_review", "missing", "`next_review` is not declared"),
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("declared next_review=2026-11-22", "exception", "is past on 2026-11-23"),
            ("declared next_review=2026-11-23", "needs-attestation", "is not past on 2026-11-23"),
            ("declared next_review=soon", "exception", "soon, which is no day"),
            ("as of 2027-10-02", "exception", "is past on 2027-10-02"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-5.1": (
        "needs-attestation",
        [
            ("no declared overlays", "missing", "`overlays` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-5.2": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared conditions", "missing", "`conditions` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
    "SS123-5.3": (
        "needs-attestation",
        [
            ("no declared response_plan", "missing", "`response_plan` is not declared"),
            (
                "declared jurisdictions=US,DE",
                "not-applicable",
                "not-gb: set aside on the owner's word",
            ),
        ],
    ),
}
