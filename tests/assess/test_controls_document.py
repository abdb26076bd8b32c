"""docs/controls.md names every field, status and variable that the code has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from affidavit.assess.catalog import Catalog, Control
from affidavit.assess.expressions import VARIABLES
from affidavit.standing import Status

TEXT = (Path(__file__).parents[2] / "docs" / "controls.md").read_text("utf-8")


def names_in(first_cell_heading: str) -> list[str]:
    """The names in code in the first column of the table that has this heading."""
    table = TEXT.partition(f"\n| {first_cell_heading} |")[2].partition("\n\n")[0]
    return [n for row in table.splitlines()[2:] for n in re.findall(r"`(.+?)`", row.split("|")[1])]


def test_names_every_field_status_and_variable() -> None:
    assert set(names_in("field")) == {f.alias or n for n, f in Catalog.model_fields.items()}
    assert set(names_in("field of a control")) == set(Control.model_fields)
    assert set(names_in("name")) == VARIABLES
    assert set(names_in("status")) == set(get_args(Status))
