"""A recheck, step by step. Nothing of the model is loaded before step 5.

1. verify the bundle, against the signers that the reader trusts
2. unpack, through the digests that were signed, what the numbers came from
3. find by digest, in the folders given, what the bundle holds by reference
4. choose the environment; ask what would shut the model in, and refuse where that is too little
5. compute every number again, with the stage that computed it for the bundle
6. compare
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from affidavit import __version__
from affidavit.bundle.archive_reader import open_archive
from affidavit.config import Config
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence
from affidavit.progress import Progress
from affidavit.recompute import recompute
from affidavit.recompute.sampled import score_sample
from affidavit.recompute.worker.levels import LEVELS, lacking_text
from affidavit.recompute.worker.model_files import MLMODEL
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.reproduce.comparing import Found, Sides, compare
from affidavit.reproduce.environment import choose_environment
from affidavit.reproduce.given_data import Absent, place_given, require_folders
from affidavit.reproduce.isolation import WEAKEST, Isolation, isolation_here
from affidavit.reproduce.lacking import Lacking, lacking_of, not_run_of, without
from affidavit.reproduce.record import (
    EnvironmentUsed,
    IsolationUsed,
    Machine,
    NotRun,
    Recheck,
    SampleTaken,
    exit_code,
    found_in,
    outcome_of,
    total,
)
from affidavit.reproduce.sample_rows import compare_sample
from affidavit.reproduce.unpacking import before_recompute, by_reference, unpack
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.files import SignedFiles, reopened
from affidavit.verify.readable import require_nothing_withheld
from affidavit.verify.records import Records
from affidavit.wording import count_text
from affidavit.workspace import Workspace, new_workspace

UNKNOWN_SIGNER = "nobody vouches for this bundle: no key was given"
_DEFAULTS = WorkerOptions()
# What a reader's machine gives a bundle's model at most, whatever its affidavit.toml asks for.
_MOST = {
    "memory_mb": 16_384, "timeout_s": 3_600, "cpu_s": 3_600, "processes": 0, "printed_mb": 256,
    "scratch_mb": 4_096, "batch_rows": 1 << 20, "threads": 16,
}  # fmt: skip
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
    if records is None or not _may_load(verdict, request):
        return Rechecked(verdict=verdict, result=None)
    progress.done("verify", f"{verdict.word.lower()}, {count_text(verdict.files, 'file')}")
    config = _bounded(_require_config(records), request)
    with (
        new_workspace(Path(tempfile.gettempdir())) as work,
        open_archive(request.bundle) as archive,
    ):
        files, _ = reopened(archive, verdict.root, is_refuted=False)
        job = _Job(request, verdict, records, config, files, work, progress)
        return Rechecked(verdict=verdict, result=job.run())


def _may_load(verdict: Verdict, request: Request) -> bool:
    if verdict.word == "VERIFIED":
        return True
    return verdict.word == "INTACT, SIGNER NOT TRUSTED" and request.run_untrusted


def _require_config(records: Records) -> Config:
    if records.config is None:
        raise AffidavitError(
            "nothing can be computed again: the bundle has no affidavit.toml",
            "it says what is predicted, for whom it is good, and on which data",
            "ask for a bundle that was built with one",
        )
    return records.config


def _bounded(config: Config, request: Request) -> Config:
    """The configuration with limits that a stranger's file cannot raise on the reader's machine."""
    if request.run_untrusted:
        return config
    asked = config.worker
    bounded = {
        name: min(value, most)
        for name, most in _MOST.items()
        if (value := getattr(asked, name)) is not None
    }
    return config.model_copy(update={"worker": asked.model_copy(update=bounded)})


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
        lacking = lacking_of(absent, whole, self.config)
        evidence = without(whole, lacking, absent)
        not_run = [*not_run_of(absent, lacking, self.config)]
        if not self._states_numbers():
            not_run.append(NotRun(what="everything", why=_NO_NUMBERS))
        can_run = self._states_numbers() and self._is_runnable(evidence, lacking)
        self.progress.done("unpack", _unpacked(whole, absent))
        options, environment = self._environment(whole) if can_run else (None, None)
        isolation = self._isolation() if can_run else None
        ran = _Ran(tools={})
        if options is not None and isolation is not None:
            strict = options if self.request.run_untrusted else replace(options, weakest=WEAKEST)
            ran = self._ran(evidence, lacking, strict)
        return self._result(ran, not_run, environment, isolation)

    def _states_numbers(self) -> bool:
        return bool(self.records.numbers)

    def _is_runnable(self, evidence: Evidence, lacking: Lacking) -> bool:
        has_rows = any(evidence.of_kind("dataset", r) for r in self.config.datasets)
        return not lacking.is_model and has_rows and (self.work.root / MLMODEL).is_file()

    def _environment(self, evidence: Evidence) -> tuple[WorkerOptions, EnvironmentUsed]:
        return choose_environment(self.files, evidence, self.request.options, self.work)

    def _isolation(self) -> Isolation:
        """What would hold here.

        Raises:
            AffidavitError: less than landlock and seccomp, and nobody said to go on.
        """
        found = isolation_here()
        if not found.is_enough and not self.request.run_untrusted:
            raise AffidavitError(
                f"nothing was loaded: the isolation here is {found.level} alone", found.lacking,
                "install bubblewrap; or, if you answer for the model, add --run-untrusted-model",
            )  # fmt: skip
        return found

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
        is_trusted = verdict.word == "VERIFIED"
        wrong = (c.path for c in compared if c.status in {"different", "missing", "extra"})
        return Recheck(
            outcome=outcome_of(found, self.request.sample),
            exit_code=exit_code(found, is_trusted=is_trusted),
            sample=self.request.sample,
            bundle=verdict.bundle,
            root=verdict.root,
            evidence_id=verdict.evidence_id,
            subject=self.records.evidence.subject,
            verified=verdict.word,
            signed_by=verdict.seal.by if verdict.seal else None,
            overridden=self._overridden(isolation, is_trusted=is_trusted),
            isolation=_used(isolation, ran.isolation),
            environment=_as_run(environment, ran),
            machine=Machine(
                system=platform.system(), architecture=platform.machine(),
                python=platform.python_version(),
            ),
            tools={"affidavit": __version__, **ran.tools},
            at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            numbers=total(c.numbers for c in compared),
            others=total(c.others for c in compared),
            first=next(wrong, None),
            compared=compared,
            differences=tuple(d for f in ran.found for d in f.differences),
            not_run=left,
        )  # fmt: skip

    def _overridden(self, isolation: Isolation | None, *, is_trusted: bool) -> tuple[str, ...]:
        """What --run-untrusted-model was needed for, by name."""
        words = () if is_trusted else (UNKNOWN_SIGNER,)
        if isolation is not None and not isolation.is_enough:
            words = (*words, f"isolation is {isolation.level} alone: {isolation.lacking}")
        return words


def _as_run(environment: EnvironmentUsed | None, ran: _Ran) -> EnvironmentUsed | None:
    """The environment of a lock, in the words of the stage that made it of it."""
    words = ran.tools.get("worker.environment")
    if environment is None or environment.how != "lock" or words is None:
        return environment
    source = "; the bundle's wheels" if environment.wheels else ""
    return environment.model_copy(update={"about": f"{words}{source}"})


def _used(isolation: Isolation | None, words: str) -> IsolationUsed:
    if isolation is None:
        return IsolationUsed(level="none", used="")
    level = next((name for name in LEVELS if words.startswith(f"{name}:")), isolation.level)
    lacking = isolation.lacking if level == isolation.level else lacking_text(level)
    return IsolationUsed(level=level, used=words, lacking=lacking)


def _unpacked(evidence: Evidence, absent: Sequence[Absent]) -> str:
    there = sum(i.kind in {"model", "dataset", "protected-table"} for i in evidence.items)
    gone = f", {len(absent)} not there" if absent else ""
    return f"{count_text(there - len(absent), 'file')} of model and data{gone}"
