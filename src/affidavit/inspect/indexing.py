"""Every bundle below a folder: found, looked at by several processes, grouped by model."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from affidavit.errors import AffidavitError, UsageError
from affidavit.inspect.index_grouping import grouped
from affidavit.inspect.index_reading import Found, read_bundle
from affidavit.inspect.index_record import CHECKED, WITHOUT_KEY, Index, Problem
from affidavit.interrupts import ignored_interrupts
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.verify import Trust
from affidavit.wording import count_text

SUFFIX: Final = ".evidence.zip"
# Below this, starting processes takes longer than they save.
_ALONE_BELOW: Final = 400
_MOST_PROCESSES: Final = 8
_AT_A_TIME: Final = 32
_TOLD_EVERY: Final = 50

_Look = Callable[[str], Found]


def index_folder(
    folder: Path, *, trust: Trust | None, today: date, progress: Progress, processes: int = 0
) -> Index:
    """Look at every `*.evidence.zip` below a folder.

    Of each its seal, manifests, evidence.json, declarations and controls are read, nothing else.

    Args:
        folder: looked through with all folders in it; links to folders are not followed.
        trust: pinned signers, or None.
        today: the day against which attestations are held.
        progress: told how far it is.
        processes: how many look at once; 0 leaves it to the count of bundles and processors.

    Raises:
        UsageError: no such folder, or no bundle in it.
        AffidavitError: a process that read bundles was ended from outside.
    """
    names, problems = _find(folder)
    if not names:
        why = problems[0].why if problems else "the folders in it were looked through too"
        raise UsageError(f"no *{SUFFIX} in {folder}", why, "name the folder that holds the bundles")
    wanted = processes or (_processors() if len(names) >= _ALONE_BELOW else 1)
    found: list[Found] = [Found(row=p) for p in problems]
    with closing(_looked_at(partial(_look, folder, trust, today), names, wanted)) as looked_at:
        for read in looked_at:
            found.append(read)
            if len(found) % _TOLD_EVERY == 0:
                progress.step(f"{len(found):,} of {len(names):,} bundles")
    index = Index(
        folder=printable(str(folder)),
        checked=WITHOUT_KEY if trust is None else CHECKED,
        trust=printable(trust.source) if trust is not None else None,
        as_of=today.isoformat(),
        bundles=len(names),
        problems=tuple(f.row for f in found if isinstance(f.row, Problem)),
        models=grouped(found),
    )
    progress.done("index", f"{count_text(len(names), 'bundle')} of "
                           f"{count_text(len(index.models), 'model')}")  # fmt: skip
    return index


def _find(folder: Path) -> tuple[list[str], list[Problem]]:
    """Files by their names below the folder, sorted, and folders that cannot be looked through."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "no such folder"
        raise UsageError(f"{folder}: {what}", fix="name the folder that holds the bundles")
    faults: list[OSError] = []
    names: list[str] = []
    for place, _, files in os.walk(folder, onerror=faults.append):
        names += (
            os.path.relpath(os.path.join(place, f), folder)  # noqa: PTH118  a Path a file is slow
            for f in files
            if f.lower().endswith(SUFFIX)
        )
    return sorted(names, key=os.fsencode), [
        Problem(
            bundle=printable(f"{os.path.relpath(f.filename or folder, folder)}{os.sep}"),
            kind="unreadable", why=f"the folder cannot be looked through: {f.strerror}",
        )
        for f in faults
    ]  # fmt: skip


def _looked_at(look: _Look, names: list[str], processes: int) -> Generator[Found, None, None]:
    """What was found of each name, in their order."""
    pool = _pool(processes) if processes > 1 else None
    if pool is None:
        yield from map(look, names)
        return
    try:
        with ignored_interrupts():  # by those that are started here; this one ends them
            found = pool.map(look, names, chunksize=_AT_A_TIME)
        yield from found
    except BrokenProcessPool as error:
        raise AffidavitError(
            "a process that read bundles was ended", "the system may be short of memory",
            "run it again with --jobs 1",
        ) from error  # fmt: skip
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _look(folder: Path, trust: Trust | None, today: date, name: str) -> Found:
    return read_bundle(folder / name, name, trust=trust, today=today)


def _pool(processes: int) -> ProcessPoolExecutor | None:
    """Processes of their own, not forks: a thread draws the progress meanwhile."""
    context = multiprocessing.get_context("spawn")
    try:
        return ProcessPoolExecutor(processes, mp_context=context)
    except (OSError, ImportError, NotImplementedError):  # a system without semaphores
        return None


def _processors() -> int:
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(own or 1, _MOST_PROCESSES))
