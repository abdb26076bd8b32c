"""From the record to the card: reads the reports, decides what is printed, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import ValidationError

from affidavit.bundle.names import folder_name
from affidavit.card_record import CardRecheck
from affidavit.challenger_record import ChallengerReport
from affidavit.config import Config, Declarations
from affidavit.counts import CountTable, read_counts
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Number, Report
from affidavit.favourable import direction
from affidavit.holds import HELD_REPORTS
from affidavit.masking import Masked, masks
from affidavit.render import about, controls, page_one, sections
from affidavit.render.challenger import about_challenger, challenger, read_challenger
from affidavit.render.column_rows import by_role, column_rows
from affidavit.render.context import Card, Fairness, HoldRow, Pair, Performance, neutralised
from affidavit.render.definitions import definitions
from affidavit.render.explained import Explanations, explained, read_explanations
from affidavit.render.fairness import brief_fairness, fairness
from affidavit.render.hub_metadata import hub_metadata
from affidavit.render.masked import masked_card, masked_hold, masked_logged
from affidavit.render.order import in_order
from affidavit.render.over_time import segments, snapshots, stability
from affidavit.render.performance import (
    brief_performance,
    label_intro,
    logged_intro,
    logged_row,
    performance,
)
from affidavit.render.rechecked import recheck_holds, recheck_intro, recheck_rows
from affidavit.render.reproducibility import reproduced
from affidavit.render.thresholds import hold_rows
from affidavit.render.what_if import read_what_if, with_what_if
from affidavit.render.words import BASIS_MEANS, EXCEPTION, day_of, grouped, listed, many, plain
from affidavit.scan_record import Scan
from affidavit.standing import CatalogStanding
from affidavit.threshold_lines import Line
from affidavit.workspace import Workspace

_NO_NUMBERS = "No performance and no fairness was recomputed, so there is no number to show."
_NO_FAIRNESS = (
    "No fairness was recomputed: no sensitive attribute is named, or the data of none was there. "
    "That says nothing about how groups fare."
)
_STABILITY = (
    "How far scores and inputs lie from those of the training role, or of its first period. "
    "Beside each index stands what chance alone would give rows of these numbers, and what one "
    "index stays below by chance in 95 of 100 cases; 0.25 is a rule of thumb for a shift, no more."
)
_NO_STABILITY = "Not recomputed: there is no second dataset role and no period to compare with."
_NO_REPORT = "No fairness was recomputed. That says nothing about how groups fare."


# Findings on what the numbers of a kind rest on, whatever the role.
_OF_FAIRNESS: Final = ("recompute.favourable", "recompute.input.")
_OF_PERFORMANCE: Final = ("recompute.suspicious.", "recompute.input.label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The reports in the order they are printed, and each number of theirs once.

    Attributes:
        classes: the main role's counts, of a model with more than two classes.
        thresholds: what each threshold would do in the main role.
        masks: what stands in place of numbers of small cells, by id.
        explanations: both files of them, as far as they are in the bundle.
        challenger: the comparison with one, where there is any.
    """

    reports: tuple[Report, ...]
    numbers: tuple[Number, ...]
    classes: CountTable | None = None
    scan: Scan | None = None
    thresholds: tuple[Line, ...] = ()
    masks: Mapping[str, Masked] = field(default_factory=dict)
    explanations: Explanations = field(default_factory=Explanations)
    challenger: ChallengerReport | None = None


def read_reports(evidence: Evidence, work: Workspace) -> Reports:
    """Every report that the evidence lists, those of the main role first.

    Raises:
        AffidavitError: a report that cannot be read, or two that disagree on one number.
    """
    found: list[tuple[bool, Report]] = []
    for item in evidence.of_kind("report"):
        if not item.path.endswith(".json"):
            continue
        try:
            report = Report.model_validate_json(work.locate(item).read_bytes())
        except ValidationError as error:
            fault = error.errors()[0]["msg"]
            raise AffidavitError(f"{item.path} is not a report of version 1", fault) from error
        found.append((item.path != f"data/reports/{report.name}.json", report))
    # reports/<name>.json is that of the main role; those of other roles carry the role's name.
    found.sort(key=lambda f: (f[0], f[1].role, f[1].name))
    reports = [report for _, report in found]
    numbers: dict[str, Number] = {}
    for number in (n for r in reports for n in r.numbers):
        if numbers.setdefault(number.id, number) != number:
            raise AffidavitError(f"two reports disagree on the number {number.id}")
    return Reports(
        reports=tuple(reports), numbers=tuple(numbers[k] for k in sorted(numbers)),
        classes=_class_counts(reports, evidence, work), scan=_read_scan(evidence, work),
        thresholds=read_what_if(evidence, work, main_role(reports)), masks=masks(reports),
        explanations=read_explanations(evidence, work), challenger=read_challenger(evidence, work),
    )  # fmt: skip


def _read_scan(evidence: Evidence, work: Workspace) -> Scan | None:
    items = evidence.of_kind("scan")
    return Scan.model_validate_json(work.locate(items[0]).read_bytes()) if items else None


