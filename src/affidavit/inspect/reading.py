"""A bundle opened for reading, after verify has looked at it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.canonical import Json, loads
from affidavit.bundle.layout import HEAD, REPORTS
from affidavit.errors import BundleError, UsageError
from affidavit.evidence import Item
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.checks import ASK_AGAIN
from affidavit.verify.files import SignedFiles, reopened
from affidavit.verify.predictions import read_rows
from affidavit.verify.records import Records

# Below this all of a bundle is verified before any of it is read: about two seconds at most.
WHOLE_BELOW_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An open bundle: what verify said of it, its records, and its files through their digests.

    Attributes:
        verdict: `whole` for all but large bundles; of these it says no more than SEAL HOLDS.
        files: the payload, through the manifest.
        tag_files: the tag files, through the tag manifest; that one through the root.
    """

    verdict: Verdict
    records: Records
    files: SignedFiles
    tag_files: SignedFiles

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

    @property
    def version(self) -> str:
        """The model version that the bundle is about."""
        return self.records.evidence.subject.version

    def snapshot(self, role: str) -> frozenset[str]:
        """The digests of a role's dataset files; empty where it has none."""
        return frozenset(i.sha256 for i in self.records.evidence.of_kind("dataset", role))

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
        gone = next((w for w in self.verdict.withheld if w.path in (name, f"data/{name}")), None)
        if gone is not None:
            raise UsageError(
                f"{gone.path} is withheld, for {gone.profile}", gone.reason,
                "ask who sent the bundle",
            )  # fmt: skip
        near = difflib.get_close_matches(name, [n.removeprefix("data/") for n in names], n=1)
        raise UsageError(
            f"{name} is not in the bundle",
            fix=f"did you mean {near[0]}?" if near else "affidavit show BUNDLE lists its files",
        )

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file that was compared with its digest in a reading before this one.

        Raises:
            DigestDiffers: it is not the file that was signed.
            BundleError: it was added, or is damaged.
        """
        self.require_signed(path)
        if _is_statement(path):
            yield from self.files.archive.chunks(path)
        else:
            yield from self._listing(path).chunks(path)

    def listed_digest(self, path: str) -> str | None:
        """The sha256 that the manifests list; None for a signed statement, which none lists."""
        return None if _is_statement(path) else self._listing(path).listed.get(path)

    def _listing(self, path: str) -> SignedFiles:
        return self.tag_files if path in HEAD else self.files

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

        A signed statement is in no list: its signature was checked, or not, by the verdict.

        Raises:
            DigestDiffers: it is not the file that was signed.
            BundleError: no list names it, or it is damaged.
        """
        files = self._listing(path)
        if _is_statement(path):
            files.archive.digest(path)
            return
        if path not in files.listed:
            raise BundleError(
                f"{path} is in the archive and not in the manifest: it was added",
                "no signed list says which bytes it should have", ASK_AGAIN,
            )  # fmt: skip
        for _ in files.chunks(path):
            pass


def _is_statement(path: str) -> bool:
    return path.startswith("signatures/")


@contextmanager
def open_reading(path: Path, trust: Trust | None) -> Iterator[Reading]:
    """Verify a bundle, all of it unless it is large, and open it for reading.

    Of a large one seal, root and records are checked, and each file when it is read.

    Raises:
        UsageError: no such file.
        BundleError: not a bundle, or its record cannot be read.
    """
    examined = examine(path, trust=trust, whole=_is_small(path))
    if examined.records is None:
        bad = [c for c in examined.verdict.checks if c.status != "passed"]
        raise BundleError(
            f"{path.name} cannot be read", bad[0].what if bad else "",
            "affidavit verify says what is wrong with it",
        )  # fmt: skip
    with open_archive(path) as archive:
        files, tag_files = reopened(
            archive, examined.verdict.root, is_refuted=bool(examined.verdict.failed)
        )
        yield Reading(
            verdict=examined.verdict, records=examined.records, files=files, tag_files=tag_files
        )


def _is_small(path: Path) -> bool:
    """Whether all of it can be verified at once. What is no archive is, and fails at once too."""
    try:
        return path.stat().st_size < WHOLE_BELOW_BYTES
    except OSError:
        return True
