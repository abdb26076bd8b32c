"""`affidavit build` where neither commit nor DVC is known, and the builder gives all the data."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from typing import Any

import pandas as pd
import pytest
from tests.support.sample_world import SampleWorld
from tests.test_building_gaps import (
    config_of,
    findings_of,
    is_readable,
    read,
    store_without,
)

QUERY = "select * from evaluation order by ID"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def given(card_default: SampleWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A bundle of a Parquet folder for training, a query for evaluation and a role of no file."""
    folder = tmp_path_factory.mktemp("declared")
    snapshot = card_default.repository / "data" / "snapshot"
    train = pd.read_csv(snapshot / "train.csv").head(3000)
    (folder / "train").mkdir()
    train.iloc[:2000].to_parquet(folder / "train" / "part-0.parquet")
    train.iloc[2000:].to_parquet(folder / "train" / "part-1.parquet")
    rows = pd.read_csv(snapshot / "evaluation.csv")
    with closing(sqlite3.connect(folder / "bank.db")) as base:
        rows.head(1500).to_sql("evaluation", base, index=False)
    rows.iloc[1500:2500].to_csv(folder / "later.csv", index=False)
    config = config_of(card_default, folder)
    text = config.read_text()
    for role, place in (
        ("train", f'uri = "{folder / "train"}"'),
        ("evaluation", (f'uri = "sqlite:///{folder / "bank.db"}"\nquery = "{QUERY}"\n'
                       'exported_from = "warehouse of risk"')),
    ):  # fmt: skip
        assert f'path = "data/snapshot/{role}.csv"' in text
        text = text.replace(f'path = "data/snapshot/{role}.csv"', place)
    config.write_text(text)
    out = folder / "b.zip"
    done = card_default.build(
        out, tracking_uri=store_without(card_default, folder, "no-tag"), repo=None, remote=None,
        config=config, dataset=f"later={folder / 'later.csv'}", include="later=reference",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return {"out": out, "folder": folder, "said": done.stdout}


def test_everything_is_recomputed_and_page_one_says_whose_word_it_is(
    card_default: SampleWorld, given: dict[str, Any]
) -> None:
    out = given["out"]

    is_readable(card_default, out)
    report = json.loads(read(out, "data/reports/performance.json"))
    assert report["n_rows"] == 1500
    found = findings_of(out)
    assert not {"recompute.nothing", "data.evaluation.snapshot"} & found.keys()
    card = read(out, "data/card/model-card.md").replace("\\", "")
    page_one = card[card.index("Read this first") : card.index("\n## ", card.index("Read this"))]
    for role in ("training", "evaluation", "later"):
        finding = found[f"data.{role}.declared"]
        assert "the link between model and data is the builder's word" in finding["what"]
        assert finding["what"][1:] in page_one
        assert finding["what"][:40] in " ".join(given["said"].split())
    assert f"exported from warehouse of risk, by the query {QUERY}, run at " in page_one
    with zipfile.ZipFile(out) as archive:
        evidence = archive.read("card-default-1/data/evidence.json").decode()
    assert str(given["folder"]) not in evidence


def test_a_recheck_finds_the_same_numbers(card_default: SampleWorld, given: dict[str, Any]) -> None:
    """Of what is held by reference too: found by its digest, under whatever name it has now."""
    folder = given["folder"]
    beside = folder / "given-again"
    shutil.copytree(folder / "train", beside)
    shutil.copy(folder / "later.csv", beside / "renamed.csv")

    done = card_default.run(
        "recheck", given["out"], "--data", beside, "--key", card_default.public_key
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("EQUAL")
