"""Numbers held against thresholds that somebody set."""

from __future__ import annotations

import pytest
from tests.recompute.case import binary_config, hold

from affidavit.config import Hold
from affidavit.errors import ConfigError
from affidavit.evidence import Number
from affidavit.recompute.holds import check_holds

NUMBERS = (
    Number(id="performance/e/roc_auc", metric="roc_auc", role="e", n=50, value=0.8, low=0.7,
           high=0.9, level=0.95, method="DeLong", source="scores"),
    Number(id="performance/e/selection_rate", metric="selection_rate", role="e", n=50, value=0.1,
           source="counts"),
    Number(id="fairness/e/selection_rate", metric="selection_rate", role="e", n=50, value=0.9,
           source="counts"),
    Number(id="fairness/e/selection_rate_ratio/g=b vs a", metric="selection_rate_ratio", role="e",
           group={"g": "b"}, against={"g": "a"}, n=50, value=0.79, source="counts"),
    Number(id="fairness/e/precision/g=b", metric="precision", role="e", group={"g": "b"}, n=0,
           value=None, reason="undefined, n = 0: no rows", source="counts"),
)  # fmt: skip
ITEMS = ("data/reports/performance.json",)


def _check(*holds: Hold) -> list[tuple[str, str, str | None]]:
    found = check_holds(NUMBERS, binary_config(hold=holds), ITEMS)
    return [(f.kind, f.what, f.found) for f in found]


def test_a_threshold_that_is_met_says_nothing() -> None:
    assert (
        _check(hold("auc", min=0.8), hold("selection_rate_ratio", group={"g": "b"}, min=0.7)) == []
    )


def test_a_threshold_that_is_missed_is_an_exception_with_value_and_interval() -> None:
    assert _check(hold("roc_auc", min=0.85)) == [
        (
            "exception",
            "the AUC misses what validation set on 2026-01-01",
            "0.8 (95% interval 0.7 to 0.9, DeLong), n = 50",
        )
    ]


def test_a_group_is_held_by_its_comparison_with_the_reference() -> None:
    found = _check(hold("selection_rate_ratio", group={"g": "b"}, min=0.8))

    assert found[0][1].startswith("the selection rate ratio (g b against")
    assert found[0][2] == "0.79, n = 50"


def test_without_a_group_the_performance_number_is_meant() -> None:
    assert _check(hold("selection_rate", max=0.2)) == []


def _summary(*sizes: tuple[str, int]) -> str | None:
    counts = tuple(
        Number(id=f"fairness/e/count/g={g}", metric="count", role="e", group={"g": g}, n=n,
               value=float(n), source="counts")
        for g, n in sizes
    )  # fmt: skip
    name = "demographic_parity_difference"
    summary = Number(
        id=f"fairness/e/{name}/g",
        metric=name,
        role="e",
        attributes=("g",),
        n=200,
        value=0.5,
        source="counts",
    )
    config = binary_config(hold=(hold(name, max=0.1),))
    (found,) = check_holds((*counts, summary), config, ITEMS)
    return found.found


def test_a_summary_that_misses_names_the_small_groups_in_it() -> None:
    assert _summary(("a", 120), ("b", 30), ("(missing)", 4)) == "0.5, n = 200"
    assert _summary(("a", 120), ("b", 29), ("tiny", 1)) == (
        "0.5, n = 200; it holds groups of fewer than 30 rows: b 29, tiny 1"
    )


def test_an_undefined_number_is_not_held() -> None:
    found = _check(hold("precision", group={"g": "b"}, min=0.5))

    assert found == [
        (
            "exception",
            "the precision (g b) cannot be held against its threshold",
            "undefined, n = 0: no rows",
        )
    ]


def test_a_group_that_does_not_occur_is_a_gap() -> None:
    found = _check(hold("selection_rate_ratio", group={"g": "z"}, min=0.8))

    assert [(kind, text) for kind, _, text in found] == [("gap", "no such group in the data")]


def test_unknown_metrics_are_refused_all_at_once_with_those_that_are_known() -> None:
    with pytest.raises(ConfigError) as caught:
        _check(hold("profit", min=1), hold("roc_auc", min=0), hold("acuracy", min=1))

    assert "[[hold]] 1: no number is called 'profit'" in caught.value.what
    assert "[[hold]] 3: no number is called 'acuracy'" in caught.value.what
    assert (
        caught.value.fix == "name one of: precision, roc_auc, selection_rate, selection_rate_ratio"
    )


def test_a_value_beside_its_bound_is_shown_apart_from_it() -> None:
    near = NUMBERS[0].model_copy(update={"value": 0.84999994})
    (found,) = check_holds((near,), binary_config(hold=(hold("roc_auc", min=0.85),)), ITEMS)

    assert found.expected == "at least 0.85"
    assert found.found is not None
    assert found.found.startswith("0.8499999")
