"""The adapter in the worker: the commit's own file, the same rows in the same order, or one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.attacks.models.hostile import BWRAP, ROWS, write_model
from tests.recompute.case import binary_config

from affidavit.config import Features, Label, Model
from affidavit.errors import WorkerError
from affidavit.recompute.affidavit_worker.adapting import Adapter
from affidavit.recompute.affidavit_worker.refusing import Refused
from affidavit.recompute.worker.adapter_code import AdapterCode
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.levels import Level
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import Scorer, open_scorer

FRAME = pd.DataFrame({"x": [3.0, 1.0, 2.0], "y": ["a", "b", "c"]})


@pytest.fixture(autouse=True)
def path(tmp_path: Path) -> Iterator[Path]:
    """A folder on sys.path, whose modules are forgotten afterwards."""
    known, before = set(sys.modules), sys.path[:]
    sys.path.insert(0, str(tmp_path))
    yield tmp_path
    sys.path[:] = before
    for name in set(sys.modules) - known:
        del sys.modules[name]


def adapter(folder: Path, body: str, name: str = "adapting_here:make") -> Adapter:
    file = folder / "adapting_here.py"
    file.write_text(f"import pandas as pd\n\n\ndef make(raw):\n    {body}\n")
    return Adapter(name, str(file))


def test_gives_what_the_function_makes_and_leaves_its_input_alone(path: Path) -> None:
    made = adapter(path, "raw['x'] *= 2; return raw[['x']]")(FRAME)

    assert made["x"].tolist() == [6.0, 2.0, 4.0]
    assert FRAME["x"].tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return raw.iloc[1:]", "made 2 rows of 3"),
        ("return raw.dropna().head(0)", "made 0 rows of 3"),
        ("return raw.sort_values('x')", "changed the order of the rows"),
        ("return raw.set_index('y')", "changed the order of the rows, or their index"),
        ("return raw.to_numpy()", "has to give a pandas DataFrame, it gave numpy.ndarray"),
        ("return None", "it gave builtins.NoneType"),
        ("return raw['z']", "failed: KeyError: 'z'"),
        ("raise ValueError('no rate for 2031')", "failed: ValueError: no rate for 2031"),
    ],
)
def test_what_is_not_the_same_rows_is_refused_in_a_line(body: str, said: str, path: Path) -> None:
    with pytest.raises(Refused) as told:
        adapter(path, body)(FRAME)

    assert str(told.value).startswith("the adapter adapting_here:make ")
    assert said in str(told.value)


def test_what_is_not_there_is_refused_with_what_is(path: Path) -> None:
    with pytest.raises(Refused, match="has no function mak; it has make"):
        adapter(path, "return raw", "adapting_here:mak")
    with pytest.raises(Refused, match="cannot be imported: ModuleNotFoundError: No module named"):
        Adapter("nowhere_at_all:make", str(path / "nowhere_at_all.py"))
    (path / "broken_here.py").write_text("def make(raw:\n")
    with pytest.raises(Refused, match="cannot be imported: SyntaxError"):
        Adapter("broken_here:make", str(path / "broken_here.py"))


def test_a_module_of_the_same_name_is_not_run_in_its_place(path: Path) -> None:
    theirs = path / "theirs.py"
    theirs.write_text("def make(raw):\n    return raw\n")
    adapter(path, "return raw")

    with pytest.raises(Refused, match="which is not the commit's file"):
        Adapter("adapting_here:make", str(theirs))


def commit(folder: Path, body: str) -> AdapterCode:
    (folder / "src").mkdir(parents=True)
    (folder / "shared.py").write_text("FACTOR = 0.5\n")
    (folder / "src" / "prep.py").write_text(
        f"import os\nfrom shared import FACTOR\n\n\ndef make(raw):\n    {body}\n"
    )
    return AdapterCode(name="prep:make", folder=folder, file="src/prep.py")


def scored(folder: Path, code: AdapterCode, level: Level) -> Any:
    import pyarrow as pa

    config = binary_config(
        features=Features(columns=("raw",)), model=Model(adapter=code.name),
        label=Label(column="outcome_of_the_loan", kind="outcome", positive="yes"),
    )  # fmt: skip
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    assert [c.name for c in plan.columns] == ["raw"]
    given = pa.table({"raw": ROWS["x"].to_numpy() * 2})
    with open_scorer(
        folder, plan, config, own_interpreter(), adapter=code, strongest=level
    ) as scorer:
        assert scorer.level == level
        return _asked(scorer, given)


def _asked(scorer: Scorer, given: Any) -> Any:
    exact = scorer.exact(None)
    return scorer.score(given, "evaluation").matrix[:, 0].tolist(), exact


@pytest.mark.parametrize(
    "level", [pytest.param("bubblewrap", marks=BWRAP), "landlock+seccomp", "rlimits"]
)
def test_it_runs_in_the_worker_on_the_commits_files(level: Level, tmp_path: Path) -> None:
    code = commit(tmp_path / "commit", "return raw.rename(columns={'raw': 'x'}) * FACTOR")

    scores, exact = scored(write_model(tmp_path / "model"), code, level)

    assert scores == ROWS["x"].tolist()
    assert "stands between the data and the model" in exact.reason


@BWRAP
def test_it_is_shut_in_as_the_model_is(tmp_path: Path) -> None:
    """It can write neither to the commit nor beside it; what it raises is told as the adapter's."""
    body = "open(os.path.dirname(__file__) + '/more.py', 'w').write('x')"
    code = commit(tmp_path / "commit", body)

    with pytest.raises(WorkerError) as told:
        scored(write_model(tmp_path / "model"), code, "bubblewrap")

    assert told.value.what == "the adapter cannot be used (scoring rows 1 to 3 of evaluation)"
    assert "prep:make failed: OSError: [Errno 30] Read-only file system" in told.value.cause
    assert not (tmp_path / "commit" / "src" / "more.py").exists()
