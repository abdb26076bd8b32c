"""What is declared of the model stands in the provenance and on page one as affidavit.toml has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from affidavit.bundle import canonical
from affidavit.card_record import CardLine, CardPageOne, CardRecord
from affidavit.commit_record import CommitRecord, FileSaid, PersonSaid, SignatureSaid
from affidavit.config import Config, Decision, Features, Label, Model
from affidavit.evidence import Digest, Evidence, Fact, Finding, Subject
from affidavit.model_declared import ADAPTER, BESIDE, adapter_fact, configured_facts, sentences
from affidavit.verify.model_declared import declared_faults, declares, told_faults
from affidavit.verify.records import Records

SUBJECT = Subject(name="m", version="1")
BLOB, OTHER = "a" * 40, "b" * 40
CONFIG = Config(
    version=1, task="binary", datasets={},
    label=Label(column="y", kind="outcome", positive="1", favourable="0"),
    decision=Decision(threshold=0.5, beside=("policy rules", "models:/fraud/7")),
    features=Features(columns=("x",)),
    model=Model(adapter="prep:make", params={"mode": "x", "n": 3, "strict": True, "cut": 2.0}),
)  # fmt: skip
PLAIN = CONFIG.model_copy(update={"model": Model(), "decision": Decision(threshold=0.5)})


def commit(*files: tuple[str, str], mode: str = "100644") -> CommitRecord:
    ada = PersonSaid(name="Ada", email="ada@bank.example", date=None)
    return CommitRecord(
        object_format="sha1", commit="c" * 40, tree="d" * 40, parents=(), author=ada,
        committer=ada, subject="Train", message="Train", tags=(), submodules=(),
        signature=SignatureSaid(state="none", scheme=None, signer=None, key=None),
        files=tuple(FileSaid(path=p, mode=mode, blob=b, size_bytes=1) for p, b in files),
    )  # fmt: skip


def honest(config: Config = CONFIG) -> Evidence:
    found = adapter_fact("prep:make", "src/prep.py", Digest(algorithm="sha1", value=BLOB))
    facts = tuple(found if f.id == ADAPTER else f for f in configured_facts(config))
    return Evidence(subject=SUBJECT).adding(facts=facts)


def records(evidence: Evidence, config: Config | None = CONFIG, **more: Any) -> Records:
    files = commit(("prep.py", OTHER), ("src/prep.py", BLOB))
    # As a verifier has it: written, and read again.
    read = Evidence.model_validate_json(canonical.record_bytes(evidence))
    return Records(**{
        "evidence": read, "evidence_id": "", "derived": None, "config": config, "commit": files,
        **more,
    })  # fmt: skip


def changed(fact_id: str, **update: Any) -> Evidence:
    evidence = honest()
    assert evidence.fact(fact_id) is not None
    facts = tuple(
        f.model_copy(update=update) if f.id == fact_id else f for f in evidence.provenance
    )
    return evidence.model_copy(update={"provenance": facts})


def test_what_the_configuration_declares_is_accepted() -> None:
    assert declares(records(honest()))
    assert list(declared_faults(records(honest()))) == []


def test_a_model_that_declares_nothing_is_not_asked() -> None:
    assert not declares(records(Evidence(subject=SUBJECT), PLAIN))


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        (lambda: changed("model.params.n", value=4), "model.params.n"),
        (lambda: changed("model.params.strict", value=1), "model.params.strict"),
        (lambda: changed("model.params.mode", basis="measured"), "model.params.mode"),
        (lambda: changed(BESIDE, value="policy rules"), BESIDE),
        (lambda: changed(BESIDE, kind="model"), BESIDE),
        (lambda: changed(ADAPTER, value="prep:other"), ADAPTER),
        (lambda: changed(ADAPTER, basis="measured"), ADAPTER),
        (lambda: changed(ADAPTER, digest=Digest(algorithm="sha1", value=OTHER)), ADAPTER),
        (lambda: changed(ADAPTER, source="affidavit.toml: [model] adapter"), ADAPTER),
    ],
    ids=[
        "value", "true-as-1", "basis", "one-rule-less", "kind", "function", "measured", "file",
        "path",
    ],
)  # fmt: skip
def test_a_fact_that_says_otherwise_is_refused(forged: Callable[[], Evidence], what: str) -> None:
    faults = list(declared_faults(records(forged())))

    assert [f.what.partition(":")[0] for f in faults] == [what]


def test_a_fact_that_is_not_declared_is_refused_and_one_that_is_left_out_too() -> None:
    more = Fact(id="model.params.x", kind="model", value=1, basis="declared", source="me")
    added = list(declared_faults(records(honest().adding(facts=(more,)))))
    empty = list(declared_faults(records(Evidence(subject=SUBJECT))))

    said = "model.params.x: the provenance and data/config/affidavit.toml disagree"
    assert [f.what for f in added] == [said]
    assert len(empty) == len(configured_facts(CONFIG))
    assert list(declared_faults(records(honest(), None)))


def test_an_adapter_without_its_file_is_a_gap_and_no_gap_hides_one_that_is_there() -> None:
    gap = Finding(id=ADAPTER, kind="gap", stage="resolve", what="not at hand", fix="--repo")
    bare = Evidence(subject=SUBJECT).adding(facts=configured_facts(CONFIG))

    assert list(declared_faults(records(bare.adding(findings=(gap,)), commit=None))) == []
    for files in (None, commit(("src/prep.py", BLOB), mode="120000")):
        (without,) = declared_faults(records(bare, commit=files))
        assert without.expected == f"the gap {ADAPTER}"
    (needless,) = declared_faults(records(honest().adding(findings=(gap,))))
    assert needless.expected == "no gap"


def card(*lines: CardLine) -> CardRecord:
    page = CardPageOne(title="m", deck="", lines=lines, holds=(), key_numbers=(), about=())
    return CardRecord.model_construct(page_one=page)


def test_page_one_has_each_sentence_once_and_says_that_it_is_declared() -> None:
    evidence = records(honest()).evidence
    said = sentences(evidence)
    told = [CardLine(status="Declared", text=text) for text in said]

    assert [text.partition(":")[0] for text in said] == [
        "This model is one part of the decision",
        "The data go through prep",
        "The model is asked with cut = 2, mode = x, n = 3, strict = True",
    ]
    assert "policy rules; models:/fraud/7" in said[0]
    assert list(told_faults(evidence, card(*told))) == []
    assert [f.expected for f in told_faults(evidence, card(*told[1:]))] == [said[0]]
    softened = told[0].model_copy(update={"text": said[0].replace("policy rules", "rules")})
    assert len(list(told_faults(evidence, card(softened, *told[1:])))) == 1
    holds = told[0].model_copy(update={"status": "Set aside"})
    assert len(list(told_faults(evidence, card(holds, *told[1:])))) == 1
    assert len(list(told_faults(evidence, card(told[0], *told)))) == 1
