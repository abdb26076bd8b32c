"""The files of a bundle as its manifest lists them: found, compared, and only then used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from affidavit.bundle.archive_reader import Archive
from affidavit.bundle.layout import (
    BAG_INFO,
    EVIDENCE,
    FORMAT,
    MANIFEST,
    MAX_RECORD_BYTES,
    TAG_MANIFEST,
    TAGGED,
)
from affidavit.bundle.manifest import parse_manifest
from affidavit.errors import BundleError
from affidavit.progress import Progress
from affidavit.verify.checks import ASK_AGAIN, Fault, Ledger
from affidavit.verify.shelf import Shelf
from affidavit.verify.trust import Trust

_TAG_LIMIT = 1024 * 1024


class DigestDiffers(BundleError):
    """A file whose bytes are not those that the manifest lists."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(
            f"{path} is not the file that was signed",
            f"expected sha256 {expected}, found {found}",
            ASK_AGAIN,
        )
        self.args = (path, expected, found)  # it crosses the border of a process
        self.path, self.expected, self.found = path, expected, found

    @property
    def fault(self) -> Fault:
        """The same as a fault of `payload-digest`."""
        return Fault(
            self.what, self.path, f"sha256 {self.expected}", f"sha256 {self.found}", ASK_AGAIN,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignedFiles:
    """Payload files that are read only through the manifest's digests.

    `withheld`: those that are not there because a discloser took them out (`check_withheld`).
    """

    archive: Archive
    listed: dict[str, str]
    withheld: frozenset[str] = frozenset()

    def __contains__(self, path: object) -> bool:
        return path in self.listed and path in self.archive

    def read(self, path: str, limit: int = MAX_RECORD_BYTES) -> bytes:
        """The bytes of a file, the very ones whose digest was compared.

        Raises:
            DigestDiffers: they are not those that the manifest lists.
            BundleError: not there, larger than `limit`, or damaged.
        """
        if path not in self:
            raise BundleError(f"{path} is not in this bundle")
        if self.archive.size(path) > limit:
            raise BundleError(
                f"{path}: expected at most {limit} bytes, found {self.archive.size(path)}"
            )
        return b"".join(self.chunks(path))

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes in pieces; the digest is compared after the last, so use nothing before.

        Raises:
            DigestDiffers: they are not those that the manifest lists.
        """
        digest = hashlib.sha256()
        damage: BundleError | None = None
        try:
            for piece in self.archive.chunks(path):
                digest.update(piece)
                yield piece
        except BundleError as error:
            damage = error
        if digest.hexdigest() != self.listed[path]:
            raise DigestDiffers(path, self.listed[path], digest.hexdigest())
        if damage is not None:
            raise damage

    def paths(self, folder: str, suffix: str) -> tuple[str, ...]:
        """The files directly in a folder whose names end so, sorted."""
        inside = (p for p in self.listed if p.startswith(folder + "/") and p.endswith(suffix))
        return tuple(sorted(p for p in inside if "/" not in p[len(folder) + 1 :]))


def reopened(
    archive: Archive, root: str | None, *, is_refuted: bool
) -> tuple[SignedFiles, SignedFiles]:
    """Payload and tag files of an archive that was examined before, through the same manifests.

    Args:
        archive: opened again.
        root: as it was examined.
        is_refuted: whether the manifest may be another than the tag manifest lists.

    Raises:
        BundleError: the file was changed since.
    """
    tags = archive.read(TAG_MANIFEST, _TAG_LIMIT)
    manifest = archive.read(MANIFEST, MAX_RECORD_BYTES)
    listed = parse_manifest(tags, TAG_MANIFEST) | {TAG_MANIFEST: _sha256(tags)}
    is_listed = listed.get(MANIFEST) == _sha256(manifest)
    if _sha256(tags) != root or not (is_listed or is_refuted):
        raise BundleError(f"{archive.path.name} was changed while it was read")
    return SignedFiles(archive, parse_manifest(manifest, MANIFEST)), SignedFiles(archive, listed)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_tag_files(
    archive: Shelf, root: str, sealed_root: str | None, trust: Trust | None, ledger: Ledger
) -> None:
    """Tag manifest: the file that the seal names, and the files that it names."""
    if sealed_root is not None:
        ledger.run(
            "tag-manifest", "the tag manifest is the one that was sealed",
            _root_faults(root, sealed_root),
        )  # fmt: skip
    else:
        ledger.not_run(
            "tag-manifest", "no readable seal says which tag manifest was sealed",
            path=TAG_MANIFEST, required=trust is not None,
        )  # fmt: skip
    ledger.run(
        "tag-digest", "the tag files are those that the tag manifest lists", _tag_faults(archive)
    )
    # A newer number was refused when the archive was opened; there is no older one.
    ledger.passed("format", f"format {FORMAT}", path=BAG_INFO)


def _root_faults(root: str, sealed_root: str) -> Iterator[Fault]:
    if root != sealed_root:
        yield Fault(
            "the tag manifest is not the one that was sealed: files or checksums were rewritten",
            TAG_MANIFEST, f"sha256 {sealed_root}", f"sha256 {root}", ASK_AGAIN,
        )  # fmt: skip


def _tag_faults(archive: Shelf) -> Iterator[Fault]:
    try:
        tags = parse_manifest(archive.read(TAG_MANIFEST, _TAG_LIMIT), TAG_MANIFEST)
    except BundleError as error:
        yield Fault(str(error), TAG_MANIFEST, fix=ASK_AGAIN)
        return
    if set(tags) != set(TAGGED):
        yield Fault(
            "the tag manifest does not list exactly the tag files", TAG_MANIFEST,
            ", ".join(sorted(TAGGED)), ", ".join(sorted(tags))[:400], ASK_AGAIN,
        )  # fmt: skip
    for name in TAGGED:
        found, damage = _digest_and_damage(archive, name)
        if name in tags and found != tags[name]:
            yield Fault(
                f"{name} is not the file that was signed", name,
                f"sha256 {tags[name]}", f"sha256 {found}", ASK_AGAIN,
            )  # fmt: skip
        elif damage:
            yield Fault(f"{name}: {damage}", name, fix=ASK_AGAIN)


def _digest_and_damage(archive: Shelf, name: str) -> tuple[str, str]:
    """The sha256 of an entry, and what is wrong with it though that may fit: a false CRC."""
    try:
        return archive.digest(name), ""
    except BundleError as error:
        return digest_of(archive, name), str(error)


def digest_of(archive: Shelf, name: str) -> str:
    """The sha256 of an entry, also of one that its CRC calls damaged."""
    try:
        return archive.digest(name)
    except BundleError:
        digest = hashlib.sha256()
        try:
            for piece in archive.chunks(name):
                digest.update(piece)
        except BundleError:
            pass  # the digest of what is there is what we are asked for
        return digest.hexdigest()


def read_manifest(archive: Archive, ledger: Ledger) -> SignedFiles | None:
    """Parse the manifest, and find what it does not list; None if it is no manifest.

    What it lists and is not there is `check_withheld`'s to judge.
    """
    try:
        listed = parse_manifest(archive.read(MANIFEST, MAX_RECORD_BYTES), MANIFEST)
    except BundleError as error:
        ledger.failed("manifest", Fault(str(error), MANIFEST, fix=ASK_AGAIN))
        return None
    present = {n for n in archive.names if n.startswith("data/")}
    ledger.run("unlisted", "no file is in the archive that the manifest does not list", (
        Fault(f"{path} is in the archive and not in the manifest: it was added", path,
              "not there", "there", ASK_AGAIN)
        for path in sorted(present - set(listed))
    ))  # fmt: skip
    return SignedFiles(archive, listed)


def check_bag_info(files: SignedFiles, ledger: Ledger) -> None:
    """bag-info.txt says what the manifest and the archive say."""
    ledger.run("bag-info", "bag-info.txt describes this bundle", _bag_info_faults(files))


def _bag_info_faults(files: SignedFiles) -> Iterator[Fault]:
    info, evidence_id = files.archive.bag_info, files.listed.get(EVIDENCE, "none")
    if info.evidence_id != evidence_id:
        yield Fault(
            "bag-info.txt names another evidence id", BAG_INFO, evidence_id, info.evidence_id
        )
    if set(files.listed) - set(files.archive.names):
        return  # `incomplete` or `withheld` has said it; sizes of what is not there are not known
    count, size = len(files.listed), sum(files.archive.size(p) for p in files.listed)
    if (info.payload_files, info.payload_bytes) != (count, size):
        yield Fault(
            "bag-info.txt counts another payload", BAG_INFO, f"{size}.{count}",
            f"{info.payload_bytes}.{info.payload_files}",
        )  # fmt: skip


def check_digests(files: SignedFiles, ledger: Ledger, progress: Progress) -> None:
    """Hash every listed file, once, and compare."""
    present = [p for p in files.archive.names if p in files.listed]
    progress.step(f"hashing {len(present)} files")
    ledger.run(
        "payload-digest", "every file is the one that the manifest lists",
        _digest_faults(files, present), found=f"{len(present)} files",
    )  # fmt: skip


def _digest_faults(files: SignedFiles, present: list[str]) -> Iterator[Fault]:
    for path in present:
        found, damage = _digest_and_damage(files.archive, path)
        if found != files.listed[path]:
            yield DigestDiffers(path, files.listed[path], found).fault
        elif damage:
            yield Fault(f"{path}: {damage}", path, fix=ASK_AGAIN)
