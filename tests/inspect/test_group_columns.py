"""The reader of a bundle takes values of a snapshot for the text that the builder takes them for."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from affidavit.inspect import group_columns
from affidavit.reading_rules import MISSING_WORDS
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile

_VALUES = st.one_of(
    st.sampled_from([*MISSING_WORDS, "1", "1.0", "-2.00", "1.05", "10.50", "a", "1e3", "0.0"]),
    st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,3})?", fullmatch=True),
)


@given(st.lists(_VALUES, min_size=1, max_size=8))
@example(["1.05", "2.005"])  # a point is lost at the end of a value alone
@example(["1.0", "a"])
def test_values_are_the_text_that_the_builder_makes_of_them(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    path.write_text("n,v\n" + "".join(f'{i},"{v}"\n' for i, v in enumerate(values)))

    builders = read_tables([TableFile("t.csv", path)], "test").text("v").to_pylist()

    assert group_columns._as_text(values) == builders
