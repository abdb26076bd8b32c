from __future__ import annotations

import pytest

from affidavit.bundle.manifest import parse_manifest, render_manifest
from affidavit.errors import BundleError

A, B = "a" * 64, "b" * 64


def test_renders_what_sha256sum_reads_sorted_by_utf8_bytes() -> None:
    rows = [("data/b", B), ("data/a b", A), ("data/\U0001f600", A), ("data/\uff5e", B)]

    content = render_manifest(rows)

    assert content.decode().splitlines() == [
        f"{A}  data/a b", f"{B}  data/b", f"{B}  data/\uff5e", f"{A}  data/\U0001f600",
    ]  # fmt: skip
    assert parse_manifest(content, "m") == dict(rows)
    assert parse_manifest(b"", "m") == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{A}  data/a", "the last line has no end"),
        (f"{A} data/a\n", "line 1: expected"),
        (f"{A} *data/a\n", "line 1: expected"),
        (f"{A.upper()}  data/a\n", "line 1: expected"),
        (f"{A[1:]}  data/a\n", "line 1: expected"),
        (f"{A}  data/a\r\n", "line 1: expected"),
        (f"{A}  data/a\n\n", "line 2: expected"),
        (f"\n{A}  data/a\n", "line 1: expected"),
        (f"{A}  \n", "line 1: expected"),
        (f"{A}  data/a\n{B}  data/a\n", "line 2: 'data/a' stands twice"),
        (f"{A}  data/b\n{B}  data/a\n", "line 2: 'data/a' is out of order"),
        (f"# note\n{A}  data/a\n", "line 1: expected"),
    ],
)
def test_refuses_every_other_form(content: str, words: str) -> None:
    with pytest.raises(BundleError, match=words):
        parse_manifest(content.encode(), "m")


def test_refuses_what_is_not_utf8() -> None:
    with pytest.raises(BundleError, match="m is not UTF-8"):
        parse_manifest(A.encode() + b"  data/\xff\n", "m")
