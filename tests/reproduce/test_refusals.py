"""Nothing of a stranger's model is run unasked: proved by a model that leaves a mark when loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.attacks.models.hostile import write_model
from tests.recompute.case import binary_config
from tests.support.small_world import SmallBundle, build_small

from affidavit.errors import AffidavitError, WorkerError
from affidavit.progress import Silent
from affidavit.recompute.worker import sandbox
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import open_scorer
from affidavit.reproduce import Rechecked, Request, recheck
from affidavit.reproduce.explaining import Request as ExplainRequest
from affidavit.reproduce.explaining import explain
from affidavit.verify import Trust, read_keys

CONFIG = """\
version = 1
task = "binary"
[label]
column = "y"
kind = "outcome"
positive = "yes"
favourable = "no"
[decision]
threshold = 0.5
[datasets.evaluation]
path = "evaluation.csv"
include = "embed"
"""


@pytest.fixture(scope="module")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marked") / "the-model-was-here"


@pytest.fixture(scope="module")
def marking(marker: Path, tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    """A bundle whose model tries to write a file when it is loaded."""
    folder = tmp_path_factory.mktemp("marking")
    loading = f"try:\n    open({str(marker)!r}, 'w').close()\nexcept OSError:\n    pass"
    write_model(folder / "model", loading=loading)
    x = np.random.RandomState(1).uniform(size=120)
    table = pd.DataFrame({"x": x, "y": np.where(x + 0.2 > 0.6, "yes", "no")})
    made = build_small(
        folder, CONFIG, lambda case: case.model(folder / "model").dataset("evaluation", table)
    )
    marker.unlink(missing_ok=True)
    return made


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither bubblewrap nor landlock; no kernel here lacks both, so we leave them out."""
    monkeypatch.setattr(sandbox, "_MAKERS", ())


def again(bundle: SmallBundle, trust: Trust | None, *, run_untrusted: bool = False) -> Rechecked:
    request = Request(bundle=bundle.path, trust=trust, run_untrusted=run_untrusted)
    return recheck(request, Silent())


@pytest.mark.usefixtures("no_sandbox")
def test_without_a_pinned_signer_nothing_is_loaded(marking: SmallBundle, marker: Path) -> None:
    done = again(marking, None)

    assert (done.verdict.word, done.verdict.exit_code) == ("INTACT, SIGNER NOT TRUSTED", 3)
    assert done.result is None
    assert not marker.exists()


@pytest.mark.usefixtures("no_sandbox")
def test_where_resource_limits_alone_would_hold_nothing_is_loaded(
    marking: SmallBundle, marker: Path
) -> None:
    with pytest.raises(AffidavitError, match="nothing was loaded: the isolation here is") as told:
        again(marking, read_keys((marking.public_key,)))

    assert told.value.exit_code == 4
    assert "--run-untrusted-model" in told.value.fix
    assert "use the network" in told.value.cause
    assert not marker.exists()


@pytest.mark.usefixtures("no_sandbox")
def test_an_explanation_loads_nothing_either(marking: SmallBundle, marker: Path) -> None:
    asked = ExplainRequest(bundle=marking.path, trust=None, row="1")

    assert explain(asked, Silent()).result is None
    with pytest.raises(AffidavitError, match="nothing was loaded: the isolation here is"):
        explain(replace(asked, trust=read_keys((marking.public_key,))), Silent())

    assert not marker.exists()


@pytest.mark.usefixtures("no_sandbox")
def test_the_option_runs_it_and_the_result_names_all_that_was_lacking(
    marking: SmallBundle, marker: Path
) -> None:
    done = again(marking, None, run_untrusted=True)

    assert done.result is not None
    assert marker.exists()  # so the tests above would have seen it
    assert (done.result.outcome, done.result.exit_code) == ("EQUAL", 3)
    signer, isolation = done.result.overridden
    assert "no key was given" in signer
    assert "read and write what you can" in isolation
    assert done.result.isolation.used.startswith("rlimits: ")
    marker.unlink()


def test_with_both_it_is_run_in_the_sandbox_and_leaves_no_mark(
    marking: SmallBundle, marker: Path
) -> None:
    done = again(marking, read_keys((marking.public_key,)))

    assert done.result is not None
    assert (done.result.outcome, done.result.overridden) == ("EQUAL", ())
    assert not marker.exists()


def test_the_scorer_itself_starts_nothing_that_no_sandbox_shuts_in(
    marker: Path, tmp_path: Path
) -> None:
    """The probe may have spoken of another interpreter than the model's own."""
    loading = f"open({str(marker)!r}, 'w').close()"
    folder = write_model(tmp_path / "model", loading=loading)
    config, here = binary_config(), own_interpreter()
    plan = read_plan((folder / "MLmodel").read_bytes(), config)

    with (
        pytest.raises(WorkerError, match=r"landlock\+seccomp or more is asked for, rlimits holds"),
        open_scorer(folder, plan, config, here, strongest="rlimits", weakest="landlock+seccomp"),
    ):
        pass

    assert not marker.exists()
