"""Counts, sizes and lists, the same on the terminal and on the card."""

from __future__ import annotations

import pytest

from affidavit.wording import count_text, first_text, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"),
        (212_400, "212 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (3_100_000, "3.1 MB"),
        (2 * 10**9, "2.0 GB"), (5 * 10**15, "5,000 TB"),
    ],
)  # fmt: skip
def test_a_size_has_two_digits_at_least_and_decimal_units(size: int, text: str) -> None:
    assert size_text(size) == text


def test_a_count_has_its_word() -> None:
    assert count_text(1, "file") == "1 file"
    assert count_text(2380, "row") == "2,380 rows"
    assert count_text(0, "entry", "entries") == "0 entries"
    assert count_text(0, "file", zero="no") == "no files"


def test_of_a_long_list_the_first_are_named_and_the_others_counted() -> None:
    assert first_text([], 2) == ""
    assert first_text(["a", "b"], 2) == "a, b"
    assert first_text(["a", "b", "c", "d"], 2) == "a, b and 2 more"
