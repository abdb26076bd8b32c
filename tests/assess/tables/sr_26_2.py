"""SR 26-2: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "sr-26-2"
FULL: Final[tuple[str, ...]] = ()
MISSED: Final = "finding recompute.hold.01.roc_auc"
PSI: Final = "population_stability_index"
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "SR262-01": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no declared model_basis", "missing", "`model_basis` is not declared"),
            ("no declared approved_on and as of 2026-04-16", "not-applicable", "not-yet-in-force"),
        ],
    ),
    "SR262-02": (
        "needs-attestation",
        [
            ("no fact model.artifact", "missing", "model's files"),
            ("no declared ai_class", "missing", "`ai_class` is not declared"),
            ("no declared generative", "missing", "`generative` is not declared"),
            # What is out of scope for being so is asked for all the same.
            ("declared generative=yes", "needs-attestation", "generative or agentic: yes"),
        ],
    ),
    "SR262-03": (
        "needs-attestation",
        [
            ("no declared guidance_reliance", "missing", "`guidance_reliance` is not declared"),
            ("no document model-risk-policy", "missing", "no document on `model-risk-policy`"),
        ],
    ),
    "SR262-04": (
        "needs-attestation",
        [
            ("no report data", "missing", "no snapshot was profiled"),
            ("no item data/run/params.json", "missing", "no parameters"),
            ("no declared assumptions", "missing", "`assumptions` is not declared"),
        ],
    ),
    "SR262-05": (
        "needs-attestation",
        [("no declared exposure", "missing", "`exposure` is not declared")],
    ),
    "SR262-06": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared exposure", "missing", "`exposure` is not declared"),
            ("no declared tier", "missing", "`tier` is not declared"),
            ("no declared tier_reason", "missing", "`tier_reason` is not declared"),
        ],
    ),
    "SR262-07": (
        "needs-attestation",
        [("no declared out_of_scope", "missing", "`out_of_scope` is not declared")],
    ),
    "SR262-08": (
        "needs-attestation",
        [
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("no declared dependencies", "missing", "`dependencies` is not declared"),
        ],
    ),
    "SR262-09": (
        "needs-attestation",
        [
            ("no declared tier", "missing", "`tier` is not declared"),
            ("no declared tier_triggers", "missing", "`tier_triggers` is not declared"),
        ],
    ),
    "SR262-10": (
        "needs-attestation",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("no document findings-log", "missing", "no document on `findings-log`"),
            ("document validation-report model_version=2", "exception", "than 3"),
            (
                "document validation-report model_version=2 and no document findings-log",
                "exception",
                "another version",
            ),
        ],
    ),
    "SR262-11": (
        "needs-attestation",
        [
            ("no items source", "missing", "code that trained the model"),
            ("no fact run.params", "missing", "no parameters"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared method", "missing", "`method` is not declared"),
            ("no declared assumptions", "missing", "`assumptions` is not declared"),
        ],
    ),
    "SR262-12": (
        "needs-attestation",
        [
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("report performance role=training", "missing", "kept out of training"),
            ("report performance role=Train_2025", "missing", "kept out of training"),
            ("report performance n_labelled=0", "missing", "labelled rows"),
            ("no intervals performance", "missing", "no recomputed number has an interval"),
            ("no items predictions", "missing", "not run on any row"),
            (MISSED, "exception", "is not held"),
            # With a label that is no outcome too: the deviation is never hidden.
            (f"label past-decision and {MISSED}", "exception", "is not held"),
            ("finding recompute.overlap.evaluation", "exception", "trained on"),
            ("finding recompute.input.label.default", "exception", "must not see"),
            ("finding recompute.input.decision.approved", "exception", "must not see"),
            # Whether it may read a protected trait is no question of testing.
            ("finding recompute.input.sensitive.sex", "needs-attestation", "recomputed on 9"),
            ("finding recompute.no-skill.evaluation", "exception", "better than chance"),
            ("finding recompute.score.evaluation", "exception", "better than chance"),
            ("finding recompute.label.evaluation", "exception", "better than chance"),
            ("gap recompute.label.evaluation", "needs-attestation", "recomputed on 9"),
            ("finding recompute.logged.001.acc", "exception", "differs from the one"),
            (
                "no items predictions and finding recompute.no-skill.evaluation",
                "exception",
                "chance",
            ),
            ("held air and finding recompute.hold.01.air", "needs-attestation", "numbers with"),
        ],
    ),
    "SR262-13": (
        "needs-attestation",
        [
            ("no items challenger", "missing", "no other model was scored"),
            ("no declared alternatives", "missing", "`alternatives` is not declared"),
        ],
    ),
    "SR262-14": (
        "needs-attestation",
        [
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("no role training", "missing", "no snapshot of the training data"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("no declared data_choice", "missing", "`data_choice` is not declared"),
            ("finding recompute.duplicates.evaluation", "exception", "more than once"),
            ("finding recompute.suspicious.grade", "exception", "nearly decides the label"),
            ("finding recompute.suite.evaluation", "exception", "expectations"),
            ("finding recompute.expectations.training", "exception", "expectations"),
            ("gap recompute.suite.evaluation", "needs-attestation", "profiled"),
        ],
    ),
    "SR262-15": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared out_of_scope", "missing", "`out_of_scope` is not declared"),
        ],
    ),
    "SR262-16": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared limits and declared limits=  ", "missing", "`limits` is not declared"),
            ("no intervals performance", "missing", "no recomputed number has an interval"),
        ],
    ),
    "SR262-17": (
        "missing: the difference to an earlier version",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("document validation-report model_version=2", "exception", "than 3"),
        ],
    ),
    "SR262-18": (
        "needs-attestation",
        [
            ("no declared approved_on", "missing", "`approved_on` is not declared"),
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("document validation-report dated=2026-10-02", "needs-attestation", "are declared"),
            ("no declared conditions", "needs-attestation", "are not declared"),
            (
                "no declared conditions and document validation-report dated=2026-10-02",
                "exception",
                "on or before the approval of 2026-10-01",
            ),
            (
                "no declared conditions and document validation-report model_version=2",
                "exception",
                "speak of this version",
            ),
        ],
    ),
    "SR262-19": (
        "needs-attestation",
        [
            ("no fact code.author and no fact run.user", "missing", "nobody is named as author"),
            ("no document validation-report", "missing", "no document on `validation-report`"),
            ("document validation-report model_version=2", "exception", "than 3"),
        ],
    ),
    "SR262-20": (
        "needs-attestation",
        [
            ("no items source", "missing", "code that trained the model"),
            ("no report performance", "missing", "no performance"),
            ("no declared method", "missing", "`method` is not declared"),
            ("no declared assumptions", "missing", "`assumptions` is not declared"),
            ("no declared judgement", "missing", "`judgement` is not declared"),
            ("no declared data_choice", "missing", "`data_choice` is not declared"),
        ],
    ),
    "SR262-21": (
        "needs-attestation",
        [
            ("label past-decision", "missing", "not an outcome"),
            ("label proxy", "missing", "not an outcome"),
            (f"label past-decision and {MISSED}", "missing", "not an outcome"),
            ("report performance n_labelled=0", "missing", "labelled rows"),
            ("report performance role=training", "missing", "kept out of training"),
            ("held", "missing", "no threshold on a measure of performance"),
            # A screen of fair lending is no outcomes analysis, by whatever name it goes.
            ("held air", "missing", "no threshold on a measure of performance"),
            ("held selection_rate", "missing", "no threshold on a measure of performance"),
            (f"held {PSI}", "missing", "no threshold on a measure of performance"),
            ("held roc_auc air and finding recompute.hold.02.air", "needs-attestation", "held: 1"),
            (MISSED, "exception", "is not held"),
            ("held air roc_auc and finding recompute.hold.02.roc_auc", "exception", "is not held"),
        ],
    ),
    "SR262-22": (
        "needs-attestation",
        [
            ("held", "missing", "no threshold to hold results against"),
            ("no declared response_plan", "missing", "`response_plan` is not declared"),
            (MISSED, "needs-attestation", "of 1 thresholds, 1 are missed"),
        ],
    ),
    "SR262-23": (
        "needs-attestation",
        [
            ("no declared monitoring", "missing", "`monitoring` is not declared"),
            ("no report stability", "missing", "no stability index"),
            ("report stability numbers=none", "missing", "no stability index"),
            ("finding recompute.stability.inputs.evaluation", "exception", "than chance explains"),
            (
                "no declared monitoring and finding recompute.stability.score.evaluation",
                "exception",
                "than chance explains",
            ),
            (
                f"held {PSI} and finding recompute.hold.01.{PSI}",
                "exception",
                "a threshold allows",
            ),
        ],
    ),
    "SR262-24": (
        "needs-attestation",
        [
            ("no fact code.author and no fact run.user", "missing", "nobody is named as author"),
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declared developers", "missing", "`developers` is not declared"),
            ("no document roles", "missing", "no document on `roles`"),
        ],
    ),
    "SR262-25": (
        "needs-attestation",
        [
            ("no document model-risk-policy", "missing", "no document on `model-risk-policy`"),
            ("no document internal-audit", "missing", "no document on `internal-audit`"),
        ],
    ),
    "SR262-26": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no fact run.status", "missing", "registry"),
            ("no items run", "missing", "registry"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declarations", "missing", "`owner` is not declared"),
            ("no declared approved_on and as of 2026-04-16", "not-applicable", "not-yet-in-force"),
        ],
    ),
    "SR262-27": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no items source", "missing", "code that trained the model"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared method", "missing", "`method` is not declared"),
            ("no declared assumptions", "missing", "`assumptions` is not declared"),
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no document findings-log", "missing", "no document on `findings-log`"),
        ],
    ),
    "SR262-28": (
        "needs-attestation",
        [
            ("declared vendor=none", "not-applicable", "not-vendor: set aside on the owner's word"),
            ("declared vendor=None of ours", "needs-attestation", "recomputed on 9"),
            ("no declared vendor", "missing", "`vendor` is not declared"),
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("no report performance", "missing", "no performance"),
            ("no declared customisation", "missing", "`customisation` is not declared"),
            ("no document vendor-evidence", "missing", "no document on `vendor-evidence`"),
        ],
    ),
}
