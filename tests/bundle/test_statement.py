from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from affidavit.bundle import canonical
from affidavit.bundle.statement import (
    KINDS,
    MEDIA_TYPE,
    PAYLOAD_TYPE,
    Material,
    pae,
    parse_signed,
    statement_bytes,
    statement_name,
    wrap,
)
from affidavit.errors import BundleError, NewerFormat

ROOT = "ab" * 32
STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", ROOT, {"as_of": "2026-11-23"})
GOOD = wrap(STATEMENT, b"signature", "aGludA==")


def test_the_encoding_is_that_of_the_dsse_specification() -> None:
    """The test vector of DSSE v1, protocol.md."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_counts_bytes_and_not_characters() -> None:
    assert pae("é", "é".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xa9"


@pytest.mark.parametrize("kind", KINDS)
def test_is_read_as_it_was_written(kind: str) -> None:
    payload = statement_bytes(kind, "data/evidence.json", ROOT, {"a": [1, None]})

    signed = parse_signed(wrap(payload, b"\0\1", "aGludA=="), "s")

    assert (signed.kind, signed.subject_name, signed.subject_sha256) == (
        kind, "data/evidence.json", ROOT,
    )  # fmt: skip
    assert signed.predicate == {"a": [1, None]}
    assert (signed.payload, signed.signature, signed.hint) == (payload, b"\0\1", "aGludA==")
    assert signed.payload_type == PAYLOAD_TYPE


def test_is_an_in_toto_statement_and_a_sigstore_bundle() -> None:
    assert json.loads(STATEMENT) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "tagmanifest-sha256.txt", "digest": {"sha256": ROOT}}],
        "predicateType": "urn:affidavit:seal:1",
        "predicate": {"as_of": "2026-11-23"},
    }
    assert json.loads(GOOD)["mediaType"] == MEDIA_TYPE
    assert statement_name("seal", b"x").startswith("signatures/seal-2d711642b726b044.")


def changed(change: Callable[[Any], None]) -> bytes:
    value = json.loads(GOOD)
    change(value)
    return json.dumps(value).encode()


def of(statement: dict[str, Any] | bytes) -> bytes:
    content = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    return wrap(content, b"signature", "aGludA==")


def without(key: str, **more: Any) -> bytes:
    statement = {k: v for k, v in json.loads(STATEMENT).items() if k != key}
    return of({**statement, **more})


SUBJECT = {"name": "tagmanifest-sha256.txt", "digest": {"sha256": ROOT}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "expected an object"),
        (changed(lambda b: b.update(extra=1)), "other fields than the format has"),
        (changed(lambda b: b.pop("verificationMaterial")), "other fields than the format has"),
        (changed(lambda b: b["verificationMaterial"].update(x=1)), "unknown fields"),
        (changed(lambda b: b["verificationMaterial"]["publicKey"].update(rawBytes="")), "hint"),
        (
            changed(lambda b: b["dsseEnvelope"].update(payloadType="text/plain")),
            "expected the type",
        ),
        (changed(lambda b: b["dsseEnvelope"].update(extra=1)), "other fields"),
        (changed(lambda b: b["dsseEnvelope"].update(signatures=[])), "one signature, found 0"),
        (
            changed(lambda b: b["dsseEnvelope"]["signatures"].append({"sig": "AA=="})),
            "one signature, found 2",
        ),
        (changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(x=1)), "0 missing, 1 unknown"),
        (changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(sig="?")), "not base64"),
        (changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(sig="AB==")), "canonical"),
        (changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=1)), "expected text"),
        (of(b"not json"), "not strict JSON"),
        (of(STATEMENT.replace(b'"predicate":', b'"predicate":1,"predicate":')), "stands twice"),
        (without("subject"), "other fields"),
        (without("", extra=1), "other fields"),
        (without("_type", _type="https://in-toto.io/Statement/v0.1"), "_type expected"),
        (without("subject", subject=[]), "exactly one thing that it is about, found 0"),
        (
            without("subject", subject=[SUBJECT, SUBJECT]),
            "exactly one thing that it is about, found 2",
        ),
        (without("subject", subject=[{**SUBJECT, "uri": "x"}]), "other fields"),
        (
            without("subject", subject=[{**SUBJECT, "digest": {"sha256": ROOT, "md5": "x"}}]),
            "other fields",
        ),
        (
            without("subject", subject=[{**SUBJECT, "digest": {"sha256": ROOT.upper()}}]),
            "no SHA-256 in lower-case hex",
        ),
        (
            without("predicateType", predicateType="https://slsa.dev/provenance/v1"),
            "no type|not a t",
        ),
        (without("predicate", predicate=None), "expected an object"),
        (b" " * (256 * 1024 + 1), "at most 262144"),
    ],
)
def test_refuses(content: bytes, words: str) -> None:
    assert parse_signed(GOOD, "s").subject_sha256 == ROOT

    with pytest.raises(BundleError, match=words) as refused:
        parse_signed(content, "s")
    assert not isinstance(refused.value, NewerFormat)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (changed(lambda b: b.update(mediaType=MEDIA_TYPE.replace("0.3", "0.4"))), "media type"),
        (
            changed(lambda b: b["verificationMaterial"].update(x509CertificateChain={})),
            "a chain of certificates",
        ),
        (changed(lambda b: b["verificationMaterial"].update(tlogEntries=[{}])), "log entry"),
        (without("predicateType", predicateType="urn:affidavit:seal:2"), "urn:affidavit:seal:2"),
        (without("predicateType", predicateType="urn:affidavit:later:1"), "later"),
    ],
)
def test_what_a_later_version_may_write_is_newer_and_not_refuted(
    content: bytes, words: str
) -> None:
    with pytest.raises(NewerFormat, match=words):
        parse_signed(content, "s")


def test_our_own_mistakes_are_ours() -> None:
    with pytest.raises(ValueError, match="no kind of statement"):
        statement_bytes("praise", "x", ROOT, {})
    with pytest.raises(ValueError, match="no SHA-256"):
        statement_bytes("seal", "x", "AB", {})
    with pytest.raises(ValueError, match="at most 262144"):
        wrap(b"x" * 200_000, b"", "")


def test_refuses_a_keyid_which_would_make_a_second_file_of_one_statement() -> None:
    content = changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(keyid=""))
    with pytest.raises(BundleError, match="0 missing, 1 unknown"):
        parse_signed(content, "s")


# ---- what comes with a signature


CERTIFIED = wrap(STATEMENT, b"signature", Material(certificate=b"der"))
TIMED = wrap(STATEMENT, b"signature", Material(hint="aGludA==", timestamps=(b"one", b"two")))


def material(content: bytes, change: Callable[[Any], None]) -> bytes:
    value = json.loads(content)
    change(value["verificationMaterial"])
    return canonical.dumps(value)


def test_a_certificate_and_timestamps_are_read_as_they_were_written() -> None:
    """The fields of Sigstore bundle v0.3: `certificate`, and `timestampVerificationData`."""
    certified, timed = parse_signed(CERTIFIED, "s"), parse_signed(TIMED, "s")

    assert (certified.material.certificate, certified.hint) == (b"der", None)
    assert timed.material.timestamps == (b"one", b"two")
    assert json.loads(CERTIFIED)["verificationMaterial"] == {
        "certificate": {"rawBytes": "ZGVy"}, "tlogEntries": [],
    }  # fmt: skip
    assert json.loads(TIMED)["verificationMaterial"]["timestampVerificationData"] == {
        "rfc3161Timestamps": [{"signedTimestamp": "b25l"}, {"signedTimestamp": "dHdv"}]
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (material(CERTIFIED, lambda m: m.update(publicKey={"hint": ""})), "publicKey or cert"),
        (material(CERTIFIED, lambda m: m.pop("certificate")), "publicKey or certificate"),
        (material(CERTIFIED, lambda m: m.update(certificate={})), "expected rawBytes"),
        (material(CERTIFIED, lambda m: m["certificate"].update(x=1)), "expected rawBytes"),
        (material(CERTIFIED, lambda m: m["certificate"].update(rawBytes="")), "of 0 bytes"),
        (material(CERTIFIED, lambda m: m["certificate"].update(rawBytes="ZGVz=")), "not base64"),
        (material(TIMED, lambda m: m.update(timestampVerificationData={})), "rfc3161Timestamps"),
        (
            material(TIMED, lambda m: m["timestampVerificationData"].update(rfc3161Timestamps=[])),
            "1 to 4 timestamps",
        ),
        (
            material(
                TIMED,
                lambda m: m["timestampVerificationData"]["rfc3161Timestamps"].append(
                    {"signedTimestamp": "b25l"}
                ),
            ),
            "or one twice",
        ),
        (
            material(
                TIMED, lambda m: m["timestampVerificationData"]["rfc3161Timestamps"].reverse()
            ),
            "not in the one form",
        ),
        (
            material(TIMED, lambda m: m.update(timestampVerificationData=None)),
            "not in the one form",
        ),
    ],
)
def test_refuses_another_form_of_what_comes_with_a_signature(content: bytes, words: str) -> None:
    assert parse_signed(CERTIFIED, "s").payload == parse_signed(TIMED, "s").payload  # the twins

    with pytest.raises(BundleError, match=words) as refused:
        parse_signed(content, "s")
    assert not isinstance(refused.value, NewerFormat)


def test_a_signature_has_one_proof() -> None:
    for both in ({}, {"hint": "", "certificate": b"der"}):
        with pytest.raises(ValueError, match="not both"):
            Material(**both)