def _class_counts(
    reports: Sequence[Report], evidence: Evidence, work: Workspace
) -> CountTable | None:
    """The counts of the main role's classes; None for a model of another kind."""
    spec = next((r.counts for r in reports if r.name == "performance"), None)
    if spec is None or spec.task != "multiclass":
        return None
    path = f"data/reports/counts/{spec.file}"
    item = next((i for i in evidence.of_kind("counts") if i.path == path), None)
    return None if item is None else read_counts(work.locate(item).read_bytes(), spec)


def main_role(reports: Sequence[Report]) -> str | None:
    """The role whose numbers are printed in full; of the others there are short tables."""
    return next((r.role for r in reports if r.name == "performance"), None)


def main_numbers(reports: Sequence[Report]) -> tuple[Number, ...]:
    """The numbers of the main role, which alone are held against thresholds."""
    role = main_role(reports)
    return tuple(
        n for name in HELD_REPORTS for r in reports if (r.name, r.role) == (name, role)
        for n in r.numbers
    )  # fmt: skip


def compose(
    evidence: Evidence,
    evidence_id: str,
    *,
    standings: Sequence[CatalogStanding],
    declarations: Declarations | None,
    config: Config | None,
    read: Reports,
    rechecks: Sequence[CardRecheck] = (),
) -> Card:
    """The whole card, every string in it made harmless to look at."""
    read = replace(read, reports=in_order(read.reports, config))
    fair = [r for r in read.reports if r.name == "fairness"]
    estimated = [r for r in read.reports if r.name == "estimated"]
    logged = tuple(row for r in read.reports for row in r.logged)
    bounds = tuple(
        masked_hold(row, read.masks) for row in hold_rows(config, main_numbers(read.reports))
    )
    pairs, undeclared = sections.declared(declarations)
    items, left_out = sections.item_rows(evidence)
    columns, columns_left_out = column_rows(read.reports)
    moved = [r for r in read.reports if r.name == "stability" and r.numbers]
    subject = evidence.subject
    title = (declarations.title if declarations else None) or subject.name
    days = sorted({s.as_of for s in standings})
    archive = f"{folder_name(subject.name, subject.version)}.evidence.zip"
    card = Card(
        model=subject.name,
        version=subject.version,
        title=f"{title}, version {subject.version}",
        deck=page_one.deck(declarations),
        evidence_id=evidence_id,
        evidence_short=grouped(evidence_id),
        created=about.created_words(evidence),
        as_of=listed([day_of(d) for d in days]),
        lines=page_one.lines(
            evidence,
            standings,
            bounds,
            read.reports,
            declarations=declarations,
            masks=read.masks,
            rechecks=rechecks,
        ),
        direction=direction(config) if config is not None else "",
        holds=(
            *about.holds(evidence, read.reports, read.numbers),
            *controls.holds(standings),
            *recheck_holds(rechecks),
        ),
        key_numbers=tuple(
            replace(key, caution=_caution(key.quantity.id, evidence, bounds))
            for key in about.key_numbers(read.reports, config)
        ),
        no_numbers="" if read.numbers else _NO_NUMBERS,
        about=(
            *about.about(evidence, evidence_id, read.reports),
            *about_challenger(evidence, read.challenger, read.masks),
        ),
        declared=pairs,
        undeclared=undeclared,
        label_intro=label_intro(config, read.reports),
        performance=_performance(read, config),
        snapshots=snapshots(read.reports, config),
        segments=tuple(
            segments(r, config)
            for r in read.reports
            if r.name == "segments" and r.role == main_role(read.reports)
        ),
        challenger=challenger(evidence, read.challenger, config, read.masks),
        logged_intro=logged_intro(logged),
        logged=tuple(masked_logged(logged_row(row), read.masks) for row in logged),
        bounds=bounds,
        fairness_intro=_fairness_intro([*fair, *estimated], config),
        fairness=_fairness(fair, config, evidence, read),
        estimated=_fairness(estimated, config, evidence, read),
        explained=explained(read.explanations),
        data_intro=_data_intro(config, declarations, evidence),
        datasets=sections.dataset_rows(evidence, config, read.reports),
        data_notes=by_role(n for r in read.reports if r.name == "data" for n in r.notes),
        columns=columns,
        columns_left_out=columns_left_out,
        stability_intro=_STABILITY if moved else _NO_STABILITY,
        stability=tuple(stability(r) for r in moved),
        reproduced=reproduced(evidence, read.reports, read.numbers, archive),
        recheck_intro=recheck_intro(rechecks),
        rechecks=recheck_rows(rechecks),
        facts=sections.fact_rows(evidence, environment=False),
        bases=tuple(Pair(term=basis, text=means) for basis, means in BASIS_MEANS.items()),
        environment_intro=_environment_intro(evidence, read.scan),
        environment=sections.fact_rows(evidence, environment=True),
        catalogs=controls.catalogs(standings),
        findings=sections.finding_rows(evidence.findings),
        items_intro=_items_intro(evidence),
        items=items,
        items_left_out=left_out,
        definitions=definitions(read.reports),
        archive=archive,
        metadata=hub_metadata(
            evidence,
            config,
            next((r for r in read.reports if r.name == "performance"), None),
            read.masks,
        ),
    )
    numbers = {n.id: n for n in read.numbers}
    return neutralised(masked_card(card, read.masks, numbers), plain)


