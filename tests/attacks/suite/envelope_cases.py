"""Attacks on the signed file of a seal: a second form of one statement, or a false one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from tests.attacks.suite.case import Attack, Attempt, World
from tests.support.bundles import BundleBuilder
from tests.support.raw_archives import ordered

from affidavit.bundle import canonical
from affidavit.bundle.statement import PAYLOAD_TYPE, pae, parse_signed, statement_name, wrap

Edit = Callable[[bytes], bytes]
Change = Callable[[Any], None]
_ORDER_25519 = 2**252 + 27742317777372353535851937790883648493
_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sealed_with(builder: BundleBuilder, *seals: bytes, kind: str = "seal") -> Path:
    """The bundle with these files as its only signed statements, under the names they ask for."""
    kept = [(n, c) for n, c in builder.entries if not n.startswith("signatures/")]
    return builder.pack(ordered([*kept, *((statement_name(kind, s), s) for s in seals)]))


def edited(edit: Edit) -> Callable[[World], Path]:
    """The seal's bytes edited."""
    return lambda w: sealed_with(w.good, edit(w.seal))


def changed(change: Change) -> Callable[[World], Path]:
    """The seal's JSON changed, and written canonically again."""

    def edit(content: bytes) -> bytes:
        value = json.loads(content)
        change(value)
        return canonical.dumps(value)

    return edited(edit)


def field(*path: str | int, value: object) -> Callable[[World], Path]:
    """One field set; through `signatures` by its index."""

    def change(bundle: Any) -> None:
        for step in path[:-1]:
            bundle = bundle[step]
        bundle[path[-1]] = value

    return changed(change)


def envelope(key: str, change: Callable[[str], str]) -> Callable[[World], Path]:
    """The base64 of the payload, or of the signature, in another form."""

    def apply(bundle: Any) -> None:
        holder = bundle["dsseEnvelope"]
        holder = holder["signatures"][0] if key == "sig" else holder
        holder[key] = change(holder[key])

    return changed(apply)


def signature(change: Edit) -> Callable[[World], Path]:
    """The signature's bytes changed, in proper base64."""
    return envelope("sig", lambda s: base64.b64encode(change(base64.b64decode(s))).decode())


def malleable(raw: bytes) -> bytes:
    """S + L in place of S: the same point, where a library does not ask that S is reduced."""
    s = int.from_bytes(raw[32:], "little") + _ORDER_25519
    return raw[:32] + s.to_bytes(32, "little")


def on_curve(change: Callable[[int, int], bytes]) -> Callable[[World], Attempt]:
    """The P-256 signature of a seal in another form."""

    def make(world: World) -> Attempt:
        builder = world.curve
        content = next(c for n, c in builder.entries if n.startswith("signatures/"))
        signed = parse_signed(content, "seal")
        forged = wrap(signed.payload, change(*decode_dss_signature(signed.signature)),
                      signed.material)  # fmt: skip
        return Attempt(
            bundle=sealed_with(builder, forged), twin=builder.path,
            options=("--key", str(builder.public_key)),
        )  # fmt: skip

    return make


def long_form(r: int, s: int) -> bytes:
    """The same numbers in BER: a length in two bytes where one is enough."""
    short = encode_dss_signature(r, s)
    return short[:1] + b"\x81" + short[1:]


def signed_by(key: object, *, hint: str | None = None, kind: str = PAYLOAD_TYPE) -> Edit:
    """The seal's payload, signed by another key, or over another payload type."""

    def edit(content: bytes) -> bytes:
        signed = parse_signed(content, "seal")
        message = pae(kind, signed.payload)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            raw = key.sign(message, ec.ECDSA(SHA256()))
        else:
            assert isinstance(key, ed25519.Ed25519PrivateKey)
            raw = key.sign(message)
        return wrap(signed.payload, raw, hint if hint is not None else signed.hint or "")

    return edit


def by_right_key(kind: str) -> Callable[[World], Path]:
    """The right key's signature over the right payload, under another payload type."""
    return lambda w: edited(signed_by(w.private, kind=kind))(w)


def by_other_hint(world: World) -> Path:
    other = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    return edited(signed_by(world.private, hint=other))(world)


def two_signatures(world: World) -> Path:
    """A signature of nobody's beside the right one: `any of them verifies` is not enough."""
    return changed(lambda b: b["dsseEnvelope"]["signatures"].append(
        {"sig": base64.b64encode(b"\1" * 64).decode()}
    ))(world)  # fmt: skip


def with_payload(change: Change) -> Callable[[World], Path]:
    """Another payload under the old signature."""

    def apply(bundle: Any) -> None:
        value = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        change(value)
        payload = base64.b64encode(canonical.dumps(value)).decode()
        bundle["dsseEnvelope"]["payload"] = payload

    return changed(apply)


def _a(
    name: str, does: str, make: object, says: str = "", *, check: str = "statement", code: int = 1
) -> Attack:
    assert callable(make)
    return Attack(id=f"envelope/{name}", does=does, make=make, check=check, says=says,
                  exit_code=code)  # fmt: skip


