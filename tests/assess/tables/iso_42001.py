"""ISO/IEC 42001, Annex A: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "iso-42001"
FULL: Final[tuple[str, ...]] = ()
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "ISO42001-A.3.2": (
        "needs-attestation",
        [
            ("no declared owner", "missing", "`owner` is not declared"),
            ("no declared developers", "missing", "`developers` is not declared"),
        ],
    ),
    "ISO42001-A.4.2": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no role evaluation", "missing", "kept out of training"),
            ("no items environment", "missing", "no environment"),
            ("no fact run.started", "missing", "the run's times"),
        ],
    ),
    "ISO42001-A.5.2": (
        "needs-attestation",
        [
            ("no document impact-assessment", "missing", "no document on `impact-assessment`"),
            ("no report fairness", "missing", "no rates by group"),
        ],
    ),
    "ISO42001-A.6.2.2": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("held", "missing", "has set no threshold"),
        ],
    ),
    "ISO42001-A.6.2.3": (
        "evidenced",
        [
            ("no fact code.pack", "missing", "the code that trained"),
            ("no item data/run/params.json", "missing", "no parameters"),
            ("no declared method", "missing", "`method` is not declared"),
        ],
    ),
    "ISO42001-A.6.2.4": (
        "missing: the model was not trained again",
        [
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("no report fairness", "missing", "no rates by group"),
        ],
    ),
    "ISO42001-A.6.2.5": (
        "needs-attestation",
        [
            ("no document approval-minutes", "missing", "no document on `approval-minutes`"),
        ],
    ),
    "ISO42001-A.6.2.6": (
        "needs-attestation",
        [
            ("no declared monitoring", "missing", "`monitoring` is not declared"),
        ],
    ),
    "ISO42001-A.6.2.7": (
        "evidenced",
        [
            ("no items model", "missing", "model's files"),
            ("no fact code.pack", "missing", "the code that trained"),
            ("no role evaluation", "missing", "kept out of training"),
            ("no items environment", "missing", "no environment"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
        ],
    ),
    "ISO42001-A.6.2.8": (
        "needs-attestation",
        [
            ("no fact run.started", "missing", "the run's times"),
            ("no document operating-logs", "missing", "no document on `operating-logs`"),
        ],
    ),
    "ISO42001-A.7.2": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("no declared data_choice", "missing", "`data_choice` is not declared"),
            ("no declared data_source", "missing", "`data_source` is not declared"),
        ],
    ),
    "ISO42001-A.7.5": (
        "evidenced",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no role evaluation", "missing", "kept out of training"),
            ("finding data.training.link", "exception", "not the one that the run"),
            (
                "finding data.training.bytes and no role training",
                "exception",
                "not the one that the run",
            ),
            ("no fact data.training.link", "missing", "does not name the training data"),
            ("no items run", "missing", "does not name the training data"),
        ],
    ),
    "ISO42001-A.7.6": (
        "needs-attestation",
        [
            ("no fact code.pack", "missing", "the code that trained"),
            ("no role training", "missing", "no snapshot of the training data"),
        ],
    ),
    "ISO42001-A.8.2": (
        "needs-attestation",
        [
            ("no declared purpose", "missing", "`purpose` is not declared"),
            ("no declared users", "missing", "`users` is not declared"),
            ("no declared limits", "missing", "`limits` is not declared"),
        ],
    ),
    "ISO42001-A.9.4": (
        "needs-attestation",
        [
            ("no declared out_of_scope", "missing", "`out_of_scope` is not declared"),
        ],
    ),
    "ISO42001-A.10.2": (
        "needs-attestation",
        [
            ("no items environment", "missing", "no environment"),
            ("no document third-party-policy", "missing", "no document on `third-party-policy`"),
        ],
    ),
}
