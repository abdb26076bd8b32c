"""Every control of the shipped catalogs: met in one record, and not met in others.

`tests/assess/tables/<catalog>.py` holds a table a catalog: `CATALOG`, its id; `FULL`, changes that
every row starts from; `TABLE`, control id -> (status over the full record, [(break, status, a word
of the reason)]). Breaks are the sentences of `tests.support.assessed_breaks`. `missing: <words>` is
the status of a control that waits for a stage, with the reason.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.support.assessed_breaks import NOTHING, standing_after

from affidavit.assess.loading import load
from affidavit.standing import Assessment

Row = tuple[str, list[tuple[str, str, str]]]


@dataclass(frozen=True, slots=True)
class Table:
    """One catalog's rows."""

    catalog: str
    full: tuple[str, ...]
    rows: dict[str, Row]


def _read(name: str) -> Table:
    module = importlib.import_module(f"tests.assess.tables.{name}")
    return Table(module.CATALOG, tuple(module.FULL), module.TABLE)


TABLES: Final = {
    table.catalog: table
    for path in sorted((Path(__file__).parent / "tables").glob("[a-z]*.py"))
    for table in [_read(path.stem)]
}
CASES: Final = [
    pytest.param(catalog, control, id=control)
    for catalog, table in TABLES.items()
    for control in table.rows
]


@cache
def found(catalog: str, break_: str = NOTHING) -> dict[str, Assessment]:
    """The catalog after one break; many rows share one."""
    return standing_after(catalog, [*TABLES[catalog].full, break_])


def is_as_told(assessment: Assessment, status: str, words: str) -> bool:
    """Whether status and reason are those of the table."""
    return assessment.status == status and words in assessment.because


@pytest.mark.parametrize("catalog", TABLES)
def test_the_table_names_every_control_of_its_catalog(catalog: str) -> None:
    (loaded,) = load([catalog])

    assert [c.id for c in loaded.catalog.controls] == list(TABLES[catalog].rows)


@pytest.mark.parametrize(("catalog", "control"), CASES)
def test_over_the_full_record_the_control_stands_as_told(catalog: str, control: str) -> None:
    status, _, words = TABLES[catalog].rows[control][0].partition(": ")
    assessment = found(catalog)[control]

    assert is_as_told(assessment, status, words), assessment
    if status == "missing":
        assert words, "a control that is missing in every record says what it waits for"


@pytest.mark.parametrize(("catalog", "control"), CASES)
def test_each_break_changes_the_control_as_told(catalog: str, control: str) -> None:
    full, breaks = TABLES[catalog].rows[control]
    assert breaks, "a control that nothing can break shows nothing"

    for break_, status, words in breaks:
        assessment = found(catalog, break_)[control]
        assert is_as_told(assessment, status, words), (break_, assessment)
        assert assessment.remedy or status not in ("missing", "exception"), break_
        if full.startswith("missing"):
            assert assessment.because != found(catalog)[control].because, break_


@pytest.mark.parametrize("catalog", TABLES)
def test_the_table_takes_each_need_away_and_breaks_each_test(catalog: str) -> None:
    """A need that no row takes away, or a test that none breaks, could be any expression."""
    (loaded,) = load([catalog])

    for control in loaded.catalog.controls:
        rules = [
            (a.status, a.rule)
            for break_, _, _ in TABLES[catalog].rows[control.id][1]
            for a in [found(catalog, break_)[control.id]]
        ]
        for named in loaded.needs[control.id]:
            told = f"{named.name}: {named.need.present}"
            assert named.need.not_yet or any(s == "missing" and told in r for s, r in rules), (
                control.id, named.name,
            )  # fmt: skip
        for place, test in enumerate(control.tests, start=1):
            told = f"test {place}: {test.holds}"
            assert any(s == "exception" and told in r for s, r in rules), (control.id, told)


@pytest.mark.parametrize("catalog", TABLES)
def test_without_what_it_cites_a_control_is_missing(catalog: str) -> None:
    """What rests on files falls with them: no status is kept without its items."""
    whole = found(catalog)
    standing = {c: a for c, a in whole.items() if a.items and a.status != "missing"}

    for cited in sorted({tuple(i.path for i in a.items) for a in standing.values()}):
        after = standing_after(
            catalog, [*TABLES[catalog].full, *(f"no item {path}" for path in cited)]
        )
        for control in _resting_on(standing, cited):
            assert after[control].status == "missing", (control, cited)


def _resting_on(standing: dict[str, Assessment], cited: Sequence[str]) -> list[str]:
    return [c for c, a in standing.items() if [i.path for i in a.items] == list(cited)]
