"""Sampled orders: right within their stated errors, and always summing up."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.playing import playing, right

from affidavit.recompute.explain.attributing.attributions import attribute
from affidavit.recompute.explain.attributing.hybrids import Hybrids
from affidavit.recompute.explain.attributing.permutation import asked_by_permutation, sample_orders


@pytest.mark.parametrize("samples", [2, 8, 10, 20])
def test_attributions_are_within_their_stated_errors(samples: int) -> None:
    """Over ten seeds: the spread of (found - right) / error is at most that of a standard normal."""
    explained, ask, rows, background = playing()
    hybrids = Hybrids(explained, ask, rows, background)
    exact = right(explained, rows, background)

    found = [sample_orders(hybrids, samples, np.random.RandomState(seed)) for seed in range(10)]

    shown = np.array([(f.values - exact) / np.maximum(f.errors, 1e-9) for f in found])
    assert np.abs(np.array([f.values - exact for f in found])).max() > 1e-6  # there is an error
    assert np.sqrt((shown**2).mean()) < 1.2
    assert found[0].samples == samples
    assert found[0].from_spread == (samples < 10)


def test_more_orders_err_less() -> None:
    explained, ask, rows, background = playing()
    hybrids = Hybrids(explained, ask, rows, background)
    exact = right(explained, rows, background)

    def error(samples: int) -> float:
        found = sample_orders(hybrids, samples, np.random.RandomState(1))
        return float(np.sqrt(((found.values - exact) ** 2).mean()))

    assert error(200) < error(2) / 3


def test_the_quality_says_what_was_drawn_and_asked() -> None:
    explained, ask, rows, background = playing(explain={"method": "sampled", "samples": 10})
    before = ask.scored

    found = attribute(explained, ask, rows, background)

    quality = found.quality
    assert (quality.method, quality.samples, quality.rows) == ("permutation", 10, 5)
    assert quality.additivity < 1e-10
    assert quality.monte_carlo == found.errors.max() > 0
    assert quality.stability is not None
    assert 0 < quality.stability < 10 * quality.monte_carlo
    once = asked_by_permutation(5, 8, 4, 10)
    assert quality.scored == ask.scored - before == 2 * once - 5  # for stability all again


def test_what_is_asked_at_once_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _values()
    for module in ("hybrids", "permutation", "enumeration"):
        monkeypatch.setattr(f"affidavit.recompute.explain.attributing.{module}.AT_ONCE", 50)

    np.testing.assert_array_equal(_values(), found)


def _values() -> Any:
    sampled = attribute(*playing(explain={"method": "sampled", "samples": 10}))
    exact = attribute(*playing())
    return np.stack([sampled.values, sampled.errors, exact.values])


def test_a_feature_of_two_columns_moves_as_one() -> None:
    features = {"a and c": ("a", "c"), "b": ("b",), "d": ("d",)}
    explained, ask, rows, background = playing(
        features=features, explain={"method": "sampled", "samples": 40}
    )

    found = attribute(explained, ask, rows, background)
    exact = attribute(*playing(features=features))

    right_ones = right(explained, rows, background)
    np.testing.assert_allclose(exact.values, right_ones, atol=1e-11)
    assert np.abs(found.values - right_ones).max() < 5 * found.quality.monte_carlo + 1e-9


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes() -> None:
    script = (
        "from tests.recompute.explain.attributing.test_permutation import digest; print(digest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True,
            cwd=Path(__file__).parents[3],
        ).stdout
        for _ in range(2)
    }  # fmt: skip

    assert told == {f"{digest()}\n"}


def digest() -> str:
    sampled = attribute(*playing(explain={"method": "sampled"}))
    numbers, errors = sampled.values, sampled.errors
    record = sampled.quality.model_dump_json().encode()
    return hashlib.sha256(np.stack([numbers, errors]).tobytes() + record).hexdigest()
