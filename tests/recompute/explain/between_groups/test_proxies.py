"""The proxy screen: what is planted is found, what is not there is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import coded, explained_of

from affidavit.explanation_record import Lacking, Proxy
from affidavit.places import MISSING_GROUP
from affidavit.recompute.coded import Coded
from affidavit.recompute.explain.between_groups import group_guessing, proxies
from affidavit.recompute.explain.between_groups.group_guessing import Guessed, guess, read_column
from affidavit.recompute.explain.between_groups.proxies import screen
from affidavit.recompute.explain.explained import Explained, Kind
from affidavit.recompute.floats import Floats

N = 400
RANDOM = np.random.RandomState(8)
AREA = RANDOM.randint(0, 8, N)
RACE = np.where(RANDOM.rand(N) < 0.15 + 0.7 * (AREA % 2), "b", "a")
INCOME = RANDOM.randn(N)


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are for stable numbers; what is found does not need them."""
    monkeypatch.setattr(group_guessing, "TREES", 5)


def model(columns: Any) -> Floats:
    return np.full(len(next(iter(columns.values()))), 0.5)


def explained(columns: dict[str, Any], race: Any = RACE, **more: Any) -> Explained:
    return explained_of(columns, model, sensitive={"race": list(race)}, **more)


def screened(given: Explained, units: Any = None) -> dict[str | None, Proxy]:
    found = screen(given, given.groupings[0], units)
    assert not isinstance(found, Lacking)
    return {p.feature: p for p in found}


def test_a_planted_proxy_stands_out_and_the_rest_does_not() -> None:
    """Neighbourhoods by name, of which every second is of the other group."""
    given = explained({"area": [f"n{a}" for a in AREA], "income": INCOME})

    found = screened(given)

    assert list(found) == ["area", "income", None]
    assert {f: p.stands_out for f, p in found.items()} == {
        "area": True,
        "income": False,
        None: True,
    }
    area = found["area"]
    # Of rows of both kinds of neighbourhood, 0.85 and 0.15: P(right) + P(equal) / 2.
    assert area.auc.value == pytest.approx(0.85, abs=0.05)
    assert area.auc.low is not None
    assert area.chance is not None
    assert 0.5 < area.chance < 0.6 < area.auc.low
    assert area.n == N
    assert area.auc.method == (
        "DeLong over 5 folds, models as given, log odds; chance by 200 shuffles"
    )


def test_a_number_without_an_order_among_the_groups_stands_out_too() -> None:
    found = screened(explained({"area": AREA.astype(float), "income": INCOME}))

    assert [found[f].stands_out for f in ("area", "income")] == [True, False]


def test_where_no_input_knows_the_group_few_stand_out() -> None:
    """12 features of noise: at the interval's and the chance level, less than one is expected."""
    random = np.random.RandomState(1)

    found = screened(explained({f"x{i}": random.randn(N) for i in range(12)}))

    assert sum(bool(p.stands_out) for p in found.values()) <= 1
    assert np.mean([p.auc.value for p in found.values()]) == pytest.approx(0.5, abs=0.03)


def test_the_group_itself_stands_out_where_no_interval_can_be_made() -> None:
    found = screened(explained({"race": list(RACE), "income": INCOME}))["race"]

    assert (found.auc.value, found.auc.low, found.auc.high) == (1.0, None, None)
    assert found.stands_out is True


def test_a_constant_and_missing_values_are_no_proxy() -> None:
    sparse: list[float | None] = [v if i % 3 else None for i, v in enumerate(INCOME.tolist())]

    found = screened(explained({"one": [7.0] * N, "sparse": sparse, "none": [None] * N}))

    assert found["one"].auc.value == found["none"].auc.value == 0.5
    assert [found[f].stands_out for f in ("one", "sparse", "none")] == [False, False, False]


def test_that_a_value_is_missing_can_be_the_proxy() -> None:
    sparse = [None if r == "b" else 1.0 for r in RACE]

    assert screened(explained({"sparse": sparse, "income": INCOME}))["sparse"].stands_out is True


