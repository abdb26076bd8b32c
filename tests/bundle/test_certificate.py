"""Certificates: read without a foreign exception, and believed only by a path to a root."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.pki import AUTHORITY, DAY, NOW, RELEASE, Holder, Key, Pki, Wish, issue

from affidavit.bundle.certificate import read_certificate, read_pem, why_no_path
from affidavit.errors import BundleError, KeyProblem

PKI = Pki.make()
GOOD = PKI.release()


def why(
    leaf: Holder, *, pki: Pki = PKI, at: datetime = NOW, issuing: Holder | None = None
) -> str | None:
    below = issuing or pki.issuing
    return why_no_path(leaf.der, [pki.root.der], [below.der], at=at)


def test_a_path_leads_from_the_signer_to_the_root() -> None:
    found = read_certificate(GOOD.der, "s")

    assert why(GOOD) is None
    assert found.names == ("email:release@bank.example",)
    assert found.issuer == "CN=Bank Issuing"
    assert (found.valid_from, found.valid_until) == (NOW - 10 * DAY, NOW + 10 * DAY)
    assert found.key.kind == "p256"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(end=NOW - DAY), f"it ended on {NOW - DAY:%Y-%m-%d}"),
        (Wish(begin=NOW + DAY), f"it begins on {NOW + DAY:%Y-%m-%d}"),
        (Wish(usage=False), "its key usage is not to sign"),
        (Wish(usage=None), "its key usage is not to sign"),
        (Wish(purposes=[ExtendedKeyUsageOID.SERVER_AUTH]), "its extended key usage is another"),
        (
            Wish(purposes=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]),
            "its extended key usage is another",
        ),
        (Wish(purposes=None), "its extended key usage is another"),
        (Wish(is_authority=True), "it is an authority's own"),
        (Wish(critical=True), "critical extension"),
    ],
    ids=lambda value: value.split(" on ")[0] if isinstance(value, str) else "wish",
)
def test_a_certificate_that_may_not_sign_counts_for_nothing(wish: Wish, expected: str) -> None:
    assert expected in str(why(PKI.release(wish)))


def test_a_certificate_counts_only_while_it_and_its_issuers_are_valid() -> None:
    issuing = issue(PKI.root, AUTHORITY, name="Bank Issuing", key=PKI.issuing.key)
    short = Wish(**{**vars(AUTHORITY), "end": NOW - 2 * DAY})
    old = issue(PKI.root, short, name="Bank Issuing", key=PKI.issuing.key)

    assert why(GOOD, issuing=issuing) is None
    assert why(GOOD, issuing=old, at=NOW - 3 * DAY) is None
    assert "no path" in str(why(GOOD, issuing=old))


def test_another_root_of_the_same_name_is_another() -> None:
    other = Pki.make()

    assert why(other.release(), pki=other) is None
    assert "no path" in str(why(other.release(), issuing=other.issuing))
    assert why_no_path(GOOD.der, [], [PKI.issuing.der], at=NOW) == "there is no root to lead to"


def test_only_an_authority_issues() -> None:
    """A certificate made by the key of one that may only sign."""
    forged = issue(GOOD, Wish(), name="forged")

    assert "no path" in str(
        why_no_path(forged.der, [PKI.root.der], [PKI.issuing.der, GOOD.der], at=NOW)
    )


def test_an_authority_keeps_to_its_limits() -> None:
    below = Wish(**{**vars(AUTHORITY), "path_length": 0})
    narrow = issue(PKI.root, below, name="narrow")
    beyond = issue(narrow, AUTHORITY, name="beyond")
    inside, outside = issue(narrow, Wish()), issue(beyond, Wish())

    assert why(inside, issuing=narrow) is None
    assert "no path" in str(
        why_no_path(outside.der, [PKI.root.der], [narrow.der, beyond.der], at=NOW)
    )


def test_an_authority_names_only_whom_it_may() -> None:
    def of(domain: str) -> Holder:
        limit = x509.NameConstraints([x509.RFC822Name(domain)], None)
        return issue(PKI.root, Wish(**{**vars(AUTHORITY), "constraints": limit}), name="limited")

    fits, fits_not = of("bank.example"), of("other.example")

    assert why(issue(fits, Wish()), issuing=fits) is None
    assert "no path" in str(why(issue(fits_not, Wish()), issuing=fits_not))


def test_an_authority_for_other_purposes_does_not_certify_signers() -> None:
    def of(purpose: x509.ObjectIdentifier) -> Holder:
        return issue(PKI.root, Wish(**{**vars(AUTHORITY), "purposes": [purpose]}), name="limited")

    signing, web = of(ExtendedKeyUsageOID.CODE_SIGNING), of(ExtendedKeyUsageOID.SERVER_AUTH)

    assert why(issue(signing, Wish()), issuing=signing) is None
    assert "may not issue" in str(why(issue(web, Wish()), issuing=web))


@pytest.mark.parametrize(
    "make", [lambda: rsa.generate_private_key(65537, 1024), lambda: ec.generate_private_key(ec.SECP192R1())]
)  # fmt: skip
def test_a_weak_key_is_refused_in_a_signer_and_in_an_authority(make: object) -> None:
    key: Key = make()  # type: ignore[operator]
    weak = issue(PKI.root, AUTHORITY, name="weak", key=key)

    with pytest.raises(
        BundleError, match=r"expected an (RSA key of 2048|Ed25519, P-256 or ML-DSA-65 key)"
    ):
        read_certificate(PKI.release(key=key).der, "s")
    assert "no path" in str(why(issue(weak, Wish()), issuing=weak))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (rsa.generate_private_key(65537, 2048), "rsa"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
    ],
)
def test_keys_that_a_pki_certifies(key: Key, kind: str) -> None:
    leaf = PKI.release(key=key)

    assert why(leaf) is None
    assert read_certificate(leaf.der, "s").key.kind == kind


def test_a_certificate_without_a_name_names_nobody_and_raises_nothing() -> None:
    nameless = PKI.release(Wish(names=None))

    assert read_certificate(nameless.der, "s").names == ()
    assert why(nameless) is None


def test_names_have_their_kind() -> None:
    names = [
        RELEASE, x509.UniformResourceIdentifier("https://ci.bank.example/release"),
        x509.DNSName("ci.bank.example"), x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    ]  # fmt: skip

    assert read_certificate(PKI.release(Wish(names=names)).der, "s").names == (
        "email:release@bank.example", "uri:https://ci.bank.example/release", "dns:ci.bank.example",
    )  # fmt: skip


@pytest.mark.parametrize(("length", "is_read"), [(1000, True), (1001, False)])
def test_a_name_too_long_to_be_read_whole_is_no_name(length: int, is_read: bool) -> None:
    """Cut, it could end as a trusted pattern does."""
    start = "https://ci.bank.example/"
    long = x509.UniformResourceIdentifier(start.ljust(length - len("uri:"), "a"))

    names = read_certificate(PKI.release(Wish(names=[long, RELEASE])).der, "s").names

    assert names == ((f"uri:{long.value}",) if is_read else ()) + ("email:release@bank.example",)


@pytest.mark.parametrize("mask", [0x01, 0x02, 0x1F, 0xFF])
def test_any_bytes_end_in_one_error_of_ours(mask: int) -> None:
    for cut in range(len(GOOD.der)):
        flipped = bytearray(GOOD.der)
        flipped[cut] ^= mask
        for bad in (GOOD.der[:cut], bytes(flipped), GOOD.der + b"\0"):
            try:
                read_certificate(bad, "s")
            except BundleError:
                continue
            assert why_no_path(bad, [PKI.root.der], [PKI.issuing.der], at=NOW) is not None


def test_reads_the_certificates_of_a_file_in_their_order() -> None:
    assert read_pem((GOOD.pem + PKI.issuing.pem).encode(), "c.pem") == (GOOD.der, PKI.issuing.der)
    for bad in (b"", GOOD.der, GOOD.key_pem()):
        with pytest.raises(KeyProblem, match=r"c\.pem holds no certificate in PEM"):
            read_pem(bad, "c.pem")
