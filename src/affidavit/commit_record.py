"""data/source/commit.json: the commit in words. Schema affidavit/commit, version 1."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field, StringConstraints

from affidavit.evidence import Record

COMMIT_JSON = "data/source/commit.json"
PACK = "data/source/commit.pack"  # its objects, beside it
# The listings of tracked folders, as DVC's remote has them; each named for its role.
DVC_LISTINGS = "data/source/dvc"
ObjectId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


class PersonSaid(Record):
    """Name, address and moment (ISO 8601, with its zone) as the object has them."""

    name: str
    email: str
    date: str | None

    @property
    def named(self) -> str:
        """`Ada Example <ada@bank.example>`."""
        return f"{self.name} <{self.email}>"


class SignatureSaid(Record):
    """The state of a signature, and by whom."""

    state: str
    scheme: str | None
    signer: str | None
    key: str | None


class TagSaid(Record):
    """An annotated tag that points at the commit."""

    name: str
    object: ObjectId
    tagger: PersonSaid | None
    message: str
    signature: SignatureSaid


class FileSaid(Record):
    """One file of the commit's tree; `hex` are the bytes of a path that is not UTF-8."""

    path: str
    hex: str | None = None
    mode: str
    blob: ObjectId
    size_bytes: int


class SubmoduleSaid(Record):
    """A place where the commit of another repository stands."""

    path: str
    hex: str | None = None
    commit: ObjectId


class CommitRecord(Record):
    """The commit that the model was trained from."""

    schema_: Literal["affidavit/commit"] = Field(default="affidavit/commit", alias="schema")
    version: Literal[1] = 1
    object_format: Literal["sha1", "sha256"]
    commit: ObjectId
    tree: ObjectId
    parents: tuple[ObjectId, ...]
    author: PersonSaid
    committer: PersonSaid
    subject: str
    message: str
    signature: SignatureSaid
    tags: Annotated[tuple[TagSaid, ...], FailFast()]
    files: Annotated[tuple[FileSaid, ...], FailFast()]
    submodules: Annotated[tuple[SubmoduleSaid, ...], FailFast()]
