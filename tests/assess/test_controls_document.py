"""docs/controls.md says what the code and the shipped catalogs say, and its example works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from affidavit.assess.assessing import CATALOGS
from affidavit.assess.catalog import VARIABLES, Catalog, Control, LoadedCatalog, read_catalog
from affidavit.assess.context import Context
from affidavit.assess.rules import assess_control
from affidavit.shipped import shipped
from affidavit.standing import Status

TEXT = (Path(__file__).parents[2] / "docs" / "controls.md").read_text("utf-8")
ACCURACY = "performance/evaluation/accuracy"


def names_in(first_cell_heading: str) -> list[str]:
    """The names in code in the first column of the table that has this heading."""
    table = TEXT.partition(f"\n| {first_cell_heading} |")[2].partition("\n\n")[0]
    return [n for row in table.splitlines()[2:] for n in re.findall(r"`(.+?)`", row.split("|")[1])]


@pytest.fixture
def example(tmp_path: Path) -> LoadedCatalog:
    path = tmp_path / "bank-rules.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0], "utf-8")
    return read_catalog(path)


@pytest.mark.parametrize(
    ("accuracy", "as_of", "status", "because"),
    [
        (0.9, "2026-11-23", "evidenced", "accuracy is 0.9"),
        (0.7, "2026-11-23", "exception", "accuracy is 0.7, less than 0.8"),
        (None, "2026-11-23", "missing", "accuracy was not computed on the evaluation rows"),
        (0.9, "2026-02-28", "not-applicable", "applies from 2026-03-01; assessed as of 2026-02-28"),
    ],
)
def test_the_example_gives_what_the_page_says(
    example: LoadedCatalog, accuracy: float | None, as_of: str, status: Status, because: str
) -> None:
    numbers = {} if accuracy is None else {ACCURACY: accuracy}
    context = Context({"numbers": numbers, "items": {"report": ["data/reports/performance.json"]}})
    (control,) = example.catalog.controls

    found = assess_control(control, example.catalog, context, as_of)

    assert (found.status, found.because) == (status, because)


def test_lists_the_controls_that_are_shipped() -> None:
    folder = shipped("policies") / "catalogs"
    loaded = [read_catalog(folder / f"{name}.yaml").catalog for name in CATALOGS]
    expected = [
        (c.id, c.title, c.mode, ", ".join(a.role for a in c.attestations))
        for catalog in loaded
        for c in catalog.controls
    ]

    rows = re.findall(r"^\| `([A-Z0-9]+-\d+)` \| (.+?) \| (.+?) \| (.*?) ?\|$", TEXT, re.MULTILINE)

    assert rows == expected


def test_names_every_field_status_and_variable() -> None:
    assert set(names_in("field")) == {f.alias or n for n, f in Catalog.model_fields.items()}
    assert set(names_in("field of a control")) == set(Control.model_fields)
    assert set(names_in("name")) == VARIABLES
    assert {*names_in("status"), "attested"} == set(get_args(Status))
