"""Signing by a private Sigstore on loopback: what works, and each way in which it does not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.private_sigstore import ISSUER, WORKFLOW, Ask, Sigstore
from tests.support.sigstore_server import FULCIO, REKOR, Service, served, token

from affidavit.bundle.certificate import read_certificate
from affidavit.bundle.statement import parse_signed, statement_bytes
from affidavit.cli.main import cli
from affidavit.errors import AffidavitError, ConfigError, KeyProblem, Unreachable, UsageError
from affidavit.seal import Access, Signer, open_signer, sign_and_check
from affidavit.seal import keyless as module
from affidavit.seal.identity_tokens import VARIABLE
from affidavit.seal.keyless import PUBLISHES
from affidavit.verify import read_identity, verify_bundle

SIGSTORE = Sigstore()
STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {"a": "ü"})
AMBIENT = (
    "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "SIGSTORE_ID_TOKEN", VARIABLE,
    "AFFIDAVIT_SIGSTORE_TRUST_CONFIG",
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    with served(SIGSTORE) as service:
        yield service


@pytest.fixture
def service(running: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    for name in AMBIENT:
        monkeypatch.delenv(name, raising=False)
    running.fails, running.ask = {}, Ask()
    running.asked.clear()
    return running


@pytest.fixture
def uri(service: Service, tmp_path: Path) -> str:
    config, file = service.config(tmp_path / "config.json"), tmp_path / "token"
    file.write_text(token() + "\n")
    return f"sigstore:?trust-config={config}&token-file={file}"


@pytest.fixture
def signer(uri: str) -> Signer:
    return open_signer(uri, Access())


def told(error: AffidavitError) -> str:
    return f"{error} {error.cause} {error.fix}"


def test_what_it_signs_verifies_as_its_identity(signer: Signer, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    root.write_bytes(SIGSTORE.trusted_root())
    built = BundleBuilder(tmp_path / "b")
    path = built.pack(with_seal(built.entries, signer, built.predicate()))  # type: ignore[arg-type]

    verdict = verify_bundle(path, trust=read_identity(WORKFLOW, ISSUER, root))

    assert (verdict.exit_code, verdict.seal.time_by if verdict.seal else "") == (
        0, "the log of root.json",
    )  # fmt: skip


def test_says_who_it_is(signer: Signer) -> None:
    assert f"as uri:{WORKFLOW}" in signer.describe()
    assert signer.fingerprint() == f"uri:{WORKFLOW} by {ISSUER}"
    assert "secret" not in signer.describe() + signer.fingerprint()


def test_knows_what_it_made_and_what_another_made(
    signer: Signer, service: Service, uri: str
) -> None:
    content = sign_and_check(signer, STATEMENT)

    assert parse_signed(content, "s").payload == STATEMENT
    assert open_signer(uri, Access()).made(content, "s"), "the same identity, with another key"
    assert not signer.made(Sigstore().signer().sign(STATEMENT), "s")
    service.ask = Ask(issuer="https://accounts.other.example")
    assert not open_signer(uri, Access()).made(content, "s")


def test_what_is_sent_is_logged_once_and_no_token_goes_to_the_log(
    signer: Signer, service: Service
) -> None:
    signer.sign(STATEMENT)

    assert service.asked == [FULCIO, REKOR]


@pytest.mark.parametrize("source", ["option", "environment"])
def test_the_token_and_the_configuration_can_come_from_elsewhere(
    source: str, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = service.config(tmp_path / "config.json")
    if source == "environment":
        monkeypatch.setenv(VARIABLE, token())
    else:  # as a job of GitLab has it
        monkeypatch.setenv("GITLAB_CI", "true")
        monkeypatch.setenv("SIGSTORE_ID_TOKEN", token())

    assert open_signer("sigstore:", Access(trust_config=config)).describe()


FAILS = {
    "a denied identity": (FULCIO, 403, KeyProblem, "denies this identity", 2),
    "an authority that is out of order": (FULCIO, 503, Unreachable, "gave no certificate", 4),
    "an authority that talks nonsense": (FULCIO, b"{}", Unreachable, "", 4),
    "an authority that is no JSON": (FULCIO, b"<html>", Unreachable, "", 4),
    "a log that refuses": (REKOR, 400, Unreachable, "log did not take", 4),
    "a log that is out of order": (REKOR, 500, Unreachable, "log did not take", 4),
    "a log that talks nonsense": (REKOR, b"[]", Unreachable, "", 4),
    "a log that is no JSON": (REKOR, b"<html>", Unreachable, "", 4),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILS)
def test_each_failure_is_one_clear_line(case: str, service: Service, uri: str) -> None:
    path, instead, kind, what, code = FAILS[case]
    service.fails = {path: instead}

    with pytest.raises(kind) as refused:
        open_signer(uri, Access()).sign(STATEMENT)

    assert what in refused.value.what
    assert refused.value.exit_code == code
    assert "\n" not in str(refused.value)
    assert token()[:20] not in told(refused.value)


def test_a_log_that_is_not_there(service: Service, uri: str, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    config = tmp_path / "config.json"
    text = config.read_text()
    at = text.index("rekorTlogUrls")
    config.write_text(text[:at] + text[at:].replace(service.url, f"http://127.0.0.1:{port}", 1))

    with pytest.raises(Unreachable, match="does not answer") as refused:
        open_signer(uri, Access()).sign(STATEMENT)

    assert f"127.0.0.1:{port}" in refused.value.what


def test_a_service_that_never_answers_is_given_up(
    service: Service, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        config = tmp_path / "config.json"
        other = f"http://127.0.0.1:{silent.getsockname()[1]}"
        config.write_text(config.read_text().replace(service.url, other))

        with pytest.raises(Unreachable, match="does not answer"):
            open_signer(uri, Access())


# Made when they are used: a token lasts for minutes.
TOKENS = {
    "expired": (lambda: token(lasts=timedelta(seconds=-30)), "has expired"),
    "of another audience": (lambda: token(audience="bank"), "another audience"),
    "none": (lambda: "hello", "it is no token"),
    "binary": (lambda: "\xff\xfe", "ASCII"),
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_not_taken(case: str, service: Service, uri: str, tmp_path: Path) -> None:
    make, why = TOKENS[case]
    content = make()
    (tmp_path / "token").write_text(content, encoding="latin-1")

    with pytest.raises(KeyProblem) as refused:
        open_signer(uri, Access())

    assert why in told(refused.value)
    assert content not in told(refused.value)
    assert service.asked == []


def test_a_token_that_expires_before_signing(
    service: Service, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that takes longer than a certificate counts asks for a new one, and needs a token."""
    signer = open_signer(uri, Access())
    monkeypatch.setattr(module, "_LEAST_LEFT", timedelta(minutes=11))

    assert signer.made(signer.sign(STATEMENT), "s")
    assert service.asked.count(FULCIO) == 2
    (tmp_path / "token").write_text(token(lasts=timedelta(seconds=-30)))
    with pytest.raises(KeyProblem, match="identity token"):
        signer.sign(STATEMENT)


