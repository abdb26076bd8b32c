"""Commits, tags and trees from their own bytes; no IO here.

Parsed by us and not by `git log --format`, so that what is reported is what was hashed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from affidavit.errors import SourceError

_PERSON = re.compile(rb"(?P<name>[^<]*)<(?P<email>[^<>]*)> *(?P<at>[0-9]{1,12}) *(?P<zone>.*)")
_MOST_DIGITS = 6  # of a mode
_ZONE = re.compile(rb"([+-])([0-9]{2})([0-9]{2})")
# Python's own, in which nobody writes a message; some take hours over a long one.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_SURROGATE = re.compile("[\ud800-\udfff]")  # of UTF-7; no JSON can have it
_SIGNATURE_STARTS = (
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who, as the commit or tag says; nothing in Git checks it.

    `at` is None where the date is one that no calendar has.
    """

    name: str
    email: str
    at: datetime | None

    @property
    def moment(self) -> str | None:
        """When, ISO 8601 with the person's own zone."""
        return None if self.at is None else self.at.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCommit:
    """A commit's own words. `payload` is what `signature` was made over."""

    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signature: bytes | None
    payload: bytes

    @property
    def subject(self) -> str:
        """The message's first paragraph, in one line."""
        return " ".join(self.message.strip().partition("\n\n")[0].split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTag:
    """An annotated tag's own words."""

    target: str
    target_kind: str
    tagger: Person | None
    message: str
    signature: bytes | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree: mode as Git writes it (`100644`, `40000`), a name in bytes, an id."""

    mode: str
    name: bytes
    oid: str


def parse_commit(content: bytes, sha: str) -> RawCommit:
    """A commit object's content.

    Raises:
        SourceError: it lacks a tree, an author or a committer.
    """
    head, _, body = content.partition(b"\n\n")
    headers = tuple(_headers(head + b"\n"))
    signature = next((v for k, v, _ in headers if k in {b"gpgsig", b"gpgsig-sha256"}), None)
    kept = b"".join(raw for k, _, raw in headers if k not in {b"gpgsig", b"gpgsig-sha256"})
    encoding = next((v.decode("ascii", "replace") for k, v, _ in headers if k == b"encoding"), "")
    try:
        return RawCommit(
            tree=next(v for k, v, _ in headers if k == b"tree").decode("ascii"),
            parents=tuple(v.decode("ascii") for k, v, _ in headers if k == b"parent"),
            author=_person(next(v for k, v, _ in headers if k == b"author"), encoding),
            committer=_person(next(v for k, v, _ in headers if k == b"committer"), encoding),
            message=_text(body, encoding),
            signature=signature,
            payload=kept + b"\n" + body,
        )
    except (StopIteration, ValueError) as error:
        raise _malformed("commit", sha) from error


def parse_tag(content: bytes, oid: str) -> RawTag:
    """An annotated tag's content; its signature is the tail of its message.

    Raises:
        SourceError: it does not say what it points at.
    """
    head, _, body = content.partition(b"\n\n")
    headers = {key: value for key, value, _ in _headers(head + b"\n")}
    starts = [body.find(b"\n" + s) + 1 for s in _SIGNATURE_STARTS if b"\n" + s in body]
    cut = min(starts, default=len(body))
    try:
        return RawTag(
            target=headers[b"object"].decode("ascii"),
            target_kind=headers[b"type"].decode("ascii"),
            tagger=_person(headers[b"tagger"], "") if b"tagger" in headers else None,
            message=_text(body[:cut], ""),
            signature=body[cut:] or None,
            payload=content[: len(content) - len(body) + cut],
        )
    except (KeyError, ValueError) as error:
        raise _malformed("tag", oid) from error


def parse_tree(content: bytes, oid: str) -> tuple[TreeEntry, ...]:
    """A tree object's entries, in Git's order.

    Raises:
        SourceError: its bytes are not a tree.
    """
    entries, at, id_bytes = [], 0, len(oid) // 2
    try:
        while at < len(content):
            space = content.index(b" ", at)
            nul = content.index(b"\0", space)
            raw = content[nul + 1 : nul + 1 + id_bytes]
            mode, name = content[at:space].decode("ascii"), content[space + 1 : nul]
            is_mode = mode.isdecimal() and len(mode) <= _MOST_DIGITS
            if len(raw) != id_bytes or not is_mode or not name or b"/" in name:
                raise _malformed("tree", oid)
            entries.append(TreeEntry(mode, name, raw.hex()))
            at = nul + 1 + id_bytes
    except ValueError as error:
        raise _malformed("tree", oid) from error
    if len({entry.name for entry in entries}) < len(entries):
        raise _malformed("tree", oid)
    return tuple(entries)


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Key, value and raw bytes of each header; a line that starts with a space continues one."""
    for raw in re.findall(rb"[^\n]*\n(?: [^\n]*\n)*", head):
        key, _, value = raw[:-1].partition(b" ")
        yield key, value.replace(b"\n ", b"\n"), raw


def _person(value: bytes, encoding: str) -> Person:
    found = _PERSON.fullmatch(value)
    if found is None:
        raise ValueError("not a name, an address and a date")
    return Person(
        name=_text(found["name"].strip(), encoding),
        email=_text(found["email"].strip(), encoding),
        at=_date(int(found["at"]), found["zone"].strip()),
    )


def _date(seconds: int, zone: bytes) -> datetime | None:
    at = _ZONE.fullmatch(zone)
    try:
        offset = timedelta() if at is None else timedelta(hours=int(at[2]), minutes=int(at[3]))
        if at is not None and at[1] == b"-":
            offset = -offset
        return datetime.fromtimestamp(seconds, tz=timezone(offset) if offset else UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(content: bytes, encoding: str) -> str:
    """Text for people: a byte that is none becomes U+FFFD, the raw bytes are in the pack."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
        text = content.decode("utf-8" if name in _NO_CHARSETS else name, "replace")
    except (LookupError, ValueError):  # no such charset; a NUL in its name
        text = content.decode("utf-8", "replace")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _malformed(kind: str, oid: str) -> SourceError:
    return SourceError(
        f"Git {kind} {oid} is malformed",
        "its bytes have the right id but not the form that git writes",
        "run git fsck --strict there",
    )
