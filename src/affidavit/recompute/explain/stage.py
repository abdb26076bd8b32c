"""Explain one role: its two reports, written, with what page one has to say of them.

Decisions come first and stress tests last: a model that is stressed may fail, and is not asked
without end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from affidavit.bundle import canonical
from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.config import Config
from affidavit.evidence import Finding, Item
from affidavit.explanation_record import Decisions, Explainability, Lacking, SecondOpinion
from affidavit.gap_ids import (
    EXPLAIN_BUDGET,
    EXPLAIN_GAPS,
    explain_disagreement_id,
    explain_gap_id,
)
from affidavit.progress import Progress
from affidavit.recompute.explain.asking import Asker, Opening
from affidavit.recompute.explain.attributing.attributions import Attributed
from affidavit.recompute.explain.attributing.readable import Readable
from affidavit.recompute.explain.attributing.second_opinion import compare
from affidavit.recompute.explain.backends.anchoring import anchors
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.second import second_opinions
from affidavit.recompute.explain.between_groups.by_group import ByGroup, Given, explain_groups
from affidavit.recompute.explain.budget import Planned, Remaining, asked, plan_within
from affidavit.recompute.explain.decisions.choosing import choose
from affidavit.recompute.explain.decisions.single import Cases, Singles, cases_of
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.explain.explaining import Explaining
from affidavit.recompute.explain.features import explain_of
from affidavit.recompute.explain.output import choose_output
from affidavit.recompute.explain.overall.whole import Whole, explain_whole
from affidavit.recompute.explain.preparing import Prepared, ScoredRows, prepare
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.role_report import RoleResult
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.wording import count_text
from affidavit.workspace import Workspace

SAMPLED_ROWS, SAMPLED_ORDERS = 200, 2  # of the report, where attributions are not exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """What came of it: the two reports as items, and what page one says."""

    items: tuple[Item, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What explaining needs beside the rows.

    Attributes:
        opening: gives the model in a worker.
        work: where the reports are written.
        options: how other libraries' environments are to be made.
    """

    opening: Opening
    work: Workspace
    options: WorkerOptions
    progress: Progress


def explain_role(result: RoleResult, inputs: Any, config: Config, means: Means) -> Explanations:
    """Explain the model on the rows of a role, as `[explain]` says.

    Args:
        result: the role, recomputed.
        inputs: a pyarrow Table, what the model was given of its rows.
        config: with `[explain]`.
        means: the model, the place to write to, who is told.

    Raises:
        ConfigError: `[explain]` does not fit the model or its inputs.
    """
    explain, found = explain_of(config), result.found
    output = choose_output(found, config, explain)
    if isinstance(output, Lacking):
        return not_explained(found.rows.role, output)
    means.progress.step("opening the model to explain it")
    with Asker(
        means.opening, output.chosen, found.rows.role, session_s=config.worker.timeout_s
    ) as asker:
        planned = plan_within(explain, inputs, asker)
        scored = ScoredRows(
            found=found, inputs=inputs,
            config=config.model_copy(update={"explain": planned.explain}),
        )  # fmt: skip
        ready = prepare(scored, result.groupings, output, asker)
        sampled = not isinstance(ready.readable, Readable)
        total = asked(planned.explain, found.rows.n, inputs.num_columns, sampled=sampled)
        told = replace(means, progress=Remaining(means.progress, asker, total))
        explaining = Explaining(ready=ready, asker=asker, by_budget=planned.is_lowered)
        return _Role(explaining, found, planned, told).run()


def no_such_role(role: str) -> Explanations:
    """A gap: there are no rows to explain the model on."""
    return not_explained(
        role,
        Lacking(
            part="everything", reason=f"there are no rows of {role}",
            fix="name a role of [datasets] as [explain] role, or give its data",
        ),
    )  # fmt: skip


def not_explained(role: str, lacking: Lacking) -> Explanations:
    """A gap in place of both reports."""
    finding = Finding(
        id=f"{EXPLAIN_GAPS}{role}", kind="gap", stage="recompute",
        what=f"the model is not explained on {role}: {lacking.reason}", fix=lacking.fix,
    )  # fmt: skip
    return Explanations(findings=(finding,))


