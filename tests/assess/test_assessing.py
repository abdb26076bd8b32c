"""The stage over the shipped catalogs: what holds of every control, and of what is declared.

Each control's own rows are in `tests/assess/tables`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Literal

import pytest
from tests.support.assessed import (
    AS_OF,
    EVIDENCE_ID,
    all_declared,
    assessed,
    by_control,
    full_config,
    full_record,
)
from tests.support.assessed_breaks import standing_after

from affidavit.assess.loading import load, shipped_ids
from affidavit.config import Dataset, Label
from affidavit.evidence import Evidence, Fact, Subject
from affidavit.shipped import shipped
from affidavit.workspace import Workspace

LabelKind = Literal["outcome", "past-decision", "proxy"]
# Two texts, one of them superseded, and one that is law.
CATALOGS = ("sr-26-2", "sr-11-7", "gdpr")
IN_FORCE = "2026-04-01"  # of a day on which SR 11-7 was in force, for an approval


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("kind", ["outcome", "past-decision", "proxy"])
def test_over_an_empty_record_nothing_fails_and_everything_is_missing(
    work: Workspace, kind: LabelKind, held: bool
) -> None:
    empty = Evidence(subject=Subject(name="credit-risk", version="3"))
    config = full_config(label=Label(column="default", kind=kind), **{} if held else {"hold": ()})

    for day in (AS_OF, IN_FORCE):
        found = by_control(assessed(empty, CATALOGS, work.root, config=config, as_of=day))
        undated = {c: a for c, a in found.items() if a.set_aside != "date"}
        assert undated
        assert {a.status for a in undated.values()} == {"missing"}
        assert all(a.remedy for a in undated.values())


def test_whoever_decides_alone_is_a_machine_and_whoever_signs_is_asked() -> None:
    """What a machine decides needs no signature; all else names who signs, and the question."""
    for loaded in load(shipped_ids()):
        for control in loaded.catalog.controls:
            assert (control.mode == "machine") == (not control.attestations), control.id
            for asked in control.attestations:
                assert asked.question.endswith("?"), control.id


def test_a_validator_is_never_an_author_and_an_approver_never_the_validator() -> None:
    for loaded in load(["sr-26-2", "sr-11-7"]):
        for control in loaded.catalog.controls:
            for asked in control.attestations:
                kept_apart = {"validator": ("authors",), "approver": ("validator",)}
                assert asked.separation == kept_apart.get(asked.role, ()), control.id


@pytest.mark.parametrize(
    ("role", "basis", "status"),
    [
        ("holdout", "measured", "needs-attestation"), ("train", "measured", "missing"),
        ("holdout", "claimed", "missing"),
    ],
)  # fmt: skip
def test_a_snapshot_counts_where_its_bytes_were_hashed_and_its_role_is_none_of_training(
    work: Workspace, role: str, basis: Literal["measured", "claimed"], status: str
) -> None:
    evidence = full_record(work)
    items = tuple(
        i.model_copy(update={"role": role}) if i.kind == "dataset" else i for i in evidence.items
    )
    fact = Fact(id=f"data.{role}.snapshot", kind="data", value="x", basis=basis, source="t")
    named = full_config(datasets={role: Dataset(path="x", include="embed")})
    changed = evidence.model_copy(update={"items": items}).adding(facts=(fact,))

    found = by_control(
        assessed(changed, ["sr-26-2"], work.root, config=named, declarations=all_declared())
    )

    assert found["SR262-08"].status == status


@pytest.mark.parametrize("blank", ["  ", "\u200b", "\u2800 \u3164", "-", "…", "?"])
def test_blank_declarations_declare_nothing(blank: str) -> None:
    assert (
        standing_after("sr-26-2", [f"declared monitoring={blank}"])["SR262-23"].status == "missing"
    )
    assert standing_after("sr-26-2", ["declared monitoring=x"])["SR262-23"].status != "missing"


def test_a_name_that_looks_like_a_placeholder_stays_a_name(work: Workspace) -> None:
    evidence = full_record(work)
    named = evidence.subject.model_copy(update={"name": "{version}"})
    changed = evidence.model_copy(update={"subject": named})

    found = by_control(assessed(changed, ["sr-26-2"], work.root, declarations=all_declared()))

    assert found["SR262-26"].because.startswith("registered as {version}, version 3;")


def test_what_is_not_declared_is_missing_and_the_remedy_names_the_field_and_what_to_write() -> None:
    found = standing_after("sr-26-2", ["no declared monitoring"])["SR262-23"]

    assert found.because == "`monitoring` is not declared"
    assert found.remedy == (
        "add `monitoring` to declarations.toml: "
        "what is watched, how often, against which limits, what follows"
    )


def test_what_the_owner_sets_aside_says_so_and_hides_no_exception() -> None:
    aside = standing_after("sr-26-2", ["declared vendor=none"])["SR262-28"]

    assert (aside.status, aside.set_aside) == ("not-applicable", "declared")
    assert "set aside on the owner's word" in aside.because
    broken = standing_after(
        "gdpr", ["declared jurisdictions=US", "finding recompute.input.sensitive.c"]
    )
    assert broken["GDPR-09"].status == "exception"
    assert standing_after("gdpr", ["declared jurisdictions=US"])["GDPR-09"].status != "exception"


def test_an_assessment_names_items_with_their_digests_the_rule_and_the_values() -> None:
    found = standing_after("sr-26-2", [])["SR262-12"]

    assert ("data/reports/performance.json", 64) in [(i.path, len(i.sha256)) for i in found.items]
    assert found.values == {"k": "1", "n": "9", "role": "evaluation"}
    assert found.rule.startswith("mode machine+role: all 4 needs, 5 tests held")
    assert [q.role for q in found.questions] == ["validator"]
    broken = standing_after("sr-26-2", ["finding recompute.overlap.evaluation"])["SR262-12"]
    assert broken.rule.startswith("test 2: !findings.exists(f, f.id.startsWith('recompute.overlap.")


@pytest.mark.parametrize("named", ["US", "US-MA,GB", "CH,JP,SG"])
def test_the_gdpr_is_set_aside_where_every_jurisdiction_is_known_to_lie_outside(named: str) -> None:
    found = standing_after("gdpr", [f"declared jurisdictions={named}"])

    assert found["GDPR-08"].status == "not-applicable"


@pytest.mark.parametrize(
    "named",
    ["DE", "FR", "EEA", "European Union", "EU", "US,DE", "us", "USED in Europe", "United States",
     "US\nDE", " "],
)  # fmt: skip
def test_the_gdpr_applies_wherever_a_jurisdiction_is_not_known_to_lie_outside(named: str) -> None:
    found = standing_after("gdpr", [f"declared jurisdictions={named}"])

    assert found["GDPR-08"].status == "needs-attestation"


def test_writes_json_csv_and_the_catalog_itself_each_citing_the_evidence(work: Workspace) -> None:
    found = assessed(full_record(work), CATALOGS[:2], work.root, declarations=all_declared())

    assert [i.path for i in found.items if i.kind == "catalog"] == [
        "data/controls/sr-26-2.yaml", "data/controls/sr-11-7.yaml", "data/controls/evidence.yaml",
    ]  # fmt: skip
    for standing in found.standings:
        stem = work.root / "data" / "controls" / standing.catalog
        catalog = stem.with_name(stem.name + ".yaml").read_bytes()
        assert standing.catalog_sha256 == hashlib.sha256(catalog).hexdigest()
        assert standing.evidence_id == EVIDENCE_ID
        rows = list(csv.DictReader(io.StringIO(stem.with_name(stem.name + ".csv").read_text())))
        assert [r["status"] for r in rows] == [a.status for a in standing.assessments]


# Words that no catalog of guidance may use of a model; a law requires, a guidance describes.
TRAPS = ("complian", "satisf", "certif", "unbiased", "fairly", " passed", " passes")


@pytest.mark.parametrize("name", shipped_ids())
def test_shipped_catalogs_claim_nothing(name: str) -> None:
    text = (shipped("policies") / "catalogs" / f"{name}.yaml").read_text("utf-8").lower()

    assert [w for w in TRAPS if w in text] == []
    if name.startswith("sr-"):
        assert "requir" not in text
