"""Attacks on what the reader is made to trust: keys and trust.toml, each refused before any check."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.attacks.suite.case import USAGE, Attack, Attempt, World

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey


def pem(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def keyed(make: Callable[[World], bytes]) -> Callable[[World], Attempt]:
    """`--key` with this file."""

    def attempt(world: World) -> Attempt:
        content = make(world)
        path = world.file(f"key-{_digest(content)}.pub", content)
        return Attempt(
            bundle=world.good.path, options=("--key", str(path)), twin_options=world.by_key
        )

    return attempt


def trust(make: Callable[[str], str | bytes]) -> Callable[[World], Attempt]:
    """`--trust` with what is made of a good trust.toml."""

    def attempt(world: World) -> Attempt:
        good = "\n".join([
            "version = 1", "[[signer]]", 'name = "release"',
            f'key = "{world.good.public_key}"', 'roles = ["sealer"]', "",
        ])  # fmt: skip
        content = make(good)
        raw = content.encode() if isinstance(content, str) else content
        path, twin = world.file(f"bad-{_digest(raw)}.toml", raw), world.file("good.toml", good)
        return Attempt(
            bundle=world.good.path, options=("--trust", str(path)),
            twin_options=("--trust", str(twin)),
        )  # fmt: skip

    return attempt


def pattern(text: str) -> Callable[[World], Attempt]:
    """A signer of the bank's PKI whose names match a pattern."""

    def attempt(world: World) -> Attempt:
        world.pki.write(world.folder, world.released)
        lines = world.pki.trust_lines(world.folder)
        given = [line for line in lines[1:] if not line.startswith("named")]
        return Attempt(
            bundle=world.good.path, options=world.trusting(*given, f"named_pattern = '{text}'"),
            twin_options=world.by_key,
        )  # fmt: skip

    return attempt


def in_the_bundle(world: World) -> Attempt:
    """The bundle is named as its own trust."""
    return Attempt(
        bundle=world.good.path, options=("--trust", str(world.good.path)),
        twin_options=world.by_key,
    )  # fmt: skip


def two_keys(world: World) -> bytes:
    """The thief's key first, the signer's after it."""
    return pem(ed25519.Ed25519PrivateKey.generate()) + world.good.public_key.read_bytes()


def _a(name: str, does: str, make: object, says: str) -> Attack:
    assert callable(make)
    return Attack(id=f"trust/{name}", does=does, make=make, check=USAGE, exit_code=2, says=says)


_NO_TOML = "not a TOML file"

