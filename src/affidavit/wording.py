"""Counts, sizes and lists in words, the same wherever they are said."""

from __future__ import annotations

from collections.abc import Sequence


def count_text(n: int, one: str, many: str | None = None, *, zero: str = "0") -> str:
    """`1 file`, `2,380 rows`; for none `0 files`, or with another word than the digit."""
    return f"{f'{n:,}' if n else zero} {one if n == 1 else many or one + 's'}"


def first_text(texts: Sequence[str], most: int) -> str:
    """`a, b, c`; of more than so many the first ones: `a, b and 3 more`."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def size_text(size_bytes: int) -> str:
    """`999 B`, `3.1 MB`, `212 kB`: decimal units, two digits at least."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    size, units = size_bytes / 1000, ["kB", "MB", "GB", "TB"]
    while size >= 999.5 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.1f} {units[0]}" if size < 9.95 else f"{size:,.0f} {units[0]}"
