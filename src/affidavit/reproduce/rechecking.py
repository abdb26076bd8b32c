"""A recheck, step by step. Nothing of the model is loaded before step 5.

1. verify the bundle, against the signers that the reader trusts
2. unpack, through the digests that were signed, what the numbers came from
3. find by digest, in the folders given, what the bundle holds by reference
4. choose the environment; ask what would shut the model in, and refuse where that is too little
5. compute every number again, with the stage that computed it for the bundle
6. compare
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from affidavit import __version__
from affidavit.bundle.archive_reader import open_archive
from affidavit.config import Config
from affidavit.evidence import Evidence
from affidavit.progress import Progress
from affidavit.recompute import recompute
from affidavit.recompute.sampled import score_sample
from affidavit.recompute.worker.model_files import MLMODEL
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.reproduce.allowing import (
    bounded,
    environment_as_run,
    is_trusted,
    isolation_as_run,
    may_load,
    overridden,
    require_config,
    require_isolation,
    this_machine,
)
from affidavit.reproduce.comparing import Found, Sides, compare
from affidavit.reproduce.environment import choose_environment
from affidavit.reproduce.given_data import Absent, place_given, require_folders
from affidavit.reproduce.isolation import WEAKEST, Isolation
from affidavit.reproduce.lacking import Lacking, lacking_of, not_run_of, without
from affidavit.reproduce.record import (
    EnvironmentUsed,
    NotRun,
    Recheck,
    SampleTaken,
    exit_code,
    found_in,
    outcome_of,
    total,
)
from affidavit.reproduce.sample_rows import compare_sample
from affidavit.reproduce.tracked import compare_tracked
from affidavit.reproduce.unpacking import before_recompute, by_reference, unpack
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.files import SignedFiles, reopened
from affidavit.verify.readable import require_nothing_withheld
from affidavit.verify.records import Records
from affidavit.wording import count_text
from affidavit.workspace import Workspace, new_workspace

_DEFAULTS = WorkerOptions()
_NO_NUMBERS = "the bundle states no recomputed number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be rechecked, and how.

    Attributes:
        trust: pinned signers; None if none were given.
        data: folders to look in for what the bundle holds by reference.
        sample: score these rows of each role only; None for a recheck.
        run_untrusted: go on where the signer is unknown or isolation is too little.
        options: the environment and cache that the user named.
    """

    bundle: Path
    trust: Trust | None
    data: tuple[Path, ...] = ()
    sample: SampleTaken | None = None
    run_untrusted: bool = False
    options: WorkerOptions = _DEFAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """The verdict on the bundle, and what came of it; None where nothing was loaded."""

    verdict: Verdict
    result: Recheck | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """What was run: the comparisons, and what the model was shut in by."""

    found: tuple[Found, ...] = ()
    isolation: str = ""
    tools: dict[str, str]


def recheck(request: Request, progress: Progress) -> Rechecked:
    """Verify a bundle, compute its numbers again, and compare.

    Raises:
        UsageError: no such file or folder.
        WorkerError: the model crashed, hung or answered wrongly.
        AffidavitError: isolation is too little here; the bundle has no configuration, or files
            were withheld from it.
        BundleError: the archive was changed after it was verified.
    """
    require_folders(request.data)
    examined = examine(request.bundle, trust=request.trust, progress=progress)
    verdict, records = examined.verdict, examined.records
    if not verdict.failed:
        require_nothing_withheld(verdict, "nothing was computed again")
    if records is None or not may_load(verdict, run_untrusted=request.run_untrusted):
        return Rechecked(verdict=verdict, result=None)
    progress.done("verify", f"{verdict.word.lower()}, {count_text(verdict.files, 'file')}")
    config = bounded(
        require_config(records, "nothing can be computed again"),
        run_untrusted=request.run_untrusted,
    )
    with (
        new_workspace(Path(tempfile.gettempdir())) as work,
        open_archive(request.bundle) as archive,
    ):
        files, _ = reopened(archive, verdict.root, is_refuted=False)
        job = _Job(request, verdict, records, config, files, work, progress)
        return Rechecked(verdict=verdict, result=job.run())


