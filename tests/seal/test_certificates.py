"""A certificate that no reader would accept is refused before anything is signed with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.pki import DAY, NOW, Key, Pki, Wish, p256

from affidavit.bundle.statement import parse_signed, statement_bytes
from affidavit.errors import KeyProblem, UsageError
from affidavit.seal import Access, open_signer

PKI = Pki.make()
STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {})
RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("key", [p256(), ed25519.Ed25519PrivateKey.generate(), RSA])
def test_signs_with_each_kind_of_key_and_shows_its_certificate(key: Key, tmp_path: Path) -> None:
    holder = PKI.release(key=key)
    signer = open_signer(PKI.write(tmp_path, holder), Access())

    content = signer.sign(STATEMENT)

    signed = parse_signed(content, "s")
    assert signer.made(content, "s")
    assert (signed.material.certificate, signed.hint) == (holder.der, None)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish(end=NOW - DAY), "it ended on"),
        (Wish(begin=NOW + DAY), "it begins on"),
        (Wish(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]), "its extended key usage is another"),
        (Wish(names=None), "nobody to name"),
    ],
)
def test_refuses_a_certificate_that_nobody_would_accept(
    wish: Wish, why: str, tmp_path: Path
) -> None:
    uri = PKI.write(tmp_path, PKI.release(wish))

    with pytest.raises(KeyProblem, match=why):
        open_signer(uri, Access())


def test_refuses_a_chain_that_is_none(tmp_path: Path) -> None:
    holder, other = PKI.release(), PKI.release()
    uri = PKI.write(tmp_path, holder)
    chain = tmp_path / "chain.pem"
    for content, why in (
        (holder.pem, "holds one certificate"),
        (holder.pem + Pki.make().issuing.pem, "no path leads to a root"),
        (other.pem + PKI.issuing.pem, "is for another key"),
        ("", "holds no certificate"),
    ):
        chain.write_text(content)
        with pytest.raises(KeyProblem, match=why):
            open_signer(uri, Access())

    chain.write_text(holder.pem + PKI.issuing.pem + PKI.root.pem)
    assert open_signer(uri, Access()).describe().startswith(f"{tmp_path}/key.pem (certificate of")
    with pytest.raises(UsageError, match="names no chain"):
        open_signer(f"cert:{tmp_path}/key.pem", Access())


def test_an_rsa_key_signs_beside_a_certificate_only(tmp_path: Path) -> None:
    PKI.write(tmp_path, PKI.release(key=RSA))

    with pytest.raises(KeyProblem, match="expected an Ed25519, P-256 or ML-DSA-65 key"):
        open_signer(str(tmp_path / "key.pem"), Access())
