"""The groups of a role's rows, read again from the snapshot that is in the bundle."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from affidavit.config import Sensitive
from affidavit.errors import BundleError
from affidavit.evidence import Item
from affidavit.inspect.reading import Reading
from affidavit.inspect.row_changes import MAX_BYTES, MAX_ROWS
from affidavit.places import MISSING_GROUP
from affidavit.reading_rules import MISSING_WORDS, NUMBER, WHOLE_FLOAT, band_names
from affidavit.verify.files import DigestDiffers

# As the builder reads them (docs/metrics.md, "Values as text").
_NUMBER: Final = re.compile(NUMBER)
_WHOLE_FLOAT: Final = re.compile(WHOLE_FLOAT)
Column = list[str | None]


def read_groups(
    reading: Reading, role: str, attributes: Mapping[str, Sensitive], id_column: str | None
) -> dict[str, dict[str, str] | str]:
    """For each attribute the group of every row by its id, or why that is not known.

    Groups are used only where their sizes are those that the bundle's own reports count.

    Args:
        reading: the bundle.
        role: the dataset role.
        attributes: by name; those of a protected table or by probabilities have no column here.
        id_column: `[rows] id`; without one rows go by their number, from 1.

    Raises:
        DigestDiffers: a snapshot that is not what was signed.
    """
    found: dict[str, dict[str, str] | str] = {
        name: _elsewhere(a) for name, a in attributes.items() if _elsewhere(a)
    }
    here = {name: a for name, a in attributes.items() if name not in found}
    if not here:
        return found
    names = [*dict.fromkeys(a.column for a in here.values())]
    try:
        ids, columns = _columns(reading, role, names, id_column)
        for name, attribute in here.items():
            found[name] = _tallied(reading, role, name, _grouped(attribute, ids, columns))
    except DigestDiffers:
        raise
    except BundleError as error:
        found |= dict.fromkeys(here, f"groups are not known here: {error}")
    return found


def _elsewhere(attribute: Sensitive) -> str:
    if attribute.table is not None:
        return "groups are not known here: its protected table is held by reference"
    if attribute.probabilities:
        return "groups are estimated: no row belongs to one alone"
    return ""


def _columns(
    reading: Reading, role: str, names: Sequence[str], id_column: str | None
) -> tuple[Sequence[str], dict[str, Column]]:
    """The ids of all rows, and these columns as text; None where a value is missing."""
    items = sorted(reading.records.evidence.of_kind("dataset", role), key=lambda i: i.path.encode())
    if len(items) != 1 and id_column is None:
        raise BundleError(f"{len(items)} dataset files and no [rows] id")
    wanted = dict.fromkeys([*names, *([id_column] if id_column else [])])
    raw: dict[str, list[str]] = {name: [] for name in wanted}
    n = 0
    for item in items:
        _require_readable(reading, item)
        for row in reading.rows(item.path):
            n += 1
            if n > MAX_ROWS:
                raise BundleError(f"more than {MAX_ROWS:,} rows")
            for name in wanted:
                raw[name].append(_value(row, name))
    columns = {name: _as_text(values) for name, values in raw.items()}
    if id_column is None:
        return [str(i) for i in range(1, n + 1)], columns
    return _ids(columns[id_column]), columns


def _require_readable(reading: Reading, item: Item) -> None:
    if not item.embedded or item.path not in reading.files:
        raise BundleError(f"version {reading.version} holds the snapshot by reference")
    if not item.path.endswith(".csv"):
        raise BundleError("the snapshot is not a CSV file")
    if item.size_bytes > MAX_BYTES:
        raise BundleError(f"the snapshot is larger than {MAX_BYTES // 1024 // 1024} MiB")


def _value(row: Mapping[str, str], name: str) -> str:
    for key in (name, "\N{ZERO WIDTH NO-BREAK SPACE}" + name):  # a byte order mark
        if key in row:
            return row[key]
    raise BundleError("the snapshot has no such column")


def _ids(column: Column) -> list[str]:
    ids = [i for i in column if i is not None]
    if len(ids) != len(column) or len(set(ids)) != len(ids):
        raise BundleError("row ids of the snapshot are missing or stand twice")
    return ids


def _as_text(values: Sequence[str]) -> Column:
    """Missing is None; where all are numbers, whole ones lose their `.0`."""
    column: Column = [None if v in MISSING_WORDS else v for v in values]
    if all(v is None or _NUMBER.fullmatch(v) for v in column):
        return [v if v is None else _WHOLE_FLOAT.sub(r"\1", v) for v in column]
    return column


def _grouped(
    attribute: Sensitive, ids: Sequence[str], columns: Mapping[str, Column]
) -> dict[str, str]:
    column = columns[attribute.column]
    if attribute.bands:
        column = _banded(column, attribute.bands)
    return {i: MISSING_GROUP if v is None else v for i, v in zip(ids, column, strict=True)}


def _banded(column: Column, edges: tuple[float, ...]) -> Column:
    names = band_names(edges)
    try:
        numbers = [None if v is None else float(v) for v in column]
    except ValueError as error:
        raise BundleError("a value that bands cut is no number") from error
    return [None if v is None or math.isnan(v) else names[bisect_right(edges, v)] for v in numbers]


def _tallied(
    reading: Reading, role: str, name: str, groups: dict[str, str]
) -> dict[str, str] | str:
    """The groups, if as many rows are in each as the reports of the bundle say."""
    stated = {
        n.group[name]: n.n
        for r in reading.records.reports.values()
        for n in r.numbers
        if r.name == "fairness" and r.role == role and n.metric == "count" and n.label is None
        and n.group is not None and list(n.group) == [name]
    }  # fmt: skip
    if not stated:
        return f"version {reading.version} states no groups of it"
    if stated != dict(Counter(groups.values())):
        return f"the snapshot of version {reading.version} does not give the groups it states"
    return groups
