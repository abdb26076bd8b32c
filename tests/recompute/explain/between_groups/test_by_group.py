"""The report's part on groups, whole: a planted proxy, and each thing that can be lacking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import AskOf, Model, coded, explained_of

from affidavit.evidence import AttributeSpec
from affidavit.explanation_record import Decomposition
from affidavit.places import MISSING_GROUP
from affidavit.progress import Silent
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.between_groups import by_group, group_guessing
from affidavit.recompute.explain.between_groups.by_group import ByGroup, Given, explain_groups
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.floats import Floats
from affidavit.recompute.groups import Grouping

N = 400
RANDOM = np.random.RandomState(21)
RACE = np.where(RANDOM.rand(N) < 0.4, "b", "a")
AREA = np.where(RANDOM.rand(N) < np.where(RACE == "b", 0.8, 0.2), 1.0, 0.0)
NOISE, INCOME = (RANDOM.rand(N) < 0.5) * 1.0, RANDOM.randn(N)
COLUMNS = {"area": AREA, "income": INCOME, "noise": NOISE}


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_guessing, "TREES", 5)


def by_area(columns: Mapping[str, Any]) -> Floats:
    """A linear score: the neighbourhood is worth one standard deviation of income."""
    return np.asarray(0.5 + 0.1 * columns["area"] + 0.1 * columns["income"])


def by_noise(columns: Mapping[str, Any]) -> Floats:
    """The same model with an input that nobody's race goes with."""
    return np.asarray(0.5 + 0.1 * columns["noise"] + 0.1 * columns["income"])


def of_race(model: Model, columns: Mapping[str, Any], **more: Any) -> Explained:
    return explained_of(columns, model, threshold=0.55, sensitive={"race": RACE.tolist()}, **more)


def linear(explained: Explained, background: Any, model: Model) -> Given:
    """A linear model's attributions: weight times the distance from the background's mean."""
    columns = explained.inputs.column_names
    at = {c: np.array([background.column(c).to_numpy().mean()]) for c in columns}
    zero = float(model(at)[0])
    weights = [float(model({**at, c: at[c] + 1})[0]) - zero for c in columns]
    values = np.stack([explained.inputs.column(c).to_numpy() - at[c] for c in columns], axis=1)
    return Given(values=values * weights, errors=np.zeros_like(values))


def explain(explained: Explained, model: Model, *, ask: Any = None, given: Any = ...) -> ByGroup:
    background = explained.inputs.slice(0, 40)
    return explain_groups(
        explained, ask or AskOf(model),
        linear(explained, background, model) if given is ... else given,
        places=np.arange(explained.n), background=background, progress=Silent(),
    )  # fmt: skip


def parts(found: ByGroup, of: str) -> dict[str, tuple[float, float, float]]:
    (one,) = (d for d in found.decompositions if d.of == of)
    assert one.group == {"race": "b"}
    assert one.against == {"race": "a"}
    return {p.feature: (p.value, p.low or 0.0, p.high or 0.0) for p in one.parts}


def test_a_planted_proxy_shows_in_the_screen_and_in_both_decompositions() -> None:
    found = explain(of_race(by_area, COLUMNS), by_area)

    proxies = {p.feature: p.stands_out for p in found.proxies}
    assert proxies == {"area": True, "income": False, "noise": False, None: True}
    value, low, high = parts(found, "mean-output")["area"]
    assert value == pytest.approx(0.06, abs=0.015)  # 0.1 times 0.8 - 0.2
    assert 0 < low < high
    assert parts(found, "selection-rate")["area"][2] < -0.1  # fewer get what is below the cut
    for of in ("mean-output", "selection-rate"):
        largest = max(parts(found, of).items(), key=lambda p: abs(p[1][0]))
        assert largest[0] == "area"
    assert found.lacking == ()


