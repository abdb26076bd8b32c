"""The table of thresholds against counting the rows of each group at each threshold."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recompute.scored_rows import binary, grouping

from affidavit.recompute.coded import Coded
from affidavit.recompute.threshold_curve import threshold_table, thresholds
from affidavit.threshold_lines import COLUMNS, IN_FORCE

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 9), st.sampled_from("ab"), st.booleans()),
    min_size=1, max_size=40,
)  # fmt: skip


def _read(content: bytes) -> dict[tuple[float, str, str], list[str]]:
    lines = list(csv.reader(io.StringIO(content.decode())))
    assert tuple(lines[0]) == COLUMNS
    return {(float(r[0]), r[1], r[2]): r[3:] for r in lines[1:] if r[0] != IN_FORCE}


@settings(deadline=None, max_examples=80)
@given(ROWS, st.sampled_from(["yes", "no"]))
def test_every_line_counts_its_rows(rows, favourable: str) -> None:
    positive, score, group, known = (np.array(x) for x in zip(*rows, strict=True))
    score = score / 10
    found = binary(positive, score, known=known)

    table = _read(threshold_table(found, "yes", favourable, [(grouping("g", group),)]))

    good = positive if favourable == "yes" else ~positive
    places = [
        ("", "", np.ones(len(rows), bool)),
        *(("g", g, group == g) for g in sorted(set(group))),
    ]
    assert len(table) == len(set(score)) * len(places)
    for cut in set(score):
        selected = score >= cut if favourable == "yes" else score < cut
        for attribute, name, inside in places:
            expected = [inside, inside, selected, known & good, known & good & selected,
                        known & ~good, known & ~good & selected]  # fmt: skip
            line = table[cut, attribute, name]
            assert line[:7] == [str((inside & e).sum()) for e in expected]
            _, weight, *sums = map(int, line[:7])
            pairs = ((sums[0], weight), (sums[2], sums[1]), (sums[4], sums[3]))
            for text, (part, whole) in zip(line[7:], pairs, strict=True):
                assert (text == "") is (whole == 0)  # undefined is never 0
                assert whole == 0 or float(text) == pytest.approx(part / whole, rel=1e-11)


def test_many_scores_have_200_thresholds_and_those_in_force() -> None:
    score = np.random.RandomState(1).rand(5000)

    cuts = thresholds(score, (0.5, 0.25))

    assert len(cuts) == 202
    assert {0.25, 0.5} <= set(cuts)
    assert (np.diff(cuts) > 0).all()
    shares = [(score >= c).mean() for c in cuts if c not in (0.25, 0.5)]
    assert np.abs(np.diff(shares)).max() < 0.0055


def test_200_distinct_scores_are_all_there_and_201_are_not() -> None:
    assert thresholds(np.arange(200) / 200).tolist() == (np.arange(200) / 200).tolist()
    assert len(thresholds(np.arange(201) / 201)) == 200


def test_a_threshold_that_selects_nobody_has_its_line() -> None:
    table = _read(
        threshold_table(binary([True, False], [0.2, 0.4]), "yes", "yes", [], in_force=(0.9,))
    )

    assert table[0.9, "", ""] == ["2", "2", "0", "1", "0", "1", "0", "0", "0", "0"]


def test_weights_are_summed_the_same_in_any_order() -> None:
    random = np.random.RandomState(2)
    score, weight = random.randint(0, 30, 500) / 30, np.round(random.uniform(0.1, 3, 500), 3)
    positive, group = random.rand(500) < score, random.choice(["a", "b"], 500)
    order = random.permutation(500)

    def table(of) -> bytes:
        found = binary(positive[of], score[of], weight[of])
        return threshold_table(found, "yes", "no", [(grouping("g", group[of]),)])

    assert table(np.arange(500)) == table(order)
    line = _read(table(order))[score[0], "g", "a"]
    inside = group == "a"
    assert line[0] == str(inside.sum())
    selected = weight[inside & (score < score[0])].sum()
    assert float(line[1]) == pytest.approx(weight[inside].sum(), rel=1e-11)
    assert float(line[2]) == pytest.approx(selected, rel=1e-11)
    assert float(line[7]) == pytest.approx(selected / weight[inside].sum(), rel=1e-11)


def test_the_decisions_in_force_come_first_whatever_made_them() -> None:
    """As with thresholds by segment: no single threshold gives these decisions."""
    found = binary([True, False, True, False], [0.9, 0.6, 0.4, 0.1])
    decided = Coded(np.array([0, 1, 0, 1], dtype=np.int32), ("yes", "no"))
    found = replace(found, decision=decided)

    lines = threshold_table(found, "yes", "no", [(grouping("g", list("aabb")),)]).decode()

    assert lines.splitlines()[1:4] == [
        "in force,,,4,4,2,2,2,2,0,0.5,1,0", "in force,g,a,2,2,1,1,1,1,0,0.5,1,0",
        "in force,g,b,2,2,1,1,1,1,0,0.5,1,0",
    ]  # fmt: skip
