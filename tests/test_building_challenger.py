"""A challenger from its files to the verdict: scored beside, compared, sealed, attacked, rechecked."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.linear_model import LinearRegression, LogisticRegression
from tests.recompute.case import save_sklearn
from tests.support.resealed import Change, resealed
from tests.support.small_world import (
    BINARY,
    INPUTS,
    SmallBundle,
    applicants,
    build_small,
    fill_binary,
)

from affidavit.bundle import canonical, layout
from affidavit.bundle.archive_reader import open_archive
from affidavit.card_record import CardLogged, CardPageOne, CardRecord
from affidavit.evidence import Subject
from affidavit.intervals import critical
from affidavit.progress import Silent
from affidavit.reproduce import Recheck, Request, recheck
from affidavit.verify import read_keys
from affidavit.verify.card import card_faults
from affidavit.verify.challenger import check_challenger
from affidavit.verify.checks import Ledger
from affidavit.verify.files import read_manifest
from affidavit.verify.records import read_records

COUNTS = f"{layout.COUNTS}/evaluation.challenger.csv"
ROWS = "data/predictions/evaluation.challenger.csv"
SEGMENT = """\
threshold = 0.5
[[decision.segment]]
column = "product"
value = "card"
threshold = 0.3"""
OWN = ["x1", "x2"]  # the challenger takes fewer columns than the subject


def save_challenger(folder: Path, columns: list[str], known: pd.DataFrame) -> LogisticRegression:
    model = LogisticRegression().fit(known[columns], known["deny"] == "yes")
    model.classes_ = np.array(["no", "yes"])
    save_sklearn(model, folder, known[columns].head(3))
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("challenged")


@pytest.fixture(scope="module")
def bundle(folder: Path) -> SmallBundle:
    """Version 1, with version 9 as its challenger."""
    fill = fill_binary(folder, applicants())
    save_challenger(folder / "other", OWN, applicants(seed=7))
    return build_small(folder, BINARY, lambda case: fill(case).challenger(folder / "other"))


@pytest.fixture(scope="module")
def report(bundle: SmallBundle) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bundle.files[layout.CHALLENGER])
    return found


def numbers(report: dict[str, Any], role: str = "evaluation") -> dict[str, Any]:
    (found,) = (r for r in report["roles"] if r["role"] == role)
    return {n["id"].removeprefix(f"challenger/{role}/"): n for n in found["numbers"]}


def statuses(bundle: SmallBundle) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for check in bundle.verdict().checks:
        said.setdefault(check.id, []).append(check.status)
    return said


def failed(bundle: SmallBundle) -> set[str]:
    """What the challenger's own checks refute; the others are left out, for their time."""
    ledger = Ledger()
    with open_archive(bundle.path) as archive:
        files = read_manifest(archive, ledger)
        assert files is not None
        records = read_records(files, ledger)
        assert records is not None
        check_challenger(files, records, ledger)
    return {c.id for c in ledger.checks if c.status == "failed"}


def empty_card() -> CardRecord:
    return CardRecord(
        evidence_id="0" * 64, subject=Subject(name="m", version="1"),
        page_one=CardPageOne(title="", deck="", lines=(), holds=(), key_numbers=(), about=()),
        findings=(), controls=(), logged=CardLogged(equal=0, different=0, not_recomputable=0),
        numbers=(),
    )  # fmt: skip


# ---- what is built


def test_the_bundle_verifies_and_says_what_it_derived(bundle: SmallBundle) -> None:
    verdict = bundle.verdict()
    said = statuses(bundle)

    assert verdict.exit_code == 0, verdict.failed
    assert said["challenger"] == ["passed"]
    assert said["agreement"] == ["passed", "passed"]
    assert said["challenger-row"] == ["passed", "not-run"]  # training is by reference
    assert said["challenger-score"] == ["passed"]
    assert bundle.findings.keys() == set()


