"""The ids of groups, pairs and summaries, and which groups are compared."""

from __future__ import annotations

from itertools import product

from affidavit.places import Groups, Place, complete_reference, is_known

ROWS = Place(kind="fairness", role="evaluation")


def test_all_rows_a_group_a_pair_and_a_summary_have_the_ids_of_the_format() -> None:
    groups = Groups(names=("sex",), reference=("m",))
    group, pair = groups.place(("f",), ROWS), groups.pair(("f",), ("m",), ROWS)

    assert ROWS.number_id("count") == "fairness/evaluation/count"
    assert group.number_id("count") == "fairness/evaluation/count/sex=f"
    assert group.group == {"sex": "f"}
    assert pair.number_id("d") == "fairness/evaluation/d/sex=f vs m"
    assert (pair.group, pair.against) == ({"sex": "f"}, {"sex": "m"})
    assert groups.summary(ROWS).number_id("s") == "fairness/evaluation/s/sex"
    assert groups.summary(ROWS).attributes == ("sex",)


def test_intersections_of_any_values_have_ids_of_their_own() -> None:
    groups = Groups(names=("a", "b"), reference=None)
    values = ["x", "+", "%", "%2B", "x+", "+x", "%25", "a b"]
    pairs = list(product(values, values))

    ids = {groups.place(p, ROWS).number_id("count") for p in pairs}

    assert len(ids) == len(pairs)
    assert groups.text(("x+y", "50%")) == "x%2By+50%25"
    assert Groups(names=("a",), reference=None).text(("x+y",)) == "x+y"


def test_a_group_is_known_where_all_its_parts_are() -> None:
    assert is_known(("x", "missing"))
    assert not is_known(("x", "(missing)"))
    assert not is_known(("(unmatched)", "y"))


def test_groups_have_a_reference_where_every_attribute_has_one() -> None:
    assert complete_reference(["m", "white"]) == ("m", "white")
    assert complete_reference(["m", None]) is None
