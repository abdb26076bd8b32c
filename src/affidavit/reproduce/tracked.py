"""Data that DVC is said to track, where the verifier could not hash it: held against the commit.

What was given for a file by reference has the sha256 that the signer stated; whether it also has
the digest that leads to the commit, only the bytes can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from affidavit.bundle.layout import CHUNK
from affidavit.bundle.recheck import Tally
from affidavit.evidence import Item
from affidavit.reproduce.comparing import Found
from affidavit.reproduce.record import Compared, Difference
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.tracked_bytes import byte_faults
from affidavit.verify.tracked_data import left_out, tracked
from affidavit.workspace import Workspace


def compare_tracked(records: Records, files: SignedFiles, work: Workspace) -> Iterator[Found]:
    """One for each role or protected table whose bytes are not those that the commit names.

    Raises:
        BundleError: the listing of a folder was changed since the bundle was verified.
    """
    at_commit = tracked(records)
    too_large = left_out(files, at_commit)
    for one in at_commit:
        if one.name not in too_large and all(i.embedded for i in one.items):
            continue  # the verifier did
        faults = list(byte_faults(one, files, lambda item: _chunks(item, work)))
        if faults:
            told = tuple(
                Difference(path=f.path or one.items[0].path, what="the file that the commit names",
                           status="different", signed=f.expected, recomputed=f.found)
                for f in faults
            )  # fmt: skip
            first = one.items[0]
            yield Found(
                compared=Compared(path=first.path, kind=first.kind, role=one.name,
                                  status="different", others=Tally(different=len(told))),
                differences=told,
            )  # fmt: skip


def _chunks(item: Item, work: Workspace) -> Iterable[bytes] | None:
    path = work.locate(item)
    return _pieces(path) if path.is_file() else None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
