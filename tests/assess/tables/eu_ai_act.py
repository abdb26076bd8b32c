"""EU AI Act: what each control stands on, and what it falls without.

Rows are held against the first day on which the chapter on high-risk systems applies.
"""

from __future__ import annotations

from typing import Final

ELSEWHERE: Final = ("declared jurisdictions=US,GB", "not-applicable", "not-eu: set aside on the")
LOW_RISK: Final = (
    "declared high_risk=no", "not-applicable",
    "not-high-risk: set aside on the owner's word",
)  # fmt: skip
UNCLASSED: Final = "no declared high_risk"
TODAY: Final = ("as of 2026-11-23", "not-applicable", "applies from 2027-12-02")
DAY_BEFORE: Final = ("as of 2027-12-01", "not-applicable", "applies from 2027-12-02")
DANGEROUS: Final = ("finding recompute.scan", "exception", "can run programs")


def _undeclared(field: str) -> tuple[str, str, str]:
    return (f"no declared {field}", "missing", f"`{field}` is not declared")


def _undocumented(about: str) -> tuple[str, str, str]:
    return (f"no document {about}", "missing", f"`{about}` is named")


CATALOG: Final = "eu-ai-act"
FULL: Final = ("as of 2027-12-02",)
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "AIA-01": (
        "needs-attestation",
        [
            _undeclared("aia_class"),
            _undeclared("high_risk"),
            _undeclared("purpose"),
            ELSEWHERE,
            TODAY,
            DAY_BEFORE,
            # The class itself is asked for, whatever it is.
            (LOW_RISK[0], "needs-attestation", "whether the class is right is not shown"),
        ],
    ),
    "AIA-02": (
        "needs-attestation",
        [
            ("no report performance", "missing", "no performance was recomputed"),
            ("no report fairness", "missing", "no rates by group"),
            ("held", "missing", "no threshold"),
            _undocumented("risk-management"),
            ("finding recompute.hold.01.roc_auc", "exception", "not held"),
            ("finding recompute.hold.02.selection_rate_ratio", "exception", "not held"),
            ("finding recompute.hold.01.roc_auc and no report fairness", "exception", "not held"),
            LOW_RISK,
            ELSEWHERE,
            DAY_BEFORE,
            (UNCLASSED, "needs-attestation", "thresholds are held"),
            # Prose sets nothing aside, whatever it begins with.
            ("declared aia_class=Not high-risk?", "needs-attestation", "thresholds are held"),
        ],
    ),
    "AIA-03": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("no report fairness", "missing", "no rates by group"),
            _undeclared("data_source"),
            _undeclared("data_choice"),
            ("finding recompute.suite.evaluation", "exception", "expectation on the data"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-04": (
        "needs-attestation",
        [
            ("no report fairness", "missing", "no rates by group"),
            _undeclared("special_categories"),
            _undeclared("bias_data_safeguards"),
            _undeclared("trait_collection"),
            _undocumented("access-control"),
            _undocumented("processing-record"),
            ELSEWHERE,
            # It reaches further than high-risk systems, and applies earlier.
            (LOW_RISK[0], "needs-attestation", "all six conditions"),
            ("no declared approved_on and as of 2026-07-27", "needs-attestation", "six conditions"),
            (
                "no declared approved_on and as of 2026-07-26",
                "not-applicable",
                "applies from 2026-07-27",
            ),
        ],
    ),
    "AIA-05": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no fact run.status", "missing", "the registry names no run"),
            ("no items source", "missing", "the code that trained"),
            ("no role training", "missing", "no snapshot of the training data"),
            ("no report performance", "missing", "no performance was recomputed"),
            _undeclared("purpose"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-06": (
        "needs-attestation",
        [
            ("no fact run.started", "missing", "the run's times"),
            _undocumented("operating-logs"),
            DAY_BEFORE,
        ],
    ),
    "AIA-07": (
        "needs-attestation",
        [
            ("no report performance", "missing", "no performance was recomputed"),
            ("no intervals performance", "missing", "has an interval"),
            ("no report fairness", "missing", "no rates by group"),
            ("no report data", "missing", "no snapshot was profiled"),
            _undeclared("purpose"),
            _undeclared("limits"),
            _undeclared("oversight"),
            DAY_BEFORE,
        ],
    ),
    "AIA-08": ("needs-attestation", [_undeclared("oversight"), LOW_RISK, DAY_BEFORE]),
    "AIA-09": (
        "needs-attestation",
        [
            ("no explained extremes", "missing", "inputs were not moved"),
            ("no report performance", "missing", "no performance was recomputed"),
            ("no items environment", "missing", "no environment"),
            ("no items scan", "missing", "not looked into"),
            DANGEROUS,
            ("finding recompute.scan and declared jurisdictions=US", *DANGEROUS[1:]),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-10": ("needs-attestation", [_undocumented("quality-system"), LOW_RISK, DAY_BEFORE]),
    "AIA-11": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            _undeclared("retention"),
            _undocumented("retention-schedule"),
            DAY_BEFORE,
        ],
    ),
    "AIA-12": (
        "needs-attestation",
        [
            ("no report data", "missing", "no snapshot was profiled"),
            _undeclared("out_of_scope"),
            _undeclared("monitoring"),
            _undeclared("notice_text"),
            DAY_BEFORE,
        ],
    ),
    "AIA-13": (
        "needs-attestation",
        [
            _undocumented("fria"),
            ("document fria sha256=", "missing", "no `fria` is named with its digest"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-14": ("needs-attestation", [_undeclared("monitoring"), LOW_RISK, DAY_BEFORE]),
    "AIA-15": (
        "needs-attestation",
        [
            ("no explained decisions", "missing", "no decision was explained"),
            ("no explained changes", "missing", "no decision was computed again on changed inputs"),
            LOW_RISK,
            ELSEWHERE,
            (
                "no declared approved_on and as of 2026-08-01",
                "not-applicable",
                "applies from 2026-08-02",
            ),
        ],
    ),
    "AIA-IV.1A": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no fact run.id", "missing", "the registry names no run"),
            _undeclared("owner"),
            _undeclared("purpose"),
            _undeclared("users"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.1B": (
        "needs-attestation",
        [
            ("no items predictions", "missing", "not run on any row"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("no items model", "missing", "the model's files"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.1C": (
        "evidenced",
        [
            ("no items environment", "missing", "no environment"),
            ("no fact environment.requirements", "missing", "no environment"),
            LOW_RISK,
            ELSEWHERE,
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2A": (
        "needs-attestation",
        [
            ("no items source", "missing", "the code that trained"),
            ("no fact run.params", "missing", "logged no parameters"),
            ("no fact run.ended", "missing", "the run's times"),
            _undeclared("method"),
            _undeclared("vendor"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2B": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            ("no items model", "missing", "the model's files"),
            ("no fact run.params", "missing", "logged no parameters"),
            _undeclared("method"),
            _undeclared("assumptions"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2C": (
        "needs-attestation",
        [
            ("no items environment", "missing", "no environment"),
            ("no fact run.started", "missing", "the run's times"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2D": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no report data", "missing", "no snapshot was profiled"),
            _undeclared("data_source"),
            _undeclared("data_choice"),
            _undeclared("special_categories"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2E": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            _undeclared("oversight"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2F": ("needs-attestation", [_undocumented("change-log"), LOW_RISK, DAY_BEFORE]),
    "AIA-IV.2G": (
        "needs-attestation",
        [
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            ("no items predictions", "missing", "not run on any row"),
            ("no report performance", "missing", "no performance was recomputed"),
            ("no intervals performance", "missing", "has an interval"),
            ("no report fairness", "missing", "no rates by group"),
            _undocumented("validation-report"),
            ("document validation-report model_version=2", "exception", "and this one is 3"),
            ("document validation-report model_version=", "needs-attestation", "is named"),
            LOW_RISK,
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.2H": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no items environment", "missing", "no environment"),
            ("no items scan", "missing", "not looked into"),
            _undocumented("access-control"),
            DANGEROUS,
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.3": (
        "needs-attestation",
        [
            ("no report performance", "missing", "no performance was recomputed"),
            ("no intervals performance", "missing", "has an interval"),
            ("no report fairness", "missing", "no rates by group"),
            _undeclared("limits"),
            _undeclared("out_of_scope"),
            _undeclared("oversight"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.4": (
        "needs-attestation",
        [
            ("no report performance", "missing", "no performance was recomputed"),
            ("held", "missing", "no threshold"),
            DAY_BEFORE,
        ],
    ),
    "AIA-IV.5": ("needs-attestation", [_undocumented("risk-management"), LOW_RISK, DAY_BEFORE]),
    "AIA-IV.6": (
        "missing: a bundle does not hold the difference",
        [("no fact run.status", "missing", "the registry names no run"), LOW_RISK, DAY_BEFORE],
    ),
    "AIA-IV.7": ("needs-attestation", [_undocumented("standards-list"), LOW_RISK, DAY_BEFORE]),
    "AIA-IV.8": (
        "needs-attestation",
        [_undocumented("declaration-of-conformity"), LOW_RISK, DAY_BEFORE],
    ),
    "AIA-IV.9": ("needs-attestation", [_undeclared("monitoring"), LOW_RISK, DAY_BEFORE]),
}
