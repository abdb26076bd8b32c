"""A case from a file: one row of the model's inputs, as a JSON object or a CSV file of one row."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from affidavit.errors import UsageError
from affidavit.printable import printable
from affidavit.reading_rules import MISSING_WORDS
from affidavit.wording import first_text

Value = str | int | float | bool | None
_MOST_BYTES: Final = 1 << 20
_MOST_NAMED: Final = 8
_SHAPE: Final = 'write {"income": 4500, "region": "north"}: a name and a plain value for each input'


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The fields of one case.

    Attributes:
        name: of the file, for errors.
        sha256: of its bytes: names the case without showing it.
        fields: by column.
        is_text: from CSV, where every value is text and numbers have to be read from it.
    """

    name: str
    sha256: str
    fields: dict[str, Value]
    is_text: bool


def read_case(path: Path) -> CaseFile:
    """Read a case; what it is depends on its content, not on its name.

    Raises:
        UsageError: no file, no JSON object or CSV of one row, a field twice, a value that is a list
            or an object.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"--case {path} cannot be read", error.strerror or str(error),
            "name a file that holds the case's inputs",
        ) from error  # fmt: skip
    if len(content) > _MOST_BYTES:
        raise UsageError(
            f"--case {path}: more than {_MOST_BYTES:,} bytes", fix="one case is one row"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--case {path}: not UTF-8 text", fix="save it as UTF-8") from error
    is_json = text.lstrip()[:1] in {"{", "["}
    fields = _from_json(text, path) if is_json else _from_csv(text, path)
    return CaseFile(
        name=path.name, sha256=hashlib.sha256(content).hexdigest(), fields=fields,
        is_text=not is_json,
    )  # fmt: skip


def _from_json(text: str, path: Path) -> dict[str, Value]:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return dict(zip(_once([k for k, _ in pairs], path), (v for _, v in pairs), strict=True))

    def refuse(word: str) -> NoReturn:
        raise UsageError(f"--case {path}: {word} is no value in JSON", fix="write null if missing")

    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "too deep"
        raise UsageError(f"--case {path}: not JSON, {where}", fix=_SHAPE) from error
    if not isinstance(found, dict):
        raise UsageError(f"--case {path}: expected one JSON object, found a list", fix=_SHAPE)
    nested = sorted(k for k, v in found.items() if isinstance(v, dict | list))
    if nested:
        raise UsageError(f"--case {path}: {named(nested)} is no plain value", fix=_SHAPE)
    return found


def _from_csv(text: str, path: Path) -> dict[str, Value]:
    try:
        rows = [r for r in csv.reader(io.StringIO(text), strict=True) if r]
    except csv.Error as error:
        raise UsageError(f"--case {path}: neither JSON nor CSV", str(error), _SHAPE) from error
    if len(rows) != 2:
        raise UsageError(
            f"--case {path}: expected a line of names and one row, found {len(rows)} lines",
            fix="one case is one row; or name the rows in [explain.decisions] ids and build",
        )
    names, values = _once(rows[0], path), rows[1]
    if len(names) != len(values):
        raise UsageError(
            f"--case {path}: expected {len(names)} values, found {len(values)}",
            fix="give every column one value; separate them with commas",
        )
    pairs = zip(names, values, strict=True)
    return {name: None if value in MISSING_WORDS else value for name, value in pairs}


def _once(names: list[str], path: Path) -> list[str]:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise UsageError(f"--case {path}: {named(twice)} stands twice", fix="give each field once")
    return names


def named(columns: list[str]) -> str:
    """Names for an error: of many, the first ones."""
    return printable(first_text(columns, _MOST_NAMED))
