"""SR 11-7: what each control stands on, and what it falls without; approved while it was in force."""

from __future__ import annotations

from typing import Final

CATALOG: Final = "sr-11-7"
FULL: Final[tuple[str, ...]] = (
    "declared approved_on=2026-03-31",
    "declared next_review=2027-02-28",
    "document validation-report dated=2026-03-01",
    "fact run.started=2026-02-01T10:00:00.000Z",
)
MISSED: Final = "finding recompute.hold.01.roc_auc"
PSI: Final = "population_stability_index"
NO_REPORT: Final = (
    "no document validation-report",
    "missing",
    "no document on `validation-report`",
)
OTHER_VERSION: Final = ("document validation-report model_version=2", "exception", "than 3")
NO_AUTHORS: Final = (
    "no fact code.author and no fact run.user",
    "missing",
    "nobody is named as author",
)
NO_CHALLENGER: Final = ("no items challenger", "missing", "no other model was scored")
NO_MODEL: Final = ("no items model", "missing", "model's files")
NO_CODE: Final = ("no items source", "missing", "code that trained the model")
NO_SNAPSHOT: Final = ("no role evaluation", "missing", "no snapshot of data kept out")
NO_TRAINING: Final = ("no role training", "missing", "no snapshot of the training data")
NO_PROFILE: Final = ("no report data", "missing", "no snapshot was profiled")
NO_LABELS: Final = ("report performance n_labelled=0", "missing", "labelled rows")
NO_INTERVALS: Final = (
    "no intervals performance",
    "missing",
    "no recomputed number has an interval",
)
PAST_DECISION: Final = ("label past-decision", "missing", "not an outcome")


def _undeclared(*fields: str) -> list[tuple[str, str, str]]:
    return [(f"no declared {f}", "missing", f"`{f}` is not declared") for f in fields]


def _unnamed(about: str) -> tuple[str, str, str]:
    return (f"no document {about}", "missing", f"no document on `{about}`")


TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "SR117-01": (
        "needs-attestation",
        [
            NO_MODEL,
            *_undeclared("purpose", "model_basis"),
            # In force on no day that counts: neither approved under it nor assessed then.
            ("no declared approved_on", "not-applicable", "superseded-source"),
            (
                "no declared approved_on and as of 2011-04-03",
                "not-applicable",
                "not-yet-in-force",
            ),
            ("no declared approved_on and as of 2026-04-16", "needs-attestation", "are hashed"),
        ],
    ),
    "SR117-02": ("needs-attestation", [NO_REPORT, _unnamed("findings-log")]),
    "SR117-03": ("needs-attestation", _undeclared("tier", "tier_reason")),
    "SR117-04": ("needs-attestation", [NO_SNAPSHOT, *_undeclared("dependencies")]),
    "SR117-05": ("needs-attestation", _undeclared("purpose", "users")),
    "SR117-06": (
        "needs-attestation",
        [NO_CODE, ("no fact run.params", "missing", "no parameters"), *_undeclared("method")],
    ),
    "SR117-07": ("needs-attestation", [NO_CHALLENGER, *_undeclared("alternatives")]),
    "SR117-08": (
        "needs-attestation",
        [
            NO_SNAPSHOT,
            NO_TRAINING,
            NO_PROFILE,
            *_undeclared("data_choice"),
            ("finding recompute.duplicates.training", "exception", "more than once"),
            ("finding recompute.suspicious.grade", "exception", "nearly decides the label"),
            ("finding recompute.suite.evaluation", "exception", "expectations"),
            ("finding recompute.expectations.training", "exception", "expectations"),
            ("gap recompute.suite.evaluation", "needs-attestation", "profiled"),
        ],
    ),
    "SR117-09": (
        "needs-attestation",
        [NO_CODE, NO_TRAINING, NO_PROFILE, *_undeclared("data_source")],
    ),
    "SR117-10": (
        "needs-attestation",
        [
            NO_LABELS,
            NO_INTERVALS,
            NO_PROFILE,
            ("report performance role=training", "missing", "kept out of training"),
            ("no fact run.ended", "missing", "run's times"),
            ("no item data/run/metrics.json", "missing", "no metric"),
            (MISSED, "exception", "is not held"),
            (f"label past-decision and {MISSED}", "exception", "is not held"),
            ("finding recompute.overlap.evaluation", "exception", "trained on"),
            ("finding recompute.input.label.default", "exception", "must not see"),
            ("finding recompute.no-skill.evaluation", "exception", "better than chance"),
            ("finding recompute.score.evaluation", "exception", "better than chance"),
            ("finding recompute.label.evaluation", "exception", "better than chance"),
            ("gap recompute.label.evaluation", "needs-attestation", "recomputed on 9"),
            ("no fact run.ended and finding recompute.logged.001.acc", "exception", "differs from"),
            ("held air and finding recompute.hold.01.air", "needs-attestation", "with intervals"),
        ],
    ),
    "SR117-11": (
        "needs-attestation",
        [
            ("no report segments", "missing", "by segment or period"),
            ("report segments numbers=none", "missing", "by segment or period"),
            *_undeclared("limits"),
        ],
    ),
    "SR117-12": ("needs-attestation", _undeclared("judgement")),
    "SR117-13": (
        "missing: no digest of what runs in production",
        [NO_MODEL, ("no items environment", "missing", "no environment was logged")],
    ),
    "SR117-14": ("needs-attestation", _undeclared("purpose", "out_of_scope")),
    "SR117-15": ("needs-attestation", [_unnamed("user-feedback")]),
    "SR117-16": (
        "needs-attestation",
        [
            NO_LABELS,
            NO_INTERVALS,
            ("no intervals fairness", "exception", "without a single interval"),
            ("no intervals performance and no intervals fairness", "exception", "without a single"),
            ("no report fairness", "needs-attestation", "no numbers by group"),
        ],
    ),
    "SR117-17": ("needs-attestation", _undeclared("overlays")),
    "SR117-18": ("needs-attestation", [NO_AUTHORS, NO_REPORT, OTHER_VERSION]),
    "SR117-19": ("needs-attestation", [NO_REPORT]),
    "SR117-20": (
        "needs-attestation",
        [
            NO_REPORT,
            ("no declared approved_on and as of 2026-04-16", "missing", "`approved_on` is not"),
            ("no declared conditions", "needs-attestation", "are not declared"),
            ("document validation-report dated=2026-04-01", "needs-attestation", "are declared"),
            (
                "no declared conditions and document validation-report dated=2026-04-01",
                "exception",
                "on or before the approval of 2026-03-31",
            ),
            (
                "no declared conditions and document validation-report model_version=2",
                "exception",
                "speak of this version",
            ),
        ],
    ),
    "SR117-21": (
        "needs-attestation",
        [
            NO_REPORT,
            *_undeclared("next_review"),
            ("declared next_review=2027-03-02", "needs-attestation", "2027-03-02"),
            ("declared next_review=2027-03-03", "exception", "in the year before"),
            ("declared next_review=2026-03-01", "exception", "in the year before"),
            ("declared next_review=2026-03-31", "needs-attestation", "2026-03-31"),
            ("declared next_review=2026-03-30", "exception", "was due on 2026-03-30"),
            # A report on another version is no review of this one.
            ("document validation-report model_version=2", "exception", "speak of this version"),
            ("document validation-report model_version=", "needs-attestation", "is declared for"),
        ],
    ),
    "SR117-22": ("missing: the difference to an earlier version", [NO_REPORT, OTHER_VERSION]),
    "SR117-23": (
        "needs-attestation",
        [
            *_undeclared("method", "assumptions"),
            ("no explained model", "missing", "as a whole was not explained"),
        ],
    ),
    "SR117-24": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            ("no explained changes", "missing", "no decision was computed again on changed inputs"),
            ("no explained extremes", "missing", "inputs were not moved"),
            ("no declared approved_on", "not-applicable", "superseded-source"),
        ],
    ),
    "SR117-25": (
        "needs-attestation",
        [("no explained extremes", "missing", "inputs were not moved"), NO_PROFILE],
    ),
    "SR117-26": (
        "needs-attestation",
        [
            *_undeclared("monitoring"),
            ("no report stability", "missing", "no stability index"),
            ("finding recompute.stability.score.evaluation", "exception", "than chance explains"),
            (f"held {PSI} and finding recompute.hold.01.{PSI}", "exception", "threshold allows"),
        ],
    ),
    "SR117-27": (
        "evidenced",
        [
            NO_MODEL,
            NO_CODE,
            NO_SNAPSHOT,
            ("no items environment", "missing", "no environment was logged"),
            ("no fact run.started", "missing", "run's times"),
            ("no items predictions", "missing", "not run on any row"),
            ("fact code.dirty=unknown", "missing", "does not say whether anything was uncommitted"),
            ("fact code.dirty=dirty", "exception", "no commit holds"),
            ("fact code.dirty=dirty and no items environment", "exception", "no commit holds"),
            ("finding recompute.rescored.evaluation", "exception", "answers otherwise"),
            ("finding recompute.example", "exception", "answers otherwise"),
        ],
    ),
    "SR117-28": (
        "needs-attestation",
        [NO_CHALLENGER, ("no declared approved_on", "not-applicable", "superseded-source")],
    ),
    "SR117-29": ("needs-attestation", [_unnamed("override-log")]),
    "SR117-30": (
        "needs-attestation",
        [
            PAST_DECISION,
            ("label proxy", "missing", "not an outcome"),
            NO_LABELS,
            (f"label past-decision and {MISSED}", "missing", "not an outcome"),
            ("report performance role=training", "missing", "kept out of training"),
            ("held", "missing", "no threshold on a measure of performance"),
            ("held statistical_parity_difference", "missing", "no threshold on a measure"),
            ("held roc_auc air and finding recompute.hold.02.air", "needs-attestation", "began: 1"),
            (MISSED, "exception", "is not held"),
            ("hold set on 2026-02-01", "needs-attestation", "began: 1"),
            ("hold set on 2026-02-02", "exception", "so not in advance"),
            ("no fact run.started", "missing", "run's times"),
        ],
    ),
    "SR117-31": (
        "missing: dates of training and evaluation rows",
        [PAST_DECISION, NO_TRAINING, NO_LABELS],
    ),
    "SR117-32": (
        "needs-attestation",
        [
            NO_CHALLENGER,
            PAST_DECISION,
            *_undeclared("response_plan"),
            ("held", "missing", "no threshold to hold results against"),
        ],
    ),
    "SR117-33": (
        "needs-attestation",
        [
            ("declared vendor=none", "not-applicable", "not-vendor: set aside on the owner's word"),
            NO_MODEL,
            NO_SNAPSHOT,
            NO_LABELS,
            *_undeclared("vendor", "customisation"),
            _unnamed("vendor-evidence"),
        ],
    ),
    "SR117-34": (
        "needs-attestation",
        [
            ("declared vendor=None", "not-applicable", "not-vendor: set aside on the owner's word"),
            # Silence sets nothing aside.
            ("no declared vendor", "needs-attestation", "a plan is named"),
            _unnamed("vendor-contingency"),
        ],
    ),
    "SR117-35": ("needs-attestation", [_unnamed("board-report")]),
    "SR117-36": ("needs-attestation", [_unnamed("model-risk-policy")]),
    "SR117-37": (
        "needs-attestation",
        [NO_AUTHORS, *_undeclared("owner", "developers"), _unnamed("roles")],
    ),
    "SR117-38": ("needs-attestation", [_unnamed("internal-audit")]),
    "SR117-39": ("needs-attestation", [_unnamed("third-party-policy")]),
    "SR117-40": (
        "needs-attestation",
        [
            NO_MODEL,
            NO_REPORT,
            ("no fact run.status", "missing", "registry"),
            *_undeclared("purpose", "users", "status", "owner", "limits", "next_review"),
        ],
    ),
    "SR117-41": (
        "missing: was not trained again",
        [NO_CODE, *_undeclared("purpose", "method", "assumptions", "limits", "owner")],
    ),
}
