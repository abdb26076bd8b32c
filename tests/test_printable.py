"""What comes from outside cannot act on a terminal, nor hide from a reader."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mVERIFIED", "\\x1b[2J\\x1b[31mVERIFIED"),
        ("model\nVERIFIED", "model\\nVERIFIED"),
        ("fdp.\u202eexe", "fdp.\\u202eexe"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u00adb", "a\\xadb"),
        ("\x9b31m", "\\x9b31m"),
        ("line\u2028break", "line\\u2028break"),
        ("blank\u3164", "blank\\u3164"),
        ("lone \ud800", "lone \\ud800"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("\ue000", "\\ue000"),
    ],
)
def test_escapes_what_acts_or_hides(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text", ["credit-risk", "Kreditrisiko für Köln", "信用", "a → b…", "C:\\x"]
)
def test_leaves_what_people_read_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(st.text(st.characters()))
def test_nothing_unseen_is_left_and_nothing_changes_twice(text: str) -> None:
    shown = printable(text)

    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert printable(shown) == shown