def test_its_numbers_are_those_of_both_models_on_the_same_rows(
    folder: Path, report: dict[str, Any]
) -> None:
    known, table = applicants(seed=7), applicants()
    label = table["deny"] == "yes"
    scored = [
        LogisticRegression().fit(known[c], known["deny"] == "yes").predict_proba(table[c])[:, 1]
        for c in (["x1", "x2", "x3"], OWN)
    ]
    decided = [s >= 0.5 for s in scored]
    found = numbers(report)

    for metric, compute, given in (
        ("roc_auc", sk.roc_auc_score, scored), ("brier_score", sk.brier_score_loss, scored),
        ("accuracy", sk.accuracy_score, decided), ("true_positive_rate", sk.recall_score, decided),
    ):  # fmt: skip
        ours, theirs = (compute(label, side) for side in given)
        assert found[metric]["subject"] == pytest.approx(ours), metric
        assert found[metric]["challenger"] == pytest.approx(theirs), metric
        assert found[metric]["difference"] == pytest.approx(ours - theirs), metric
    assert found["selection_rate"]["subject"] == pytest.approx((~decided[0]).mean())
    assert found["roc_auc"]["favours"] == "subject"
    assert (report["name"], report["model_version"]) == ("m", "9")
    assert [r["role"] for r in report["roles"]] == ["evaluation", "training"]


def test_its_files_are_by_reference_and_its_environment_is_on_record(bundle: SmallBundle) -> None:
    evidence = json.loads(bundle.files[layout.EVIDENCE])
    items = [i for i in evidence["items"] if i["kind"] == "challenger-model"]
    facts = {f["id"]: f for f in evidence["provenance"]}

    assert items
    assert not [i for i in items if i["embedded"]]
    assert not [p for p in bundle.files if p.startswith("data/challenger/")]
    assert facts["challenger.version"]["value"] == "models:/m/9"
    assert facts["challenger.environment"]["digest"]["algorithm"] == "sha256"
    assert "data/environment/challenger.lock" in bundle.files


def test_the_controls_that_ask_for_another_model_have_it(bundle: SmallBundle) -> None:
    controls = json.loads(bundle.files["data/controls/sr-26-2.json"])
    (found,) = (a for a in controls["assessments"] if a["control"] == "SR262-13")

    assert "no other model" not in found["because"]


def test_every_form_of_the_card_says_who_is_better_in_what(
    bundle: SmallBundle, report: dict[str, Any]
) -> None:
    card = json.loads(bundle.files[layout.CARD_JSON])
    (row,) = (r for r in card["page_one"]["about"] if r["name"] == "Challenger")
    markdown = bundle.files["data/card/model-card.md"].decode()
    html = bundle.files["data/card/model-card.html"].decode()

    assert row["text"] == (
        "m, version 9, asked for as models:/m/9 (declared); on the same 900 rows of evaluation "
        "this model is better in area under the ROC curve, Brier score; not told apart in accuracy"
    )
    assert " ".join(row["text"].split()) in " ".join(markdown.replace("\\", "").split())
    found = {n["id"]: n for n in card["challenger"]["numbers"]}
    area = numbers(report)["roc_auc"]
    assert found["challenger/evaluation/roc_auc"]["difference"] == area["difference"]
    assert "### Against a challenger" in markdown
    assert "| AUC | 900 | 0.8020 | 0.7846 | 0.0174 | 0.0088 to 0.0260 | this model |" in markdown
    assert 'id="challenger">Against a challenger</h3>' in html
    assert "0.0088 to 0.0260" in html


def test_a_card_of_a_bundle_without_a_challenger_says_nothing_of_one() -> None:
    """Its bytes are those of before: no key, no section, no row."""
    assert "challenger" not in json.dumps(
        canonical.loads(canonical.record_bytes(empty_card()), "card")
    )


# ---- what cannot be compared is a gap


