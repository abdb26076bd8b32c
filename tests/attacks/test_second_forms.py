"""A second form of one statement or number: each refused, while its untouched twin passes."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from pydantic import ValidationError
from tests.support.bundles import BundleBuilder
from tests.support.payloads import sha256_of
from tests.support.pinned import failures, refused, trust_in

from affidavit.bundle import canonical, layout
from affidavit.bundle.predicate import SealPredicate
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.seal.keys import LocalSigner
from affidavit.verify import verify_bundle
from affidavit.verify.trust import Revoked, Trust

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FAIRNESS = "data/reports/fairness.json"
PERFORMANCE = "data/reports/performance.json"
Change = Callable[[Any], None]


def seal_of(builder: BundleBuilder) -> bytes:
    return next(c for n, c in builder.entries if n.startswith("signatures/seal-"))


def resealed(builder: BundleBuilder, *seals: bytes) -> Path:
    kept = [(n, c) for n, c in builder.entries if not n.startswith("signatures/")]
    named = sorted((statement_name("seal", s), s) for s in seals)
    return builder.pack([*kept, *named])


def edited(content: bytes, change: Change) -> bytes:
    value = json.loads(content)
    change(value)
    return canonical.dumps(value)


def add_keyid(value: Any) -> None:
    value["dsseEnvelope"]["signatures"][0]["keyid"] = "release"


def other_hint(value: Any) -> None:
    value["verificationMaterial"]["publicKey"]["hint"] = base64.b64encode(bytes(32)).decode()


# ---- statements


def test_accepts_the_same_seal_put_back(sealed: BundleBuilder) -> None:
    bundle = resealed(sealed, seal_of(sealed))

    assert verify_bundle(bundle, trust=trust_in(sealed)).exit_code == 0


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda c: c + b"\n", "statement"),
        (lambda c: b" " + c, "statement"),
        (lambda c: edited(c, add_keyid), "statement"),
        (lambda c: edited(c, other_hint), "signature"),
    ],
    ids=["newline", "space", "keyid", "hint"],
)
def test_refuses_other_bytes_of_the_same_seal(
    sealed: BundleBuilder, change: Callable[[bytes], bytes], check: str
) -> None:
    """Else a revocation by the file's digest would not meet the copy."""
    content = change(seal_of(sealed))

    verdict = refused(sealed, resealed(sealed, content))

    assert failures(verdict) == [(check, statement_name("seal", content))]


def test_refuses_the_other_ecdsa_signature_of_the_same_seal(tmp_path: Path) -> None:
    """(r, N - s) verifies wherever (r, s) does; only the lower s is ours."""
    builder = BundleBuilder(tmp_path / "p256", kind="p256")

    def mirror(value: Any) -> None:
        signature = value["dsseEnvelope"]["signatures"][0]
        r, s = decode_dss_signature(base64.b64decode(signature["sig"]))
        assert s <= ORDER // 2
        signature["sig"] = base64.b64encode(encode_dss_signature(r, ORDER - s)).decode()

    content = edited(seal_of(builder), mirror)

    verdict = refused(builder, resealed(builder, content))

    assert failures(verdict) == [("signature", statement_name("seal", content))]


def test_one_revoked_seal_revokes_every_seal_over_its_payload(tmp_path: Path) -> None:
    """ECDSA signs the same payload twice in two files; the digest of one revokes both."""
    builder = BundleBuilder(tmp_path / "p256", kind="p256")
    signer = builder.signer
    assert isinstance(signer, LocalSigner)
    payload = statement_bytes("seal", layout.TAG_MANIFEST, builder.sealed.root, builder.predicate())
    first, second = signer.sign(payload), signer.sign(payload)
    assert first != second
    bundle = resealed(builder, first, second)
    trust = trust_in(builder)
    assert verify_bundle(bundle, trust=trust).exit_code == 0

    gone = replace(trust, revoked=(Revoked(value=sha256_of(first), reason="withdrawn"),))
    verdict = verify_bundle(bundle, trust=gone)

    assert [c.id for c in verdict.failed] == ["revoked"]
    assert {s.revoked for s in verdict.statements} == {"withdrawn"}


def test_says_that_a_signature_by_a_key_that_is_not_pinned_was_not_checked(
    sealed: BundleBuilder,
) -> None:
    approved = {"decision": "approved"}
    by_other = sealed.add_statement("approval", approved, signer=sealed.other_signer())
    by_pinned = sealed.add_statement("approval", approved)

    notes = [
        {s.kind: s.note for s in verify_bundle(path, trust=trust_in(sealed)).statements}
        for path in (by_other, by_pinned)
    ]

    assert notes[0]["approval"] == "signature not checked: its key is not pinned"
    assert (notes[1]["approval"], notes[0]["seal"]) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("as_of", "2026-02-30"), ("as_of", "\u0662\u0660\u0662\u0666-11-23"),
        ("finished_on", "2026-11-23T25:00:00Z"),
    ],
)  # fmt: skip
def test_refuses_a_day_that_no_calendar_has(sealed: BundleBuilder, field: str, value: str) -> None:
    honest = sealed.predicate()
    SealPredicate.model_validate_json(json.dumps(honest))

    with pytest.raises(ValidationError, match=field):
        SealPredicate.model_validate_json(json.dumps({**honest, field: value}))


