"""One role, recomputed: its tables, its numbers, and the reports that state them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from affidavit.evidence import Finding, Item, Number, ReportName
from affidavit.gap_ids import gap_id
from affidavit.logged_metrics import LOGGED_REPORTS
from affidavit.recompute.binary_numbers import binary_numbers, interval_notes
from affidavit.recompute.calibration import calibration_bins
from affidavit.recompute.count_tables import Counted, RoleCounts, read_unit
from affidavit.recompute.declared_segments import declared_segments, few_enough
from affidavit.recompute.fineness import coarse_enough, few_intersections
from affidavit.recompute.gains import gains_rows
from affidavit.recompute.group_scores import (
    group_numbers,
    regression_group_numbers,
    segment_numbers,
)
from affidavit.recompute.groups import Grouping, group_rows
from affidavit.recompute.logged import RoleNumbers
from affidavit.recompute.metrics import binary_view
from affidavit.recompute.multiclass import against_rest, multiclass_numbers, segment_losses
from affidavit.recompute.predictions import Predictions, write_predictions
from affidavit.recompute.regression import regression_numbers
from affidavit.recompute.report_files import Job, Part, write_table, write_thresholds
from affidavit.recompute.row_notes import (
    labelled_shares,
    small_groups,
    straddling_units,
    unlabelled_note,
)
from affidavit.recompute.sample import Sample, labelled_sample
from affidavit.recompute.segments import in_force, segment_note
from affidavit.recompute.threshold_curve import threshold_table


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleResult:
    """One role, recomputed.

    Attributes:
        groupings: the sensitive attributes that could be grouped.
        parts: its reports, `performance` first.
        items: predictions, counts, thresholds.
    """

    found: Predictions
    groupings: tuple[Grouping, ...]
    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]

    def numbers_in(self, names: tuple[ReportName, ...]) -> tuple[Number, ...]:
        """The numbers of some of its reports, in the order of these."""
        return tuple(n for name in names for p in self.parts if p.name == name for n in p.numbers)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Performance and fairness of the model's decisions: what the log speaks of."""
        return self.numbers_in(LOGGED_REPORTS)

    def role_numbers(self, job: Job) -> RoleNumbers:
        """What the comparison with the log needs of this role."""
        is_binary = job.config.task == "binary"
        cuts = in_force(self.found.rows, job.config) if is_binary else ()
        return RoleNumbers(
            role=self.found.rows.role,
            numbers=self.numbers,
            view=binary_view(self.found, job.classes.positive) if is_binary else None,
            thresholds=cuts,
        )


def report_role(found: Predictions, job: Job) -> RoleResult:
    """Write predictions, counts and thresholds of one role, and derive its numbers.

    Raises:
        SourceError: attributes, segments, units or dates that cannot be read as declared.
        ConfigError: a column that is not there, bands that do not rise, a table without join_on.
    """
    return _Role(found, job).report()


