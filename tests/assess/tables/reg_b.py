"""Regulation B: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "reg-b"
FULL: Final[tuple[str, ...]] = ()
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "REGB-01": (
        "needs-attestation",
        [
            ("no document decision-log", "missing", "no document on `decision-log`"),
            ("declared jurisdictions=DE,US-CA", "needs-attestation", ""),
            ("declared jurisdictions=PR", "needs-attestation", ""),
            ("declared jurisdictions=Germany", "needs-attestation", ""),
            ("no declared jurisdictions", "needs-attestation", ""),
            ("no declared credit", "needs-attestation", ""),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-02": (
        "needs-attestation",
        [
            ("no declared notice_text", "missing", "`notice_text` is not declared"),
            ("document adverse-action-template sha256=", "missing", "no template"),
            ("no document adverse-action-template", "missing", "no template"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-03": (
        "needs-attestation",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-04": (
        "evidenced",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("explained five reasons", "exception", "a decision has 5 reasons"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-05": (
        "needs-attestation",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-06": (
        "evidenced",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            (
                "explained a reason without a code",
                "exception",
                "without a code of the declared table: 1",
            ),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-07": (
        "evidenced",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("no explained decisions", "missing", "no decision was explained"),
            ("finding explain.protected-reason", "exception", "a protected attribute was among"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-08": (
        "needs-attestation",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("no explained decisions", "missing", "no decision was explained"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-09": (
        "needs-attestation",
        [
            ("no document decision-log", "missing", "no document on `decision-log`"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-10": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no role evaluation", "missing", "kept out of training"),
            ("label past-decision", "missing", "not an outcome"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("no declared next_review", "missing", "`next_review` is not declared"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            ("declared jurisdictions=DE,GB", "not-applicable", "not-us: set aside on the owner's"),
        ],
    ),
    "REGB-11": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no items predictions", "missing", "not run on any row"),
            ("no sensitive", "missing", "no column is named as sensitive"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            ("declared jurisdictions=DE,GB", "not-applicable", "not-us: set aside on the owner's"),
            ("finding recompute.input.sensitive.sex", "exception", "that the model reads: 1"),
            (
                "finding recompute.input.sensitive.sex and declared credit=no",
                "exception",
                "that the model reads: 1",
            ),
        ],
    ),
    "REGB-12": (
        "needs-attestation",
        [
            ("no explained groups", "missing", "was not explained by group"),
            ("no report fairness", "missing", "no rates by group"),
            ("no declared approved_on and as of 2026-07-20", "not-applicable", "not-yet-in-force"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-13": (
        "needs-attestation",
        [
            ("no report fairness", "missing", "no rates by group"),
            ("no declared trait_collection", "missing", "`trait_collection` is not declared"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-14": (
        "needs-attestation",
        [
            ("no fact run.started", "missing", "the run's times"),
            ("no declared retention", "missing", "`retention` is not declared"),
            ("no document retention-schedule", "missing", "no document on `retention-schedule`"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
    "REGB-15": (
        "needs-attestation",
        [
            ("no explained reasons", "missing", "no reasons of decisions were made"),
            ("no reason codes", "missing", "no reasons of decisions were made"),
            ("no document adverse-action-template", "missing", "no template"),
            ("declared credit=no", "not-applicable", "not-credit: set aside on the owner's word"),
            (
                "declared jurisdictions=DE,FR",
                "not-applicable",
                "not-us: set aside on the owner's word",
            ),
        ],
    ),
}
