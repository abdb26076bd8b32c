"""`affidavit init` against a real MLflow server, a real repository and real DVC files."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.git_world import GitWorld
from tests.support.mlflow_world import FILES, Registered, Server, Training
from tests.support.terminal import INTERRUPT, typed

import affidavit.cli.init
from affidavit.cli.main import cli
from affidavit.toml_reader import open_places, read_config

SIGNATURE = json.dumps(
    [{"type": "double", "name": n, "required": True} for n in ("income", "debt")]
)
SIGNED = FILES["MLmodel"] + f"signature:\n  inputs: '{SIGNATURE}'\n".encode()
ROWS = "application_id,income,debt,deny\n" + "".join(
    f"{i},{i}.5,{i},{'yes' if i % 3 == 0 else 'no'}\n" for i in range(12)
)
PROTECTED = "application_id,sex\n" + "".join(
    f"{i},{'female' if i % 2 else 'male'}\n" for i in range(12)
)
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
    written = tomllib.loads(text)
    assert written["rows"] == {"id": "application_id"}
    assert written["datasets"]["evaluation"]["path"] == "data/evaluation.csv"
    assert "the model's signature names them (income, debt)" in text.replace("\n# ", " ")
    assert '#   column = "deny"' in text
    assert '#   favourable = "no"  # seen in deny' in text
    assert "#   threshold = 0.25  # the run's parameter decision_threshold" in text
    assert "see the wiki" not in text
    assert '#   [sensitive.sex]\n#   column = "sex"' in text
    assert '#   table = "data/protected.csv"' in text
    assert tomllib.loads((tmp_path / "declarations.toml").read_text()) == {"version": 1}
    assert "Nothing was asked: that is done on a terminal" in result.stdout


def test_shows_what_registry_run_commit_and_data_tell(
    mlflow_server: Server, world: GitWorld, tmp_path: Path
) -> None:
    world.write("affidavit.toml", "version = 1")
    commit = world.commit("train")
    training = Training(
        server=mlflow_server, commit=commit, files=FILES | {"MLmodel": SIGNED},
        inputs=[("t", "d" * 32, {"mlflow.data.context": "evaluation",
                                 "dvc.path": "data/evaluation.csv"})],
    )  # fmt: skip
    model = training.register()

    shown = init(model, mlflow_server, tmp_path, "--repo", str(world.folder)).stdout

    for told in (
        f"run          {model.run_id} (train), finished",
        f"commit       {commit}\n               no uncommitted changes, says the run",
        "settings     the commit has its affidavit.toml already, and a build reads it",
        "logged data  evaluation: data/evaluation.csv",
        "metrics      roc_auc 0.8125",
        "DVC tracks   data/evaluation.csv, data/protected.csv",
        "inputs       2 by the signature: income, debt",
        "data         data/evaluation.csv: 12 rows, 4 columns",
        "data         data/protected.csv: 12 rows, 2 columns",
    ):
        assert told in shown


def test_ends_with_the_command_to_run_and_keygen_where_there_is_no_key(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    model = register(mlflow_server, commit=None)

    result = init(model, mlflow_server, Path())

    _, _, said = result.stdout.partition("Fill in what is open, then:\n")
    commands = said.replace("\\\n", "")  # as a shell reads them
    keygen, build = shlex.split(commands.partition("\n")[0]), commands.partition("\n")[2]
    assert keygen == ["affidavit", "keygen"]
    assert shlex.split(build) == [
        "affidavit", "build", model.ref, "--tracking-uri", mlflow_server.uri,
        "--config", "affidavit.toml", "--declarations", "declarations.toml",
        "--signer", "keys/affidavit.pem",
    ]  # fmt: skip
    assert max(map(len, result.stdout.splitlines())) <= 80
    places = open_places(Path("affidavit.toml").read_bytes(), "x")
    assert f"{len(places)} places left open, in line {places[0].line}, " in result.stdout


def test_a_key_in_the_environment_and_one_that_keygen_made_are_used(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = register(mlflow_server, commit=None)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "affidavit.pem").touch()

    for name in ("a", "b"):
        Path(name).mkdir()
    made = init(model, mlflow_server, Path("a"))
    monkeypatch.setenv("AFFIDAVIT_SIGNER", "vault:release")
    named = init(model, mlflow_server, Path("b"))

    assert "keygen" not in made.stdout + named.stdout
    assert "--signer keys/affidavit.pem" in made.stdout
    assert "--signer" not in named.stdout


def test_no_credential_is_printed(mlflow_server: Server, tmp_path: Path) -> None:
    model = register(mlflow_server, commit=None)
    server = mlflow_server.uri.replace("http://", "http://ada:secret@")

    result = CliRunner().invoke(
        cli, ["init", model.ref, "--tracking-uri", server, "--out", str(tmp_path)]
    )

    assert result.exit_code == 0, result.output
    assert mlflow_server.uri in result.stdout
    assert "secret" not in result.output


def test_json_lists_what_was_found_candidates_and_open_places(
    mlflow_server: Server, world: GitWorld, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=world.commit("train"))

    result = init(model, mlflow_server, tmp_path, "--repo", str(world.folder), "--json")

    said = json.loads(result.stdout)
    config = (tmp_path / "affidavit.toml").read_bytes()
    assert said["open"] == [{"key": p.key, "line": p.line} for p in open_places(config, "x")]
    assert said["found"]["features"] == ["income", "debt"]
    assert said["found"]["chain"]["run"] == model.run_id
    assert said["candidates"]["label.column"][0] == {
        "value": "deny", "note": "", "seen": "no 8, yes 4"
    }  # fmt: skip
    assert said["next"][-1][:3] == ["affidavit", "build", model.ref]


def test_data_given_are_looked_at_and_written_as_the_persons_word(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "test.csv").write_text(ROWS)
    (tmp_path / "people.csv").write_text(PROTECTED)
    monkeypatch.chdir(tmp_path)
    model = register(mlflow_server, commit=None)

    result = init(
        model, mlflow_server, Path(), "--dataset", "test=in/test.csv",
        "--dataset", "data/people.csv=people.csv",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    text = (tmp_path / "affidavit.toml").read_text()
    role = tomllib.loads(text)["datasets"]["test"]
    assert role["uri"] == "in/test.csv"
    assert "path" not in role
    assert '# exported_from = "<in a few words>"' in text
    assert '#   table = "data/people.csv"' in text
    assert "data         test, given: in/test.csv: 12 rows, 4 columns" in result.stdout
    # The role's place stands in the file; that of a protected table has to be given again.
    assert "--dataset data/people.csv=people.csv" in result.stdout
    assert "--dataset test=" not in result.stdout


def test_without_signature_and_data_it_says_what_it_could_not_see(
    mlflow_server: Server, tmp_path: Path
) -> None:
    files = {name: content for name, content in FILES.items() if name != "input_example.json"}
    model = Training(server=mlflow_server, commit=None, files=files).register()

    result = init(model, mlflow_server, tmp_path)

    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert "no signature: [features] is needed" in told
    assert "no file was read, so columns are not listed: give --dataset evaluation=FILE" in told
    assert "none is named: give --commit with its full id" in told
    assert "[features]" in (tmp_path / "affidavit.toml").read_text().splitlines()


def test_without_a_signature_the_input_example_names_columns(
    mlflow_server: Server, tmp_path: Path
) -> None:
    example = json.dumps({"columns": ["income", "debt"], "data": [[1, 2]]}).encode()
    files = FILES | {"input_example.json": example}
    model = Training(server=mlflow_server, commit=None, files=files).register()

    result = init(model, mlflow_server, tmp_path)

    assert "no signature; 2 in the input example: income, debt" in result.stdout
    assert '#   "income",\n#   "debt",' in (tmp_path / "affidavit.toml").read_text()


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


def test_a_folder_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["init", "models:/x/1", "--out", str(tmp_path / "gone")])

    assert told.exit_code == 2
    assert "no such folder" in " ".join(told.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_replace_writes_both_anew(mlflow_server: Server, tmp_path: Path) -> None:
    for name in ("affidavit.toml", "declarations.toml"):
        (tmp_path / name).write_text("mine")
    model = register(mlflow_server, commit=None)

    result = init(model, mlflow_server, tmp_path, "--replace")

    assert result.exit_code == 0, result.output
    assert all(p.read_text() != "mine" for p in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2


def test_a_purged_run_is_told_and_the_rest_is_written(
    mlflow_server: Server, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=None)
    mlflow_server.post("runs/delete", run_id=model.run_id)

    result = init(model, mlflow_server, tmp_path)

    assert result.exit_code == 0, result.output
    assert f"{model.run_id} (train), finished, deleted" in result.stdout


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


# ---- on a terminal


def test_a_person_is_asked_and_what_they_answer_is_written(
    mlflow_server: Server, world: GitWorld, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=world.commit("train"))
    out = tmp_path / "out"
    out.mkdir()

    screen, code = on_terminal(
        model, mlflow_server, world, out, "deny", "", "back", "binary", "past-decision", "yes", "no",
        "it was granted", "", "0.25", "", "data/protected.csv:sex", "observed", "", "male", "", "",
        "", "", "embed", "", "ada",
    )  # fmt: skip

    assert code == 0, screen
    assert "deny            no 8, yes 4" in screen
    assert "nothing is left open" in screen
    config = read_config((out / "affidavit.toml").read_bytes(), "affidavit.toml")
    assert (config.label.column, config.label.favourable) == ("deny", "no")
    assert config.decision.threshold == 0.25
    assert config.sensitive["sex"].join_on == "application_id"
    assert (config.datasets["evaluation"].include, config.set_by) == ("embed", "ada")


def test_ctrl_c_in_the_interview_writes_nothing(
    mlflow_server: Server, world: GitWorld, tmp_path: Path
) -> None:
    model = register(mlflow_server, commit=world.commit("train"))
    out = tmp_path / "out"
    out.mkdir()

    screen, code = on_terminal(model, mlflow_server, world, out, "deny", INTERRUPT)

    assert code == 130, screen
    assert screen.splitlines()[-1] == "interrupted"
    assert list(out.iterdir()) == []


def on_terminal(
    model: Registered, server: Server, world: GitWorld, out: Path, *lines: str
) -> tuple[str, int]:
    command = [
        sys.executable, "-m", "affidavit", "init", model.ref, "--tracking-uri", server.uri,
        "--repo", str(world.folder), "--out", str(out),
    ]  # fmt: skip
    return typed(command, lines, cwd=out, environ=os.environ)


@pytest.mark.parametrize(("lines", "ended"), [("\ndeny\nquit\n", 130), ("\ndeny\n", 2)])
def test_who_leaves_has_written_nothing(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, ended: int
) -> None:
    model = register(mlflow_server, commit=None)
    monkeypatch.setattr(affidavit.cli.init, "_is_terminal", lambda: True)
    command = ["init", model.ref, "--tracking-uri", mlflow_server.uri, "--out", str(tmp_path)]

    left = CliRunner().invoke(cli, command, input=lines)

    assert left.exit_code == ended, left.output
    assert "Which column was to be predicted?" in left.output
    assert list(tmp_path.iterdir()) == []


def test_where_no_data_is_found_the_person_is_asked_where_it_is(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.csv").write_text(ROWS)
    model = register(mlflow_server, commit=None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(affidavit.cli.init, "_is_terminal", lambda: True)
    command = ["init", model.ref, "--tracking-uri", mlflow_server.uri]

    left = CliRunner().invoke(cli, command, input="?\nquit\n")
    done = CliRunner().invoke(cli, command, input="gone.csv\nrows.csv\ndeny\n" + "\n" * 30)

    assert left.exit_code == 130, left.output
    assert "with the columns that the model takes and the label" in " ".join(left.output.split())
    assert done.exit_code == 0, done.output
    assert "gone.csv: no such file or folder" in done.stderr
    written = tomllib.loads((tmp_path / "affidavit.toml").read_text())
    assert written["datasets"]["evaluation"]["uri"] == "rows.csv"
    assert written["label"]["column"] == "deny"


@pytest.mark.parametrize("option", ["--no-input", "--json"])
def test_with_no_input_nobody_is_asked_on_a_terminal(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    model = register(mlflow_server, commit=None)
    monkeypatch.setattr(affidavit.cli.init, "_is_terminal", lambda: True)

    result = init(model, mlflow_server, tmp_path, option)

    assert result.exit_code == 0, result.output
    assert "Which column" not in result.output
    assert (tmp_path / "affidavit.toml").is_file()
