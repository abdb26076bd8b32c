"""docs/bundle-format.md taken apart: its sections, and its tables as lists of cells."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "bundle-format.md").read_text("utf-8")


def section(heading: str) -> str:
    """The text below a heading, up to the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"no section {heading!r}"
    return found[1]


def table(text: str, first: str) -> list[list[str]]:
    """The table whose first heading is this: its header, then its rows."""
    rows = text.partition(f"\n| {first} |")[2].partition("\n\n")[0]
    assert rows, f"no table {first!r}"
    lines = [line for line in f"| {first} |{rows}".splitlines() if not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def coded(cell: str) -> list[str]:
    """What stands in code in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def names(text: str, first: str) -> set[str]:
    """The names in code in the first column of a table."""
    return {name for row in table(text, first)[1:] for name in coded(row[0])}
