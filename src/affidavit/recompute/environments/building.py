"""From a lock to a folder of packages: wheels only, each checked against its digest."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.recompute.environments.cache import Kept, keep_folder, making
from affidavit.recompute.environments.indexes import pip_environment
from affidavit.recompute.environments.lock import Lock
from affidavit.recompute.environments.pythons import FoundPython
from affidavit.recompute.environments.resolving import digest_of, from_folder, platform
from affidavit.recompute.environments.uv_command import (
    MODEL_ENV,
    WHEELS_ONLY,
    run_to_end,
    run_uv,
)
from affidavit.sources import without_credentials
from affidavit.wording import count_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """What builds environments, and where it keeps them.

    Attributes:
        cache: the folder of all.
        settings: the environment for uv, `read_index_settings`.
        progress: told what is done.
        what, otherwise: for the errors, as `run_uv` takes them.
    """

    cache: Path
    settings: Mapping[str, str]
    progress: Progress
    what: str = "the model's environment cannot be built"
    otherwise: str = MODEL_ENV

    def packages(self, lock: Lock, python: FoundPython, wheelhouse: Path | None) -> Kept:
        """The folder of the lock's packages for an interpreter, built or kept from before.

        Args:
            lock: with the digests of every package.
            python: what they are for.
            wheelhouse: a folder of wheels that is used instead of any index.

        Raises:
            SourceError: a package has no wheel for here, or a wheel another digest.
            Unreachable: the index does not answer.
            WorkerError: the cache cannot be written.
        """

        def make(folder: Path) -> None:
            self.progress.step(f"installing {count_text(len(lock.entries), 'package')}")
            with self._written(lock) as requirements:
                arguments = [
                    "pip", "install", "--requirement", requirements, "--target", str(folder),
                    "--python", python.executable, "--require-hashes", "--no-deps",
                    *WHEELS_ONLY, "--link-mode", "copy", "--compile-bytecode",
                    *from_folder(wheelhouse),
                ]  # fmt: skip
                run_uv(arguments, self.settings, self.cache / "uv", self.what, self.otherwise)

        return keep_folder(self.cache, _name("packages", lock, python), make, self.progress.step)

    def wheels(self, lock: Lock, python: FoundPython, wheelhouse: Path | None) -> Kept:
        """A folder of the lock's wheels, fetched or kept from before; nothing in them is run.

        uv unpacks what it fetches and keeps no wheel, so pip fetches these.

        Raises:
            SourceError: a wheel is not to be had, or is another file than the lock's.
            WorkerError: the cache cannot be written.
        """

        def make(folder: Path) -> None:
            self.progress.step(f"fetching {count_text(len(lock.entries), 'wheel')}")
            with self._written(lock) as requirements:
                command = [
                    sys.executable, "-I", "-m", "pip", "--python", python.executable, "download",
                    "--quiet", "--require-hashes", "--no-deps", *WHEELS_ONLY, "--no-cache-dir",
                    "--dest", str(folder), "--requirement", requirements,
                    *from_folder(wheelhouse),
                ]  # fmt: skip
                code, said = run_to_end(command, pip_environment(self.settings), folder, self.what)
            if code:
                raise _not_fetched(said)

        return keep_folder(self.cache, _name("wheels", lock, python), make, self.progress.step)

    @contextmanager
    def _written(self, lock: Lock) -> Iterator[str]:
        """The lock's pins and digests in a file, for as long as the block lasts."""
        with making(self.cache) as folder:
            path = folder / "locked.txt"
            path.write_bytes(lock.bare())
            yield str(path)


def _name(kind: str, lock: Lock, python: FoundPython) -> str:
    """A place in the cache: of the lock's packages, the very interpreter, and the platform."""
    said = (kind, python.python.version, platform())
    return f"{kind}-{digest_of([lock.bare(), *(s.encode() for s in said)])[:32]}"


def _not_fetched(said: str) -> SourceError:
    lines = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    cause = (lines[-1] if lines else said.strip()[-300:]).removeprefix("ERROR: ")
    return SourceError(
        "the wheels of the model's environment cannot be fetched",
        printable(without_credentials(cause))[:600],
        'give them: --wheelhouse DIR; or leave them out: [environment] include = "lock"',
    )
