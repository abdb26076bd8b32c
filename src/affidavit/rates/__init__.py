"""Every number that follows from counts: recompute states them, verify derives them again."""

from affidavit.counts import Cell, CountTable, count_table, read_counts, write_counts
from affidavit.rates.deriving import derive
from affidavit.rates.effective import effective_limits

__all__ = [
    "Cell", "CountTable", "count_table", "derive", "effective_limits", "read_counts",
    "write_counts",
]  # fmt: skip
