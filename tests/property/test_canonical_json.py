from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from affidavit.bundle.canonical import dumps, loads
from affidavit.errors import BundleError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(
    allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


class TestRfc8785:
    """RFC 8785, section 1: "produce a hashable representation of JSON data"; section 3.2.3:
    "Property name strings to be sorted are formatted as arrays of UTF-16 code units".
    """

    @given(VALUES)
    def test_another_parser_reads_what_was_written(self, value: object) -> None:
        assert is_near(json.loads(dumps(value)), value)
        assert is_near(loads(dumps(value), "x"), value)

    @given(VALUES)
    def test_writing_again_changes_no_byte(self, value: object) -> None:
        assert dumps(loads(dumps(value), "x")) == dumps(value)

    @given(st.dictionaries(TEXT, st.integers(0, 9)))
    def test_the_order_of_insertion_is_no_fact(self, value: dict[str, int]) -> None:
        assert dumps(dict(reversed(value.items()))) == dumps(value)

    @given(st.dictionaries(TEXT, st.none(), max_size=8))
    def test_names_stand_in_the_order_of_utf16(self, value: dict[str, None]) -> None:
        names = list(json.loads(dumps(value)))
        assert names == sorted(value, key=lambda name: name.encode("utf-16-be"))


@given(st.text(alphabet='{}[]":,\\ud8 0123.eEtruefalsn-+', max_size=40) | st.text(max_size=20))
def test_strict_parsing_accepts_nothing_that_json_refuses_and_never_crashes(text: str) -> None:
    try:
        parsed = loads(text.encode("utf-8", "surrogatepass"), "x")
    except BundleError:
        return
    assert json.loads(text) == parsed


def is_near(found: object, value: object) -> bool:
    """Equal, floats to twelve significant digits."""
    if isinstance(value, float) and isinstance(found, int | float):
        return math.isclose(found, value, rel_tol=1e-11, abs_tol=0.0)
    if isinstance(value, list) and isinstance(found, list):
        return len(value) == len(found) and all(map(is_near, found, value))
    if isinstance(value, dict) and isinstance(found, dict):
        return found.keys() == value.keys() and all(is_near(found[k], value[k]) for k in value)
    return found == value and type(found) is type(value)
