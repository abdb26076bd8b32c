"""Git LFS: a commit holds a pointer, a few lines of text, where the file itself lies elsewhere.

References:
    Git LFS specification, docs/spec.md, "The Pointer": fewer than 1024 bytes, `version` first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.resolve.repository import Repository

MAX_POINTER_BYTES: Final = 1024
_FIRST_LINES: Final = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",  # before it was called LFS
)
_NAMED: Final = 5


def is_pointer(content: bytes) -> bool:
    """Whether a blob stands for a file that Git LFS keeps."""
    return (
        len(content) < MAX_POINTER_BYTES
        and content.startswith(_FIRST_LINES)
        and b"\noid sha256:" in content
    )


def is_pointer_at(repository: Repository, sha: str, path: str) -> bool:
    """Whether a commit, which the repository has, holds a pointer at this path.

    Raises:
        SourceError: the repository cannot be read.
        Contradicted: an object's bytes are not those of its id.
    """
    file = repository.listing(sha).files.get(path)
    found = repository.objects.open(file.blob) if file and file.is_regular else None
    if found is None:
        return False
    if found.size_bytes >= MAX_POINTER_BYTES:
        repository.objects.close()  # unread: the next question starts anew
        return False
    return is_pointer(b"".join(found.chunks))


def pointer_gaps(paths: Iterable[str]) -> tuple[Finding, ...]:
    """The gap for files of the commit that are pointers; nothing where none is.

    Args:
        paths: of the pointers, in order.
    """
    pointers = [printable(p) for p in paths]
    if not pointers:
        return ()
    more = f" and {len(pointers) - _NAMED:,} more" if len(pointers) > _NAMED else ""
    is_one = len(pointers) == 1
    return (
        Finding(
            id="code.lfs",
            kind="gap",
            stage="resolve",
            what=f"{'a file' if is_one else f'{len(pointers):,} files'} of the training commit "
            f"{'is' if is_one else 'are'} kept by Git LFS: the pack has what points there, not "
            f"{'its' if is_one else 'their'} bytes",
            found=", ".join(pointers[:_NAMED]) + more,
            fix="keep these files apart (git lfs fetch origin COMMIT); track data with DVC, or "
            "give it with --dataset",
        ),
    )
