from __future__ import annotations

import contextlib
import time

import pytest

from affidavit.bundle.canonical import dumps, loads
from affidavit.errors import BundleError


def test_writes_rfc_8785() -> None:
    """The example of RFC 8785, section 3.2.2, as far as twelve digits go."""
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }

    assert dumps(value) == (
        b'{"literals":[null,true,false],"numbers":[333333333.333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_rounds_to_twelve_digits_so_that_a_last_bit_changes_nothing() -> None:
    assert dumps([0.1 + 0.2, 0.3]) == b"[0.3,0.3]"
    assert dumps(-0.0) == b"0"
    with pytest.raises(ValueError, match="no JSON form"):
        dumps(float("nan"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "not UTF-8"),
        (b'{"a":1,"a":2}', "stands twice"),
        (b"NaN", "NaN is not a JSON number"),
        (b"-Infinity", "not a JSON number"),
        (b"[1,]", "not strict JSON"),
        (b"", "not strict JSON"),
        (b"{} {}", "not strict JSON"),
        (b"\xef\xbb\xbf{}", "not strict JSON"),
        (b"1e999", "no double holds"),
        (b"12345678901234567890123", "more than 21 digits"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b"[" * 100_000, "deeper than 64"),
        (b'["\\ud800"]', "half of a surrogate pair"),
        (b'{"\\uDFFF":1}', "half of a surrogate pair"),
    ],
)
def test_refuses(content: bytes, words: str) -> None:
    with pytest.raises(BundleError, match=words):
        loads(content, "x.json")


def test_takes_what_looks_like_the_refused() -> None:
    assert loads(b"[" * 64 + b"]" * 64, "x") is not None
    assert loads(b'["[[[\\"[[", "\\ud83d\\ude00"]', "x") == ['[[["[[', "😀"]
    assert loads(b"1e308", "x") == 1e308


def test_large_doubles_are_read_back_as_doubles() -> None:
    """RFC 8785 writes 1e20 as an integer, which no consumer may take for an exact one."""
    for value in (1e16, -1e20, 123456789012e5):
        assert loads(dumps(value), "x") == value
        assert type(loads(dumps(value), "x")) is (int if abs(value) < 2**53 else float)
        assert dumps(loads(dumps(value), "x")) == dumps(value)


@pytest.mark.parametrize("end", ["", "\\", '"', "x"])
def test_an_unclosed_string_of_escapes_costs_no_more_than_its_length(end: str) -> None:
    """Seen as an attack: the scanner for depth went over the rest again from every quote."""
    hostile = ('"' + '\\"' * 500_000 + end).encode()
    began = time.process_time()

    with contextlib.suppress(BundleError):
        loads(hostile, "x")

    assert time.process_time() - began < 5  # quadratic, it took hours


def test_refuses_what_a_parser_would_make_gigabytes_of() -> None:
    loads(b"[" + b"[]," * 1000 + b"[]]", "r")

    with pytest.raises(BundleError, match="r has more values than any record"):
        loads(b"[" + b"[]," * 500_000 + b"[]]", "r")
