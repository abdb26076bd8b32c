from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dilithium_py.ml_dsa import ML_DSA_65

from affidavit.bundle.public_key import load_public, parse_public, public_key_of
from affidavit.errors import KeyProblem
from affidavit.seal.keys import KeyKind, generate_key, load_signer, signed_by


@pytest.mark.parametrize("kind", ["ed25519", "p256", "ml-dsa-65"])
def test_reads_what_keygen_wrote(kind: KeyKind, tmp_path: Path) -> None:
    made = generate_key(kind, tmp_path / "k.pem", tmp_path / "k.pub", None)

    found = load_public(tmp_path / "k.pub")

    assert (found.kind, found.fingerprint) == (kind, made.fingerprint)
    der = found.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert found.fingerprint == "sha256:" + hashlib.sha256(der).hexdigest()
    assert found.pem() == (tmp_path / "k.pub").read_bytes()


@pytest.mark.parametrize("kind", ["ed25519", "p256", "ml-dsa-65"])
def test_crosses_the_border_of_a_process(kind: KeyKind, tmp_path: Path) -> None:
    made = generate_key(kind, tmp_path / "k.pem", tmp_path / "k.pub", None)

    found = pickle.loads(pickle.dumps(load_public(tmp_path / "k.pub")))

    assert (found.kind, found.fingerprint) == (kind, made.fingerprint)
    assert found.pem() == (tmp_path / "k.pub").read_bytes()


@pytest.mark.parametrize("kind", ["ed25519", "p256", "ml-dsa-65"])
def test_holds_only_its_own_signature_over_the_same_message(kind: KeyKind, tmp_path: Path) -> None:
    from affidavit.bundle.statement import pae, parse_signed, statement_bytes

    for name in ("a", "b"):
        generate_key(kind, tmp_path / f"{name}.pem", tmp_path / f"{name}.pub", None)
    statement = statement_bytes("seal", "x", "0" * 64, {})
    signed = parse_signed(load_signer(tmp_path / "a.pem").sign(statement), "s")
    message = pae(signed.payload_type, signed.payload)

    assert load_public(tmp_path / "a.pub").holds(signed.signature, message)
    assert not load_public(tmp_path / "b.pub").holds(signed.signature, message)
    assert not load_public(tmp_path / "a.pub").holds(signed.signature, message + b" ")
    assert not load_public(tmp_path / "a.pub").holds(b"", message)
    assert not load_public(tmp_path / "a.pub").holds(signed.payload, message)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
        x25519.X25519PrivateKey.generate(),
    ],
)
def test_refuses_other_kinds_of_key(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey,
) -> None:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(
        KeyProblem, match=r"k\.pub: expected an Ed25519, P-256 or ML-DSA-65 key, found"
    ):
        parse_public(pem, "k.pub")


def test_refuses_a_file_of_two_keys(tmp_path: Path) -> None:
    """A library takes the first; its owner may have meant the second."""
    pems = []
    for name in ("a", "b"):
        generate_key("ed25519", tmp_path / f"{name}.pem", tmp_path / f"{name}.pub", "passphrase")
        pems.append((tmp_path / f"{name}.pub").read_bytes())
    parse_public(pems[0], "k.pub")

    with pytest.raises(KeyProblem, match=r"k\.pub holds 2 keys or certificates, and one key is"):
        parse_public(b"".join(pems), "k.pub")


def test_refuses_what_is_no_public_key(tmp_path: Path) -> None:
    generate_key("ed25519", tmp_path / "k.pem", tmp_path / "k.pub", "passphrase")

    with pytest.raises(KeyProblem, match="is a private key"):
        load_public(tmp_path / "k.pem")
    with pytest.raises(KeyProblem, match="is not a public key in PEM"):
        parse_public(b"hello", "k.pub")
    with pytest.raises(KeyProblem, match="cannot be read"):
        load_public(tmp_path / "absent.pub")
    (tmp_path / "large.pub").write_bytes(b"x" * 70_000)
    with pytest.raises(KeyProblem, match="too large to be a key") as refused:
        load_public(tmp_path / "large.pub")
    assert refused.value.fix == "check the path"


def test_another_implementation_of_ml_dsa_accepts_ours_and_is_accepted() -> None:
    key, message = mldsa.MLDSA65PrivateKey.generate(), b"DSSEv1 1 a 1 b"
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public, private = ML_DSA_65.keygen()
    theirs = public_key_of(mldsa.MLDSA65PublicKey.from_public_bytes(public), "k")

    assert ML_DSA_65.verify(raw, message, signed_by(key, message))
    assert not ML_DSA_65.verify(raw, message + b" ", signed_by(key, message))
    assert theirs.holds(ML_DSA_65.sign(private, message), message)
    assert not theirs.holds(ML_DSA_65.sign(private, message, ctx=b"another"), message)
