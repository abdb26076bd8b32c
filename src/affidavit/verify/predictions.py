"""The predictions table against the counts: labels and decisions, tallied again."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from affidavit.counts import CountTable
from affidavit.errors import BundleError
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.files import DigestDiffers, SignedFiles
from affidavit.verify.prediction_rows import Asked, RowChecks
from affidavit.verify.threshold_rows import CurveRows
from affidavit.verify.threshold_table import CHECK as THRESHOLD_TABLE
from affidavit.verify.threshold_table import Curve

PREDICTIONS: Final = "data/predictions"
_MAX_ROWS: Final = 2_000_000
_MAX_LINE: Final = 64 * 1024
_MAX_SHOWN: Final = 20
Tallies = Counter[tuple[str, str]]


def check_predictions(
    files: SignedFiles,
    role: str,
    tables: Mapping[str, CountTable],
    ledger: Ledger,
    *,
    listed: Collection[str],
    asked: Asked | None = None,
    curve: Curve | None = None,
) -> None:
    """Count label and decision in data/predictions/<role>.csv, where it is in the bundle.

    Args:
        files: of the bundle.
        role: whose predictions.
        tables: the count table of each column that holds decisions.
        ledger: gains the check `prediction-tally`.
        listed: the items of evidence.json, by path: those held by reference too.
        asked: what each row is held against in the same pass; None where nothing says.
        curve: the table of thresholds that the rows have to give; None where there is none.
    """
    path = f"{PREDICTIONS}/{role}.csv"
    if not tables:
        return
    if path not in listed:  # else whoever has the rows could not hold them against anything
        ledger.failed("prediction-tally", Fault(
            f"evidence.json names no table of the rows of {role}, from which its numbers come",
            path, "embedded, or by reference with its digest", "neither",
        ))  # fmt: skip
        return
    if path not in files:
        ledger.not_run(
            "prediction-tally", f"{path} is not in the bundle, so its rows were not counted again",
            path=path, required=False,
        )  # fmt: skip
        return
    if ledger.has_failed("payload-digest", path):
        ledger.not_run("prediction-tally", "its bytes are not those that were signed", path=path)
        return
    expected = {column: _tallied(table) for column, table in tables.items()}
    most = max(t.total() for t in expected.values())
    if most > _MAX_ROWS:
        ledger.not_run(
            "prediction-tally", f"{path} has more than {_MAX_ROWS:,} rows; they were not counted",
            path=path, fix="affidavit recheck counts them", required=False,
        )  # fmt: skip
        return
    checks = None if asked is None else RowChecks(asked)
    scores = None if curve is None else CurveRows(curve)
    rows = read_rows(files, path)
    try:
        found = tally(
            rows if scores is None else _seen(rows, scores), most, tuple(expected), checks
        )
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run("prediction-tally", "its bytes are not those that were signed", path=path)
        return
    except BundleError as error:
        ledger.failed("prediction-tally", Fault(f"{path}: {error}", path))
        return
    is_sound = ledger.run(
        "prediction-tally", f"{path} tallies with the counts",
        (f for c in expected for f in _faults(path, c, expected[c], found[c])),
    )  # fmt: skip
    _judge(path, checks, scores if is_sound else None, ledger)


def _judge(path: str, checks: RowChecks | None, scores: CurveRows | None, ledger: Ledger) -> None:
    """What the rows were held against on the way; of refuted rows the scores say nothing."""
    is_sound = checks is None or ledger.run(
        "prediction-row", f"every row of {path} is as configuration and reports say",
        checks.faults(path),
    )  # fmt: skip
    if scores is not None and is_sound:
        ledger.run(
            THRESHOLD_TABLE, f"the scores of {path} give what each threshold would do",
            scores.faults(),
        )  # fmt: skip


def _seen(rows: Iterable[dict[str, str]], scores: CurveRows) -> Iterator[dict[str, str]]:
    for row in rows:
        if "label" in row:
            scores.take(row)
        yield row


def _tallied(table: CountTable) -> Tallies:
    counts: Tallies = Counter()
    for cell in table.rows:
        counts[cell.label, cell.decision] += cell.n
    return counts


def _faults(path: str, column: str, expected: Tallies, found: Tallies) -> Iterator[Fault]:
    wrong = [k for k in sorted(expected | found) if expected[k] != found[k]]
    for label, decision in wrong[:_MAX_SHOWN]:
        yield Fault(
            f"{path}: label {label!r}, {column} {decision!r} does not tally with the counts", path,
            f"{expected[label, decision]} rows", f"{found[label, decision]} rows",
        )  # fmt: skip
    if len(wrong) > _MAX_SHOWN:
        yield Fault(
            f"{path}: {len(wrong) - _MAX_SHOWN} more labels and values of {column} do not tally",
            path, "none", str(len(wrong)),
        )  # fmt: skip


def tally(
    rows: Iterable[dict[str, str]],
    expected: int,
    columns: Sequence[str],
    checks: RowChecks | None = None,
) -> dict[str, Tallies]:
    """Rows by label and decision, for each column of decisions; each row is checked on the way.

    Raises:
        BundleError: a row without one of the columns, or more rows than are expected.
    """
    counts: dict[str, Tallies] = {c: Counter() for c in columns}
    for seen, row in enumerate(rows, 1):
        if seen > expected + 1:
            raise BundleError(f"more than the {expected} rows of the counts")
        if "label" not in row or any(c not in row for c in columns):
            raise BundleError(f"expected the columns label, {', '.join(columns)}")
        for column, counted in counts.items():
            counted[row["label"], row[column]] += 1
        if checks is not None:
            checks.take(seen, row)
    return counts


def read_rows(files: SignedFiles, path: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file by column; memory stays one chunk.

    The digest is compared after the last row: use nothing before.

    Raises:
        DigestDiffers: not the bytes that the manifest lists.
        BundleError: not UTF-8, not CSV, a column twice, a row of another width.
    """
    reader = csv.reader(_lines(files.chunks(path)), strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise BundleError("a column stands twice")
        for row in reader:
            if len(row) != len(header):
                raise BundleError(
                    f"row {reader.line_num}: expected {len(header)} fields, found {len(row)}"
                )
            yield dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise BundleError("not a CSV file", str(error)) from error


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    rest = ""
    try:
        for chunk in chunks:
            lines = (rest + decoder.decode(chunk)).split("\n")
            rest = lines.pop()
            if len(rest) > _MAX_LINE:
                raise BundleError(f"a line of more than {_MAX_LINE} characters")
            yield from (line + "\n" for line in lines)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BundleError("not UTF-8", f"byte {error.start}") from error
    if rest:
        yield rest
