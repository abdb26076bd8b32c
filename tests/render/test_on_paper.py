"""What paper leaves out, what it never does, and that the place is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.cards import full_sample
from tests.support.records import RecordBuilder

from affidavit.render.compose import compose, read_reports
from affidavit.render.context import Card
from affidavit.render.on_paper import COLUMNS, FILES, GROUPS, MEASURES, on_paper
from affidavit.render.tables import Figure, Grid, WhatIf, WhatIfRow

FOLDED = {"fairness", "estimated", "columns", "columns_left_out", "catalogs", "items",
          "items_left_out"}  # fmt: skip


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    sample = full_sample(RecordBuilder(tmp_path_factory.mktemp("folded")))
    return compose(
        sample.evidence, sample.evidence_id, standings=sample.standings, config=sample.config,
        declarations=sample.declarations, read=read_reports(sample.evidence, sample.work),
    )  # fmt: skip


def test_page_one_and_all_but_long_tables_stay_as_they_are(card: Card) -> None:
    paper = on_paper(card)

    changed = {f for f in Card.__dataclass_fields__ if getattr(paper, f) != getattr(card, f)}

    assert changed <= FOLDED
    assert paper.lines == card.lines
    assert paper.findings == card.findings


def test_no_control_is_left_out(card: Card) -> None:
    def said(one: Card) -> list[tuple[str, object, str, str]]:
        return [(k.id, k.status, k.because, k.remedy) for c in one.catalogs for k in c.controls]

    assert said(on_paper(card)) == said(card)
    assert any(k.items for c in card.catalogs for k in c.controls)
    assert not any(k.items for c in on_paper(card).catalogs for k in c.controls)


def test_an_attribute_of_few_groups_is_printed_in_full(card: Card) -> None:
    whole = card.fairness[0].attributes[0]

    assert whole.together == 1
    assert on_paper(card).fairness[0].attributes[0] == whole


def test_attributes_together_are_printed_in_short_and_the_place_of_the_rest_is_named(
    card: Card,
) -> None:
    whole = next(a for a in card.fairness[0].attributes if a.together == 2)
    short = next(a for a in on_paper(card).fairness[0].attributes if a.together == 2)

    assert len(whole.pairs) > MEASURES
    assert short.pairs == whole.pairs[:MEASURES]
    assert short.figure == whole.figure
    assert whole.groups
    # The table of what the figure shows stays with it.
    assert [g.rows for g in short.groups] == [g.rows[:1] for g in whole.groups]
    assert all("Decided" in g.rows[0].title for g in short.groups)
    assert short.summaries == ()
    assert short.small == whole.small
    assert "every measure" in short.left_out
    assert "data/reports" in short.left_out


def test_an_attribute_of_many_groups_is_printed_in_short_too(card: Card) -> None:
    report = card.fairness[0]
    first = report.attributes[0]
    wide = Grid(caption="c", head="h", columns=tuple("g" * n for n in range(GROUPS + 1)), rows=())
    many = replace(card, fairness=(replace(report, attributes=(replace(first, groups=(wide,)),)),))

    short = on_paper(many).fairness[0].attributes[0]

    assert short.summaries == ()
    assert "every measure" in short.left_out


def test_of_the_thresholds_the_one_in_force_always_stands(card: Card) -> None:
    report = card.fairness[0]
    rows = tuple(WhatIfRow(threshold=str(n), is_in_force=n == 7, cells=()) for n in range(12))
    figure = Figure(name="n", title="t", summary="s", axis_low=0, axis_high=1)
    tried = WhatIf(intro="", figure=figure, groups=(), rows=rows)
    first = replace(report.attributes[0], what_if=tried)
    given = replace(card, fairness=(replace(report, attributes=(first,)),))

    found = on_paper(given).fairness[0].attributes[0].what_if

    assert found is not None
    assert [r.threshold for r in found.rows] == ["0", "3", "6", "7", "9"]


def test_files_and_columns_are_cut_and_the_rest_is_counted(card: Card) -> None:
    paper = on_paper(card)

    assert len(paper.items) == min(FILES, len(card.items)) == FILES
    assert paper.items_left_out == (
        "The first 8: evidence.json, attached to this document, lists all with digests."
    )
    assert len(paper.columns) == COLUMNS
    assert paper.columns_left_out.startswith(
        f"And {len(card.columns) - COLUMNS} columns more in the"
    )
    assert card.columns_left_out in paper.columns_left_out


def test_short_lists_are_not_touched(card: Card) -> None:
    short = replace(card, items=card.items[:3], items_left_out="", columns=card.columns[:2],
                    columns_left_out="")  # fmt: skip

    paper = on_paper(short)

    assert (paper.items, paper.items_left_out) == (short.items, "")
    assert (paper.columns, paper.columns_left_out) == (short.columns, "")


def test_of_many_groups_the_first_measure_alone_is_compared(card: Card) -> None:
    report = card.fairness[0]
    first = report.attributes[0]
    block = first.pairs[0]
    rows = (block.rows[0],) * GROUPS
    long = replace(first, pairs=(replace(block, rows=rows), *first.pairs[1:]))
    many = replace(card, fairness=(replace(report, attributes=(long,)),))

    assert on_paper(many).fairness[0].attributes[0].pairs == long.pairs[:1]