def _wrapped_lines(text: str) -> str:
    return "\n".join(text[i : i + 76] for i in range(0, len(text), 76))


def _last_bits(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(text.rstrip("=")) - 1
    return text[:at] + alphabet[alphabet.index(text[at]) | 1] + text[at + 1 :]


def _isolation(statement: Any) -> None:
    statement["predicate"]["isolation"] = "bubblewrap, no network"


_ONE_FORM = "one form of a signed statement"
_SIG = {"check": "signature"}
_STRANGER = ed25519.Ed25519PrivateKey.generate()
_SIGNATURES = ("dsseEnvelope", "signatures")

ATTACKS = (
    _a("stripped", "All signed statements are taken out.", lambda w: w.good.unsigned(),
       check="seal"),
    _a("payload-changed", "The payload is changed under the old signature.",
       with_payload(_isolation), **_SIG),
    _a("payload-type", "The envelope names another payload type.",
       field("dsseEnvelope", "payloadType", value="application/json"), "expected the type"),
    _a("payload-type-spelled", "The payload type is spelled in capitals.",
       field("dsseEnvelope", "payloadType", value=PAYLOAD_TYPE.upper()), "expected the type"),
    _a("payload-type-signed", "The right key signed these bytes as another payload type.",
       by_right_key("application/vnd.oci.image.manifest.v1+json"), **_SIG),
    _a("payload-type-empty", "The right key signed these bytes under an empty payload type.",
       by_right_key(""), **_SIG),
    _a("bare-payload", "The right key signed the payload without its type.",
       lambda w: edited(lambda c: wrap(
           parse_signed(c, "s").payload,
           w.private.sign(parse_signed(c, "s").payload),
           parse_signed(c, "s").material))(w), **_SIG),
    _a("two-signatures", "Of two signatures one verifies.", two_signatures, "exactly one signature"),
    _a("no-signature", "There is no signature.", field(*_SIGNATURES, value=[]),
       "exactly one signature"),
    _a("signatures-none", "Signatures are no list.", field(*_SIGNATURES, value={"sig": "AA=="}),
       "exactly one signature"),
    _a("signature-empty", "The signature is empty.", signature(lambda _: b""), **_SIG),
    _a("signature-cut", "The signature is cut.", signature(lambda s: s[:-1]), **_SIG),
    _a("signature-longer", "A byte follows the signature.", signature(lambda s: s + b"\0"), **_SIG),
    _a("signature-zero", "The signature is all zeros.", signature(lambda s: bytes(len(s))), **_SIG),
    _a("ed25519-malleable", "S is raised by the order of the group.", signature(malleable), **_SIG),
    _a("ecdsa-mirrored", "The signature (r, -s) stands for (r, s).",
       on_curve(lambda r, s: encode_dss_signature(r, _ORDER_P256 - s)), **_SIG),
    _a("ecdsa-ber", "An ECDSA signature is encoded in BER.", on_curve(long_form), **_SIG),
    _a("ecdsa-raw", "An ECDSA signature is r and s without DER.",
       on_curve(lambda r, s: r.to_bytes(32) + s.to_bytes(32)), **_SIG),
    _a("ecdsa-zero", "r and s are 0, which a careless library takes for any message.",
       on_curve(lambda _r, _s: encode_dss_signature(0, 0)), **_SIG),
    _a("ecdsa-order", "r and s are the order of the group.",
       on_curve(lambda _r, _s: encode_dss_signature(_ORDER_P256, _ORDER_P256)), **_SIG),
    _a("ecdsa-trailing", "Bytes follow an ECDSA signature.",
       on_curve(lambda r, s: encode_dss_signature(r, s) + b"\0"), **_SIG),
    _a("key-unknown", "A stranger's key sealed it, and says so.",
       edited(signed_by(_STRANGER, hint=base64.b64encode(bytes(32)).decode())), check="signer"),
    _a("key-borrowed", "A stranger's key sealed it under the name of the pinned one.",
       edited(signed_by(_STRANGER)), **_SIG),
    _a("key-of-other-curve", "A key on P-384 sealed it.",
       edited(signed_by(ec.generate_private_key(ec.SECP384R1()), hint="")), check="signer"),
    _a("key-weak", "A key on a curve of 192 bits sealed it.",
       edited(signed_by(ec.generate_private_key(ec.SECP192R1()), hint="")), check="signer"),
    _a("hint-lies", "The pinned key's signature names another key.", by_other_hint,
       "names another key", **_SIG),
    _a("hint-empty", "The pinned key's signature names none.",
       lambda w: edited(signed_by(w.private, hint=""))(w), "names another key", **_SIG),
    _a("hint-is-key", "The hint holds a whole key to check with.",
       lambda w: edited(signed_by(_STRANGER, hint=w.signer.public.pem().decode()))(w),
       check="signer"),
    _a("hint-escape", "The hint would clear the screen.",
       edited(signed_by(_STRANGER, hint="\x1b[2J\u202e")), check="signer"),
    _a("keyid", "A field `keyid` is added.",
       changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(keyid="release")),
       "1 unknown"),
    _a("key-brought", "The statement brings its key (`rawBytes`).",
       changed(lambda b: b["verificationMaterial"]["publicKey"].update(rawBytes="AAAA")),
       "expected hint"),
    _a("layout-brought", "The statement brings a layout.",
       changed(lambda b: b["verificationMaterial"].update(layout={})), "unknown fields"),
    _a("root-brought", "The statement brings a chain with its root.",
       changed(lambda b: b["verificationMaterial"].update(
           x509CertificateChain={"certificates": []})), "chain of certificates", code=4),
    _a("no-material", "Nothing says whose signature it is.",
       changed(lambda b: b["verificationMaterial"].pop("publicKey")),
       "expected publicKey or certificate"),
    _a("both-materials", "Key and certificate are both given.",
       changed(lambda b: b["verificationMaterial"].update(certificate={"rawBytes": "AAAA"})),
       "expected publicKey or certificate"),
    _a("unknown-field", "A field is added that nobody reads.",
       changed(lambda b: b.update(note="x")), "1 unknown"),
    _a("message-signature", "A message signature stands beside the envelope.",
       changed(lambda b: b.update(messageSignature={"signature": "AA=="})), "1 unknown"),
    _a("media-type", "The bundle's version is another, to be let off.",
       field("mediaType", value="application/vnd.dev.sigstore.bundle+json;version=0.2"),
       "media type", code=4),
    _a("media-type-number", "The media type is a number.", field("mediaType", value=3), "media type",
       code=4),
    _a("keys-twice", "The envelope stands twice.",
       edited(lambda c: b'{"dsseEnvelope":{},' + c[1:]), "stands twice"),
    _a("payload-twice", "The payload stands twice in the envelope.",
       edited(lambda c: c.replace(b'"payload":', b'"payload":"e30=","payload":', 1)),
       "stands twice"),
    _a("escaped-key", "A key is spelled with an escape.",
       edited(lambda c: c.replace(b'"payload":', b'"\\u0070ayload":', 1)), _ONE_FORM),
    _a("spaced", "White space is added.", edited(lambda c: c.replace(b":", b": ", 1)), _ONE_FORM),
    _a("line-end", "A line end follows.", edited(lambda c: c + b"\n"), _ONE_FORM),
    _a("reordered", "The fields are in another order.",
       edited(lambda c: json.dumps(
           dict(reversed(json.loads(c).items())), separators=(",", ":")).encode()), _ONE_FORM),
    _a("second-value", "A second JSON value follows.", edited(lambda c: c + b"{}"), "strict JSON"),
    _a("bom", "The file begins with a byte order mark.",
       edited(lambda c: b"\xef\xbb\xbf" + c), "strict JSON"),
    _a("utf16", "The file is in UTF-16.", edited(lambda c: c.decode().encode("utf-16")),
       "not UTF-8"),
    _a("deep", "The JSON is nested 5,000 deep.",
       edited(lambda c: b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"," + c[1:]), "nested deeper"),
    _a("huge-number", "The JSON holds a number of 100,000 digits.",
       edited(lambda c: b'{"a":' + b"9" * 100_000 + b"," + c[1:]), "strict JSON"),
    _a("nan", "The JSON holds NaN.", edited(lambda c: b'{"a":NaN,' + c[1:]), "strict JSON"),
    _a("number-form", "An empty list is given as -0.0.",
       edited(lambda c: c.replace(b'"tlogEntries":[]', b'"tlogEntries":-0.0')), _ONE_FORM),
    _a("log-entries-left-out", "The empty list of log entries is left out.",
       changed(lambda b: b["verificationMaterial"].pop("tlogEntries")), _ONE_FORM),
    _a("base64-spaces", "The payload's base64 is broken into lines.",
       envelope("payload", _wrapped_lines), "base64"),
    _a("base64-url", "The signature is in the base64 of URLs.",
       envelope("sig", lambda s: s.replace("+", "-").replace("/", "_").rstrip("=")), "base64"),
    _a("base64-unpadded", "The signature's base64 has no padding.",
       envelope("sig", lambda s: s.rstrip("=")), "base64"),
    _a("base64-bits", "The last bits of the signature's base64, which no byte holds, are set.",
       envelope("sig", _last_bits), "one canonical form"),
    _a("too-large", "A statement is larger than 256 kB.",
       edited(lambda c: c + b" " * 262_144), "at most", check="archive"),
    _a("too-many", "There are 65 statements.",
       lambda w: sealed_with(w.good, *(w.seal + b" " * i for i in range(65))), "at most 64",
       check="archive"),
    _a("nothing", "The statement is an empty file.", edited(lambda _: b""), "strict JSON"),
    _a("null", "The statement is `null`.", edited(lambda _: b"null"), "expected an object"),
)  # fmt: skip
