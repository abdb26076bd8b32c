"""GDPR: what each control stands on, and what it falls without."""

from __future__ import annotations

from typing import Final

# Where the whole text is set aside: by the owner's word, or by the day.
ELSEWHERE: Final = ("declared jurisdictions=US,GB", "not-applicable", "not-eu: set aside on the")
NOBODY: Final = ("declared personal_data=no", "not-applicable", "no-personal-data")
ADVISORY: Final = ("declared automated=advisory", "not-applicable", "not-solely-automated")
BEFORE: Final = (
    "no declared approved_on and as of 2018-05-24", "not-applicable", "applies from 2018-05-25",
)  # fmt: skip
SEES_RACE: Final = ("finding recompute.input.sensitive.race", "exception", "named as sensitive")


def _undeclared(field: str) -> tuple[str, str, str]:
    return (f"no declared {field}", "missing", f"`{field}` is not declared")


def _undocumented(about: str) -> tuple[str, str, str]:
    return (f"no document {about}", "missing", f"`{about}` is named")


CATALOG: Final = "gdpr"
FULL: Final[tuple[str, ...]] = ()
TABLE: Final[dict[str, tuple[str, list[tuple[str, str, str]]]]] = {
    "GDPR-01": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            ("no report fairness", "missing", "no rates by group"),
            ("report fairness role=training", "missing", "no rates by group"),
            _undeclared("legal_basis"),
            _undeclared("notice_text"),
            ELSEWHERE,
            NOBODY,
            BEFORE,
        ],
    ),
    "GDPR-02": (
        "needs-attestation",
        [
            ("no role training", "missing", "no snapshot of the training data"),
            ("no role evaluation", "missing", "no snapshot of data kept out"),
            _undeclared("purpose"),
            _undeclared("data_source"),
            ELSEWHERE,
            NOBODY,
            BEFORE,
        ],
    ),
    "GDPR-03": (
        "needs-attestation",
        [
            ("no explained model", "missing", "as a whole was not explained"),
            ("no report data", "missing", "no snapshot was profiled"),
            _undeclared("minimisation"),
        ],
    ),
    "GDPR-04": (
        "needs-attestation",
        [
            ("label past-decision", "missing", "not an outcome that was observed"),
            ("label proxy", "missing", "not an outcome that was observed"),
            ("no report data", "missing", "no snapshot was profiled"),
            ("report performance n_labelled=0", "missing", "no performance was recomputed"),
            ("finding recompute.suite.evaluation", "exception", "expectation on the data"),
            ("finding recompute.expectations.e.json", "exception", "expectation on the data"),
            (
                "finding recompute.suite.evaluation and no report performance",
                "exception",
                "expectation on the data",
            ),
            ("gap recompute.suite.evaluation", "needs-attestation", "data are profiled"),
        ],
    ),
    "GDPR-05": (
        "needs-attestation",
        [("no role evaluation", "missing", "no snapshot"), _undeclared("retention"), NOBODY],
    ),
    "GDPR-06": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no items environment", "missing", "no environment"),
            ("no items scan", "missing", "not looked into"),
            _undocumented("access-control"),
            ("finding recompute.scan", "exception", "can run programs"),
            ("finding recompute.scan and no items environment", "exception", "can run programs"),
            ("gap recompute.scan.unread", "needs-attestation", "hashed and looked into"),
        ],
    ),
    "GDPR-07": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no role evaluation", "missing", "no snapshot"),
            ("no fact code.pack", "missing", "the code that trained"),
            ("no fact run.ended", "missing", "the run's times"),
            _undeclared("purpose"),
            _undeclared("owner"),
            ELSEWHERE,
        ],
    ),
    "GDPR-08": (
        "needs-attestation",
        [
            _undeclared("legal_basis"),
            (
                "declared legal_basis=Article 6(1)(f) and no document legitimate-interests",
                "missing",
                "no document on `legitimate-interests`",
            ),
            (
                "declared legal_basis=Legitimate interests and no document legitimate-interests",
                "missing",
                "no document on `legitimate-interests`",
            ),
            ("declared legal_basis=legitimate interests", "needs-attestation", "is declared"),
            ("no document legitimate-interests", "needs-attestation", "a legal basis is declared"),
        ],
    ),
    "GDPR-09": (
        "needs-attestation",
        [
            _undeclared("special_categories"),
            ("no report data", "missing", "no snapshot was profiled"),
            SEES_RACE,
            ("finding recompute.input.sensitive.race and no report data", "exception", "reads"),
            (
                "finding recompute.input.sensitive.race and declared personal_data=no",
                *SEES_RACE[1:],
            ),
            ("finding recompute.input.sensitive.sex_by_race", "exception", "named as sensitive"),
            ("finding recompute.input.sensitive.Age", "needs-attestation", "other than sex or age"),
            ("finding recompute.input.id.customer", "needs-attestation", "is declared"),
        ],
    ),
    "GDPR-10": (
        "needs-attestation",
        [_undeclared("criminal_data"), ("no report data", "missing", "no snapshot was profiled")],
    ),
    "GDPR-11": (
        "needs-attestation",
        [
            ("report fairness numbers=none", "missing", "no rates by group"),
            _undeclared("special_categories"),
            _undeclared("bias_data_safeguards"),
            _undeclared("trait_collection"),
            _undocumented("access-control"),
            ELSEWHERE,
        ],
    ),
    "GDPR-12": (
        "needs-attestation",
        [
            ("no explained decisions", "missing", "no decision was explained"),
            ("no explained changes", "missing", "no decision was computed again on changed inputs"),
            ELSEWHERE,
            NOBODY,
        ],
    ),
    "GDPR-13": ("needs-attestation", [_undocumented("privacy-request-log"), NOBODY]),
    "GDPR-14": (
        "needs-attestation",
        [_undeclared("notice_text"), _undocumented("notice"), ADVISORY, ELSEWHERE, NOBODY],
    ),
    "GDPR-15": (
        "needs-attestation",
        [
            _undeclared("notice_text"),
            _undeclared("data_source"),
            _undocumented("notice"),
            ADVISORY,
            # A score that others draw on can be the decision (C-634/21).
            ("declared automated=score-drawn-on", "needs-attestation", "a notice is named"),
            ("no declared automated", "needs-attestation", "a notice is named"),
        ],
    ),
    "GDPR-16": (
        "needs-attestation",
        [
            ("no explained decisions", "missing", "no decision was explained"),
            ("no items model", "missing", "the model's files"),
            ADVISORY,
            ELSEWHERE,
            NOBODY,
        ],
    ),
    "GDPR-17": ("needs-attestation", [_undocumented("withheld-log"), NOBODY]),
    "GDPR-18": (
        "needs-attestation",
        [
            ("no explained decisions", "missing", "no decision was explained"),
            ("no role evaluation", "missing", "no snapshot"),
            NOBODY,
        ],
    ),
    "GDPR-19": (
        "needs-attestation",
        [
            ("no explained changes", "missing", "no decision was computed again on changed inputs"),
            ("no fact run.started", "missing", "the run's times"),
            NOBODY,
        ],
    ),
    "GDPR-20": ("needs-attestation", [_undocumented("erasure-plan"), NOBODY]),
    "GDPR-21": ("needs-attestation", [_undocumented("objection-process"), NOBODY]),
    "GDPR-22": (
        "needs-attestation",
        [
            _undeclared("automated"),
            ("declared automated=advisory", "needs-attestation", "declared: advisory"),
            ELSEWHERE,
            NOBODY,
        ],
    ),
    "GDPR-23": ("needs-attestation", [_undeclared("art22_ground"), ADVISORY, ELSEWHERE]),
    "GDPR-24": (
        "needs-attestation",
        [
            _undeclared("safeguards"),
            _undocumented("appeal-process"),
            _undocumented("override-log"),
            ADVISORY,
        ],
    ),
    "GDPR-25": (
        "needs-attestation",
        [
            ("no items model", "missing", "the model's files"),
            ("no fact run.params", "missing", "logged no parameters"),
            ("no report data", "missing", "no snapshot was profiled"),
            _undeclared("special_categories"),
            SEES_RACE,
            (
                "finding recompute.input.sensitive.race and declared automated=advisory",
                *SEES_RACE[1:],
            ),
            ADVISORY,
        ],
    ),
    "GDPR-26": (
        "needs-attestation",
        [_undeclared("privacy_design"), ("no items source", "missing", "the code that trained")],
    ),
    "GDPR-27": ("needs-attestation", [_undocumented("processing-record"), NOBODY]),
    "GDPR-28": (
        "needs-attestation",
        [
            _undocumented("dpia"),
            ("document dpia model_version=2", "exception", "and this one is 3"),
            ("document dpia model_version=2 and declared personal_data=no", "exception", "is 3"),
            ("document dpia model_version=", "missing", "with the model version"),
            ("document dpia sha256=", "missing", "with its digest"),
            ("document dpia dated=2026-10-02", "exception", "on or before 2026-10-01"),
            ("document dpia dated=2026-10-01", "needs-attestation", "assessment of version 3"),
            ("no declared approved_on", "needs-attestation", "assessment of version 3"),
        ],
    ),
    "GDPR-29": ("needs-attestation", [_undocumented("prior-consultation"), NOBODY]),
    "GDPR-30": (
        "needs-attestation",
        [
            ("no explained decisions", "missing", "no decision was explained"),
            ("no report performance", "missing", "no performance was recomputed"),
            ("no report fairness", "missing", "no rates by group"),
            ELSEWHERE,
        ],
    ),
}
