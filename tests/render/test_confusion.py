"""Label by decision on the card: four cells of a binary model, every pair of classes of another."""

from __future__ import annotations

import pytest
from tests.rates.build import spec_of, table_of, weighted_table
from tests.support.cards import Rendered

from affidavit.evidence import Report
from affidavit.rates import CountTable, derive
from affidavit.render.confusion import crosstab

ROWS = [("bad", "bad")] * 60 + [("bad", "good")] * 20 + [("good", "bad")] * 10 + [("", "bad")] * 30


def report_of(table: CountTable) -> Report:
    return Report(
        name="performance", role="evaluation", n_rows=sum(c.n for c in table.rows),
        n_labelled=sum(c.n for c in table.rows if c.label), counts=table.spec,
        numbers=derive(table),
    )  # fmt: skip


def cells(found) -> list[list[tuple[str, str]]]:
    return [[(c.count, c.share) for c in row.cells] for row in found.rows]


def test_a_binary_report_shows_its_four_counts_with_the_share_of_each_label() -> None:
    found = crosstab(report_of(table_of(ROWS, spec_of())), "y = bad", None)

    assert found is not None
    assert found.columns == ("Decided y = bad", "Decided otherwise")
    assert [row.title for row in found.rows] == ["Labelled y = bad", "Labelled otherwise"]
    assert cells(found) == [
        [("60", "75.0\N{THIN SPACE}%"), ("20", "25.0\N{THIN SPACE}%")],
        [("10", "100.0\N{THIN SPACE}%"), ("0", "0.0\N{THIN SPACE}%")],
    ]
    assert found.rows[0].cells[0].id == "performance/evaluation/true_positives"
    assert found.rows[1].cells[1].id == "performance/evaluation/true_negatives"


def test_weights_are_said_under_the_table() -> None:
    spec = spec_of(weighted=True)
    table = weighted_table([(("bad", "bad"), "2.5"), (("good", "good"), "4")], spec)

    found = crosstab(report_of(table), "y = bad", None)

    assert found is not None
    assert found.rows[0].cells[0].count == "2.50"
    assert found.foot.endswith("Counts are sums of the rows' weights.")


def test_more_classes_show_every_pair_from_the_counts_and_leave_out_rows_without_a_label() -> None:
    spec = spec_of("g", positive="", favourable="low", task="multiclass")
    rows = [("a", "low", "low"), ("b", "low", "low"), ("a", "low", "mid"), ("a", "mid", "high"),
            ("a", "", "low")]  # fmt: skip
    table = table_of(rows * 10, spec)

    found = crosstab(report_of(table), "", table)

    assert found is not None
    assert found.columns == ("Decided high", "Decided low", "Decided mid")
    assert [row.title for row in found.rows] == ["Labelled high", "Labelled low", "Labelled mid"]
    assert [[count for count, _ in row] for row in cells(found)] == [
        ["0", "0", "0"], ["0", "20", "10"], ["10", "0", "0"],
    ]  # fmt: skip


def test_too_many_classes_say_where_the_table_stands() -> None:
    spec = spec_of(positive="", favourable="c0", task="multiclass")
    table = table_of([(f"c{i}", f"c{i}") for i in range(13)], spec)

    found = crosstab(report_of(table), "", table)

    assert found is not None
    assert found.rows == ()
    assert found.foot == (
        "13 classes: how they fall together stands in data/reports/counts/evaluation.csv."
    )


@pytest.mark.parametrize("rows", [[("", "bad")], []])
def test_without_labels_there_is_no_table(rows: list[tuple[str, str]]) -> None:
    assert crosstab(report_of(table_of(rows, spec_of())), "y = bad", None) is None


def test_the_card_has_it_in_words(rendered: Rendered) -> None:
    markdown = rendered.text("md")

    assert "**Labelled rows by label and decision, role evaluation**" in markdown
    assert "| Labelled deny = yes |" in markdown
    assert 'data-number="performance/evaluation/true_positives"' in rendered.text("html")
