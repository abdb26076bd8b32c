"""Expectation suites of Great Expectations: read from a commit, and what running one gave.

A suite is data, and is to stay data: Great Expectations hands a `row_condition` to
`pandas.DataFrame.query`, which runs whatever it says. A suite that has one is refused, whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import FailFast, Field

from affidavit.bundle.canonical import Json, loads
from affidavit.errors import BundleError
from affidavit.evidence import Record
from affidavit.printable import printable

MAX_SUITE_BYTES: Final = 16 * 1024 * 1024
MAX_EXPECTATIONS: Final = 10_000
_MOST: Final = 2**53 - 1
_TYPE = re.compile(r"expect_[a-z0-9_]{1,200}")
# What an expectation of 0.x says of the output that it wants, not of the data.
_OUTPUT: Final = frozenset({"batch_id", "catch_exceptions", "include_config", "result_format"})
_CODE: Final = ("row_condition", "condition_parser")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of the data, and with which arguments."""

    type: str
    kwargs: Mapping[str, Json]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        return columns_of(self.kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite: its name, empty where it has none, and its expectations in order."""

    name: str
    expectations: tuple[Expectation, ...]


class Fared(Record):
    """How an expectation fared. No value of the data: counts alone.

    Attributes:
        success: whether it held.
        raised: whether it could not be evaluated, as where its column is not there.
        element_count: values that were looked at.
        unexpected_count, unexpected_percent: those that are not as expected, and of how many
            hundred, as Great Expectations counts them.
    """

    success: bool
    raised: bool = False
    element_count: Annotated[int, Field(ge=0, le=_MOST)] | None = None
    unexpected_count: Annotated[int, Field(ge=0, le=_MOST)] | None = None
    unexpected_percent: Annotated[float, Field(ge=0, le=100)] | None = None


class ExpectationResult(Fared):
    """How one expectation of a suite fared: its type and columns, as the suite has them."""

    type: str
    columns: tuple[str, ...] = ()


class SuiteResult(Record):
    """reports/expectations/<role>.json: every expectation of a suite, in its order."""

    schema_: Literal["affidavit/suite-result"] = Field(
        default="affidavit/suite-result", alias="schema"
    )
    version: Literal[1] = 1
    role: str
    suite: str
    results: Annotated[tuple[ExpectationResult, ...], FailFast()]


def read_suite(content: bytes, name: str) -> Suite:
    """Read a suite as Great Expectations stores it: 0.x (`expectation_type`) or 1.x (`type`).

    Args:
        content: its bytes.
        name: what to call it in an error.

    Raises:
        BundleError: it is none, is too large, or asks for what only code or a checkpoint gives.
    """
    if len(content) > MAX_SUITE_BYTES:
        raise BundleError(f"{name} has {len(content)} bytes, more than {MAX_SUITE_BYTES}")
    document = loads(content, name)
    entries = document.get("expectations") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(entries, list):
        raise BundleError(f"{name} is no expectation suite, it has no list of expectations")
    if not 0 < len(entries) <= MAX_EXPECTATIONS:
        raise BundleError(f"{name} does not have 1 to {MAX_EXPECTATIONS} expectations")
    called = document.get("name", document.get("expectation_suite_name"))
    return Suite(
        name=called if isinstance(called, str) else "",
        expectations=tuple(
            _expectation(entry, f"{name}, expectation {i}") for i, entry in enumerate(entries, 1)
        ),
    )


def columns_of(kwargs: Mapping[str, Json]) -> tuple[str, ...]:
    """The columns that an expectation is about: names, never the values that it expects."""
    named = [kwargs.get(k) for k in ("column", "column_A", "column_B")]
    several = kwargs.get("column_list")
    named += several if isinstance(several, list) else []
    return tuple(c for c in named if isinstance(c, str))


def _expectation(entry: Json, where: str) -> Expectation:
    kind = entry.get("type", entry.get("expectation_type")) if isinstance(entry, dict) else None
    kwargs = entry.get("kwargs", {}) if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind) or not isinstance(kwargs, dict):
        raise BundleError(f"{where} does not name its expectation")
    where = f"{where} ({printable(kind)})"
    for key in _CODE:
        if kwargs.get(key) is not None:
            raise BundleError(f"{where} has a {key}, which pandas would run as code")
    if _has_parameter(kwargs):
        raise BundleError(f"{where} has a $PARAMETER, which only a checkpoint gives")
    return Expectation(type=kind, kwargs={k: v for k, v in kwargs.items() if k not in _OUTPUT})


def _has_parameter(value: Json) -> bool:
    """Whether an object within asks for a parameter; the parser has bounded the depth."""
    if isinstance(value, dict):
        return any(k.startswith("$PARAMETER") or _has_parameter(v) for k, v in value.items())
    return isinstance(value, list) and any(map(_has_parameter, value))
