"""The stage: registry, run, repository, configuration, data, environment, in this order.

One pass, whatever is found: gaps and exceptions go into the evidence, contradictions are gathered
and returned together. Only what cannot be asked at all (a server that is down) ends it early.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

from affidavit.config import Config, Declarations
from affidavit.errors import Contradicted
from affidavit.evidence import Evidence, Subject
from affidavit.progress import Progress
from affidavit.resolve.challenger import asked_for, find_challenger, pin_challenger
from affidavit.resolve.code import collect_code, name_commit
from affidavit.resolve.configuration import Configured, Given, configure, read_given
from affidavit.resolve.data import Place, collect_data
from affidavit.resolve.environment import collect_environment
from affidavit.resolve.expectations import collect_expectations, collect_suites
from affidavit.resolve.given_roles import take_given
from affidavit.resolve.interface import Contradiction, Part, Registry, Run, contradictions_of
from affidavit.resolve.model import Found, fetch_model, find_model
from affidavit.resolve.model_declared import collect_declared
from affidavit.resolve.objects import open_remote
from affidavit.resolve.registry import open_registry
from affidavit.resolve.repository import open_repository
from affidavit.resolve.run_record import registry_facts, write_run_record
from affidavit.sources import Sources
from affidavit.subject import ModelRef
from affidavit.wording import count_text
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What was found, and what cannot be true together.

    Attributes:
        evidence: subject, facts, findings and files so far.
        config: None where no affidavit.toml was found; there is a gap then.
        alias: the alias that was asked for, read once.
        contradictions: one is enough for nothing to be built.
        calls: requests to the tracking server, downloads not counted.
    """

    evidence: Evidence
    config: Config | None
    declarations: Declarations | None
    alias: str | None
    contradictions: tuple[Contradiction, ...]
    calls: int


def resolve(
    ref: ModelRef,
    sources: Sources,
    work: Workspace,
    *,
    challenger: ModelRef | None = None,
    download: bool = True,
    progress: Progress,
) -> Resolution:
    """Follow a model version to everything that it was made from.

    Args:
        ref: the version or alias.
        sources: where to look.
        work: where files are written.
        challenger: the version to compare with, in place of the configuration's.
        download: False writes nothing and fetches neither model nor data: the chain as claimed,
            in at most six calls to the tracking server, and seven for a challenger.
        progress: told what is being done.

    Raises:
        NoSuchVersion: no such model, version or alias.
        UsageError: a file that an option names, or a configuration, cannot be taken; a challenger
            that is the subject itself.
        SourceError: a system that does not answer, or a repository that cannot be used.
    """
    given = read_given(sources)
    kept = work if download else None
    progress.step(f"asking the registry for {ref}")
    registry = open_registry(sources.tracking_uri)
    found = find_model(ref, registry)
    subject = Subject(
        name=found.version.name,
        version=found.version.version,
        run_id=found.run_id,
        created_at=found.version.created_at,
    )
    asked = asked_for(challenger, None)
    # What the builder named wrongly is said before anything is fetched.
    beside = pin_challenger(asked, subject, registry) if asked else None
    part = _model_part(found, subject, registry, kept, progress)
    code, configured = _code_and_data(ref, given, sources, found.run, kept, progress=progress)
    part += code
    if configured.config is not None and kept is not None:
        part += collect_expectations(configured.config, found.run, registry, kept)
    if asked := asked_for(challenger, configured.config):
        beside = beside or pin_challenger(asked, subject, registry)
        part += find_challenger(beside, registry, kept, progress)
    evidence = Evidence(subject=subject, configuration=configured.record).adding(
        facts=part.facts, findings=part.findings, items=part.items
    )
    progress.done("resolve", summary(evidence, part.contradictions))
    return Resolution(
        evidence=evidence,
        config=configured.config,
        declarations=configured.declarations,
        alias=ref.alias,
        contradictions=part.contradictions,
        calls=registry.calls,
    )


def _code_and_data(
    ref: ModelRef,
    given: Given,
    sources: Sources,
    run: Run | None,
    work: Workspace | None,
    *,
    progress: Progress,
) -> tuple[Part, Configured]:
    """Commit, configuration and snapshots; the repository is open only here."""
    named, part = name_commit(run, sources)
    configured = Configured.nothing()
    with ExitStack() as open_things:
        repository = None
        if sources.repo is not None and named.sha is not None:
            progress.step("opening the repository")
            repository = open_things.enter_context(
                open_repository(sources.repo, sources.mirror_dir)
            )
        code, commit = collect_code(named, repository, run, work, progress=progress)
        part += code
        try:
            configured = configure(
                ref, given, sources=sources, repository=repository, commit=commit, work=work
            )
            part += configured.part
            if configured.config is not None:
                remote = open_remote(sources.remote) if sources.remote else None
                part += collect_declared(configured.config, repository, commit)
                config, added = take_given(configured.config, sources)
                configured = replace(configured, config=config)
                place = Place(
                    repository, commit, remote, given=sources.datasets,
                    follows_uri=sources.config is not None,
                )  # fmt: skip
                part += collect_data(config, place, run, work, added=added, progress=progress)
                if work is not None:
                    part += collect_suites(config, repository, commit, work)
        except Contradicted as error:  # an altered object of the repository: one more to list
            part += Part(contradictions=contradictions_of(error))
    return part, configured


def _model_part(
    found: Found,
    subject: Subject,
    registry: Registry,
    work: Workspace | None,
    progress: Progress,
) -> Part:
    """Registry, run, artifact and environment."""
    part = found.part + registry_facts(found.version, found.model, found.run_id, found.run)
    if work is None:
        return part
    part += Part(items=write_run_record(found.version, found.model, found.run, work))
    model, model_file = fetch_model(found, registry, work, progress=progress)
    environment = collect_environment(model.items, model_file, found.run, subject, work)
    return part + model + environment


def summary(evidence: Evidence, contradictions: tuple[Contradiction, ...]) -> str:
    """One line: `credit-risk version 3 · 14 files · 1 gap · 0 exceptions`."""
    kinds = [f.kind for f in evidence.findings]
    parts = [
        f"{evidence.subject.name} version {evidence.subject.version}",
        count_text(len(evidence.items), "file"),
        count_text(kinds.count("gap"), "gap"),
        count_text(kinds.count("exception"), "exception"),
    ]
    if contradictions:
        parts.append(count_text(len(contradictions), "contradiction"))
    return " · ".join(parts)
