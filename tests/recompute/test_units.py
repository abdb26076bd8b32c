"""Effective rows by unit: against statsmodels, by hand, and by how often intervals hold the truth."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from affidavit.evidence import AttributeSpec, CountSpec, EffectiveRows
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.units import effective_rows

Key = tuple[str, str | None, tuple[tuple[str, str], ...]]


def _spec(**changes) -> CountSpec:
    base = {
        "role": "evaluation", "positive": "bad", "favourable": "good", "unit": "person",
        "attributes": (AttributeSpec(name="sex"), AttributeSpec(name="age")),
        "intersections": (("sex", "age"),),
    }  # fmt: skip
    return CountSpec(**{**base, **changes})


def _column(values) -> Coded:
    names = tuple(dict.fromkeys(v for v in values if v is not None))
    codes = [NONE if v is None else names.index(v) for v in values]
    return Coded(np.array(codes, dtype=np.int32), names)


def _keyed(found: tuple[EffectiveRows, ...]) -> dict[Key, float]:
    keyed = {(e.metric, e.event, tuple((e.group or {}).items())): e.n for e in found}
    assert len(keyed) == len(found)
    return keyed


def _sample(seed: int, n: int = 600, units: int = 80):
    """Rows of one unit are alike in label and decision."""
    chance = np.random.RandomState(seed)
    unit = chance.randint(0, units, n)
    lean = chance.normal(size=units)[unit]
    label = np.where(lean + chance.normal(size=n) > 0.3, "bad", "good").astype(object)
    label[chance.uniform(size=n) < 0.1] = None
    decision = np.where(lean + chance.normal(size=n) > 0.1, "bad", "good")
    sex, age = chance.choice(["f", "m"], n), chance.choice(["old", "young"], n)
    weights = np.round(chance.gamma(2, 1, n) + 0.05, 6)
    return unit, label, decision, sex, age, weights


# Written out again from the definitions in docs/metrics.md, not from the module.
_DEFINED = {
    "selection_rate": (lambda _y, _d, _e: True, lambda _y, d, e: d == e),
    "true_positive_rate": (lambda y, _d, e: y == e, lambda _y, d, e: d == e),
    "false_positive_rate": (lambda y, _d, e: y not in (e, None), lambda _y, d, e: d == e),
    "false_negative_rate": (lambda y, _d, e: y == e, lambda _y, d, e: d != e),
    "true_negative_rate": (lambda y, _d, e: y not in (e, None), lambda _y, d, e: d != e),
    "precision": (lambda y, d, e: y is not None and d == e, lambda y, _d, e: y == e),
    "accuracy": (lambda y, _d, _e: y is not None, lambda y, d, _e: y == d),
    "prevalence": (lambda y, _d, _e: y is not None, lambda y, _d, e: y == e),
}


@pytest.mark.parametrize("weighted", [False, True])
def test_every_rate_of_every_group_has_the_cluster_variance_of_statsmodels(weighted: bool) -> None:
    """WLS on a constant, cov_type cluster with G / (G - 1) alone, at p (1 - p) / Var."""
    unit, label, decision, sex, age, weights = _sample(1)
    w = weights if weighted else np.ones(len(unit))
    entries = effective_rows(
        [("sex", _column(sex)), ("age", _column(age))], _column(label), _column(decision),
        weights if weighted else None, unit=_column([f"u{u}" for u in unit]), spec=_spec(weighted=weighted),
    )  # fmt: skip
    found = _keyed(entries)
    units = {(e.metric, e.event, tuple((e.group or {}).items())): e.units for e in entries}

    places: dict[tuple[tuple[str, str], ...], np.ndarray] = {(): np.ones(len(unit), dtype=bool)}
    for s in ("f", "m"):
        places[("sex", s),] = sex == s
        for a in ("old", "young"):
            places[("age", a),] = age == a
            places[("sex", s), ("age", a)] = (sex == s) & (age == a)
    checked = 0
    for (metric, event, group), n in found.items():
        within, counted = _DEFINED[metric]
        rows = [i for i in np.flatnonzero(places[group]) if within(label[i], decision[i], event)]
        y = np.array([counted(label[i], decision[i], event) for i in rows], dtype=float)
        groups = unit[rows]
        fit = sm.WLS(y, np.ones(len(y)), weights=w[rows]).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        g = len(set(groups))
        variance = fit.cov_params()[0, 0] * g / (g - 1)
        p = fit.params[0]
        by_row = sm.WLS(y, np.ones(len(y)), weights=w[rows]).fit(cov_type="HC0").cov_params()[0, 0]
        most = p * (1 - p) / by_row
        assert n == pytest.approx(min(p * (1 - p) / variance, most), rel=1e-9), (metric, group)
        assert units[metric, event, group] == g
        assert n <= most * (1 + 1e-11)
        checked += 1
    assert checked == 15 + 8 * (2 + 2 + 4)  # both events of the whole; accuracy has none


def test_a_case_worked_by_hand() -> None:
    """Three people: 2 of 2, 0 of 2 and 1 of 2 rows decided good.

    p = 1/2, residuals 1, -1, 0; Var = 3/2 * 2 / 36 = 1/12, p (1 - p) / Var = 3, of three.
    Of the women (2 of 2, 0 of 1): p = 2/3, residuals 2/3, -2/3; Var = 2 * (8/9) / 9 = 16/81,
    p (1 - p) / Var = 9/8, of two.
    """
    decision = _column(["good", "good", "bad", "bad", "good", "bad"])
    unit = _column(["a", "a", "b", "b", "c", "c"])
    sex = _column(["f", "f", "f", "m", "m", "m"])
    nothing = _column([None] * 6)
    spec = _spec(attributes=(AttributeSpec(name="sex"),), intersections=())

    found = _keyed(effective_rows([("sex", sex)], nothing, decision, None, unit=unit, spec=spec))

    assert found["selection_rate", "good", ()] == pytest.approx(3, rel=1e-11)
    assert found["selection_rate", "bad", ()] == pytest.approx(3, rel=1e-11)
    assert found["selection_rate", "good", (("sex", "f"),)] == pytest.approx(9 / 8, rel=1e-11)
    # Nobody has a label: no other rate has a value, and none is stated.
    assert {k[0] for k in found} == {"selection_rate"}


def test_a_rate_of_0_or_1_has_as_many_rows_as_units_and_one_unit_has_none() -> None:
    decision = _column(["good"] * 5 + ["bad"] * 3)
    unit = _column(["a", "a", "b", "b", "c", "d", "d", "d"])
    sex = _column(["f"] * 5 + ["m"] * 3)
    spec = _spec(attributes=(AttributeSpec(name="sex"),), intersections=())

    found = _keyed(
        effective_rows([("sex", sex)], _column([None] * 8), decision, None, unit=unit, spec=spec)
    )

    assert found["selection_rate", "good", (("sex", "f"),)] == 3
    assert ("selection_rate", "good", (("sex", "m"),)) not in found


def test_rows_that_are_all_of_different_units_keep_nearly_their_number() -> None:
    """One less in G / (G - 1)."""
    unit, label, decision, sex, age, _ = _sample(2)
    alone = Coded(np.arange(len(unit), dtype=np.int32), tuple(map(str, range(len(unit)))))
    groups = [("sex", _column(sex)), ("age", _column(age))]

    found = _keyed(
        effective_rows(groups, _column(label), _column(decision), None, unit=alone, spec=_spec())
    )

    assert found["selection_rate", "good", ()] == pytest.approx(599, rel=1e-9)


def test_units_that_are_all_alike_are_not_worth_more_than_their_rows() -> None:
    decision, unit = _column(["good", "bad"] * 10), _column([str(i // 2) for i in range(20)])
    spec = _spec(attributes=(), intersections=())

    found = _keyed(effective_rows([], _column([None] * 20), decision, None, unit=unit, spec=spec))

    assert found["selection_rate", "good", ()] == 20


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_the_order_of_the_rows_and_of_the_names_leaves_no_trace(seed: int, weighted: bool) -> None:
    unit, label, decision, sex, age, weights = _sample(seed, n=90, units=12)

    def of(order):
        return effective_rows(
            [("sex", _column(sex[order])), ("age", _column(age[order]))], _column(label[order]),
            _column(decision[order]), weights[order] if weighted else None,
            unit=_column([f"u{u}" for u in unit[order]]), spec=_spec(weighted=weighted),
        )  # fmt: skip

    moved = np.random.RandomState(seed).permutation(len(unit))
    assert of(moved) == of(np.arange(len(unit)))


def test_a_multiclass_table_has_every_class_against_the_rest_and_one_accuracy() -> None:
    label = _column(["a", "b", "c", None, "b", "a"])
    decision = _column(["a", "b", "b", "c", "c", "a"])
    unit = _column(["1", "1", "2", "2", "3", "3"])
    spec = _spec(
        task="multiclass", positive="", favourable="", attributes=(), intersections=()
    )  # fmt: skip

    found = _keyed(effective_rows([], label, decision, None, unit=unit, spec=spec))

    assert {k[1] for k in found if k[0] == "selection_rate"} == {"a", "b", "c"}
    # Right: 2 of 2, 0 of 1, 1 of 2. p = 3/5; residuals 4/5, -3/5, -1/5; Var = 3/2 * 26/25 / 25.
    plain = Fraction(6, 25) / (Fraction(3, 2) * Fraction(26, 625))
    assert found["accuracy", None, ()] == pytest.approx(float(plain), rel=1e-11)


def test_segments_count_the_positive_label_and_other_tables_the_favourable() -> None:
    unit, label, decision, sex, _, _ = _sample(3)
    for table, event in (("segments", "bad"), ("main", "good"), ("final", "good")):
        spec = _spec(table=table, attributes=(AttributeSpec(name="sex"),), intersections=())
        found = effective_rows(
            [("sex", _column(sex))], _column(label), _column(decision), None,
            unit=_column([f"u{u}" for u in unit]), spec=spec,
        )  # fmt: skip
        assert {e.event for e in found if e.group and e.event} == {event}
        assert {e.event for e in found if not e.group and e.event} == {"good", "bad"}


def test_rows_without_a_unit_are_our_own_fault() -> None:
    spec = _spec(attributes=(), intersections=())
    with pytest.raises(ValueError, match="rows without a unit"):
        effective_rows([], _column(["a"]), _column(["a"]), None, unit=_column([None]), spec=spec)


@pytest.mark.parametrize(
    ("people", "rate"), [(10, 0.3), (20, 0.3), (40, 0.2), (60, 0.3), (60, 0.1)]
)
def test_intervals_by_unit_hold_the_truth_and_those_by_row_do_not(people: int, rate: float) -> None:
    """1,000 samples of people with 1 to 12 rows each, alike within a person (correlation 1/3).

    At 95 % nominal, by unit at least 92.5 %; by row the intervals are far too narrow.
    """
    chance = np.random.RandomState(11)
    z, rounds, spec = critical(0.95), 1000, _spec(attributes=(), intersections=())
    narrower = (z / stats.t.ppf(0.975, people - 1)) ** 2
    held = {"unit": 0, "row": 0}
    for _ in range(rounds):
        unit = np.repeat(np.arange(people), chance.randint(1, 13, people))
        own = chance.beta(2 * rate, 2 * (1 - rate), people)[unit]
        good = chance.uniform(size=len(unit)) < own
        decision = Coded(np.where(good, 0, 1).astype(np.int32), ("good", "bad"))
        units = Coded(unit.astype(np.int32), tuple(map(str, range(people))))
        none = Coded(np.full(len(unit), NONE, dtype=np.int32), ())
        found = _keyed(effective_rows([], none, decision, None, unit=units, spec=spec))
        by_unit = found["selection_rate", "good", ()] * narrower
        for name, n in (("unit", by_unit), ("row", float(len(unit)))):
            low, high = wilson(Proportion(p=float(good.mean()), n=n), z)
            held[name] += low <= rate <= high

    assert held["unit"] / rounds >= 0.925
    assert held["row"] / rounds < 0.8
