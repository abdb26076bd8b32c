"""Data that the person names by `--dataset`: a role's, or a protected table's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from affidavit.errors import UsageError
from affidavit.resolve.declared_files import local_path
from affidavit.sources import public_uri
from affidavit.starting.glimpse import SUFFIXES, Table, read_table
from affidavit.toml_reader import is_role


def given_tables(datasets: Mapping[str, str]) -> tuple[Table, ...]:
    """What is given, in the order of the options; without columns where it is not looked at.

    Args:
        datasets: path or address by role; a name that can be no role is a protected table's path.

    Raises:
        UsageError: a path where nothing is, or what is there is no table.
    """
    return tuple(_given(name, where) for name, where in datasets.items())


def _given(name: str, where: str) -> Table:
    role = name if is_role(name) else None
    uri = public_uri(where)
    path = uri if role is not None else name
    file = local_path(where)
    if file is None:  # an address: fetched by a build, not by a look
        return Table(path=path, uri=uri, role=role, columns=(), rows=0, is_cut=True)
    if not file.exists():
        raise UsageError(
            f"{where}: no such file or folder", fix="correct the path; it starts from this folder"
        )
    if not file.is_dir():
        return replace(read_table(file, path), uri=uri, role=role)
    parts = sorted(f for f in file.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
    if not parts:
        raise UsageError(
            f"{where}: a folder without a CSV or Parquet file", fix="name the folder of the data"
        )
    first = read_table(parts[0], path)
    return replace(first, uri=uri, role=role, is_cut=first.is_cut or len(parts) > 1)