ATTACKS = (
    _a("two-keys", "A key file holds two keys, of which a reader takes one.", keyed(two_keys),
       "holds 2"),
    _a("two-keys-right-first", "A key file holds the right key and another after it.",
       keyed(lambda w: w.good.public_key.read_bytes() + pem(ed25519.Ed25519PrivateKey.generate())),
       "holds 2"),
    _a("certificate", "A certificate is given as a key.", keyed(lambda w: w.released.pem.encode()),
       "not a public key"),
    _a("private-key", "A private key is given in place of the public one.",
       keyed(lambda w: w.good.private_key.read_bytes()), "is a private key"),
    _a("p384", "A key on P-384 is pinned.",
       keyed(lambda _: pem(ec.generate_private_key(ec.SECP384R1()))), "expected an Ed25519, P-256"),
    _a("weak-curve", "A key on a curve of 192 bits is pinned.",
       keyed(lambda _: pem(ec.generate_private_key(ec.SECP192R1()))),
       "expected an Ed25519, P-256"),
    _a("rsa", "An RSA key is pinned.",
       keyed(lambda _: pem(rsa.generate_private_key(65537, 1024))), "expected an Ed25519, P-256"),
    _a("dsa", "A DSA key is pinned.", keyed(lambda _: pem(dsa.generate_private_key(1024))),
       "Ed25519"),
    _a("not-on-curve", "A key is a point that is not on its curve.",
       keyed(lambda w: _off_curve()), "not a public key"),
    _a("key-bom", "A key file is in UTF-16.",
       keyed(lambda w: w.good.public_key.read_text().encode("utf-16")), "not a public key"),
    _a("key-huge", "A key file is larger than any key.", keyed(lambda _: b"x" * 100_000),
       "too large"),
    _a("bundle-as-trust", "The bundle is named as its own trust.", in_the_bundle, _NO_TOML),
    _a("bom", "trust.toml begins with a byte order mark.", trust(lambda t: "\ufeff" + t), _NO_TOML),
    _a("utf16", "trust.toml is in UTF-16.", trust(lambda t: t.encode("utf-16")), _NO_TOML),
    _a("deep", "trust.toml is nested 100,000 deep.",
       trust(lambda t: "x = " + "[" * 100_000 + "\n" + t), _NO_TOML),
    _a("huge-number", "trust.toml holds a number of 100,000 digits.",
       trust(lambda t: "required = " + "9" * 100_000 + "\n" + t), _NO_TOML),
    _a("huge", "trust.toml is larger than 1 MiB.", trust(lambda t: t + "#" * 1_100_000),
       "larger than 1 MiB"),
    _a("key-twice", "trust.toml states a field twice.", trust(lambda t: t + 'name = "thief"\n'),
       _NO_TOML),
    _a("unknown-key", "A field's name is spelled wrongly, and would be ignored.",
       trust(lambda t: t + "valid_untill = 2026-01-01\n"), "unknown key"),
    _a("unknown-table", "A table's name is spelled wrongly, and would be ignored.",
       trust(lambda t: t + '[[revokd]]\nreason = "x"\n'), "unknown key"),
    _a("none-required", "No signer is required.", trust(lambda t: "required = 0\n" + t),
       "required"),
    _a("required-true", "As many signers are required as `true`.",
       trust(lambda t: "required = true\n" + t), "required"),
    _a("time-required-by-nobody", "A time is required, and no clock is named.",
       trust(lambda t: "required_timestamp = true\n" + t), "timestamp"),
    _a("version-2", "trust.toml is of a later version.", trust(lambda t: t.replace("= 1", "= 2")),
       "version"),
    _a("version-true", "The version is `true`, which equals 1.",
       trust(lambda t: t.replace("= 1", "= true", 1)), "version"),
    _a("version-float", "The version is 1.0.", trust(lambda t: t.replace("= 1", "= 1.0", 1)),
       "version"),
    _a("window-reversed", "A key counts until before it begins.",
       trust(lambda t: t + "valid_from = 2026-02-01\nvalid_until = 2026-01-01\n"), "valid_until"),
    _a("window-local", "A window is given in a time of nobody's zone.",
       trust(lambda t: t + "valid_until = 2099-01-01T00:00:00\n"), "valid_until"),
    _a("pattern-open", "A name's pattern matches anybody.",
       pattern("^email:a$|.*$"), "named_pattern"),
    _a("pattern-endless", "A name's pattern takes for ever on a name of the attacker's making.",
       pattern("^email:([a-z]+)*@bank$"), "named_pattern"),
    _a("pattern-endless-alike", "A name's pattern repeats what repeats.",
       pattern("^email:(?:a*b?){2,}@bank$"), "named_pattern"),
    _a("pattern-steep", "A name's pattern has ten open repeats in a row.",
       pattern("^email:" + ".*" * 10 + "@bank$"), "named_pattern"),
    _a("look-alike", "A trusted name holds a letter that only looks like one.",
       trust(lambda t: t.replace("[[signer]]", '[[signer]]\nauthority = "x"\n'
             'named = ["email:r\u0435lease@bank.example"]')), "named"),
)  # fmt: skip


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _off_curve() -> bytes:
    """A P-256 key whose point is (1, 1)."""
    head = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    content = head + b"\4" + (1).to_bytes(32) * 2
    text = base64.encodebytes(content).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n".encode()