@pytest.mark.parametrize("missing", ["column", pytest.param("file", marks=pytest.mark.slow)])
def test_a_challenger_that_cannot_be_run_is_a_gap_and_the_bundle_is_whole(
    tmp_path: Path, missing: str
) -> None:
    fill = fill_binary(tmp_path, applicants())
    known = applicants(seed=7)
    columns = ["x1", "tenure"] if missing == "column" else OWN
    save_challenger(tmp_path / "other", columns, known.assign(tenure=known["x2"] + 1))
    if missing == "file":
        (tmp_path / "other" / "model.pkl").write_bytes(b"no model")

    built = build_small(tmp_path, BINARY, lambda case: fill(case).challenger(tmp_path / "other"))

    assert built.verdict().exit_code == 0, built.verdict().failed
    assert layout.CHALLENGER not in built.files
    gaps = {k: f for k, f in built.findings.items() if k.startswith("recompute.challenger")}
    if missing == "column":
        assert gaps.keys() == {"recompute.challenger.evaluation", "recompute.challenger.training"}
        assert "'tenure'" in gaps["recompute.challenger.evaluation"]["found"]
        assert gaps["recompute.challenger.evaluation"]["fix"].startswith("name a challenger that")
    else:
        assert gaps.keys() == {"recompute.challenger"}
    assert {f["kind"] for f in gaps.values()} == {"gap"}
    assert "challenger is not compared: m version 9" in " ".join(built.page_one.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "left_open"),
    [
        (BINARY.replace('id = "id"\n', 'id = "id"\nweight = "weight"\n'), True),
        (BINARY.replace('task = "binary"\n', 'task = "binary"\nunit = "customer"\n'), True),
        (BINARY.replace("threshold = 0.5", 'column = "overruled"'), False),
        (BINARY.replace("threshold = 0.5", 'threshold = 0.5\ncolumn = "overruled"'), False),
        (BINARY.replace("threshold = 0.5", SEGMENT), False),
    ],
    ids=["weights", "unit", "column", "both", "segment"],
)
def test_every_way_to_decide_and_weigh_is_verified(
    tmp_path: Path, config: str, left_open: bool
) -> None:
    fill = fill_binary(tmp_path, applicants())
    save_challenger(tmp_path / "other", OWN, applicants(seed=7))

    built = build_small(tmp_path, config, lambda case: fill(case).challenger(tmp_path / "other"))

    assert built.verdict().exit_code == 0, built.verdict().failed
    said = statuses(built)
    assert (said["challenger"], said["challenger-score"]) == (["passed"], ["passed"])
    page = " ".join(built.files["data/card/model-card.md"].decode().split())
    assert ("without an interval, so left open" in page) == left_open


@pytest.mark.slow
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_are_compared_by_what_they_have(tmp_path: Path, task: str) -> None:
    known, table = (_other_label(applicants(seed=s), task) for s in (7, 1))
    model = LinearRegression() if task == "regression" else LogisticRegression()
    for name, columns in (("model", INPUTS), ("other", OWN)):
        save_sklearn(model.fit(known[columns], known["y"]), tmp_path / name, known[columns].head(3))
    head = BINARY.replace('"binary"', f'"{task}"').replace('column = "deny"', 'column = "y"')
    head = head.replace('positive = "yes"\n', "").replace("[decision]\nthreshold = 0.5\n", "")
    good = "" if task == "regression" else 'favourable = "low"\n'

    built = build_small(
        tmp_path, head.replace('favourable = "no"\n', good),
        lambda case: case.model(tmp_path / "model").dataset("evaluation", table)
        .dataset("training", known.assign(id="t" + known["id"].str[1:]))
        .challenger(tmp_path / "other"),
    )  # fmt: skip

    assert built.verdict().exit_code == 0, built.verdict().failed
    found = numbers(json.loads(built.files[layout.CHALLENGER]))
    assert ("mae" in found, "accuracy" in found) == (task == "regression", task == "multiclass")
    assert found.get("mae", found.get("accuracy"))["favours"] == "subject"


def _other_label(table: pd.DataFrame, task: str) -> pd.DataFrame:
    risk = table.x1 - table.x3 + np.random.RandomState(5).normal(size=len(table))
    graded = np.select([risk < -1, risk < 1], ["low", "middle"], "high")
    return table.assign(y=risk if task == "regression" else graded)


# ---- attacks by the signer


def swap_sides(record: Any) -> None:
    for role in record["roles"]:
        for n in role["numbers"]:
            if "difference" not in n:
                continue
            n["subject"], n["challenger"] = n["challenger"], n["subject"]
            n["difference"] = -n["difference"]
            if "low" in n:
                n["low"], n["high"] = -n["high"], -n["low"]
            if "favours" in n:
                n["favours"] = "challenger"


