"""Keys in a cloud, as far as it can be tried here: what we hand to securesystemslib and take back,
with a local key in the service's place; what its libraries say; and what happens without them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, SSlibKey
from tests.support.bundles import BundleBuilder

from affidavit.bundle.statement import statement_bytes
from affidavit.errors import AffidavitError, KeyProblem, MissingExtra, UsageError
from affidavit.seal import Access, open_signer, sign_and_check
from affidavit.seal.keys import generate_key
from affidavit.verify import read_keys, verify_bundle

STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {})
SECRET = "notASecretOfAnybody"


PLACES = {
    "awskms": "alias/release",
    "azurekms": "//bank.vault.azure.net/keys/release/1",
    "gcpkms": "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
}


@pytest.fixture(params=PLACES)
def scheme(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A service that signs with a local key, whose public half is release.pub."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "release.pub").write_bytes(pem)

    class Service:
        @classmethod
        def from_priv_key_uri(cls, uri: str, public_key: SSlibKey, _: Any = None) -> CryptoSigner:
            assert uri == f"{request.param}:{PLACES[request.param]}"
            assert public_key.scheme == "ecdsa-sha2-nistp256"
            return CryptoSigner(private)

    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, request.param, Service)
    return str(request.param)


def uri(scheme: str, public: Path) -> str:
    return f"{scheme}:{PLACES[scheme]}?public-key={public}"


def test_a_bundle_sealed_through_a_service_verifies(scheme: str, tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "b", is_signed=False)
    public = tmp_path / "release.pub"

    sealed = built.seal_to(tmp_path / "s.zip", open_signer(uri(scheme, public), Access()))

    assert f"{PLACES[scheme]}, untested with the service itself (p256)" in (sealed.signed_by or "")
    assert verify_bundle(tmp_path / "s.zip", trust=read_keys((public,))).exit_code == 0


def test_a_service_that_signs_with_another_key_is_found_out(scheme: str, tmp_path: Path) -> None:
    generate_key("p256", tmp_path / "o.pem", tmp_path / "o.pub", "four words are better")
    signer = open_signer(uri(scheme, tmp_path / "o.pub"), Access())

    with pytest.raises(AffidavitError, match="a signature that does not verify"):
        sign_and_check(signer, STATEMENT)


def test_what_a_library_says_is_one_line_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """AWS's own library, answered by moto."""
    from moto import mock_aws

    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", "four words are better")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with mock_aws():
        signer = open_signer(uri("awskms", tmp_path / "k.pub"), Access())
        with pytest.raises(AffidavitError, match="it says NotFoundException") as refused:
            signer.sign(STATEMENT)

    assert refused.value.exit_code == 4
    assert SECRET not in f"{refused.value} {refused.value.fix}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("scheme", ["azurekms", "gcpkms"])
@pytest.mark.parametrize("is_absent", [False, True])
def test_without_its_library_the_install_command_is_named(
    scheme: str, is_absent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without securesystemslib itself, or with it and without the service's own."""
    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", "four words are better")
    if is_absent:
        monkeypatch.setitem(sys.modules, "securesystemslib.signer", None)

    with pytest.raises(MissingExtra) as refused:
        open_signer(uri(scheme, tmp_path / "k.pub"), Access())

    assert refused.value.fix == f"pip install 'affidavit[{scheme}]'"


def test_an_address_without_key_or_public_key_is_refused(tmp_path: Path) -> None:
    generate_key("ed25519", tmp_path / "k.pem", tmp_path / "k.pub", "four words are better")

    for text in ("awskms:alias/release", f"awskms:?public-key={tmp_path}/k.pub", "azurekms://"):
        with pytest.raises(UsageError, match="names no key, or no public key"):
            open_signer(text, Access())
    with pytest.raises(KeyProblem, match="expected a P-256 key, found ed25519"):
        open_signer(f"awskms:alias/release?public-key={tmp_path}/k.pub", Access())
    with pytest.raises(UsageError, match="a secret has no place in it"):
        open_signer("awskms:alias/release?secret=hunter2", Access())