@dataclass(frozen=True, slots=True)
class _Role:
    """One role under way."""

    explaining: Explaining
    found: Predictions
    planned: Planned
    means: Means

    @property
    def ready(self) -> Prepared:
        return self.explaining.ready

    @property
    def asker(self) -> Asker:
        return self.explaining.asker

    @property
    def explained(self) -> Explained:
        return self.ready.explained

    def run(self) -> Explanations:
        settings = self.explained.explain
        with Explainers(
            settings.second, self.explained.config.worker, self.means.options,
            self.means.progress, beside=self.means.work.root,
        ) as explainers:  # fmt: skip
            decisions, second, findings = self._decisions(explainers)
        whole = self._whole(second)
        items = (self._write(EXPLAINABILITY, whole), self._write(DECISIONS, decisions))
        paths = tuple(i.path for i in items)
        gaps = _gaps((*whole.lacking, *decisions.lacking), paths)
        more = (*_disagreements(second, paths), *self._by_budget(paths))
        self.means.progress.done("explain", _line(whole, decisions))
        return Explanations(items=items, findings=(*findings, *gaps, *more))

    def _decisions(
        self, explainers: Explainers
    ) -> tuple[Decisions, tuple[SecondOpinion, ...], tuple[Finding, ...]]:
        explained = self.explained
        self.means.progress.step("explaining single decisions")
        choice = choose(explained)
        cases = cases_of(explained, choice, self.found.final)
        attributed, lacking = self.explaining.attributed(cases.inputs, "attributions of decisions")
        singles = self.explaining.singles(cases, attributed)
        singles, lacking = self._with_anchors(singles, cases, lacking, explainers)
        second, without = self._second(cases, attributed, explainers)
        decisions = self.explaining.record(
            singles, attributed, lacking=(*choice.lacking, *lacking, *without), notes=choice.notes
        )
        return decisions, second, singles.findings

    def _with_anchors(
        self,
        singles: Singles,
        cases: Cases,
        lacking: tuple[Lacking, ...],
        explainers: Explainers,
    ) -> tuple[Singles, tuple[Lacking, ...]]:
        if "alibi" not in explainers.names or not cases.n:
            return singles, lacking
        self.means.progress.step("looking for anchors")
        found = anchors(self.explained, self.asker, cases.inputs, cases.cut, explainers)
        decisions = tuple(
            d.model_copy(update={"anchor": anchor})
            for d, anchor in zip(singles.decisions, found.anchors, strict=True)
        )
        return replace(singles, decisions=decisions), (*lacking, *found.lacking)

    def _second(
        self, cases: Cases, attributed: Attributed | None, explainers: Explainers
    ) -> tuple[tuple[SecondOpinion, ...], tuple[Lacking, ...]]:
        if attributed is None or not explainers.names or not cases.n:
            return (), ()
        self.means.progress.step("asking for second opinions")
        found = second_opinions(
            self.explained, self.asker, cases.inputs, self.ready.background.rows, explainers
        )
        names = tuple(f.name for f in self.explained.features)
        ours = (attributed.values, attributed.errors)
        return tuple(
            compare(names, ours, (o.values, o.errors), o.quality) for o in found.opinions
        ), found.lacking  # fmt: skip

    def _whole(self, second: tuple[SecondOpinion, ...]) -> Explainability:
        explained, progress = self.explained, self.means.progress
        if self.planned.too_small is not None:
            return self._report(Whole(lacking=(self.planned.too_small,)), ByGroup(), None, second)
        places = self._explained_places()
        progress.step(f"attributing {count_text(len(places), 'row')}")
        attributed, lacking = self.explaining.attributed(
            explained.take(places), "attributions", SAMPLED_ORDERS
        )
        given = Given(values=attributed.values, errors=attributed.errors) if attributed else None
        by_group = explain_groups(
            explained, self.asker, given, places=places,
            background=self.ready.background.rows, progress=progress,
        )  # fmt: skip
        whole = explain_whole(
            explained, self.asker, attributed.values if attributed else None, progress
        )
        whole = replace(whole, lacking=(*lacking, *whole.lacking))
        return self._report(whole, by_group, attributed, second)

    def _report(
        self,
        whole: Whole,
        by_group: ByGroup,
        attributed: Attributed | None,
        second: tuple[SecondOpinion, ...],
    ) -> Explainability:
        explained, background = self.explained, self.ready.background
        own = attributed.notes if attributed else ()
        return Explainability(
            role=explained.rows.role, n_rows=explained.n, of=explained.of, scale=explained.scale,
            metric=whole.metric, features=explained.features, background=background.record(),
            quality=self.explaining.quality(attributed), second=second, importance=whole.importance,
            correlated=whole.correlated, curves=whole.curves, interactions=whole.interactions,
            surrogate=whole.surrogate, probes=whole.probes, groups=by_group.groups,
            decompositions=by_group.decompositions, proxies=by_group.proxies,
            lacking=(*whole.lacking, *by_group.lacking),
            notes=tuple(n for n in (*own, background.note, *whole.notes, *by_group.notes) if n),
        )  # fmt: skip

    def _explained_places(self) -> Places:
        """The rows of the report; fewer where each costs many questions."""
        most = self.explained.explain.rows
        if not isinstance(self.ready.readable, Readable):
            most = min(most, SAMPLED_ROWS)
        return self.explained.draw("rows", most)

    def _by_budget(self, paths: tuple[str, ...]) -> tuple[Finding, ...]:
        if not self.planned.is_lowered:
            return ()
        budget = self.explained.explain.budget
        return (
            Finding(
                id=EXPLAIN_BUDGET, kind="exception", stage="recompute",
                what=f"samples of the explanations were lowered to keep within {budget}: another "
                "machine may draw others, so that they are not reproducible",
                expected="pinned samples", found=self.planned.words,
                fix="take budget out of [explain], and pin the samples instead", items=paths,
            ),
        )  # fmt: skip

    def _write(self, path: str, record: Explainability | Decisions) -> Item:
        """The decisions hold rows: they go where the rows of their role go."""
        role, config = self.explained.rows.role, self.explained.config
        personal = isinstance(record, Decisions)
        embedded = not personal or config.datasets[role].include == "embed"
        return self.means.work.copy_in(
            path, [canonical.record_bytes(record)], kind="explanation", origin="recomputed",
            media_type="application/json", role=role, embedded=embedded,
            sensitivity="personal-data" if personal else "internal",
        )  # fmt: skip


