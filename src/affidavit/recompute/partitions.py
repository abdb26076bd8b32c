"""Columns whose values stand in the names of folders: `year=2025/month=1/part-0.parquet`.

Spark, Hive, pandas and Arrow write tables so, and leave those columns out of the files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa

from affidavit.errors import SourceError
from affidavit.printable import printable

_MISSING: Final = ("", "__HIVE_DEFAULT_PARTITION__")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
Values = dict[str, str | None]


def is_partition(folder: str) -> bool:
    """Whether a folder's name is `<column>=<value>`."""
    return folder.find("=") > 0


def folder_values(name: str) -> Values:
    """The column of each folder on the way to a file, and its value; None is a missing one.

    Args:
        name: the file's path, as seen from the folder of the table.

    Raises:
        SourceError: a column that stands twice on the way, or bytes that are no UTF-8.
    """
    found: Values = {}
    for folder in filter(is_partition, name.split("/")[:-1]):
        key, _, value = folder.partition("=")
        try:
            column, text = unquote(key, errors="strict"), unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{printable(name)}: the folder {printable(folder)!r} is not UTF-8",
                "its name is read as a column and a value",
                "write the folder's name as UTF-8 and make the snapshot again",
            ) from error
        if column in found:
            raise SourceError(
                f"{printable(name)}: two folders on its way name the column {printable(column)!r}",
                fix="name one of them as the path of the role in affidavit.toml",
            )
        found[column] = None if value in _MISSING else text
    return found


def columns_of(names: Sequence[str], *, is_text: bool) -> list[dict[str, Any]]:
    """For each file the value of each of its folders' columns, as an Arrow scalar.

    Whole numbers where every value of the column is one, as Spark and pandas read them; text else,
    and always beside CSV files, whose values are text too.

    Args:
        names: paths of the table's files.
        is_text: whether they are CSV files.

    Raises:
        SourceError: files that do not lie in folders of the same columns.
    """
    values = [folder_values(name) for name in names]
    for name, other in zip(names, values, strict=True):
        if list(other) != list(values[0]):
            raise SourceError(
                f"{printable(names[0])} and {printable(name)} are not partitioned alike",
                f"the folders of the one name {_listed(values[0])}, of the other {_listed(other)}",
                "name one folder of the table as the path of the role in affidavit.toml",
            )
    columns = list(values[0])
    kinds = {c: _kind([v[c] for v in values], is_text=is_text) for c in columns}
    return [{c: _scalar(v[c], kinds[c]) for c in columns} for v in values]


def _kind(texts: Sequence[str | None], *, is_text: bool) -> Any:
    known = [t for t in texts if t is not None]
    is_whole = not is_text and bool(known) and all(map(_WHOLE.fullmatch, known))
    return pa.int64() if is_whole else pa.string()


def _scalar(text: str | None, kind: Any) -> Any:
    if text is None or not pa.types.is_integer(kind):
        return pa.scalar(text, kind)
    return pa.scalar(int(text), kind)


def _listed(values: Values) -> str:
    return printable(", ".join(values)) or "none"
