"""Whether the counts are read as the configuration in the bundle says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from affidavit.bundle.layout import CONFIG
from affidavit.config import Config
from affidavit.evidence import AttributeSpec, CountSpec, Evidence, Report
from affidavit.gap_ids import gap_id
from affidavit.places import PERIOD
from affidavit.verify.checks import Fault


def spec_faults(config: Config, path: str, spec: CountSpec) -> Iterator[Fault]:
    """Where a count specification says something else than affidavit.toml.

    A sensitive attribute or segment of the configuration may be absent from the counts (its table
    was not there, or it has too many values: a gap); one that the configuration does not have may
    not be in them.
    """
    for name, expected, found in _settings(config, spec):
        if expected != found:
            yield Fault(f"{path}: {name} differs from {CONFIG}", path, str(expected), str(found))
    yield from _table_faults(config, path, spec)
    for attribute in spec.attributes:
        if spec.table == "segments":
            yield from _segment_faults(config, path, attribute)
        else:
            yield from _sensitive_faults(config, path, attribute, is_estimated=_is_estimated(spec))


def uncounted_faults(
    config: Config, evidence: Evidence, reports: Sequence[Report]
) -> Iterator[Fault]:
    """Dataset roles that were recomputed in part: no report, or decisions that nobody counted.

    Nothing is asked where nothing was recomputed at all: that is a gap of its own.
    """
    performance = {r.role: r for r in reports if r.name == "performance"}
    for role in config.datasets if performance else ():
        report = performance.get(role)
        if report is None and evidence.of_kind("dataset", role):
            yield Fault(
                f"the rows of {role} are on record and no report is about them", CONFIG,
                f"a performance report of {role}", "none",
            )  # fmt: skip
        if report is not None and report.counts is None and config.task != "regression":
            yield Fault(f"the decisions of {role} are not counted", CONFIG, "a count table", "none")


def left_out_faults(
    config: Config, role: str, specs: Sequence[CountSpec], gaps: Collection[str]
) -> Iterator[Fault]:
    """What affidavit.toml asks for, no table of a role counts, and no gap tells of.

    Args:
        config: in force.
        role: whose tables.
        specs: of its tables; nothing is asked of a role without one.
        gaps: ids of the findings on record.
    """
    told = {s.table: {a.name for a in s.attributes} for s in specs if s.table != "estimated"}
    estimated = {s.attributes[0].name for s in specs if s.table == "estimated"}
    main = told.get("main")
    if main is None:
        return
    if gap_id("favourable", role) not in gaps:
        for name, attribute in sorted(config.sensitive.items()):
            lacks = ["by group"] if name not in main else []
            lacks += ["by probability"] if attribute.probabilities and name not in estimated else []
            if lacks and gap_id("sensitive", role, name) not in gaps:
                yield _left_out(role, f"{name} {' and '.join(lacks)}")
        yield from _intersection_faults(config, role, specs, gaps)
        if main - told.get("final", main):
            yield _left_out(role, "the final decisions by every attribute")
    if _has_final(config) and config.task == "binary" and "final" not in told:
        yield _left_out(role, f"the final decisions, {config.decision.column}")
    segments = (*config.segments, *((PERIOD,) if config.time is not None else ()))
    for name in segments:
        there = name in told.get("segments", set())
        if not there and gap_id("segments", role, name) not in gaps:
            yield _left_out(role, f"the segment {name}")


def _intersection_faults(
    config: Config, role: str, specs: Sequence[CountSpec], gaps: Collection[str]
) -> Iterator[Fault]:
    """Attributes that are all counted, and not together though that is declared."""
    for spec in specs:
        if spec.table not in ("main", "final"):
            continue
        names = {a.name for a in spec.attributes}
        for together in config.fairness.intersections:
            there = together in spec.intersections or not names.issuperset(together)
            if not there and gap_id("intersection", role, *together) not in gaps:
                yield _left_out(role, f"{' and '.join(together)} together ({spec.table})")


def _left_out(role: str, what: str) -> Fault:
    return Fault(
        f"the counts of {role} leave out {what}, which {CONFIG} declares", CONFIG,
        "counted, or a gap that says why not", "neither",
    )  # fmt: skip


def _has_final(config: Config) -> bool:
    """Whether final decisions stand beside the model's."""
    decision = config.decision
    is_decided = decision.threshold is not None or bool(decision.segment)
    return is_decided and decision.column is not None


def _is_estimated(spec: CountSpec) -> bool:
    return spec.table == "estimated"


def _settings(config: Config, spec: CountSpec) -> Iterator[tuple[str, object, object]]:
    """What is set, what the configuration says, and what the specification says."""
    yield "task", config.task, spec.task
    yield "rates", config.intervals.rates, spec.rates
    yield "unit", config.unit, spec.unit
    # A label that is good for the person is never guessed.
    yield "favourable", config.label.favourable or "", spec.favourable
    if config.label.positive is not None:
        yield "positive", config.label.positive, spec.positive
    is_weighted = _is_estimated(spec) or config.rows.weight is not None
    yield "weighted", is_weighted, spec.weighted
    # One that is declared may be left out, with a gap: `left_out_faults`.
    expected = tuple(i for i in config.fairness.intersections if i in spec.intersections)
    yield "intersections", expected, spec.intersections


def _table_faults(config: Config, path: str, spec: CountSpec) -> Iterator[Fault]:
    """A table of final decisions needs both: the model's, and the column of the final ones."""
    decision = config.decision
    if spec.table == "final" and not _has_final(config):
        yield Fault(
            f"{path}: counts final decisions that {CONFIG} does not set apart", path,
            "[decision] with a column beside a threshold or segments",
            f"column {decision.column}, threshold {decision.threshold}",
        )  # fmt: skip


def _segment_faults(config: Config, path: str, segment: AttributeSpec) -> Iterator[Fault]:
    known = {*config.segments, *((PERIOD,) if config.time is not None else ())}
    if segment.name not in known:
        yield Fault(
            f"{path}: {segment.name} is no segment in {CONFIG}", path,
            ", ".join(sorted(known)) or "none", segment.name,
        )  # fmt: skip
    if (segment.reference, segment.source) != (None, None):
        yield Fault(
            f"{path}: the segment {segment.name} is read as a sensitive attribute", path,
            "neither reference nor source", f"{segment.reference}, {segment.source}",
        )  # fmt: skip


def _sensitive_faults(
    config: Config, path: str, attribute: AttributeSpec, *, is_estimated: bool
) -> Iterator[Fault]:
    configured = config.sensitive.get(attribute.name)
    if configured is None:
        yield Fault(
            f"{path}: {attribute.name} is no sensitive attribute in {CONFIG}", path,
            ", ".join(sorted(config.sensitive)) or "none", attribute.name,
        )  # fmt: skip
        return
    if is_estimated and not configured.probabilities:
        yield Fault(
            f"{path}: {attribute.name} is not estimated in {CONFIG}", path,
            "[sensitive] with probabilities", "a column",
        )  # fmt: skip
    said = (configured.reference, configured.source)
    if said != (attribute.reference, attribute.source):
        yield Fault(
            f"{path}: {attribute.name} differs from {CONFIG}", path,
            f"reference {said[0]}, source {said[1]}",
            f"reference {attribute.reference}, source {attribute.source}",
        )  # fmt: skip
