"""The bytes of tracked data, held against the digests that lead to the commit's."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.names import stored_name
from affidavit.commit_record import DVC_LISTINGS
from affidavit.declared_record import original_path
from affidavit.errors import AffidavitError
from affidavit.evidence import Digest, Fact, Item
from affidavit.tracked.dvc_digest import DvcDigest
from affidavit.tracked.dvc_listing import MAX_LISTING_BYTES, parse_listing
from affidavit.verify.checks import Fault
from affidavit.verify.files import SignedFiles
from affidavit.wording import count_text

Opened = Callable[[Item], Iterable[bytes] | None]
_DIR: Final = ".dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """One role or protected table of which the record says that DVC tracks it.

    Attributes:
        out: the fact on what the commit's DVC file names: the file, or the folder around it.
        inside: the path within that folder; None where it is the folder or the file itself, and
            empty where it is not in that folder.
    """

    name: str
    snapshot: Fact
    out: Fact
    items: tuple[Item, ...]

    @property
    def path(self) -> str:
        return str(self.snapshot.value)

    @property
    def inside(self) -> str | None:
        if self.out is self.snapshot:
            return None
        folder = f"{self.out.value}/"
        return self.path.removeprefix(folder) if self.path.startswith(folder) else ""

    @property
    def listed(self) -> Digest | None:
        """The digest of the folder's listing; None where it is a file by itself."""
        digest = self.out.digest
        return digest if digest is not None and is_listing(digest) else None


def is_listing(digest: Digest) -> bool:
    """Whether it is of a folder's listing, as DVC marks it."""
    return digest.value.endswith(_DIR)


def byte_faults(one: Tracked, files: SignedFiles, opened: Opened) -> Iterator[Fault]:
    """Where the bytes do not have the digests that lead to the commit's.

    Args:
        one: what is said to be tracked.
        files: of the bundle; a folder's listing is read there.
        opened: gives the bytes of an item; None where they are not at hand.

    Raises:
        BundleError: the listing is not the one that was signed, or is damaged.
    """
    digest = one.listed
    if digest is None:
        names = [original_path(item, one.name) for item in one.items]
        if names != [posixpath.basename(one.path)]:
            yield _files_fault(one, 1, names, names)
            return
        yield from differing(one.items[0], one.snapshot, opened)
        return
    path = f"{DVC_LISTINGS}/{stored_name(one.name)}.json"
    if path not in files:
        yield Fault(f"the listing of {one.out.value} is not here", EVIDENCE, path, "no such file")
        return
    content = files.read(path, MAX_LISTING_BYTES)
    found = _md5("md5", [content])
    if digest.value.removesuffix(_DIR) not in found:
        yield Fault(
            f"{path} is not the listing that the commit names", path, f"md5 {digest.value}",
            f"md5 {found[0]}",
        )  # fmt: skip
        return
    try:
        listing = {f.relpath: f.md5 for f in parse_listing(content, path)}
    except AffidavitError as error:
        yield Fault(str(error), path)
        return
    yield from _folder_faults(one, listing, opened)


def _folder_faults(one: Tracked, listing: Mapping[str, str], opened: Opened) -> Iterator[Fault]:
    """Each file of the folder is there once, under its own name, with its digest."""
    prefix = "" if one.inside is None else f"{one.inside}/"
    wanted = {
        path.removeprefix(prefix): md5 for path, md5 in listing.items() if path.startswith(prefix)
    }
    if one.inside in listing:  # one file of it
        wanted = {posixpath.basename(str(one.inside)): listing[str(one.inside)]}
    digest = one.out.digest
    algorithm = digest.algorithm if digest is not None else "md5"
    single = next(iter(wanted.values())) if len(wanted) == 1 else None
    own = Digest(algorithm=algorithm, value=single) if single is not None else None
    if one.inside is not None and one.snapshot.digest != own:
        yield Fault(
            f"{one.snapshot.id} is not the digest that the folder's listing has", EVIDENCE,
            single or "none: several files", str(one.snapshot.digest and one.snapshot.digest.value),
        )  # fmt: skip
    names = {original_path(item, one.name): item for item in one.items}
    if names.keys() != wanted.keys() or len(names) != len(one.items):
        odd = sorted(names.keys() ^ wanted.keys()) or ["a name twice"]
        yield _files_fault(one, len(wanted), names, odd)
        return
    for name, item in names.items():
        yield from _unlike(item, algorithm, wanted[name], opened)


def _files_fault(one: Tracked, count: int, names: Sized, odd: Sequence[str]) -> Fault:
    what = "listing" if one.listed else "DVC file"
    return Fault(
        f"the files of {one.path} are not those of its {what}", EVIDENCE,
        count_text(count, "file"), f"{count_text(len(names), 'file')}: {odd[0] if odd else 'none'}",
    )  # fmt: skip


def in_bundle(files: SignedFiles) -> Opened:
    """Bytes of items that are embedded, through the digests that were signed."""
    return lambda item: files.chunks(item.path) if item.path in files else None


def differing(item: Item, fact: Fact, opened: Opened) -> Iterator[Fault]:
    """Where one file does not have the digest of a fact."""
    if fact.digest is not None:
        yield from _unlike(item, fact.digest.algorithm, fact.digest.value, opened)


def _unlike(item: Item, algorithm: str, expected: str, opened: Opened) -> Iterator[Fault]:
    chunks = opened(item)
    if chunks is None:
        return
    found = _md5(algorithm, chunks)
    if expected not in found:
        yield Fault(
            f"{item.path} is not the file whose digest the record gives", item.path,
            f"md5 {expected}", f"md5 {found[0]}",
        )  # fmt: skip


def _md5(algorithm: str, chunks: Iterable[bytes]) -> tuple[str, ...]:
    """As DVC hashes; two where its versions differ on these bytes."""
    digest = DvcDigest("md5" if algorithm == "md5" else "md5-dos2unix")
    for chunk in chunks:
        digest.update(chunk)
    return digest.finish()
