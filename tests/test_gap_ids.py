"""Gaps have the ids that docs and earlier bundles know."""

from __future__ import annotations

from affidavit.gap_ids import gap_id


def test_gaps_have_the_ids_that_bundles_have_carried() -> None:
    """Verify asks for a gap by its id: another would refute bundles that are already signed."""
    assert gap_id("favourable", "evaluation") == "recompute.favourable.evaluation"
    assert gap_id("sensitive", "test", "race") == "recompute.sensitive.race.test"
    assert gap_id("segments", "test", "period") == "recompute.segments.period.test"
    assert gap_id("intersection", "test", "race", "sex") == "recompute.intersection.race+sex.test"
