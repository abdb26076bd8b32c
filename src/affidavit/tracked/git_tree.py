"""What a commit holds: its files by path, from its trees. No IO here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from affidavit.errors import SourceError
from affidavit.tracked.git_parsing import TreeEntry, parse_tree
from affidavit.wording import count_text

MAX_TREE_ENTRIES: Final = 1_000_000  # a tree may name one subtree many times: ten levels: a bomb
_MAX_PATH: Final = 64 * 1024
# Of all paths together, and of what else is kept of each: folders in folders, of long names.
_MAX_PATHS: Final = 512 * 1024 * 1024
_ENTRY_WEIGHT: Final = 64
_FOLDER, _LINK, _SUBMODULE = "40000", "120000", "160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """A file, link or submodule of a commit.

    Attributes:
        path: with forward slashes; bytes that are not UTF-8 as lone surrogates.
        mode: `100644`, `100755`, `120000` (link) or `160000` (submodule).
        blob: the object's id, for a submodule the commit that it stands at.
    """

    path: str
    mode: str
    blob: str

    @property
    def is_submodule(self) -> bool:
        return self.mode == _SUBMODULE

    @property
    def is_regular(self) -> bool:
        return self.mode not in {_SUBMODULE, _LINK}

    @property
    def readable(self) -> str:
        """The path as text that JSON has a word for; a byte that is none becomes U+FFFD."""
        return self._raw.decode("utf-8", "replace")

    @property
    def hex(self) -> str | None:
        """The path's bytes, where they are not UTF-8."""
        return None if self.readable == self.path else self._raw.hex()

    @property
    def _raw(self) -> bytes:
        return self.path.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that a commit holds: its files by path in Git's byte order, and the ids of its trees."""

    files: dict[str, TreeFile]
    trees: frozenset[str]

    @property
    def submodules(self) -> tuple[TreeFile, ...]:
        return tuple(f for f in self.files.values() if f.is_submodule)


def list_files(
    root: str,
    read: Callable[[str], bytes],
    *,
    most_bytes: int = _MAX_PATHS,
    most_files: int = MAX_TREE_ENTRIES,
) -> Listing:
    """Every file below a tree.

    Args:
        root: the tree's id.
        read: gives the bytes of a tree by its id, or raises what says that it is not there.
        most_bytes: of all paths together, folders and files, each with 64 for itself.
        most_files: how many are expected; the rest of more of them is not looked at.

    Raises:
        SourceError: bytes that are no tree, more than a million entries, a path of more than
            64 KiB, or more bytes of paths or files than these.
    """
    parsed: dict[str, tuple[TreeEntry, ...]] = {}
    files: dict[str, TreeFile] = {}
    pending, seen = [(b"", root)], 0
    while pending:
        prefix, oid = pending.pop()
        if oid not in parsed:
            parsed[oid] = parse_tree(read(oid), oid)
        seen += len(parsed[oid])
        most_bytes -= len(parsed[oid]) * (len(prefix) + _ENTRY_WEIGHT)
        most_bytes -= sum(len(entry.name) for entry in parsed[oid])
        if seen > MAX_TREE_ENTRIES or len(prefix) > _MAX_PATH or most_bytes < 0:
            raise SourceError(
                f"the tree {root} has more than {MAX_TREE_ENTRIES:,} entries, a path of more "
                f"than {_MAX_PATH // 1024} KiB, or longer paths than anybody lists",
                fix="give a repository that holds the training code only",
            )
        for entry in parsed[oid]:
            name = prefix + entry.name
            if int(entry.mode) == int(_FOLDER):
                pending.append((name + b"/", entry.oid))
            elif len(files) == most_files:
                raise SourceError(f"the tree {root} has more than {count_text(most_files, 'file')}")
            else:
                path = name.decode("utf-8", "surrogateescape")
                files[path] = TreeFile(path=path, mode=entry.mode, blob=entry.oid)
    ordered = sorted(files.items(), key=lambda f: f[0].encode("utf-8", "surrogateescape"))
    return Listing(files=dict(ordered), trees=frozenset(parsed))
