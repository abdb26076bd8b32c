"""Attacks with certificates of a PKI, and with timestamps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.attacks.suite.case import Attack, Attempt, World
from tests.attacks.suite.envelope_cases import sealed_with
from tests.attacks.suite.statement_cases import payload
from tests.support.clock import CLOCK_WISH, Clock, integer, seq, signature_of, stamped
from tests.support.pki import AUTHORITY, DAY, NOW, RELEASE, Holder, Key, Pki, Wish, issue

from affidavit.bundle.statement import PAYLOAD_TYPE, Material, pae, wrap
from affidavit.seal.keys import signed_by

ENDED = Wish(begin=NOW - 10 * DAY, end=NOW - 5 * DAY)
THEN = NOW - 7 * DAY
Stamps = Callable[[World, bytes], tuple[bytes, ...]]


def seal_by(world: World, holder: Holder, der: bytes | None = None) -> bytes:
    """A seal with a certificate; the product would refuse to make some of them."""
    statement = payload(world)
    raw = _signature(holder.key, pae(PAYLOAD_TYPE, statement))
    return wrap(statement, raw, Material(certificate=holder.der if der is None else der))


def _signature(key: Key, message: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, ec.SECP256R1):
        return key.sign(message, ec.ECDSA(SHA256()))
    return signed_by(key, message)


def trust_of(world: World, named: str = "email:release@bank.example") -> tuple[str, ...]:
    """The bank's PKI, the clock, and the one name that may seal."""
    world.pki.write(world.folder, world.released)
    (world.folder / "clock.pem").write_text(world.clock.root.pem)
    return world.trusting(
        *world.pki.trust_lines(world.folder, named)[1:],
        "[[timestamp]]", 'name = "clock"', f'roots = "{world.folder}/clock.pem"',
    )  # fmt: skip


def held(make: Callable[[World], Holder], stamps: Stamps | None = None) -> object:
    """The bundle sealed by this holder; its twin by the bank's own certificate."""

    def attempt(world: World) -> Attempt:
        content = seal_by(world, make(world))
        if stamps is not None:
            content = stamped(content, *stamps(world, content))
        return judged(world, content)

    return attempt


def judged(world: World, content: bytes) -> Attempt:
    twin = world.once(
        "by-certificate", lambda: sealed_with(world.good, seal_by(world, world.released))
    )
    return Attempt(bundle=sealed_with(world.good, content), twin=twin, options=trust_of(world))


def wished(wish: Wish) -> object:
    return held(lambda w: w.pki.release(wish))


def named(*names: x509.GeneralName) -> object:
    return wished(Wish(names=names))


def der(change: Callable[[bytes], bytes]) -> object:
    """The right holder's seal with the bytes of the certificate changed."""
    return lambda w: judged(w, seal_by(w, w.released, change(w.released.der)))


def at(moment: datetime, *, clock: Callable[[World], Clock] = lambda w: w.clock) -> Stamps:
    return lambda w, content: (clock(w).stamp(signature_of(content), moment),)


def timed(stamps: Stamps) -> object:
    """The seal of a certificate that has ended, with these timestamps; its twin has a good one."""

    def attempt(world: World) -> Attempt:
        content = seal_by(world, world.pki.release(ENDED))
        twin = world.once(
            "timed",
            lambda: sealed_with(world.good, stamped(content, *at(THEN)(world, content))),
        )
        return Attempt(
            bundle=sealed_with(world.good, stamped(content, *stamps(world, content))),
            twin=twin, options=trust_of(world),
        )  # fmt: skip

    return attempt


def beside_anothers(world: World) -> Attempt:
    """The bank's certificate beside a signature of the thief's own key."""
    return judged(world, seal_by(world, world.pki.release(), world.released.der))


def refused_stamp(_: World, __: bytes) -> tuple[bytes, ...]:
    return (seq(seq(integer(2))),)


def of_other_digest(world: World, content: bytes) -> tuple[bytes, ...]:
    """The right time, over the digest of the payload in place of the signature."""
    return (world.clock.answer(hashlib.sha256(b"another").digest(), THEN),)


