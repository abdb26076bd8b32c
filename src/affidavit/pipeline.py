"""The order of the stages, progress, and nothing else."""

from __future__ import annotations

import hashlib
import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from affidavit import __version__
from affidavit.assess import Assessed, assess, load_catalogs
from affidavit.bundle import canonical, layout
from affidavit.bundle.names import folder_name
from affidavit.bundle.predicate import (
    Builder,
    SealPredicate,
    SealSources,
    SubjectVersion,
    Templates,
)
from affidavit.card_record import CardRecheck
from affidavit.challenger_record import ChallengerReport
from affidavit.config import Config, Declarations
from affidavit.errors import ConfigError, Contradicted, Seen
from affidavit.evidence import Evidence, EvidenceId, Item, ItemTable
from affidavit.progress import Progress
from affidavit.recompute import WorkerOptions, recompute
from affidavit.render import Brand, read_brand, render
from affidavit.resolve import Resolution, resolve
from affidavit.seal import Sealed, Signer, require_model_signer, require_room, seal
from affidavit.sources import Sources, as_options
from affidavit.standing import CatalogStanding
from affidavit.subject import ModelRef
from affidavit.wording import count_text
from affidavit.workspace import Workspace, new_workspace

log = logging.getLogger(__name__)
# What may leave no commit to read the configuration at, in the order of the chain.
_COMMIT_GAPS = ("run.id", "code.commit", "code.pack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be built, from where, to where.

    Attributes:
        out: the bundle to write; None means ./<name>-<version>.evidence.zip.
        as_of: the assessment day, YYYY-MM-DD; None means today, UTC.
        pdf: whether the card is also made as PDF.
        catalogs: ids of shipped catalogs, or files, beside those of the configuration.
        options: how the model's process is to be made.
        template_dir: a folder with a bank's own look; None for Affidavit's.
        oms: also sign the model's files alone, by the first signer with a P-256 key.
        challenger: the version to compare with, in place of the configuration's.
    """

    ref: ModelRef
    sources: Sources
    signers: tuple[Signer, ...]
    out: Path | None = None
    as_of: str | None = None
    pdf: bool = True
    catalogs: tuple[str, ...] = ()
    options: WorkerOptions = field(default_factory=WorkerOptions)
    template_dir: Path | None = None
    oms: bool = False
    challenger: ModelRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A bundle on disk, and the record in it; `challenger` is the comparison with one."""

    sealed: Sealed
    evidence: Evidence
    evidence_id: EvidenceId
    standings: tuple[CatalogStanding, ...]
    declarations: Declarations | None
    config: Config
    alias: str | None
    challenger: ChallengerReport | None = None


def build(request: Request, progress: Progress) -> Built:
    """Resolve, recompute, assess, render and seal one model version.

    Raises:
        Contradicted: facts that cannot both be true; nothing is written.
        AffidavitError: each stage's own; nothing is written.
    """
    started = datetime.now(UTC)
    model_signer = require_model_signer(request.signers) if request.oms else None
    as_of = request.as_of or started.date().isoformat()
    brand = read_brand(request.template_dir) if request.template_dir else None
    # Beside the output, so that sealing never crosses a file system, and found again if killed.
    beside = (request.out or Path("x")).absolute().parent
    if request.ref.version is not None or request.out is not None:
        _free_out(request, request.ref.version)  # what is in the way is said before the work
    load_catalogs(request.catalogs)
    with new_workspace(beside) as work:
        resolution = resolve(
            request.ref, request.sources, work, challenger=request.challenger, progress=progress
        )
        _require_no_contradiction(resolution)
        out = _free_out(request, resolution.evidence.subject.version)
        config = _require_config(resolution, request.ref, request.sources)
        recomputed = recompute(
            resolution.evidence, config, work, options=request.options, progress=progress
        )
        evidence = recomputed.evidence
        evidence_id = _write_evidence(evidence, work)
        assessed = assess(
            evidence, evidence_id, config, resolution.declarations, work,
            as_of=as_of, catalogs=request.catalogs,
        )  # fmt: skip
        progress.done("assess", standing_line(assessed.standings))
        subject = evidence.subject
        predicate = SealPredicate(
            subject=SubjectVersion(name=subject.name, version=subject.version),
            alias=resolution.alias,
            evidence_id=evidence_id,
            builder=Builder(id="affidavit", version=__version__),
            as_of=as_of,
            started_on=instant(started),
            finished_on=instant(datetime.now(UTC)),
            isolation=recomputed.isolation,
            host=sys.platform,
            tools={**tools(), **recomputed.tools},
            sources=SealSources.of(
                tracking=request.sources.tracking_uri,
                repository=request.sources.repo,
                remote=request.sources.remote,
            ),
            templates=Templates(name=brand.name, sha256=brand.digest) if brand else None,
        )
        sealed = finish(
            Finished(
                evidence=evidence, evidence_id=evidence_id, assessed=assessed, config=config,
                declarations=resolution.declarations, predicate=predicate,
            ),
            work, out, signers=request.signers, pdf=request.pdf, brand=brand, progress=progress,
            model_signer=model_signer,
        )  # fmt: skip
    return Built(
        sealed=sealed, evidence=evidence, evidence_id=evidence_id, standings=assessed.standings,
        declarations=resolution.declarations, config=config, alias=resolution.alias,
        challenger=recomputed.challenger,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What is known when a record is assessed: all that is left is to render and seal it.

    Attributes:
        predicate: of the seal; its `finished_on` is set when the cards are done.
        along: signed statements that go along beside the seal, by name.
        rechecks: those of them that the card shows.
    """

    evidence: Evidence
    evidence_id: EvidenceId
    assessed: Assessed
    config: Config
    declarations: Declarations | None
    predicate: SealPredicate
    along: Mapping[str, bytes] = field(default_factory=dict)
    rechecks: tuple[CardRecheck, ...] = ()


def finish(
    done: Finished,
    work: Workspace,
    out: Path,
    *,
    signers: Sequence[Signer],
    pdf: bool,
    brand: Brand | None,
    progress: Progress,
    model_signer: Signer | None = None,
) -> Sealed:
    """Render, table and seal: the end that a build and an update share.

    Raises:
        AffidavitError: each stage's own; nothing is written.
    """
    rendered = render(
        done.evidence, work, evidence_id=done.evidence_id, standings=done.assessed.standings,
        declarations=done.declarations, config=done.config, pdf=pdf, progress=progress,
        brand=brand, rechecks=done.rechecks,
    )  # fmt: skip
    derived = (*done.assessed.items, *rendered)
    _write_items(derived, done.evidence_id, work)
    ended = done.predicate.model_copy(update={"finished_on": instant(datetime.now(UTC))})
    return seal(
        done.evidence, derived, work, out,
        signers=signers, predicate=ended, progress=progress, along=done.along,
        model_signer=model_signer,
    )  # fmt: skip


def _free_out(request: Request, version: str | None) -> Path:
    """Where the bundle goes; the version may be unknown where the place is given."""
    name = request.ref.name
    out = request.out or Path.cwd() / f"{folder_name(name, version or '')}.evidence.zip"
    require_room(out, name, version)
    return out


def _require_no_contradiction(resolution: Resolution) -> None:
    if found := resolution.contradictions:
        evidence = resolution.evidence
        raise Contradicted(
            f"{count_text(len(found), 'contradiction')}: nothing was built",
            fix="have each put right where it is kept, and build again; build with --findings FILE "
            "writes them down, signed, for whoever must report it",
            contradictions=tuple((c.what, c.expected, c.found, c.fix) for c in found),
            seen=Seen(
                evidence.subject.name,
                evidence.subject.version,
                tuple(
                    (f.id, f.kind, f.what, f.expected or "", f.found or "", f.fix)
                    for f in evidence.findings
                ),
            ),
        )


def _require_config(resolution: Resolution, ref: ModelRef, sources: Sources) -> Config:
    if resolution.config is not None:
        return resolution.config
    evidence = resolution.evidence
    has_commit = evidence.fact("code.author") is not None
    gaps = [f for i in _COMMIT_GAPS for f in evidence.findings if (f.id, f.kind) == (i, "gap")]
    needed = "without it nobody says what is predicted, for whom it is good, and on which data"
    write = "\n".join([
        "write one; this asks for what only you know, and says how to build with it:",
        shlex.join(["affidavit", "init", str(ref), *as_options(sources)]),
    ])  # fmt: skip
    if has_commit:
        raise ConfigError(
            f"{ref}: no affidavit.toml at its commit, and none was given", needed, write
        )
    raise ConfigError(
        f"{ref}: there is no commit to read affidavit.toml at, and none was given",
        "\n".join([*(gap.what for gap in gaps), needed]),
        "\n".join([*(gap.fix for gap in gaps), f"or {write}"]),
    )


def _write_evidence(evidence: Evidence, work: Workspace) -> EvidenceId:
    content = canonical.record_bytes(evidence)
    work.place(layout.EVIDENCE).write_bytes(content)
    return EvidenceId(hashlib.sha256(content).hexdigest())


def _write_items(derived: tuple[Item, ...], evidence_id: EvidenceId, work: Workspace) -> None:
    ordered = tuple(sorted(derived, key=lambda i: i.path.encode()))
    table = ItemTable(evidence_id=evidence_id, items=ordered)
    work.place(layout.ITEMS).write_bytes(canonical.record_bytes(table))


def standing_line(standings: tuple[CatalogStanding, ...]) -> str:
    """How many controls of each catalog have which status."""
    words = {"needs-attestation": "to sign", "not-applicable": "set aside"}
    parts = []
    for standing in standings:
        statuses = [a.status for a in standing.assessments]
        counts = [f"{statuses.count(s)} {words.get(s, s)}" for s in dict.fromkeys(sorted(statuses))]
        parts.append(f"{standing.catalog}: {', '.join(counts)}")
    return " · ".join(parts)


def instant(moment: datetime) -> str:
    """A time as the seal writes it, UTC, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def tools() -> dict[str, str]:
    """The versions of what makes numbers and cards here."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("numpy", "pandas", "pyarrow", "scikit-learn", "weasyprint", "mlflow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # said by its absence in the list
            log.debug("%s is not installed", name)
    return found
