"""A Git repository, read and never written: a clone, a bare repository, or a URL's mirror.

Nothing is checked out and nothing of the repository runs (`git_command`). Commits, tags and trees
are parsed from bytes that were hashed on the way (`git_objects`), so that a commit id vouches for
all that is said about the commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.resolve.git_command import git_environment, last_words, run_git
from affidavit.resolve.git_objects import (
    MAX_RECORD_BYTES,
    MAX_TREE_BYTES,
    ObjectReader,
)
from affidavit.resolve.mirror import Address, fetch_commit, parse_address, update_mirror
from affidavit.resolve.signatures import Signature, check_signature
from affidavit.tracked.git_ids import ObjectFormat
from affidavit.tracked.git_parsing import Person, parse_commit, parse_tag
from affidavit.tracked.git_tree import Listing, list_files

MAX_READ_BYTES = 16 * 1024 * 1024
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """An annotated tag that points at the commit."""

    name: str
    oid: str
    tagger: Person | None
    message: str
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit that the repository has. Who and when are its own words; `sha` is hashed."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    subject: str
    message: str
    signature: Signature
    tags: tuple[Tag, ...]


def is_commit_id(text: str) -> bool:
    """Whether a text is a full commit id. An abbreviated one can change its meaning."""
    return _SHA.fullmatch(text) is not None


class Repository:
    """An open repository. Use as a context manager, or call `close`.

    Attributes:
        where: its path or URL for messages, without credentials. Never put it into evidence: two
            builds in two folders are to give the same bytes.
        git_dir: what stock git takes as GIT_DIR.
        object_format: `sha1`, or `sha256` (git init --object-format=sha256).
    """

    def __init__(
        self,
        where: str,
        git_dir: Path,
        object_format: ObjectFormat,
        *,
        allowed_signers: Path | None = None,
        address: Address | None = None,
    ) -> None:
        self.where = where
        self.git_dir = git_dir
        self.object_format = object_format
        self.objects = ObjectReader(git_dir, object_format)
        self._allowed_signers = allowed_signers
        self._address = address
        self._listings: dict[str, Listing] = {}

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
        """End the process that reads objects."""
        self.objects.close()

    def find(self, sha: str) -> Commit | None:
        """The commit of this full id; None where the repository has none: a gap.

        A name that could move (a branch, `HEAD`, an abbreviated id) is no commit id: None.

        Raises:
            SourceError: the commit is there and damaged.
            Contradicted: its bytes are not those of its id.
        """
        if not is_commit_id(sha) or len(sha) != (40 if self.object_format == "sha1" else 64):
            return None
        content = self.objects.read(sha, "commit", MAX_RECORD_BYTES)
        if content is None and self._address is not None:
            fetch_commit(self._address, self.git_dir, sha)
            self.objects.close()
            content = self.objects.read(sha, "commit", MAX_RECORD_BYTES)
        if content is None:
            return None
        raw = parse_commit(content, sha)
        return Commit(
            sha=sha,
            tree=raw.tree,
            parents=raw.parents,
            author=raw.author,
            committer=raw.committer,
            subject=raw.subject,
            message=raw.message,
            signature=self._signature(raw.signature, raw.payload, raw.committer.at),
            tags=tuple(self._tags(sha)),
        )

    def is_on_a_branch(self, sha: str) -> bool | None:
        """Whether a branch or tag leads to a commit that the repository has; None: not known.

        A host's own refs (pull requests) and a checkout of the commit itself do not count.
        """
        names = ("--branches", "--tags", "--remotes")
        done = run_git(("rev-list", "-1", sha, "--not", *names), git_dir=self.git_dir)
        if done.returncode == 0 and not done.stdout.strip():
            return True
        # Git passes over a missing commit there, and every one behind it would be on no branch.
        whole = run_git(("rev-list", "--count", *names), git_dir=self.git_dir)
        return False if done.returncode == whole.returncode == 0 else None

    def listing(self, sha: str) -> Listing:
        """Every file of a commit, read once.

        Raises:
            SourceError: no such commit, an object is missing, or more than a million entries.
            Contradicted: an object's bytes are not those of its id.
        """
        if sha not in self._listings:
            content = self.objects.read(sha, "commit", MAX_RECORD_BYTES)
            if content is None:
                raise SourceError(f"{self.where} has no commit {sha}")
            self._listings[sha] = list_files(parse_commit(content, sha).tree, self._tree)
        return self._listings[sha]

    def read(self, sha: str, path: str, *, limit: int = MAX_READ_BYTES) -> bytes | None:
        """A regular file's bytes at a commit; None if the commit has none of that path.

        Raises:
            SourceError: larger than `limit` bytes, or its object is missing.
            Contradicted: its bytes are not those of its id.
        """
        file = self.listing(sha).files.get(path)
        if file is None or not file.is_regular:
            return None
        content = self.objects.read(file.blob, "blob", limit)
        if content is None:
            raise self.incomplete(file.blob)
        return content

    def incomplete(self, oid: str) -> SourceError:
        """The error for an object that a complete clone would have."""
        return SourceError(
            f"{self.where} lacks the Git object {oid}",
            "a complete clone would have it",
            "run git fsck there, and take a clone that passes it",
        )

    def _tree(self, oid: str) -> bytes:
        content = self.objects.read(oid, "tree", MAX_TREE_BYTES)
        if content is None:
            raise self.incomplete(oid)
        return content

    def _tags(self, sha: str) -> Iterator[Tag]:
        fields = "--format=%(objecttype) %(objectname) %(refname)"
        done = run_git(
            ("for-each-ref", f"--points-at={sha}", fields, "refs/tags"), git_dir=self.git_dir
        )
        if done.returncode != 0:
            raise SourceError(f"the tags of {self.where} cannot be read", last_words(done.stderr))
        for line in sorted(done.stdout.splitlines()):
            kind, oid, ref = line.decode("utf-8", "replace").split(" ", 2)
            content = self.objects.read(oid, kind, MAX_RECORD_BYTES) if kind == "tag" else None
            if content is None:
                continue  # a lightweight tag is a name that anyone may move; it says nothing
            raw = parse_tag(content, oid)
            if raw.target == sha:  # not a tag of a tag
                at = raw.tagger.at if raw.tagger else None
                yield Tag(
                    name=ref.removeprefix("refs/tags/"),
                    oid=oid,
                    tagger=raw.tagger,
                    message=raw.message,
                    signature=self._signature(raw.signature, raw.payload, at),
                )

    def _signature(self, block: bytes | None, payload: bytes, at: datetime | None) -> Signature:
        return check_signature(block, payload, at=at, allowed_signers=self._allowed_signers)


def open_repository(
    location: str, mirror_dir: Path, *, allowed_signers: Path | None = None
) -> Repository:
    """Open the repository that a commit is to be found in.

    Args:
        location: a folder (a clone, a worktree, a bare repository) or an https, http, ssh or file
            URL. A folder below a repository's top is none: another repository may lie around it.
        mirror_dir: where mirrors of URLs are kept between builds.
        allowed_signers: OpenSSH's file of that name; without it no signature is `good`.

    Raises:
        SourceError: not a repository, one that git does not open, or a shallow clone.
        Unreachable: a URL that does not answer, or refuses us.
    """
    address = parse_address(location)
    folder = Path(location) if address is None else update_mirror(address, mirror_dir)
    where = location if address is None else address.url
    if not folder.is_dir():
        raise SourceError(
            f"{printable(where)} is not a Git repository",
            "a file, not a folder" if folder.exists() else "no such folder",
            "give --repo a clone, a bare repository or a URL",
        )
    git_dir, is_shallow, object_format = _inspect(folder, where)
    if is_shallow:
        at = "" if address else f"-C {where} "
        raise SourceError(
            f"{where} is a shallow clone",
            "history, tags and commits are missing from it, so that absent could mean cut off",
            f"run: git {at}fetch --unshallow" + ("  (in the remote repository)" if address else ""),
        )
    return Repository(
        where, git_dir, object_format, allowed_signers=allowed_signers, address=address
    )


def _inspect(folder: Path, where: str) -> tuple[Path, bool, ObjectFormat]:
    """Git's folder, whether it is shallow, its object format."""
    resolved = folder.resolve()
    environment = git_environment(None) | {"GIT_CEILING_DIRECTORIES": str(resolved.parent)}
    done = run_git(
        ("rev-parse", "--path-format=absolute", "--git-common-dir", "--is-shallow-repository",
         "--show-object-format"),
        cwd=resolved,
        environment=environment,
    )  # fmt: skip
    lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    if done.returncode != 0 or len(lines) < 3 or lines[-1] not in {"sha1", "sha256"}:
        is_foreign = b"dubious ownership" in done.stderr
        raise SourceError(
            f"{printable(where)} is not a Git repository"
            if not is_foreign
            else f"{printable(where)} belongs to another user, so git does not open it",
            last_words(done.stderr),
            f"run: git config --global --add safe.directory {resolved}"
            if is_foreign
            else "give --repo the top folder of a clone, a bare repository or a URL",
        )
    found: ObjectFormat = "sha256" if lines[-1] == "sha256" else "sha1"
    return Path("\n".join(lines[:-2])), lines[-2] == "true", found
