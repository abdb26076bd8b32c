"""What Great Expectations found: in a result stored with the run, or in a suite that was run here.

Of a stored result its JSON alone is read, in both shapes: of 0.x, where an expectation names its
`expectation_type`, and of 1.x, where that is its `type`. Values that a result quotes from the data
are never repeated. The builder writes notes and findings by this page, `verify` derives them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.canonical import Json, loads
from affidavit.errors import BundleError
from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.suite_record import SuiteResult, columns_of
from affidavit.wording import first_text

STORED: Final = "recompute.expectations."
RUN: Final = "recompute.suite."

MAX_BYTES = 16 * 1024 * 1024
MAX_RESULTS = 100_000
_LONGEST = 120
_MAX_NAMED = 12
_RAISED = ", which could not be evaluated"
_FIX = "store the validation result as Great Expectations writes it (JSON), and name that file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a validation result says, in a note, and what does not hold."""

    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Result:
    """One expectation: whether it held, its type and its column."""

    success: bool
    said: str


def read_expectations(content: bytes, name: str, items: tuple[str, ...] = ()) -> Expectations:
    """Read a stored validation result.

    Args:
        content: its bytes.
        name: of the file, which tells its finding from those of other files.
        items: paths of the items that hold it.

    Returns:
        A note with the numbers of expectations; an exception with type and column of those that
        failed; where the file is no validation result, or contradicts itself, a gap with the
        reason.
    """
    try:
        suite, results = _parsed(content, name)
    except BundleError as error:
        return Expectations(findings=(_unreadable(name, str(error), items),))
    how = "as stored; not run again"
    return _told(STORED + name, name, _of(suite, how), results, items)


def suite_expectations(result: SuiteResult, items: tuple[str, ...] = ()) -> Expectations:
    """The note and the finding of a suite that was run on a role's snapshot.

    Args:
        result: how each expectation fared.
        items: paths of the items that hold result and suite.
    """
    results = [
        _Result(r.success, _shown(r.type) + _columns(r.columns) + (_RAISED if r.raised else ""))
        for r in result.results
    ]
    of = _of(_shown(result.suite), "run on the snapshot by this build")
    return _told(RUN + result.role, result.role, of, results, items)


def _of(suite: str, how: str) -> tuple[str, str]:
    return f" of the suite {suite}" if suite else "", how


def _told(
    finding_id: str,
    name: str,
    said: tuple[str, str],
    results: Sequence[_Result],
    items: tuple[str, ...],
) -> Expectations:
    failed = [r.said for r in results if not r.success]
    of, how = said
    note = (
        f"{printable(name)}: {len(results) - len(failed)} of {len(results)} expectations{of} held "
        f"(Great Expectations, {how})."
    )
    found = (_failed(finding_id, name, failed, len(results), items),) if failed else ()
    return Expectations(notes=(note,), findings=found)


def _parsed(content: bytes, name: str) -> tuple[str, list[_Result]]:
    if len(content) > MAX_BYTES:
        raise BundleError(f"{name} has {len(content)} bytes, more than {MAX_BYTES}")
    document = loads(content, name)
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        more = ": it is a checkpoint's" if _is_checkpoint(document) else ""
        raise BundleError(f"{name} is no validation result, it has no list of results{more}")
    entries = document["results"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_RESULTS:
        raise BundleError(f"{name} does not have 1 to {MAX_RESULTS} results")
    results = [_result(entry, f"{name}, result {i}") for i, entry in enumerate(entries, 1)]
    _require_one_story(document, results, name)
    return _suite(document), results


def _is_checkpoint(document: Json) -> bool:
    return isinstance(document, dict) and "run_results" in document


def _result(entry: Json, where: str) -> _Result:
    success = entry.get("success") if isinstance(entry, dict) else None
    config = entry.get("expectation_config") if isinstance(entry, dict) else None
    if not isinstance(success, bool) or not isinstance(config, dict):
        raise BundleError(f"{where} has no success, or no expectation_config")
    kind = config.get("type", config.get("expectation_type"))
    kwargs = config.get("kwargs", {})
    if not isinstance(kind, str) or not kind or not isinstance(kwargs, dict):
        raise BundleError(f"{where} does not name its expectation")
    return _Result(success, _shown(kind) + _columns(columns_of(kwargs)))


def _columns(columns: Sequence[str]) -> str:
    texts = [_shown(c) for c in columns]
    return f" ({first_text(texts, _MAX_NAMED)})" if texts else ""


def _require_one_story(document: dict[str, Json], results: list[_Result], name: str) -> None:
    """`success` and `statistics` say what the results say; else none of them is believed."""
    held = sum(r.success for r in results)
    success = document.get("success")
    if success is not (held == len(results)):
        raise BundleError(
            f"{name} contradicts itself: success is {str(success)[:8].lower()}, and {held} of "
            f"{len(results)} expectations held"
        )
    statistics = document.get("statistics", {})
    if not isinstance(statistics, dict):
        raise BundleError(f"{name}: its statistics are none")
    for key, n in (
        ("evaluated_expectations", len(results)),
        ("successful_expectations", held),
        ("unsuccessful_expectations", len(results) - held),
    ):
        stated = statistics.get(key, n)
        if isinstance(stated, bool) or stated != n:
            raise BundleError(
                f"{name} contradicts itself: {key} is not {n}, the number in its results"
            )


def _suite(document: dict[str, Json]) -> str:
    """The suite's name: at the top in 1.x, in `meta` in 0.x."""
    meta = document.get("meta")
    of_meta = meta.get("expectation_suite_name") if isinstance(meta, dict) else None
    name = document.get("suite_name") or of_meta
    return _shown(name) if isinstance(name, str) else ""


def _shown(text: str) -> str:
    cut = printable(text)
    return cut if len(cut) <= _LONGEST else cut[: _LONGEST - 3] + "..."


def _failed(
    finding_id: str, name: str, failed: list[str], n: int, items: tuple[str, ...]
) -> Finding:
    more = len(failed) - _MAX_NAMED
    shown = "; ".join(failed[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
    return Finding(
        id=finding_id, kind="exception", stage="recompute",
        what=f"{len(failed)} of {n} expectations of the data did not hold in {printable(name)}: "
        f"{shown}",
        expected="every expectation holds", found=f"{n - len(failed)} of {n} hold",
        fix="correct the data, or say why the expectation does not apply", items=items,
    )  # fmt: skip


def _unreadable(name: str, why: str, items: tuple[str, ...]) -> Finding:
    return Finding(
        id=STORED + name, kind="gap", stage="recompute",
        what=f"{printable(name)} cannot be read as a validation result: {printable(why)[:300]}",
        expected="a validation result of Great Expectations", found="none that can be read",
        fix=_FIX, items=items,
    )  # fmt: skip
