"""The columns of the data: what each is used for, how it reads, and why it may be personal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from affidavit.evidence import ColumnProfile, Report
from affidavit.masking import FEW, is_small
from affidavit.render.tables import ColumnRow
from affidavit.render.words import MINUS, many

COLUMNS_SHOWN: Final = 60


def column_rows(reports: Sequence[Report]) -> tuple[tuple[ColumnRow, ...], str]:
    """The columns of the main role, and a sentence for those that are not shown."""
    profiles = [c for r in reports if r.name == "data" for c in r.columns]
    main = next((r.role for r in reports if r.name == "performance"), None)
    role = main if any(c.role == main for c in profiles) else next((c.role for c in profiles), None)
    own = [c for c in profiles if c.role == role]
    more = len(profiles) - len(own[:COLUMNS_SHOWN])
    left_out = f"And {many(more, 'more column')}, of this role or others, in the report."
    return tuple(_row(c) for c in own[:COLUMNS_SHOWN]), left_out if more else ""


def _row(column: ColumnProfile) -> ColumnRow:
    ends = [f"{v:.6g}".replace("-", MINUS) for v in (column.low, column.high) if v is not None]
    return ColumnRow(
        name=column.name,
        used_as=column.used_as,
        kind=column.kind,
        missing=FEW if is_small(column.missing) else f"{column.missing:,}",
        distinct=f"{column.distinct:,}",
        range=" to ".join(ends),
        hints="; ".join(column.hints),
    )
