"""The predictions table against the counts: labels and decisions, tallied again."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from affidavit.counts import CountTable
from affidavit.errors import BundleError
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.files import DigestDiffers, SignedFiles

PREDICTIONS: Final = "data/predictions"
_MAX_ROWS: Final = 2_000_000
_MAX_LINE: Final = 64 * 1024
Tallies = Counter[tuple[str, str]]


def check_predictions(files: SignedFiles, role: str, table: CountTable, ledger: Ledger) -> None:
    """Count label and decision in data/predictions/<role>.csv, where it is in the bundle."""
    path = f"{PREDICTIONS}/{role}.csv"
    if path not in files:
        ledger.not_run(
            "prediction-tally", f"{path} is not in the bundle, so its rows were not counted again",
            path=path, required=False,
        )  # fmt: skip
        return
    if ledger.has_failed("payload-digest", path):
        ledger.not_run("prediction-tally", "its bytes are not those that were signed", path=path)
        return
    expected: Tallies = Counter()
    for cell in table.rows:
        expected[cell.label, cell.decision] += cell.n
    if expected.total() > _MAX_ROWS:
        ledger.not_run(
            "prediction-tally", f"{path} has more than {_MAX_ROWS:,} rows; they were not counted",
            path=path, fix="affidavit recheck counts them", required=False,
        )  # fmt: skip
        return
    try:
        found = tally(read_rows(files, path), expected.total())
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run("prediction-tally", "its bytes are not those that were signed", path=path)
        return
    except BundleError as error:
        ledger.failed("prediction-tally", Fault(f"{path}: {error}", path))
        return
    ledger.run("prediction-tally", f"{path} tallies with the counts", (
        Fault(
            f"{path}: label {label!r}, decision {decision!r} does not tally with the counts", path,
            f"{expected[label, decision]} rows", f"{found[label, decision]} rows",
        )
        for label, decision in sorted(expected | found)
        if expected[label, decision] != found[label, decision]
    ))  # fmt: skip


def tally(rows: Iterable[dict[str, str]], expected: int) -> Tallies:
    """Rows by label and decision.

    Raises:
        BundleError: a row without both, or many more rows than are expected.
    """
    counts: Tallies = Counter()
    for seen, row in enumerate(rows, 1):
        if seen > expected + 1:
            raise BundleError(f"more than the {expected} rows of the counts")
        if "label" not in row or "decision" not in row:
            raise BundleError("expected the columns label and decision")
        counts[row["label"], row["decision"]] += 1
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
