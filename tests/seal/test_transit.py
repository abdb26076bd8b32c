"""Keys in a Vault: a real OpenBao signs; what is wrong ends in one line, without the token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.support import openbao
from tests.support.bundles import BundleBuilder

from affidavit.errors import AffidavitError, KeyProblem, Unreachable, UsageError
from affidavit.seal import Access, Signer, open_signer
from affidavit.verify import read_keys, verify_bundle

needs_server = openbao.NEEDED
MADE_UP = "s.madeUpTokenOfNobody"


@pytest.fixture(autouse=True)
def _no_vault_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    openbao.clear(monkeypatch, tmp_path)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> openbao.Server:
    server = openbao.server()
    monkeypatch.setenv("VAULT_ADDR", server.url)
    monkeypatch.setenv("VAULT_TOKEN", server.signing_token)
    return server


def opened(uri: str) -> Signer:
    return open_signer(uri, Access())


def told(error: AffidavitError) -> str:
    return f"{error} {error.fix}"


# ---- it signs


@needs_server
@pytest.mark.parametrize("name", ["p256", "ed25519"])
def test_a_bundle_sealed_by_a_vault_verifies(
    name: str, vault: openbao.Server, tmp_path: Path
) -> None:
    built = BundleBuilder(tmp_path / "b", is_signed=False)
    (tmp_path / "vault.pub").write_bytes(vault.public[name].pem())
    out = tmp_path / "sealed.zip"

    built.seal_to(out, opened(f"vault:{name}"))

    assert verify_bundle(out, trust=read_keys((tmp_path / "vault.pub",))).exit_code == 0
    assert verify_bundle(out, trust=read_keys((built.public_key,))).exit_code == 1
    assert vault.signing_token.encode() not in out.read_bytes()


@needs_server
def test_a_namespace_has_keys_of_its_own(
    vault: openbao.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.ask("POST", "sys/namespaces/risk", {})
    public = vault.make_keys("risk")
    monkeypatch.setenv("VAULT_TOKEN", vault.root_token)

    assert opened("vault:p256?namespace=risk").fingerprint() == public["p256"].fingerprint
    assert opened("vault:p256").fingerprint() == vault.public["p256"].fingerprint
    monkeypatch.setenv("VAULT_NAMESPACE", "risk")
    assert opened("vault:p256").fingerprint() == public["p256"].fingerprint


@needs_server
def test_the_newest_version_is_found_by_number_and_stays_whatever_is_rotated(
    vault: openbao.Server,
) -> None:
    vault.ask("POST", "transit/keys/turned", {"type": "ed25519"})
    for _ in range(9):
        vault.ask("POST", "transit/keys/turned/rotate", {})
    newest = vault.read_key("turned")

    signer = opened("vault:turned")
    vault.ask("POST", "transit/keys/turned/rotate", {})

    assert "version 10" in signer.describe()
    assert signer.fingerprint() == newest.fingerprint
    assert opened("vault:turned?version=10").fingerprint() == newest.fingerprint
    assert opened("vault:turned").fingerprint() == vault.read_key("turned").fingerprint
    with pytest.raises(KeyProblem, match="has no version 12: it has 7, 8, 9, 10, 11"):
        opened("vault:turned?version=12")


@needs_server
@pytest.mark.parametrize("where", ["login", "file"])
def test_the_token_may_stand_in_a_file(
    where: str, vault: openbao.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAULT_TOKEN")
    name, more = (".vault-token", "") if where == "login" else ("t", f"?token-file={tmp_path}/t")
    (tmp_path / name).write_text(vault.signing_token)

    assert opened(f"vault:p256{more}").fingerprint() == vault.public["p256"].fingerprint


@needs_server
def test_its_certificate_is_checked_against_the_authorities_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = openbao.start(has_tls=True)
    monkeypatch.setenv("VAULT_ADDR", server.url)
    monkeypatch.setenv("VAULT_TOKEN", server.signing_token)

    with pytest.raises(Unreachable, match="certificate verify failed") as refused:
        opened("vault:p256")
    monkeypatch.setenv("VAULT_CACERT", str(server.authorities))

    assert "VAULT_CACERT" in refused.value.fix
    assert opened("vault:p256").fingerprint() == server.public["p256"].fingerprint
    (tmp_path / "none.pem").write_text("none")
    for file in ("none.pem", "absent.pem"):
        monkeypatch.setenv("VAULT_CACERT", str(tmp_path / file))
        with pytest.raises(KeyProblem, match="holds no certificates in PEM"):
            opened("vault:p256")
    server.stop()


# ---- it refuses


@needs_server
def test_a_key_of_another_kind_is_refused(vault: openbao.Server) -> None:
    with pytest.raises(KeyProblem, match=r"expected a key of type .*, found 'ecdsa-p384'"):
        opened("vault:p384")


@needs_server
@pytest.mark.parametrize("which", ["unknown", "denied", "expired"])
def test_a_token_that_does_not_fit_is_one_line_without_it(
    which: str, vault: openbao.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = MADE_UP
    if which != "unknown":
        policies = ("default",) if which == "denied" else ("signing",)
        token = vault.token(policies=policies, ttl="1h" if which == "denied" else "1s")
    monkeypatch.setenv("VAULT_TOKEN", token)
    if which == "expired":
        time.sleep(1.2)

    with pytest.raises(KeyProblem, match="the token does not fit") as refused:
        opened("vault:p256")

    assert refused.value.exit_code == 2
    assert token not in told(refused.value)
    assert "log in again" in refused.value.fix


@needs_server
def test_a_token_that_is_revoked_before_the_signature_leaves_nothing(
    vault: openbao.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = BundleBuilder(tmp_path / "b", is_signed=False)
    token = vault.token()
    monkeypatch.setenv("VAULT_TOKEN", token)
    signer = opened("vault:p256")
    vault.ask("POST", "auth/token/revoke", {"token": token})

    with pytest.raises(KeyProblem, match="the token does not fit"):
        built.seal_to(tmp_path / "out.zip", signer)

    assert not list(tmp_path.glob("out*"))


@needs_server
def test_a_sealed_vault_says_so_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, server = BundleBuilder(tmp_path / "b", is_signed=False), openbao.start()
    monkeypatch.setenv("VAULT_ADDR", server.url)
    monkeypatch.setenv("VAULT_TOKEN", server.signing_token)
    signer = opened("vault:p256")
    server.ask("PUT", "sys/seal")

    for sign in (lambda: opened("vault:p256"), lambda: built.seal_to(tmp_path / "out.zip", signer)):
        with pytest.raises(Unreachable, match="is sealed") as refused:
            sign()
        assert (refused.value.exit_code, refused.value.fix[:16]) == (4, "have it unsealed")

    server.stop()
    with pytest.raises(Unreachable, match=r"does not answer: .*refused") as gone:
        built.seal_to(tmp_path / "out.zip", signer)
    assert server.signing_token not in told(gone.value)
    assert not list(tmp_path.glob("out*"))


@needs_server
@pytest.mark.parametrize(("is_good", "more"), [(False, "--debug"), (True, "-v")])
def test_the_command_shows_the_token_nowhere(
    is_good: bool, more: str, vault: openbao.Server, tmp_path: Path
) -> None:
    built = BundleBuilder(tmp_path / "b")
    before = built.path.read_bytes()
    token = vault.signing_token if is_good else MADE_UP
    command = [
        sys.executable, "-m", "affidavit", more, "approve", str(built.path), "--as",
        "approver", "--decision", "approve", "--yes", "--signer", "vault:p256", "--key",
        str(built.public_key),
    ]  # fmt: skip

    done = subprocess.run(
        command, check=False, capture_output=True, text=True,
        env={**os.environ, "VAULT_TOKEN": token}, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert done.returncode == (0 if is_good else 2), done.stderr
    assert token not in done.stdout + done.stderr + " ".join(command)
    assert more == "--debug" or "Traceback" not in done.stderr
    assert (built.path.read_bytes() == before) is not is_good
    assert token.encode() not in built.path.read_bytes()


# ---- addresses; no server is asked


@pytest.mark.parametrize(
    ("address", "uri", "what"),
    [
        (None, "vault:k", "VAULT_ADDR is not set"),
        (None, "openbao:k", "BAO_ADDR is not set"),
        ("http://vault.bank.example:8200", "vault:k", "in the clear"),
        ("https://me:pw@vault.bank.example", "vault:k", "a name or a password"),
        ("https://vault.bank.example?token=pw", "vault:k", "is no address"),
        ("ftp://vault.bank.example", "vault:k", "is no address"),
        ("https://vault.bank.example", "vault:", "names no key"),
        ("https://vault.bank.example", "vault:../sys", "names no key"),
        ("https://vault.bank.example", "vault:k?mount=a/../b", "names no key"),
        ("https://vault.bank.example", "vault:k?version=0", "names no key"),
        ("https://vault.bank.example", "vault:k?namespace=a%0d%0aX:1", "the namespace is none"),
        ("https://vault.bank.example", "vault:k?token=pw", "a secret has no place in it"),
    ],
)
def test_an_address_that_is_none_is_refused(
    address: str | None, uri: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", MADE_UP)
    if address is not None:
        monkeypatch.setenv("VAULT_ADDR", address)

    with pytest.raises(UsageError) as refused:
        opened(uri)

    assert what in told(refused.value)
    assert "pw" not in told(refused.value).replace("a password", "")


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ü"])
def test_a_token_that_no_header_takes_is_not_shown(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "https://vault.bank.example")
    monkeypatch.setenv("VAULT_TOKEN", token)

    with pytest.raises(KeyProblem, match="the token does not fit") as refused:
        opened("vault:k")

    assert token not in told(refused.value)


# ---- a server that is none, or hostile


@contextmanager
def answering(status: int, body: object, location: str = "") -> Iterator[str]:
    """A server that gives everybody one answer; `TOKEN` in it becomes the token it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("X-Vault-Token", "")
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(text.replace("TOKEN", token).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (200, "<html>", "is no Vault"),
        (200, "[" * 100_000, "is no Vault"),
        (200, {"data": []}, "is no Vault"),
        (200, {"data": {"type": "ed25519", "keys": {"1": {}}}}, "gives no public key"),
        (
            200,
            {"data": {"type": "ed25519", "keys": {"1": {"public_key": "AA=="}}}},
            "no public key",
        ),
        (200, {"data": {"type": "ed25519", "keys": []}}, "has no version 0: it has none"),
        (200, {"data": {"type": "TOKEN"}}, "found 'another'"),
        (200, {"data": {"type": "ed25519", "derived": True}}, "found 'a derived ed25519'"),
        (500, {"errors": ["\x1b[2J no TOKEN\n"]}, "HTTP 500): \\x1b[2J no …"),
        (500, "TOKEN", "(HTTP 500)"),
        (503, {"errors": ["TOKEN"]}, "(HTTP 503): …"),
    ],
)
def test_an_answer_that_is_none_is_one_line_without_the_token(
    status: int, body: object, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", MADE_UP)
    with answering(status, body) as url:
        monkeypatch.setenv("VAULT_ADDR", url)
        with pytest.raises(AffidavitError) as refused:
            opened("vault:k")

    assert what in str(refused.value)
    assert MADE_UP not in told(refused.value)
    assert "\n" not in str(refused.value)


def test_the_token_does_not_follow_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", MADE_UP)
    with answering(200, {"data": {"of": "TOKEN"}}) as other, answering(307, "", other) as url:
        monkeypatch.setenv("VAULT_ADDR", url)
        with pytest.raises(Unreachable, match=r"sends us elsewhere \(HTTP 307\)"):
            opened("vault:k")
