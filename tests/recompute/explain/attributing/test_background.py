"""The background is what `[explain]` says, and the record tells of it without showing a row."""

from __future__ import annotations

import numpy as np
from tests.support.explained import explained_of

from affidavit.recompute.explain.attributing.background import choose_background
from affidavit.recompute.explain.explained import digest_of

X = np.linspace(0, 1, 101)


def _explained(**more):
    explain = {"background": 5, **more.pop("explain", {})}
    return explained_of({"x": X}, lambda rows: rows["x"], explain=explain, **more)


def test_all_rows_are_drawn_from_by_the_seed() -> None:
    explained = _explained()

    chosen = choose_background(explained)

    assert (chosen.rule, chosen.of, chosen.rows.num_rows) == ("all", 101, 5)
    assert chosen.rows.equals(choose_background(_explained()).rows)
    other = choose_background(_explained(explain={"seed": 1}))
    assert not chosen.rows.equals(other.rows)
    np.testing.assert_array_equal(chosen.scores, chosen.rows.column("x").to_numpy())


def test_near_the_cut_off_are_the_nearest_on_both_sides() -> None:
    chosen = choose_background(_explained(explain={"baseline": "near-cut-off"}))

    np.testing.assert_allclose(chosen.rows.column("x").to_numpy(), [0.48, 0.49, 0.5, 0.51, 0.52])
    assert (chosen.rule, chosen.of) == ("near-cut-off", 101)
    assert abs(chosen.mean_output - 0.5) < 1e-12


def test_without_a_threshold_the_record_says_all_and_a_note_why() -> None:
    chosen = choose_background(_explained(explain={"baseline": "near-cut-off"}, threshold=None))

    assert chosen.record().rule == "all"
    assert chosen.note == "no threshold decides here, so that the baseline is drawn from all rows"


def test_the_record_names_the_rows_by_digest_and_their_mean_on_the_scale() -> None:
    explained = _explained(scale="log-odds", explain={"baseline": "near-cut-off"})
    chosen = choose_background(explained)

    record = chosen.record()

    p = np.array([0.48, 0.49, 0.5, 0.51, 0.52])
    assert abs(record.mean_output - np.log(p / (1 - p)).mean()) < 1e-12
    assert (record.n, record.sha256) == (5, digest_of(chosen.rows))


def test_missing_values_stay_in_the_background() -> None:
    values = [None, *range(9)]
    explained = explained_of(
        {"x": values, "y": list(range(10))}, lambda rows: rows["y"] / 10, explain={"background": 10}
    )

    assert choose_background(explained).rows.column("x").null_count == 1