def _a(
    name: str, does: str, make: object, says: str = "", *, check: str = "signer", code: int = 1
) -> Attack:
    assert callable(make)
    return Attack(id=f"certificate/{name}", does=does, make=make, check=check, says=says,
                  exit_code=code)  # fmt: skip


def _unused_bit(content: bytes) -> bytes:
    """The last BIT STRING's first byte, which no signature covers."""
    at = len(content) - len(x509.load_der_x509_certificate(content).signature) - 3
    assert content[at] == 3
    assert content[at + 2] == 0
    return content[: at + 2] + b"\1" + content[at + 3 :]


def _clock_until(end: datetime) -> Wish:
    return Wish(**{**vars(CLOCK_WISH), "end": end})


def _long_name() -> x509.GeneralName:
    return x509.UniformResourceIdentifier("https://ci.bank.example/" + "a" * 5000)


_NOBODY = "no signer that you trust"
_CERT = {"check": "certificate"}
_STAMP = {"check": "timestamp"}

ATTACKS = (
    _a("no-name", "A certificate of the bank's has no subject name.", wished(Wish(names=None)),
       "nobody"),
    _a("other-name", "A certificate of the bank's is another person's.",
       named(x509.RFC822Name("other@bank.example")), _NOBODY),
    _a("name-longer", "The trusted name is a part of the certificate's.",
       named(x509.RFC822Name("release@bank.example.evil.example")), _NOBODY),
    _a("name-before", "The certificate's name ends in the trusted one.",
       named(x509.RFC822Name("prerelease@bank.example")), _NOBODY),
    _a("name-case", "The name differs in case.", named(x509.RFC822Name("Release@bank.example")),
       _NOBODY),
    _a("name-look-alike", "The name looks alike: a digit stands for a letter.",
       named(x509.RFC822Name("re1ease@bank.example")), _NOBODY),
    _a("name-punycode", "The domain looks alike, in punycode.",
       named(x509.RFC822Name("release@xn--bnk-5cd.example")), _NOBODY),
    _a("name-kind", "The name is of another kind.", named(x509.DNSName("release@bank.example")),
       _NOBODY),
    _a("name-uri", "The name is a URI that reads like the kind and the address.",
       named(x509.UniformResourceIdentifier("email:release@bank.example")), _NOBODY),
    _a("name-in-common-name", "The trusted name stands in the common name alone.",
       held(lambda w: issue(w.pki.issuing, Wish(names=None), name="release@bank.example")),
       "nobody"),
    _a("name-cut", "A name of 5,000 characters.", named(_long_name()), _NOBODY),
    _a("name-escape", "The name would clear the screen.",
       named(x509.RFC822Name("a\x1b[2J\x07@bank.example")), _NOBODY),
    _a("name-nul", "The name goes on after a NUL.",
       named(x509.RFC822Name("release@bank.example\0.evil.example")), _NOBODY),
    _a("name-many", "The trusted name is the last of two hundred.",
       named(*(x509.RFC822Name(f"a{i}@evil.example") for i in range(199)), RELEASE), ""),
    _a("issuer-other", "The right name by another PKI.", held(lambda _: Pki.make().release()),
       "no path leads to a root"),
    _a("issuer-same-name", "The right name by a PKI whose root is called the same.",
       held(lambda w: issue(issue(None, AUTHORITY, name="Bank Root"), Wish(), name="release")),
       "no path leads to a root"),
    _a("self-signed", "The right name by its own hand.",
       held(lambda _: issue(None, Wish(), name="release")), "no path leads to a root"),
    _a("by-a-signer", "The right name by another signer's certificate.",
       held(lambda w: issue(w.released, Wish(), name="release")), "no path leads to a root"),
    _a("root-brought", "The certificate is its own authority.",
       held(lambda _: issue(None, Wish(is_authority=True, purposes=None), name="release")), "authority's own"),
    _a("authority-itself", "The bank's authority signs with its own certificate.",
       held(lambda w: w.pki.issuing), ""),
    _a("ended", "The certificate had ended before it signed.", wished(Wish(end=NOW - DAY)),
       "it ended on"),
    _a("not-begun", "The certificate begins later.", wished(Wish(begin=NOW + DAY)),
       "it begins on"),
    _a("purpose", "The certificate is for web servers.",
       wished(Wish(purposes=[ExtendedKeyUsageOID.SERVER_AUTH])), "extended key usage"),
    _a("purpose-none", "The certificate has no purpose.", wished(Wish(purposes=None)),
       "extended key usage"),
    _a("usage", "The certificate's key may not sign.", wished(Wish(usage=False)), "key usage"),
    _a("critical-extension", "The certificate has a critical extension that nobody knows.",
       wished(Wish(critical=True)), "path"),
    _a("weak-rsa", "The certificate is of an RSA key of 1024 bits.",
       held(lambda w: w.pki.release(key=rsa.generate_private_key(65537, 1024))), "2048", **_CERT),
    _a("weak-curve", "The certificate is of a key on a curve of 192 bits.",
       held(lambda w: w.pki.release(key=ec.generate_private_key(ec.SECP192R1()))), "P-256",
       **_CERT),
    _a("other-curve", "The certificate is of a key on P-384.",
       held(lambda w: w.pki.release(key=ec.generate_private_key(ec.SECP384R1()))), "P-256",
       **_CERT),
    _a("anothers-signature", "The bank's certificate stands beside the thief's signature.",
       beside_anothers, "not by the key of its certificate", check="signature"),
    _a("cut", "The certificate is cut.", der(lambda d: d[:-1]), "", **_CERT),
    _a("trailing", "Bytes follow the certificate.", der(lambda d: d + b"\0"), "", **_CERT),
    _a("garbage", "The certificate is none.", der(lambda _: b"\x30\x80\0\0"), "", **_CERT),
    _a("deep-der", "The certificate is nested 2,000 deep.",
       der(lambda _: b"\x30\x80" * 2000 + b"\0\0" * 2000), "", **_CERT),
    _a("long-length", "The certificate claims a length of 2^60 bytes.",
       der(lambda d: b"\x30\x88\x10" + bytes(7) + d), "", **_CERT),
    _a("signature-bits", "The count of unused bits of the issuer's signature is changed.",
       der(_unused_bit), "", **_CERT),
    _a("unstamped", "The certificate has ended, and no timestamp says when it signed.",
       timed(lambda _w, _c: ()), "it ended on"),
    _a("stamp-of-other-bytes", "The timestamp is of something else.", timed(of_other_digest),
       "of something else", **_STAMP),
    _a("stamp-of-other-seal", "The timestamp is that of another seal.",
       timed(lambda w, _c: (w.clock.stamp(signature_of(w.seal), THEN),)), "of something else",
       **_STAMP),
    _a("stamp-too-late", "The timestamp is of a time after the certificate's end.",
       timed(at(NOW - 2 * DAY)), "it ended on"),
    _a("stamp-too-early", "The timestamp is of a time before the certificate's begin.",
       timed(at(NOW - 20 * DAY)), "it begins on"),
    _a("stamp-to-come", "The timestamp is of a time to come.", timed(at(NOW + 400 * DAY)),
       "it ended on"),
    _a("stamp-by-other-clock", "The timestamp is by a clock that nobody trusts.",
       timed(at(THEN, clock=lambda _: Clock.make())), "it ended on"),
    _a("stamp-by-signer", "The timestamp is by the signer's own certificate.",
       timed(at(THEN, clock=lambda w: Clock(root=w.pki.root, holder=w.released))), "it ended on"),
    _a("stamp-clock-ended", "The clock's certificate had ended then.",
       timed(at(THEN, clock=lambda w: Clock(root=w.clock.root, holder=issue(
           w.clock.root, _clock_until(NOW - 30 * DAY), name="Clock")))), "it ended on"),
    _a("stamp-refused", "The timestamp's answer is a refusal.", timed(refused_stamp), "not granted",
       **_STAMP),
    _a("stamp-garbage", "The timestamp is none.", timed(lambda _w, _c: (b"\x30\x03\x02\x01\0",)),
       "", **_STAMP),
    _a("stamp-cut", "The timestamp is cut.",
       timed(lambda w, c: (at(THEN)(w, c)[0][:-1],)), "", **_STAMP),
    _a("stamp-beside-false", "A false timestamp stands beside a good one.",
       timed(lambda w, c: (*at(THEN)(w, c), *of_other_digest(w, c))), "of something else",
       **_STAMP),
)  # fmt: skip