def _caution(number: str, evidence: Evidence, bounds: Sequence[HoldRow]) -> str:
    """`see the exception above`, where one concerns the number, its role or what it counts."""
    kind, role, metric = number.split("/")[:3]
    whole = _OF_FAIRNESS if kind == "fairness" else _OF_PERFORMANCE
    concerned = any(row.number == number and row.status is EXCEPTION for row in bounds) or any(
        f.id.startswith(whole) or role in f.id.split(".")[2:] or metric in f.id
        for f in evidence.findings
        if f.kind == "exception" and f.stage == "recompute" and not f.id.startswith("hold.")
    )  # fmt: skip
    return "see the exception above" if concerned else ""


def _performance(
    read: Reports, config: Config | None
) -> tuple[Performance, ...]:  # fmt: skip
    """The main role in full, the others in short."""
    main = main_role(read.reports)
    return tuple(
        performance(r, config, read.classes, read.masks)
        if r.role == main
        else brief_performance(r, config)
        for r in read.reports
        if r.name == "performance" and r.numbers
    )


def _fairness(
    chosen: Sequence[Report], config: Config | None, evidence: Evidence, read: Reports
) -> tuple[Fairness, ...]:
    """The main role in full, with the final decisions where they are; the others in short."""
    main = main_role(read.reports) or next((r.role for r in chosen), None)
    final = next((r for r in read.reports if r.name == "final" and r.role == main), None)
    made, first = [], 1
    for report in (r for r in chosen if r.numbers):
        if report.role != main:
            made.append(brief_fairness(report, config))
            continue
        beside = final if report.name == "fairness" else None
        whole = fairness(
            report, config, evidence.findings, final=beside, first=first, masks=read.masks
        )
        if report.name == "fairness":
            whole = with_what_if(whole, report, read.thresholds, config, read.masks)
        made.append(replace(whole, notes=(*whole.notes, *_what_if(evidence, report))))
        first += len(made[-1].attributes)
    return tuple(made)


def _what_if(evidence: Evidence, report: Report) -> tuple[str, ...]:
    """Where it stands what other thresholds would do, if it does."""
    path = f"data/reports/thresholds/{report.role}.csv"
    if report.name != "fairness" or all(i.path != path for i in evidence.items):
        return ()
    return (f"What every other threshold would do to each group stands in {path}.",)


def _fairness_intro(reports: Sequence[Report], config: Config | None) -> str:
    if any(n.group for r in reports for n in r.numbers):
        return ""
    if config is not None and config.sensitive:
        return f"{_NO_REPORT} The configuration names {listed(sorted(config.sensitive))}."
    return _NO_FAIRNESS


def _data_intro(
    config: Config | None, declarations: Declarations | None, evidence: Evidence
) -> str:
    said = []
    if declarations is not None and declarations.data_source:
        said.append(f"Source, as declared: {declarations.data_source.rstrip('.')}.")
    if declarations is not None and declarations.data_licence:
        said.append(f"Licence, as declared: {declarations.data_licence.rstrip('.')}.")
    if config is not None and config.rows.exclude:
        said.append(
            f"Excluded from the model's input, as configured: {listed(config.rows.exclude)}."
        )
        # recompute.input.<kind>.<column>
        ids = (f.id for f in evidence.findings if f.id.startswith("recompute.input."))
        read = {i.split(".", 3)[-1] for i in ids}
        seen = [c for c in config.rows.exclude if c in read]
        if seen:
            said.append(f"The model reads {listed(seen)} all the same: see Findings.")
    said.append(
        "Whether the data are right, complete or fit for the purpose is not shown by their digests."
    )
    return " ".join(said)


def _environment_intro(evidence: Evidence, scan: Scan | None) -> str:
    files = [i.path for i in evidence.of_kind("environment")]
    said = "No environment was logged with the model."
    if files:
        said = f"As logged with the model, in {listed(files)}."
    return said if scan is None else f"{said} {_scan_words(scan)}"


def _scan_words(scan: Scan) -> str:
    imports = sum(len(f.globals) for f in scan.files)
    holding = sum(bool(f.globals) for f in scan.files)
    if not imports:
        return "The model's files hold no pickle that imports anything (reports/scan.json)."
    risky = len(scan.dangerous)
    return (
        f"The files name {many(imports, 'import')} in {many(holding, 'file')}; {risky or 'none'} "
        "of them is on the scanner's list of what can run programs, open files or connections, or "
        "call anything by name. All are in reports/scan.json. A scanner can be fooled: this is a "
        "list for people, not a verdict, and what a model does is held by the sandbox it runs in."
    )


def _items_intro(evidence: Evidence) -> str:
    by_reference = sum(not i.embedded for i in evidence.items)
    text = (
        f"{len(evidence.items):,} collected, declared and recomputed files; assessed and rendered "
        "ones are in data/items.json."
    )
    return text + (
        f" {by_reference:,} by reference: digest and size are here, the bytes are not."
        if by_reference
        else ""
    )
