"""Small cells on cards: masked, with what would give them away, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.records import CELLS, sample_counts

from affidavit.card_record import CardNumber
from affidavit.counts import CountTable
from affidavit.evidence import Number, Report
from affidavit.masking import FEW, card_number, hidden_cells, is_small, masks
from affidavit.rates import derive

Cells = Mapping[tuple[str, str, str, str], int]
FAIR = "fairness/evaluation"


def reports_of(table: CountTable) -> tuple[Report, ...]:
    rows = sum(c.n for c in table.rows)
    numbers = derive(table)
    return tuple(
        Report(
            name=name, role="evaluation", n_rows=rows, n_labelled=rows, counts=table.spec,
            numbers=tuple(n for n in numbers if n.id.startswith(f"{name}/")),
        )
        for name in ("performance", "fairness")
    )  # fmt: skip


def printed(cells: Cells) -> dict[str, CardNumber]:
    """What a card's JSON says of these counts."""
    reports = reports_of(sample_counts({k: n for k, n in cells.items() if n}))
    masked = masks(reports)
    return {n.id: card_number(n, masked.get(n.id)) for r in reports for n in r.numbers}


def with_cells(**changes: int) -> dict[tuple[str, str, str, str], int]:
    """The sample with one attribute, and cells such as `yes_no_yes` (afam, label, decision)."""
    cells: dict[tuple[str, str, str, str], int] = {}
    for (afam, _, label, decision), n in CELLS.items():
        key = (afam, "no", label, decision)
        cells[key] = cells.get(key, 0) + n
    for name, n in changes.items():
        afam, label, decision = name.split("_")
        cells["(missing)" if afam == "missing" else afam, "no", label, decision] = n
    return cells


def moved(cells: Cells, one: str, other: str, by: Mapping[tuple[str, str], int]) -> Cells | None:
    """Rows moved from one group to the other, by label and decision; None where there are none."""
    changed = dict(cells)
    for (label, decision), n in by.items():
        for group, sign in ((one, -1), (other, 1)):
            key = (group, "no", label, decision)
            changed[key] = changed.get(key, 0) + sign * n
    return changed if all(n >= 0 for n in changed.values()) else None


def test_without_a_small_cell_every_number_is_the_reports() -> None:
    found = printed(with_cells())

    assert {n.masked for n in found.values()} == {None}


def test_a_small_cell_takes_its_group_and_the_next_smallest() -> None:
    """Three false positives of `yes`: its rates by label go, and those of `no` with them."""
    found = printed(with_cells(yes_yes_no=3))

    for metric in ("true_positive_rate", "false_positive_rate", "precision", "accuracy"):
        hidden = found[f"{FAIR}/{metric}/afam=yes"]
        assert (hidden.value, hidden.low, hidden.masked) == (None, None, "hidden")
        assert found[f"{FAIR}/{metric}/afam=no"].masked == "hidden"
    assert found[f"{FAIR}/equalized_odds_difference/afam"].masked == "hidden"
    assert found[f"{FAIR}/true_positive_rate_difference/afam=yes vs no"].masked == "hidden"
    assert found[f"{FAIR}/selection_rate/afam=yes"].masked is None
    assert found[f"{FAIR}/selection_rate_ratio/afam=yes vs no"].masked is None


def test_a_small_group_is_hidden_and_the_next_smallest_is_blurred() -> None:
    found = printed(with_cells(missing_no_no=3))

    gone, blurred = (found[f"{FAIR}/selection_rate/afam={g}"] for g in ("(missing)", "yes"))
    assert (gone.value, gone.n, gone.masked) == (None, None, "hidden")
    assert (blurred.value, blurred.n, blurred.masked) == (0.75, 130, "rounded")
    assert (blurred.low, blurred.high) == (0.67, 0.81)
    assert found[f"{FAIR}/count/afam=yes"].value == 130
    assert found[f"{FAIR}/selection_rate/afam=no"].masked is None
    ratio = found[f"{FAIR}/selection_rate_ratio/afam=yes vs no"]
    assert (ratio.value, ratio.n, ratio.masked) == (0.82, 948, "rounded")


