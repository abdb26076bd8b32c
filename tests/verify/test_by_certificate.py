"""A seal by a certificate of the bank's own PKI: who is believed, and who is not.

Each refusal stands beside the bundle that passes: one fact differs.
"""

from __future__ import annotations

import base64
import json
import pickle
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.pki import DAY, NOW, Holder, Pki, Wish, issue

from affidavit.bundle import canonical
from affidavit.bundle.certificate import read_certificate
from affidavit.bundle.statement import Material, parse_signed, statement_name, wrap
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.errors import ConfigError
from affidavit.seal.certificates import CertificateSigner
from affidavit.verify import Trust, Verdict, read_trust, verify_bundle

PKI = Pki.make()
GOOD = PKI.release()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("named"))


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return trusting(tmp_path)


def signer_of(holder: Holder) -> CertificateSigner:
    return CertificateSigner(holder.key, read_certificate(holder.der, "c"), "key.pem")


def sealed_by(plain: BundleBuilder, holder: Holder) -> Path:
    """The bundle, sealed with this certificate; nothing is held against it first."""
    return plain.pack(with_seal(plain.entries, signer_of(holder), plain.predicate()))


def trusting(folder: Path, *more: str, pki: Pki = PKI, **changed: str) -> Trust:
    pki.write(folder, GOOD)
    lines = [changed.get(line.split(" = ")[0], line) for line in pki.trust_lines(folder)]
    path = folder / "trust.toml"
    path.write_text("\n".join([*lines, *more]))
    return read_trust(path)


def verdict_of(path: Path, trust: Trust | None, now: datetime = NOW) -> Verdict:
    return verify_bundle(path, trust=trust, now=now)


def test_a_certificate_of_a_trusted_authority_seals(plain: BundleBuilder, trust: Trust) -> None:
    verdict = verdict_of(sealed_by(plain, GOOD), trust)

    assert (verdict.word, verdict.exit_code) == ("VERIFIED", 0)
    assert verdict.seal is not None
    assert (verdict.seal.by, verdict.seal.certificate) == (
        "release", "email:release@bank.example by CN=Bank Issuing",
    )  # fmt: skip
    assert "certificate of email:release@bank.example" in "\n".join(verdict_lines(verdict))


def test_trust_crosses_the_border_of_a_process(plain: BundleBuilder, trust: Trust) -> None:
    assert verdict_of(sealed_by(plain, GOOD), pickle.loads(pickle.dumps(trust))).exit_code == 0


def test_without_trust_nobody_is_believed(plain: BundleBuilder) -> None:
    verdict = verdict_of(sealed_by(plain, GOOD), None)

    assert (verdict.exit_code, verdict.seal.by if verdict.seal else "") == (3, None)
    said = " ".join(verdict_lines(verdict))
    assert "anyone could have made" in said
    assert "--trust trust.toml" in said


