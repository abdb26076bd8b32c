"""The beta distribution against scipy, where the usual formula would lose half its digits."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import special, stats

from affidavit import beta_tails
from affidavit.beta_tails import beta_quantile, beta_tail, upper_binomial

SHAPES = st.one_of(st.floats(0.01, 5), st.floats(1, 500), st.floats(1e5, 1e7))


@given(at=st.floats(0.001, 0.999), a=SHAPES, b=SHAPES)
def test_the_tail_is_scipys(at: float, a: float, b: float) -> None:
    expected = special.betainc(a, b, at)
    assume(expected > 1e-290)

    # scipy's own error far out, at shapes of ten million, is some 1e-11.
    assert beta_tail(at, a, b) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("at", "expected"), [(-0.5, 0.0), (0.0, 0.0), (1.0, 1.0), (1.5, 1.0)])
def test_the_tail_is_nothing_or_all_at_the_ends(at: float, expected: float) -> None:
    assert beta_tail(at, 2.5, 3.5) == expected


@given(share=st.floats(1e-6, 0.999), a=st.one_of(st.floats(0.3, 5), st.floats(1, 1e7)), b=SHAPES)
@example(share=0.1885, a=0.30078125, b=0.01)
@example(share=0.897998744, a=0.379977659, b=0.131172304)  # 2 x 10^-7 below 1
def test_the_quantile_has_the_share_below_it(share: float, a: float, b: float) -> None:
    found = beta_quantile(share, a, b)

    assert found == pytest.approx(special.betaincinv(a, b, share), rel=1e-8, abs=1e-15)


@pytest.mark.parametrize(
    ("x", "n", "p"), [(8, 10, 0.5), (1, 1, 0.5), (600, 1000, 0.5), (3, 30, 0.01)]
)
def test_the_upper_tail_is_the_binomials(x: int, n: int, p: float) -> None:
    assert upper_binomial(x, n, p) == pytest.approx(stats.binom.sf(x - 1, n, p), rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(2e8, 3e8), (1e9, 9e12), (4.5e15, 4.5e15)])
def test_the_integral_is_the_continued_fraction_where_both_settle(a: float, b: float) -> None:
    at = a / (a + b) - 1.96 * math.sqrt(a * b / (a + b)) / (a + b)

    by_terms = beta_tails._scaled_density(at, a, b) / a * beta_tails._continued_fraction(at, a, b)

    assert beta_tails._integral(at, a, b) == pytest.approx(by_terms, rel=1e-8)
    assert by_terms == pytest.approx(0.025, rel=1e-3)


def test_what_does_not_settle_raises_and_gives_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beta_tails, "_TERMS", 3)
    with pytest.raises(ArithmeticError, match="no tail of Beta"):
        beta_tails.beta_tail(0.4, 500.0, 500.0)

    monkeypatch.undo()
    monkeypatch.setattr(beta_tails, "_ROUNDS", 1)
    with pytest.raises(ArithmeticError, match="no quantile of Beta"):
        beta_tails.beta_quantile(0.025, 50.0, 50.0)