# ---- numbers


def second(**fields: Any) -> Change:
    def add(report: Any) -> None:
        copy = {**report["numbers"][0], "from": "scores", "value": 0.5, **fields}
        for interval in ("low", "high", "level", "method"):
            copy.pop(interval, None)
        report["numbers"].append(copy)

    return add


def test_refuses_a_second_value_of_a_rate_under_another_id(sealed: BundleBuilder) -> None:
    change = second(id="performance/evaluation/better")

    verdict = refused(sealed, sealed.replace_json(PERFORMANCE, change, "resign"))

    assert ("arithmetic", PERFORMANCE) in failures(verdict)
    assert "is a second value of performance/evaluation/" in verdict["arithmetic"].what


def test_refuses_a_number_of_another_role(sealed: BundleBuilder) -> None:
    change = second(id="performance/evaluation/auc", metric="auc", role="training")

    verdict = refused(sealed, sealed.replace_json(PERFORMANCE, change, "resign"))

    assert failures(verdict) == [("arithmetic", PERFORMANCE), ("scores", PERFORMANCE)]
    assert verdict["arithmetic"].expected == "evaluation"


def test_refuses_a_score_of_its_own_making(sealed: BundleBuilder) -> None:
    change = second(id="performance/evaluation/auc", metric="auc")

    verdict = refused(sealed, sealed.replace_json(PERFORMANCE, change, "resign"))

    assert failures(verdict) == [("scores", PERFORMANCE)]


def test_refuses_one_id_in_two_reports(sealed: BundleBuilder) -> None:
    number = json.loads(sealed.read(PERFORMANCE))["numbers"][0]

    verdict = refused(
        sealed,
        sealed.replace_json(FAIRNESS, lambda r: r["numbers"].append(number), "resign"),
    )

    assert "arithmetic" in {c.id for c in verdict.failed}
    assert any("stands in two reports" in c.what for c in verdict.failed)


# ---- constants and ids


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["counts"].update(level=0.5),
        lambda r: r["counts"].update(small=1),
        lambda r: r.update(label_kind="outcome"),
        lambda r: r.pop("label_kind"),
    ],
    ids=["level", "small", "label-kind", "no-label-kind"],
)
def test_refuses_settings_that_no_configuration_gave(sealed: BundleBuilder, change: Change) -> None:
    verdict = refused(sealed, sealed.replace_json(FAIRNESS, change, "resign"))

    assert ("settings", FAIRNESS) in failures(verdict)


def test_refuses_a_fact_that_stands_twice(sealed: BundleBuilder) -> None:
    def twice(evidence: Any) -> None:
        evidence["provenance"].append(evidence["provenance"][0])

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, twice, "resign"))

    assert ("settings", layout.EVIDENCE) in failures(verdict)


def test_refuses_a_configuration_that_is_called_the_commits_and_was_declared(
    sealed: BundleBuilder,
) -> None:
    def declare(evidence: Any) -> None:
        given = evidence["configuration"]["given"]
        evidence["configuration"]["given"] = {"commit": "option", "option": "commit"}[given]

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, declare, "resign"))

    assert ("settings", layout.EVIDENCE) in failures(verdict)


def test_refuses_a_configuration_set_after_training_without_its_finding(
    sealed: BundleBuilder,
) -> None:
    def set_later(evidence: Any) -> None:
        evidence["configuration"]["given"] = "option"
        item = next(i for i in evidence["items"] if i["path"] == layout.CONFIG)
        item["origin"] = "declared"

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, set_later, "resign"))

    assert any("and no finding says so" in c.what for c in verdict.failed)


def test_refuses_a_name_by_reference_that_leads_elsewhere(sealed: BundleBuilder) -> None:
    def lead(evidence: Any) -> None:
        item = dict(evidence["items"][0], path="data/../../etc/passwd", embedded=False)
        evidence["items"].append(item)

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, lead, "resign"))

    assert ("settings", layout.EVIDENCE) in failures(verdict)


def test_a_report_of_empty_numbers_is_refused_at_its_first_fault(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    """300,000 of them were told in gigabytes of faults."""
    assert verify_bundle(sealed.path, trust=pinned).exit_code == 0  # the twin

    def fill(report: dict[str, object]) -> None:
        report["numbers"] = [{} for _ in range(300_000)]

    tracemalloc.start()
    forged = sealed.replace_json(PERFORMANCE, fill, "resign")
    tracemalloc.reset_peak()
    verdict = verify_bundle(forged, trust=pinned)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()

    assert verdict.exit_code == 1
    assert ("record", PERFORMANCE) in [(c.id, c.path) for c in verdict.failed]
    assert peak_mb < 300
