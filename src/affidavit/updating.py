"""An update: the same evidence assessed and rendered again, with signed answers, and sealed anew.

1. verify the bundle; one that is refuted is not touched
2. read the signed statements that came beside it, and those of it that are over the evidence
3. unpack the payload, through the digests that were signed
4. assess again, by the catalogs and the vocabulary that the bundle holds, and weigh the answers
5. render, and seal: same evidence id, new root, new seal

Attestations and rechecks go along. The old seal, approvals and everything else over the old root
do not: they were about other cards. No registry, repository or model is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from affidavit import __version__
from affidavit.assess import Assessed, assess_again, load_again
from affidavit.assess.vocabulary import FILE as VOCABULARY
from affidavit.assess.yaml_reader import MAX_BYTES
from affidavit.attesting.collecting import collect, require_good
from affidavit.attesting.rechecked import shown_rechecks
from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.atomic import require_unchanged
from affidavit.bundle.layout import (
    CONTROLS,
    EVIDENCE,
    MAX_STATEMENT_BYTES,
)
from affidavit.bundle.predicate import (
    Builder,
    SealPredicate,
    SealSources,
    SubjectVersion,
    Templates,
)
from affidavit.bundle.statement import parse_signed
from affidavit.card_record import CardRecheck
from affidavit.config import Config
from affidavit.errors import UsageError
from affidavit.evidence import EvidenceId
from affidavit.pipeline import Finished, finish, instant, standing_line, tools
from affidavit.progress import Progress
from affidavit.render import Brand, read_brand
from affidavit.reproduce.unpacking import extract
from affidavit.seal import Sealed, Signer, require_room
from affidavit.standing import CatalogStanding, answered
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.attestations import About, NotWeighed, Weighed, weigh
from affidavit.verify.authors import authors_of
from affidavit.verify.files import SignedFiles, reopened
from affidavit.verify.readable import require_nothing_withheld, require_readable
from affidavit.verify.records import Records
from affidavit.verify.statements import Statement
from affidavit.wording import count_text
from affidavit.workspace import Workspace, new_workspace

_UNKNOWN_ISOLATION = "not said: the bundle that was updated has no seal that says it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be updated, with what, to where.

    Attributes:
        given: signed statements, files or folders of them, beside those in the bundle.
        trust: pinned signers: of the bundle's seal, and of the answers; None if none were given.
        trust_sha256: of the trust.toml; None weighs no answer, whoever signed it.
        out: a new file; None puts the update in the bundle's place.
        as_of: the day for dates and answers, YYYY-MM-DD.
        template_dir: a folder with a bank's own look, as for a build; it is not in the bundle.
    """

    bundle: Path
    given: tuple[Path, ...]
    trust: Trust | None
    trust_sha256: str | None
    signers: tuple[Signer, ...]
    out: Path | None
    as_of: str
    pdf: bool = True
    template_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What came of it.

    Attributes:
        verdict: on the bundle as it was.
        dropped: statements over the old root, by name.
        rechecks: that the card shows.
        is_new: False where the bundle held all of it before; then nothing was written.
        lost_look: whose templates laid the old card out, where the new one is Affidavit's own.
    """

    sealed: Sealed
    verdict: Verdict
    standings: tuple[CatalogStanding, ...]
    not_weighed: tuple[NotWeighed, ...]
    along: tuple[str, ...]
    dropped: tuple[str, ...]
    is_new: bool
    rechecks: tuple[CardRecheck, ...] = ()
    lost_look: Templates | None = None


def update(request: Request, progress: Progress) -> Updated:
    """Assess and render a bundle again, with signed answers, and seal it anew.

    Raises:
        UsageError: no such file, an output that holds something else, a statement that cannot be
            taken, more statements than a bundle holds.
        BundleError: the bundle is refuted, or was changed while it was read.
        AffidavitError: each stage's own. In every case nothing is written or replaced.
    """
    examined = examine(request.bundle, trust=request.trust, as_of=request.as_of, progress=progress)
    verdict = examined.verdict
    records = require_readable(examined.records, verdict, "nothing was updated")
    require_nothing_withheld(verdict, "nothing was updated")
    config = _require_config(records)
    subject = records.evidence.subject
    if request.out is not None:
        require_room(request.out, subject.name, subject.version)
    progress.done("verify", f"{verdict.word.lower()}, {count_text(verdict.files, 'file')}")
    beside = (request.out or request.bundle.resolve()).absolute().parent
    with ExitStack() as stack:
        work = stack.enter_context(new_workspace(beside))
        archive = stack.enter_context(open_archive(request.bundle))
        files, _ = reopened(archive, verdict.root, is_refuted=False)
        return _Job(request, verdict, records, config, archive, files, work, progress).run()


def _require_config(records: Records) -> Config:
    if records.config is None:
        raise UsageError(
            "nothing can be assessed again: the bundle has no affidavit.toml",
            fix="build the model version with one",
        )
    return records.config


@dataclass(frozen=True, slots=True)
class _Job:
    """One update under way: the verified bundle, and a workspace of its own."""

    request: Request
    verdict: Verdict
    records: Records
    config: Config
    archive: Archive
    files: SignedFiles
    work: Workspace
    progress: Progress

    def run(self) -> Updated:
        brand = read_brand(self.request.template_dir) if self.request.template_dir else None
        along = collect(self.archive, self.request.given, self.records.evidence_id)
        statements = require_good(along, self.request.trust, self.request.as_of)
        self._unpack()
        not_weighed: list[NotWeighed] = []
        assessed = self._assess(statements, not_weighed)
        rechecks, left_out = self._rechecks(statements)
        not_weighed.extend(left_out)
        self.progress.done("assess", standing_line(assessed.standings))
        old = self._old_predicate()
        done = Finished(
            evidence=self.records.evidence, evidence_id=EvidenceId(self.records.evidence_id),
            assessed=assessed, config=self.config, declarations=self.records.declarations,
            predicate=self._predicate(old, brand), along=along, rechecks=rechecks,
        )  # fmt: skip
        # In place, it grows in the workspace, and takes the bundle's name when it is whole.
        out = self.request.out or self.work.root / "updated.zip"
        sealed = finish(
            done, self.work, out, signers=self.request.signers, pdf=self.request.pdf, brand=brand,
            progress=self.progress,
        )  # fmt: skip
        is_new = not sealed.already_built
        if self.request.out is None:
            is_new = not self._holds(sealed.root, along)
            sealed = self._in_place(sealed, is_new=is_new)
        there = (n for n in self.archive.names if n.startswith("signatures/"))
        return Updated(
            sealed=sealed, verdict=self.verdict, standings=assessed.standings,
            not_weighed=tuple(not_weighed), along=tuple(sorted(along)),
            dropped=tuple(n for n in there if n not in along), is_new=is_new,
            lost_look=old.templates if old and brand is None else None, rechecks=rechecks,
        )  # fmt: skip

    def _unpack(self) -> None:
        for item in self.records.evidence.items:
            if item.embedded:
                self.progress.step(f"unpacking {item.path}")
                extract(self.files, item.path, self.work.place(item.path))
        extract(self.files, EVIDENCE, self.work.place(EVIDENCE))

    def _assess(self, statements: tuple[Statement, ...], not_weighed: list[NotWeighed]) -> Assessed:
        folder = f"{CONTROLS}/"
        catalogs = {
            PurePosixPath(p).stem: self.files.read(p, MAX_BYTES)
            for p in self.files.paths(CONTROLS, ".yaml")
            if p != folder + VOCABULARY
        }
        words = folder + VOCABULARY
        kept = load_again(
            catalogs, self.files.read(words, MAX_BYTES) if words in self.files else None
        )

        def answer(standings: tuple[CatalogStanding, ...]) -> tuple[CatalogStanding, ...]:
            weighed = self._weighed(statements, standings)
            not_weighed.extend(weighed.not_weighed)
            return tuple(self._answered(s, weighed) for s in standings)

        return assess_again(
            self.records.evidence, self.records.evidence_id, self.config,
            self.records.declarations, self.work, as_of=self.request.as_of, kept=kept,
            answer=answer,
        )  # fmt: skip

    def _weighed(
        self, statements: tuple[Statement, ...], standings: tuple[CatalogStanding, ...]
    ) -> Weighed:
        if self.request.trust_sha256 is None:
            return Weighed(answers={}, not_weighed=())
        return weigh(
            statements,
            About(
                evidence=self.records.evidence, evidence_id=self.records.evidence_id,
                standings=standings, day=self.request.as_of,
                authors=authors_of(self.records.evidence, self.records.declarations),
            ),
        )  # fmt: skip

    def _rechecks(
        self, statements: tuple[Statement, ...]
    ) -> tuple[tuple[CardRecheck, ...], tuple[NotWeighed, ...]]:
        """Those that the card shows; none without a trust.toml, as no answer is then weighed."""
        if self.request.trust is None or self.request.trust_sha256 is None:
            return (), ()
        return shown_rechecks(
            statements, self.records.evidence, self.records.evidence_id, self.request.trust,
            day=self.request.as_of,
        )  # fmt: skip

    def _answered(self, standing: CatalogStanding, weighed: Weighed) -> CatalogStanding:
        return standing.model_copy(
            update={
                "trust_sha256": self.request.trust_sha256,
                "assessments": tuple(
                    answered(
                        a,
                        weighed.answers.get((standing.catalog, a.control), ()),
                        self.request.as_of,
                    )
                    for a in standing.assessments
                ),
            }
        )

    def _predicate(self, old: SealPredicate | None, brand: Brand | None) -> SealPredicate:
        """What the new seal says: the old one's word on how the numbers were made, our own rest."""
        subject, now = self.records.evidence.subject, instant(datetime.now(UTC))
        here = tools()
        rendered = {name: here[name] for name in ("weasyprint",) if name in here}
        return SealPredicate(
            subject=SubjectVersion(name=subject.name, version=subject.version),
            alias=old.alias if old else None, evidence_id=self.records.evidence_id,
            builder=Builder(version=__version__), as_of=self.request.as_of, started_on=now,
            finished_on=now, isolation=old.isolation if old else _UNKNOWN_ISOLATION,
            host=old.host if old else "not said",
            tools={**(old.tools if old else {}), **rendered},
            sources=old.sources if old else SealSources(),
            templates=Templates(name=brand.name, sha256=brand.digest) if brand else None,
        )  # fmt: skip

    def _old_predicate(self) -> SealPredicate | None:
        seal = self.verdict.seal
        if seal is None:
            return None
        signed = parse_signed(self.archive.read(seal.path, MAX_STATEMENT_BYTES), seal.path)
        try:
            return SealPredicate.model_validate_json(json.dumps(dict(signed.predicate)))
        except ValidationError as error:  # verify has read it
            raise RuntimeError(f"{seal.path} was read before") from error

    def _holds(self, root: str, along: Mapping[str, bytes]) -> bool:
        """Whether the bundle is what the update comes to, but for the hour of its seal."""
        return self.verdict.root == root and set(along) <= set(self.archive.names)

    def _in_place(self, sealed: Sealed, *, is_new: bool) -> Sealed:
        target = self.request.bundle.resolve()
        if is_new:
            require_unchanged(target, self.archive.stat)
            self.archive.close()  # Windows does not replace a file that is open
            sealed.path.chmod(self.archive.stat.st_mode & 0o777)
            sealed.path.replace(target)
        return Sealed(
            path=self.request.bundle, root=sealed.root, evidence_id=sealed.evidence_id,
            files=sealed.files, size_bytes=target.stat().st_size, already_built=not is_new,
            signed_by=sealed.signed_by,
        )  # fmt: skip