def one(number: str, **fields: Any) -> Change:
    def change(record: Any) -> None:
        numbers(record)[number].update(fields)

    return change


def made_anew(name: str, *, more: float = 0.0, reach: float | None = None) -> Change:
    """Another challenger's side or interval, and all that follows from it."""

    def change(record: Any) -> None:
        n = numbers(record)[name]
        reach_ = reach or n["difference"] - n["low"]
        n["challenger"] -= more
        n["difference"] += more
        n["low"], n["high"] = n["difference"] - reach_, n["difference"] + reach_
        if "p_value" in n:
            n["p_value"] = math.erfc(abs(n["difference"]) / reach_ * critical(0.95) / 2**0.5)

    return change


def without_fact(prefix: str) -> Change:
    def change(record: Any) -> None:
        kept = [f for f in record["provenance"] if not f["id"].startswith(prefix)]
        assert len(kept) < len(record["provenance"])
        record["provenance"] = kept

    return change


def without_files(record: Any) -> None:
    record["items"] = [i for i in record["items"] if i["kind"] != "challenger-model"]
    without_fact("challenger.artifact")(record)


def other_version(record: Any) -> None:
    for fact in record["provenance"]:
        if fact["id"] in ("challenger.version", "challenger.asked"):
            fact["value"] = "models:/m/8"


@pytest.mark.parametrize(
    ("path", "change", "check"),
    [
        (layout.CHALLENGER, swap_sides, "agreement"),
        (layout.CHALLENGER, one("accuracy", difference=0.05), "agreement"),
        (layout.CHALLENGER, one("accuracy", low=0.001), "agreement"),
        (layout.CHALLENGER, one("roc_auc", difference=0.05), "agreement"),
        (layout.CHALLENGER, one("roc_auc", subject=0.9, difference=0.115390192858), "agreement"),
        (layout.CHALLENGER, one("brier_score", favours="challenger"), "agreement"),
        (layout.CHALLENGER, one("roc_auc", high=0.03), "agreement"),
        (layout.CHALLENGER, made_anew("roc_auc", reach=0.012), "challenger-score"),
        (layout.CHALLENGER, made_anew("roc_auc", more=0.01), "challenger-score"),
        (layout.CHALLENGER, made_anew("brier_score", reach=0.003), "challenger-score"),
        (layout.CHALLENGER, one("selection_rate", n=901), "agreement"),
        (layout.CHALLENGER, lambda r: r["roles"][0]["numbers"].pop(), "agreement"),
        (layout.CHALLENGER, lambda r: r["roles"].pop(0), "challenger"),
        (layout.CHALLENGER, lambda r: r.update(model_version="2"), "challenger"),
        (layout.EVIDENCE, other_version, "challenger"),
        (layout.EVIDENCE, without_files, "challenger"),
        (layout.CHALLENGER, lambda r: r.update(notes=["It is better."]), "challenger"),
        (layout.CHALLENGER, lambda r: r["roles"][1].update(notes=[]), "challenger"),
        (layout.CHALLENGER, one("roc_auc", p_value=0.9), "agreement"),
        (layout.EVIDENCE, without_fact("challenger."), "challenger"),
        (layout.CHALLENGER, None, "challenger"),
        (COUNTS, None, "agreement"),
    ],
)  # fmt: skip
def test_refuses_a_comparison_that_does_not_follow(
    bundle: SmallBundle, tmp_path: Path, path: str, change: Change | None, check: str
) -> None:
    other = resealed(bundle, tmp_path / "other.zip", {path: change})

    assert check in failed(other)


def first_number(**fields: Any) -> Change:
    return lambda card: card["challenger"]["numbers"][0].update(fields)


def row_gone(card: Any) -> None:
    card["page_one"]["about"] = [r for r in card["page_one"]["about"] if r["name"] != "Challenger"]


