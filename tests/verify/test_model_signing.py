"""A signature over the model alone: what it lists, and what is refused of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.payloads import seal_predicate

from affidavit.bundle import canonical
from affidavit.bundle.material import Material
from affidavit.bundle.model_signing import model_hint, model_statement
from affidavit.bundle.statement import MODEL_PREDICATE, parse_signed, statement_name, wrap
from affidavit.errors import UsageError
from affidavit.progress import Silent
from affidavit.seal import require_model_signer, seal
from affidavit.seal.model_signing import sign_model
from affidavit.verify import Verdict, read_keys, verify_bundle


@pytest.fixture
def made(tmp_path: Path) -> BundleBuilder:
    return BundleBuilder(tmp_path / "made", kind="p256")


def check(made: BundleBuilder, path: Path) -> Verdict:
    return verify_bundle(path, trust=read_keys((made.public_key,)))


def failed(verdict: Verdict) -> dict[str, str]:
    return {c.id: c.what for c in verdict.checks if c.status == "failed"}


def with_oms(made: BundleBuilder, content: bytes) -> Path:
    return made.add(statement_name("oms", content), content)


def changed(made: BundleBuilder, change: Callable[[Any], None]) -> bytes:
    """The statement with one thing changed, signed by the very key that is pinned."""
    value = json.loads(model_statement(made.evidence))
    change(value)
    assert made.signer is not None
    signed = parse_signed(made.signer.sign(canonical.dumps(value)), "it")
    return wrap(signed.payload, signed.signature, Material(hint=model_hint(made.signer.public)))


def test_a_seal_with_oms_holds_one_and_it_is_by_the_sealer(made: BundleBuilder) -> None:
    assert made.signer is not None
    out = made.folder / "oms.zip"

    def sealed() -> bool:
        return seal(
            made.evidence, made.derived, made.work, out, signers=(made.signer,),
            predicate=seal_predicate(made.evidence, made.sealed.evidence_id), progress=Silent(),
            model_signer=made.signer,
        ).already_built  # fmt: skip

    assert sealed() is False
    verdict = check(made, out)

    assert (verdict.exit_code, failed(verdict)) == (0, {})
    assert [(s.kind, s.by is not None) for s in verdict.statements] == [
        ("oms", True),
        ("seal", True),
    ]
    assert "model-signature" in {c.id for c in verdict.checks if c.status == "passed"}
    assert sealed() is True


def test_a_bundle_there_without_one_is_not_the_same(made: BundleBuilder) -> None:
    assert made.signer is not None
    with pytest.raises(UsageError, match="without a signature over the model"):
        seal(
            made.evidence, made.derived, made.work, made.path, signers=(made.signer,),
            predicate=seal_predicate(made.evidence, made.sealed.evidence_id), progress=Silent(),
            model_signer=made.signer,
        )  # fmt: skip


def test_it_lists_each_file_of_the_model_by_its_name_and_digest(made: BundleBuilder) -> None:
    value = json.loads(model_statement(made.evidence))

    assert value["predicateType"] == MODEL_PREDICATE
    assert value["subject"][0]["name"] == "models:/credit-risk/3"
    listed = {r["name"]: r["digest"] for r in value["predicate"]["resources"]}
    assert listed == {
        i.path.removeprefix("data/model/"): i.sha256
        for i in made.evidence.items if i.path.startswith("data/model/")
    }  # fmt: skip


def drop_file(value: Any) -> None:
    del value["predicate"]["resources"][0]


def other_digest(value: Any) -> None:
    value["predicate"]["resources"][0]["digest"] = "0" * 64


def other_model(value: Any) -> None:
    value["subject"][0]["name"] = "models:/credit-risk/4"


def other_sum(value: Any) -> None:
    value["subject"][0]["digest"]["sha256"] = "0" * 64


def ignore_more(value: Any) -> None:
    value["predicate"]["serialization"]["ignore_paths"].append("model.pkl")


@pytest.mark.parametrize("change", [drop_file, other_digest, other_model, other_sum, ignore_more])
def test_refuses_a_list_that_is_not_the_models(
    made: BundleBuilder, change: Callable[[Any], None]
) -> None:
    verdict = check(made, with_oms(made, changed(made, change)))

    assert verdict.exit_code == 1
    assert set(failed(verdict)) == {"model-signature"}
    assert check(made, with_oms(made, changed(made, lambda _: None))).exit_code == 0


def test_refuses_a_signature_that_the_key_it_names_did_not_make(made: BundleBuilder) -> None:
    assert made.signer is not None
    good = sign_model(made.evidence, made.signer)
    signed = parse_signed(good, "it")
    other = parse_signed(sign_model(made.evidence, made.other_signer("p256")), "it")

    forged = wrap(signed.payload, other.signature, signed.material)
    renamed = wrap(signed.payload, signed.signature, Material(hint=made.signer.public.hint))

    for content in (forged, renamed):
        verdict = check(made, with_oms(made, content))
        assert (verdict.exit_code, set(failed(verdict))) == (1, {"signature"})
    assert check(made, with_oms(made, good)).exit_code == 0


def test_one_by_a_stranger_is_listed_and_counts_for_nothing(made: BundleBuilder) -> None:
    content = sign_model(made.evidence, made.other_signer("p256"))

    verdict = check(made, with_oms(made, content))

    assert verdict.exit_code == 0
    assert [s.by for s in verdict.statements if s.kind == "oms"] == [None]


def test_refuses_a_changed_byte_of_the_payload(made: BundleBuilder) -> None:
    assert made.signer is not None
    value = json.loads(sign_model(made.evidence, made.signer))
    payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b"/3", b"/4")
    value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()

    verdict = check(made, with_oms(made, canonical.dumps(value)))

    assert verdict.exit_code == 1
    assert "signature" in failed(verdict)


def test_an_ed25519_key_is_refused_and_the_fix_is_named(tmp_path: Path) -> None:
    made = BundleBuilder(tmp_path / "ed")
    assert made.signer is not None

    with pytest.raises(UsageError, match="needs a signer with a P-256 key") as refused:
        require_model_signer((made.signer,))
    assert "keygen --type p256" in refused.value.fix
    p256 = made.other_signer("p256")
    assert require_model_signer((made.signer, p256)) is p256
