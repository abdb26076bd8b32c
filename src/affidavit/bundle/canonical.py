"""Canonical JSON: RFC 8785 out, strict JSON in.

Floats are rounded to twelve significant digits before they are written, so that a last bit that
differs between machines does not change a digest (docs/bundle-format.md, "Numbers").
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import rfc8785
from pydantic import BaseModel

from affidavit.errors import BundleError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

SIGNIFICANT_DIGITS = 12
MAX_DEPTH = 64
# What a parser makes of a few bytes takes many: a value is worth 1, an array or object 5 more.
_MAX_WEIGHT = 2_500_000
_MAX_INT_DIGITS = 22  # 21 and a sign; anything longer is an attack on the parser
_MAX_TEXT_BYTES = 64 * 1024 * 1024  # in memory, where one emoji makes each character four bytes
_SAFE = 2**53
# Possessive, and an unclosed string is taken to the end: linear whatever is fed.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def rounded(value: float) -> float:
    """A float to twelve significant digits.

    Raises:
        ValueError: infinite or NaN, which JSON has no word for.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form; say why it is undefined instead")
    return float(f"{value:.{SIGNIFICANT_DIGITS - 1}e}") + 0.0  # + 0.0: no negative zero


def dumps(value: object) -> bytes:
    """The canonical bytes of a JSON value, without a final newline.

    Args:
        value: dicts, lists, tuples, str, int, float, bool, None; as `model_dump(mode="json")`
            gives them.

    Raises:
        ValueError: a float that is not finite, or an integer beyond 2^53.
    """
    return rfc8785.dumps(_prepared(value))


def _prepared(value: object) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, dict):
        return {k: _prepared(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_prepared(v) for v in value]
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def record_bytes(record: BaseModel) -> bytes:
    """The canonical bytes of a record: absent fields left out, `value` kept where it is null."""
    return dumps(_without_absent(record.model_dump(mode="json")))


def _without_absent(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_absent(v) for k, v in value.items() if v is not None or k == "value"}
    if isinstance(value, list):
        return [_without_absent(v) for v in value]
    return value


def loads(content: bytes, name: str) -> Json:
    """Parse JSON that someone else wrote.

    Args:
        content: the bytes, at most what the caller was ready to hold.
        name: what to call it in an error.

    Raises:
        BundleError: not UTF-8, not JSON, a key twice, NaN or Infinity, a huge number, half
            a surrogate pair, nested deeper than 64, or too much to hold in memory.
    """
    try:
        text = content.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise BundleError(f"{name} is not UTF-8", f"byte {error.start}") from error
    _require_light(text, name)
    _require_shallow(text, name)
    try:
        parsed: Json = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_int,
            parse_float=_float,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{name} is not strict JSON", str(error)) from error
    if "\\ud" in text or "\\uD" in text:
        _require_text(parsed, name)
    return parsed


def _require_shallow(text: str, name: str) -> None:
    """Before the parser, which recurses. What is inside a string opens nothing."""
    depth = 0
    for token in _TOKENS.finditer(text):
        char = token[0]
        if char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BundleError(f"{name} is nested deeper than {MAX_DEPTH}")
        elif char in "]}":
            depth -= 1


def _require_light(text: str, name: str) -> None:
    """Before anything is made of it. What is inside a string is counted too: prose has few."""
    weight = text.count(",") + text.count(":") + 5 * (text.count("{") + text.count("["))
    if weight > _MAX_WEIGHT:
        raise BundleError(f"{name} has more values than any record", f"weight {weight}")
    if sys.getsizeof(text) > _MAX_TEXT_BYTES:
        raise BundleError(f"{name} is longer than any record")


def _require_text(parsed: Json, name: str) -> None:
    """No escape for half a character: no other program could write such a string."""
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BundleError(f"{name} holds half of a surrogate pair") from error


def _unique(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} stands twice in one object")
        result[key] = value
    return result


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _int(digits: str) -> int | float:
    """RFC 8785 writes a large double without point or exponent: 1e20 has 21 digits."""
    if len(digits) > _MAX_INT_DIGITS:
        raise ValueError("an integer of more than 21 digits")
    value = int(digits)
    return value if abs(value) < _SAFE else float(value)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value) or len(digits) > 64:
        raise ValueError("a number that no double holds")
    return value
