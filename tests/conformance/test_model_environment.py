"""A model of another scikit-learn than ours, scored in the environment that it was logged with.

Its packages come from the package index, so this runs in `make conformance`. The scores to expect
are those of the very scikit-learn that trained it, called in a process without any of our code.
"""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import Case, binary_config
from tests.recompute.environments.world import PYTHON, Heard

from affidavit.config import Environment
from affidavit.evidence import Fact
from affidavit.recompute import WorkerOptions, recompute
from affidavit.recompute.environments import Prepared, prepare_environment
from affidavit.recompute.environments.lock import read_lock

pytestmark = pytest.mark.system

OLDER = "1.5.2"
REQUIREMENTS = f"scikit-learn=={OLDER}\nnumpy==2.1.3\npandas==2.2.3\nscipy==1.14.1\n".encode()
_TRAIN = """
import json, pickle, sys
import pandas as pd, sklearn
from sklearn.ensemble import GradientBoostingClassifier
rows = pd.read_csv(sys.argv[1])
model = GradientBoostingClassifier(random_state=0, n_estimators=20).fit(rows[["x1", "x2"]], rows["y"])
with open(sys.argv[2] + "/model.pkl", "wb") as file:
    pickle.dump(model, file)
scores = model.predict_proba(rows[["x1", "x2"]])[:, 1].tolist()
print(json.dumps({"version": sklearn.__version__, "scores": scores}))
"""
_MLMODEL = """\
flavors:
  sklearn:
    pickled_model: model.pkl
    serialization_format: pickle
signature:
  inputs: '[{"type": "double", "name": "x1"}, {"type": "double", "name": "x2"}]'
"""


def rows() -> pd.DataFrame:
    random = np.random.RandomState(0)
    x = random.normal(size=(400, 2)).round(6)
    label = np.where(x[:, 0] + x[:, 1] ** 2 + random.normal(size=400) > 1, "yes", "no")
    return pd.DataFrame(
        {"id": [f"a{i}" for i in range(400)], "x1": x[:, 0], "x2": x[:, 1], "y": label}
    )


def with_requirements(case: Case) -> Case:
    item = case.work.write(
        "data/environment/requirements.txt", REQUIREMENTS, kind="environment", origin="collected",
        media_type="text/plain",
    )  # fmt: skip
    fact = Fact(
        id="environment.python", kind="environment", value=PYTHON.version, basis="claimed",
        source="t",
    )  # fmt: skip
    case.evidence = case.evidence.adding(items=(item,), facts=(fact,))
    return case


def train(prepared: Prepared, folder: Path) -> list[float]:
    """Train in the prepared environment, as its author would have; the scores of its own rows."""
    (folder / "model").mkdir()
    (folder / "model" / "MLmodel").write_text(_MLMODEL)
    rows().to_csv(folder / "rows.csv", index=False)
    done = subprocess.run(
        [prepared.interpreter.executable, "-c", _TRAIN, folder / "rows.csv", folder / "model"],
        env={"PYTHONPATH": prepared.interpreter.packages[0]}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert said["version"] == OLDER
    return said["scores"]


def test_an_older_scikit_learn_gives_the_very_scores_that_it_gave_its_author(
    tmp_path: Path,
) -> None:
    assert version("scikit-learn") != OLDER
    options = WorkerOptions(cache_dir=tmp_path / "cache")
    config = binary_config(environment=Environment(include="wheels"))
    first = with_requirements(Case(tmp_path / "first"))
    prepared = prepare_environment(first.evidence, config, first.work, options, Heard())
    expected = train(prepared, tmp_path)
    case = with_requirements(Case(tmp_path / "second")).model(tmp_path / "model")
    case = case.dataset("evaluation", rows())

    done = recompute(case.evidence, config, case.work, options=options, progress=Heard())

    table = pd.read_parquet(next((case.work.root / "data/predictions").glob("*.parquet")))
    assert np.abs(table["score"].to_numpy() - expected).max() <= 1e-12
    assert done.tools["worker.sklearn"] == OLDER
    assert done.tools["worker.environment"].startswith("an environment built from the logged")
    locked = {
        e.name: e.version
        for e in read_lock((case.work.root / "data/environment/worker.lock").read_bytes()).entries
    }
    assert locked["scikit-learn"] == OLDER
    wheels = [i.path for i in done.evidence.items if i.path.endswith(".whl")]
    assert len(wheels) == len(locked)

    again = Case(tmp_path / "third")
    recheck = WorkerOptions(
        cache_dir=tmp_path / "other-cache",
        wheelhouse=case.work.root / "data/environment/wheels",
        lock=(case.work.root / "data/environment/worker.lock").read_bytes(),
    )
    from_bundle = prepare_environment(again.evidence, config, again.work, recheck, Heard())
    assert Path(from_bundle.interpreter.packages[0], "sklearn").is_dir()
