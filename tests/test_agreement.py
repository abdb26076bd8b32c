"""Two models on the same rows from counts, against pandas, statsmodels and formulas by hand."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from affidavit.agreement import (
    challenger_margin,
    compare_counts,
    joint_spec,
    subject_margin,
)
from affidavit.challenger_record import ComparedNumber, favoured
from affidavit.counts import Cell, CountTable, count_table
from affidavit.evidence import AttributeSpec, CountSpec
from affidavit.rates import derive

MAIN = CountSpec(
    role="evaluation", positive="yes", favourable="no", attributes=(AttributeSpec(name="sex"),)
)


def made(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Rows with a group, a label (some unknown) and two decisions that mostly agree."""
    random = np.random.RandomState(seed)
    label = random.choice(["yes", "no", ""], size=n, p=[0.3, 0.6, 0.1])
    ours = np.where(random.uniform(size=n) < 0.8, label, random.choice(["yes", "no"], size=n))
    ours = np.where(ours == "", "no", ours)
    theirs = np.where(random.uniform(size=n) < 0.15, random.choice(["yes", "no"], size=n), ours)
    sex = random.choice(["f", "m", "(missing)"], size=n, p=[0.5, 0.45, 0.05])
    return pd.DataFrame({"sex": sex, "label": label, "ours": ours, "theirs": theirs})


def joint_of(rows: pd.DataFrame, main: CountSpec = MAIN, weights: bool = False) -> CountTable:
    cells = Counter(zip(rows.sex, rows.theirs, rows.label, rows.ours, strict=True))
    spec = joint_spec(main)
    scale = Decimal("1.5") if weights else Decimal(1)
    return count_table(spec, [
        Cell(groups=(sex, theirs), label=label, decision=ours, n=n, sum_w=n * scale,
             sum_w2=n * scale * scale)
        for (sex, theirs, label, ours), n in cells.items()
    ])  # fmt: skip


def numbers(table: CountTable) -> dict[str, ComparedNumber]:
    return {n.id.removeprefix("challenger/evaluation/"): n for n in compare_counts(table)}


def test_each_margin_gives_the_numbers_that_the_model_alone_would_have() -> None:
    """`derive` is what every other report is made by."""
    rows = made()
    joint = joint_of(rows)
    ours, theirs = subject_margin(joint, MAIN), challenger_margin(joint, MAIN)
    alone = [{n.id.partition("/")[2].partition("/")[2]: n.value for n in derive(t)
              if n.id.startswith(("fairness", "performance/evaluation/accuracy"))}
             for t in (ours, theirs)]  # fmt: skip
    found = numbers(joint)

    assert ours == count_table(MAIN, ours.rows)
    compared = [k for k in found if k in alone[0]]
    assert {"accuracy", "selection_rate", "selection_rate/sex=f", "true_positive_rate/sex=m",
            "demographic_parity_difference/sex", "equal_opportunity_difference/sex"} <= {
                *compared}  # fmt: skip
    for key in compared:
        number = found[key]
        assert number.subject == pytest.approx(alone[0][key], abs=1e-14), key
        assert number.challenger == pytest.approx(alone[1][key], abs=1e-14), key


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_test_of_accuracy_is_statsmodels_mcnemar(seed: int) -> None:
    rows = made(seed=seed)
    known = rows[rows.label != ""]
    right = [known.ours == known.label, known.theirs == known.label]
    table = [[(right[1] & right[0]).sum(), (right[1] & ~right[0]).sum()],
             [(~right[1] & right[0]).sum(), (~right[1] & ~right[0]).sum()]]  # fmt: skip
    number = numbers(joint_of(rows))["accuracy"]
    differing = int(table[0][1] + table[1][0])

    expected = mcnemar(table, exact=differing < 25, correction=False)

    assert number.test == ("McNemar exact" if differing < 25 else "McNemar")
    assert number.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    assert (number.n, number.subject) == (len(known), pytest.approx(right[0].mean()))
    assert number.difference == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-14)


def test_newcombes_interval_by_hand() -> None:
    """Newcombe (1998), table II, example of 50 pairs: 36, 12, 2, 0; his method 10 gives it."""
    spec = joint_spec(MAIN.model_copy(update={"attributes": ()}))
    pairs = {("yes", "yes"): 36, ("yes", "no"): 12, ("no", "yes"): 2}
    table = count_table(spec, [
        Cell(groups=(theirs,), label="yes", decision=ours, n=n, sum_w=Decimal(n), sum_w2=Decimal(n))
        for (ours, theirs), n in pairs.items()
    ])  # fmt: skip

    number = numbers(table)["true_positive_rate"]

    assert number.difference == pytest.approx(0.2)
    assert (number.low, number.high) == (pytest.approx(0.0569, abs=5e-5),
                                         pytest.approx(0.3404, abs=5e-5))  # fmt: skip


def test_sides_exchanged_turn_every_difference_round() -> None:
    rows = made()
    one = numbers(joint_of(rows))
    other = numbers(joint_of(rows.rename(columns={"ours": "theirs", "theirs": "ours"})))

    assert one.keys() == other.keys()
    for key, number in one.items():
        assert number.difference == pytest.approx(-other[key].difference)
        assert number.subject == other[key].challenger
        if number.low is not None:
            assert number.low == pytest.approx(-other[key].high)


def test_groups_too_small_or_unknown_have_no_rate() -> None:
    rows = made()
    rows.loc[rows.index[:12], "sex"] = "x"
    found = numbers(joint_of(rows))

    assert found["selection_rate/sex=x"].reason == "fewer than 30 rows: too small to compare"
    assert found["selection_rate/sex=x"].difference is None
    assert not [k for k in found if "(missing)" in k]
    assert found["selection_rate/sex=f"].method == "Newcombe paired, simultaneous over 2 groups"


def test_weights_and_units_leave_values_and_take_the_interval() -> None:
    rows = made()
    weighted = numbers(joint_of(rows, MAIN.model_copy(update={"weighted": True}), weights=True))
    by_unit = numbers(joint_of(rows, MAIN.model_copy(update={"unit": "customer"})))
    plain = numbers(joint_of(rows))

    for found, why in ((weighted, "does not hold with weights"), (by_unit, "of one customer")):
        assert found["accuracy"].difference == pytest.approx(plain["accuracy"].difference)
        assert found["accuracy"].low is None
        assert why in str(found["accuracy"].reason)


def test_who_is_favoured_is_said_only_where_the_measure_and_its_interval_say_so() -> None:
    assert favoured("roc_auc", 0.01, 0.02) == "subject"
    assert favoured("roc_auc", -0.02, -0.01) == "challenger"
    assert favoured("brier_score", -0.02, -0.01) == "subject"
    assert favoured("roc_auc", -0.01, 0.02) is None
    assert favoured("selection_rate", 0.01, 0.02) is None
    assert favoured("roc_auc", None, None) is None
