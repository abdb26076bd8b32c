"""`affidavit build` where part of the chain is gone: a bundle with the gaps named, or their cause."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import pytest
from tests.support.sample_world import SampleWorld

COMMIT_TAG = "mlflow.source.git.commit"
WHAT_IS_LOST = {
    "no-tag": ("delete from tags where key = ?", COMMIT_TAG),
    "purged-run": ("delete from runs where run_uuid <> ?", "nobody"),  # what `mlflow gc` does
    "commit-elsewhere": (f"update tags set value = ? where key = '{COMMIT_TAG}'", "a" * 40),
}
# The others end alike, by another query: each takes two builds of the sample.
FIRST_OF_THEM = [
    k if k == "purged-run" else pytest.param(k, marks=pytest.mark.slow) for k in WHAT_IS_LOST
]
ITS_GAP = {
    "no-tag": ("code.commit", "the run names no commit"),
    "purged-run": ("run.id", "no commit is known"),
    "commit-elsewhere": ("code.pack", "the training commit is not in the repository"),
}


def store_without(world: SampleWorld, folder: Path, lost: str) -> str:
    """A copy of the registry in which one link to the commit is gone, as a tracking URI."""
    database = folder / "mlflow.db"
    shutil.copy(world.out / "mlflow.db", database)
    statement, value = WHAT_IS_LOST[lost]
    with sqlite3.connect(database) as connection:
        assert connection.execute(statement, (value,)).rowcount > 0
    return f"sqlite:///{database}"


def config_of(world: SampleWorld, folder: Path, *, more: str = "") -> Path:
    given = folder / "given.toml"
    committed = (world.repository / "affidavit.toml").read_text()
    given.write_text(committed.replace("version = 1\n", f"version = 1\n{more}", 1))
    return given


def read(bundle: Path, path: str) -> str:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(f"card-default-1/{path}").decode()


def findings_of(bundle: Path) -> dict[str, dict[str, str]]:
    return {f["id"]: f for f in json.loads(read(bundle, "data/evidence.json"))["findings"]}


def is_readable(world: SampleWorld, bundle: Path) -> None:
    """Verified by a stranger, shown, and compared with the whole bundle, without a traceback."""
    verified = world.run("verify", bundle, "--key", world.public_key, "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["word"] == "VERIFIED"
    for words in (("show", bundle), ("diff", world.bundle, bundle)):
        done = world.run(*words)
        assert "Traceback" not in done.stderr
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lost", FIRST_OF_THEM)
def test_without_a_commit_a_build_names_why_and_a_command_that_works(
    card_default: SampleWorld, tmp_path: Path, lost: str
) -> None:
    uri = store_without(card_default, tmp_path, lost)
    out = tmp_path / "b.zip"

    done = card_default.build(out, tracking_uri=uri)

    assert done.returncode == 2, done.stdout + done.stderr
    assert not out.exists()
    said = " ".join(done.stderr.replace("\\\n", "").split())  # as a shell reads it
    assert "there is no commit to read affidavit.toml at" in said
    assert ITS_GAP[lost][1] in said
    (line,) = [s for s in done.stderr.splitlines() if "affidavit init models:/" in s]
    command = shlex.split(said[said.index("affidavit init models:/") :])
    assert line.strip().startswith("affidavit init")
    started = card_default.run(*command[1:], "--out", tmp_path)
    assert started.returncode == 0, started.stderr
    assert (tmp_path / "affidavit.toml").is_file()


def test_a_commit_that_is_there_without_the_file_is_not_called_absent(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    """The run is purged and the commit given by option: the run is not what the file lacks."""
    uri = store_without(card_default, tmp_path, "purged-run")
    repository = tmp_path / "repository"
    subprocess.run(["git", "clone", "-q", card_default.repository, repository], check=True)
    subprocess.run(["git", "rm", "-q", "affidavit.toml"], cwd=repository, check=True)
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@bank.example")
    subprocess.run(["git", *author, "commit", "-qm", "Forget it"], cwd=repository, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.strip()

    done = card_default.build(tmp_path / "b.zip", tracking_uri=uri, repo=repository, commit=head)

    assert done.returncode == 2, done.stdout + done.stderr
    assert "no affidavit.toml at its commit, and none was given" in " ".join(done.stderr.split())
    assert "the run" not in done.stderr


@pytest.mark.parametrize("lost", FIRST_OF_THEM)
def test_with_a_configuration_a_version_without_commit_is_built_with_its_gaps(
    card_default: SampleWorld, tmp_path: Path, lost: str
) -> None:
    uri = store_without(card_default, tmp_path, lost)
    out = tmp_path / "b.zip"

    done = card_default.build(out, tracking_uri=uri, config=config_of(card_default, tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    found = findings_of(out)
    assert {"data.training.snapshot", "data.evaluation.snapshot", ITS_GAP[lost][0]} < set(found)
    assert found["recompute.nothing"]["kind"] == "gap"
    assert found["configuration"]["kind"] == "exception"
    assert "by whom and when is not stated: add set_by and set_on" in found["configuration"]["what"]
    assert found["recompute.nothing"]["what"][1:] in read(out, "data/card/model-card.md")
    is_readable(card_default, out)


def test_who_set_the_configuration_later_and_when_stands_on_the_card(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    uri = store_without(card_default, tmp_path, "no-tag")
    config = config_of(card_default, tmp_path, more='set_by = "Ada Example"\nset_on = 2026-11-12\n')
    stated = tmp_path / "declarations.toml"
    stated.write_text(
        'version = 1\npurpose = "Ranks"\ndeclared_by = "Bob"\ndeclared_on = 2026-11-13'
    )
    out = tmp_path / "b.zip"

    done = card_default.build(out, tracking_uri=uri, config=config, declarations=stated)

    assert done.returncode == 0, done.stderr
    card = read(out, "data/card/model-card.md")
    assert "set after training by Ada Example on 2026-11-12" in card
    assert "option --declarations, stated by Bob on 2026-11-13" in card
    is_readable(card_default, out)


def test_with_the_evaluation_rows_lost_the_rest_is_recomputed(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    remote = tmp_path / "remote"
    shutil.copytree(card_default.remote, remote)
    rows = card_default.repository / "data" / "snapshot" / "evaluation.csv"
    digest = hashlib.md5(rows.read_bytes()).hexdigest()
    (remote / "files" / "md5" / digest[:2] / digest[2:]).unlink()
    out = tmp_path / "b.zip"

    done = card_default.build(out, remote=remote)

    assert done.returncode == 0, done.stdout + done.stderr
    found = findings_of(out)
    assert {i: f["kind"] for i, f in found.items() if i.startswith("data.")} == {
        "data.evaluation.bytes": "gap"
    }
    assert json.loads(read(out, "data/reports/performance.json"))["role"] == "training"
    is_readable(card_default, out)
