"""The doctor: each thing has its word and its fix, and the exit code says whether a build can run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.git_world import GitWorld, git

from affidavit.cli.extras import BUILD_MODULES
from affidavit.cli.main import cli
from affidavit.config import Worker
from affidavit.recompute.worker import walls
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.sandbox import plan_launch, probe_level
from affidavit.recompute.worker.scratch import scratch_folder
from affidavit.render import pdf
from affidavit.seal.keys import generate_key

REAL_PDF_PROBLEM = pdf.pdf_problem


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith(("AFFIDAVIT_", "MLFLOW_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    # Seconds for a thing that one test below looks at for real.
    monkeypatch.setattr(pdf, "pdf_problem", lambda: None)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", *arguments])


def parts(*arguments: str) -> tuple[int, dict[str, dict]]:
    result = doctor("--json", *arguments)
    told = json.loads(result.stdout)
    assert told["can_build"] == (result.exit_code == 0)
    return result.exit_code, {part["name"]: part for part in told["parts"]}


def test_what_is_not_configured_is_named_and_is_no_fault(tmp_path: Path) -> None:
    code, found = parts("--out", str(tmp_path))

    assert code == 0
    unset = [name for name, part in found.items() if part["status"] == "not configured"]
    assert unset == ["tracking server", "repository", "data remote", "signing key"]
    assert "--tracking-uri" in found["tracking server"]["fix"]
    assert found["git"]["found"].startswith("git version ")
    assert found["affidavit[build]"]["found"] == f"{len(BUILD_MODULES)} packages"
    assert list(tmp_path.iterdir()) == []


def test_each_line_has_word_and_fix_and_the_last_says_what_follows(tmp_path: Path) -> None:
    result = doctor("--out", str(tmp_path), "--signer", str(tmp_path / "none.pem"))

    lines = result.stdout.splitlines()
    assert result.exit_code == 4
    assert lines[-1] == "A build cannot run yet: signing key."
    assert any(line.startswith("  ● ok              Python ") for line in lines)
    assert any(line.startswith("  ○ missing         signing key ") for line in lines)
    assert any(line.startswith("  · not configured  repository ") for line in lines)
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


def test_quiet_leaves_the_last_line(tmp_path: Path) -> None:
    told = doctor("-q", "--out", str(tmp_path)).stdout

    assert told.startswith("A build can run")
    assert "●" not in told


def test_a_real_repository_remote_and_key_are_found(tmp_path: Path) -> None:
    world = GitWorld.create(tmp_path / "repo")
    world.commit("first")
    (tmp_path / "remote").mkdir()
    generate_key("ed25519", tmp_path / "k.pem", tmp_path / "k.pub", None)
    given = ["--repo", str(world.folder), "--remote", str(tmp_path / "remote"),
             "--signer", str(tmp_path / "k.pem"), "--out", str(tmp_path)]  # fmt: skip

    code, found = parts(*given)

    assert code == 0
    names = ("repository", "data remote", "signing key")
    assert [found[name]["status"] for name in names] == ["ok", "ok", "ok"]
    assert "sha256:" in found["signing key"]["found"].lower()


def test_a_kind_of_signer_that_nobody_has_tried_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    uri = f"awskms:alias/release?public-key={tmp_path}/k.pub"

    for signer, is_marked in ((uri, True), (str(tmp_path / "k.pem"), False)):
        code, found = parts("--signer", signer, "--out", str(tmp_path))
        assert (code, found["signing key"]["status"]) == (0, "ok")
        assert ("untested with the service" in found["signing key"]["found"]) is is_marked


def test_an_encrypted_key_without_its_passphrase_is_said_and_is_no_fault(tmp_path: Path) -> None:
    generate_key("ed25519", tmp_path / "k.pem", tmp_path / "k.pub", "correct horse battery")

    code, found = parts("--signer", str(tmp_path / "k.pem"), "--out", str(tmp_path))

    assert (code, found["signing key"]["status"]) == (0, "ok")
    assert "encrypted" in found["signing key"]["found"]


def test_a_keyless_signer_is_asked_for_no_certificate(tmp_path: Path) -> None:
    code, found = parts("--signer", "sigstore:", "--out", str(tmp_path))

    assert (code, found["signing key"]["status"]) == (0, "ok")
    assert "keyless" in found["signing key"]["found"]


@pytest.mark.parametrize(
    ("option", "value", "name"),
    [
        ("--tracking-uri", "http://someone:secret@127.0.0.1:9", "tracking server"),
        ("--tracking-uri", "sqlite:///nowhere.db", "tracking server"),
        ("--repo", "nowhere", "repository"),
        ("--remote", "nowhere", "data remote"),
        ("--signer", "nowhere.pem", "signing key"),
        ("--out", "nowhere", "output folder"),
    ],
)
def test_what_is_configured_and_absent_is_missing_with_a_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)

    code, found = parts(option, value)

    assert (code, found[name]["status"]) == (4, "missing")
    assert found[name]["found"]
    assert found[name]["fix"]
    assert "secret" not in json.dumps(found)
    assert list(tmp_path.iterdir()) == []


def test_a_shallow_clone_is_missing_with_the_git_command(tmp_path: Path) -> None:
    world = GitWorld.create(tmp_path / "repo")
    world.commit("first")
    world.commit("second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{world.folder}", "shallow")

    code, found = parts("--repo", str(tmp_path / "shallow"), "--out", str(tmp_path))

    assert code == 4
    assert "fetch --unshallow" in found["repository"]["fix"]


def test_a_real_server_answers(mlflow_server, tmp_path: Path) -> None:
    with_secret = mlflow_server.uri.replace("//", "//ada:secret@")

    code, found = parts("--tracking-uri", with_secret, "--out", str(tmp_path))

    assert (code, found["tracking server"]["status"]) == (0, "ok")
    assert found["tracking server"]["found"] == f"{mlflow_server.uri} answers"


def test_without_the_build_extra_it_runs_and_names_it(tmp_path: Path) -> None:
    absent = f"import sys; sys.modules.update(dict.fromkeys({sorted(BUILD_MODULES)!r}))\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{absent}from affidavit.cli.main import main; main()",
         "doctor", "--json", "--tracking-uri", "http://127.0.0.1:9"],
        capture_output=True, check=False, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip

    assert done.returncode == 4, done.stderr
    found = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert found["affidavit[build]"]["status"] == "missing"
    assert found["affidavit[build]"]["fix"] == "pip install 'affidavit[build]'"
    assert "mlflow" in found["affidavit[build]"]["found"]


def test_without_git_and_bubblewrap_only_git_stops_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    code, found = parts("--out", str(tmp_path))

    assert code == 4
    assert (found["git"]["status"], found["git"]["required"]) == ("missing", True)
    assert (found["sandbox"]["status"], found["sandbox"]["required"]) == ("missing", False)
    assert "apt-get install bubblewrap" in found["sandbox"]["fix"]


def test_the_sandbox_is_that_of_a_build(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with scratch_folder(None) as beside:
        built = plan_launch(tmp_path / "model", Worker(), own_interpreter(), beside)

    _, found = parts("--out", str(tmp_path))

    assert found["sandbox"]["status"] == ("ok" if built.level == "bubblewrap" else "missing")
    assert found["sandbox"]["found"].startswith(built.level)
    assert probe_level(own_interpreter())[0] == built.level
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_bubblewrap_that_refuses_the_walls_of_a_build_is_no_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and would bind the whole system; a build asks more of it."""
    tool = tmp_path / "bin" / "bwrap"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\ncase "$*" in *--cap-drop*) exit 1 ;; esac\nexit 0\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")

    code, found = parts("--out", str(tmp_path))

    assert (code, found["sandbox"]["status"]) == (0, "missing")
    assert found["sandbox"]["found"].startswith("landlock+seccomp: lacks namespaces of its own")
    assert "bubblewrap: it printed nothing" in found["sandbox"]["found"]
    assert "user namespaces" in found["sandbox"]["fix"]


