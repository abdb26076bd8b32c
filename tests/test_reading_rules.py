"""The rules by which builder and reader read values of a table."""

from __future__ import annotations

import io
import re

import pandas as pd
import pytest

from affidavit.reading_rules import MISSING_WORDS, NUMBER, WHOLE_FLOAT, band_names


@pytest.mark.parametrize(
    ("edges", "names"),
    [
        ((25.0, 60.0), ("<25", "25-59", ">=60")),
        ((18.0,), ("<18", ">=18")),
        ((0.5, 1.5), ("<0.5", "0.5-<1.5", ">=1.5")),
    ],
)
def test_bands_are_named_as_people_write_them(
    edges: tuple[float, ...], names: tuple[str, ...]
) -> None:
    assert band_names(edges) == names


def test_missing_is_what_pandas_takes_for_missing() -> None:
    words = [w for w in MISSING_WORDS if w]
    text = "n,value\n" + "".join(f"{i},{w}\n" for i, w in enumerate([*words, "none", "-"]))

    read = pd.read_csv(io.StringIO(text), dtype=str)["value"]

    assert read.isna().tolist() == [True] * len(words) + [False, False]


@pytest.mark.parametrize(
    ("text", "is_number", "shown"),
    [
        ("1.0", True, "1"), ("-12.000", True, "-12"), ("1.05", True, "1.05"), ("7", True, "7"),
        ("1.0\n", False, None), ("1e3", False, None), ("+1", False, None), (".5", False, None),
    ],
)  # fmt: skip
def test_whole_numbers_lose_their_point_and_no_other_does(
    text: str, is_number: bool, shown: str | None
) -> None:
    assert (re.fullmatch(NUMBER, text) is not None) == is_number
    if is_number:
        assert re.sub(WHOLE_FLOAT, r"\1", text) == shown
