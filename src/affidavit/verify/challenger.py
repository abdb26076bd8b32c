"""What is said of a challenger, against the configuration, the evidence, the counts and the rows.

The table of both decisions must have the subject's own count table as its margin, cell by cell, so
that the rows compared are those that every other number is of; what follows from it is derived
again. What rests on scores is held to what the rest of the record says of the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from affidavit.agreement import compare_counts, joint_spec, subject_margin
from affidavit.bundle.layout import CHALLENGER, CONFIG, COUNTS, EVIDENCE
from affidavit.challenger_record import (
    ARTIFACT_FACT,
    HEADING,
    ChallengerReport,
    ChallengerRole,
    ComparedNumber,
    decides,
    favoured,
)
from affidavit.config import Config
from affidavit.counts import Cell, CountTable, read_counts
from affidavit.errors import BundleError
from affidavit.evidence import CountSpec, Report
from affidavit.gap_ids import CHALLENGER_GAP, CHALLENGER_SAME
from affidavit.verify.arithmetic import is_near
from affidavit.verify.challenger_asked import asked_faults
from affidavit.verify.challenger_rows import check_challenger_rows
from affidavit.verify.challenger_said import note_faults, said_faults
from affidavit.verify.checks import UPDATE, Fault, Ledger, derivable, few
from affidavit.verify.count_tables import AGREEMENT, COUNTS_LIMIT, MAX_WORK, passes
from affidavit.verify.files import DigestDiffers, SignedFiles
from affidavit.verify.nearness import is_sum, shown
from affidavit.verify.predictions import PREDICTIONS
from affidavit.verify.records import Records
from affidavit.verify.withholding import lacks

CHECK: Final = "challenger"
AGREED: Final = "agreement"
_FROM_SCORES: Final = {"binary": ("roc_auc", "brier_score"), "regression": ("mae",)}
_SAID: Final = (
    "metric", "event", "group", "attributes", "n", "level", "method", "test", "reason", "favours",
)  # fmt: skip
_MEASURED: Final = ("subject", "challenger", "difference", "low", "high", "p_value")


def check_challenger(files: SignedFiles, records: Records, ledger: Ledger) -> None:
    """Hold the comparison against everything in the bundle that it has to agree with.

    Args:
        files: of the bundle.
        records: of the bundle; one that speaks of a challenger.
        ledger: gains the checks `challenger` and `agreement`, and `challenger-row` and
            `challenger-score` where the rows of a role are in the bundle.
    """
    if lacks(files, ledger, CHECK, AGREED):
        return
    config, found = records.config, records.challenger
    if config is None:
        ledger.not_run(CHECK, f"{CONFIG} is not there, or cannot be read", path=CONFIG, fix=UPDATE)
        return
    if found is None and CHALLENGER in files.listed:
        return  # unreadable, which has its own fault
    ledger.run(
        CHECK, "the challenger is the one asked for, and is compared, or a gap says why not",
        (*asked_faults(records, config), *_form_faults(files, records, config, found)),
    )  # fmt: skip
    for role in found.roles if found is not None else ():
        report = performance_of(records, role.role)
        tables = _tables(files, report, role, ledger)
        if report is None:
            continue  # said above
        faults = list(few(derivable(CHALLENGER, _role_faults(report, role, tables, config))))
        counted = sum(n.source == "counts" for n in role.numbers)
        is_sound = ledger.run(
            AGREED, f"the comparison on {role.role} follows from the rows that both decided",
            faults, found=f"{counted} of {len(role.numbers)} numbers derived again",
        )  # fmt: skip
        if is_sound and (tables.joint is not None or role.counts is None):
            check_challenger_rows(files, config, role, tables.joint, ledger)


def performance_of(records: Records, role: str) -> Report | None:
    """The performance report of a role."""
    mine = (r for r in records.reports.values() if (r.name, r.role) == ("performance", role))
    return next(mine, None)


# ---- what is there


def _form_faults(
    files: SignedFiles, records: Records, config: Config, found: ChallengerReport | None
) -> Iterator[Fault]:
    """Every role is compared, or a gap says why not; and no table is there that none is of."""
    gaps = {f.id for f in records.evidence.findings if f.kind == "gap"}
    scored = [r.role for r in records.reports.values() if r.name == "performance"]
    compared = [r.role for r in found.roles] if found is not None else []
    is_excused = bool(gaps & {CHALLENGER_GAP, CHALLENGER_SAME, ARTIFACT_FACT})
    if is_excused and found is not None:
        yield Fault("a gap says that the challenger was not compared, and it is", EVIDENCE,
                    "no comparison", CHALLENGER)  # fmt: skip
    if len(set(compared)) != len(compared):
        yield Fault("a role is compared twice", CHALLENGER, "each once", ", ".join(compared))
    for role in scored:
        has_gap = f"{CHALLENGER_GAP}.{role}" in gaps
        if not is_excused and (role in compared) == has_gap:
            yield Fault(
                f"the challenger on the rows of {role}: it is compared, or a gap says why not",
                CHALLENGER, "one of the two", "both" if has_gap else "neither",
            )  # fmt: skip
    for role in sorted(set(compared) - set(scored)):
        yield Fault(f"{role} is compared, and no report is about it", CHALLENGER, "a role", role)
    if found is not None:
        yield from note_faults(found, config)
    if found is not None and found.task != config.task:
        yield Fault("the comparison is of another task", CHALLENGER, config.task, found.task)
    yield from _item_faults(records, config, found)
    tables = {_path(r) for r in found.roles if r.counts is not None} if found is not None else set()
    for path in sorted(p for p in files.paths(COUNTS, ".csv") if AGREEMENT.fullmatch(p)):
        if path not in tables:
            yield Fault(f"no comparison says how {path} is to be read", path, CHALLENGER, "none")


def _item_faults(
    records: Records, config: Config, found: ChallengerReport | None
) -> Iterator[Fault]:
    items = {i.path: i for i in records.evidence.items}
    for item in items.values():
        is_ours = item.path == CHALLENGER or AGREEMENT.fullmatch(item.path)
        if is_ours and (item.kind, item.origin, item.embedded) != (
            "challenger", "recomputed", True
        ):  # fmt: skip
            yield Fault(
                f"{item.path} is not tabled as a comparison", EVIDENCE,
                "challenger, recomputed, embedded", f"{item.kind}, {item.origin}",
            )  # fmt: skip
    for role in found.roles if found is not None else ():
        rows, dataset = items.get(rows_path(role.role)), config.datasets.get(role.role)
        if rows is None or dataset is None:
            yield Fault(
                f"evidence.json names no table of what the challenger said of {role.role}",
                rows_path(role.role), "embedded, or by reference with its digest", "neither",
            )  # fmt: skip
        elif (rows.embedded, rows.sensitivity) != (dataset.include == "embed", "personal-data"):
            yield Fault(
                f"{rows.path} does not travel as the rows of {role.role} do", EVIDENCE,
                f"{dataset.include}, personal-data",
                f"{'embed' if rows.embedded else 'reference'}, {rows.sensitivity}",
            )  # fmt: skip


def rows_path(role: str) -> str:
    """What the challenger said of each row of a role."""
    return f"{PREDICTIONS}/{role}.challenger.csv"


def _path(role: ChallengerRole) -> str:
    return f"{COUNTS}/{role.role}.challenger.csv"


@dataclass(frozen=True, slots=True)
class _Tables:
    """The table of both decisions, and the subject's own; None, as its check says, where unread."""

    joint: CountTable | None
    own: CountTable | None


