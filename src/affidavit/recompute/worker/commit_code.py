"""The files of the training commit, taken out of data/source/commit.pack for an adapter.

The pack is one that `resolve.pack_format` wrote: whole objects, no deltas, no history. Every object
is hashed again, the commit names the tree and the trees name the files: so what is laid out is that
commit, and neither git nor the repository has to be there (a recheck has only the bundle).

References:
    gitformat-pack(5), git-hash-object(1).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from affidavit.tracked.git_ids import format_of
from affidavit.tracked.git_pack import PackedObject, broken, inflate, packed_objects
from affidavit.tracked.git_parsing import parse_commit
from affidavit.tracked.git_tree import list_files

_PIECE: Final = 1 << 20
_MOST_TREE: Final = 64 << 20
_MOST_FOLDERS: Final = 100  # one in another
_MOST_NAME: Final = 255
# A tree may name one blob many times: a pack of a few hundred bytes would fill a disk.
_MOST_BYTES: Final = 16 << 30
# What Python would run in place of the source beside it, without a look at that.
_COMPILED: Final = "__pycache__"
_REGULAR: Final = frozenset({"100644", "100755", "100664"})


def lay_out_commit(pack: Path, commit: str, folder: Path) -> dict[str, str]:
    """Write every regular file of the commit below `folder`, which is made.

    Links, submodules and files whose names no folder can take are left out: nothing may lead out.
    So is compiled code in `__pycache__`: what is on record is the source, so that has to run.

    Returns:
        The Git id of each file that was written, by its path.

    Raises:
        SourceError: not such a pack, it does not hold this commit whole, or it is one that would
            fill the disk.
    """
    if not pack.stat().st_size:  # which cannot be mapped
        raise broken("it is empty")
    folder.mkdir(parents=True)
    with pack.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        reader = _Pack(content, commit)
        written, left = {}, _MOST_BYTES
        for path, oid in reader.files():
            left -= reader.size_of(oid)
            if left < 0:
                raise broken(f"its files have more than {_MOST_BYTES >> 30} GiB")
            target = folder.joinpath(*path)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    out.writelines(reader.pieces(oid))
            except (
                FileExistsError,
                NotADirectoryError,
            ) as error:  # names that differ in case alone, on some systems
                raise broken(f"two of its files are {target.name!r} on this machine") from error
            written["/".join(path)] = oid
    return written


class _Pack:
    """An open pack whose objects are known by the ids that their bytes have."""

    def __init__(self, content: mmap.mmap, commit: str) -> None:
        self._content, self._commit = content, commit
        found = packed_objects(self._from(0), format_of(commit))
        self._objects = {one.oid: one for one in found}

    def files(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Path and id of every regular file, in Git's order."""
        tree = parse_commit(self._read(self._commit, "commit"), self._commit).tree
        for file in list_files(tree, lambda oid: self._read(oid, "tree")).files.values():
            path = tuple(file.path.split("/"))
            if len(path) > _MOST_FOLDERS + 1:
                raise broken("its folders are too deep")
            if file.mode in _REGULAR and all(map(_is_plain, path)):
                yield path, file.blob

    def size_of(self, oid: str) -> int:
        """How many bytes a blob has."""
        return self._of(oid, "blob").size

    def pieces(self, oid: str) -> Iterator[bytes]:
        """The bytes of a blob."""
        one = self._of(oid, "blob")
        yield from inflate(self._from(one.start), one.size)

    def _read(self, oid: str, kind: str) -> bytes:
        one = self._of(oid, kind)
        if one.size > _MOST_TREE:
            raise broken(f"a {kind} of more than {_MOST_TREE >> 20} MiB")
        return b"".join(inflate(self._from(one.start), one.size))

    def _of(self, oid: str, kind: str) -> PackedObject:
        found = self._objects.get(oid)
        if found is None or found.kind != kind:
            raise broken(f"it lacks the {kind} {oid}")
        return found

    def _from(self, start: int) -> Iterator[bytes]:
        for at in range(start, len(self._content), _PIECE):
            yield self._content[at : at + _PIECE]


def _is_plain(name: str) -> bool:
    """Whether a name is one of a file here, and of none that leads elsewhere."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # bytes that are no text
        return False
    odd = name in ("", ".", "..") or name.casefold() in (".git", _COMPILED)
    return not odd and size <= _MOST_NAME and not any(c in "/\\:" or ord(c) < 32 for c in name)
