"""Parts of one table, laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from affidavit.errors import SourceError
from affidavit.recompute.csv_file import CORRECT


@dataclass(frozen=True, slots=True)
class Part:
    """One file's rows, and the name of the file, safe to show."""

    name: str
    data: Any  # pyarrow.Table, which has no types


def join(parts: Sequence[Part], what: str) -> Any:
    """The rows of all parts as one Arrow table, with the columns in the order of the first.

    Args:
        parts: one or more.
        what: the role or protected table, for messages.

    Raises:
        SourceError: other columns in one part than in another, or types that do not fit together.
    """
    first = parts[0]
    names = first.data.column_names
    for other in parts[1:]:
        if set(other.data.column_names) != set(names):
            raise unlike(what, first.name, other.name)
    if len(parts) == 1:
        return first.data
    alike = [Part(p.name, p.data.select(names)) for p in parts]
    try:
        return pa.concat_tables(
            [_with_common_columns(p.data, alike) for p in alike], promote_options="permissive"
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SourceError(
            f"{what}: its tables do not fit together", _clash(alike), CORRECT
        ) from error


def unlike(what: str, first: str, other: str) -> SourceError:
    """Two files of a folder that are no parts of one table."""
    return SourceError(
        f"{what}: {first} and {other} have different columns or formats",
        fix="name one file as the path of the role in affidavit.toml",
    )


def _clash(parts: Sequence[Part]) -> str:
    """The first column that two parts hold as different types."""
    first = parts[0]
    for own in first.data.schema:
        for other in parts[1:]:
            kind = other.data.schema.field(own.name).type
            if kind != own.type:
                return f"{own.name!r} is {own.type} in {first.name} and {kind} in {other.name}"
    return ""


def _with_common_columns(data: Any, parts: Sequence[Part]) -> Any:
    """The table, text written out where another part does not hold it as a dictionary."""
    for place, own in enumerate(data.schema):
        kinds = {p.data.schema.field(place).type for p in parts}
        if len(kinds) > 1 and pa.types.is_dictionary(own.type):
            plain = data.column(place).cast(own.type.value_type)
            data = data.set_column(place, own.name, plain)
    return data
