"""The environment that the model is run in again: the bundle's lock, or what is at hand."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from affidavit.challenger_record import LOCK as CHALLENGER_LOCK
from affidavit.evidence import Evidence
from affidavit.recompute.environments import LOCK
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.reproduce.record import EnvironmentUsed, PinDiffers
from affidavit.reproduce.unpacking import unpack_wheels
from affidavit.requirements import read_requirements
from affidavit.verify.files import SignedFiles
from affidavit.workspace import Workspace

REQUIREMENTS = "data/environment/requirements.txt"
_LIMIT = 4 * 1024 * 1024


def choose_environment(
    files: SignedFiles, evidence: Evidence, options: WorkerOptions, work: Workspace
) -> tuple[WorkerOptions, EnvironmentUsed]:
    """Rebuild from the bundle's worker.lock, and from its wheels where it has them.

    What the user names goes before: an interpreter in place of the lock, a wheelhouse in place of
    the bundle's wheels. Without a lock the model is run in Affidavit's own environment, and the
    result says what is not as the model's requirements ask.

    Raises:
        DigestDiffers: the archive was changed after it was verified.
    """
    if options.model_env is not None:
        about = f"an environment that you named: {options.model_env}"
        return options, EnvironmentUsed(how="named", about=about)
    if LOCK not in files:
        differs = tuple(_differing(files, evidence))
        about = "Affidavit's own environment, since the bundle has no worker.lock"
        return options, EnvironmentUsed(how="own", about=about, differs=differs)
    beside = files.read(CHALLENGER_LOCK, _LIMIT) if CHALLENGER_LOCK in files else None
    lock, house = files.read(LOCK, _LIMIT), work.root / "wheelhouse"
    has_wheels = options.wheelhouse is None and unpack_wheels(files, house)
    wheelhouse = house if has_wheels else options.wheelhouse
    source = "from the wheels in the bundle" if has_wheels else "from its worker.lock"
    again = replace(
        options, lock=lock, wheelhouse=wheelhouse, challenger=replace(options, lock=beside)
    )
    return again, EnvironmentUsed(
        how="lock", about=f"the model's own environment, {source}",
        lock_sha256=hashlib.sha256(lock).hexdigest(), wheels=has_wheels,
    )  # fmt: skip


def _differing(files: SignedFiles, evidence: Evidence) -> Iterator[PinDiffers]:
    """The pins of the model's requirements, and its Python, that are otherwise here."""
    python = evidence.fact("environment.python")
    here = ".".join(map(str, sys.version_info[:3]))
    if python is not None and python.value is not None and str(python.value) != here:
        yield PinDiffers(name="python", expected=str(python.value), found=here)
    if REQUIREMENTS not in files:
        return
    for pin in read_requirements(files.read(REQUIREMENTS, _LIMIT)).pins:
        found = _installed(pin.name)
        if found != pin.version:
            yield PinDiffers(name=pin.name, expected=pin.version, found=found)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