def _tables(
    files: SignedFiles, report: Report | None, role: ChallengerRole, ledger: Ledger
) -> _Tables:
    spec = role.counts
    if spec is None or report is None or report.counts is None or _path(role) != _file(spec):
        return _Tables(None, None)
    try:
        joint, own = (
            read_counts(files.read(_file(s), COUNTS_LIMIT), s) for s in (spec, report.counts)
        )
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        return _Tables(None, None)
    except BundleError as error:
        ledger.failed(AGREED, Fault(str(error), _path(role)))
        return _Tables(None, None)
    if passes(joint) > MAX_WORK:
        ledger.not_run(AGREED, f"{_path(role)} has more cells than are derived", path=_path(role),
                       fix=UPDATE)  # fmt: skip
        return _Tables(None, None)
    return _Tables(joint, own)


def _file(spec: CountSpec) -> str:
    return f"{COUNTS}/{spec.file}"


# ---- one role


def _role_faults(
    report: Report, role: ChallengerRole, tables: _Tables, config: Config
) -> Iterator[Fault]:
    if (role.n_rows, role.n_labelled) != (report.n_rows, report.n_labelled):
        yield Fault(
            f"the challenger's rows of {role.role} are not those of the performance report",
            CHALLENGER, f"{report.n_rows} rows, {report.n_labelled} labelled",
            f"{role.n_rows} rows, {role.n_labelled} labelled",
        )  # fmt: skip
    yield from _spec_faults(report, role, config)
    if tables.joint is not None and tables.own is not None:
        yield from _margin_faults(tables.joint, tables.own)
    expected = {n.id: n for n in compare_counts(tables.joint)} if tables.joint is not None else {}
    yield from _number_faults(role, expected, config)
    yield from _score_faults(report, role, config)


def _spec_faults(report: Report, role: ChallengerRole, config: Config) -> Iterator[Fault]:
    own = report.counts if decides(config) else None
    expected = joint_spec(own) if own is not None else None
    if role.counts != expected:
        yield Fault(
            f"the decisions of both models on {role.role} are not counted as this model's own",
            CHALLENGER, str(expected)[:400], str(role.counts)[:400],
        )  # fmt: skip


