"""`--findings`: a real registry, repository and remote that contradict each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.mlflow_world import Server, Training
from tests.support.project_world import linked_inputs, make_project

from affidavit.cli.main import cli


@pytest.fixture(scope="module")
def words(
    mlflow_server: Server, sealed: BundleBuilder, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """A build of a version whose evaluation rows were changed in the remote."""
    project = make_project(tmp_path_factory.mktemp("world"))
    project.object("data/eval.csv").write_bytes(b"id,x,y\n3,4,0\n")
    made = Training(
        server=mlflow_server, commit=project.commit, inputs=linked_inputs(), alias="champion",
        tags={"affidavit.git.dirty": "true"},
    ).register()  # fmt: skip
    return ["build", f"models:/{made.name}@champion", "--tracking-uri", mlflow_server.uri, "--repo",
            str(project.git.folder), "--remote", str(project.remote),
            "--signer", str(sealed.private_key)]  # fmt: skip


@pytest.fixture
def asked(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same, from an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    return words


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_both_files_are_written_and_verify_by_the_command_on_the_page(
    asked: list[str], sealed: BundleBuilder
) -> None:
    refused = run(*asked, "--findings", "why.json")

    there = sorted(p.name for p in Path.cwd().iterdir())
    assert (refused.exit_code, there) == (1, ["why.html", "why.json", "why.json.sigstore.json"])
    assert "build with --findings" not in " ".join(refused.output.split())
    found = json.loads(Path("why.json").read_bytes())
    assert found["subject"]["version"] == "1"
    assert [b["id"] for b in found["besides"]] == ["code.dirty"]
    page = Path("why.html").read_text()
    assert all(c["found"] in page for c in found["contradictions"])
    assert "uncommitted changes" in page
    for file in ("why.html", "why.json"):
        told = run("verify", file, "--proof", "why.json.sigstore.json", "--key",
                   str(sealed.public_key), "--expect", f"models:/{found['subject']['name']}/1")  # fmt: skip
        assert (told.exit_code, told.output[:13]) == (0, "FILE VERIFIED")
        alone = run("verify", file, "--key", str(sealed.public_key))
        assert (alone.exit_code, "add --proof why.json.sigstore.json" in alone.output) == (2, True)
    Path("why.html").write_text(page.replace("at most one is true", "both are true"))
    told = run("verify", "why.html", "--proof", "why.json.sigstore.json", "--key",
               str(sealed.public_key))  # fmt: skip
    assert told.exit_code == 1
    assert "this is not the page that was signed" in told.output


def test_the_error_itself_counts_what_is_lacking_besides(asked: list[str]) -> None:
    told, machine = run(*asked), run(*asked, "--json")

    said = " ".join(told.output.split())
    assert (told.exit_code, machine.exit_code) == (1, 1)
    assert "besides: 1 exception; affidavit resolve shows them" in said
    assert "build with --findings FILE writes them down" in said
    error = json.loads(machine.stdout)["error"]
    assert [b["id"] for b in error["besides"]] == ["code.dirty"]
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("name", "there", "fix"),
    [
        ("why.html", None, "--findings why.json"),
        ("away/why.json", None, "make it, or name another"),
        ("why.json", "why.json", "name a new file"),
        ("why.json", "why.html", "name a new file"),
        ("why.json", "why.json.sigstore.json", "name a new file"),
    ],
)
def test_a_place_that_cannot_be_is_said_before_the_work(
    asked: list[str], name: str, there: str | None, fix: str
) -> None:
    if there:
        Path(there).write_text("mine")

    told = run(*asked, "--findings", name)

    assert told.exit_code == 2
    assert fix in told.output
    assert "resolve" not in told.output
    assert [p.read_text() for p in Path.cwd().iterdir()] == (["mine"] if there else [])
