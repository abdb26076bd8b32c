"""NIST AI RMF: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "nist-ai-rmf"
FULL: Final[tuple[str, ...]] = ()
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "RMF-GOVERN.1.4": (
        "needs-attestation",
        [
            ("no document model-risk-policy", "missing", "no document on `model-risk-policy`"),
        ],
    ),
    "RMF-GOVERN.1.6": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no fact run.status", "missing", "names no run"),
        ],
    ),
    "RMF-GOVERN.2.1": (
        "needs-attestation",
        [
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declared developers", "missing", "`developers` is not declared"),
        ],
    ),
    "RMF-GOVERN.6.1": (
        "needs-attestation",
        [
            ("no document third-party-policy", "missing", "no document on `third-party-policy`"),
        ],
    ),
    "RMF-MAP.1.1": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared users", "missing", "`users` is not declared"),
        ],
    ),
    "RMF-MAP.2.1": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no item data/run/params.json", "missing", "no parameters"),
        ],
    ),
    "RMF-MAP.2.2": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
            ("no declared oversight", "missing", "`oversight` is not declared"),
        ],
    ),
    "RMF-MAP.2.3": (
        "missing: the model was not trained again",
        [
            ("no role evaluation", "missing", "kept out of training"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
        ],
    ),
    "RMF-MAP.4.1": (
        "needs-attestation",
        [
            ("no items environment", "missing", "no environment"),
            ("no declared data_licence", "missing", "`data_licence` is not declared"),
        ],
    ),
    "RMF-MAP.5.1": (
        "needs-attestation",
        [
            ("no document impact-assessment", "missing", "no document on `impact-assessment`"),
        ],
    ),
    "RMF-MEASURE.1.1": (
        "needs-attestation",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
        ],
    ),
    "RMF-MEASURE.1.3": (
        "needs-attestation",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
        ],
    ),
    "RMF-MEASURE.2.1": (
        "evidenced",
        [
            ("no role evaluation", "missing", "kept out of training"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no items environment", "missing", "no environment"),
            ("no fact run.started", "missing", "the run's times"),
        ],
    ),
    "RMF-MEASURE.2.3": (
        "needs-attestation",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no report data", "missing", "no snapshot was profiled"),
        ],
    ),
    "RMF-MEASURE.2.4": (
        "needs-attestation",
        [
            ("no declared monitoring", "missing", "`monitoring` is not declared"),
        ],
    ),
    "RMF-MEASURE.2.5": (
        "needs-attestation",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no intervals performance", "missing", "no recomputed number has an interval"),
            ("no declared limits", "missing", "`limits` is not declared"),
        ],
    ),
    "RMF-MEASURE.2.7": (
        "needs-attestation",
        [
            ("no items environment", "missing", "no environment"),
            ("no items scan", "missing", "not looked into"),
        ],
    ),
    "RMF-MEASURE.2.8": (
        "needs-attestation",
        [
            ("no fact run.started", "missing", "the run's times"),
            ("no fact code.pack", "missing", "the code that trained"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declared limits", "missing", "`limits` is not declared"),
        ],
    ),
    "RMF-MEASURE.2.9": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            ("no explained decisions", "missing", "no decision was explained"),
            ("no declared purpose", "missing", "`purpose` is not declared"),
        ],
    ),
    "RMF-MEASURE.2.10": (
        "needs-attestation",
        [
            ("no report data", "missing", "no snapshot was profiled"),
            ("no declared personal_data", "missing", "`personal_data` is not declared"),
            ("no document dpia", "missing", "no document on `dpia`"),
            (
                "declared personal_data=no",
                "not-applicable",
                "no-personal-data: set aside on the owner's word",
            ),
        ],
    ),
    "RMF-MEASURE.2.11": (
        "needs-attestation",
        [
            ("no report fairness", "missing", "no rates by group"),
        ],
    ),
    "RMF-MEASURE.2.13": (
        "missing: the model was not trained again",
        [
            ("no document validation-report", "missing", "no document on `validation-report`"),
        ],
    ),
    "RMF-MANAGE.1.1": (
        "needs-attestation",
        [
            ("no document approval-minutes", "missing", "no document on `approval-minutes`"),
        ],
    ),
    "RMF-MANAGE.1.4": (
        "needs-attestation",
        [
            ("no declared limits", "missing", "`limits` is not declared"),
        ],
    ),
    "RMF-MANAGE.2.4": (
        "needs-attestation",
        [
            ("no document decommission-plan", "missing", "no document on `decommission-plan`"),
        ],
    ),
    "RMF-MANAGE.3.2": (
        "needs-attestation",
        [
            ("no items model", "missing", "model's files"),
            ("no items environment", "missing", "no environment"),
            ("no items scan", "missing", "not looked into"),
        ],
    ),
    "RMF-MANAGE.4.1": (
        "needs-attestation",
        [
            ("no declared monitoring", "missing", "`monitoring` is not declared"),
            ("no declared response_plan", "missing", "`response_plan` is not declared"),
        ],
    ),
    "RMF-MANAGE.4.3": (
        "needs-attestation",
        [
            ("no document incident-log", "missing", "no document on `incident-log`"),
        ],
    ),
}