def _margin_faults(joint: CountTable, own: CountTable) -> Iterator[Fault]:
    """The subject's decisions in the table are those that its own counts have."""
    margin = subject_margin(joint, own.spec)
    if margin.rows == own.rows:
        return
    first = min({*own.rows} ^ {*margin.rows}, key=_place)
    where = ", ".join(_place(first)[0]) or "all rows"
    yield Fault(
        f"{_file(joint.spec)} and this model's own counts are not of the same rows: "
        f"{where[:200]}, label {first.label!r}, decision {first.decision!r}",
        CHALLENGER, _rows_at(own, first), _rows_at(margin, first),
    )  # fmt: skip


def _place(cell: Cell) -> tuple[tuple[str, ...], str, str]:
    return (cell.groups, cell.label, cell.decision)


def _rows_at(table: CountTable, like: Cell) -> str:
    cells = [c for c in table.rows if _place(c) == _place(like)]
    return ", ".join(f"{c.n} rows of weight {c.sum_w}" for c in cells) or "no rows"


def _number_faults(
    role: ChallengerRole, expected: dict[str, ComparedNumber], config: Config
) -> Iterator[Fault]:
    """The numbers are exactly those that the table gives, and those from scores that are asked."""
    scores = {f"{HEADING}/{role.role}/{m}" for m in _FROM_SCORES.get(config.task, ())}
    stated: set[str] = set()
    for number in role.numbers:
        if number.id in stated:
            yield Fault(f"{number.id} stands twice", CHALLENGER, "once", "twice")
        stated.add(number.id)
        ours = expected.get(number.id)
        if number.source == "counts" and ours is not None:
            yield from _differences(ours, number)
        elif number.source == "counts" or number.id not in scores:
            yield Fault(f"{number.id}: neither counts nor scores give this number", CHALLENGER,
                        "none", shown(number.difference))  # fmt: skip
    for missing in sorted((expected.keys() | scores) - stated):
        yield Fault(f"{missing} is not stated", CHALLENGER, "stated", "not stated")


def _differences(ours: ComparedNumber, number: ComparedNumber) -> Iterator[Fault]:
    for name in _MEASURED:
        one, other = getattr(ours, name), getattr(number, name)
        if not is_near(one, other):
            yield Fault(f"{number.id}: {name} does not follow from the counts", CHALLENGER,
                        shown(one), shown(other))  # fmt: skip
    for name in _SAID:
        one, other = getattr(ours, name), getattr(number, name)
        if one != other:
            yield Fault(f"{number.id}: {name} is not what the counts give", CHALLENGER, str(one),
                        str(other))  # fmt: skip


def _score_faults(report: Report, role: ChallengerRole, config: Config) -> Iterator[Fault]:
    """The subject's side is that of its own report; a difference is that of its two sides."""
    own = {n.metric: n for n in report.numbers if n.group is None and n.label is None}
    for number in (n for n in role.numbers if n.source == "scores"):
        mine = own.get(number.metric)
        if number.n != role.n_labelled or mine is None:
            yield Fault(f"{number.id} is of other rows than the report's", CHALLENGER,
                        str(role.n_labelled), str(number.n))  # fmt: skip
        elif number.subject is not None and not is_near(mine.value, number.subject):
            yield Fault(f"{number.id}: this model's side is not that of its own report",
                        CHALLENGER, shown(mine.value), shown(number.subject))  # fmt: skip
        yield from _shape_faults(number)
        yield from said_faults(number, mine, config)


def _shape_faults(number: ComparedNumber) -> Iterator[Fault]:
    ours, theirs, gap = number.subject, number.challenger, number.difference
    if ours is None or theirs is None or gap is None:
        if (ours, theirs, gap, number.low, number.high) != (None,) * 5 or not number.reason:
            yield Fault(f"{number.id} has no two values, and yet a difference, or no reason",
                        CHALLENGER, "a reason alone", str(number.reason))  # fmt: skip
        return
    if not is_sum(ours, (theirs, gap)):
        yield Fault(f"{number.id}: the difference is not that of its two sides", CHALLENGER,
                    shown(ours - theirs), shown(gap))  # fmt: skip
    low, high = number.low, number.high
    if (low is None) != (high is None) or (low is None) == (number.reason is None):
        yield Fault(f"{number.id} has half an interval, or none and no reason", CHALLENGER,
                    "an interval, or a reason", str(number.reason))  # fmt: skip
    elif low is not None and high is not None and not low <= gap <= high:
        yield Fault(f"{number.id}: the interval does not hold the difference", CHALLENGER,
                    f"{shown(low)} to {shown(high)}", shown(gap))  # fmt: skip
    favours = favoured(number.metric, low, high)
    if number.favours != favours:
        yield Fault(f"{number.id} is said to favour another model than its interval does",
                    CHALLENGER, str(favours), str(number.favours))  # fmt: skip
