"""A bundle that brings its wheels is rechecked with no package index, in packages that differ from ours.

Built with the index, so this runs in `make conformance`; the recheck sees a closed port in its place.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conformance.test_model_environment import OLDER, rows, train, with_requirements
from tests.recompute.case import Case, binary_config
from tests.recompute.environments.world import Heard
from tests.support.small_world import SmallBundle, build_small

from affidavit.config import Environment
from affidavit.progress import Silent
from affidavit.recompute import WorkerOptions
from affidavit.recompute.environments import prepare_environment
from affidavit.reproduce import Request, recheck
from affidavit.verify import read_keys

pytestmark = pytest.mark.system

CONFIG = """\
version = 1
task = "binary"
[rows]
id = "id"
[label]
column = "y"
kind = "outcome"
positive = "yes"
favourable = "no"
[decision]
threshold = 0.5
[environment]
include = "wheels"
[datasets.evaluation]
path = "evaluation.csv"
include = "embed"
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    """Of a model made with an older scikit-learn, its wheels beside it."""
    folder = tmp_path_factory.mktemp("offline")
    first = with_requirements(Case(folder / "first"))
    config = binary_config(environment=Environment(include="wheels"))
    options = WorkerOptions(cache_dir=folder / "cache" / "affidavit" / "environments")
    train(prepare_environment(first.evidence, config, first.work, options, Heard()), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return build_small(
            folder / "bundle", CONFIG,
            lambda case: with_requirements(case)
            .model(folder / "model").dataset("evaluation", rows()),
        )  # fmt: skip


def test_every_number_follows_again_without_an_index(
    bundle: SmallBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    for name in ("UV_FIND_LINKS", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    request = Request(
        bundle=bundle.path, trust=read_keys((bundle.public_key,)),
        options=WorkerOptions(cache_dir=tmp_path / "empty"),
    )  # fmt: skip

    done = recheck(request, Silent())

    assert bundle.verdict().word == "VERIFIED"
    assert done.result is not None
    assert (done.result.outcome, done.result.exit_code) == ("EQUAL", 0), done.result.differences
    assert done.result.environment is not None
    assert (done.result.environment.how, done.result.environment.wheels) == ("lock", True)
    assert done.result.tools["worker.sklearn"] == OLDER
