"""Taking files out of a bundle, with all that proves each of them alone.

What is written is a part of the bag itself: the files at their paths, tag files and manifest, and
the seals. Stock tools check it as they check a bundle, and so does `affidavit verify --proof`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from affidavit.bundle.layout import HEAD
from affidavit.errors import BundleError, UsageError
from affidavit.inspect.reading import Reading


def extract(reading: Reading, names: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Write files of a bundle, and their proof, into a new folder; all of it or nothing.

    Args:
        reading: an open bundle, which is not refuted.
        names: of files, as people write them.
        folder: must not exist.

    Returns:
        Where the files are, in the order of their names.

    Raises:
        UsageError: no such file; the folder exists, or cannot be written.
        BundleError: the bundle is refuted, not sealed, or a file is not the one that was sealed.
    """
    if reading.verdict.failed:
        raise BundleError(
            f"{reading.verdict.bundle} is NOT VERIFIED: nothing was taken out of it",
            reading.verdict.failed[0].what, "affidavit verify says what is wrong with it",
        )  # fmt: skip
    paths = [reading.find(name) for name in names]
    seals = [n for n in reading.files.archive.names if n.startswith("signatures/seal-")]
    if not seals:
        raise BundleError(
            f"{reading.verdict.bundle} is not sealed: nothing proves a file of it",
            fix="ask the sender for a sealed bundle",
        )  # fmt: skip
    if os.path.lexists(folder):
        raise UsageError(f"{folder} is there already", fix="name a new folder with --to")
    _write_all(reading, dict.fromkeys((*HEAD, *seals, *paths)), folder)
    return tuple(folder / path for path in paths)


def _write_all(reading: Reading, names: Iterable[str], folder: Path) -> None:
    """In a folder beside, which then gets the name."""
    beside: Path | None = None
    try:
        beside = Path(
            tempfile.mkdtemp(prefix=f".{folder.name[:80]}.", dir=folder.absolute().parent)
        )
        beside.chmod(0o755)
        for name in names:
            target = beside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for chunk in reading.chunks(name):
                    file.write(chunk)
        beside.rename(folder)
        beside = None
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written", error.strerror or str(error), "name another with --to"
        ) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
