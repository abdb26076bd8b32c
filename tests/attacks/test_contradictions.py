"""Records that contradict each other, signed with the right key: each by its own check.

`refused` first has the untouched bundle pass; `test_accepts_…` signs it anew as the twin.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import card_of
from tests.support.pinned import failures, refused, trust_in

from affidavit.bundle import canonical, layout
from affidavit.commit_record import COMMIT_JSON
from affidavit.run_record import METRICS, PARAMS, RUN
from affidavit.verify import Verdict, verify_bundle

PERFORMANCE = "data/reports/performance.json"
HOLD = "recompute.hold.01.selection_rate_ratio"
LOGGED = "recompute.logged.004.selection_rate"
Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    """A bundle with a run, a commit, a missed threshold and a metric that differs."""
    return BundleBuilder(tmp_path_factory.mktemp("told"), is_told=True)


def forged(told: BundleBuilder, changes: dict[str, Change], *, retell: bool = True) -> Path:
    """The bundle with these JSON files changed, the card made to follow, and signed again."""
    entries = dict(told.entries)
    for path, change in changes.items():
        value = json.loads(entries[path])
        change(value)
        entries[path] = canonical.dumps(value)
    if retell:
        entries[layout.CARD_JSON] = card_of(entries)
    return told.pack(told.repaired(list(entries.items()), "resign"))


def on_card(told: BundleBuilder, change: Change) -> Verdict:
    return refused(told, forged(told, {layout.CARD_JSON: change}, retell=False))


def said(verdict: Verdict, check_id: str) -> tuple[str | None, str | None]:
    check = next(c for c in verdict.failed if c.id == check_id)
    return check.expected, check.found


def nothing(_value: Any) -> None:
    """Changes nothing."""


@pytest.mark.parametrize(
    "path", [layout.CARD_JSON, layout.EVIDENCE, PERFORMANCE, METRICS, COMMIT_JSON]
)
def test_accepts_the_same_records_signed_anew(told: BundleBuilder, path: str) -> None:
    verdict = verify_bundle(forged(told, {path: nothing}), trust=trust_in(told))

    assert verdict.exit_code == 0
    assert {
        verdict[i].status
        for i in ("card", "favourable", "hold", "logged-number", "provenance-record")
    } == {"passed"}


# ---- the card


def ratio_of(card: Any) -> Any:
    return next(n for n in card["numbers"] if "/selection_rate_ratio/" in n["id"])


def drop_n(card: Any) -> None:
    ratio_of(card)["value"] = 0.99
    del ratio_of(card)["n"]


@pytest.mark.parametrize(
    "change",
    [
        drop_n,
        lambda card: card.pop("findings"),
        lambda card: card.pop("controls"),
        lambda card: card.pop("numbers"),
        lambda card: card.update(page_one={"clean": True}),
        lambda card: card.update(approved=True),
        lambda card: card["page_one"]["lines"][0].update(status="Evidenced"),
    ],
    ids=["no-n", "no-findings", "no-controls", "no-numbers", "page-one", "extra-key", "status"],
)
def test_refuses_a_card_of_another_form(told: BundleBuilder, change: Change) -> None:
    verdict = on_card(told, change)

    assert failures(verdict)[0] == ("record", layout.CARD_JSON)
    assert verdict["record"].expected == "affidavit/card version 1"


def test_refuses_a_card_with_another_value(told: BundleBuilder) -> None:
    honest = ratio_of(json.loads(told.read(layout.CARD_JSON)))["value"]

    verdict = on_card(told, lambda card: ratio_of(card).update(value=0.99))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert said(verdict, "card") == (str(honest), "0.99")


def test_refuses_a_card_without_one_of_the_numbers(told: BundleBuilder) -> None:
    verdict = on_card(told, lambda card: card["numbers"].remove(ratio_of(card)))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert verdict["card"].found == "not there"


@pytest.mark.parametrize("key", ["findings", "numbers"])
def test_refuses_a_card_whose_lists_were_emptied(told: BundleBuilder, key: str) -> None:
    verdict = on_card(told, lambda card: card.update({key: []}))

    assert set(failures(verdict)) == {("card", layout.CARD_JSON)}


def test_refuses_a_card_that_invents_a_control(told: BundleBuilder) -> None:
    control = {"catalog": "sr", "as_of": "2026-11-23", "control": "SR-1", "status": "evidenced"}

    verdict = on_card(told, lambda card: card["controls"].append(control))

    assert said(verdict, "card") == ("no others", "sr SR-1 evidenced 2026-11-23")


@pytest.mark.parametrize(
    ("word", "honest"), [("equal", 3), ("different", 1), ("not_recomputable", 0)]
)
def test_refuses_other_totals_of_logged_metrics(
    told: BundleBuilder, word: str, honest: int
) -> None:
    verdict = on_card(told, lambda card: card["logged"].update({word: 99}))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert said(verdict, "card") == (str(honest), "99")


def test_refuses_a_card_about_another_subject(told: BundleBuilder) -> None:
    verdict = on_card(told, lambda card: card["subject"].update(run_id=None))

    assert failures(verdict) == [("card", layout.CARD_JSON)]


def test_refuses_a_page_one_without_a_finding(told: BundleBuilder) -> None:
    verdict = on_card(told, lambda card: card["page_one"]["lines"].pop(0))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert LOGGED in verdict["card"].what or HOLD in verdict["card"].what
    assert said(verdict, "card") == ("there", "not there")


def test_refuses_a_page_one_that_softens_a_finding(told: BundleBuilder) -> None:
    verdict = on_card(
        told, lambda card: card["page_one"]["lines"][0].update(text="All thresholds hold.")
    )

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert verdict["card"].found == "All thresholds hold."


def test_refuses_a_page_one_that_calls_an_exception_missing(told: BundleBuilder) -> None:
    def soften(card: Any) -> None:
        for line in card["page_one"]["lines"]:
            line["status"] = "Missing"

    assert said(on_card(told, soften), "card") == ("Exception", "Missing")


@pytest.mark.parametrize(
    ("field", "text"),
    [("shown", "0.990"), ("interval", "0.980 to 0.995"), ("interval", ""), ("n", "4,000")],
)
def test_refuses_a_page_one_that_prints_another_number(
    told: BundleBuilder, field: str, text: str
) -> None:
    verdict = on_card(told, lambda card: card["page_one"]["key_numbers"][0].update({field: text}))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert verdict["card"].found == (text or "none")


def test_refuses_a_card_without_its_record(told: BundleBuilder) -> None:
    verdict = refused(told, told.drop(layout.CARD_JSON, "resign"))

    assert failures(verdict) == [("card", layout.CARD_JSON)]


# ---- thresholds


def without(finding_id: str) -> Change:
    def drop(evidence: Any) -> None:
        evidence["findings"] = [f for f in evidence["findings"] if f["id"] != finding_id]

    return drop


def test_refuses_a_missed_threshold_without_its_finding(told: BundleBuilder) -> None:
    """Taken out of evidence and card alike; the configuration and the numbers still say it."""
    verdict = refused(told, forged(told, {layout.EVIDENCE: without(HOLD)}))

    assert failures(verdict) == [("hold", layout.EVIDENCE)]
    assert HOLD in verdict["hold"].what
    expected, found = said(verdict, "hold")
    assert found == "no finding"
    assert expected is not None
    assert expected.startswith("exception: expected at least 1.05, found 1.0")


@pytest.mark.parametrize(("field", "text"), [("kind", "gap"), ("found", "1.1"), ("expected", "0")])
def test_refuses_a_finding_that_makes_less_of_a_missed_threshold(
    told: BundleBuilder, field: str, text: str
) -> None:
    def soften(evidence: Any) -> None:
        next(f for f in evidence["findings"] if f["id"] == HOLD)[field] = text

    assert failures(refused(told, forged(told, {layout.EVIDENCE: soften}))) == [
        ("hold", layout.EVIDENCE)
    ]


# ---- which way round


def test_refuses_a_card_that_turns_the_favourable_outcome_round(told: BundleBuilder) -> None:
    def turn(card: Any) -> None:
        said = card["page_one"]["direction"]
        card["page_one"]["direction"] = said.replace("deny = no is taken", "deny = yes is taken")

    verdict = on_card(told, turn)

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert "which way round fairness is read" in verdict["card"].what


@pytest.mark.parametrize(
    ("key", "finding"),
    [("favourable", "recompute.favourable"), ("column", "recompute.favourable-meaning")],
)
def test_refuses_an_outcome_to_ask_about_without_its_finding(
    told: BundleBuilder, key: str, finding: str
) -> None:
    """The configuration has it upside down, or as a code without words; no finding says so."""
    entries = dict(told.entries)
    other = {"favourable": b'favourable = "yes"', "column": b'column = "y"'}[key]
    honest = {"favourable": b'favourable = "no"', "column": b'column = "deny"'}[key]
    entries[layout.CONFIG] = entries[layout.CONFIG].replace(honest, other)
    entries[layout.CARD_JSON] = card_of(entries)

    verdict = refused(told, told.pack(told.repaired(list(entries.items()), "resign")))

    assert ("favourable", layout.EVIDENCE) in failures(verdict)
    assert finding in verdict["favourable"].what


# ---- logged metrics


def metric(key: str, value: float) -> Change:
    return lambda said: next(m for m in said["metrics"] if m["key"] == key).update(value=value)


def logged(key: str, **fields: Any) -> Change:
    return lambda report: next(m for m in report["logged"] if m["key"] == key).update(fields)


def test_refuses_another_value_in_the_log(told: BundleBuilder) -> None:
    honest = next(m for m in json.loads(told.read(METRICS))["metrics"] if m["key"] == "accuracy")

    verdict = refused(told, forged(told, {METRICS: metric("accuracy", 0.99)}))

    assert failures(verdict) == [("logged-number", PERFORMANCE)]
    assert said(verdict, "logged-number") == ("0.99", str(honest["value"]))


@pytest.mark.parametrize("key", ["accuracy", "recall", "precision_score"])
def test_refuses_an_equal_that_is_not(told: BundleBuilder, key: str) -> None:
    """Value raised in the log and the report alike, the verdict left as it was."""
    changes = {METRICS: metric(key, 0.99), PERFORMANCE: logged(key, value=0.99)}

    verdict = refused(told, forged(told, changes))

    assert failures(verdict)[0] == ("logged-number", PERFORMANCE)
    assert said(verdict, "logged-number") == ("different", "equal")


def test_refuses_a_logged_value_raised_in_the_report_alone(told: BundleBuilder) -> None:
    verdict = refused(told, forged(told, {PERFORMANCE: logged("accuracy", value=0.99)}))

    assert failures(verdict) == [("logged-number", PERFORMANCE)]
    assert verdict["logged-number"].found == "0.99"


@pytest.mark.parametrize("verdict_word", ["equal", "not-recomputable"])
def test_refuses_a_difference_called_otherwise(told: BundleBuilder, verdict_word: str) -> None:
    """With its finding taken out of evidence and card."""
    changes = {
        PERFORMANCE: logged("selection_rate", verdict=verdict_word),
        layout.EVIDENCE: without(LOGGED),
    }

    verdict = refused(told, forged(told, changes))

    assert failures(verdict) == [("logged-number", PERFORMANCE)]
    assert said(verdict, "logged-number") == ("different", verdict_word)


def test_refuses_a_difference_without_its_finding(told: BundleBuilder) -> None:
    verdict = refused(told, forged(told, {layout.EVIDENCE: without(LOGGED)}))

    assert failures(verdict) == [("logged-number", layout.EVIDENCE)]
    assert LOGGED in verdict["logged-number"].what


def test_refuses_a_logged_metric_left_out_of_the_report(told: BundleBuilder) -> None:
    verdict = refused(told, forged(told, {PERFORMANCE: lambda r: r["logged"].pop(0)}))

    assert ("logged-number", PERFORMANCE) in failures(verdict)
    assert verdict["logged-number"].found == "not logged"


def test_refuses_a_logged_metric_beside_another_number(told: BundleBuilder) -> None:
    other = "performance/evaluation/precision"

    verdict = refused(told, forged(told, {PERFORMANCE: logged("accuracy", number=other)}))

    assert failures(verdict) == [("logged-number", PERFORMANCE)]
    assert (verdict["logged-number"].found or "").startswith(other)


# ---- commit and run


@pytest.mark.parametrize(
    ("change", "fact", "found"),
    [
        (lambda c: c.update(commit="0" * 40), "code.commit", "0" * 40),
        (lambda c: c["author"].update(name="Eve"), "code.author", "Eve <ada@bank.example>"),
        (lambda c: c["author"].update(date="2027-01-01T00:00:00+00:00"), "code.date",
         "2027-01-01T00:00:00+00:00"),
    ],
    ids=["commit", "author", "date"],
)  # fmt: skip
def test_refuses_a_commit_that_the_provenance_does_not_name(
    told: BundleBuilder, change: Change, fact: str, found: str
) -> None:
    verdict = refused(told, forged(told, {COMMIT_JSON: change}))

    assert failures(verdict) == [("provenance-record", COMMIT_JSON)]
    assert verdict["provenance-record"].what.startswith(fact)
    assert verdict["provenance-record"].found == found


@pytest.mark.parametrize("path", [PARAMS, METRICS, RUN, COMMIT_JSON])
def test_refuses_an_unknown_key(told: BundleBuilder, path: str) -> None:
    verdict = refused(told, forged(told, {path: lambda value: value.update(approved=True)}))

    assert failures(verdict)[0] == ("record", path)


def test_refuses_a_parameter_that_was_added(told: BundleBuilder) -> None:
    verdict = refused(told, forged(told, {PARAMS: lambda p: p["params"].update(fair="yes")}))

    assert failures(verdict) == [("provenance-record", PARAMS)]
    assert said(verdict, "provenance-record") == ("1", "2")


def test_refuses_a_declared_fact_that_affidavit_toml_does_not_have(told: BundleBuilder) -> None:
    rule = {
        "id": "decision.beside", "kind": "declarations", "value": "a second pair of eyes",
        "basis": "declared", "source": "affidavit.toml: [decision] beside",
    }  # fmt: skip

    def add(evidence: Any) -> None:
        evidence["provenance"] = sorted([*evidence["provenance"], rule], key=lambda f: f["id"])

    verdict = refused(told, forged(told, {layout.EVIDENCE: add}))

    assert ("declared", layout.EVIDENCE) in failures(verdict)
    assert said(verdict, "declared")[0] == "nothing"


def test_refuses_a_run_of_another_version(told: BundleBuilder) -> None:
    verdict = refused(told, forged(told, {RUN: lambda r: r["model_version"].update(version="9")}))

    assert failures(verdict) == [("provenance-record", RUN)]
    assert said(verdict, "provenance-record") == (
        "credit-risk, version 3",
        "credit-risk, version 9",
    )
