"""Everything that was recomputed, beside everything that the bundle says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from affidavit.bundle.layout import CHALLENGER, COUNTS, DECISIONS, EVIDENCE, REPORTS
from affidavit.bundle.recheck import Tally
from affidavit.challenger_record import ChallengerReport
from affidavit.config import Config
from affidavit.evidence import Evidence, Finding, Item, ItemKind, Report
from affidavit.explanation_record import Decisions, Explainability
from affidavit.gap_ids import PROTECTED_REASON
from affidavit.recompute.report_files import report_name
from affidavit.reproduce.challenger import compare_challengers
from affidavit.reproduce.closeness import judged, leaves, worst
from affidavit.reproduce.explanations import compare_explanations
from affidavit.reproduce.lacking import Lacking
from affidavit.reproduce.prediction_files import compare_parquet, compare_prediction_rows
from affidavit.reproduce.record import Compared, Difference, NotRun, Status, tally
from affidavit.reproduce.reports import compare_reports
from affidavit.reproduce.tables import compare_counts, compare_rows, csv_rows
from affidavit.scan_record import Scan
from affidavit.verify.files import SignedFiles
from affidavit.verify.predictions import PREDICTIONS
from affidavit.verify.records import Records
from affidavit.workspace import Workspace

_KINDS: Final[frozenset[ItemKind]] = frozenset(
    {"report", "counts", "predictions", "checks", "scan", "explanation", "challenger"}
)
# Of other ids are findings about the environment.
_OWN_FINDINGS: Final = ("recompute.", PROTECTED_REASON)
_THRESHOLD: Final = ("threshold",)
_ASK_TABLE: Final = "ask for a bundle that embeds this role, or compare the numbers that follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared: the bundle, what was recomputed, and what was not there to recompute.

    Attributes:
        evidence: as recomputing left it, its files in `work`.
    """

    files: SignedFiles
    records: Records
    evidence: Evidence
    work: Workspace
    lacking: Lacking
    config: Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One comparison: its line, and what is not equal in it."""

    compared: Compared
    differences: tuple[Difference, ...] = ()
    not_run: tuple[NotRun, ...] = ()


def compare(sides: Sides) -> Iterator[Found]:
    """Every report, table and finding, in the order of their paths; evidence.json comes first.

    Raises:
        BundleError: a signed table that is none, or that was changed since it was verified.
    """
    if findings := _compare_findings(sides):
        yield findings
    signed = {i.path: i for i in _recomputed(sides.records.evidence)}
    ours = {_signed_path(i, sides): i for i in _recomputed(sides.evidence)}
    for path in sorted(signed.keys() | ours.keys(), key=str.encode):
        yield _compare_items(path, signed.get(path), ours.get(path), sides)


def _recomputed(evidence: Evidence) -> Iterator[Item]:
    return (i for i in evidence.items if i.origin == "recomputed" and i.kind in _KINDS)


def _main_role(evidence: Evidence) -> str:
    """The role whose reports have plain names."""
    plain = report_name("performance", "", "")
    return next((i.role or "" for i in evidence.items if i.path == plain), "")


def _signed_path(item: Item, sides: Sides) -> str:
    """The name that a recomputed report has in the bundle.

    Without a role's bytes the main role here may be another, whose reports have plain names.
    """
    ours, theirs = _main_role(sides.evidence), _main_role(sides.records.evidence)
    name = PurePosixPath(item.path)
    if ours == theirs or str(name.parent) != REPORTS or item.role is None:
        return item.path
    stem = name.stem if item.role == ours else name.stem.removesuffix(f"-{item.role}")
    return report_name(stem, item.role, item.role if stem == "data" else theirs)


def _compare_items(path: str, signed: Item | None, ours: Item | None, sides: Sides) -> Found:
    either = signed or ours
    if either is None:
        raise ValueError(f"{path} stands on neither side")
    line = Compared(path=path, kind=either.kind, role=either.role, status="equal")
    if _is_covered(line, signed, ours, sides):
        return Found(compared=_not_run(line, sides))
    if signed is None or ours is None:
        status: Status = "extra" if signed is None else "missing"
        told = Difference(path=path, what="the whole file", status=status)
        return Found(
            compared=line.model_copy(update={"status": status, "others": tally([status])}),
            differences=(told,),
        )
    if signed.sha256 == ours.sha256:
        return Found(compared=_same(line, ours, sides))
    if not signed.embedded:
        return _by_reference(line)
    if line.kind == "scan":
        return _scans(line, ours, sides)
    if line.kind == "explanation":
        return _explanations(line, ours, sides)
    if line.path == CHALLENGER:
        return _challengers(line, ours, sides)
    return _looked_into(line, ours, sides)


def _not_run(line: Compared, sides: Sides) -> Compared:
    report = sides.records.reports.get(line.path)
    stated = len(report.numbers) if report else _compared_numbers(line, sides)
    numbers = Tally(not_run=stated)
    others = Tally() if stated else Tally(not_run=1)
    return line.model_copy(update={"status": "not-run", "numbers": numbers, "others": others})


def _compared_numbers(line: Compared, sides: Sides) -> int:
    """How many numbers the comparison with a challenger states; 0 of another file."""
    found = sides.records.challenger if line.path == CHALLENGER else None
    return sum(len(r.numbers) for r in found.roles) if found is not None else 0


def _is_covered(line: Compared, signed: Item | None, ours: Item | None, sides: Sides) -> bool:
    """Whether the file follows from what is not there."""
    lacking, report = sides.lacking, sides.records.reports.get(line.path)
    if line.kind == "checks":
        return bool(lacking.suites)
    if line.kind == "challenger":
        by_row = line.path.startswith(PREDICTIONS) and line.role not in lacking.roles
        return lacking.is_challenger or (lacking.is_any and not by_row)
    stem = PurePosixPath(line.path).stem
    if lacking.covers_report(report.name if report else stem.partition("-")[0], line.role):
        return True
    if not lacking.attributes:
        return False
    if ours is None:
        by_attribute = any(f".{name}." in f".{stem}." for name in lacking.attributes)
        return by_attribute or (report is not None and report.name == "fairness")
    return "/thresholds/" in line.path and signed is not None and signed.sha256 != ours.sha256


def _same(line: Compared, ours: Item, sides: Sides) -> Compared:
    report = sides.records.reports.get(line.path)
    if report is not None:
        entries = sum(
            map(len, (report.calibration, report.gains, report.bins, report.columns,
                      report.logged, report.notes))
        )  # fmt: skip
        return line.model_copy(update={
            "same_bytes": True, "numbers": Tally(equal=len(report.numbers)),
            "others": Tally(equal=entries + 1),
        })  # fmt: skip
    if stated := _compared_numbers(line, sides):
        return line.model_copy(update={"same_bytes": True, "numbers": Tally(equal=stated),
                                       "others": Tally(equal=1)})  # fmt: skip
    rows = 1 if not line.path.endswith(".csv") else _count_lines(ours, sides.work) - 1
    return line.model_copy(update={"same_bytes": True, "others": Tally(equal=max(1, rows))})


def _count_lines(item: Item, work: Workspace) -> int:
    with work.locate(item).open("rb") as file:
        return sum(1 for _ in file)


def _by_reference(line: Compared) -> Found:
    """Its digest differs, and its bytes are not here: by how much, nobody can say."""
    why = "its digest is not the signed one, and the signed bytes are not in the bundle"
    return Found(
        compared=line.model_copy(update={"status": "not-run", "others": Tally(not_run=1)}),
        not_run=(NotRun(what=f"the rows of {line.path}", why=why, fix=_ASK_TABLE),),
    )


def _scans(line: Compared, ours: Item, sides: Sides) -> Found:
    """The lists of imports; another version of the scanner may list otherwise."""
    signed = sides.records.scan
    mine = Scan.model_validate_json(sides.work.locate(ours).read_bytes())
    if signed is not None and signed.tool != mine.tool:
        why = f"it was made by {signed.tool}, and here is {mine.tool}"
        return Found(
            compared=line.model_copy(update={"status": "not-run", "others": Tally(not_run=1)}),
            not_run=(NotRun(what=line.path, why=why, fix="install that version"),),
        )
    told = Difference(path=line.path, what="the list of imports", status="different")
    return Found(
        compared=line.model_copy(update={"status": "different", "others": tally(["different"])}),
        differences=(told,),
    )


def _explanations(line: Compared, ours: Item, sides: Sides) -> Found:
    content = sides.work.locate(ours).read_bytes()
    signed: Explainability | Decisions | None = sides.records.explainability
    mine: Explainability | Decisions
    if line.path == DECISIONS:
        signed, mine = sides.records.decisions, Decisions.model_validate_json(content)
    else:
        mine = Explainability.model_validate_json(content)
    if signed is None:
        return _by_reference(line)
    compared, told, not_run = compare_explanations(line, signed, mine, sides.lacking)
    return Found(compared=compared, differences=told, not_run=not_run)


def _challengers(line: Compared, ours: Item, sides: Sides) -> Found:
    signed = sides.records.challenger
    if signed is None:
        return _by_reference(line)
    mine = ChallengerReport.model_validate_json(sides.work.locate(ours).read_bytes())
    compared, told = compare_challengers(line, signed, mine)
    return Found(compared=compared, differences=told)


def _looked_into(line: Compared, ours: Item, sides: Sides) -> Found:
    path, work = line.path, sides.work
    if path in sides.records.reports:
        report = Report.model_validate_json(work.locate(ours).read_bytes())
        compared, told = compare_reports(path, sides.records.reports[path], report, sides.lacking)
        return Found(compared=compared, differences=told)
    if path.startswith(f"{COUNTS}/"):
        signed = sides.files.read(path)
        counted, told = compare_counts(
            path, signed, work.locate(ours).read_bytes(), sides.lacking.attributes
        )
    elif path.endswith(".parquet"):
        copy = work.root / "signed" / PurePosixPath(path).name
        counted, told = compare_parquet(path, sides.files, copy, work.locate(ours))
    elif path.startswith(f"{PREDICTIONS}/"):
        counted, told = compare_prediction_rows(path, sides.files, work.locate(ours))
    else:
        signed, mine = sides.files.read(path), work.locate(ours).read_bytes()
        counted, told = compare_rows(path, csv_rows(path, signed), csv_rows(path, mine), _THRESHOLD)
    status = worst(iter(_statuses(counted)))
    return Found(
        compared=line.model_copy(update={"others": counted, "status": status}), differences=told
    )


def _statuses(counted: Tally) -> list[Status]:
    names: tuple[Status, ...] = ("equal", "within", "different", "missing", "extra")
    return [name for name in names if getattr(counted, name)]


# ---- findings


def _compare_findings(sides: Sides) -> Found | None:
    """What the stage found: a finding that was left out is as wrong as a number."""
    signed, ours = (_findings(e) for e in (sides.records.evidence, sides.evidence))
    own = sides.lacking.own_gaps(sides.config) if sides.lacking.is_any else frozenset()
    statuses: list[Status] = []
    told: list[Difference] = []
    for key in sorted(signed.keys() | {k for k in ours if k[0] not in own or k in signed}):
        one, other = signed.get(key), ours.get(key)
        either = one or other
        if either is not None and sides.lacking.covers_finding(either, sides.config):
            statuses.append("not-run")
            continue
        status, found = _finding(key[0], one, other, with_items=not sides.lacking.roles)
        statuses.append(status)
        told += found
    if not statuses:
        return None
    line = Compared(
        path=EVIDENCE, kind="record", status=worst(iter(statuses)), others=tally(statuses)
    )
    return Found(compared=line, differences=tuple(told))


def _findings(evidence: Evidence) -> dict[tuple[str, int], Finding]:
    """By id, and by place where several have one id."""
    seen: Counter[str] = Counter()
    result = {}
    for finding in evidence.findings:
        if finding.stage == "recompute" and finding.id.startswith(_OWN_FINDINGS):
            result[finding.id, seen[finding.id]] = finding
            seen[finding.id] += 1
    return result


def _finding(
    name: str, one: Finding | None, other: Finding | None, *, with_items: bool
) -> tuple[Status, Iterable[Difference]]:
    if one is None or other is None:
        status: Status = "missing" if other is None else "extra"
        return status, (Difference(
            path=EVIDENCE, what=f"finding {name}", status=status,
            signed=one.what if one else None, recomputed=other.what if other else None,
        ),)  # fmt: skip
    left_out = set() if with_items else {"items"}
    signed, ours = (f.model_dump(mode="json", exclude=left_out) for f in (one, other))
    return judged(EVIDENCE, f"finding {name}", leaves(signed, ours, "scores"))
