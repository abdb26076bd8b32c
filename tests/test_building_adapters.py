"""Models with something before, in or beside them: an adapter, parameters, other rules."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import Case
from tests.support.git_world import GitWorld
from tests.support.small_world import BINARY, SmallBundle, applicants, build_small

from affidavit.errors import ConfigError
from affidavit.progress import Silent
from affidavit.verify import read_keys

RAW = ["income", "debt", "since"]
PREPARE = """\
import pandas as pd
from prep.dates import years

RATE = 1000.0


def prepare(raw):
    return pd.DataFrame({
        "ratio": raw["debt"] / raw["income"],
        "years": years(raw["since"]),
        "income": raw["income"] / RATE,
    })
"""
DATES = """\
import pandas as pd


def years(since):
    return (pd.Timestamp("2026-01-01") - pd.to_datetime(since)).dt.days / 365.25
"""
BESIDE = ["policy rules of the origination system", "models:/fraud/7"]
CONFIG = BINARY.replace('"reference"', '"embed"').replace(
    "threshold = 0.5\n",
    f"""threshold = 0.5
beside = {json.dumps(BESIDE)}
[model]
adapter = "prep.features:prepare"
[features]
columns = ["income", "debt", "since"]
[explain]
background = 10
rows = 20
repeats = 2
curves = 1
samples = 2
[explain.decisions]
near = 0
per_group = 0
drawn = 1
[explain.counterfactuals]
most = 0
""",
)


def borrowers(seed: int) -> pd.DataFrame:
    """Applicants with the columns that a warehouse has, not those that the model takes."""
    table = applicants(400, seed)
    random = np.random.RandomState(seed)
    days = random.randint(30, 9000, size=len(table))
    since = pd.Timestamp("2026-01-01") - pd.to_timedelta(days, unit="D")
    return table.assign(
        income=np.exp(random.normal(8, 0.5, len(table))).round(2),
        debt=np.exp(random.normal(6, 1.0, len(table))).round(2),
        since=since.strftime("%Y-%m-%d"),
    )


def prepared(raw: pd.DataFrame) -> pd.DataFrame:
    """The same by other code: what a test compares with."""
    days = (np.datetime64("2026-01-01") - raw["since"].to_numpy("datetime64[D]")).astype(float)
    made = {"ratio": raw["debt"] / raw["income"], "years": days / 365.25}
    return pd.DataFrame(made).assign(income=raw["income"] / 1000.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A logistic regression on the prepared columns, as MLflow stores it with its signature."""
    from sklearn.linear_model import LogisticRegression
    from tests.recompute.case import save_sklearn

    known = borrowers(7)
    made = LogisticRegression(max_iter=500).fit(prepared(known), known["deny"])
    folder = tmp_path_factory.mktemp("model") / "model"
    return save_sklearn(made, folder, prepared(known).head(3)), made


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    git = GitWorld.create(tmp_path_factory.mktemp("source") / "project")
    git.write("src/prep/__init__.py", "")
    git.write("src/prep/features.py", PREPARE)
    git.write("src/prep/dates.py", DATES)
    git.write("src/prep/broken.py", "def prepare(raw):\n    return raw.iloc[1:]\n")
    git.write("notes/read me.txt", "nothing to run")
    (git.folder / "out").symlink_to("/etc")
    return git.folder, git.commit("Train")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return borrowers(1)


def build(folder: Path, config: str, model: Path, table: pd.DataFrame, source: Any) -> SmallBundle:
    def fill(case: Case) -> Case:
        training = borrowers(7).assign(id=lambda t: "t" + t["id"].str[1:])
        return case.model(model).dataset("evaluation", table).dataset("training", training)

    return build_small(folder, config, fill, source=source)


@pytest.fixture(scope="module")
def bundle(
    tmp_path_factory: pytest.TempPathFactory, model: tuple[Path, Any],
    repository: tuple[Path, str], table: pd.DataFrame,
) -> SmallBundle:  # fmt: skip
    return build(tmp_path_factory.mktemp("adapted"), CONFIG, model[0], table, repository)