REFUSED = {
    "ended": (PKI.release(Wish(end=NOW - DAY)), "it ended on"),
    "not begun": (PKI.release(Wish(begin=NOW + DAY)), "it begins on"),
    "for a web server": (
        PKI.release(Wish(purposes=[ExtendedKeyUsageOID.SERVER_AUTH])), "its extended key usage",
    ),
    "without a name": (PKI.release(Wish(names=None)), "is of nobody"),
    "another's": (
        PKI.release(Wish(names=[x509.RFC822Name("other@bank.example")])),
        "is of email:other@bank.example, who is no signer that you trust",
    ),
    "its name is a part of another": (
        PKI.release(Wish(names=[x509.RFC822Name("release@bank.example.evil.example")])),
        "who is no signer that you trust",
    ),
    "another is a part of its name": (
        PKI.release(Wish(names=[x509.RFC822Name("prerelease@bank.example")])),
        "who is no signer that you trust",
    ),
    "a DNS name that reads alike": (
        PKI.release(Wish(names=[x509.DNSName("release@bank.example")])),
        "who is no signer that you trust",
    ),
    "of another PKI": (Pki.make().release(), "no path leads to a root"),
    "by its own hand": (issue(None, Wish(), name="release"), "no path leads to a root"),
    "by another signer": (issue(GOOD, Wish(), name="release"), "no path leads to a root"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_certificate_seals_nothing(case: str, plain: BundleBuilder, trust: Trust) -> None:
    holder, why = REFUSED[case]

    verdict = verdict_of(sealed_by(plain, holder), trust)

    assert verdict.exit_code == 1
    assert [c.id for c in verdict.failed] == ["signer"]
    assert why in verdict["signer"].what


def test_a_certificate_counts_on_the_readers_day(plain: BundleBuilder, trust: Trust) -> None:
    path = sealed_by(plain, GOOD)

    assert verdict_of(path, trust, now=NOW + 9 * DAY).exit_code == 0
    assert verdict_of(path, trust, now=NOW + 11 * DAY).exit_code == 1


def test_a_role_is_the_signers_not_the_certificates(plain: BundleBuilder, tmp_path: Path) -> None:
    verdict = verdict_of(sealed_by(plain, GOOD), trusting(tmp_path, roles='roles = ["approver"]'))

    assert (verdict.exit_code, verdict["signer"].found) == (1, "approver")


def test_a_revoked_key_does_not_seal_by_any_certificate(
    plain: BundleBuilder, tmp_path: Path
) -> None:
    revoked = (
        "[[revoked]]", f'fingerprint = "{signer_of(GOOD).fingerprint()}"', 'reason = "stolen"'
    )  # fmt: skip

    again = PKI.release(key=GOOD.key)

    assert verdict_of(sealed_by(plain, again), trusting(tmp_path)).exit_code == 0
    verdict = verdict_of(sealed_by(plain, again), trusting(tmp_path, *revoked))
    assert [c.id for c in verdict.failed] == ["revoked"]


# ---- what stands in the bundle is changed


def test_a_certificate_put_beside_anothers_signature(plain: BundleBuilder, trust: Trust) -> None:
    """The best certificate proves nothing about a signature that its key did not make."""
    thief = PKI.release()
    signed = parse_signed(signer_of(thief).sign(_payload(plain)), "s")
    content = wrap(signed.payload, signed.signature, Material(certificate=GOOD.der))

    verdict = verdict_of(_with(plain, content), trust)

    assert verdict.exit_code == 1
    assert verdict["signature"].status == "failed"
    assert "is not by the key of its certificate" in verdict["signature"].what


def test_a_certificate_that_cannot_be_read_refutes(plain: BundleBuilder, trust: Trust) -> None:
    signed = parse_signed(signer_of(GOOD).sign(_payload(plain)), "s")
    for bad in (GOOD.der[:-1], GOOD.der + b"\0", b"\x30\x80"):
        content = wrap(signed.payload, signed.signature, Material(certificate=bad))
        for given in (trust, None):
            verdict = verdict_of(_with(plain, content), given)
            assert verdict.exit_code == 1
            assert verdict["certificate"].status == "failed"


def test_a_root_in_the_bundle_is_never_asked(plain: BundleBuilder, trust: Trust) -> None:
    """A bundle that brings its own chain is of no form that we take: undecided, not believed."""
    mine = Pki.make()
    value = json.loads(signer_of(mine.release()).sign(_payload(plain)))
    chain = [{"rawBytes": base64.b64encode(d).decode()} for d in (mine.issuing.der, mine.root.der)]
    value["verificationMaterial"]["x509CertificateChain"] = {"certificates": chain}

    assert verdict_of(_with(plain, canonical.dumps(value)), trust).exit_code == 4


def _payload(plain: BundleBuilder) -> bytes:
    name = next(n for n, _ in plain.entries if n.startswith("signatures/"))
    return parse_signed(plain.read(name), name).payload


def _with(plain: BundleBuilder, content: bytes) -> Path:
    entries = [(n, c) for n, c in plain.entries if not n.startswith("signatures/")]
    return plain.pack([*entries, (statement_name("seal", content), content)])


# ---- trust.toml


@pytest.mark.parametrize(
    ("named", "holds"),
    [
        ('named = ["email:other@bank.example", "email:release@bank.example"]', True),
        ('named_pattern = "^email:[a-z]+@bank\\\\.example$"', True),
        ('named_pattern = "^email:[a-z]+@bank\\\\.exampl$"', False),
        ('named_pattern = "^email:elease@bank\\\\.example$"', False),
        ('named_pattern = "^email:[a-z*+]+@[^.]+\\\\.example{1}$"', True),
        ('named = ["email:RELEASE@bank.example"]', False),
    ],
)
def test_names_are_matched_as_a_whole(
    named: str, holds: bool, plain: BundleBuilder, tmp_path: Path
) -> None:
    trust = trusting(tmp_path, named=named)

    assert verdict_of(sealed_by(plain, GOOD), trust).exit_code == (0 if holds else 1)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"named": ""}, "signer 1: named is missing"),
        ({"named": 'named = ["release@bank.example"]'}, "named expected a list of"),
        (
            {"named": 'named = ["email:r\u0435lease@bank.example"]'},
            "named expected a list",
        ),
        ({"named": 'named_pattern = "bank.example"'}, "from ^ and its kind"),
        ({"named": 'named_pattern = "^.*@bank.example$"'}, "from ^ and its kind"),
        ({"named": 'named_pattern = "^email:a|.*$"'}, "from ^ and its kind"),
        ({"named": 'named_pattern = "^email:($"'}, "from ^ and its kind"),
        ({"named": 'named_pattern = "^email:([a-z]+)*x$"'}, "without |, a repeated group"),
        ({"named": 'named_pattern = "^email:(?:[a-z]+){2,}x$"'}, "without |, a repeated group"),
        ({"named": 'named_pattern = "^email:.*.*.*.*x$"'}, "more than 3 open repeats"),
        ({"authority": 'authority = "banc"'}, "there is no [[authority]] named 'banc'"),
        ({"authority": 'authority = "bank"\nkey = "k.pub"'}, "expected one of key, authority"),
        ({"roots": 'roots = "none.pem"'}, "cannot be read"),
        ({"roots": 'roots = "trust.toml"'}, "holds no certificate in PEM"),
        ({"roots": ""}, "authority 1: roots is missing"),
        ({"intermediates": 'chain = "x.pem"'}, "authority 1: unknown key 'chain'"),
    ],
)
def test_a_fault_in_trust_is_named(changed: dict[str, str], fault: str, tmp_path: Path) -> None:
    assert trusting(tmp_path).named[0].name == "release"  # the twin

    with pytest.raises(ConfigError) as refused:
        trusting(tmp_path, **changed)

    assert fault in refused.value.what.replace("\n", " ")
