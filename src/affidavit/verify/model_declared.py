"""Whether what affidavit.toml declares of the model is on record and on page one, and nothing else.

The facts are derived again from the configuration; an adapter's digest is held against commit.json.
That a function of this name does what it should is nobody's to verify: it is declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import CARD_JSON, CONFIG, EVIDENCE
from affidavit.card_record import CardRecord, one_line
from affidavit.commit_record import COMMIT_JSON, CommitRecord
from affidavit.evidence import Digest, Evidence, Fact
from affidavit.model_declared import (
    ADAPTER,
    adapter_fact,
    configured_facts,
    is_configured,
    module_files,
    sentences,
)
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records

_LINKS: Final = frozenset({"120000", "160000"})  # modes of what is no file


def declares(records: Records) -> bool:
    """Whether there is anything to hold: most models declare none of this."""
    stated = any(is_configured(f.id) for f in records.evidence.provenance)
    return stated or (records.config is not None and bool(configured_facts(records.config)))


def declared_faults(records: Records) -> Iterator[Fault]:
    """Facts that the configuration does not give, or gives otherwise; without one, all of them."""
    evidence = records.evidence
    given = configured_facts(records.config) if records.config is not None else ()
    expected = {f.id: f for f in given}
    if ADAPTER in expected:
        expected[ADAPTER] = _adapter(str(expected[ADAPTER].value), records.commit)
        yield from _gap_faults(evidence, expected[ADAPTER])
    found = {f.id: f for f in evidence.provenance if is_configured(f.id)}
    for fact_id in sorted(expected.keys() | found.keys()):
        if _said(expected.get(fact_id)) != _said(found.get(fact_id)):
            yield Fault(
                f"{fact_id}: the provenance and {CONFIG} disagree", EVIDENCE,
                _said(expected.get(fact_id)), _said(found.get(fact_id)),
            )  # fmt: skip


def _adapter(adapter: str, commit: CommitRecord | None) -> Fact:
    """The fact as it has to be: with the file of the commit that Python would import."""
    if commit is None:
        return adapter_fact(adapter)
    files = {f.path: f for f in commit.files if f.mode not in _LINKS}
    for path in module_files(adapter):
        if path in files:
            digest = Digest(algorithm=commit.object_format, value=files[path].blob)
            return adapter_fact(adapter, path, digest)
    return adapter_fact(adapter)


def _gap_faults(evidence: Evidence, adapter: Fact) -> Iterator[Fault]:
    """Without its file an adapter cannot have been run, and that is a gap."""
    has_gap = any(f.id == ADAPTER and f.kind == "gap" for f in evidence.findings)
    if has_gap != (adapter.digest is None):
        yield Fault(
            f"the adapter's file is {'in' if adapter.digest else 'not in'} {COMMIT_JSON}", EVIDENCE,
            "no gap" if adapter.digest else f"the gap {ADAPTER}", "a gap" if has_gap else "none",
        )  # fmt: skip


def _said(fact: Fact | None) -> str:
    if fact is None:
        return "nothing"
    digest = f", {fact.digest.algorithm} {fact.digest.value}" if fact.digest else ""
    return f"{fact.kind} {fact.value!r} ({fact.basis}; {fact.source}{digest})"


def told_faults(evidence: Evidence, card: CardRecord) -> Iterator[Fault]:
    """Sentences that page one owes; each stands once, and is said to be declared."""
    lines = [one_line(line.text) for line in card.page_one.lines if line.status == "Declared"]
    for sentence in sentences(evidence):
        if lines.count(one_line(sentence)) != 1:
            yield Fault("page one does not say what is declared", CARD_JSON, sentence, "not there")
