"""A challenger: a second registered version, scored on the same rows in a process of its own.

It is run as the subject is: in the environment that its own requirements ask for, shut in the same
way, given its own input columns and nothing else, through the same `[model]` adapter and
parameters. A challenger that cannot be run, or not on these
rows, is a gap with the reason, and never keeps the subject's own evidence from being made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from affidavit import challenger_record
from affidavit.challenger_record import ChallengerReport
from affidavit.config import Environment
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Fact, Finding, Item, Subject
from affidavit.gap_ids import CHALLENGER_GAP
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.recompute.challenger_report import Both, write_comparison
from affidavit.recompute.environments import LOCK, Prepared, prepare_environment
from affidavit.recompute.predictions import Predictions, predict
from affidavit.recompute.report_files import Job
from affidavit.recompute.role_report import RoleResult
from affidavit.recompute.worker.adapter_code import adapter_code
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import ModelPlan, lay_out, read_plan
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.recompute.worker.scoring import open_scorer
from affidavit.subject import parse_ref
from affidavit.workspace import Workspace

_KIND: Final = "challenger-model"
_REQUIREMENTS: Final = "requirements.txt"
# The subject was scored on these rows: neither they nor the adapter of both models are at fault.
_OTHER_COLUMNS: Final = "name a challenger that takes columns of these data, or leave it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """What comparing gave; nothing where there is no challenger, no report where it failed."""

    items: tuple[Item, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    report: ChallengerReport | None = None


def compare_challenger(
    results: Mapping[str, RoleResult],
    evidence: Evidence,
    job: Job,
    options: WorkerOptions,
    progress: Progress,
) -> Challenged:
    """Score every role with the challenger, and compare it with the subject, row by row.

    Args:
        results: the subject's, by role.
        evidence: the resolved facts; the challenger's files and facts are read.
        job: what all roles share.
        options: how a model's process is to be made.
        progress: told what is being done.

    Raises:
        SourceError: weights whose sums are longer than the format holds.
    """
    fact = evidence.fact(challenger_record.VERSION_FACT)
    if fact is None or not evidence.of_kind(_KIND):
        return Challenged()
    named = parse_ref(str(fact.value))
    version = named.version or ""
    scoring = _Scoring(evidence, job, options, progress, f"{named.name} version {version}")
    compared = scoring.run(results)
    report: ChallengerReport | None = None
    items: tuple[Item, ...] = ()
    if compared:
        report, items = write_comparison(compared, named.name, version, job)
    return Challenged(
        items=(*scoring.items, *items), facts=tuple(scoring.facts),
        findings=tuple(scoring.findings), report=report,
    )  # fmt: skip


class _Scoring:
    """The challenger's process, and what came of it; a failure is kept as a gap."""

    def __init__(
        self,
        evidence: Evidence,
        job: Job,
        options: WorkerOptions,
        progress: Progress,
        called: str,
    ) -> None:
        self.evidence, self.job, self.progress, self.called = evidence, job, progress, called
        own = options.challenger or options
        self.options = replace(own, weakest=options.weakest, challenger=None)
        self.items: list[Item] = []
        self.facts: list[Fact] = []
        self.findings: list[Finding] = []

    def run(self, results: Mapping[str, RoleResult]) -> list[Both]:
        try:
            plan = self._plan()
            ready = self._environment()
            inputs = dict(self._inputs(results, plan))
            return list(self._scored(results, plan, ready, inputs)) if inputs else []
        except AffidavitError as error:
            self.findings.append(_gap(CHALLENGER_GAP, f"{self.called} was not run", error))
            return []

    def _plan(self) -> ModelPlan:
        return read_plan(self._file("MLmodel"), self.job.config)

    def _file(self, name: str) -> bytes:
        items = {i.name_below(challenger_record.FILES): i for i in self.evidence.of_kind(_KIND)}
        item = items.get(name)
        return b"" if item is None else self.job.work.locate(item).read_bytes()

    def _environment(self) -> Prepared:
        """Made as the subject's is, beside it: the two may ask for different versions."""
        beside = Workspace(self.job.work.root / "worker" / "challenger-environment")
        beside.place(f"data/environment/{_REQUIREMENTS}").write_bytes(self._file(_REQUIREMENTS))
        python = self.evidence.fact("challenger.python")
        asked = Evidence(
            subject=Subject(name="", version=""),
            provenance=()
            if python is None
            else (python.model_copy(update={"id": "environment.python"}),),
        )
        config = self.job.config.model_copy(update={"environment": Environment()})
        ready = prepare_environment(asked, config, beside, self.options, self.progress)
        source = "this build"
        if (lock := beside.root / LOCK).is_file():
            source = challenger_record.LOCK.removeprefix("data/")
            self.items.append(
                self.job.work.write(
                    challenger_record.LOCK, lock.read_bytes(), kind="environment",
                    origin="recomputed", media_type="text/plain",
                )
            )  # fmt: skip
        self.facts += [
            f.model_copy(update={"id": challenger_record.ENVIRONMENT_FACT, "source": source})
            for f in ready.facts
        ]
        self.findings += [
            f.model_copy(update={"id": f"challenger.{f.id}", "what": f"the challenger: {f.what}"})
            for f in ready.findings
        ]
        return ready

    def _inputs(
        self, results: Mapping[str, RoleResult], plan: ModelPlan
    ) -> Iterator[tuple[str, Any]]:
        """The challenger's own columns of each role; a role that lacks one is a gap."""
        for role, result in results.items():
            try:
                yield role, model_input(result.found.rows.table, plan)
            except AffidavitError as error:
                self._leave_out(role, error, _OTHER_COLUMNS)

    def _leave_out(self, role: str, error: AffidavitError, fix: str = "") -> None:
        what = f"{self.called} cannot be scored on the rows of {role}"
        self.findings.append(_gap(f"{CHALLENGER_GAP}.{role}", what, error, fix))

    def _scored(
        self,
        results: Mapping[str, RoleResult],
        plan: ModelPlan,
        ready: Prepared,
        inputs: Mapping[str, Any],
    ) -> Iterator[Both]:
        config, work = self.job.config, self.job.work
        folder = lay_out(self.evidence, work, _KIND)
        self.progress.step("starting the challenger in a process of its own")
        with open_scorer(
            folder, plan, config, ready.interpreter, beside=work.root,
            weakest=self.options.weakest, adapter=adapter_code(self.evidence, config, work),
        ) as scorer:  # fmt: skip
            for role, given in inputs.items():
                rows = results[role].found.rows
                self.progress.step(f"scoring {rows.n} rows of {role} with the challenger")
                scores = scorer.score(given, role)
                try:
                    made: Predictions = predict(rows, scores, self.job.classes, config)
                except AffidavitError as error:
                    self._leave_out(role, error)
                    continue
                yield Both(subject=results[role], challenger=made)


def _gap(gap: str, what: str, error: AffidavitError, fix: str = "") -> Finding:
    return Finding(
        id=gap, kind="gap", stage="recompute",
        what=f"the challenger is not compared: {printable(what)}",
        expected="scores of the same rows",
        found=printable(": ".join(filter(None, (error.what, error.cause)))),
        fix=fix or error.fix or "name another challenger, or leave it out",
        items=(),
    )  # fmt: skip
