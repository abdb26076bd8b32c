"""A Great Expectations validation result, read as evidence: its JSON alone, nothing of it is run.

Both shapes are read: of 0.x, where an expectation names its `expectation_type`, and of 1.x, where
that is its `type`. Values that a result quotes from the data are never repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.bundle.canonical import Json, loads
from affidavit.errors import BundleError
from affidavit.evidence import Finding
from affidavit.printable import printable

MAX_BYTES = 16 * 1024 * 1024
MAX_RESULTS = 100_000
_LONGEST = 120
_MAX_NAMED = 12
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
    failed = [r.said for r in results if not r.success]
    of = f" of the suite {suite}" if suite else ""
    note = (
        f"{printable(name)}: {len(results) - len(failed)} of {len(results)} expectations{of} held "
        "(Great Expectations, as stored; not run again)."
    )
    found = (_failed(name, failed, len(results), items),) if failed else ()
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
    return _Result(success, _shown(kind) + _columns(kwargs))


def _columns(kwargs: dict[str, Json]) -> str:
    """The columns that an expectation is about: names, never the values that it expects."""
    named = [kwargs.get(k) for k in ("column", "column_A", "column_B")]
    several = kwargs.get("column_list")
    named += several if isinstance(several, list) else []
    texts = [_shown(c) for c in named if isinstance(c, str)]
    more = len(texts) - _MAX_NAMED
    shown = ", ".join(texts[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f" ({shown})" if texts else ""


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


def _failed(name: str, failed: list[str], n: int, items: tuple[str, ...]) -> Finding:
    more = len(failed) - _MAX_NAMED
    shown = "; ".join(failed[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
    return Finding(
        id=f"recompute.expectations.{name}", kind="exception", stage="recompute",
        what=f"{len(failed)} of {n} expectations of the data did not hold in {printable(name)}: "
        f"{shown}",
        expected="every expectation holds", found=f"{n - len(failed)} of {n} hold",
        fix="correct the data, or say why the expectation does not apply", items=items,
    )  # fmt: skip


def _unreadable(name: str, why: str, items: tuple[str, ...]) -> Finding:
    return Finding(
        id=f"recompute.expectations.{name}", kind="gap", stage="recompute",
        what=f"{printable(name)} cannot be read as a validation result: {printable(why)[:300]}",
        expected="a validation result of Great Expectations", found="none that can be read",
        fix=_FIX, items=items,
    )  # fmt: skip
