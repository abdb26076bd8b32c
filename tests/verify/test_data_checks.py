"""What a signer could say otherwise of data checks; each is refuted, and the untouched twin holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import failures, trust_in
from tests.support.suites import RESULT, ROLE, STORED, SUITE, stored, suite

from affidavit.bundle import canonical, layout
from affidavit.verify import Verdict, verify_bundle

DATA = f"{layout.REPORTS}/data.json"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    return CountedBuilder(tmp_path_factory.mktemp("checks"), is_checked=True)


def forged(builder: CountedBuilder, *without: str, **changes: Change) -> Verdict:
    """The bundle with some files left out and some records changed, all else made to fit again."""
    paths = {"evidence": layout.EVIDENCE, "data": DATA, "result": RESULT}
    entries = [(n, c) for n, c in builder.entries if n not in without]
    for key, change in changes.items():
        entries = [(n, _changed(c, change) if n == paths[key] else c) for n, c in entries]
    bundle: Path = builder.pack(builder.repaired(builder._retold(entries), "resign"))
    return verify_bundle(bundle, trust=trust_in(builder))


def _changed(content: bytes, change: Change) -> bytes:
    value = json.loads(content)
    change(value)
    return canonical.dumps(value)


def without_finding(finding_id: str) -> Change:
    def change(evidence: dict[str, Any]) -> None:
        evidence["findings"] = [f for f in evidence["findings"] if f["id"] != finding_id]

    return change


def with_gap(finding_id: str, stage: str) -> Change:
    def change(evidence: dict[str, Any]) -> None:
        gap = {"id": finding_id, "kind": "gap", "stage": stage, "what": "not run", "fix": "run it"}
        others = [f for f in evidence["findings"] if f["id"] != finding_id]
        evidence["findings"] = sorted([*others, gap], key=lambda f: f["id"])

    return change


def only_note(report: dict[str, Any]) -> None:
    report["notes"] = [n for n in report["notes"] if "as stored" in n]


def test_accepts_what_a_build_says_of_its_data_checks(checked: CountedBuilder) -> None:
    verdict = verify_bundle(checked.path, trust=trust_in(checked))

    assert verdict.exit_code == 0
    assert verdict["data-check"].status == "passed"


@pytest.mark.parametrize("finding", ["recompute.suite.", "recompute.expectations."])
def test_refuses_a_failed_expectation_without_its_finding(
    checked: CountedBuilder, finding: str
) -> None:
    verdict = forged(checked, evidence=without_finding(finding + ROLE))

    assert failures(verdict) == [("data-check", layout.EVIDENCE)]
    assert verdict["data-check"].what == (
        f"the finding {finding}{ROLE} does not follow from the record"
    )


def test_refuses_a_result_without_the_expectation_that_failed(checked: CountedBuilder) -> None:
    def change(result: dict[str, Any]) -> None:
        del result["results"][1]

    verdict = forged(checked, result=change, evidence=without_finding(f"recompute.suite.{ROLE}"))

    said = {c.what: (c.expected, c.found) for c in verdict.failed}
    what = f"{RESULT} does not have every expectation of its suite, in order"
    assert said[what] == ("2 expectations", "1 results")


def test_refuses_a_failure_that_was_turned_into_a_success(checked: CountedBuilder) -> None:
    verdict = forged(checked, result=lambda r: r["results"][1].update(success=True))

    assert ("data-check", layout.EVIDENCE) in failures(verdict)
    assert "the data report leaves out what a data check found" in {c.what for c in verdict.failed}


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["results"][0].update(raised=True),
        lambda r: r["results"][0].update(unexpected_count=401),
    ],
    ids=["held-and-raised", "more-than-all"],
)
def test_refuses_a_result_that_cannot_be(checked: CountedBuilder, change: Change) -> None:
    verdict = forged(checked, result=change)

    assert f"{RESULT}: result 1 cannot be" in {c.what for c in verdict.failed}


def test_refuses_a_finding_that_names_other_columns(checked: CountedBuilder) -> None:
    def change(evidence: dict[str, Any]) -> None:
        (finding,) = [f for f in evidence["findings"] if f["id"] == f"recompute.suite.{ROLE}"]
        finding["what"] = finding["what"].replace("income", "nothing of note")

    verdict = forged(checked, evidence=change)

    assert [c.what for c in verdict.failed] == [
        f"the finding recompute.suite.{ROLE} says something else than the result"
    ]


def test_refuses_a_note_left_out(checked: CountedBuilder) -> None:
    verdict = forged(checked, data=only_note)

    assert [c.what for c in verdict.failed] == [
        "the data report leaves out what a data check found"
    ]


def test_refuses_a_suite_without_result_and_accepts_it_with_a_gap(checked: CountedBuilder) -> None:
    finding = f"recompute.suite.{ROLE}"
    bare = forged(checked, RESULT, evidence=without_finding(finding), data=only_note)
    told = forged(checked, RESULT, evidence=with_gap(finding, "recompute"), data=only_note)

    assert [c.what for c in bare.failed] == [
        f"the suite of {ROLE} was not run, and no gap says why"
    ]
    assert told.exit_code == 0


def test_refuses_a_gap_beside_a_result(checked: CountedBuilder) -> None:
    finding = f"recompute.suite.{ROLE}"
    verdict = forged(checked, evidence=with_gap(finding, "recompute"))

    assert f"the finding {finding} does not follow from the record" in {
        c.what for c in verdict.failed
    }


def test_refuses_a_suite_left_out_and_accepts_it_with_a_gap(checked: CountedBuilder) -> None:
    finding = f"recompute.suite.{ROLE}"

    def gap(evidence: dict[str, Any]) -> None:
        without_finding(finding)(evidence)
        with_gap(f"code.suite.{ROLE}", "resolve")(evidence)

    bare = forged(checked, RESULT, SUITE, evidence=without_finding(finding), data=only_note)
    told = forged(checked, RESULT, SUITE, evidence=gap, data=only_note)

    assert [c.what for c in bare.failed] == [f"the suite of {ROLE} is left out"]
    assert told.exit_code == 0


def test_refuses_a_result_of_no_suite(checked: CountedBuilder) -> None:
    verdict = forged(checked, SUITE, evidence=with_gap(f"code.suite.{ROLE}", "resolve"))

    assert f"{RESULT} is the result of no suite" in {c.what for c in verdict.failed}


def test_refuses_another_suite_than_that_of_the_commit(checked: CountedBuilder) -> None:
    bundle = checked.replace(SUITE, suite(description="milder"), "resign")
    verdict = verify_bundle(bundle, trust=trust_in(checked))

    assert [c.what for c in verdict.failed] == [
        f"the suite of {ROLE} is not gx/evaluation.json of the commit"
    ]


def test_refuses_a_stored_result_made_better(checked: CountedBuilder) -> None:
    better = stored().replace(b"false", b"true")
    verdict = verify_bundle(checked.replace(STORED, better, "resign"), trust=trust_in(checked))

    assert ("data-check", layout.EVIDENCE) in failures(verdict)