@dataclass(frozen=True, slots=True)
class _Job:
    """One recheck under way: the verified bundle, and a workspace of its own."""

    request: Request
    verdict: Verdict
    records: Records
    config: Config
    files: SignedFiles
    work: Workspace
    progress: Progress

    def run(self) -> Recheck:
        whole = before_recompute(self.records.evidence)
        unpack(self.files, whole, self.work, self.progress)
        wanted = tuple(by_reference(whole, with_tables=self.request.sample is None))
        absent = place_given(wanted, self.request.data, self.work, self.progress)
        altered = tuple(self._altered())  # before a model runs that could touch it
        lacking = lacking_of(absent, whole, self.config)
        evidence = without(whole, lacking, absent)
        not_run = [*not_run_of(absent, lacking, self.config)]
        if not self._states_numbers():
            not_run.append(NotRun(what="everything", why=_NO_NUMBERS))
        can_run = self._states_numbers() and self._is_runnable(evidence, lacking)
        self.progress.done("unpack", _unpacked(whole, absent))
        options, environment = self._environment(whole) if can_run else (None, None)
        isolation = require_isolation(run_untrusted=self.request.run_untrusted) if can_run else None
        ran = _Ran(tools={})
        if options is not None and isolation is not None:
            strict = options if self.request.run_untrusted else replace(options, weakest=WEAKEST)
            ran = self._ran(evidence, lacking, strict)
        ran = replace(ran, found=(*altered, *ran.found))
        return self._result(ran, not_run, environment, isolation)

    def _altered(self) -> Iterator[Found]:
        """Data that is not the commit's; a sample looks at scores alone."""
        if self.request.sample is None:
            yield from compare_tracked(self.records, self.files, self.work)

    def _states_numbers(self) -> bool:
        return bool(self.records.numbers)

    def _is_runnable(self, evidence: Evidence, lacking: Lacking) -> bool:
        has_rows = any(evidence.of_kind("dataset", r) for r in self.config.datasets)
        return not lacking.is_model and has_rows and (self.work.root / MLMODEL).is_file()

    def _environment(self, evidence: Evidence) -> tuple[WorkerOptions, EnvironmentUsed]:
        return choose_environment(self.files, evidence, self.request.options, self.work)

    def _ran(self, evidence: Evidence, lacking: Lacking, options: WorkerOptions) -> _Ran:
        sample = self.request.sample
        if sample is not None:
            taken = score_sample(
                evidence, self.config, self.work, size=sample.rows, seed=sample.seed,
                options=options, progress=self.progress,
            )  # fmt: skip
            found = tuple(compare_sample(taken, self.files, self.records))
            return _Ran(found=found, isolation=taken.isolation, tools=taken.tools)
        done = recompute(evidence, self.config, self.work, options=options, progress=self.progress)
        self.progress.step("comparing")
        sides = Sides(
            files=self.files, records=self.records, evidence=done.evidence, work=self.work,
            lacking=lacking, config=self.config,
        )  # fmt: skip
        found = tuple(compare(sides))
        return _Ran(found=found, isolation=done.isolation, tools=done.tools)

    def _result(
        self,
        ran: _Ran,
        not_run: Sequence[NotRun],
        environment: EnvironmentUsed | None,
        isolation: Isolation | None,
    ) -> Recheck:
        verdict, compared = self.verdict, tuple(f.compared for f in ran.found)
        left = (*not_run, *(n for f in ran.found for n in f.not_run))
        found = found_in(compared, left)
        wrong = (c.path for c in compared if c.status in {"different", "missing", "extra"})
        return Recheck(
            outcome=outcome_of(found, self.request.sample),
            exit_code=exit_code(found, is_trusted=is_trusted(verdict)),
            sample=self.request.sample,
            bundle=verdict.bundle,
            root=verdict.root,
            evidence_id=verdict.evidence_id,
            subject=self.records.evidence.subject,
            verified=verdict.word,
            signed_by=verdict.seal.by if verdict.seal else None,
            overridden=overridden(verdict, isolation),
            isolation=isolation_as_run(isolation, ran.isolation),
            environment=environment_as_run(environment, ran.tools),
            machine=this_machine(),
            tools={"affidavit": __version__, **ran.tools},
            at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            numbers=total(c.numbers for c in compared),
            others=total(c.others for c in compared),
            first=next(wrong, None),
            compared=compared,
            differences=tuple(d for f in ran.found for d in f.differences),
            not_run=left,
        )  # fmt: skip


def _unpacked(evidence: Evidence, absent: Sequence[Absent]) -> str:
    there = sum(i.kind in {"model", "dataset", "protected-table"} for i in evidence.items)
    gone = f", {len(absent)} not there" if absent else ""
    return f"{count_text(there - len(absent), 'file')} of model and data{gone}"
