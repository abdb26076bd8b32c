"""Which three numbers stand on page one is a rule of the task, and no choice of anybody."""

from __future__ import annotations

import pytest
from tests.support.cards import render_sample
from tests.support.records import RecordBuilder, sample_config

from affidavit.evidence import Number, Report, Significance
from affidavit.render.about import key_numbers

SCORES = {
    "binary": ("roc_auc", "gini", "ks", "brier_score", "log_loss", "accuracy"),
    "multiclass": ("roc_auc_macro", "f1_macro", "brier_score", "log_loss", "accuracy"),
    "decided classes": ("f1_macro", "accuracy", "log_loss"),
    "regression": ("mae", "mse", "bias", "rmse", "r2"),
}  # fmt: skip
RULE = {
    "binary": ("roc_auc", "selection_rate_ratio", "brier_score"),
    "multiclass": ("roc_auc_macro", "selection_rate_ratio", "brier_score"),
    "decided classes": ("accuracy", "selection_rate_ratio", "log_loss"),
    "regression": ("r2", "mean_prediction_difference", "mae"),
}


def number(metric: str, value: float = 0.7, **more: object) -> Number:
    fields = {"role": "evaluation", "n": 400, "low": value - 0.1, "high": value + 0.1,
              "level": 0.95, "method": "Wilson", "source": "scores", **more}  # fmt: skip
    kind = "fairness" if "against" in more else "performance"
    where = f"/{more['group']} vs {more['against']}" if "against" in more else ""
    return Number(
        id=f"{kind}/evaluation/{metric}{where}", metric=metric, value=value, **fields
    )  # fmt: skip


def ratio(value: float, group: str, p_value: float, rows: int) -> tuple[Number, Number]:
    """A ratio, and the test that stands with its difference."""
    both = {"group": {"g": group}, "against": {"g": "a"}, "n": rows}
    test = Significance(p_value=p_value, method="score", adjusted=p_value, family=3)
    return (
        number("selection_rate_ratio", value, **both),
        number("selection_rate_difference", value - 1, significance=test, **both),
    )


def reports(task: str) -> tuple[Report, ...]:
    common = {"role": "evaluation", "n_rows": 400, "n_labelled": 400}
    pairs = [*ratio(0.5, "b", 0.4, 20), *ratio(0.8, "c", 0.001, 300), *ratio(0.9, "d", 0.01, 90)]
    if task == "regression":
        both = {"against": {"g": "a"}}
        pairs = [
            number("mean_prediction_difference", -3.0, group={"g": "b"}, **both),
            number("mean_prediction_difference", 2.0, group={"g": "c"}, **both),
            number("mae_difference", 9.0, group={"g": "b"}, **both),
        ]
    return (
        Report(name="performance", numbers=tuple(map(number, SCORES[task])), **common),
        Report(name="fairness", numbers=tuple(pairs), **common),
    )


@pytest.mark.parametrize("task", SCORES)
def test_the_three_are_those_of_the_rule_in_whatever_order_the_numbers_come(task: str) -> None:
    made = reports(task)
    turned = tuple(r.model_copy(update={"numbers": r.numbers[::-1]}) for r in made)

    for given in (made, turned):
        found = key_numbers(given, sample_config())
        assert tuple(k.quantity.id.split("/")[2] for k in found) == RULE[task]
        for key in found:
            assert key.definition
            assert key.quantity.interval
            assert key.quantity.n


@pytest.mark.parametrize("task", SCORES)
def test_a_flattering_value_changes_no_choice(task: str) -> None:
    performance, fairness = reports(task)
    flattered = tuple(
        n.model_copy(update={"value": 1.0, "high": 1.0}) if n.metric not in RULE[task] else n
        for n in performance.numbers
    )

    found = key_numbers(
        (performance.model_copy(update={"numbers": flattered}), fairness), sample_config()
    )

    assert tuple(k.quantity.id.split("/")[2] for k in found) == RULE[task]


def test_the_ratio_is_the_lowest_significant_and_not_the_smallest_groups() -> None:
    found = key_numbers(reports("binary"), sample_config())

    assert found[1].quantity.value == "0.80"
    assert found[1].label.endswith("(lowest significant of 3 pairs)")


def test_a_masked_number_stays_and_no_other_takes_its_place(builder: RecordBuilder) -> None:
    """Eight of afam = yes would be approved: the ratio gives that away."""
    assert builder.cells is not None
    builder.cells = {
        key: min(n, 2) if key[0] == "yes" and key[3] == "no" else n
        for key, n in builder.cells.items()
    }
    text = render_sample(builder.build()).text("html")

    block = text.split('<div class="nums"')[1].split("</section>")[0]
    assert "masked" in block
    assert "ratio of favourable decisions (deny = no), afam yes against no" in block
    assert block.count("data-number") == 3
