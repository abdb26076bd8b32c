"""Keys on a token of SoftHSM: bundles that they seal verify; what is wrong ends in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import softhsm
from tests.support.bundles import BundleBuilder

from affidavit.errors import AffidavitError, KeyProblem
from affidavit.seal import Access, open_signer
from affidavit.seal.by_key import KeySigner
from affidavit.verify import read_keys, verify_bundle

pytestmark = [pytest.mark.system, softhsm.NEEDED]


@pytest.fixture(autouse=True)
def _pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFIDAVIT_PKCS11_PIN", softhsm.PIN)


def opened(uri: str) -> KeySigner:
    signer = open_signer(uri, Access())
    assert isinstance(signer, KeySigner)
    return signer


@pytest.mark.parametrize("label", ["p256", "ed25519"])
def test_a_bundle_sealed_by_a_token_verifies(label: str, tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "b", is_signed=False)
    (tmp_path / "token.pub").write_bytes(softhsm.token().public[label].pem())
    out = tmp_path / "sealed.zip"

    sealed = built.seal_to(out, opened(softhsm.token().uri(label)))

    assert f"{label} on token bank" in (sealed.signed_by or "")
    assert verify_bundle(out, trust=read_keys((tmp_path / "token.pub",))).exit_code == 0
    assert verify_bundle(out, trust=read_keys((built.public_key,))).exit_code == 1


def test_two_keys_of_one_token_seal_one_bundle(tmp_path: Path) -> None:
    built, token = BundleBuilder(tmp_path / "b", is_signed=False), softhsm.token()
    first, second = opened(token.uri("p256")), opened(token.uri("ed25519"))
    for label in ("p256", "ed25519"):
        (tmp_path / f"{label}.pub").write_bytes(token.public[label].pem())

    built.seal_to(tmp_path / "sealed.zip", first, second)

    for label in ("p256", "ed25519"):
        trust = read_keys((tmp_path / f"{label}.pub",))
        assert verify_bundle(tmp_path / "sealed.zip", trust=trust).exit_code == 0


def test_the_pin_may_stand_in_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AFFIDAVIT_PKCS11_PIN")
    (tmp_path / "pin").write_text(softhsm.PIN + "\n")
    uri = softhsm.token().uri("p256", f"&pin-source=file:{tmp_path}/pin")

    assert opened(uri).fingerprint() == softhsm.token().public["p256"].fingerprint


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("object=p256", "object=p384"), "expected an Ed25519 or P-256 key, found another curve"),
        (("object=p256", "object=twin"), "has 2 private keys twin"),
        (("token=bank", "token=none"), "no token none behind"),
        (("token=bank", "token=bank;serial=0000"), "no token bank behind"),
        (("libsofthsm2.so", "none.so"), "there is no such module"),
        ((softhsm.MODULE, sys.executable), "cannot be used"),
    ],
)
def test_what_is_not_there_or_not_ours_is_one_line(change: tuple[str, str], what: str) -> None:
    good = softhsm.token().uri("p256")
    opened(good)

    with pytest.raises(KeyProblem) as refused:
        opened(good.replace(*change))

    assert what in str(refused.value)
    assert refused.value.fix
    assert "\n" not in str(refused.value)


def test_a_public_key_of_another_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "b", kind="p256")
    uri = softhsm.token().uri("p256", f"&public-key={built.public_key}")
    built.signer = None

    with pytest.raises(AffidavitError, match="a signature that does not verify"):
        built.seal_to(tmp_path / "out.zip", opened(uri))

    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("pin", ["00000000", ""])
def test_the_command_ends_in_one_line_and_changes_nothing(tmp_path: Path, pin: str) -> None:
    built = BundleBuilder(tmp_path / "b")
    before = built.path.read_bytes()

    done = approve(built, softhsm.token().uri("p256"), pin)

    assert done.returncode == 2
    assert ("the PIN does not fit" if pin else "no PIN was given") in done.stderr
    assert "Traceback" not in done.stderr
    assert not pin or pin not in done.stderr + done.stdout
    assert built.path.read_bytes() == before
    assert approve(built, softhsm.token().uri("p256"), softhsm.PIN).returncode == 0
    assert built.path.read_bytes() != before


def approve(built: BundleBuilder, signer: str, pin: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "affidavit", "approve", str(built.path), "--as", "approver",
        "--decision", "approve", "--yes", "--signer", signer, "--key", str(built.public_key),
    ]  # fmt: skip
    environment = {**os.environ, "AFFIDAVIT_PKCS11_PIN": pin}
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
