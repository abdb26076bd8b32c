"""`affidavit init` against a real MLflow server, a real repository and real DVC files."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.git_world import GitWorld
from tests.support.mlflow_world import FILES, Registered, Server, Training

from affidavit.cli.main import cli

SIGNATURE = json.dumps(
    [{"type": "double", "name": n, "required": True} for n in ("income", "debt")]
)
SIGNED = FILES["MLmodel"] + f"signature:\n  inputs: '{SIGNATURE}'\n".encode()
ROWS = "application_id,income,debt,deny\n1,2.5,1,no\n2,3.5,2,yes\n"
PROTECTED = "application_id,sex\n1,female\n2,male\n"
DVC = "outs:\n- md5: {}\n  size: 10\n  hash: md5\n  path: {}\n"


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith(("AFFIDAVIT_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def world(tmp_path: Path) -> GitWorld:
    """A repository with two files that DVC tracks, both in the working tree."""
    world = GitWorld.create(tmp_path / "repo")
    world.write(".gitignore", "*.csv\n")
    world.write("data/evaluation.csv", ROWS)
    world.write("data/evaluation.csv.dvc", DVC.format("a" * 32, "evaluation.csv"))
    world.write("data/protected.csv", PROTECTED)
    world.write("data/protected.csv.dvc", DVC.format("b" * 32, "protected.csv"))
    return world


def register(server: Server, *, commit: str | None, mlmodel: bytes = SIGNED) -> Registered:
    training = Training(server=server, commit=commit, files=FILES | {"MLmodel": mlmodel})
    training.params["decision_threshold"] = "0.25"
    training.params["threshold_note"] = "see the wiki"
    return training.register()


def init(model: Registered, server: Server, out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        cli, ["init", model.ref, "--tracking-uri", server.uri, "--out", str(out), *arguments]
    )


def test_writes_what_signature_commit_and_header_tell(
    mlflow_server: Server, world: GitWorld, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=world.commit("train"))

    result = init(model, mlflow_server, tmp_path, "--repo", str(world.folder))

    assert result.exit_code == 0, result.output
    text = (tmp_path / "affidavit.toml").read_text()
    assert tomllib.loads(text) == {
        "version": 1, "rows": {}, "label": {}, "decision": {},
        "datasets": {"evaluation": {"path": "data/evaluation.csv"}},
    }  # fmt: skip
    assert "the model's signature names them (income, debt)" in text.replace("\n# ", " ")
    assert '# column = "deny"' in text
    assert '# favourable = "no"  # seen in "deny"' in text
    assert '# threshold = 0.25  # the run\'s parameter "decision_threshold"' in text
    assert "see the wiki" not in text
    assert '# [sensitive.sex]\n# column = "sex"' in text
    assert '# table = "data/protected.csv"\n# join_on = "application_id"' in text
    assert tomllib.loads((tmp_path / "declarations.toml").read_text()) == {"version": 1}
    assert result.stdout.splitlines()[-1] == (
        f"  affidavit resolve {model.ref} --config {tmp_path / 'affidavit.toml'}"
    )


def test_a_data_file_given_takes_the_place_of_the_repository(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "test.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    model = register(mlflow_server, commit=None)

    result = init(model, mlflow_server, Path(), "--data", "in/test.csv")

    assert result.exit_code == 0, result.output
    written = tomllib.loads((tmp_path / "affidavit.toml").read_text())
    assert written["datasets"] == {"test": {"path": "in/test.csv"}}


def test_without_signature_and_data_it_says_what_it_could_not_see(
    mlflow_server: Server, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=None, mlmodel=FILES["MLmodel"])

    result = init(model, mlflow_server, tmp_path)

    assert result.exit_code == 0, result.output
    assert "no signature: [features] is needed" in result.stdout
    assert "give one with --data" in result.stdout
    assert "# [features]" in (tmp_path / "affidavit.toml").read_text()


@pytest.mark.parametrize("there", ["affidavit.toml", "declarations.toml"])
def test_never_touches_a_file_that_exists(
    mlflow_server: Server, tmp_path: Path, there: str
) -> None:
    (tmp_path / there).write_text("mine")
    model = register(mlflow_server, commit=None)

    result = init(model, mlflow_server, tmp_path)

    assert result.exit_code == 2
    assert f"{there} exists" in result.stderr.replace("\n  ", " ")
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {there: "mine"}


@pytest.mark.parametrize(
    ("mlmodel", "told"),
    [
        (b"a: [", "MLmodel file cannot be read"),
        (b"signature:\n  inputs: '{'\n", "MLmodel file cannot be read"),
        (b"signature: 3\n", "MLmodel file cannot be read"),
    ],
)
def test_a_broken_mlmodel_writes_nothing(
    mlflow_server: Server, tmp_path: Path, mlmodel: bytes, told: str
) -> None:
    model = register(mlflow_server, commit=None, mlmodel=mlmodel)

    result = init(model, mlflow_server, tmp_path)

    assert result.exit_code == 4
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_model_is_told_with_those_that_exist(
    mlflow_server: Server, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=None)

    result = CliRunner().invoke(
        cli, ["init", f"{model.ref}9", "--tracking-uri", mlflow_server.uri, "--out", str(tmp_path)]
    )

    assert result.exit_code == 2
    assert "no such version" in result.stderr
    assert "use one of: 1" in result.stderr
    assert list(tmp_path.iterdir()) == []