def test_without_it_nothing_stands_out() -> None:
    """The same model, the proxy's place taken by an input that has nothing to do with race."""
    columns = {k: v for k, v in COLUMNS.items() if k != "area"}

    found = explain(of_race(by_noise, columns), by_noise)

    assert [p.stands_out for p in found.proxies] == [False, False, False]
    for of in ("mean-output", "selection-rate"):
        for _, low, high in parts(found, of).values():
            assert low < 0 < high


def test_decompositions_sum_to_the_differences_of_the_explained_rows() -> None:
    explained = of_race(by_area, COLUMNS)
    assert explained.is_favourable is not None

    output, rate = explain(explained, by_area, ask=AskOf(by_area)).decompositions

    is_b = RACE == "b"
    assert output.difference == pytest.approx(
        explained.scores[is_b].mean() - explained.scores[~is_b].mean()
    )
    assert (output.n, output.n_against) == (is_b.sum(), (~is_b).sum())
    for one in (output, rate):
        assert one.rest == 0.0
        assert sum(p.value for p in one.parts) == pytest.approx(one.difference, abs=1e-12)
    assert rate.scale == "rate"


def test_the_rate_is_that_of_all_explained_rows_where_they_are_few() -> None:
    explained = of_race(by_area, COLUMNS)
    assert explained.is_favourable is not None
    places, is_b = np.arange(0, N, 2), RACE[::2] == "b"
    background = explained.inputs.slice(0, 40)
    given = linear(explained, background, by_area)

    found = explain_groups(
        explained, AskOf(by_area), replace(given, values=given.values[::2], errors=given.errors[::2]),
        places=places, background=background, progress=Silent(),
    )  # fmt: skip

    (_, rate) = found.decompositions
    gets = explained.is_favourable[places]
    assert rate.difference == pytest.approx(gets[is_b].mean() - gets[~is_b].mean())
    assert "drawn" not in rate.method


def test_splits_the_decisions_of_a_part_of_many_rows_and_says_so() -> None:
    found = explain(of_race(by_area, COLUMNS), by_area)

    (rate,) = (d for d in found.decompositions if d.of == "selection-rate")
    assert rate.n == rate.n_against == by_group.MOST_DECISIONS // 2
    assert "300 of the 400 explained rows, drawn alike from each group" in rate.method


class Failing:
    """A model that fails on rows that are not in the data."""

    def scores(self, rows: Any) -> Floats:
        raise AskFailed("the worker was ended by SIGSEGV")


def test_a_model_that_fails_on_made_up_rows_loses_that_part_alone() -> None:
    found = explain(of_race(by_area, COLUMNS), by_area, ask=Failing())

    assert [(x.part, x.reason) for x in found.lacking] == [
        (
            "decomposition of the selection rate",
            "the model failed on made-up rows: the worker was ended by SIGSEGV",
        )
    ]
    assert {d.of for d in found.decompositions} == {"mean-output"}
    assert found.groups
    assert found.proxies


def test_without_attributions_the_rest_is_there() -> None:
    found = explain(of_race(by_area, COLUMNS), by_area, given=None)

    assert [x.part for x in found.lacking] == [
        "attributions by group", "difference of the mean attributions",
    ]  # fmt: skip
    assert {d.of for d in found.decompositions} == {"selection-rate"}
    assert found.proxies


def test_without_a_favourable_decision_only_the_rate_is_lacking() -> None:
    found = explain(replace(of_race(by_area, COLUMNS), is_favourable=None), by_area)

    assert [x.fix for x in found.lacking] == ["name it in affidavit.toml, [label] favourable"]
    assert {d.of for d in found.decompositions} == {"mean-output"}


def test_without_a_sensitive_attribute_there_is_one_line() -> None:
    found = explain(explained_of(COLUMNS, by_area), by_area)

    (one,) = found.lacking
    assert one.reason == "no sensitive attribute is known for these rows"
    assert (found.groups, found.decompositions, found.proxies) == ((), (), ())


