"""What stands between us and a registry: silence, refusals, wrong answers, credentials."""

from __future__ import annotations

import base64
import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.support.mlflow_world import Server

from affidavit.errors import MissingExtra, NoSuchVersion, SourceError, Unreachable, UsageError
from affidavit.resolve.registry import open_registry
from affidavit.resolve.registry_rest import RestRegistry
from affidavit.subject import parse_ref

REF = parse_ref("models:/credit/1")
VERSION = {
    "model_version": {"name": "credit", "version": "1", "source": "models:/m", "run_id": "r"}
}


@dataclass
class Answers:
    """A server on loopback that gives prepared answers and keeps what it was asked."""

    uri: str = ""
    status: int = 200
    content_type: str = "application/json"
    body: bytes = json.dumps(VERSION).encode()
    headers: dict[str, str] = field(default_factory=dict)
    drops: int = 0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def answers() -> Iterator[Answers]:
    with serving(Answers()) as prepared:
        yield prepared


@contextmanager
def serving(prepared: Answers) -> Iterator[Answers]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            prepared.asked.append((self.path, dict(self.headers)))
            if prepared.drops:
                prepared.drops -= 1
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(prepared.status)
            sent = {
                "Content-Type": prepared.content_type,
                "Content-Length": str(len(prepared.body)),
            }
            for name, value in (sent | prepared.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(prepared.body)
            if int((sent | prepared.headers)["Content-Length"]) > len(prepared.body):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        prepared.uri = f"http://127.0.0.1:{server.server_address[1]}"
        yield prepared
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(uri: str, environ: dict[str, str] | None = None) -> object:
    return RestRegistry(uri, environ or {}).fetch_version(REF)


def refusal(uri: str, environ: dict[str, str] | None = None) -> Unreachable:
    with pytest.raises(Unreachable) as refused:
        ask(uri, environ)
    return refused.value


def test_takes_an_answer_that_is_mlflows(answers: Answers) -> None:
    """The twin of every refusal below."""
    assert ask(answers.uri) == ask(answers.uri + "/")


def test_says_that_nothing_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{closed.getsockname()[1]}"

    error = refusal(uri)

    assert uri in error.what
    assert "connection refused" in error.cause
    assert error.exit_code == 4


@pytest.mark.parametrize("status", [401, 403])
def test_says_which_credentials_to_set(answers: Answers, status: int) -> None:
    answers.status = status

    error = refusal(answers.uri)

    assert f"HTTP {status}" in error.what
    assert "MLFLOW_TRACKING_TOKEN" in error.fix


def test_a_sign_in_page_is_no_registry(answers: Answers) -> None:
    answers.content_type, answers.body = "text/html; charset=utf-8", b"<html>Sign in</html>"

    assert "not a working MLflow server" in refusal(answers.uri).what


def test_a_redirect_is_not_followed_with_credentials(answers: Answers) -> None:
    answers.status = 302
    answers.headers["Location"] = "http://u:p@elsewhere.example/login?token=abc"

    error = refusal(answers.uri, {"MLFLOW_TRACKING_TOKEN": "s3cret"})

    assert "to http://elsewhere.example/login;" in error.cause
    assert len(answers.asked) == 1


def test_a_server_error_is_told_in_its_own_words(answers: Answers) -> None:
    answers.status = 500
    answers.body = b'{"error_code": "INTERNAL_ERROR", "message": "database is locked"}'

    assert "database is locked" in refusal(answers.uri).cause


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"not json", b'{"model_version": {"name": 3}}']
)
def test_an_answer_of_another_shape_is_an_error_and_no_guess(answers: Answers, body: bytes) -> None:
    answers.body = body

    with pytest.raises(SourceError, match="the answer is not MLflow's"):
        ask(answers.uri)


def test_a_dropped_connection_is_tried_once_more(answers: Answers) -> None:
    answers.drops = 1
    registry = RestRegistry(answers.uri, {})

    registry.fetch_version(REF)

    assert registry.calls == len(answers.asked) == 2


def test_a_connection_that_stays_cut_is_given_up(answers: Answers) -> None:
    answers.drops = 5

    assert "cut" in refusal(answers.uri).cause
    assert len(answers.asked) == 2


def test_half_an_answer_is_no_answer(answers: Answers) -> None:
    answers.headers["Content-Length"] = str(len(answers.body) + 10)

    assert "cut in the middle" in refusal(answers.uri).cause


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({"MLFLOW_TRACKING_TOKEN": "tok"}, "Bearer tok"),
        (
            {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "pässword"},
            "Basic " + base64.b64encode("ada:pässword".encode()).decode(),
        ),
        ({}, None),
    ],
)
def test_sends_the_credentials_of_the_environment(
    answers: Answers, environ: dict[str, str], sent: str | None
) -> None:
    ask(answers.uri, environ)

    assert answers.asked[0][1].get("Authorization") == sent


def test_sends_and_hides_the_credentials_of_the_address(answers: Answers) -> None:
    answers.status = 403
    uri = answers.uri.replace("http://", "http://ada:s3cret@")

    error = refusal(uri)

    sent = answers.asked[0][1]["Authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"ada:s3cret"
    assert "s3cret" not in f"{error.what}{error.cause}{error.fix}"


def test_a_server_below_a_path_is_asked_there(answers: Answers) -> None:
    ask(answers.uri + "/mlflow/")

    assert answers.asked[0][0].startswith("/mlflow/api/2.0/mlflow/model-versions/get?name=credit")


def test_files_of_another_host_are_not_fetched_with_our_credentials(answers: Answers) -> None:
    with pytest.raises(SourceError, match="served by another host"):
        RestRegistry(answers.uri, {}).open_artifacts("mlflow-artifacts://other:5000/1/m/artifacts")


@pytest.mark.parametrize("make", [lambda _: None, lambda p: p.write_text("no database"),
                                  lambda p: sqlite3.connect(p).execute("create table t (x)")])  # fmt: skip
def test_a_store_that_is_no_mlflow_database_is_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    """MLflow would create the file, its folders and its tables, and then find nothing in it."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "store.db"
    make(path)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(UsageError, match="is not an MLflow database"):
        open_registry(f"sqlite:///{path}")

    assert (path.read_bytes() if path.exists() else None) == before
    assert {p.name for p in tmp_path.iterdir()} <= {"store.db"}


def test_a_store_read_without_its_server_leaves_nothing_in_the_folder(
    mlflow_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoSuchVersion):
        open_registry(mlflow_server.store_uri).fetch_version(parse_ref("models:/none/1"))

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder or server"):
        open_registry(str(tmp_path / "mlruns"))


def test_a_store_without_its_driver_names_it_and_hides_the_password() -> None:
    with pytest.raises(MissingExtra) as refused:
        open_registry("mssql+aioodbc://ada:s3cret@127.0.0.1:1/mlflow").fetch_version(REF)

    said = f"{refused.value.what}{refused.value.cause}{refused.value.fix}"
    assert "127.0.0.1:1/mlflow" in said
    assert "s3cret" not in said


def test_a_server_whose_folders_never_end_is_left(answers: Answers) -> None:
    answers.body = b'{"files": [{"path": "d", "is_dir": true}]}'
    registry = RestRegistry(answers.uri, {})

    with pytest.raises(SourceError, match="the artifact store lists"):
        registry.open_artifacts("mlflow-artifacts:/1/m/artifacts").list_files()

    assert registry.calls == 0  # of the registry; its files are counted apart
    assert len(answers.asked) <= 65
