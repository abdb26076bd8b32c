"""Explanations agree with themselves and with the bundle; what does not follow is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bundles import BundleBuilder
from tests.support.explanations import (
    BASE,
    EXPLAIN_TOML,
    METHOD,
    Applicant,
    decisions,
    explainability,
    log_odds,
)
from tests.support.payloads import AFFIDAVIT_TOML

from affidavit.bundle import layout
from affidavit.config import Config
from affidavit.evidence import Evidence, Subject
from affidavit.explanation_record import (
    Attribution,
    Decision,
    Decisions,
    Explainability,
    Reason,
    Reasons,
)
from affidavit.toml_reader import read_config
from affidavit.verify import read_keys, read_trust, verify_bundle
from affidavit.verify.explained_changes import change_faults
from affidavit.verify.explained_decisions import decision_faults, sum_faults
from affidavit.verify.explained_findings import finding_faults
from affidavit.verify.explained_form import form_faults, own_faults
from affidavit.verify.explained_parts import part_faults
from affidavit.verify.explained_reasons import reason_faults

FINAL = AFFIDAVIT_TOML.replace(b"threshold = 0.25", b'threshold = 0.25\ncolumn = "final"')
CONFIG = read_config(FINAL + EXPLAIN_TOML.encode(), "affidavit.toml")
STATUSES = ("issued", "favourable", "protected", "none", "other")
SCORES = (0.6, 0.2, 0.9, 0.28, 0.5)
EMPTY = Evidence(subject=Subject(name="m", version="1"))
R = TypeVar("R", Decisions, Explainability)
Changes = Callable[[dict[str, Any]], None]


def _single() -> Decisions:
    return decisions([
        Applicant(row_id=f"r{i}", score=score, status=status)
        for i, (status, score) in enumerate(zip(STATUSES, SCORES, strict=True))
    ])  # fmt: skip


def _said(single: Decisions, whole: Explainability | None = None, config: Config = CONFIG) -> str:
    whole = whole or explainability()
    found = (
        *own_faults(whole, single, config), *part_faults(whole), *sum_faults(single),
        *decision_faults(single, config), *reason_faults(single, whole, config),
        *change_faults(single, config),
    )  # fmt: skip
    return "; ".join(f.what for f in found)


def _changed(record: R, change: Changes) -> R:
    value = record.model_dump(mode="json")
    change(value)
    return type(record).model_validate(value, strict=False)


def _one(place: int, **fields: Any) -> Changes:
    return lambda record: record["decisions"][place].update(fields)


def _within(place: int, *path: str | int, **fields: Any) -> Changes:
    def change(record: dict[str, Any]) -> None:
        found: Any = record["decisions"][place]
        for step in path:
            found = found[step]
        found.update(fields)

    return change


def _status(place: int, status: str, **more: Any) -> Changes:
    said = {"status": status, "method": METHOD, "reasons": [], "protected": [], **more}
    return _one(place, reasons=said)


def _drop_reason(record: dict[str, Any]) -> None:
    del record["decisions"][0]["reasons"]["reasons"][1]


def _next_in_place(record: dict[str, Any]) -> None:
    """The protected mover is left out, and the next ones given in its place."""
    one = record["decisions"][2]
    moved = {a["feature"]: a["value"] for a in one["attributions"]}
    total = sum(v for v in moved.values() if v > 0)
    debts = moved["income"] + moved["debt_ratio"]
    one["reasons"].update(status="issued", protected=[], reasons=[
        {"code": "R01", "text": "Your debts are high beside your income",
         "features": ["income", "debt_ratio"], "value": debts, "share": debts / total},
        {"code": None, "text": "loan_term", "features": ["loan_term"],
         "value": moved["loan_term"], "share": moved["loan_term"] / total},
    ])  # fmt: skip


def test_what_is_consistent_passes() -> None:
    assert _said(_single()) == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_within(0, "attributions", 1, value=0.0), "decision 1: its attributions do not add up"),
        (_one(0, output=1.0), "decision 1: its output is not its score on the scale log-odds"),
        (_within(0, "attributions", 1, error=0.1), "is less certain than the record says"),
        (lambda r: r.pop("background"), "nothing says against which background"),
        (_one(0, score=0.2), "decision 1 is decided against its threshold"),
        (_one(0, threshold=0.4), "decision 1: its threshold is none that"),
        (_one(0, label="no"), "decision 1 is decided against its threshold"),
        (_one(0, is_adverse=False), "decision 1 is adverse or not"),
        (_one(1, row_id="r0"), "explains a row twice"),
        (_one(0, chosen=["given"]), "decision 1 is not among the rows that a build chooses"),
        (_one(0, chosen=["named"]), "decision 1 is named or not"),
        (_one(0, group={"race": "x"}), "decision 1 is of a group that"),
        (_one(0, inputs=[]), "decision 1: its inputs are not those of the model"),
        (_within(0, "attributions", 1, feature="income"), "its attributions are not those of"),
        (lambda r: r.update(of="no"), "differ on of"),
        (lambda r: r.update(scale="score"), "differ on scale"),
        (_drop_reason, "decision 1: a principal reason is left out (history)"),
        (_within(0, "reasons", "reasons", 0, value=0.9), "is not what its features moved towards"),
        (_within(0, "reasons", "reasons", 0, share=0.9), "reason 1: its share does not follow"),
        (_within(0, "reasons", "reasons", 0, code="R02"), "reason 1 has another code than"),
        (_within(0, "reasons", "reasons", 0, text="Sorry"), "reason 1 has other words than"),
        (
            _within(0, "reasons", "reasons", 0, features=["weather"]),
            "reason 1, is about nothing that moved the score there",
        ),
        (_within(0, "reasons", "reasons", 1, features=["history", "loan_term"]),
         "reason 2 is about other features than moved the score there by its code"),
        (lambda r: r["decisions"][0]["reasons"]["reasons"].reverse(), "not in the order"),
        (_next_in_place, "decision 3: a principal reason is left out (group)"),
        (_status(0, "none"), "decision 1: something moved the score towards the adverse decision"),
        (_status(0, "favourable"), "decision 1: its reasons are favourable"),
        (_status(0, "other"), "decision 1: its reasons are other"),
        (_status(0, "issued"), "decision 1 has no reason, though they are issued"),
        (_status(0, "protected", protected=["group"]), "decision 1: no protected attribute is"),
        (_status(2, "protected"), "decision 3 names protected attributes, or not"),
        (_status(2, "protected", protected=["income"]), "names a protected attribute that did not"),
        (_status(1, "none"), "decision 2: its reasons are none"),
        (_status(4, "issued"), "decision 5: its reasons are issued"),
        (_within(1, "reasons", reasons=[{"code": None, "text": "t", "features": ["income"],
                                         "value": 1.0, "share": 1.0}]),
         "decision 2 has reasons, though none are due"),
        (_one(0, attributions=[]), "decision 1 has reasons that follow from no attribution"),
        (_within(0, "counterfactuals", 0, score=0.3), "counterfactual 1 does not turn the"),
        (_within(0, "counterfactuals", 0, decision="yes"), "counterfactual 1 does not turn the"),
        (_within(0, "counterfactuals", 0, decision="maybe", score=0.7), "does not turn the"),
        (_within(0, "counterfactuals", 0, "changes", 0, was=0.4), "begins at another 'debt_ratio'"),
        (_within(0, "counterfactuals", 0, "changes", 0, now=0.5), "changes 'debt_ratio' into its"),
        (_within(0, "counterfactuals", 0, "changes", 0, now=0.7), "which only falls"),
        (_within(0, "counterfactuals", 0, "changes", 0, column="past_default", was=False,
                 now=True), "which stays as it is"),
        (_within(0, "counterfactuals", 0, "changes", 0, column="group", was="b", now="a"),
         "changes 'group', which stays as it is"),
        (_within(0, "counterfactuals", 0, "changes", 0, column="income", was=300.0, now=901.0),
         "which stays within its bounds"),
        (_within(0, "counterfactuals", 1, "changes", 1, column="debt_ratio", was=0.5, now=0.1),
         "counterfactual 2 changes an input twice"),
        (_one(0, none_found="tried"), "has counterfactuals, and says that there is none"),
        (_one(1, none_found=None), "decision 2 has no counterfactual, and nothing says why"),
        (_one(1, label="", is_adverse=None), "decision 2 has a threshold, and no decision"),
        (_one(3, attributions=[]), "decision 4 has no attributions, and nothing says why"),
        (lambda r: [r.pop("quality"), r.pop("lacking")] + [o.pop("attributions") for o in
                                                            r["decisions"]],
         "decision 2 has no attributions, and nothing says why"),
        (_within(0, "counterfactuals", 0, "changes", 0, now=None), "which is not set to missing"),
        (_within(0, "counterfactuals", 0, "changes", 0, column="income", was=300.0, now="much"),
         "which stays within its bounds"),
    ],
)  # fmt: skip
def test_names_what_does_not_follow_in_decisions(change: Changes, fault: str) -> None:
    assert fault in _said(_changed(_single(), change))


def _part(place: int, **fields: Any) -> Changes:
    return lambda r: r["decompositions"][0]["parts"][place].update(fields)


def _of(part: str, place: int, **fields: Any) -> Changes:
    return lambda r: r[part][place].update(fields)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_part(0, value=0.5), "its parts and the rest do not add up to it"),
        (_of("decompositions", 1, difference=0.5), "its parts and the rest do not add up to it"),
        (_of("decompositions", 1, scale="log-odds"), "is on another scale"),
        (_of("decompositions", 0, attribute="sex"), "which data/config/affidavit.toml does not"),
        (_of("decompositions", 0, against={"group": "b"}), "does not compare two groups of group"),
        (_of("decompositions", 0, n=35), "is of other rows than the means of group = b"),
        (_of("decompositions", 0, difference=None, parts=[]), "has no value, and no reason why"),
        (lambda r: r["decompositions"].append(r["decompositions"][0]), "stands 2 times"),
        (lambda r: r["groups"][0]["attributions"][1].update(value=0.5),
         "the part of 'debt_ratio' is not the difference of the means"),
        (lambda r: r["groups"].append(r["groups"][0]), "the means of group = a stand 2 times"),
        (_of("importance", 0, feature="weather"), "importance speaks of 'weather'"),
        (_of("importance", 1, feature="income"), "the importance of 'income' stands 2 times"),
        (_of("importance", 0, loss={"value": None}), "has no value, and no reason why"),
        (_of("features", 0, columns=["loan_term"]), "the input 'loan_term' is explained 2 times"),
        (_of("features", 0, columns=[]), "a feature is made of no input"),
        (_of("features", 2, columns=["late_payments"]), "is made of other inputs than"),
        (_of("proxies", 0, stands_out=False), "the proxy all features for group stands out or not"),
        (_of("second", 0, agrees=False), "a second opinion agrees or not, against its own"),
        (lambda r: r["surrogate"].update(leaves=9), "more leaves than its depth allows"),
        (_of("proxies", 0, stands_out=None), "the proxy all features for group stands out or not"),
        (_of("proxies", 0, auc={"value": 1.0}, stands_out=False), "stands out or not"),
        (_of("proxies", 0, chance=None), "stands out or not, and has no area or no chance"),
        (_of("proxies", 0, chance=1.2), "chance is no area"),
        (_of("proxies", 0, n=401), "the proxy all features for group: more rows than there are"),
        (_of("proxies", 0, auc={"value": 0.9, "low": 0.63, "high": 0.74}), "outside its interval"),
        (_of("proxies", 0, auc={"value": 1.3}), "the proxy all features for group is no such"),
        (_of("importance", 0, mean_absolute={"value": -0.1}), "mean_absolute of income is no such"),
        (_of("importance", 0, mean_absolute={"value": None, "reason": "lost", "low": 0.1}),
         "mean_absolute of income has an interval and no value"),
        (_of("importance", 0, repeats_high=0.0205), "the loss of income is not among its repeats"),
        (lambda r: r["surrogate"]["agreement"].update(value=1.2, high=None), "is no such number"),
        (lambda r: r["surrogate"].update(fidelity={"value": None}), "has no value, and no reason"),
        (lambda r: r["curves"][0]["points"][0].update(low=9.0), "the curve of debt_ratio is out"),
        (lambda r: r["curves"][1]["points"][0].update(value=9.0), "the curve of debt_ratio is out"),
        *((lambda r, p=p: r[p].append(r[p][0]), "stands 2 times")
          for p in ("curves", "interactions", "proxies", "probes")),
        (_part(0, low=0.2), "the part of 'income' is outside its interval"),
        (_of("probes", 0, flips=101), "turns more decisions than it has rows"),
        (_of("probes", 0, n=401), "sensitivity: more rows than there are"),
        (_of("probes", 0, median=0.02), "change by more than the largest change"),
        (_of("groups", 0, n=80), "the groups by group: more rows than there are"),
        (_of("groups", 0, n=9), "a group too small to show has mean attributions"),
        (_of("groups", 0, n=9), "a group too small to show has a difference split"),
    ],
)  # fmt: skip
def test_names_what_does_not_follow_in_the_whole(change: Changes, fault: str) -> None:
    assert fault in _said(_single(), _changed(explainability(), change))


def _explained(values: list[float]) -> Decisions:
    """One denied row with these attributions and the reasons that the rule gives, by hand."""
    names = ("income", "debt_ratio", "history", "loan_term")
    output = BASE + sum(values)
    score = 1 / (1 + pow(2.718281828459045, -output))
    codes = {"income": "R01", "debt_ratio": "R01", "history": "R02", "loan_term": None}
    words = {"R01": "Your debts are high beside your income",
             "R02": "Payments were late, or a loan was not repaid"}  # fmt: skip
    moved: dict[str, float] = {}
    tops: dict[str, float] = {}
    about: dict[str, tuple[str, ...]] = {}
    for name, value in zip(names, values, strict=True):
        if value > 0:
            key = codes[name] or name
            moved[key] = moved.get(key, 0.0) + value
            tops[key] = max(tops.get(key, 0.0), value)
            about[key] = (*about.get(key, ()), name)
    total = sum(moved.values())
    listed = tuple(
        Reason(code=k if k in words else None, text=words.get(k, k), features=about[k], value=v,
               share=v / total)
        for k, v in sorted(moved.items(), key=lambda m: -tops[m[0]])[:2]
    )  # fmt: skip
    base = _single().decisions[0]
    one = base.model_copy(update={
        "score": score, "output": log_odds(score), "counterfactuals": (), "none_found": "none",
        "attributions": tuple(
            Attribution(feature=f, value=v) for f, v in (*zip(names, values, strict=True),
                                                         ("group", 0.0))
        ),
        "reasons": Reasons(status="issued" if listed else "none", method=METHOD, reasons=listed),
    })  # fmt: skip
    return _single().model_copy(update={"decisions": (one,)})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-30, 40), min_size=4, max_size=4).filter(lambda v: sum(v) >= 0))
def test_takes_what_the_rule_gives_and_refutes_every_reason_left_out(values: list[int]) -> None:
    single = _explained([v / 20 for v in values])

    assert _said(single) == ""
    one: Decision = single.decisions[0]
    for place in range(len(one.reasons.reasons)):
        fewer = tuple(r for i, r in enumerate(one.reasons.reasons) if i != place)
        less = one.model_copy(update={"reasons": one.reasons.model_copy(update={"reasons": fewer})})
        assert _said(single.model_copy(update={"decisions": (less,)})) != ""


def test_a_reason_without_a_code_has_its_features_name() -> None:
    single = _explained([-0.1, 0.1, 0.1, 0.7])
    other = _changed(single, _within(0, "reasons", "reasons", 0, text="You smoke"))

    assert _said(single) == ""
    assert "reason 1 has no code, and not its feature's name" in _said(other)


def test_no_list_is_given_where_a_protected_attribute_is_level_with_the_last_reason() -> None:
    def level(record: dict[str, Any]) -> None:
        moved = record["decisions"][0]["attributions"]
        moved[4]["value"] = moved[2]["value"]  # the group, with the history of payments
        _as_it_adds_up(record["decisions"][0])

    def apart(record: dict[str, Any]) -> None:
        level(record)
        record["decisions"][0]["attributions"][4]["value"] *= 0.999
        _as_it_adds_up(record["decisions"][0])

    single = _explained([0.0, 0.5, 0.3, 0.1])

    assert "a protected attribute is level with its last reason" in _said(_changed(single, level))
    assert "level" not in _said(_changed(single, apart))


def _as_it_adds_up(one: dict[str, Any]) -> None:
    """Score, output and shares after an attribution was changed."""
    values = [a["value"] for a in one["attributions"]]
    one["output"] = BASE + sum(values)
    one["score"] = 1 / (1 + math.exp(-one["output"]))
    for reason in one["reasons"]["reasons"]:
        reason["share"] = reason["value"] / sum(v for v in values if v > 0)


def test_the_protected_attributes_named_are_those_that_moved_the_decision() -> None:
    sex = AFFIDAVIT_TOML.replace(
        b"[sensitive.group]", b'[sensitive.sex]\ncolumn = "sex"\nsource = "observed"\n\n'
        b"[sensitive.group]"
    )  # fmt: skip
    config = read_config(sex + EXPLAIN_TOML.encode(), "affidavit.toml")
    assert "sex" in config.sensitive

    said = _said(_changed(_single(), _status(2, "protected", protected=["sex"])), config=config)

    assert "decision 3 names a protected attribute that did not move it most" in said
    assert "decision 3 does not name a protected attribute that moved it most" in said


SEGMENTS = AFFIDAVIT_TOML.replace(
    b"threshold = 0.25",
    b'threshold = 0.25\n[[decision.segment]]\ncolumn = "loan_term"\nvalue = "15 years"\n'
    b"threshold = 0.35",
)


def test_the_threshold_is_that_of_the_rows_own_segment() -> None:
    config = read_config(SEGMENTS + EXPLAIN_TOML.encode(), "affidavit.toml")
    other = _changed(_single(), _one(0, threshold=0.35))

    assert "its threshold is none that" not in _said(_single(), config=config)
    assert "decision 1: its threshold is none that" in _said(other, config=config)


def test_a_counterfactual_keeps_the_column_that_chooses_the_threshold() -> None:
    config = read_config(SEGMENTS + EXPLAIN_TOML.encode(), "affidavit.toml")

    assert "changes 'loan_term', which stays as it is" in _said(_single(), config=config)
    assert "loan_term" not in _said(_single())


def test_a_missing_value_neither_rises_nor_falls() -> None:
    def lose(record: dict[str, Any]) -> None:
        one = record["decisions"][0]
        one["inputs"][1]["value"] = None
        for made in one["counterfactuals"]:
            made["changes"][0]["was"] = None

    assert "changes 'debt_ratio', which only falls" in _said(_changed(_single(), lose))


@pytest.mark.parametrize(("score", "is_open"), [(1.0, True), (0.6, False)])
def test_attributions_need_not_make_log_odds_that_no_score_tells(
    score: float, is_open: bool
) -> None:
    """Read from a model whose margin is 4 beyond what a score of 1 is taken for."""

    def saturate(record: dict[str, Any]) -> None:
        one, record["quality"]["unresolved"] = record["decisions"][4], 5.0
        one["score"] = score
        one["output"] = log_odds(min(score, 1 - 1e-12))
        moved = [a["value"] for a in one["attributions"]]
        one["attributions"][0]["value"] += one["output"] + 4 - BASE - sum(moved)

    said = _said(_changed(_single(), saturate))

    assert ("its attributions do not add up" in said) != is_open


def _form(record: Decisions | Explainability) -> str:
    records: Any = SimpleNamespace(reports={})
    path = layout.DECISIONS if isinstance(record, Decisions) else layout.EXPLAINABILITY
    return "; ".join(f.what for f in form_faults(path, record, records, CONFIG))


@pytest.mark.parametrize("record", [_single(), explainability()])
def test_another_librarys_numbers_are_second_opinions_only(
    record: Decisions | Explainability,
) -> None:
    assert record.quality is not None
    quality = record.quality.model_copy(update={"method": "shap.kernel", "additivity": 9.0})

    said = _form(record.model_copy(update={"quality": quality}))

    assert _form(record) == ""
    assert "is by a method that gives second opinions only" in said
    assert "have to add up" in said


def test_only_what_is_read_on_log_odds_leaves_something_open() -> None:
    single = _single()
    assert single.quality is not None
    for method, scale in (("enumeration", "log-odds"), ("linear", "score")):
        quality = single.quality.model_copy(
            update={"unresolved": 5.0, "method": method, "scale": scale}
        )
        said = _form(single.model_copy(update={"quality": quality, "scale": scale}))
        assert "leave nothing open" in said


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("explained"), is_explained=True)


def _checks(verdict: Any, status: str) -> set[str]:
    return {c.id for c in verdict.checks if c.status == status}


SINGLE = {"attribution", "explained-decision", "reasons", "counterfactual"}


def test_counts_what_adds_up(house: BundleBuilder) -> None:
    verdict = verify_bundle(house.path, trust=read_keys((house.public_key,)))

    assert verdict.word == "VERIFIED"
    assert verdict.arithmetic.explained == 4 + 2
    assert _checks(verdict, "passed") >= {*SINGLE, "explanation", "decomposition"}


def test_without_the_withheld_decisions_the_rest_is_checked(house: BundleBuilder) -> None:
    trust = house.folder / "trust.toml"
    trust.write_text(
        f'version = 1\n[[signer]]\nname = "release"\nkey = "{house.public_key}"\n'
        'roles = ["sealer", "discloser"]\n'
    )

    verdict = verify_bundle(house.withhold(layout.DECISIONS), trust=read_trust(trust))

    assert verdict.word == "VERIFIED IN PART"
    assert _checks(verdict, "not-run") >= SINGLE
    assert _checks(verdict, "passed") >= {"explanation", "decomposition", "arithmetic", "card"}


def _refuted(house: BundleBuilder, bundle: Path) -> dict[str, str]:
    verdict = verify_bundle(bundle, trust=read_keys((house.public_key,)))
    return {c.id: c.what for c in verdict.failed}


def test_refuses_an_explanation_that_nobody_asked_for(house: BundleBuilder) -> None:
    config = house.read(layout.CONFIG).partition(b"\n[explain]")[0]

    failed = _refuted(house, house.replace(layout.CONFIG, config, "resign"))

    assert "asks for no explanation" in failed["explanation"]


def test_refuses_that_an_explanation_was_left_out(house: BundleBuilder) -> None:
    dropped = house.drop(layout.EXPLAINABILITY, "resign")

    assert "is not there" in _refuted(house, dropped)["explanation"]


@pytest.mark.parametrize("path", [layout.EXPLAINABILITY, layout.DECISIONS])
def test_no_gap_excuses_one_file_without_the_other(house: BundleBuilder, path: str) -> None:
    def excuse(evidence: Any) -> None:
        gap = next(f for f in evidence["findings"] if f["kind"] == "gap")
        evidence["findings"].append({**gap, "id": "recompute.explain.evaluation"})
        evidence["items"] = [i for i in evidence["items"] if i["path"] != path]

    changed = house.replace_json(layout.EVIDENCE, excuse, "resign")
    verdict = verify_bundle(changed, trust=read_keys((house.public_key,)))

    said = "; ".join(c.what for c in verdict.failed if c.id == "explanation")
    assert f"asks for an explanation, and {path} is not there" in said
    assert "recompute.explain.evaluation says that nothing was explained" in said


def test_inputs_of_a_feature_are_known_without_the_report_on_the_whole() -> None:
    """A group of the configuration with a protected column in it, and no explainability.json."""
    toml = FINAL + EXPLAIN_TOML.replace('"past_default"]', '"group"]', 1).encode()
    config = read_config(toml, "affidavit.toml")

    assert "is a protected attribute" in "; ".join(
        f.what for f in reason_faults(_single(), None, config)
    )


def test_refuses_single_rows_that_are_said_to_be_no_personal_data(house: BundleBuilder) -> None:
    def publish(evidence: Any) -> None:
        next(i for i in evidence["items"] if i["path"] == layout.DECISIONS)["sensitivity"] = (
            "public"
        )

    changed = house.replace_json(layout.EVIDENCE, publish, "resign")

    assert "holds rows of persons" in _refuted(house, changed)["explanation"]


@pytest.mark.parametrize("part", ["anchors", "accumulated-local-effects-of-history"])
def test_refuses_that_page_one_hides_what_is_lacking(house: BundleBuilder, part: str) -> None:
    def hide(evidence: Any) -> None:
        evidence["findings"] = [f for f in evidence["findings"] if f["id"] != f"explain.{part}"]

    changed = house.replace_json(layout.EVIDENCE, hide, "resign")

    assert "lacks a part, and no gap says so" in _refuted(house, changed)["explanation"]


def test_asks_for_the_exceptions_that_the_explanations_call_for() -> None:
    whole = explainability()
    assert whole.quality is not None
    told = "; ".join(
        f.found or f.what for f in finding_faults(
            whole.model_copy(update={
                "second": (whole.second[0].model_copy(update={"agrees": False}),),
                "quality": whole.quality.model_copy(update={"by_budget": True}), "lacking": (),
            }),
            None, EMPTY,
        )
    )  # fmt: skip
    assert told.count("none") == 2
    assert not list(finding_faults(whole.model_copy(update={"lacking": ()}), None, EMPTY))


def test_refuses_a_protected_reason_that_page_one_hides(house: BundleBuilder) -> None:
    def hide(evidence: Any) -> None:
        evidence["findings"] = []

    changed = house.replace_json(layout.EVIDENCE, hide, "resign")

    assert "explain.protected-reason" in _refuted(house, changed)["reasons"]
