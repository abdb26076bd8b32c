"""Asking an authority on loopback for a timestamp: the answer is held against what was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rfc3161_client._rust import parse_timestamp_request
from tests.support.clock import Clock, signature_of, stamped
from tests.support.pki import NOW

from affidavit.bundle.statement import parse_signed, statement_bytes
from affidavit.bundle.timestamp import read_timestamp
from affidavit.cli.signing import load
from affidavit.errors import Unreachable, UsageError
from affidavit.seal.keys import generate_key, load_signer
from affidavit.seal.timestamps import Timestamped, fetch_timestamp

STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {})
CLOCK = Clock.make()


class Authority:
    """On loopback; `answer` makes the bytes that it gives, of a request's digest and nonce."""

    def __init__(self) -> None:
        self.answer: Callable[[bytes, int], bytes] = lambda d, n: CLOCK.answer(d, NOW, nonce=n)
        self.status = 200
        self.asked: list[bytes] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                outer.asked.append(body)
                request = parse_timestamp_request(body)
                content = outer.answer(request.message_imprint.message, request.nonce)
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def authority() -> Iterator[Authority]:
    running = Authority()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", None)
    return tmp_path / "k.pem"


def test_a_signature_gets_the_authoritys_time(authority: Authority, key: Path) -> None:
    signer = load(str(key), None, authority.url)

    content = signer.sign(STATEMENT)

    signed = parse_signed(content, "s")
    stamp = read_timestamp(signed.material.timestamps[0], "s")
    assert (stamp.time, stamp.is_over(signed.signature)) == (NOW, True)
    assert signer.describe() == f"{key} (p256), timestamped by 127.0.0.1"
    assert signer.fingerprint() == load_signer(key).fingerprint()


def test_the_request_holds_a_digest_and_nothing_of_the_bundle(
    authority: Authority, key: Path
) -> None:
    content = Timestamped(load_signer(key), authority.url).sign(STATEMENT)

    (asked,) = authority.asked
    assert len(asked) < 100
    assert parse_timestamp_request(asked).cert_req
    assert b"tagmanifest" not in asked
    assert signature_of(content) not in asked


def test_knows_what_it_made_by_signature_and_timestamp(authority: Authority, key: Path) -> None:
    signer = Timestamped(load_signer(key), authority.url)
    content = signer.sign(STATEMENT)

    assert signer.made(content, "s")
    assert not signer.made(stamped(content), "s")
    assert not signer.made(stamped(content, CLOCK.stamp(b"another", NOW)), "s")
    generate_key("p256", key.with_name("o.pem"), key.with_name("o.pub"), None)
    assert not Timestamped(load_signer(key.with_name("o.pem")), authority.url).made(content, "s")


def without_certificate(digest: bytes, nonce: int) -> bytes:
    class Bare(Clock):
        with_certificate = False

    return Bare(root=CLOCK.root, holder=CLOCK.holder).answer(digest, NOW, nonce=nonce)


@pytest.mark.parametrize(
    ("answer", "status", "what"),
    [
        (lambda d, n: CLOCK.answer(d, NOW, nonce=n + 1), 200, "of something else"),
        (lambda d, n: CLOCK.answer(d[::-1], NOW, nonce=n), 200, "of something else"),
        (lambda d, n: CLOCK.answer(d, NOW), 200, "of something else"),
        (without_certificate, 200, "without its certificate"),
        (lambda d, n: b"<html>", 200, "gave no timestamp"),
        (lambda d, n: b"\x30\x05\x30\x03\x02\x01\x02", 200, "gave no timestamp"),
        (lambda d, n: b"x" * 40_000, 200, "answered more than"),
        (lambda d, n: b"", 503, "does not answer"),
    ],
)
def test_any_other_answer_is_refused(
    answer: Callable[[bytes, int], bytes], status: int, what: str, authority: Authority
) -> None:
    assert fetch_timestamp(authority.url, b"signature")  # the twin

    authority.answer, authority.status = answer, status

    with pytest.raises(Unreachable, match=what) as refused:
        fetch_timestamp(authority.url, b"signature")
    assert "\n" not in str(refused.value)


def test_an_authority_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"

        with pytest.raises(Unreachable, match="does not answer"):
            fetch_timestamp(url, b"signature")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/", "tsa.example", "http://", "http://[x"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_signed(url: str, key: Path) -> None:
    with pytest.raises(UsageError, match="expected http"):
        load(str(key), None, url)


def test_a_secret_in_an_address_is_refused_and_not_repeated(key: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load(str(key), None, "https://me:hunter2@tsa.example/")

    assert "hunter2" not in f"{refused.value} {refused.value.fix}"
