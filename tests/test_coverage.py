"""Coverage floors, and the tables of docs/metrics.md, against what the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from benchmarks.coverage import Case, grids, table

from affidavit.intervals import Proportion, critical, koopman, newcombe, wilson
from affidavit.null_spread import Null, expected_difference
from affidavit.significance import detectable_gap, difference_test, score_test

DOCUMENT = Path(__file__).parents[1] / "docs" / "metrics.md"
SCORE_METHODS = (
    "Wilson, one rate",
    "Newcombe, difference",
    "Koopman, ratio",
    "Newcombe, paired difference",
    "Zou and Donner, mean of two",
)
Z = critical(0.95)


def block(name: str) -> str:
    """The marked part of the document; exactly one."""
    text = DOCUMENT.read_text("utf-8")
    (found,) = re.findall(rf"<!-- {name} -->\n\n(.*?)\n\n<!-- /{name} -->", text, re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[Case, ...]]:
    return grids()


@pytest.mark.slow
@pytest.mark.parametrize("method", SCORE_METHODS)
def test_a_score_method_covers_as_it_says(method: str, found: dict[str, tuple[Case, ...]]) -> None:
    plain = [case.coverage for case in found[method] if case.is_plain]

    assert 0.94 <= np.mean([case.coverage for case in found[method]]) <= 0.97
    assert 0.94 <= np.mean(plain) <= 0.97
    assert min(plain) >= 0.925


@pytest.mark.slow
@pytest.mark.parametrize("method", ["Newcombe, difference", "Koopman, ratio"])
def test_a_score_method_covers_at_exact_parity(
    method: str, found: dict[str, tuple[Case, ...]]
) -> None:
    parity = [case for case in found[method] if case.is_parity]

    assert len(parity) == 8 * 13
    assert min(case.coverage for case in parity) >= 0.925


@pytest.mark.slow
def test_the_exact_interval_never_covers_less_than_it_says(
    found: dict[str, tuple[Case, ...]],
) -> None:
    assert min(case.coverage for case in found["Clopper and Pearson, one rate"]) >= 0.95


@pytest.mark.slow
def test_the_test_rejects_equal_rates_no_more_than_six_times_in_a_hundred(
    found: dict[str, tuple[Case, ...]],
) -> None:
    assert min(case.coverage for case in found["score or Fisher's test, keeps parity"]) >= 0.94


@pytest.mark.slow
def test_the_log_odds_mend_delongs_interval(found: dict[str, tuple[Case, ...]]) -> None:
    """Simulated: 1,000 draws have a standard error of 0.7 points."""
    assert min(case.coverage for case in found["DeLong on the log odds, AUC"]) >= 0.925
    assert min(case.coverage for case in found["DeLong, AUC"]) < 0.92


@pytest.mark.slow
def test_the_grid_is_the_one_that_is_published(found: dict[str, tuple[Case, ...]]) -> None:
    single = found["Wilson, one rate"]

    assert {case.sizes for case in single} == {(n,) for n in (20, 30, 50, 100, 200, 1000)}
    assert min(case.rates[0] for case in single) == 0.02
    assert max(case.rates[0] for case in single) == 0.98


@pytest.mark.slow
def test_the_table_in_the_docs_is_what_the_code_gives(found: dict[str, tuple[Case, ...]]) -> None:
    assert block("coverage") == table(found)


def test_the_example_by_hand_in_the_docs_is_what_the_code_gives() -> None:
    group, reference = Proportion(p=12 / 40, n=40), Proportion(p=27 / 60, n=60)
    low1, high1 = wilson(group, Z)
    low2, high2 = wilson(reference, Z)
    low, high = newcombe(group, reference, Z)
    least, most = koopman(group, reference, Z)
    p_value = score_test(group, reference)
    assert p_value == difference_test(12, 40, 27, 60).p_value
    values = {
        "p₁": group.p, "p₂": reference.p, "l₁": low1, "u₁": high1, "l₂": low2, "u₂": high2,
        "centre₁": (low1 + high1) / 2, "half₁": (high1 - low1) / 2,
        "centre₂": (low2 + high2) / 2, "half₂": (high2 - low2) / 2,
        "difference": group.p - reference.p, "Newcombe low": low, "Newcombe high": high,
        "ratio": group.p / reference.p, "Koopman low": least, "Koopman high": most,
        "score z": -critical(1 - p_value), "score p-value": p_value,
        "expected difference": expected_difference(Null(rate=0.39, sizes=(40, 60))),
    }  # fmt: skip

    rows = [line.strip("| ").split(" | ") for line in block("worked example").splitlines()[2:]]

    assert {name: value for name, _, value in rows} == {k: f"{v:.4f}" for k, v in values.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("n1", "n2"), [(30, 30), (30, 100), (100, 30), (60, 60), (40, 400)])
def test_the_stated_gap_has_the_power_that_the_docs_say(n1: int, n2: int) -> None:
    """Exact power of the very test that is used, score or Fisher."""
    for p in (0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.95):
        for below, alpha in ((True, 0.05), (False, 0.05), (True, 0.01), (False, 0.01)):
            gap = detectable_gap(Proportion(p=p, n=n2), n1, alpha=alpha, below=below)
            far = float(not below) if gap is None else p - gap if below else p + gap
            power = exact_power(far, n1, p, n2, alpha)
            assert power < 0.75 if gap is None else 0.74 < power < 0.94


def exact_power(p1: float, n1: int, p2: float, n2: int, alpha: float) -> float:
    from scipy.stats import binom

    ours, theirs = binom.pmf(range(n1 + 1), n1, p1), binom.pmf(range(n2 + 1), n2, p2)
    return float(
        sum(
            ours[x1] * theirs[x2]
            for x1 in np.flatnonzero(ours > 1e-8)
            for x2 in np.flatnonzero(theirs > 1e-8)
            if difference_test(int(x1), n1, int(x2), n2).p_value <= alpha
        )
    )