@pytest.mark.parametrize("small", [1, 3, 9])
def test_who_knows_the_rule_cannot_tell_which_small_cell_it_was(small: int) -> None:
    """Every table that the printed totals allow and that gives the same card, counted."""
    cells = with_cells(yes_yes_no=small)
    card = printed(cells)

    same = {small}
    for step in range(-60, 60):
        # Along these rows and columns every margin of both groups stays.
        swap = {
            ("yes", "no"): step,
            ("yes", "yes"): -step,
            ("no", "no"): -step,
            ("no", "yes"): step,
        }
        other = moved(cells, "yes", "no", swap)
        if other is not None and printed(other) == card:
            same.add(small - step)

    assert same >= set(range(1, 10))


def test_the_size_of_a_small_group_does_not_follow_by_subtraction() -> None:
    """Nor from a rate of the group beside it: each such rate fits ten numbers of rows."""
    cells = with_cells(missing_no_no=4)
    found = printed(cells)
    rows = sum(cells.values())
    beside = found[f"{FAIR}/count/afam=no"].n
    rate = found[f"{FAIR}/selection_rate/afam=yes"]

    assert beside is not None
    assert rate.value is not None
    fits = [n for n in range(rows - beside - 9, rows - beside)
            if any(abs(k / n - rate.value) <= 0.005 for k in range(n))]  # fmt: skip
    assert len(fits) == 9
    assert {found[f"{FAIR}/{m}/afam"].n for m in ("demographic_parity_ratio",)} == {950}


def test_no_intersection_follows_from_those_beside_it() -> None:
    """In each row and column of groups formed together none, or at least two, are masked."""
    table = sample_counts()
    spec = table.spec.model_copy(update={"intersections": (("afam", "single"),)})
    reports = reports_of(CountTable(spec, table.rows))
    masked = masks(reports)

    for metric in ("true_positive_rate", "selection_rate", "prevalence", "count"):
        own = [n for r in reports for n in r.numbers
               if n.metric == metric and n.group and len(n.group) == 2]  # fmt: skip
        for name in ("afam", "single"):
            for value in ("yes", "no"):
                line = [n.id in masked for n in own if n.group[name] == value]
                assert sum(line) != 1, (metric, name, value)


def test_a_weighted_share_counts_no_people() -> None:
    table = sample_counts(with_cells(yes_yes_no=3))
    spec = table.spec.model_copy(update={"weighted": True})

    assert masks(reports_of(CountTable(spec, table.rows))) == {}


def test_an_undefined_number_stays_undefined_and_its_rows_are_masked() -> None:
    number = Number(id="x", metric="roc_auc", role="e", n=4, value=None, reason="one label",
                    source="scores")  # fmt: skip
    report = Report(name="performance", role="e", n_rows=4, n_labelled=4, numbers=(number,))

    told = masks([report])["x"]

    assert (told.value, told.n, told.n_words) == (None, None, FEW)


def test_a_mean_over_fewer_than_ten_rows_is_hidden() -> None:
    """A mean of so few is nearly their own values."""
    number = Number(id="x", metric="mae", role="e", n=9, value=1.5, low=1.0, high=2.0,
                    source="scores", group={"g": "a"})  # fmt: skip
    enough = number.model_copy(update={"id": "y", "n": 10, "group": {"g": "b"}})
    report = Report(name="fairness", role="e", n_rows=19, n_labelled=19, numbers=(number, enough))

    found = masks([report])

    assert found["x"].how == "hidden"
    assert "y" not in found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=16, max_size=16), st.booleans())
def test_no_masked_cell_stands_alone_in_its_row_or_column(counts: list[int], first: bool) -> None:
    names = ("a", "b", "c", "d")
    people = {(r, c): counts[4 * i + j] for i, r in enumerate(names) for j, c in enumerate(names)}

    hidden = hidden_cells(names, people, {"a"} if first else set())

    assert all(cell in hidden for cell, n in people.items() if is_small(n))
    for name in names:
        assert sum((name, other) in hidden for other in names) != 1
        assert sum((other, name) in hidden for other in names) != 1
    if not first and not any(map(is_small, counts)):
        assert not hidden


def test_decimals_of_weights_do_not_matter() -> None:
    table = sample_counts(with_cells())
    halves = tuple(
        type(c)(groups=c.groups, label=c.label, decision=c.decision, n=c.n,
                sum_w=Decimal(c.n) / 2, sum_w2=Decimal(c.n) / 4)
        for c in table.rows
    )  # fmt: skip
    spec = table.spec.model_copy(update={"weighted": True})

    assert masks(reports_of(CountTable(spec, halves))) == {}
