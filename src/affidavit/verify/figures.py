"""Figures and items: a drawing that acts, and counts of single persons that are called public."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from affidavit.bundle.layout import EVIDENCE, REPORTS
from affidavit.errors import BundleError
from affidavit.evidence import Evidence
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.files import SignedFiles

_SMALL_CELL: Final = 10
_LIMIT: Final = 16 * 1024 * 1024
# Each part begins at a tag and ends before the next, so that a search takes one pass.
_ACTS: Final = re.compile(
    rb"<\s?script|<\s?foreignObject|<!ENTITY|<[^<>]*\s(on[a-z]+|([a-z]+:)?href)\s?=\s?[\"'][^#]",
    re.IGNORECASE,
)


def figure_faults(files: SignedFiles) -> Iterator[Fault]:
    """Drawings that run something, or that fetch something from elsewhere."""
    for path in files.paths(f"{REPORTS}/figures", ".svg"):
        try:
            found = _ACTS.search(files.read(path, _LIMIT))
        except BundleError:
            continue  # other bytes than were signed: said already
        if found is not None:
            yield Fault(
                f"{path} does more than draw", path, "no script, no link",
                found[0][:40].decode("ascii", "backslashreplace"),
            )  # fmt: skip


def sensitivity_faults(evidence: Evidence, tables: Sequence[NamedTable]) -> Iterator[Fault]:
    """Counts of fewer than ten rows may tell of one person, and are marked so."""
    marked = {i.path: i.sensitivity for i in evidence.items}
    for table in tables:
        least = min((c.n for c in table.table.rows), default=_SMALL_CELL)
        if least < _SMALL_CELL and marked.get(table.path) != "personal-data":
            yield Fault(
                f"{table.path} counts {least} rows and is not marked personal data", EVIDENCE,
                "personal-data", str(marked.get(table.path)),
            )  # fmt: skip
