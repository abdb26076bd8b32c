"""A bundle in the hands of a forger: its files in memory, and archives that nothing refuses."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from affidavit.bundle import layout
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.zip_records import Member, render_central, render_end, render_local
from affidavit.errors import UsageError
from affidavit.wording import size_text

MAX_BYTES: Final = 50_000_000  # some five times that are held at once
PAYLOAD, SIGNATURES = "data/", "signatures/"


@dataclass(frozen=True, slots=True)
class Contents:
    """The top folder of a bundle, and every file below it by its path."""

    folder: str
    files: MappingProxyType[str, bytes]

    def with_files(self, changed: dict[str, bytes]) -> Contents:
        """These contents with some files changed or added."""
        return Contents(self.folder, MappingProxyType({**self.files, **changed}))

    def without(self, *paths: str) -> Contents:
        """These contents with some files left out."""
        kept = {p: c for p, c in self.files.items() if p not in paths}
        return Contents(self.folder, MappingProxyType(kept))

    def below(self, start: str) -> tuple[str, ...]:
        """The paths that begin so, in the order of the archive."""
        return tuple(sorted((p for p in self.files if p.startswith(start)), key=str.encode))

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of each file, in the order of the archive."""
        for path in (*layout.HEAD, *self.below(PAYLOAD), *self.below(SIGNATURES)):
            if path in self.files:
                yield path, self.files[path]

    def record(self, path: str) -> Any:
        """A JSON file, read anew each time: whoever changes it changes a copy."""
        return json.loads(self.files[path])


def read_contents(path: Path) -> Contents:
    """All files of a bundle.

    Raises:
        UsageError: no such file; more than `MAX_BYTES`, which would all be held in memory.
        BundleError: not a bundle's archive.
    """
    with open_archive(path) as archive:
        if archive.size_bytes > MAX_BYTES:
            raise UsageError(
                f"{path} has {size_text(archive.size_bytes)}, at most {size_text(MAX_BYTES)} are "
                "forged",
                "each forgery is a whole copy, made in memory",
                "name a smaller bundle, or none: affidavit demo-forgeries",
            )
        files = {name: b"".join(archive.chunks(name)) for name in archive.names}
        return Contents(archive.folder, MappingProxyType(files))


def packed(folder: str, entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A well-formed archive of these entries, whatever they are called and however often."""
    out, directory, count = io.BytesIO(), io.BytesIO(), 0
    for path, content in entries:
        member = Member(
            name=f"{folder}/{path}", size=len(content), crc=zlib.crc32(content), offset=out.tell()
        )
        out.write(render_local(member))
        out.write(content)
        directory.write(render_central(member))
        count += 1
    offset = out.tell()
    out.write(directory.getvalue())
    out.write(render_end(count, directory.tell(), offset))
    return out.getvalue()


def pack(contents: Contents) -> bytes:
    """These contents as an archive, in the order of the format."""
    return packed(contents.folder, contents.entries())
