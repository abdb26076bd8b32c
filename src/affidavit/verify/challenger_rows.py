"""Both tables of predictions, row beside row: the same rows, decided as was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.bundle.layout import CHALLENGER
from affidavit.challenger_record import ChallengerRole
from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.errors import BundleError
from affidavit.verify.challenger_scores import CHECK as SCORED
from affidavit.verify.challenger_scores import MAX_ROWS, ScorePairs, score_faults
from affidavit.verify.checks import Fault, Ledger, derivable
from affidavit.verify.files import DigestDiffers, SignedFiles
from affidavit.verify.prediction_rows import Asked, RowChecks
from affidavit.verify.predictions import PREDICTIONS, read_rows

CHECK: Final = "challenger-row"
_MOST_ROWS: Final = 2_000_000
_MAX_SHOWN: Final = 20
_SAME: Final = ("row_id", "label", "weight", "role")
_NEEDED: Final = (*_SAME, "score", "decision")
Tallies = Counter[tuple[str, str, str]]
Row = dict[str, str]


def check_challenger_rows(
    files: SignedFiles,
    config: Config,
    role: ChallengerRole,
    table: CountTable | None,
    ledger: Ledger,
) -> None:
    """Hold the rows of both models against each other and against the table of both decisions.

    Args:
        files: of the bundle.
        config: what decides.
        role: the comparison.
        table: of both decisions, already held against the subject's counts; None where decisions
            are not compared.
        ledger: gains the checks `challenger-row` and `challenger-score`.
    """
    paths = [f"{PREDICTIONS}/{role.role}{kind}.csv" for kind in ("", ".challenger")]
    absent = next((p for p in paths if p not in files), None)
    if absent is not None:
        ledger.not_run(CHECK, f"{absent} is not in the bundle, so its rows were not counted again",
                       path=absent, required=False)  # fmt: skip
        return
    if any(ledger.has_failed("payload-digest", p) for p in paths):
        ledger.not_run(CHECK, "its bytes are not those that were signed", path=paths[1])
        return
    if role.n_rows > _MOST_ROWS:
        ledger.not_run(
            CHECK, f"{paths[1]} has more than {_MOST_ROWS:,} rows; they were not counted",
            path=paths[1], fix="affidavit recheck counts them", required=False,
        )  # fmt: skip
        return
    checks = RowChecks(_asked(config, role))
    asks = role.n_rows <= MAX_ROWS and any(n.source == "scores" for n in role.numbers)
    scores = ScorePairs() if asks else None
    try:
        faults = list(_row_faults(files, paths, role, table, _Taken(checks, scores)))
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        return
    except (BundleError, ValueError) as error:
        faults, scores = [Fault(f"{paths[1]}: {error}", paths[1])], None
    is_sound = ledger.run(
        CHECK, f"{paths[1]} has the rows of {role.role}, decided as counted",
        (*faults, *checks.faults(paths[1])),
    )  # fmt: skip
    if is_sound and scores is not None:
        ledger.run(
            SCORED, f"areas and losses of both models on {role.role} follow from their scores",
            derivable(CHALLENGER, score_faults(role, config, scores)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Taken:
    """What takes each pair of rows in the one pass."""

    checks: RowChecks
    scores: ScorePairs | None

    def take(self, place: int, ours: Row, theirs: Row) -> None:
        self.checks.take(place, theirs)
        if self.scores is not None:
            self.scores.take(ours, theirs)


def _asked(config: Config, role: ChallengerRole) -> Asked:
    decision = config.decision
    is_plain = config.task == "binary" and not decision.segment and decision.threshold is not None
    threshold = decision.threshold if is_plain else None
    return Asked(
        role=role.role, threshold=None if threshold is None else rounded(threshold),
        positive=config.label.positive or "", is_scored=config.task == "binary",
        are_probabilities=None, weights=None,
    )  # fmt: skip


def _row_faults(
    files: SignedFiles,
    paths: list[str],
    role: ChallengerRole,
    table: CountTable | None,
    taken: _Taken,
) -> Iterator[Fault]:
    found: Tallies = Counter()
    for place, (ours, theirs) in enumerate(_pairs(files, paths, role.n_rows), 1):
        for name in _SAME:
            if ours[name] != theirs[name]:
                raise BundleError(f"row {place} has another {name} than this model's row")
        found[ours["label"], ours["decision"], theirs["decision"]] += 1
        taken.take(place, ours, theirs)
    if table is None:
        return
    expected: Tallies = Counter()
    for cell in table.rows:
        expected[cell.label, cell.decision, cell.groups[-1]] += cell.n
    wrong = [k for k in sorted(expected | found) if expected[k] != found[k]]
    for label, ours_made, theirs_made in wrong[:_MAX_SHOWN]:
        key = (label, ours_made, theirs_made)
        yield Fault(
            f"label {label!r}, decisions {ours_made!r} and {theirs_made!r} do not tally with the "
            "counts", paths[1], f"{expected[key]} rows", f"{found[key]} rows",
        )  # fmt: skip


def _pairs(files: SignedFiles, paths: list[str], n_rows: int) -> Iterator[tuple[Row, Row]]:
    """Row beside row. Both files are read to their end, where their digests are compared.

    Raises:
        BundleError: one is longer than the other or than the report says, or lacks a column.
    """
    sides = (read_rows(files, path) for path in paths)
    for place, (ours, theirs) in enumerate(zip_longest(*sides), 1):
        if ours is None or theirs is None or place > n_rows:
            raise BundleError(f"expected this model's {n_rows} rows, found others")
        if any(name not in row for row in (ours, theirs) for name in _NEEDED):
            raise BundleError(f"expected the columns {', '.join(_NEEDED)}")
        yield ours, theirs
