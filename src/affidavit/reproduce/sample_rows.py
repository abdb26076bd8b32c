"""A sample of rows, scored now, beside the same rows of the bundle's prediction table."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.recheck import Tally
from affidavit.recompute.sampled import Sampled, SampledRole
from affidavit.reproduce.comparing import Found
from affidavit.reproduce.prediction_files import SCORES
from affidavit.reproduce.record import Compared, Difference, NotRun, Status
from affidavit.reproduce.tables import Row, compare_rows
from affidavit.verify.files import SignedFiles
from affidavit.verify.predictions import PREDICTIONS, read_rows
from affidavit.verify.records import Records


def compare_sample(sampled: Sampled, files: SignedFiles, records: Records) -> Iterator[Found]:
    """The sampled rows of each role; one whose predictions do not travel is not run.

    Raises:
        DigestDiffers: the archive was changed after it was verified.
        BundleError: a signed table is no CSV file.
    """
    done = {one.role: one for one in sampled.roles}
    for item in records.evidence.of_kind("predictions"):
        if item.path != f"{PREDICTIONS}/{item.role}.csv":
            continue
        one = done.get(item.role or "")
        if one is not None and item.path in files:
            yield _compared(item.path, one, files)
        else:
            why = "its predictions are not in the bundle" if one else "its data are not there"
            line = Compared(
                path=item.path, kind="predictions", role=item.role, status="not-run",
                others=Tally(not_run=1),
            )  # fmt: skip
            yield Found(
                compared=line, not_run=(NotRun(what=f"rows of the role {item.role}", why=why),)
            )


def _compared(path: str, one: SampledRole, files: SignedFiles) -> Found:
    signed, n = _picked(path, one, files)
    counted, told = compare_rows(path, signed, one.rows, SCORES, (p + 1 for p in one.places))
    if n != one.n:
        counted = counted.model_copy(update={"different": counted.different + 1})
        told = (*told, Difference(
            path=path, what="rows", status="different", signed=str(n), recomputed=str(one.n)
        ))  # fmt: skip
    status: Status = "different" if counted.wrong else "within" if counted.within else "equal"
    line = Compared(path=path, kind="predictions", role=one.role, status=status, others=counted)
    return Found(compared=line, differences=told)


def _picked(path: str, one: SampledRole, files: SignedFiles) -> tuple[list[Row], int]:
    """The signed rows of the sample, and how many there are in all."""
    wanted, rows, n = set(one.places), [], 0
    for n, row in enumerate(read_rows(files, path), 1):
        if n - 1 in wanted:
            rows.append(row)
    return rows, n
