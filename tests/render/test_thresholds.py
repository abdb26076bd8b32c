"""The thresholds on the card, beside the numbers that are held."""

from __future__ import annotations

from tests.recompute.case import binary_config, hold

from affidavit.evidence import Number
from affidavit.render.thresholds import hold_rows


def _rates(heading: str, few: int) -> tuple[Number, ...]:
    """Selection rates of `few` and 100 rows, and their ratio, in one report."""
    rates = tuple(
        Number(id=f"{heading}/e/selection_rate/race={g}", metric="selection_rate", role="e",
               group={"race": g}, n=n, value=value, source="counts")
        for g, n, value in (("x", few, 0.5), ("y", 100, 0.8))
    )  # fmt: skip
    name = "selection_rate_ratio"
    ratio = Number(
        id=f"{heading}/e/{name}/race=x vs y", metric=name, role="e", group={"race": "x"},
        against={"race": "y"}, n=few + 100, value=0.625, source="counts",
    )  # fmt: skip
    return (*rates, ratio)


def test_both_rates_are_shown_although_an_estimate_has_groups_of_the_same_name() -> None:
    config = binary_config(hold=(hold("selection_rate_ratio", group={"race": "x"}, min=0.8),))
    alone = _rates("fairness", 20)

    (row,) = hold_rows(config, alone)
    (beside,) = hold_rows(config, (*alone, *_rates("estimated", 70)))

    assert beside == row
    assert row.n == "20 and 100"
    assert "of 20 (race = x)" in row.rates
    assert "of 100 (race = y)" in row.rates
    assert row.margin.startswith("three more decided")
