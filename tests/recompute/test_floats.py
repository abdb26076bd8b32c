"""Digits that evidence keeps are those of canonical JSON, whatever the array holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.recompute.floats import Floats, rounded


def written_and_read(values: Floats) -> Floats:
    return np.array([float(f"{v:.11e}") + 0.0 for v in values.tolist()])


@settings(max_examples=50)
@given(st.lists(st.floats(), max_size=40))
def test_rounds_as_text_is_written_and_read(values: list[float]) -> None:
    given_ = np.array(values, dtype=float)

    found, text = rounded(given_), written_and_read(given_)

    assert np.array_equal(found, text, equal_nan=True)
    assert not np.signbit(found[found == 0]).any()


def test_rounds_ties_and_powers_of_ten_as_text() -> None:
    """Where a scaled product could fall on the other side: near ties, and beside powers of ten."""
    draws = np.random.RandomState(3)
    ties = (draws.randint(10**11, 10**12, size=20_000, dtype=np.int64) + 0.5) / 10.0 ** (
        draws.randint(0, 23, size=20_000)
    )
    tens = 10.0 ** np.arange(-30, 30)
    values = np.concatenate([ties, -ties, tens, np.nextafter(tens, 0), np.nextafter(tens, np.inf)])

    assert rounded(values).tobytes() == written_and_read(values).tobytes()


def test_keeps_the_shape() -> None:
    assert rounded(np.full((2, 3), 1 / 3)).tolist() == [[0.333333333333] * 3] * 2