def test_a_regression_has_the_mean_output_and_no_rate() -> None:
    explained = of_race(by_area, COLUMNS, task="regression", labels=["1"] * N)

    found = explain(replace(explained, cut=None), by_area)

    assert {d.of for d in found.decompositions} == {"mean-output"}
    assert found.lacking == ()
    assert any("A regression decides nothing" in n for n in found.notes)


def grouped(explained: Explained, values: Any, **spec: Any) -> Explained:
    made = AttributeSpec(name="race", **{"source": "observed", **spec})
    return replace(explained, groupings=(Grouping(spec=made, column=coded(list(values))),))


def test_one_group_alone_and_a_reference_that_does_not_occur_are_lacking() -> None:
    explained = of_race(by_area, COLUMNS)

    alone = explain(grouped(explained, ["a"] * N), by_area)
    foreign = explain(grouped(explained, RACE, reference="z"), by_area)

    assert [x.reason for x in alone.lacking] == [
        "these rows have fewer than two known groups of race",
        "fewer than two groups of race have 30 rows or more",
    ]
    assert [x.reason for x in foreign.lacking] == ["the reference group z is in none of these rows"]
    assert alone.decompositions == foreign.decompositions == ()
    assert len(foreign.groups) == 2
    assert foreign.proxies


def test_small_and_missing_groups_have_their_place_and_no_comparison() -> None:
    race = RACE.astype(object)
    race[:1], race[1:60] = "rare", MISSING_GROUP

    found = explain(grouped(of_race(by_area, COLUMNS), race), by_area)

    assert [(g.group["race"], g.reason) for g in found.groups if g.group["race"] != "a"] == [
        (MISSING_GROUP, None), ("b", None),
        ("rare", "1 of the explained rows, fewer than 30: too small to show"),
    ]  # fmt: skip
    pairs = {(d.of, d.group["race"]): d for d in found.decompositions}
    assert {g for _, g in pairs} == {"b", "rare"}
    rare: list[Decomposition] = [d for (_, g), d in pairs.items() if g == "rare"]
    assert {(d.difference, d.parts) for d in rare} == {(None, ())}
    assert any("race: 59 of 400 rows have no known group" in n for n in found.notes)


def test_estimated_groups_and_an_attribute_that_is_an_input_are_said() -> None:
    columns = {**COLUMNS, "race": RACE.tolist()}

    def model(columns: Mapping[str, Any]) -> Floats:
        return by_area(columns)

    explained = of_race(model, columns)
    given = Given(values=np.zeros((N, 4)), errors=np.zeros((N, 4)))
    found = explain(grouped(explained, RACE, source="estimated"), model, given=given)

    assert any(n.startswith("race: groups are estimated, ") for n in found.notes)
    assert any("race is itself an input of the model (race)" in n for n in found.notes)


def test_an_attribute_whose_groups_are_not_known_is_lacking() -> None:
    explained = explained_of(
        COLUMNS, by_area, threshold=0.55, sensitive={"race": RACE.tolist(), "sex": ["f"] * N}
    )

    found = explain(replace(explained, groupings=explained.groupings[:1]), by_area)

    assert [x.part for x in found.lacking] == ["explanations by sex"]


def test_rows_of_one_unit_are_read_from_the_snapshot() -> None:
    explained = of_race(by_area, COLUMNS)
    table = explained.rows.table
    unit = pa.array([f"u{i // 2}" for i in range(N)])
    explained = replace(
        explained, config=explained.config.model_copy(update={"unit": "person"}),
        rows=replace(
            explained.rows, table=replace(table, data=table.data.append_column("person", unit))
        ),
    )  # fmt: skip

    found = explain(explained, by_area)

    assert all("by unit" in d.method for d in found.decompositions)
    assert all("by unit" in (p.auc.method or "") for p in found.proxies)


def test_the_same_inputs_and_seed_give_the_same() -> None:
    first, second = (explain(of_race(by_area, COLUMNS), by_area) for _ in range(2))

    assert first == second
