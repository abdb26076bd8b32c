"""Nearness, and the bounds of what is derived."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.bundles import BundleBuilder

from affidavit.bundle.canonical import rounded
from affidavit.verify import Trust, count_tables, read_keys, verify_bundle
from affidavit.verify.arithmetic import is_near

RATES = st.floats(min_value=0.01, max_value=1.0)


@given(RATES)
def test_what_was_rounded_to_twelve_digits_is_near(value: float) -> None:
    """Bundle format: floats are rounded to twelve significant digits before they are written."""
    assert is_near(value, rounded(value))


@given(RATES, st.integers(min_value=-1, max_value=1))
def test_allows_one_unit_in_the_twelfth_digit_and_no_more(value: float, units: int) -> None:
    """Bundle format: `verify` allows one unit in the twelfth digit."""
    ours = Decimal(repr(rounded(value)))
    unit = Decimal(1).scaleb(ours.adjusted() - 11)

    assert is_near(value, float(ours + units * unit))
    # Across a power of ten the unit is that of the larger number.
    assert not is_near(value, float(ours + 12 * unit))
    assert not is_near(value, float(ours - 3 * unit))


@pytest.mark.parametrize(
    ("ours", "theirs", "near"),
    [(None, None, True), (None, 0.0, False), (0.0, None, False), (0.0, 0.0, True),
     (0.0, 1e-16, True), (0.0, 1e-12, False), (1.0, 0.99999999998, False), (-0.5, 0.5, False)],
)  # fmt: skip
def test_undefined_is_near_undefined_only(
    ours: float | None, theirs: float | None, near: bool
) -> None:
    assert is_near(ours, theirs) is near


def test_too_many_groups_leave_it_undecided(
    sealed: BundleBuilder, pinned: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile table must not hang its reader; what was not derived is not a pass."""
    monkeypatch.setattr(count_tables, "MAX_WORK", 10)

    verdict = verify_bundle(sealed.path, trust=pinned)

    assert verdict.exit_code == 4
    assert verdict["arithmetic"].status == "not-run"


@pytest.mark.parametrize("observed", [-1.0, 2.0, 1e308])
def test_a_share_that_no_rows_have_is_refuted_and_defeats_no_formula(
    tmp_path: Path, observed: float
) -> None:
    builder = BundleBuilder(tmp_path / "made", rows_made=48)
    trust = read_keys((builder.public_key,))

    def change(report: Any) -> None:
        report["calibration"][0]["observed"] = observed
        report["calibration"][-1]["observed"] = -observed

    bundle = builder.replace_json("data/reports/performance.json", change, "resign")

    verdict = verify_bundle(bundle, trust=trust)
    assert verdict.exit_code == 1
    assert "count-spec" in {c.id for c in verdict.checks if c.status == "failed"}
    assert verify_bundle(builder.path, trust=trust).exit_code == 0
