"""Words and exit codes: what passes, what refutes, what leaves it open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.variants import PERFORMANCE

from affidavit.bundle import canonical, layout
from affidavit.errors import UsageError
from affidavit.verify import Check, Trust, verify_bundle
from affidavit.verify.verdict import EXIT_CODES, word_for

FAIRNESS = "data/reports/fairness.json"
PASSED = Check(id="a", status="passed", what="w")
FAILED = Check(id="b", status="failed", what="w")
OPEN = Check(id="c", status="not-run", what="w")
NOTED = Check(id="d", status="not-run", what="w", required=False)


@pytest.mark.parametrize(
    ("checks", "trusted", "exit_code"),
    [
        ((PASSED,), True, 0),
        ((PASSED, NOTED), True, 0),
        ((PASSED,), False, 3),
        ((PASSED, OPEN), True, 4),
        ((PASSED, OPEN), False, 4),
        ((PASSED, OPEN, FAILED), True, 1),
        ((FAILED,), False, 1),
    ],
)
def test_a_check_that_did_not_run_is_never_a_pass(
    checks: tuple[Check, ...], trusted: bool, exit_code: int
) -> None:
    assert EXIT_CODES[word_for(checks, trusted=trusted)] == exit_code


def test_without_a_key_a_bundle_is_intact_at_best(sealed: BundleBuilder) -> None:
    verdict = verify_bundle(sealed.path, trust=None)

    assert (verdict.exit_code, verdict.word) == (3, "INTACT, SIGNER NOT TRUSTED")
    assert verdict["signature"].status == "not-run"
    assert verdict.seal is not None
    assert (verdict.seal.by, verdict.seal.fingerprint) == (None, sealed.signer.fingerprint())


def test_names_what_it_verified(sealed: BundleBuilder, pinned: Trust) -> None:
    verdict = verify_bundle(sealed.path, trust=pinned)

    assert verdict.root == sealed.sealed.root
    assert verdict.evidence_id == sealed.sealed.evidence_id
    assert verdict.subject == sealed.evidence.subject
    assert verdict.files == sealed.sealed.files
    assert verdict.arithmetic is not None
    counted = re.findall(rb'"from":"counts"', sealed.read(PERFORMANCE) + sealed.read(FAIRNESS))
    assert verdict.arithmetic.followed == len(counted) > 30
    # What calls its configuration a commit's has no commit in it.
    assert {c.id for c in verdict.checks if c.status != "passed"} == {"commit"}


def test_says_which_numbers_do_not_come_from_counts(sealed: BundleBuilder, pinned: Trust) -> None:
    verdict = verify_bundle(sealed.path, trust=pinned)

    assert verdict.exit_code == 0
    assert verdict.arithmetic is not None
    numbers = json.loads(sealed.read(PERFORMANCE))["numbers"]
    scored = {n["id"] for n in numbers if n["from"] == "scores"}
    assert "performance/evaluation/roc_auc" in scored
    assert scored < set(verdict.arithmetic.others)


def test_a_newer_format_is_undecided(sealed: BundleBuilder, pinned: Trust) -> None:
    content = sealed.read(layout.BAG_INFO).replace(b"Affidavit-Format: 1", b"Affidavit-Format: 2")

    verdict = verify_bundle(sealed.replace(layout.BAG_INFO, content), trust=pinned)

    assert (verdict.exit_code, verdict.word) == (4, "UNDECIDED")
    assert verdict["format"].status == "not-run"
    assert "format 2" in verdict["format"].what


def test_a_newer_record_is_undecided(sealed: BundleBuilder, pinned: Trust) -> None:
    path = "data/reports/performance.json"

    def age(report: Any) -> None:
        report["version"] = 2

    verdict = verify_bundle(sealed.replace_json(path, age, "resign"), trust=pinned)

    assert verdict["record"].status == "not-run"
    assert verdict["record"].path == path


def test_an_unknown_section_is_noted(sealed: BundleBuilder, pinned: Trust) -> None:
    """Its digests are checked; what it means is not known, and nobody has to know."""
    bundle = BundleBuilder(
        sealed.folder / "later", extra={"data/attributions/shap.bin": b"\x00\x01"}
    )
    trust = pinned_of(bundle)

    verdict = verify_bundle(bundle.path, trust=trust)

    assert verdict.exit_code == 0
    told = [(c.id, c.path) for c in verdict.not_run if c.id != "commit"]
    assert told == [("section", "data/attributions")]
    changed = bundle.flip_bit("data/attributions/shap.bin")
    assert verify_bundle(changed, trust=trust).exit_code == 1


def pinned_of(builder: BundleBuilder) -> Trust:
    from tests.support.pinned import trust_in

    return trust_in(builder)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path, pinned: Trust) -> None:
    with pytest.raises(UsageError) as caught:
        verify_bundle(tmp_path / "none.zip", trust=pinned)

    assert caught.value.exit_code == 2


def test_the_verdict_is_json(sealed: BundleBuilder, pinned: Trust) -> None:
    verdict = verify_bundle(sealed.path, trust=pinned)

    value = json.loads(json.dumps(verdict.model_dump(mode="json")))

    assert (value["schema"], value["version"], value["exit_code"]) == ("affidavit/verdict", 1, 0)
    assert len(value["checks"]) == len(verdict.checks)


# ---- what the reader expects


def test_expects_a_version(sealed: BundleBuilder, pinned: Trust) -> None:
    assert verify_bundle(sealed.path, trust=pinned, expect="models:/credit-risk/3").exit_code == 0

    verdict = verify_bundle(sealed.path, trust=pinned, expect="models:/credit-risk/4")

    assert verdict.exit_code == 1
    check = verdict["expected-subject"]
    assert (check.expected, check.found) == ("models:/credit-risk/4", "models:/credit-risk/3")


def test_expects_no_alias(sealed: BundleBuilder, pinned: Trust) -> None:
    with pytest.raises(UsageError, match="names an alias"):
        verify_bundle(sealed.path, trust=pinned, expect="models:/credit-risk@champion")


def test_expects_an_evidence_id_in_full(sealed: BundleBuilder, pinned: Trust) -> None:
    full = sealed.sealed.evidence_id
    assert verify_bundle(sealed.path, trust=pinned, evidence_id=full).exit_code == 0

    assert verify_bundle(sealed.path, trust=pinned, evidence_id="ab" * 32).exit_code == 1
    with pytest.raises(UsageError, match="not an evidence id"):
        verify_bundle(sealed.path, trust=pinned, evidence_id=full[:12])


def test_compares_a_deployed_model(sealed: BundleBuilder, pinned: Trust, tmp_path: Path) -> None:
    for name in ("MLmodel", "model.pkl"):
        (tmp_path / name).write_bytes(sealed.read(f"data/model/{name}"))
    assert verify_bundle(sealed.path, trust=pinned, model_dir=tmp_path).exit_code == 0

    (tmp_path / "model.pkl").write_bytes(b"another")
    (tmp_path / "hook.py").write_bytes(b"import os")
    verdict = verify_bundle(sealed.path, trust=pinned, model_dir=tmp_path)

    assert verdict.exit_code == 1
    assert [(c.path, c.expected) for c in verdict.failed] == [
        ("data/model/hook.py", "no such file"),
        ("data/model/model.pkl", f"sha256 {item_digest(sealed, 'data/model/model.pkl')}"),
    ]


def item_digest(builder: BundleBuilder, path: str) -> str:
    return next(i.sha256 for i in builder.evidence.items if i.path == path)


def test_complete_is_a_bundle_without_references(sealed: BundleBuilder, pinned: Trust) -> None:
    assert verify_bundle(sealed.path, trust=pinned, complete=True).exit_code == 0

    def refer(evidence: Any) -> None:
        item = next(i for i in evidence["items"] if i["path"].endswith("test.csv"))
        item["embedded"], item["location"] = False, "s3://bank/test.csv"

    entries = [(n, c) for n, c in sealed.entries if not n.endswith("test.csv")]
    evidence = json.loads(sealed.read(layout.EVIDENCE))
    refer(evidence)

    entries = [(n, canonical.dumps(evidence) if n == layout.EVIDENCE else c) for n, c in entries]
    bundle = sealed.pack(sealed.repaired(entries, "resign"))

    assert verify_bundle(bundle, trust=pinned).exit_code == 0
    verdict = verify_bundle(bundle, trust=pinned, complete=True)
    assert [(c.id, c.path) for c in verdict.failed] == [
        ("complete", "data/dataset/evaluation/test.csv")
    ]