def scores_of(bundle: SmallBundle) -> np.ndarray:
    table = pd.read_csv(io.BytesIO(bundle.files["data/predictions/evaluation.csv"]))
    return np.asarray(table["score"])


def test_scores_are_those_of_the_model_on_what_the_adapter_gives(
    bundle: SmallBundle, model: tuple[Path, Any], table: pd.DataFrame
) -> None:
    direct = model[1].predict_proba(prepared(table))[:, 1]

    assert np.abs(scores_of(bundle) - direct).max() < 1e-11
    notes = bundle.report("performance").notes
    assert any("go through prep.features:prepare of the training commit" in n for n in notes)


def test_what_is_declared_is_on_page_one_and_in_the_evidence_and_verifies(
    bundle: SmallBundle, repository: tuple[Path, str]
) -> None:
    verdict = bundle.verdict()
    evidence = json.loads(bundle.files["data/evidence.json"])
    facts = {f["id"]: f for f in evidence["provenance"] if f["basis"] == "declared"}
    blob = GitWorld(repository[0]).git("rev-parse", "HEAD:src/prep/features.py")

    assert (verdict.word, verdict["declared"].status) == ("VERIFIED", "passed")
    assert facts["decision.beside"]["value"] == "; ".join(BESIDE)
    assert facts["model.adapter"]["value"] == "prep.features:prepare"
    assert facts["model.adapter"]["digest"] == {"algorithm": "sha1", "value": blob}
    assert "src/prep/features.py at the commit" in facts["model.adapter"]["source"]
    beside = f"**Declared.** This model is one part of the decision: beside it decide {BESIDE[0]}; "
    adapter = "**Declared.** The data go through prep.features:prepare, a function of the training"
    assert f"{beside}{BESIDE[1]}" in bundle.page_one
    assert adapter in bundle.page_one


def test_explanations_speak_of_the_columns_of_the_data(bundle: SmallBundle) -> None:
    whole = json.loads(bundle.files["data/reports/explainability.json"])

    assert [f["name"] for f in whole["features"]] == RAW
    assert "stands between the data and the model" in json.dumps(whole)


def test_a_recheck_runs_the_adapter_from_the_bundle(
    bundle: SmallBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the repository, and without git."""
    from affidavit.recompute import WorkerOptions
    from affidavit.reproduce import Request, SampleTaken, recheck

    if (sandbox := shutil.which("bwrap")) is not None:
        (tmp_path / "bwrap").symlink_to(sandbox)
    monkeypatch.setenv("PATH", str(tmp_path))
    request = Request(
        bundle=bundle.path, trust=read_keys((bundle.public_key,)), run_untrusted=True,
        sample=SampleTaken(rows=60, seed=1), options=WorkerOptions(),
    )  # fmt: skip

    result = recheck(request, Silent()).result

    assert result is not None
    assert (result.outcome, result.differences) == ("SAMPLE EQUAL", ())


def test_without_the_commit_it_is_a_gap_and_nothing_is_computed(
    tmp_path: Path, model: tuple[Path, Any], table: pd.DataFrame
) -> None:
    bare = build(tmp_path, CONFIG, model[0], table, None)

    assert {"model.adapter", "recompute.nothing"} <= set(bare.findings)
    assert bare.findings["model.adapter"]["fix"].startswith("give the repository with --repo")
    assert "the adapter's commit is not there" in bare.findings["recompute.nothing"]["what"]
    assert "The adapter prep.features:prepare cannot be run" in bare.page_one
    assert bare.verdict().word == "VERIFIED"


def test_a_module_that_the_commit_lacks_is_refused_with_the_nearest(
    tmp_path: Path, model: tuple[Path, Any], repository: tuple[Path, str], table: pd.DataFrame
) -> None:
    config = CONFIG.replace("prep.features:prepare", "prep.feature:prepare")

    with pytest.raises(ConfigError) as told:
        build(tmp_path, config, model[0], table, repository)

    assert told.value.what.endswith("has no module prep.feature")
    assert told.value.fix.startswith("the nearest is prep.features;")
    assert not list(tmp_path.glob("*.zip"))
