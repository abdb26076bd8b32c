"""Git objects, read by stock git and hashed again here: an id is believed when it was recomputed.

`git cat-file` does not compare what it hands out with the id that it was asked for. All that this
stage says about a commit rests on ids, so each object's bytes are hashed as they pass.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from affidavit.errors import Contradicted, SourceError
from affidavit.resolve.git_command import (
    end_process,
    git_arguments,
    git_environment,
    git_is_missing,
    last_words,
)
from affidavit.tracked.git_ids import ObjectFormat, object_hash

MAX_RECORD_BYTES = 16 * 1024 * 1024  # a commit or tag; git itself has no bound
MAX_TREE_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class GitObject:
    """One object on its way. `chunks` must be read to the end before the next one is asked for."""

    oid: str
    kind: str
    size_bytes: int
    chunks: Iterator[bytes]


class ObjectReader:
    """One `git cat-file --batch` process. Not for two threads at once."""

    def __init__(self, git_dir: Path, object_format: ObjectFormat) -> None:
        self._format = object_format
        self._git_dir = git_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._is_busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next question would start another."""
        process, errors = self._process, self._errors
        self._process = self._errors = None
        self._is_busy = False
        if process is not None:
            end_process(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        if errors is not None:
            errors.close()

    def open(self, oid: str) -> GitObject | None:
        """The object of this full id, or None where the repository has none.

        Raises:
            SourceError: git failed on it (a damaged object).
            Contradicted: while reading, its bytes are not those of its id.
        """
        if self._is_busy:
            raise RuntimeError("the object before was not read to its end")
        stdin, stdout = self._pipes()
        try:
            stdin.write(oid.encode() + b"\n")
            stdin.flush()
        except BrokenPipeError as error:
            raise self._failed(oid) from error
        header = stdout.readline().split()
        if header[1:] == [b"missing"]:
            if b"error: " in self._words():  # there, and damaged: git calls that missing as well
                raise self._failed(oid)
            return None
        if len(header) != 3 or header[0] != oid.encode():
            raise self._failed(oid)
        kind, size = header[1].decode(), int(header[2])
        self._is_busy = True
        return GitObject(oid, kind, size, self._hashed(stdout, oid, kind, size))

    def read(self, oid: str, kind: str, limit: int) -> bytes | None:
        """A whole object of the kind expected; None if there is none, or of another kind.

        Raises:
            SourceError: larger than `limit` bytes, or damaged.
            Contradicted: its bytes are not those of its id.
        """
        found = self.open(oid)
        if found is None:
            return None
        if found.size_bytes > limit:
            self.close()
            raise SourceError(
                f"Git object {oid} has {found.size_bytes:,} bytes",
                f"a {found.kind} of more than {limit:,} bytes is not read",
                "look at that object: git cat-file -p " + oid,
            )
        content = b"".join(found.chunks)
        return content if found.kind == kind else None

    def _hashed(self, stdout: IO[bytes], oid: str, kind: str, size: int) -> Iterator[bytes]:
        digest = object_hash(kind, size, self._format)
        left = size
        while left:
            chunk = stdout.read(min(left, _CHUNK))
            if not chunk:
                raise self._failed(oid)
            digest.update(chunk)
            left -= len(chunk)
            yield chunk
        stdout.read(1)  # the newline after the content
        self._is_busy = False
        if digest.hexdigest() != oid:
            raise Contradicted(
                f"Git object {oid} is not what its id says",
                contradictions=(
                    (
                        f"Git object {oid}: the bytes in the repository are not those of its id",
                        oid,
                        digest.hexdigest(),
                        "run git fsck there, and take a clone that passes it",
                    ),
                ),
            )

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            # A file, not a pipe: nobody reads it while git writes, and a full pipe would hang both.
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
            try:
                self._process = subprocess.Popen(
                    git_arguments("cat-file", "--batch"),
                    env=git_environment(self._git_dir),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise git_is_missing() from error
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a process without the pipes that it was started with")
        return self._process.stdin, self._process.stdout

    def _words(self) -> bytes:
        """What git said so far. By position: its end and ours share one file offset."""
        return b"" if self._errors is None else os.pread(self._errors.fileno(), 64 * 1024, 0)

    def _failed(self, oid: str) -> SourceError:
        words = self._words()
        self.close()
        if b"promisor" in words:
            return SourceError(
                f"{self._git_dir} lacks the Git object {oid}",
                "a partial clone (git clone --filter)",
                f"run: git --git-dir {self._git_dir} fetch --refetch --no-filter",
            )
        return SourceError(
            f"Git object {oid} cannot be read",
            last_words(words),
            "run git fsck there, and take a clone that passes it",
        )
