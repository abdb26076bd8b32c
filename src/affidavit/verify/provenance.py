"""Whether commit.json and run/*.json say what the provenance says of them."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.layout import EVIDENCE
from affidavit.commit_record import COMMIT_JSON, CommitRecord
from affidavit.evidence import Evidence, Fact
from affidavit.run_record import (
    CODE_TAGS,
    METRICS,
    PARAMS,
    RUN,
    TAGS,
    MetricsFile,
    ParamsFile,
    RunFile,
    TagsFile,
)
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records

Said = str | int | None


def provenance_faults(records: Records) -> Iterator[Fault]:
    """Facts that the files beside them contradict."""
    evidence = records.evidence
    if records.commit is not None:
        yield from _commit_faults(evidence, records.commit)
    run = records.run.get(RUN)
    if isinstance(run, RunFile):
        yield from _run_faults(evidence, run)
    tags = records.run.get(TAGS)
    if isinstance(tags, TagsFile):
        for fact_id, tag in CODE_TAGS.items():
            yield from _differing(evidence, fact_id, (tags.run or {}).get(tag), TAGS)
    params, metrics = records.run.get(PARAMS), records.run.get(METRICS)
    if isinstance(params, ParamsFile):
        yield from _differing(evidence, "run.params", len(params.params), PARAMS)
    if isinstance(metrics, MetricsFile):
        yield from _differing(evidence, "run.metrics", len(metrics.metrics), METRICS)


def _commit_faults(evidence: Evidence, commit: CommitRecord) -> Iterator[Fault]:
    fact = evidence.fact("code.commit")
    if fact is None:
        yield Fault(
            f"{COMMIT_JSON} speaks of a commit that the provenance does not name", EVIDENCE,
            commit.commit, "no code.commit",
        )  # fmt: skip
    else:
        yield from _unequal(fact, commit.commit, COMMIT_JSON)
        if fact.digest is not None and fact.digest.value != commit.commit:
            yield Fault(
                f"code.commit: its digest is not that of {COMMIT_JSON}", COMMIT_JSON,
                fact.digest.value, commit.commit,
            )  # fmt: skip
    tags = ", ".join(t.name for t in commit.tags) or None
    yield from _differing(evidence, "code.author", commit.author.named, COMMIT_JSON)
    yield from _differing(evidence, "code.date", commit.author.date, COMMIT_JSON)
    yield from _differing(evidence, "code.subject", commit.subject, COMMIT_JSON)
    yield from _differing(evidence, "code.tags", tags, COMMIT_JSON)
    fact = evidence.fact("code.signature")
    # The fact goes on with by whom: `good, by ada@bank.example (ssh key …)`.
    if fact is not None and not str(fact.value).startswith(commit.signature.state):
        yield Fault(
            f"code.signature: the provenance and {COMMIT_JSON} disagree", COMMIT_JSON,
            str(fact.value), commit.signature.state,
        )  # fmt: skip


def _run_faults(evidence: Evidence, said: RunFile) -> Iterator[Fault]:
    version, subject = said.model_version, evidence.subject
    if (version.name, version.version) != (subject.name, subject.version):
        yield Fault(
            f"{RUN} is about another model version", RUN,
            f"{subject.name}, version {subject.version}",
            f"{version.name}, version {version.version}",
        )  # fmt: skip
    yield from _differing(evidence, "model.source", version.source or None, RUN)
    yield from _differing(evidence, "model.created", version.created, RUN)
    yield from _differing(evidence, "model.registered_by", version.user, RUN)
    yield from _differing(evidence, "model.description", version.description, RUN)
    if said.logged_model is not None:
        yield from _differing(evidence, "model.logged_model", said.logged_model.model_id, RUN)
    run = said.run
    if run is not None:
        for fact_id, value in (
            ("run.id", run.run_id), ("run.name", run.name), ("run.status", run.status),
            ("run.lifecycle", run.lifecycle), ("run.user", run.user),
            ("run.started", run.started), ("run.ended", run.ended),
        ):  # fmt: skip
            yield from _differing(evidence, fact_id, value, RUN)


def _differing(evidence: Evidence, fact_id: str, said: Said, path: str) -> Iterator[Fault]:
    fact = evidence.fact(fact_id)
    if fact is not None:
        yield from _unequal(fact, said, path)


def _unequal(fact: Fact, said: Said, path: str) -> Iterator[Fault]:
    if fact.value != said:
        yield Fault(
            f"{fact.id}: the provenance and {path} disagree", path, str(fact.value), str(said)
        )
