"""Other thresholds on the card: the file's own rates, those in force marked, no group too small."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.support.cards import Page, Rendered, full_sample, render_sample
from tests.support.records import RecordBuilder
from tests.support.what_if import what_if_csv

from affidavit.errors import AffidavitError
from affidavit.render.words import THIN

PATH = "data/reports/thresholds/evaluation.csv"
IN_FORCE = 0.25


def _rows() -> list[Mapping[str, str]]:
    return [
        {
            "afam": "yes" if i % 3 == 0 else "no", "single": "yes" if i % 2 else "no",
            "label": "yes" if i % 4 == 0 else "no", "score": repr(i / 600),
            "decision": "yes" if i / 600 >= IN_FORCE else "no",
        }
        for i in range(600)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    builder = RecordBuilder(tmp_path_factory.mktemp("tried"))
    return _with(builder, what_if_csv(_rows(), [("afam",), ("single",)], in_force=IN_FORCE))


def _with(builder: RecordBuilder, content: bytes) -> Rendered:
    sample = full_sample(builder)
    item = sample.work.write(PATH, content, kind="report", origin="recomputed",
                             media_type="text/csv", role="evaluation")  # fmt: skip
    return render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,))))


def test_some_ten_thresholds_stand_there_and_the_one_in_force_is_marked(tried: Rendered) -> None:
    table = tried.text("md").split("**afam, at other thresholds")[1].split("\n\n")[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()][2:]

    assert 10 <= len(rows) <= 12
    marked = [row for row in rows if "in force" in row[0]]
    assert [row[0] for row in marked] == ["0.25, in force"]
    values = [float(row[0].split(",")[0]) for row in rows]
    assert values == sorted(values)


def test_each_cell_has_the_three_rates_of_its_group(tried: Rendered) -> None:
    """Selected are those below the threshold, since the favourable label is not the positive."""
    table = tried.text("md").split("**afam, at other thresholds")[1].split("\n\n")[1]
    head, _, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    own = [r for r in _rows() if r["afam"] == "yes"]
    chosen = [r for r in own if float(r["score"]) < IN_FORCE]
    good, bad = ([r for r in own if r["label"] == side] for side in ("no", "yes"))

    def share(side: list[Mapping[str, str]]) -> str:
        return f"{100 * sum(r in chosen for r in side) / len(side):.1f}"

    column = next(i for i, name in enumerate(head) if name.startswith("yes"))
    in_force = next(row for row in rows if "in force" in row[0])
    assert in_force[column] == " / ".join(map(share, (own, good, bad)))


def test_the_figure_has_a_line_a_group_and_says_in_words_where_they_part(tried: Rendered) -> None:
    svg = next(i for i in tried.items if i.path.endswith("thresholds-evaluation-afam.svg"))
    drawn = (tried.sample.work.root / svg.path).read_text()

    assert drawn.count("<polyline") == 2
    assert "farthest apart at" in drawn
    assert "in force" in drawn
    assert "Share that the model would decide deny = no, by afam and threshold" in tried.text(
        "html"
    )


def test_small_and_unknown_groups_are_not_shown(tried: Rendered) -> None:
    text = re.sub(r"\s+", " ", Page(tried.text("html")).sections["fairness"].replace(THIN, " "))
    part = text.split("afam, role evaluation, at other thresholds")[1][:400]

    assert "(missing)" not in part


def test_intersections_have_no_thresholds_of_their_own(tried: Rendered) -> None:
    assert "afam and single, at other thresholds" not in tried.text("md")


def test_without_the_file_nothing_is_shown(builder: RecordBuilder) -> None:
    assert "at other thresholds" not in render_sample(full_sample(builder)).text("md")


def test_refuses_a_file_that_is_no_such_table(builder: RecordBuilder) -> None:
    with pytest.raises(AffidavitError, match=r"evaluation\.csv: header expected threshold,"):
        _with(builder, b"threshold\n")
