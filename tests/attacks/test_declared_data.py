"""Data that the builder gave cannot be passed off as more; each forgery beside its honest twin."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import failures, trust_in
from tests.support.raw_archives import read_entries

from affidavit.bundle import layout
from affidavit.declared_record import BY_URI, declared_findings
from affidavit.evidence import Fact
from affidavit.verify import verify_bundle

SNAPSHOT, DECLARED = "data.evaluation.snapshot", "data.evaluation.declared"
TEST_CSV = "data/dataset/evaluation/test.csv"
Change = Callable[[Any], None]


def fact(fact_id: str, value: str | None, basis: str, **more: Any) -> dict[str, Any]:
    return {
        "id": fact_id, "kind": "data", "value": value, "digest": None, "basis": basis,
        "source": "option --dataset", **more,
    }  # fmt: skip


def md5(value: str) -> dict[str, str]:
    return {"algorithm": "md5", "value": value * 32}


def giving(builder: BundleBuilder) -> Change:
    """The evaluation data as a builder gives it, whole and honest."""
    digest = hashlib.md5(builder.read(TEST_CSV)).hexdigest()
    return lambda evidence: give(evidence, digest)


def give(evidence: Any, digest_of_rows: str) -> None:
    item = next(i for i in evidence["items"] if i["path"] == TEST_CSV)
    item["origin"] = "declared"
    digest = {"algorithm": "sha256", "value": item["sha256"]}
    evidence["provenance"] += [
        fact("data.evaluation.link", None, "claimed", source="run: dataset inputs"),
        fact(
            "data.evaluation.md5",
            "test.csv",
            "measured",
            digest={"algorithm": "md5", "value": digest_of_rows},
        ),
        fact(SNAPSHOT, "test.csv", "declared", digest=digest),
    ]
    follow(evidence)


def follow(evidence: Any) -> None:
    """The finding as it follows from the facts."""
    facts = [Fact.model_validate_json(json.dumps(f)) for f in evidence["provenance"]]
    others = [f for f in evidence["findings"] if f["id"] != DECLARED]
    made = [f.model_dump(mode="json") for f in declared_findings(facts)]
    evidence["findings"] = sorted([*others, *made], key=lambda f: str(f["id"]))


def one(rows: Any, row_id: str) -> Any:
    return next(r for r in rows if r["id"] == row_id)


def edit(fact_id: str, **changed: Any) -> Change:
    return lambda e: one(e["provenance"], fact_id).update(changed)


def drop_finding(evidence: Any) -> None:
    evidence["findings"] = [f for f in evidence["findings"] if f["id"] != DECLARED]


def soften(evidence: Any) -> None:
    one(evidence["findings"], DECLARED)["what"] = "the evaluation data was given"


def collect(evidence: Any) -> None:
    next(i for i in evidence["items"] if i["path"] == TEST_CSV)["origin"] = "collected"


def claim_link(evidence: Any) -> None:
    """The run is said to name these bytes, by another digest than they have."""
    edit("data.evaluation.link", value="data/test.csv", digest=md5("b"))(evidence)
    follow(evidence)


def claim_commit(evidence: Any) -> None:
    evidence["provenance"].append(
        fact("data.evaluation.tracked", "data/test.csv", "claimed", digest=md5("b"))
    )
    follow(evidence)


def invent_provenance(evidence: Any) -> None:
    evidence["provenance"].append(fact("data.evaluation.exported_from", "warehouse", "declared"))
    follow(evidence)


def add_role(evidence: Any) -> None:
    evidence["provenance"].append(fact("data.later.include", "embed", "declared"))
    follow(evidence)


def count_rows(evidence: Any) -> None:
    evidence["provenance"].append(fact("data.evaluation.rows", None, "measured") | {"value": 399})


def run_nothing(evidence: Any) -> None:
    evidence["provenance"].append(
        fact("data.evaluation.executed_at", "2026-11-03T10:00:00Z", "declared")
    )
    follow(evidence)


def then(*changes: Change) -> Change:
    def change(evidence: Any) -> None:
        for each in changes:
            each(evidence)

    return change


def drop_md5(evidence: Any) -> None:
    """What would show that the run, or the commit, names other data."""
    evidence["provenance"] = [f for f in evidence["provenance"] if f["id"] != "data.evaluation.md5"]
    follow(evidence)


FORGED: dict[str, Change] = {
    "finding-dropped": drop_finding,
    "finding-softened": soften,
    "fact-measured": edit(SNAPSHOT, basis="measured"),
    "fact-claimed-and-finding-dropped": then(edit(SNAPSHOT, basis="claimed"), drop_finding),
    # DVC has no sha256: no commit can have named that digest.
    "item-and-fact-measured": then(edit(SNAPSHOT, basis="measured"), collect, drop_finding),
    "item-collected": collect,
    "other-digest": edit(SNAPSHOT, digest={"algorithm": "sha256", "value": "e" * 64}),
    "no-digest": edit(SNAPSHOT, digest=None),
    "given-by-nobody": edit(SNAPSHOT, source="dvc.lock, at the commit"),
    "by-a-uri-that-is-not-there": then(edit(SNAPSHOT, source=BY_URI), follow),
    "run-reads-other-data": claim_link,
    "commit-has-other-data": claim_commit,
    "md5-dropped": drop_md5,
    "md5-and-link-to-other-data": then(drop_md5, claim_link),
    "md5-and-commit-of-other-data": then(drop_md5, claim_commit),
    "md5-of-other-rows": edit("data.evaluation.md5", digest=md5("a")),
    "md5-not-measured": edit("data.evaluation.md5", basis="claimed"),
    "md5-without-a-digest": edit("data.evaluation.md5", digest=None),
    "provenance-invented": invent_provenance,
    "role-without-data": add_role,
    "other-number-of-rows": count_rows,
    "query-that-is-not-there": run_nothing,
}  # fmt: skip


def opened(builder: BundleBuilder, bundle: Path) -> BundleBuilder:
    """The same signer with another bundle of theirs, to change that."""
    other = copy.copy(builder)
    other.path, (other.folder_name, other.entries) = bundle, read_entries(bundle)
    return other


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    made = BundleBuilder(tmp_path_factory.mktemp("declared"))
    honest = made.replace_json(layout.EVIDENCE, giving(made), "resign")
    verdict = verify_bundle(honest, trust=trust_in(made))
    assert (verdict.exit_code, failures(verdict)) == (0, [])
    return made


@pytest.mark.parametrize("name", FORGED)
def test_refuses_given_data_that_is_passed_off_as_more(sealed: BundleBuilder, name: str) -> None:
    def change(evidence: Any) -> None:
        giving(sealed)(evidence)
        FORGED[name](evidence)

    verdict = verify_bundle(
        sealed.replace_json(layout.EVIDENCE, change, "resign"), trust=trust_in(sealed)
    )

    assert verdict.exit_code == 1
    by = ("tracked-data", TEST_CSV) if name == "md5-of-other-rows" else None
    assert (by or ("declared-data", layout.EVIDENCE)) in failures(verdict)


def test_refuses_a_page_one_without_the_line(sealed: BundleBuilder) -> None:
    honest = sealed.replace_json(layout.EVIDENCE, giving(sealed), "resign")
    given = opened(sealed, honest)

    def unsaid(card: Any) -> None:
        lines = card["page_one"]["lines"]
        kept = [line for line in lines if DECLARED not in line["findings"]]
        assert len(kept) == len(lines) - 1
        card["page_one"]["lines"] = kept

    verdict = verify_bundle(
        given.replace_json(layout.CARD_JSON, unsaid, "resign"), trust=trust_in(sealed)
    )

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert f"disagree on {DECLARED}" in next(c.what for c in verdict.failed)


def test_page_one_carries_the_sentence(sealed: BundleBuilder) -> None:
    honest = opened(sealed, sealed.replace_json(layout.EVIDENCE, giving(sealed), "resign"))
    card = json.loads(honest.read(layout.CARD_JSON))

    (line,) = [x for x in card["page_one"]["lines"] if DECLARED in x["findings"]]

    assert "the link between model and data is the builder's word" in line["text"]
    assert line["status"] == "Missing"
