"""Writes an inventory: whole or not at all, over an older inventory, and over nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from affidavit.bundle.atomic import writing
from affidavit.errors import UsageError

_LOOKED_AT: Final = 4096


def require_replaceable(target: Path, mark: bytes) -> None:
    """Refuse a target that is there and is no inventory: an index is made again every day.

    Args:
        target: the file that is to be written.
        mark: what an older one of ours has in its first 4 KB.

    Raises:
        UsageError: it is another file, or its folder is not there.
    """
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: no such folder", fix="make it, or name another")
    if target.exists() and not _is_ours(target, mark):
        raise UsageError(
            f"{target} exists, and is no inventory of Affidavit's",
            "only an older inventory is replaced", "choose another name, or move it away",
        )  # fmt: skip


def write_output(target: Path, pieces: Iterable[bytes], mark: bytes) -> None:
    """Write the pieces to the target.

    Raises:
        UsageError: as `require_replaceable`; or the folder cannot be written to.
        AffidavitError: the disk is full.
    """
    require_replaceable(target, mark)
    with writing(target, replaces=target.exists()) as file:
        for piece in pieces:
            file.write(piece)


def _is_ours(target: Path, mark: bytes) -> bool:
    try:
        with target.open("rb") as file:
            return target.is_file() and mark in file.read(_LOOKED_AT)
    except OSError:
        return False