def _gaps(lacking: Iterable[Lacking], paths: tuple[str, ...]) -> tuple[Finding, ...]:
    """A gap for each part that is not there; one for all reasons why a part is not."""
    parts: dict[str, list[Lacking]] = {}
    for one in lacking:
        if one not in parts.setdefault(explain_gap_id(one.part), []):
            parts[explain_gap_id(one.part)].append(one)
    return tuple(
        Finding(
            id=gap, kind="gap", stage="recompute",
            what=f"not explained: {ones[0].part}: " + "; ".join(o.reason for o in ones),
            fix="; ".join(dict.fromkeys(o.fix for o in ones)), items=paths,
        )
        for gap, ones in parts.items()
    )  # fmt: skip


def _disagreements(
    second: tuple[SecondOpinion, ...], paths: tuple[str, ...]
) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            id=explain_disagreement_id(s.quality.method), kind="exception", stage="recompute",
            what=f"{s.quality.method} attributes otherwise than the report, most of all to "
            f"{s.feature}",
            expected=f"at most {s.tolerance:.3g} apart", found=f"{s.largest:.3g} apart",
            fix="raise samples or background in [explain]; if they stay apart, say why in the "
            "declarations",
            items=paths,
        )
        for s in second
        if not s.agrees
    )  # fmt: skip


def _line(whole: Explainability, decisions: Decisions) -> str:
    quality = whole.quality
    parts = [] if quality is None else [f"{quality.method}, {count_text(quality.rows, 'row')}"]
    parts += [f"{count_text(len(decisions.decisions), 'decision')}"]
    if lacking := len(whole.lacking) + len(decisions.lacking):
        parts += [f"{count_text(lacking, 'part')} lacking"]
    return " · ".join(parts)
