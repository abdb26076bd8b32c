"""The explanation of one row of a bundle, step by step. Nothing is loaded before step 5.

1. verify the bundle, against the signers that the reader trusts
2. refuse where a file that this needs was withheld
3. unpack, through the digests that were signed, model, data and configuration
4. find by digest, in the folders given, what the bundle holds by reference
5. choose the environment; ask what would shut the model in, and refuse where that is too little
6. score the row, and compare with the score that was logged then
7. explain it
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from affidavit import __version__
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.layout import CONFIG, DECLARATIONS
from affidavit.config import Config, Declarations
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Subject
from affidavit.progress import Progress
from affidavit.recompute.environments import LOCK, WHEELS
from affidavit.recompute.explain.one_case.case_file import CaseFile
from affidavit.recompute.explain.one_case.running import (
    Asked,
    ExplainedRow,
    explain_row,
    explained_role,
)
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
from affidavit.reproduce.environment import choose_environment
from affidavit.reproduce.explanation import (
    CaseGiven,
    Explanation,
    compared_with_log,
    exit_code,
    outcome_of,
    registered_after,
)
from affidavit.reproduce.given_data import Absent, place_given, require_folders
from affidavit.reproduce.isolation import WEAKEST, Isolation
from affidavit.reproduce.lacking import lacking_of, without
from affidavit.reproduce.record import EnvironmentUsed
from affidavit.reproduce.unpacking import before_recompute, by_reference, unpack
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.files import SignedFiles, reopened
from affidavit.verify.records import Records
from affidavit.wording import count_text
from affidavit.workspace import Workspace, new_workspace

_DEFAULTS = WorkerOptions()
_UNLESS = "nothing can be explained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be explained, and how.

    Attributes:
        trust: pinned signers; None if none were given.
        row: an id of the data, or what a case is called.
        case: the case; None where the row is in the data.
        decided: the day of the decision, YYYY-MM-DD.
        score: as it was logged with the decision.
        data: folders to look in for what the bundle holds by reference.
        run_untrusted: go on where the signer is unknown or isolation is too little.
        options: the environment and cache that the user named.
        before_run: told which version it is before anything is loaded; refuses by raising.
    """

    bundle: Path
    trust: Trust | None
    row: str
    case: CaseFile | None = None
    decided: str | None = None
    score: str | None = None
    data: tuple[Path, ...] = ()
    run_untrusted: bool = False
    options: WorkerOptions = _DEFAULTS
    before_run: Callable[[Subject], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The verdict on the bundle, and what came of it.

    Attributes:
        result: None where nothing was loaded.
        config, declarations: of the bundle, for the page; None as `result` is.
    """

    verdict: Verdict
    result: Explanation | None = None
    config: Config | None = None
    declarations: Declarations | None = None


def explain(request: Request, progress: Progress) -> Explained:
    """Verify a bundle, score one row with its model, and explain the score.

    Raises:
        UsageError: no such file, folder or row, or a case that does not fit the model.
        WorkerError: the model crashed, hung or answered wrongly.
        AffidavitError: isolation is too little here; the bundle has no configuration; a file that
            this needs was withheld, or is by reference and was not given.
        BundleError: the archive was changed after it was verified.
    """
    require_folders(request.data)
    examined = examine(request.bundle, trust=request.trust, progress=progress)
    verdict, records = examined.verdict, examined.records
    if records is None or not may_load(verdict, run_untrusted=request.run_untrusted):
        return Explained(verdict=verdict)
    _require_all_used(records, verdict)
    if request.before_run is not None:
        request.before_run(records.evidence.subject)
    progress.done("verify", f"{verdict.word.lower()}, {count_text(verdict.files, 'file')}")
    config = bounded(require_config(records, _UNLESS), run_untrusted=request.run_untrusted)
    with (
        new_workspace(Path(tempfile.gettempdir())) as work,
        open_archive(request.bundle) as archive,
    ):
        files, _ = reopened(archive, verdict.root, is_refuted=False)
        job = _Job(request, verdict, records, config, files, work, progress)
        result = job.run()
    return Explained(
        verdict=verdict, result=result, config=config, declarations=records.declarations
    )


def _require_all_used(records: Records, verdict: Verdict) -> None:
    """Refuse where something was withheld that an explanation rests on, or its page says.

    Raises:
        AffidavitError: names the first such file.
    """
    evidence = records.evidence
    role = explained_role(evidence, records.config) if records.config is not None else None
    used = {
        CONFIG, DECLARATIONS, LOCK,
        *(i.path for i in evidence.of_kind("model")),
        *(i.path for i in evidence.of_kind("dataset", role)),
    }  # fmt: skip
    gone = [
        w.path for w in verdict.withheld if w.path in used or w.path.startswith(f"{WHEELS}/")
    ]  # fmt: skip
    if gone:
        raise AffidavitError(
            f"{count_text(len(gone), 'file')} that this needs {'is' if len(gone) == 1 else 'are'} "
            f"withheld from {verdict.bundle}: nothing was explained",
            f"the first is {gone[0]}", "ask for the whole bundle",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Job:
    """One explanation under way: the verified bundle, and a workspace of its own."""

    request: Request
    verdict: Verdict
    records: Records
    config: Config
    files: SignedFiles
    work: Workspace
    progress: Progress

    def run(self) -> Explanation:
        whole = self._still_there(before_recompute(self.records.evidence))
        unpack(self.files, whole, self.work, self.progress)
        wanted = tuple(by_reference(whole, with_tables=False))
        absent = place_given(wanted, self.request.data, self.work, self.progress)
        role = explained_role(self.records.evidence, self.config)
        _require_here(absent, role)
        evidence = without(whole, lacking_of(absent, whole, self.config), absent)
        self._require_runnable(evidence, role)
        options, environment = choose_environment(
            self.files, whole, self.request.options, self.work
        )
        isolation = require_isolation(run_untrusted=self.request.run_untrusted)
        strict = options if self.request.run_untrusted else replace(options, weakest=WEAKEST)
        done = explain_row(
            evidence, self.config, self.work,
            Asked(name=self.request.row, case=self.request.case), role=role, options=strict,
            progress=self.progress,
        )  # fmt: skip
        return self._result(done, environment, isolation)

    def _still_there(self, evidence: Evidence) -> Evidence:
        """The record without what was withheld; what is needed of it was asked for before."""
        gone = {w.path for w in self.verdict.withheld}
        return evidence.model_copy(
            update={"items": tuple(i for i in evidence.items if i.path not in gone)}
        )

    def _require_runnable(self, evidence: Evidence, role: str) -> None:
        has_model = (self.work.root / MLMODEL).is_file()
        if has_model and evidence.of_kind("dataset", role):
            return
        raise AffidavitError(
            f"{_UNLESS}: the bundle has no "
            + (f"rows of {role or 'any role'}" if has_model else "model"),
            "a row is scored by the model, and compared with these rows",
            "ask for a bundle that was built with them",
        )

    def _result(
        self, done: ExplainedRow, environment: EnvironmentUsed, isolation: Isolation
    ) -> Explanation:
        request, verdict = self.request, self.verdict
        logged = None if request.score is None else compared_with_log(request.score, done.score)
        outcome = outcome_of(logged, done.decisions)
        case = request.case
        return Explanation(
            outcome=outcome,
            exit_code=exit_code(outcome, is_trusted=is_trusted(verdict)),
            bundle=verdict.bundle,
            root=verdict.root,
            evidence_id=verdict.evidence_id,
            subject=self.records.evidence.subject,
            verified=verdict.word,
            signed_by=verdict.seal.by if verdict.seal else None,
            overridden=overridden(verdict, isolation),
            isolation=isolation_as_run(isolation, done.isolation),
            environment=environment_as_run(environment, done.tools),
            machine=this_machine(),
            tools={"affidavit": __version__, **done.tools},
            at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            row=request.row,
            role=done.role,
            case=None if case is None else CaseGiven(file=case.name, sha256=case.sha256),
            decided=request.decided,
            logged_score=logged,
            before_registration=registered_after(request.decided, self.records.evidence.subject),
            explained=done.decisions,
        )


def _require_here(absent: Sequence[Absent], role: str) -> None:
    """Refuse where the model, or the rows to compare with, are by reference and were not given.

    Raises:
        AffidavitError: names the first, and how to give it.
    """
    needed = [a for a in absent if a.item.kind == "model" or a.item.role == role]
    if needed:
        first = needed[0]
        what = "a file of the model" if first.item.kind == "model" else f"the rows of {role}"
        raise AffidavitError(f"{_UNLESS}: {what} is not here", first.why, first.fix)
