"""Attacks on a seal by ML-DSA, which stands beside another: swapped, bent, of another size; and
keys of kinds that we refuse. Each refusal has its twin, the same bundle untouched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.support.bundles import BundleBuilder

from affidavit.bundle.statement import pae, parse_signed, statement_name, wrap
from affidavit.errors import KeyProblem
from affidavit.seal.keys import LocalSigner, load_signer
from affidavit.verify import Trust, Verdict, read_keys, verify_bundle


@dataclass
class World:
    """A bundle with two seals: by an Ed25519 key, and by one of ML-DSA-65."""

    built: BundleBuilder
    second: LocalSigner
    entries: list[tuple[str, bytes]]
    name: str

    @property
    def trust(self) -> Trust:
        """Both keys, and a seal by each is asked for."""
        public = self.built.folder / "other-1.pub"
        return replace(read_keys((self.built.public_key, public)), required=2)

    def seal(self) -> bytes:
        return dict(self.entries)[self.name]

    def with_seal(self, content: bytes) -> Verdict:
        """The verdict on the bundle with other bytes in the place of the ML-DSA seal."""
        kept = [(n, c) for n, c in self.entries if n != self.name]
        seals = sorted([*(e for e in kept if e[0].startswith("signatures/")),
                        (statement_name("seal", content), content)])  # fmt: skip
        rest = [e for e in kept if not e[0].startswith("signatures/")]
        return verify_bundle(self.built.pack([*rest, *seals]), trust=self.trust)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    built = BundleBuilder(tmp_path_factory.mktemp("post-quantum"))
    second = built.other_signer("ml-dsa-65")
    name = next(n for n, _ in built.entries if n.startswith("signatures/"))
    payload = parse_signed(built.read(name), name).payload
    content = second.sign(payload)
    entries = [*built.entries, (statement_name("seal", content), content)]
    return World(built, second, entries, statement_name("seal", content))


def refused(verdict: Verdict, check: str) -> bool:
    """Refused by this check first; that two signers are missing one then follows from it."""
    failed = [c.id for c in verdict.failed]
    return verdict.exit_code == 1 and failed[0] == check and set(failed) <= {check, "signer"}


def test_both_seals_count(world: World) -> None:
    verdict = world.with_seal(world.seal())

    assert verdict.exit_code == 0, verdict.failed
    # ML-DSA draws at random: another signature by the same key is as good.
    assert (
        world.with_seal(world.second.sign(parse_signed(world.seal(), "s").payload)).exit_code == 0
    )


@pytest.mark.parametrize("where", [0, 48, 1500, 3250, 3308])
def test_refuses_a_signature_with_one_bit_changed(world: World, where: int) -> None:
    """In each of its three parts: the challenge, the response, the hints."""
    signed = parse_signed(world.seal(), "s")
    bent = bytearray(signed.signature)
    bent[where] ^= 1

    assert refused(world.with_seal(wrap(signed.payload, bytes(bent), signed.material)), "signature")


def test_refuses_a_signature_over_another_statement(world: World) -> None:
    signed = parse_signed(world.seal(), "s")
    other = world.second._make(pae("text/plain", signed.payload))
    raw = world.second._make(signed.payload)

    for swapped in (other, raw):
        assert refused(world.with_seal(wrap(signed.payload, swapped, signed.material)), "signature")


def test_refuses_the_signature_of_the_other_seal(world: World) -> None:
    """Each under the other's name: Ed25519's under ML-DSA's, and the reverse."""
    signed, first = parse_signed(world.seal(), "s"), world.built.signer
    assert first is not None
    classic = parse_signed(first.sign(signed.payload), "s")

    under_second = wrap(signed.payload, classic.signature, signed.material)
    under_first = wrap(signed.payload, signed.signature, classic.material)

    assert refused(world.with_seal(under_second), "signature")
    assert refused(world.with_seal(under_first), "signature")


@pytest.mark.parametrize(
    "make", [mldsa.MLDSA44PrivateKey.generate, mldsa.MLDSA87PrivateKey.generate]
)
def test_refuses_a_signature_of_another_parameter_set(
    world: World, make: type[mldsa.MLDSA44PrivateKey]
) -> None:
    signed = parse_signed(world.seal(), "s")
    other = make().sign(pae(signed.payload_type, signed.payload))

    assert refused(world.with_seal(wrap(signed.payload, other, signed.material)), "signature")


def test_one_seal_does_not_pass_for_two(world: World) -> None:
    verdict = verify_bundle(world.built.path, trust=world.trust)

    assert refused(verdict, "signer")


def test_a_seal_by_another_mldsa_key_counts_for_nobody(world: World) -> None:
    stranger = world.built.other_signer("ml-dsa-65")

    assert refused(
        world.with_seal(stranger.sign(parse_signed(world.seal(), "s").payload)), "signer"
    )


@pytest.mark.parametrize(
    "key",
    [
        mldsa.MLDSA44PrivateKey.generate(),
        mldsa.MLDSA87PrivateKey.generate(),
        ec.generate_private_key(ec.SECP192R1()),
        ec.generate_private_key(ec.SECP224R1()),
        ec.generate_private_key(ec.SECP256K1()),
    ],
    ids=["ml-dsa-44", "ml-dsa-87", "p192", "p224", "secp256k1"],
)
def test_no_key_of_another_size_or_curve_is_pinned_or_signs(
    key: mldsa.MLDSA44PrivateKey, tmp_path: Path
) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "k.pub").write_bytes(public)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "k.pem").write_bytes(private)
    expected = "expected an Ed25519, P-256 or ML-DSA-65 key"

    with pytest.raises(KeyProblem, match=expected):
        read_keys((tmp_path / "k.pub",))
    with pytest.raises(KeyProblem, match=expected):
        load_signer(tmp_path / "k.pem")
