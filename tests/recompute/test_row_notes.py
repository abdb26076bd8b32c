"""What is said of the rows behind the numbers."""

from __future__ import annotations

import numpy as np

from affidavit.evidence import AttributeSpec
from affidavit.recompute.coded import Coded
from affidavit.recompute.groups import Grouping
from affidavit.recompute.row_notes import straddling_units


def test_units_with_rows_in_several_groups_are_told_and_those_without_a_group_are_not() -> None:
    def coded(values: list[str]) -> Coded:
        names = tuple(sorted(set(values)))
        return Coded(np.array([names.index(v) for v in values], dtype=np.int32), names)

    grouping = Grouping(
        spec=AttributeSpec(name="sex"), column=coded(["f", "m", "f", "(missing)", "m", "m"])
    )

    (note,) = straddling_units(grouping, coded(["a", "a", "b", "b", "c", "c"]))

    assert note.startswith("1 of 3 units have rows in more than one group of sex: ")
    assert straddling_units(grouping, coded(["a", "b", "a", "b", "c", "d"])) == ()
    assert straddling_units(grouping, None) == ()