def row_turned(card: Any) -> None:
    for row in card["page_one"]["about"]:
        row["text"] = row["text"].replace("this model is better", "it is better")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (first_number(difference=0.05), "disagree on the challenger"),
        (first_number(favours="challenger"), "disagree on the challenger"),
        (lambda card: card["challenger"]["numbers"].pop(), "disagree on the challenger"),
        (lambda card: card.pop("challenger"), "disagree on the challenger"),
        (row_gone, "says otherwise of the challenger"),
        (row_turned, "says otherwise of the challenger"),
    ],
)
def test_refuses_a_card_that_says_otherwise_of_the_challenger(
    bundle: SmallBundle, tmp_path: Path, change: Change, what: str
) -> None:
    other = resealed(bundle, tmp_path / "card.zip", {layout.CARD_JSON: change})

    with open_archive(other.path) as archive:
        files = read_manifest(archive, Ledger())
        assert files is not None
        records = read_records(files, Ledger())
    assert records is not None
    assert any(what in fault.what for fault in card_faults(records))


def test_the_twin_that_is_only_sealed_anew_passes(bundle: SmallBundle, tmp_path: Path) -> None:
    twin = resealed(bundle, tmp_path / "twin.zip", {layout.CHALLENGER: lambda _: None})
    other = resealed(bundle, tmp_path / "other.zip", {layout.CHALLENGER: swap_sides})

    assert (failed(twin), twin.verdict().exit_code) == (set(), 0)
    assert (failed(other), other.verdict().exit_code) == ({"agreement"}, 1)


def test_refuses_counts_that_are_not_of_the_subjects_rows(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    """Rows moved from where both agree to where the subject alone is right."""
    lines = bundle.files[COUNTS].decode().splitlines()
    head, *cells = (line.split(",") for line in lines)
    cells[0][-3:] = [str(int(cells[0][-3]) - 1)] * 3
    cells[1][-3:] = [str(int(cells[1][-3]) + 1)] * 3
    content = "".join(",".join(c) + "\n" for c in (head, *cells)).encode()

    other = resealed(bundle, tmp_path / "counts.zip", {COUNTS: content})

    assert failed(other) == {"agreement"}
    assert any("not of the same rows" in c.what for c in other.verdict().failed)


@pytest.mark.parametrize("column", ["decision", "label", "row_id", "score"])
def test_refuses_rows_that_are_not_those_counted(
    bundle: SmallBundle, tmp_path: Path, column: str
) -> None:
    lines = bundle.files[ROWS].decode().splitlines()
    place, first = lines[0].split(",").index(column), lines[1].split(",")
    turned = {"yes": "no", "no": "yes"}
    score = "0.9" if float(first[lines[0].split(",").index("score")]) < 0.5 else "0.1"
    first[place] = {"row_id": "zz", "score": score}.get(column) or turned[first[place]]
    content = "\n".join([lines[0], ",".join(first), *lines[2:]]).encode() + b"\n"

    other = resealed(bundle, tmp_path / "rows.zip", {ROWS: content})

    assert failed(other) >= {"challenger-row"}


# ---- recheck


def again(bundle: SmallBundle, *data: Path) -> Recheck:
    trust = read_keys((bundle.public_key,))
    done = recheck(Request(bundle=bundle.path, trust=trust, data=data), Silent())
    assert done.result is not None
    return done.result


def test_a_recheck_computes_the_comparison_again_where_the_challenger_is_given(
    bundle: SmallBundle, folder: Path, tmp_path: Path
) -> None:
    known = applicants(seed=7)
    known.assign(id="t" + known["id"].str[1:]).to_csv(tmp_path / "training.csv", index=False)

    whole = again(bundle, folder / "other", tmp_path)
    line = {c.path: c for c in whole.compared}[layout.CHALLENGER]

    assert (whole.outcome, whole.not_run) == ("EQUAL", ())
    assert (line.status, line.numbers.equal) == ("equal", 40)


@pytest.mark.slow
def test_a_recheck_without_the_challenger_says_that_it_was_not_compared(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    known = applicants(seed=7)
    known.assign(id="t" + known["id"].str[1:]).to_csv(tmp_path / "training.csv", index=False)

    part = again(bundle, tmp_path)
    line = {c.path: c for c in part.compared}[layout.CHALLENGER]

    assert part.outcome == "EQUAL AS FAR AS RUN"
    assert [n.what for n in part.not_run] == ["the comparison with the challenger"]
    assert (line.status, line.numbers.not_run) == ("not-run", 40)