class _Role:
    """The work on one role; what all its reports share is read once."""

    def __init__(self, found: Predictions, job: Job) -> None:
        self.found, self.job, self.config = found, job, job.config
        self.role = found.rows.role
        self.unit = read_unit(found.rows, job.config)
        self.grouped = group_rows(found.rows, job.config, job.protected)
        segments = declared_segments(found.rows, job.config)
        self.segments, self.too_many = few_enough(segments, self.role)
        self.groupings, self.too_fine = self._to_compare()
        self.together, too_wide = few_intersections(
            self.groupings, job.config.fairness.intersections, self.role
        )
        self.left_out = (*self.too_many, *self.too_fine, *too_wide)
        self.counts = RoleCounts(
            found, job.classes, job.config, together=self.together, unit=self.unit
        )

    @cached_property
    def sample(self) -> Sample:
        """The labelled rows of a binary task, which are sorted once."""
        return labelled_sample(self.found, self.job.classes.positive, self.unit)

    def report(self) -> RoleResult:
        embedded = self.config.datasets[self.role].include == "embed"
        items: list[Item] = list(write_predictions(self.found, self.job.work, embedded=embedded))
        tables = self._tables()
        items += [write_table(c.table, self.job.work) for c in tables]
        if self.config.task == "binary":
            items.append(write_thresholds(self._thresholds(), self.role, self.job.work))
        return RoleResult(
            found=self.found,
            groupings=self.groupings,
            parts=tuple(self._parts(tables)),
            items=tuple(items),
            findings=(*self.grouped.findings, *self.left_out, *self._no_favourable()),
        )

    def _to_compare(self) -> tuple[tuple[Grouping, ...], tuple[Finding, ...]]:
        """The attributes to compare; none while nobody says which label is good for the person."""
        needs_one = self.config.task != "regression"
        if needs_one and self.config.label.favourable is None:
            return (), ()
        return coarse_enough(self.grouped.groupings, self.role)

    def _no_favourable(self) -> tuple[Finding, ...]:
        if self.config.task == "regression" or self.config.label.favourable is not None:
            return ()
        return (_no_favourable(self.role),) if self.grouped.groupings else ()

    def _thresholds(self) -> bytes:
        """What each threshold would do; one in force that is no score has lines of its own."""
        positive = self.job.classes.positive
        cuts = in_force(self.found.rows, self.config)
        return threshold_table(
            self.found, positive, self.config.label.favourable or positive, self._sets(),
            in_force=cuts,
        )  # fmt: skip

    def _tables(self) -> list[Counted]:
        if self.config.task == "regression":
            return []
        tables = [self.counts.count("main", self.groupings)]
        if self.found.final is not None:
            tables.append(self.counts.count("final", self.groupings))
        if self.segments:
            tables.append(self.counts.count("segments", self.segments))
        if self.groupings:
            compared = {g.spec.name for g in self.groupings}
            tables += [
                self.counts.count_estimate(e)
                for e in self.grouped.estimates
                if e.spec.name in compared
            ]
        return tables

    def _parts(self, tables: Sequence[Counted]) -> Iterator[Part]:
        by_table = {c.spec.table: c for c in tables if c.spec.table != "estimated"}
        yield self._performance(by_table.get("main"))
        if self.groupings:
            yield self._fairness(by_table.get("main"))
        if "final" in by_table:
            yield self._final(by_table["final"])
        if self.segments:
            yield self._segments(by_table.get("segments"))
        for counted in tables:
            if counted.spec.table == "estimated":
                yield self._estimated(counted)

    def _performance(self, counted: Counted | None) -> Part:
        if self.config.task == "binary":
            scored = binary_numbers(self.sample, self.role)
            calibration, gains = calibration_bins(self.sample), gains_rows(self.sample)
        else:
            compute = multiclass_numbers if self.config.task == "multiclass" else regression_numbers
            scored, calibration, gains = compute(self.found, units=self.unit), (), ()
        derived = counted.of("performance") if counted is not None else ()
        return Part(
            name="performance", stem="performance", numbers=(*derived, *scored),
            counts=counted.spec if counted is not None else None, notes=self._performance_notes(),
            calibration=calibration, gains=gains,
        )  # fmt: skip

    def _performance_notes(self) -> tuple[str, ...]:
        rows, config = self.found.rows, self.config
        notes = [*unlabelled_note(rows)]
        if rows.is_weighted:
            notes.append("Rows carry weights; n is the number of rows, values are weighted.")
        if config.unit is not None:
            notes.append(f"Intervals are by {config.unit}: rows of one are not independent.")
        else:
            notes.append("Rows are taken as independent of each other.")
        if config.task == "binary":
            notes += interval_notes(self.sample)
            notes += segment_note(rows, config)
        if config.decision.column is not None and self.found.final is None:
            notes.append(f"Decisions are those of the column {config.decision.column!r}.")
        return tuple(notes)

    def _fairness(self, counted: Counted | None) -> Part:
        small = self.config.fairness.smallest_group
        if counted is None:
            numbers = regression_group_numbers(self.found, self._sets(), small, units=self.unit)
        else:
            numbers = counted.of("fairness")
        if self.config.task == "binary":
            scored = group_numbers(
                self.found, self.sample, self._sets(), small, units=self.unit
            )  # fmt: skip
            numbers = (*numbers, *scored)
        if self.config.task == "multiclass":
            numbers = (*numbers, *self._favourable_scores(small))
        return Part(
            name="fairness", stem="fairness", numbers=numbers,
            counts=counted.spec if counted is not None else None, notes=self._fairness_notes(),
        )  # fmt: skip

    def _favourable_scores(self, small: int) -> tuple[Number, ...]:
        """The scores of the favourable class against the rest, by group."""
        alone = against_rest(self.found, self.config.label.favourable or "", self.unit)
        if alone is None:
            return ()
        return group_numbers(*alone, self._sets(), small, units=self.unit)

    def _sets(self) -> tuple[tuple[Grouping, ...], ...]:
        """Each attribute alone, then those that are formed together."""
        by_name = {g.spec.name: g for g in self.groupings}
        return (
            *((g,) for g in self.groupings),
            *(tuple(by_name[name] for name in names) for names in self.together),
        )

    def _fairness_notes(self) -> tuple[str, ...]:
        rows, small = self.found.rows, self.config.fairness.smallest_group
        return (
            *self.grouped.notes,
            *unlabelled_note(rows),
            *(note for g in self.groupings for note in labelled_shares(rows, g)),
            *(note for g in self.groupings for note in small_groups(g, small)),
            *(note for g in self.groupings for note in straddling_units(g, self.unit)),
        )

    def _final(self, counted: Counted) -> Part:
        note = (
            f"Decisions after rules and overrides, from the column "
            f"{self.config.decision.column!r}; those of the model alone are under fairness."
        )
        return Part(
            name="final", stem="final", numbers=counted.numbers, counts=counted.spec, notes=(note,)
        )

    def _segments(self, counted: Counted | None) -> Part:
        columns = [(s.spec.name, s.column) for s in self.segments]
        if self.config.task == "multiclass":
            scored = segment_losses(self.found, columns, units=self.unit)
        else:
            sample = self.sample if self.config.task == "binary" else None
            scored = segment_numbers(self.found, sample, columns, units=self.unit)
        return Part(
            name="segments", stem="segments",
            numbers=(*(counted.numbers if counted is not None else ()), *scored),
            counts=counted.spec if counted is not None else None,
        )  # fmt: skip

    def _estimated(self, counted: Counted) -> Part:
        attribute = counted.spec.attributes[0].name
        note = (
            f"The groups of {attribute} are estimated: a row counts for each with its probability. "
            "What is known of this estimate's bias stands in the notes of the fairness report."
        )
        return Part(
            name="estimated", stem=f"estimated.{attribute}", numbers=counted.numbers,
            counts=counted.spec, notes=(note,),
        )  # fmt: skip


def _no_favourable(role: str) -> Finding:
    return Finding(
        id=gap_id("favourable", role), kind="gap", stage="recompute",
        what=f"fairness is not computed on {role}: which label is good for the person is not said",
        expected="[label] favourable in affidavit.toml", found="nothing",
        fix="set [label] favourable; it is never guessed",
    )  # fmt: skip
