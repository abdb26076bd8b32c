"""The result as two files in a folder of their own, which is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from affidavit.bundle.canonical import record_bytes
from affidavit.errors import UsageError
from affidavit.interrupts import deferred_interrupts
from affidavit.reproduce.page import page
from affidavit.reproduce.record import Recheck

JSON: Final = "recheck.json"
HTML: Final = "recheck.html"


def require_free(folder: Path) -> None:
    """Refuse a place that is taken, before any work is done.

    Raises:
        UsageError: it exists, and is not an empty folder; or its parent is no folder.
    """
    if not folder.absolute().parent.is_dir():
        raise UsageError(
            f"--out {folder}: {folder.absolute().parent} is not a folder",
            fix=f"mkdir -p {folder.absolute().parent}",
        )
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"--out {folder} exists", fix="choose another name, or move it away")


def write_result(result: Recheck, folder: Path) -> None:
    """Write recheck.json and recheck.html beside the folder, and then name it.

    Raises:
        UsageError: the folder exists, or cannot be written.
        MissingExtra: Jinja is not installed.
    """
    require_free(folder)
    contents = {JSON: record_bytes(result), HTML: page(result).encode()}
    target = folder.absolute()
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
        try:
            for name, content in contents.items():
                (beside / name).write_bytes(content)
            beside.chmod(0o755)
            beside.rename(target)
        finally:
            with deferred_interrupts():
                shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"--out {folder} cannot be written", error.strerror or str(error),
            "choose a folder that exists and is yours",
        ) from error  # fmt: skip
