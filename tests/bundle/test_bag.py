from __future__ import annotations

import pytest

from affidavit.bundle.bag import BagInfo, external_identifier, parse_bag_info, render_bag_info
from affidavit.errors import BundleError, NewerFormat

INFO = BagInfo(
    evidence_id="e" * 64, external_identifier="credit-risk/3", payload_bytes=1234, payload_files=5
)


def test_is_read_as_it_was_written() -> None:
    content = render_bag_info(INFO)

    assert content == (
        b"Affidavit-Format: 1\nAffidavit-Evidence-Id: " + b"e" * 64
        + b"\nExternal-Identifier: credit-risk/3\nPayload-Oxum: 1234.5\n"
    )  # fmt: skip
    assert parse_bag_info(content, "bag-info.txt") == INFO


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"Affidavit-Format: 1\n", b"", "does not begin with Affidavit-Format"),
        (b"Format: 1\n", b"Format: one\n", "does not begin with Affidavit-Format"),
        (b"Format: 1\n", b"Format: 0\n", "does not begin with Affidavit-Format"),
        (b"External-Identifier", b"Source-Organization", "expected the lines"),
        (b"1234.5\n", b"1234.5\nBagging-Date: 2026-11-23\n", "expected the lines"),
        (b"1234.5\n", b"1234.5", "expected the lines"),
        (b"1234.5", b"1234", "a value is not of its form"),
        (b"1234.5", b"01234.5", "a value is not of its form"),
        (b"eeee\n", b"eee\n", "a value is not of its form"),
        (b"risk", b"risk\x1b", "a value is not of its form"),
        (b"risk", b"risk\xff", "not UTF-8"),
    ],
)
def test_refuses(old: bytes, new: bytes, words: str) -> None:
    content = render_bag_info(INFO)
    assert old in content

    with pytest.raises(BundleError, match=words):
        parse_bag_info(content.replace(old, new), "bag-info.txt")


def test_a_later_format_is_newer_whatever_else_it_holds() -> None:
    with pytest.raises(NewerFormat, match="format 2"):
        parse_bag_info(b"Affidavit-Format: 2\nwhatever\n", "bag-info.txt")


def test_a_name_that_no_line_can_hold_is_not_put_into_one() -> None:
    assert external_identifier("Größe 1", "2", "f-2") == "Größe 1/2"
    assert external_identifier("a\nAffidavit-Format: 9", "2", "f-2") == "f-2"
    assert external_identifier(" a", "2", "f-2") == "f-2"
