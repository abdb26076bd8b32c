"""Eight registries as they are found: what the bundle can prove, and what page one says it cannot."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import re

import pandas as pd
import pytest
from tests.worlds.bank import GERMAN, LOST, ROWS, Bank, tables
from tests.worlds.conftest import Worlds
from tests.worlds.four_places import Built, absent, plain
from tests.worlds.stories import BUILT, altered_object

from affidavit.verify import read_keys, verify_bundle


def lines(built: Built) -> list[str]:
    """*Read this first* above what controls lack: the status, the words, what to do."""
    return [
        plain(f"{x['status']}. {x['text']} To do: {x['remedy']}")
        for x in built.card["lines"]
        if not x.get("controls") and x["status"] != "Declared"
    ]


def about(built: Built, name: str) -> list[str]:
    return [plain(row["text"]) for row in built.card["about"] if row["name"] == name]


def predictions(built: Built) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(built.files["data/predictions/evaluation.csv"]))


# ---- one reader for all of them


@pytest.mark.parametrize("name", BUILT)
def test_nothing_that_is_found_or_declared_is_absent_from_any_of_the_four_places(
    world: Worlds, name: str
) -> None:
    assert absent(world(name)) == []


@pytest.mark.parametrize("name", BUILT)
def test_every_world_verifies(world: Worlds, bank: Bank, name: str) -> None:
    verdict = verify_bundle(world(name).bundle, trust=read_keys((bank.public_key,)))

    assert verdict.word == "VERIFIED", [c for c in verdict.checks if c.status == "failed"]


def test_the_reader_names_what_each_place_lacks(world: Worlds) -> None:
    """It has to be able to fail: each place loses, in turn, one finding and one declared fact."""
    built = world("purged-run")
    finding = next(f for f in built.evidence["findings"] if f["id"] == "run.id")
    what = finding["what"][1:]

    def without(**changed: object) -> list[str]:
        fields = {k: changed[k] for k in ("printed", "told") if k in changed}
        copied = dataclasses.replace(built, **fields)
        # What was read once is kept in the object's own namespace: there another can be put.
        vars(copied).update({k: v for k, v in changed.items() if k not in fields})
        return absent(copied)

    card = copy.deepcopy(built.card)
    card["lines"] = [x for x in card["lines"] if "run.id" not in x.get("findings", ())]
    printed = plain(built.printed)
    commit = next(f for f in built.declared if f["id"] == "code.commit")

    assert without() == []
    assert without(card=card) == ["card: run.id"]
    assert without(page_one=built.page_one.replace(what, "")) == ["page one: run.id"]
    assert without(printed=printed.replace(finding["what"], "")) == ["exit summary: run.id"]
    assert without(printed=printed.replace(commit["source"], "")) == ["exit summary: code.commit"]
    assert without(page_one=built.page_one.replace("(declared)", "(claimed)")) == [
        "page one: code.commit"
    ]
    told = built.told | {
        "findings": [f for f in built.told["findings"] if f["id"] != "run.id"],
        "declared": [f for f in built.told["declared"] if f["id"] != "code.commit"],
    }
    assert without(told=told) == ["json: run.id", "json: code.commit"]


# ---- the stories


def test_the_orderly_one_has_nothing_to_say_but_what_people_owe(world: Worlds) -> None:
    built = world("orderly")

    assert built.evidence["findings"] == []
    assert lines(built) == []
    assert built.card["deck"].endswith(
        "Ranks applications by how likely a denial is; an underwriter decides each. "
        "Owned by Head of Lending, lending@bank.example."
    )
    (code,) = about(built, "Code")
    assert "(claimed), unsigned; trained on a clean tree, says the run" in code
    assert about(built, "Data") == [
        f"evaluation: data/evaluation.csv, {ROWS} rows (measured)",
        f"training: data/train.csv, {ROWS} rows (measured)",
    ]


def test_a_declared_folder_is_scored_and_page_one_says_whose_word_it_is(world: Worlds) -> None:
    built = world("declared-folder")

    config, commit, data = lines(built)
    assert config.startswith(
        "Exception. The configuration is not part of the training commit, it was given by option "
        "when the bundle was built: set after training by Ada Example on 2026-11-20."
    )
    assert commit.startswith("Missing. The run names no commit: nothing says which code made the")
    assert data.startswith(
        "Missing. The evaluation data was given by the builder (option --dataset): the link "
        "between model and data is the builder's word; stated of it: exported from the "
        "warehouse, table APPLICATIONS, table version 2026-10-31."
    )
    assert about(built, "Code") == ["no commit is known"]
    assert about(built, "Data") == [f"evaluation: evaluation, {ROWS} rows (declared)"]
    table = tables()["evaluation"]
    assert list(predictions(built)["row_id"]) == list(table["id"])  # both parts, in their order
    performance = json.loads(built.files["data/reports/performance.json"])
    assert performance["n_rows"] == ROWS


def test_a_purged_run_is_missing_and_its_commit_is_the_builders_word(world: Worlds) -> None:
    built = world("purged-run")
    run = built.evidence["subject"]["run_id"]
    commit = next(f["value"] for f in built.declared if f["id"] == "code.commit")

    assert lines(built) == [
        (
            f"Missing. The training run {run} is not in the registry: purged, or never there. "
            f"Expected {run}. To do: restore it from the tracking server's backup; keep runs as "
            "long as their models."
        ),
        (
            "Missing. Nothing says whether the tree had uncommitted changes when the model was "
            "trained. To do: let training set the tag affidavit.git.dirty to true or false "
            "(git status --porcelain)."
        ),
        *(
            f"Missing. Nothing in the run says that it read the {role} data of this commit. "
            "To do: let training log its input with mlflow.log_input(dataset, context=role, "
            "tags={'dvc.path': path, 'dvc.md5': md5})."
            for role in ("evaluation", "training")
        ),
    ]
    (code,) = about(built, "Code")
    assert code.startswith(f"commit {commit[:7]} of 2 March 2026 (declared)")
    assert f"declared   Commit: {commit} (option --commit)" in " ".join(
        built.printed.replace("\n             ", " ").splitlines()
    )


def test_data_by_reference_are_named_and_not_one_row_travels(world: Worlds) -> None:
    built = world("by-reference")
    evaluation = next(i for i in built.evidence["items"] if i.get("role") == "evaluation"
                      and i["kind"] == "dataset")  # fmt: skip

    assert lines(built) == []
    assert not evaluation["embedded"]
    assert about(built, "Data")[0] == (
        f"evaluation: data/evaluation.csv, {ROWS} rows, held by reference and not in the bundle "
        "(measured)"
    )
    assert not [p for p in built.files if p.startswith(("data/dataset/", "data/predictions/"))]
    an_id = re.compile(rb"(?<![0-9a-f])a\d{5}(?![0-9a-f])")  # and not a digest that holds one
    assert not [p for p, content in built.files.items() if an_id.search(content)]


def test_who_is_not_in_the_protected_table_is_counted_on_page_one(world: Worlds) -> None:
    built = world("protected-table")
    lost = round(ROWS * LOST)

    assert lines(built) == [
        f"Missing. Race is not known for {lost} of {ROWS} rows of {role}. Expected a row in "
        f"data/protected.csv for each; found {ROWS - lost} rows. To do: add the rows to "
        "data/protected.csv, or say why they are not there."
        for role in ("evaluation", "training")
    ]
    assert "protected table data/protected.csv, kept apart (measured)" in about(built, "Data")
    assert not [p for p in built.files if "protected" in p]


def test_final_decisions_are_compared_beside_the_models_own(world: Worlds) -> None:
    built = world("overrides")

    assert lines(built) == []
    table = tables()["evaluation"]
    final = {
        n["id"]: n["value"] for n in json.loads(built.files["data/reports/final.json"])["numbers"]
    }
    told = "final/evaluation/selection_rate"
    assert final[told] == pytest.approx((table["overruled"] == "no").mean())
    model = (predictions(built)["decision"] == "no").mean()
    assert abs(final[told] - model) > 0.02  # people do overrule it, and the numbers show it
    assert "sex = f against m: final decision" in built.files["data/card/model-card.md"].decode()


def test_german_credit_is_scored_by_a_scorecard_with_thresholds_by_purpose(world: Worlds) -> None:
    built = world("german-credit")

    assert lines(built) == []
    assert about(built, "Data") == ["evaluation: data/german.csv, 1,000 rows (measured)"]
    assert "python_function (measured)" in about(built, "Model")[0]
    card = plain(built.files["data/card/model-card.md"].decode())
    assert "Other thresholds hold where, by the first that fits, purpose = A40: 0.4;" in card
    rows, found = pd.read_csv(GERMAN), predictions(built)
    threshold = rows["purpose"].map({"A40": 0.4, "A43": 0.6}).fillna(0.5)
    assert list(found["decision"]) == [2 if s >= t else 1 for s, t in zip(
        found["score"], threshold, strict=True)]  # fmt: skip
    assert (found["decision"] != (found["score"] >= 0.5).map({True: 2, False: 1})).any()


def test_an_altered_object_is_refused_and_the_findings_are_signed(bank: Bank) -> None:
    story = altered_object(bank)
    out = bank.here / "altered-findings.json"
    built = bank.here / f"{story.name}-1.evidence.zip"

    done = bank.affidavit(
        "build", story.ref, *bank.where(story.remote), "--signer", bank.key, "--no-pdf",
        "--findings", out.name,
    )  # fmt: skip
    verify = ("verify", out.name, "--proof", f"{out.name}.sigstore.json", "--key", bank.public_key)
    verified = bank.affidavit(*verify)
    out.write_text(out.read_text().replace("altered", "orderly"))
    forged = bank.affidavit(*verify)

    assert done.exit_code == 1
    assert not built.exists()
    assert "1 contradiction: nothing was built" in done.stderr
    assert "the bytes in the remote are not those that the commit names" in out.read_text()
    assert (verified.exit_code, forged.exit_code) == (0, 1), verified.output + forged.output
