"""Explained decisions against the predictions table: the same rows, scores and decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import DECISIONS
from affidavit.errors import BundleError
from affidavit.explanation_record import Decision, Decisions
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.explained_decisions import named
from affidavit.verify.files import DigestDiffers, SignedFiles
from affidavit.verify.nearness import shown, slack
from affidavit.verify.predictions import PREDICTIONS, read_rows

_CHECK: Final = "explained-decision"
Row = dict[str, str]


def check_rows(files: SignedFiles, found: Decisions, ledger: Ledger) -> bool:
    """Look each explained row up in data/predictions/<role>.csv, where that is in the bundle.

    Args:
        files: of the bundle.
        found: decisions.json.
        ledger: gains a check `explained-decision`, or that it did not run.

    Returns:
        Whether nothing was found wrong.
    """
    path = f"{PREDICTIONS}/{found.role}.csv"
    if path not in files or not found.decisions:
        if path not in files:
            ledger.not_run(
                _CHECK, f"{path} is not in the bundle, so no decision was looked up in it",
                path=path, required=False,
            )  # fmt: skip
        return True
    if ledger.has_failed("payload-digest", path):
        ledger.not_run(_CHECK, "its bytes are not those that were signed", path=path)
        return False
    wanted = {one.row_id for one in found.decisions}
    try:
        rows = _chosen(read_rows(files, path), wanted)
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        return False
    except BundleError:
        return False  # `prediction-tally` says what is wrong with the table
    return ledger.run(
        _CHECK, f"explained decisions are rows of {path}, with their scores and decisions",
        _row_faults(found, rows, path),
    )  # fmt: skip


def _chosen(rows: Iterator[Row], wanted: set[str]) -> dict[str, Row]:
    """The wanted rows; every row is read, since the digest is compared after the last."""
    return {row["row_id"]: row for row in rows if row.get("row_id") in wanted}


def _row_faults(found: Decisions, rows: dict[str, Row], path: str) -> Iterator[Fault]:
    for name, one in named(found):
        row = rows.get(one.row_id)
        if row is None:
            yield Fault(f"{name} is about no row of {path}", DECISIONS, "a row", "none")
        else:
            yield from _differences(name, found, one, row)


def _differences(name: str, found: Decisions, one: Decision, row: Row) -> Iterator[Fault]:
    own = row.get(f"score_{found.of}", row.get("score", ""))
    try:
        score = float(own)
    except ValueError:
        score = None
    if score is None or not abs(score - one.score) <= slack(score):
        yield Fault(f"{name}: its score is not that of its row", DECISIONS, own or "none",
                    shown(one.score))  # fmt: skip
    for column, said in (("decision", one.label), ("final_decision", one.final)):
        if column in row and (said or "") != row[column]:
            yield Fault(f"{name}: its {column.replace('_', ' ')} is not that of its row",
                        DECISIONS, row[column] or "none", said or "none")  # fmt: skip