def test_without_any_token_it_says_where_one_comes_from(service: Service, tmp_path: Path) -> None:
    config = service.config(tmp_path / "config.json")

    with pytest.raises(KeyProblem, match="no identity token") as refused:
        open_signer(f"sigstore:?trust-config={config}", Access())

    assert VARIABLE in refused.value.fix


def test_a_ci_job_without_the_permission(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = service.config(tmp_path / "config.json")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", raising=False)

    with pytest.raises(KeyProblem, match="gives no identity token") as refused:
        open_signer(f"sigstore:?trust-config={config}", Access())

    assert "id-token: write" in refused.value.fix


def test_the_public_log_is_never_used_unasked(service: Service) -> None:
    with pytest.raises(UsageError, match="public log was not asked for") as refused:
        open_signer("sigstore:", Access())

    assert refused.value.cause == PUBLISHES
    assert refused.value.exit_code == 2


def test_one_instance_is_named(service: Service, uri: str) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        open_signer(uri, Access(public_log=True))
    with pytest.raises(UsageError, match="unknown parameter"):
        open_signer(f"{uri}&colour=red", Access())
    with pytest.raises(UsageError, match="a secret has no place"):
        open_signer("sigstore:?token=abc", Access())
    with pytest.raises(UsageError, match="nothing stands after"):
        open_signer("sigstore:config.json", Access())


@pytest.mark.parametrize("content", ["", "{}", '{"trustedRoot": {}}', "[1]"])
def test_a_file_that_is_no_configuration(
    content: str, service: Service, uri: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(content)

    with pytest.raises(ConfigError, match="no tru"):
        open_signer(uri, Access())


def test_a_certificate_for_another_key_is_not_taken(service: Service, uri: str) -> None:
    """An authority that certifies whatever it likes: what is signed is read back before it counts."""
    other = Sigstore()
    service.sigstore, mine = other, service.sigstore
    try:
        with pytest.raises(AffidavitError, match="does not hold"):
            open_signer(uri, Access())
    finally:
        service.sigstore = mine


def test_the_command_signs_and_a_failure_leaves_the_bundle_as_it_is(
    service: Service, uri: str, tmp_path: Path
) -> None:
    built = BundleBuilder(tmp_path / "b")
    before = built.path.read_bytes()
    arguments = [
        "approve", str(built.path), "--as", "approver", "--decision", "approve", "--key", str(built.public_key),
        "--yes", "--signer", "sigstore:?token-file=" + str(tmp_path / "token"),
    ]  # fmt: skip
    given = ["--sigstore-trust-config", str(tmp_path / "config.json")]
    service.fails = {REKOR: 500}

    failed = CliRunner().invoke(cli, [*arguments, *given])

    assert (failed.exit_code, failed.stdout) == (4, "")
    assert "the log did not take the signature in" in " ".join(failed.stderr.split())
    assert "Traceback" not in failed.stderr
    assert built.path.read_bytes() == before
    unasked = CliRunner().invoke(cli, arguments)
    assert (unasked.exit_code, unasked.stdout) == (2, "")
    assert "keeps for ever" in " ".join(unasked.stderr.split())
    service.fails = {}
    done = CliRunner().invoke(cli, [*arguments, *given])
    assert done.exit_code == 0, done.output
    assert built.path.read_bytes() != before


def test_the_certificate_is_of_now(signer: Signer) -> None:
    content = signer.sign(STATEMENT)
    found = read_certificate(parse_signed(content, "s").material.certificate or b"", "c")

    assert found.valid_from <= datetime.now(UTC) <= found.valid_until
