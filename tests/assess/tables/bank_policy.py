"""The template of a bank's policy: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "bank-policy"
FULL: Final[tuple[str, ...]] = ("held roc_auc selection_rate_ratio",)
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "POL-01": (
        "needs-attestation",
        [
            ("no report fairness", "missing", "no rates by group"),
            ("held roc_auc", "missing", "no threshold on a ratio"),
            (
                "finding recompute.hold.02.selection_rate_ratio",
                "exception",
                "a gap between groups misses",
            ),
            (
                "finding recompute.hold.02.selection_rate_ratio and declared credit=no",
                "exception",
                "a gap between groups misses",
            ),
            (
                "finding recompute.hold.01.roc_auc",
                "needs-attestation",
                "no screening threshold of the bank is missed",
            ),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            ("held air", "needs-attestation", "(thresholds: 1, attributes: 1)"),
        ],
    ),
    "POL-02": (
        "evidenced",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("held", "missing", "no threshold on a measure of performance"),
            (
                "finding recompute.hold.01.roc_auc",
                "exception",
                "a threshold that the bank set is missed",
            ),
            ("finding recompute.hold.02.selection_rate_ratio", "evidenced", ""),
            ("held selection_rate_ratio", "missing", "no threshold on a measure of performance"),
        ],
    ),
    "POL-03": (
        "evidenced",
        [
            ("no fact code.pack", "missing", "the code that trained"),
            ("no items configuration", "missing", "there is no configuration"),
            ("finding configuration", "exception", "set after training"),
        ],
    ),
    "POL-04": (
        "evidenced",
        [
            ("no fact code.pack", "missing", "the code that trained"),
            ("fact code.dirty=unknown", "missing", "does not say"),
            ("fact code.dirty=dirty", "exception", "uncommitted"),
        ],
    ),
    "POL-05": (
        "evidenced",
        [
            ("no fact run.metrics", "missing", "logged no metric"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("report performance logged=none", "missing", "no logged metric could be compared"),
            ("finding recompute.logged.accuracy", "exception", "differs from its recomputed value"),
        ],
    ),
    "POL-06": (
        "needs-attestation",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("no document model-risk-policy", "missing", "no document on `model-risk-policy`"),
            ("no document approval-minutes", "missing", "no document on `approval-minutes`"),
            ("document validation-report model_version=2", "exception", "another version than 3"),
            ("document dpia model_version=2", "needs-attestation", ""),
        ],
    ),
    "POL-07": (
        "needs-attestation",
        [
            ("no declared next_review", "missing", "`next_review` is not declared"),
            ("declared next_review=2026-11-22", "exception", "is past on 2026-11-23"),
            ("declared next_review=2026-11-23", "needs-attestation", "is not past on 2026-11-23"),
            ("declared next_review=soon", "exception", "soon, which is no day"),
            ("as of 2027-10-02", "exception", "is past on 2027-10-02"),
        ],
    ),
    "POL-08": (
        "needs-attestation",
        [
            ("no declared tier", "missing", "`tier` is not declared"),
            ("no declared tier_reason", "missing", "`tier_reason` is not declared"),
            ("no declared exposure", "missing", "`exposure` is not declared"),
        ],
    ),
    "POL-09": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no items predictions", "missing", "not run on any row"),
            ("no sensitive", "missing", "no column is named as sensitive"),
            ("finding recompute.input.sensitive.sex", "exception", "the model reads"),
        ],
    ),
    "POL-10": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared conditions", "missing", "`conditions` is not declared"),
        ],
    ),
}
