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


def test_a_summary_that_misses_says_how_many_small_groups_are_in_it_and_never_which() -> None:
    assert _summary(("a", 120), ("b", 30), ("(missing)", 4)) == "0.5, n = 200"
    assert _summary(("a", 120), ("b", 29), ("tiny", 1)) == (
        "0.5, n = 200; it holds groups of fewer than 30 rows: 2"
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


def _shares(heading: str, yes: float) -> tuple[Number, ...]:
    """Selection rates of two groups of 100 and 50 rows, and their ratio."""
    rates = {"b": (50, yes), "a": (100, 0.9)}
    groups = tuple(
        Number(id=f"{heading}/e/selection_rate/g={g}", metric="selection_rate", role="e",
               group={"g": g}, n=n, value=value, source="counts")
        for g, (n, value) in rates.items()
    )  # fmt: skip
    ratio = Number(
        id=f"{heading}/e/selection_rate_ratio/g=b vs a", metric="selection_rate_ratio", role="e",
        group={"g": "b"}, against={"g": "a"}, n=150, value=yes / 0.9, source="counts",
    )  # fmt: skip
    return (*groups, ratio)


def test_a_missed_threshold_says_what_would_turn_it() -> None:
    config = binary_config(hold=(hold("selection_rate_ratio", group={"g": "b"}, min=0.8),))

    (found,) = check_holds(_shares("fairness", 0.66), config, ITEMS)

    label = config.label
    assert found.found == (
        f"0.7333, n = 150; three more decided {label.column} = {label.favourable} among the 50 "
        "(g = b) would meet it"
    )
    weighted = config.model_copy(update={"rows": config.rows.model_copy(update={"weight": "w"})})
    (found,) = check_holds(_shares("fairness", 0.66), weighted, ITEMS)
    assert found.found == "0.7333, n = 150"


def test_the_models_decisions_are_held_and_not_the_final_ones() -> None:
    config = binary_config(hold=(hold("selection_rate_ratio", group={"g": "b"}, min=0.8),))
    model, final = _shares("fairness", 0.88), _shares("final", 0.1)

    assert check_holds((*final, *model), config, ITEMS) == ()
    assert len(check_holds((*final, *_shares("fairness", 0.1)), config, ITEMS)) == 1


def test_of_classes_each_is_held_where_no_number_stands_for_all() -> None:
    each = tuple(
        Number(id=f"performance/e/precision/class={c}", metric="precision", role="e", label=c,
               n=50, value=value, source="counts")
        for c, value in (("x", 0.4), ("y", 0.9), ("z", 0.3))
    )  # fmt: skip
    config = binary_config(hold=(hold("precision", min=0.5),))

    found = check_holds(each, config, ITEMS)

    assert [f.id for f in found] == [
        "recompute.hold.01.precision.x", "recompute.hold.01.precision.z",
    ]  # fmt: skip
    assert found[0].what.startswith("the precision (class x) misses")
    whole = each[1].model_copy(update={"id": "performance/e/precision", "label": None})
    assert check_holds((*each, whole), config, ITEMS) == ()


def test_the_adverse_impact_ratio_is_the_ratio_of_selection_rates() -> None:
    config = binary_config(hold=(hold("adverse_impact_ratio", group={"g": "b"}, min=0.8),))

    (found,) = check_holds(_shares("fairness", 0.66), config, ITEMS)

    assert found.id == "recompute.hold.01.adverse_impact_ratio"
    assert found.found is not None
    assert found.found.startswith("0.7333, n = 150; three more")


def _rule_and_estimate() -> tuple[Number, ...]:
    """A threshold rule that finds 20 rows, where probabilities find 70; and its summary."""
    sizes = {"fairness": {"x": 20, "y": 100}, "estimated": {"x": 70, "y": 100}}
    counts = tuple(
        Number(id=f"{heading}/e/count/race={g}", metric="count", role="e", group={"race": g}, n=n,
               value=n, source="counts")
        for heading, groups in sizes.items()
        for g, n in groups.items()
    )  # fmt: skip
    name = "demographic_parity_difference"
    summaries = tuple(
        Number(id=f"{heading}/e/{name}/race", metric=name, role="e", attributes=("race",), n=120,
               value=0.5, source="counts")
        for heading in sizes
    )  # fmt: skip
    return (*counts, *summaries)


def test_a_small_group_is_named_although_its_estimate_is_large() -> None:
    config = binary_config(hold=(hold("demographic_parity_difference", max=0.1),))

    (found,) = check_holds(_rule_and_estimate(), config, ITEMS)

    assert found.found == "0.5, n = 120; it holds groups of fewer than 30 rows: 1"


def test_a_finding_cites_the_report_that_holds_its_number() -> None:
    items = tuple(
        f"data/reports/{stem}.json" for stem in ("performance", "fairness", "estimated.race")
    )
    config = binary_config(
        hold=(
            hold("roc_auc", min=0.9),
            hold("demographic_parity_difference", max=0.1),
            hold("selection_rate", group={"race": "x"}, min=0.9),
            hold("selection_rate", group={"race": "nobody"}, min=0.9),
        )
    )
    estimated = Number(
        id="estimated/e/selection_rate/race=x", metric="selection_rate", role="e",
        group={"race": "x"}, n=70, value=0.5, source="counts",
    )  # fmt: skip

    found = check_holds((*NUMBERS, *_rule_and_estimate(), estimated), config, items)

    assert [f.items for f in found] == [(items[0],), (items[1],), (items[2],), items]


def test_a_thousand_thresholds_share_one_budget_and_the_easy_have_their_words() -> None:
    groups = tuple(
        Number(id=f"fairness/e/selection_rate/g={i:03}", metric="selection_rate", role="e",
               group={"g": f"{i:03}"}, n=3_000 + i, source="counts",
               value=(1_000 + i) / (3_000 + i))
        for i in range(100)
    )  # fmt: skip
    name = "demographic_parity_difference"
    number = Number(id=f"fairness/e/{name}/g", metric=name, role="e", attributes=("g",), n=9,
                    value=0.5, source="counts")  # fmt: skip
    easy = hold("selection_rate", group={"g": "000"}, min=0.5)
    config = binary_config(hold=(*(hold(name, max=1e-4) for _ in range(999)), easy))

    found = check_holds((*groups, number), config, ITEMS)

    assert len(found) == 1000
    assert "more decided" in str(found[-1].found)
    assert not any("would meet it" in str(f.found) for f in found[:-1])
