"""controls/<catalog>.csv: the same assessments, for people who work in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Final

from affidavit.printable import as_cell
from affidavit.standing import Assessment, CatalogStanding

_COLUMNS: Final = (
    "catalog", "control", "reference", "confidence", "title", "status", "because", "remedy",
    "roles", "questions", "answered by", "set aside", "applies from", "applies until", "mode",
    "rule", "values", "items", "sha256", "same as", "expectation", "as of",
)  # fmt: skip


def as_csv(standing: CatalogStanding) -> bytes:
    """One row a control, UTF-8 with a byte-order mark, without which Excel guesses wrongly."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for assessment in standing.assessments:
        writer.writerow([as_cell(text or "") for text in _row(assessment, standing)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _row(a: Assessment, standing: CatalogStanding) -> tuple[str | None, ...]:
    return (
        standing.catalog, a.control, a.reference, a.confidence, a.title, a.status, a.because,
        a.remedy, "; ".join(a.roles), "; ".join(f"{q.role}: {q.question}" for q in a.questions),
        "; ".join(f"{x.role}: {x.answer}, {x.by}, {x.signed_on}" for x in a.answers), a.set_aside,
        a.applies_from, a.applies_until, a.mode, a.rule,
        "; ".join(f"{k} = {v}" for k, v in sorted(a.values.items())),
        "; ".join(i.path for i in a.items), "; ".join(i.sha256 for i in a.items),
        "; ".join(f"{c.catalog} {c.control} ({c.change})" for c in a.counterparts), a.expectation,
        standing.as_of,
    )  # fmt: skip
