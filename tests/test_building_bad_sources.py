"""Sources that misbehave, through the command: what is wrong, what to do, and nothing left behind."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.git_world import git
from tests.support.mlflow_world import Registered, Server, Training
from tests.support.project_world import Project, linked_inputs, make_project

from affidavit.cli.main import cli
from affidavit.resolve import rest_server

NOWHERE = "127.0.0.1:1"  # nothing listens there
PASSWORD = "s3cret-pass"


@dataclass(frozen=True)
class World:
    """A registered version, its repository and remote, all as they should be."""

    server: Server
    project: Project
    made: Registered

    def asked(self, **changed: str) -> list[str]:
        """A build of it, with one place changed."""
        places = {
            "ref": self.made.ref, "tracking": self.server.uri,
            "repo": str(self.project.git.folder), "remote": str(self.project.remote),
        } | changed  # fmt: skip
        return ["build", places["ref"], "--tracking-uri", places["tracking"], "--repo",
                places["repo"], "--remote", places["remote"], "--allow-unsigned"]  # fmt: skip


@pytest.fixture(scope="module")
def world(mlflow_server: Server, tmp_path_factory: pytest.TempPathFactory) -> World:
    project = make_project(tmp_path_factory.mktemp("world"))
    training = Training(server=mlflow_server, commit=project.commit, inputs=linked_inputs())
    return World(mlflow_server, project, training.register())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and mirrors of repositories that end with the test."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def refused(asked: list[str], exit_code: int, *words: str) -> str:
    """The build ends so, in our words, and leaves nothing; gives what it said, in one line."""
    done = CliRunner().invoke(cli, asked)

    assert done.exit_code == exit_code, done.output
    lines = done.output.splitlines()
    said = " ".join(done.output.split())
    assert lines[0].startswith("error:"), done.output  # alone where a long path comes first
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines), done.output
    assert [line for line in lines if line.startswith("  fix ")], done.output
    for word in words:
        assert word in said, done.output
    assert "Traceback" not in said
    assert PASSWORD not in said
    assert list(Path.cwd().iterdir()) == []
    return said


def test_the_same_places_untouched_are_resolved(world: World) -> None:
    """The twin of every refusal below; the build itself would go on to a made-up model."""
    done = CliRunner().invoke(cli, ["resolve", *world.asked()[1:-1]])

    assert (done.exit_code, done.output.rstrip().splitlines()[-1]) == (
        0, "22 files · 0 gaps · 0 exceptions · 0 contradictions",
    )  # fmt: skip


PLACES: dict[str, tuple[dict[str, str], int, tuple[str, ...]]] = {
    "server down": (
        {"tracking": f"http://{NOWHERE}"}, 4, ("connection refused", f"curl http://{NOWHERE}/health"),
    ),
    "server down, with a password": (
        {"tracking": f"http://ada:{PASSWORD}@{NOWHERE}"}, 4, ("connection refused",),
    ),
    "server without its scheme": (
        {"tracking": NOWHERE}, 2, ("no such folder or server", f"--tracking-uri http://{NOWHERE}"),
    ),
    "no such model": ({"ref": "models:/nobody/1"}, 2, ("no such model", "use one of:")),
    "no version in the name": ({"ref": "credit/1"}, 2, ("models:/<name>/<number>",)),
    "no repository": ({"repo": "/no/such"}, 4, ("not a Git repository", "no such folder")),
    "a file for a repository": ({"repo": "/etc/hosts"}, 4, ("a file, not a folder",)),
    "repository that does not answer": (
        {"repo": f"https://ada:{PASSWORD}@{NOWHERE}/x.git"}, 4,
        ("cannot be read", f"git ls-remote https://{NOWHERE}/x.git"),
    ),
    "no remote": ({"remote": "/no/such"}, 4, ("no such folder", "give --remote the right place")),
    "remote of another kind": ({"remote": "gs://bank/dvc"}, 4, ("folders, s3, http and https are",)),
    "remote that does not answer": (
        {"remote": f"http://ada:{PASSWORD}@{NOWHERE}/dvc"}, 4, ("cannot be read",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_is_wrong_is_named_with_what_to_do(world: World, name: str) -> None:
    changed, exit_code, words = PLACES[name]

    refused(world.asked(**changed), exit_code, *words)


def test_unknown_versions_and_aliases_list_those_that_exist(world: World) -> None:
    name = world.made.name

    refused(world.asked(ref=f"models:/{name}/7"), 2, "no such version", "use one of: 1")
    refused(world.asked(ref=f"models:/{name}@prod"), 2, "no such alias", "use one of: version 1")


def test_a_server_of_plain_http_asked_by_https_is_told_so(world: World) -> None:
    address = world.server.uri.replace("http:", "https:")

    refused(world.asked(tracking=address), 4, "does not answer", "http there, not https")


# --- a server that is slow


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_says_nothing_is_given_up(
    world: World, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rest_server.TIMEOUT_S == (5, 60)  # in use; a minute is long for a test
    monkeypatch.setattr(rest_server, "TIMEOUT_S", (5, 0.3))

    refused(world.asked(tracking=silent), 4, "does not answer", "no answer in time")


def test_ctrl_c_ends_the_wait_for_it(world: World, silent: str, here: Path) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-m", "affidavit", "-v", *world.asked(tracking=silent)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    assert "asking the registry" in said
    time.sleep(0.3)  # until it waits in the socket
    waiting.send_signal(signal.SIGINT)
    out, rest = waiting.communicate(timeout=60)

    assert (waiting.returncode, out, rest.split()) == (130, "", ["interrupted"])
    assert list(here.iterdir()) == []


# --- files of the model


def registered(world: World, change: Callable[[Path], object]) -> list[str]:
    """A version of its own, whose folder on the server was changed afterwards."""
    made = Training(
        server=world.server, commit=world.project.commit, inputs=linked_inputs()
    ).register()  # fmt: skip
    change(world.server.folder(made.location))
    return world.asked(ref=made.ref)


def test_a_model_whose_files_are_gone_is_no_model(world: World) -> None:
    refused(registered(world, shutil.rmtree), 4, "no model files at", "register the model again")


@pytest.mark.parametrize(
    ("change", "name", "cause"),
    [
        (lambda f: (f / "passwd").symlink_to("/etc/passwd"), "passwd", "outside the artifact"),
        (lambda f: (f / "line\nbreak.txt").write_text("x"), "line\\nbreak.txt", "HTTP 404"),
    ],
)
def test_a_file_that_the_server_cannot_hand_out_is_named(
    world: World, change: Callable[[Path], object], name: str, cause: str
) -> None:
    said = refused(registered(world, change), 4, f"model file {name}: ", cause)

    assert "put the file itself there, under a plain name" in said
    assert "not a working MLflow server" not in said


def test_names_of_files_do_not_stand_in_the_way(world: World) -> None:
    names = ["A.png", "a.png", "with space.txt", "größe/naïve.txt", "größe/nai\u0308ve.txt"]

    def change(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(name)

    done = CliRunner().invoke(cli, ["resolve", *registered(world, change)[1:-1]])

    assert done.exit_code == 0, done.output
    assert "27 files · 0 gaps · 0 exceptions" in done.output


def test_a_bucket_that_refuses_is_no_empty_bucket(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    for name, value in {"AWS_ACCESS_KEY_ID": "ada", "AWS_SECRET_ACCESS_KEY": PASSWORD,
                        "AWS_DEFAULT_REGION": "us-east-1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    made = Training(
        server=world.server, commit=world.project.commit, files={},
        artifact_location="s3://bank/mlflow",
    ).register()  # fmt: skip
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", endpoint)
        asked = world.asked(ref=made.ref)
        refused(asked, 4, "no model files at s3://bank/mlflow/", "empty, or gone")
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="bank")
        refused(asked, 4, "no model files at s3://bank/mlflow/", "empty, or gone")

        _refuse_strangers(endpoint, True)
        refused(asked, 4, "the artifact store at s3://bank/mlflow/", "PermissionError",
                "check its credentials")  # fmt: skip
    finally:
        _refuse_strangers(endpoint, False)
        server.stop()


def _refuse_strangers(endpoint: str, is_on: bool) -> None:
    """Whether moto asks who the caller is; it is one switch for every server of the process."""
    import requests

    answer = requests.post(
        f"{endpoint}/moto-api/reset-auth", data="0" if is_on else "inf", timeout=10
    )
    assert answer.ok


# --- repositories


def test_a_shallow_clone_is_completed_by_the_printed_command(world: World, tmp_path: Path) -> None:
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", world.project.git.folder.as_uri(), str(clone))

    said = refused(world.asked(repo=str(clone)), 4, "is a shallow clone")

    command = said.partition("run: ")[2].split()
    assert command[:2] == ["git", "-C"]
    git(clone, *command[3:])
    done = CliRunner().invoke(cli, ["resolve", *world.asked(repo=str(clone))[1:-1]])
    assert done.exit_code == 0, done.output


def test_a_squash_merge_is_an_exception_and_what_is_collected_a_gap(
    world: World, tmp_path: Path
) -> None:
    """The fix of the first keeps the commit from becoming the second."""
    project = make_project(tmp_path / "squashed").git
    origin = tmp_path / "origin.git"
    git(tmp_path, "clone", "-q", "--mirror", str(project.folder), str(origin))
    project.git("remote", "add", "origin", str(origin))
    project.git("checkout", "-q", "-b", "feature")
    sha = project.commit("Train")
    project.git("checkout", "-q", "main")
    project.git("merge", "-q", "--squash", "feature")
    project.commit("Train (#7)")
    project.git("branch", "-q", "-D", "feature")
    made = Training(server=world.server, commit=sha, inputs=linked_inputs()).register()
    asked = world.asked(ref=made.ref, repo=str(project.folder))

    def found() -> tuple[str, str]:
        done = CliRunner().invoke(cli, ["resolve", *asked[1:-1]])
        assert done.exit_code == 0, done.output
        return done.output, " ".join(done.output.split())

    lost = tmp_path / "lost"
    shutil.copytree(project.folder, lost, symlinks=True)
    before, told = found()
    assert "0 gaps · 1 exception" in before
    assert "code.branch no branch or tag leads to the training commit" in told
    command = told.partition("(git push ORIGIN ")[2].partition(")")[0]
    project.git("push", "-q", "origin", command.replace("NAME", "trained"))
    project.git("fetch", "-q", "--tags", "origin")
    git(project.folder, "reflog", "expire", "--expire=now", "--all")
    git(project.folder, "gc", "-q", "--prune=now")
    assert "0 gaps · 0 exceptions" in found()[0]

    git(lost, "reflog", "expire", "--expire=now", "--all")
    git(lost, "gc", "-q", "--prune=now")
    asked = world.asked(ref=made.ref, repo=str(lost))
    _, told = found()
    assert "code.pack the training commit is not in the repository" in told
    assert f"git push ORIGIN {sha}:refs/tags/NAME" in told
