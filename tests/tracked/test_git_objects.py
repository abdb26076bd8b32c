"""Commits and trees that somebody made to take a reader's memory or hours, or to break its output."""

from __future__ import annotations

import json
import time

import pytest

from affidavit.errors import SourceError
from affidavit.tracked.git_parsing import parse_commit
from affidavit.tracked.git_tree import list_files


def commit_of(message: bytes, encoding: bytes) -> bytes:
    who = b"A <a@bank.example> 1700000000 +0000"
    head = b"tree " + b"0" * 40 + b"\nauthor " + who + b"\ncommitter " + who
    return head + b"\nencoding " + encoding + b"\n\n" + message


@pytest.mark.parametrize(
    "encoding",
    [b"punycode", b"idna", b"PUNYCODE", b"undefined", b"unicode_escape", b"utf-7", b"none", b"\0",
     b"hex"],
)  # fmt: skip
def test_a_message_in_any_encoding_is_text_in_no_time(encoding: bytes) -> None:
    message = b"+2AA- \\ud800 a-" + b"z" * 200_000
    started = time.process_time()

    said = parse_commit(commit_of(message, encoding), "0" * 40).message

    assert time.process_time() - started < 2
    json.dumps(said, ensure_ascii=False).encode()


def test_a_message_in_a_charset_of_its_time_is_read() -> None:
    message = "größe €".encode("windows-1252")

    assert parse_commit(commit_of(message, b"windows-1252"), "0" * 40).message == "größe €"
    assert parse_commit(commit_of(b"gr\xf6", b"ISO-8859-1"), "0" * 40).message == "grö"


def tree(*entries: tuple[bytes, bytes, int]) -> bytes:
    return b"".join(mode + b" " + name + b"\0" + bytes([oid]) * 20 for mode, name, oid in entries)


@pytest.mark.parametrize("is_file", [True, False])
def test_a_small_tree_of_endless_paths_is_refused(is_file: bool) -> None:
    """A folder of a long name, in it a thousand folders, and all of them one with a thousand."""
    leaf = b"100644" if is_file else b"40000"
    numbers = [b"%03d" % n for n in range(1000)]
    trees = {
        "01" * 20: tree((b"40000", b"a" * 60_000, 2)),
        "02" * 20: tree(*((b"40000", n, 3) for n in numbers)),
        "03" * 20: tree(*((leaf, n, 4) for n in numbers)),
        "04" * 20: b"",
    }

    with pytest.raises(SourceError, match="longer paths than anybody lists"):
        list_files("01" * 20, trees.__getitem__, most_bytes=64 << 20)
    with pytest.raises(SourceError, match="longer paths than anybody lists"):
        list_files("01" * 20, trees.__getitem__)


def test_an_ordinary_tree_is_listed_within_the_same_bound() -> None:
    trees = {"01" * 20: tree((b"40000", b"src", 2)), "02" * 20: tree((b"100644", b"a.py", 3))}

    listing = list_files("01" * 20, trees.__getitem__, most_bytes=200)

    assert list(listing.files) == ["src/a.py"]


def test_no_more_files_are_kept_than_are_expected() -> None:
    trees = {"01" * 20: tree(*((b"100644", n, 3) for n in (b"a", b"b", b"c")))}

    assert len(list_files("01" * 20, trees.__getitem__, most_files=3).files) == 3
    with pytest.raises(SourceError, match="more than 2 files"):
        list_files("01" * 20, trees.__getitem__, most_files=2)