def test_without_any_walls_it_says_all_that_is_lacking_and_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel without landlock: no other can be run here, so its highest ABI is taken for 0."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(walls, "NEWEST_ABI", 0)

    _, found = parts("--out", str(tmp_path))

    said = found["sandbox"]["found"]
    assert said.startswith("rlimits: lacks all but limits on memory")
    why = "bubblewrap: not installed; landlock+seccomp: this kernel has no landlock, or it is off"
    assert why in said
    assert "apt-get install bubblewrap" in found["sandbox"]["fix"]
    assert "lsm=landlock" in found["sandbox"]["fix"]


def test_the_pdf_is_tried_for_real_and_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "pdf_problem", REAL_PDF_PROBLEM)
    problem = REAL_PDF_PROBLEM()

    code, found = parts("--out", str(tmp_path))

    assert (code, found["PDF"]["required"]) == (0, False)
    assert found["PDF"]["status"] == ("missing" if problem else "ok")

    monkeypatch.setattr(pdf, "pdf_problem", lambda: "no Pango\nDebian: apt-get install pango")
    code, found = parts("--out", str(tmp_path))
    assert (code, found["PDF"]["found"]) == (0, "no Pango")
    assert found["PDF"]["fix"] == "Debian: apt-get install pango"
    assert "without the PDF card (--no-pdf)" in doctor("-q", "--out", str(tmp_path)).stdout


def test_a_broken_sources_toml_is_a_usage_error(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "affidavit"
    folder.mkdir(parents=True)
    (folder / "sources.toml").write_text("rpeo = 'x'\n")

    result = doctor("--out", str(tmp_path))

    assert result.exit_code == 2
    assert "did you mean repo?" in result.stderr
