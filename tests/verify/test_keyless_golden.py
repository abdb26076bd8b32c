"""What another implementation of a Sigstore signed once: it verifies for ever, and only as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.private_sigstore import ISSUER, WORKFLOW, Sigstore

from affidavit.bundle.certificate import Certificate, read_certificate
from affidavit.bundle.keyless import prove
from affidavit.bundle.statement import Signed, parse_signed

FOLDER = Path(__file__).parents[1] / "golden" / "keyless"
ROOT = (FOLDER / "trusted_root.json").read_bytes()
NOW = datetime(2036, 11, 29, tzinfo=UTC)


@pytest.fixture(params=["rekor-v1", "rekor-v2"])
def signed(request: pytest.FixtureRequest) -> Signed:
    name = f"{request.param}.sigstore.json"
    return parse_signed((FOLDER / name).read_bytes(), name)


def certificate_of(signed: Signed) -> Certificate:
    return read_certificate(signed.material.certificate or b"", "it")


def test_it_verifies_ten_years_later_by_its_own_root(signed: Signed) -> None:
    found = certificate_of(signed)

    proof = prove(signed, found, ROOT, now=NOW)

    assert (proof.why, proof.false) == (None, None)
    assert proof.time is not None
    assert found.valid_from <= proof.time <= found.valid_until
    assert (found.names, found.vouched_by) == ((f"uri:{WORKFLOW}",), ISSUER)


def test_by_another_root_it_proves_nothing(signed: Signed) -> None:
    proof = prove(signed, certificate_of(signed), Sigstore().trusted_root(clock=True), now=NOW)

    assert proof.time is None
    assert proof.why


def test_over_another_statement_it_is_false(signed: Signed) -> None:
    other = replace(signed, payload=signed.payload.replace(b"0000", b"1000", 1))

    assert prove(other, certificate_of(signed), ROOT, now=NOW).false == "log-entry"


def test_without_its_entry_s_proof_it_is_false(signed: Signed) -> None:
    entry = signed.material.log_entry
    assert entry is not None
    bent = replace(entry, proof=replace(entry.proof, root=bytes(32)))
    material = replace(signed.material, log_entry=bent)

    proof = prove(replace(signed, material=material), certificate_of(signed), ROOT, now=NOW)

    assert proof.false == "log-entry"