def test_two_columns_of_one_feature_are_read_together() -> None:
    """Neither says anything alone: the group is whether their signs differ."""
    first, second = RANDOM.randn(N), RANDOM.randn(N)
    race = np.where(first * second > 0, "a", "b")
    columns = {"first": first, "second": second, "income": INCOME}
    apart = screened(explained(columns, race))

    found = screened(
        explained(columns, race, features={"pair": ("first", "second"), "income": ("income",)})
    )

    assert (found["pair"].auc.value or 0) > 0.85
    assert [apart[f].stands_out for f in ("first", "second")] == [False, False]


def test_three_groups_and_those_that_are_too_small_or_unknown() -> None:
    race = np.array([f"g{a % 3}" for a in AREA], dtype=object)
    race[:6], race[6:40] = "rare", MISSING_GROUP

    found = screened(explained({"area": AREA.astype(float), "income": INCOME}, race))

    assert found["area"].n == N - 40
    assert (found["area"].stands_out, found["income"].stands_out) == (True, False)
    assert (found["area"].auc.method or "").endswith("mean over the pairs of groups")


def test_one_group_alone_is_lacking() -> None:
    given = explained({"income": INCOME}, ["a"] * (N - 20) + ["b"] * 20)

    found = screen(given, given.groupings[0], None)

    assert isinstance(found, Lacking)
    assert found.part == "proxies of race"
    assert found.reason == "fewer than two groups of race have 30 rows or more"


def test_takes_a_part_of_many_rows_and_groups_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "MOST_ROWS", 100)
    monkeypatch.setattr(proxies, "MOST_GROUPS", 2)
    race = ["a"] * 200 + ["b"] * 150 + ["c"] * 50

    found = screened(explained({"income": INCOME}, race))["income"]

    assert found.n == 100
    assert "100 of 350 rows, drawn; the 2 largest of 3 groups" in (found.auc.method or "")


def test_rows_of_one_unit_do_not_give_each_other_away() -> None:
    """Each unit has a number of its own and one group: other rows of a unit would know it."""
    unit = np.repeat(np.arange(N // 4), 4)
    race = np.where(np.random.RandomState(2).rand(N // 4) < 0.5, "a", "b")[unit]
    given = explained({"number": np.random.RandomState(3).rand(N // 4)[unit]}, race)
    units = coded([f"u{u}" for u in unit])

    by_row, by_unit = screened(given)["number"], screened(given, units)["number"]

    assert by_row.stands_out is True
    assert by_unit.stands_out is False
    assert "by unit; chance by the standard error" in (by_unit.auc.method or "")


def test_categories_of_few_rows_do_not_drown_what_tells_the_groups_apart() -> None:
    """Read from its own rows, a category of two rows would look like a sure sign of their group."""
    name = np.random.RandomState(4).permutation(N) // 2

    found = screened(explained({"name": [f"p{i}" for i in name], "area": AREA.astype(float)}))

    assert found["name"].stands_out is False
    assert (found[None].auc.value or 0) > (found["area"].auc.value or 1) - 0.05


def test_reads_each_kind_of_column() -> None:
    ranks = read_column(pa.chunked_array([[1e300, None, -5.0]]), Kind(column="n", kind="number"))
    flags = read_column(pa.chunked_array([[True, None, False]]), Kind(column="f", kind="boolean"))
    codes = read_column(
        pa.chunked_array([[2, None, 2]], pa.int64()), Kind(column="c", kind="category")
    )

    for numbers in (ranks, flags):
        assert not isinstance(numbers, Coded)
        assert np.array_equal(numbers, [1.0, np.nan, 0.0], equal_nan=True)
    assert isinstance(codes, Coded)
    assert codes.texts().tolist() == ["2", None, "2"]


def test_each_row_is_guessed_once_in_folds_that_are_alike() -> None:
    table = pa.table({"income": INCOME})
    kinds = (Kind(column="income", kind="number"),)
    group = (RACE == "b").astype(np.int64)
    guessed = Guessed(inputs=table, kinds=kinds, group=group, units=None)

    one, _ = guess(guessed, [("income",)], np.random.RandomState(0))

    of_second = [int(((one.fold == k) & (one.group == 1)).sum()) for k in range(5)]
    assert sum(of_second) == group.sum()
    assert max(of_second) - min(of_second) <= 1
    assert one.scores.sum(axis=1) == pytest.approx(np.ones(N))
