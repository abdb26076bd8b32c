"""What a comparison from scores says of itself: the honest twin, and each word changed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.recompute.case import binary_config

from affidavit.challenger_record import ComparedNumber, compared_number
from affidavit.config import Config, Rows
from affidavit.evidence import Number
from affidavit.paired import compare_areas, compare_means
from affidavit.places import Place
from affidavit.verify.challenger_said import said_faults

IS_EVENT = [i % 3 == 0 for i in range(90)]
BEFORE = [((i * 37) % 90) / 90 for i in range(90)]
AFTER = [((i * 53) % 90) / 90 + 0.4 * e for i, e in enumerate(IS_EVENT)]
PLACE = Place(kind="challenger", role="evaluation")
AREA = compared_number(PLACE, "roc_auc", compare_areas(IS_EVENT, BEFORE, AFTER), "scores", "yes")
LOSS = compared_number(PLACE, "brier_score", compare_means(BEFORE, AFTER), "scores", "yes")
OWN = Number.model_validate_json(
    '{"id": "x", "metric": "roc_auc", "role": "evaluation", "n": 90, "value": 0.8, "low": 0.7, '
    '"high": 0.9, "from": "scores"}'
)
BARE = dict.fromkeys(("low", "high", "level", "method", "p_value", "test", "favours"))


def faults(number: ComparedNumber, config: Config | None = None, own: Number = OWN) -> list[str]:
    return [f.what for f in said_faults(number, own, config or binary_config())]


def test_what_is_made_as_it_says_passes() -> None:
    assert AREA.test == "DeLong"
    assert (faults(AREA), faults(LOSS)) == ([], [])


def test_an_interval_that_ends_at_the_edge_passes() -> None:
    found = compare_areas([True] * 3 + [False] * 3, [1, 2, 9, 8, 7, 3], [9, 8, 2, 1, 3, 1])
    number = compared_number(PLACE, "roc_auc", found, "scores", "yes")

    assert number.high == 1
    assert faults(number) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"p_value": 0.9}, "p-value is not that of its interval"),
        ({"p_value": None}, "p-value is not that of its interval"),
        ({"level": 0.5}, "not said to be made as it is made"),
        ({"method": "bootstrap"}, "not said to be made as it is made"),
        ({"test": "permutation"}, "not said to be made as it is made"),
        ({"high": 0.99}, "not in the middle of its interval"),
        ({"event": "no"}, "not said to be of all rows"),
        ({"group": {"sex": "f"}}, "not said to be of all rows"),
        ({**BARE, "reason": "no interval: fewer than 10 rows of a label"}, "reason does not hold"),
        ({**BARE, "reason": "no interval: rows with weights"}, "reason does not hold"),
        ({**BARE, "p_value": 0.9, "reason": "none"}, "a test or level without an interval"),
        (
            {**BARE, "subject": None, "challenger": None, "difference": None, "reason": "so"},
            "is undefined, and this model's own is not",
        ),
    ],
)
def test_what_is_not_made_so_is_refuted(changed: dict[str, Any], said: str) -> None:
    found = faults(AREA.model_copy(update=changed))

    assert any(said in f for f in found), found


@pytest.mark.parametrize(
    "config",
    [binary_config(unit="customer"), binary_config(rows=Rows(id="id", weight="w"))],
    ids=["unit", "weight"],
)
def test_rows_that_no_form_holds_for_have_no_interval(config: Config) -> None:
    word = "rows of one customer are not independent" if config.unit else "rows with weights"
    bare = AREA.model_copy(update={**BARE, "reason": f"no interval: {word}"})

    assert faults(bare, config) == []
    assert "an interval, and for these rows none holds" in faults(AREA, config)[0]
    assert "for another reason" in faults(bare.model_copy(update={"reason": "so"}), config)[0]
