"""A bundle opened for reading, after verify has looked at it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.canonical import Json, loads
from affidavit.bundle.layout import HEAD, MANIFEST, MAX_RECORD_BYTES, REPORTS, TAG_MANIFEST
from affidavit.bundle.manifest import parse_manifest
from affidavit.errors import BundleError, UsageError
from affidavit.evidence import Item
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.files import SignedFiles
from affidavit.verify.predictions import read_rows
from affidavit.verify.records import Records

_TAG_LIMIT: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An open bundle: what verify said of it, its records, and its files through the manifest."""

    verdict: Verdict
    records: Records
    files: SignedFiles

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, of both tables."""
        derived = self.records.derived.items if self.records.derived else ()
        return (*self.records.evidence.items, *derived)

    @property
    def main_role(self) -> str | None:
        """The role whose reports go without its name: what the evidence is mainly about."""
        reports = self.records.reports
        plain = reports.get(f"{REPORTS}/performance.json") or next(iter(reports.values()), None)
        return plain.role if plain else None

    def json(self, path: str) -> Json:
        """A JSON file of the payload; None where it is not in the bundle.

        Raises:
            BundleError: not strict JSON, or not the bytes that the manifest lists.
        """
        return loads(self.files.read(path), path) if path in self.files else None

    def text(self, path: str) -> str | None:
        """A text file of the payload; None where it is not in the bundle.

        Raises:
            BundleError: too large, or not the bytes that the manifest lists.
        """
        if path not in self.files:
            return None
        return self.files.read(path).decode("utf-8", "replace")

    def find(self, name: str) -> str:
        """The path of a file in the bundle, as people write it: with or without `data/`.

        Raises:
            UsageError: no such file; the fix names the nearest.
        """
        names = self.files.archive.names
        folder = self.files.archive.folder
        for path in (name, f"data/{name}", name.removeprefix(f"{folder}/")):
            if path in names:
                return path
        held = [i for i in self.items if not i.embedded and i.path in (name, f"data/{name}")]
        if held:
            raise UsageError(
                f"{held[0].path} is held by reference: its bytes are not in the bundle",
                f"sha256 {held[0].sha256}, {held[0].size_bytes} bytes",
                f"get it where it was: {held[0].location or 'its location is not recorded'}",
            )
        near = difflib.get_close_matches(name, [n.removeprefix("data/") for n in names], n=1)
        raise UsageError(
            f"{name} is not in the bundle",
            fix=f"did you mean {near[0]}?" if near else "affidavit show BUNDLE lists its files",
        )

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file that was compared with its digest in a reading before this one.

        Raises:
            BundleError: a payload file that is not the one that was signed.
        """
        if path in HEAD or path.startswith("signatures/"):
            yield from self.files.archive.chunks(path)
            return
        self.require_signed(path)
        yield from self.files.chunks(path)

    def rows(self, path: str) -> Iterator[dict[str, str]]:
        """The rows of a CSV file by column.

        Raises:
            DigestDiffers: a file that is not the one that was signed; before the first row.
            BundleError: not a CSV file.
        """
        self.require_signed(path)
        return read_rows(self.files, path)

    def require_signed(self, path: str) -> None:
        """Read all of a file for its digest, so that none of it goes out unchecked.

        Raises:
            DigestDiffers: it is not the file that was signed.
        """
        for _ in self.files.chunks(path):
            pass


@contextmanager
def open_reading(path: Path, trust: Trust | None) -> Iterator[Reading]:
    """Check seal, root and records, and open the bundle for reading.

    Raises:
        UsageError: no such file.
        BundleError: not a bundle, or its record cannot be read.
    """
    examined = examine(path, trust=trust, whole=False)
    if examined.records is None:
        bad = [c for c in examined.verdict.checks if c.status != "passed"]
        raise BundleError(
            f"{path.name} cannot be read", bad[0].what if bad else "",
            "affidavit verify says what is wrong with it",
        )  # fmt: skip
    with open_archive(path) as archive:
        files = _files(archive, examined.verdict)
        yield Reading(verdict=examined.verdict, records=examined.records, files=files)


def _files(archive: Archive, verdict: Verdict) -> SignedFiles:
    """The files, through the very manifest that the verdict is about."""
    tags = archive.read(TAG_MANIFEST, _TAG_LIMIT)
    manifest = archive.read(MANIFEST, MAX_RECORD_BYTES)
    said = parse_manifest(tags, TAG_MANIFEST).get(MANIFEST)
    is_same = hashlib.sha256(tags).hexdigest() == verdict.root
    if verdict.word == "VERIFIED" and not (is_same and said == _sha256(manifest)):
        raise BundleError(f"{archive.path.name} was changed while it was read")
    return SignedFiles(archive, parse_manifest(manifest, MANIFEST))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
