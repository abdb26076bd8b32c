"""The section on explanations: gaps first, nobody's row, and the numbers of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.cards import Page, Rendered, explained_sample, render_sample
from tests.support.explanations import Setting, explainability, write_explanations
from tests.support.records import RecordBuilder, Sample

from affidavit.bundle import layout
from affidavit.bundle.canonical import record_bytes
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Finding, Subject
from affidavit.explained_short import card_explained
from affidavit.explanation_record import Explainability
from affidavit.render.compose import compose, read_reports
from affidavit.render.context import Card
from affidavit.render.explained import Explanations, explained, read_explanations
from affidavit.render.explained_context import Explained, PlainTable
from affidavit.render.figures import svg
from affidavit.render.on_paper import on_paper
from affidavit.render.words import MINUS
from affidavit.workspace import Workspace

SETTING = Setting(n_rows=952, attribute="afam", reference="no", other="yes")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    sample = explained_sample(RecordBuilder(tmp_path_factory.mktemp("explained")))
    return render_sample(sample)


def _card(sample: Sample) -> Card:
    return compose(
        sample.evidence, sample.evidence_id, standings=sample.standings,
        declarations=sample.declarations, config=sample.config,
        read=read_reports(sample.evidence, sample.work),
    )  # fmt: skip


def _section(whole: Explainability) -> Explained:
    return explained(Explanations(whole=whole))


def _table(section: Explained, caption: str) -> PlainTable:
    return next(t for b in section.blocks for t in b.tables if t.caption.startswith(caption))


def _rows(table: PlainTable) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in table.rows}


def test_what_is_lacking_stands_first(rendered: Rendered) -> None:
    text = Page(rendered.text("html")).sections["explanations"]

    gap = text.index("The environment of alibi was not built.")
    assert text.index("Missing") < gap < text.index("Explained is the model's output")
    assert 'add "alibi" to [explain] second' in text


def test_no_card_shows_a_row_or_a_value_of_a_person(rendered: Rendered) -> None:
    single = rendered.sample.work.root / layout.DECISIONS
    assert "secret-row-0" in single.read_text()  # the twin: the file has them

    for form in ("html", "md", "json"):
        text = rendered.text(form)
        assert "secret-row" not in text
        assert "past_default = " not in text
        assert "data/reports/decisions.json" in text


def test_decisions_are_counted_by_what_is_said_of_the_reasons(rendered: Rendered) -> None:
    table = _table(_card(rendered.sample).explained, "Explained decisions")

    assert _rows(table) == {
        "principal reasons are given": ("1", "1", "2"),
        "favourable, so none are due": ("1", "0", "0"),
        "a protected attribute moved it most, so no list is given": ("1", "0", "0"),
        "rules or an override decided, not this model": ("1", "0", "0"),
        "nothing moved the score towards the adverse decision": ("1", "0", "0"),
    }


def test_how_reasons_are_chosen_are_sentences(rendered: Rendered) -> None:
    foot = _table(_card(rendered.sample).explained, "Explained decisions").foot

    assert foot.startswith("How reasons are chosen: ")
    assert foot.endswith(".")
    assert ".." not in foot
    assert ".;" not in foot


def test_says_that_the_questions_counted_are_those_of_attributions() -> None:
    said = str(_section(explainability()))

    assert "For these attributions the model was asked" in said
    assert ". The model was asked" not in said


def test_page_one_carries_the_protected_reason(rendered: Rendered) -> None:
    lines = json.loads(rendered.read("json"))["page_one"]["lines"]

    found = [n for n in lines if n["findings"] == ["explain.protected-reason"]]
    assert [n["status"] for n in found] == ["Exception"]


def test_the_json_card_has_the_numbers_of_the_file(rendered: Rendered) -> None:
    card = json.loads(rendered.read("json"))
    whole = json.loads((rendered.sample.work.root / layout.EXPLAINABILITY).read_bytes())

    stated = {i["feature"]: i["loss"] for i in card["explained"]["importance"]}
    assert stated == {i["feature"]: i["loss"]["value"] for i in whole["importance"]}
    assert len(card["explained"]["differences"]) == 2
    section = next(s for s in card["sections"] if s["name"] == "explainability")
    assert "What carries the difference by afam" in [t["title"] for t in section["tables"]]


def _evidence(folder: Path, *, embedded: bool = True) -> tuple[Evidence, Workspace]:
    work = Workspace(folder)
    items = tuple(write_explanations(work, [], embedded=embedded))
    return Evidence(subject=Subject(name="m", version="1"), items=items), work


def test_a_file_by_reference_is_named_and_not_read(tmp_path: Path) -> None:
    found = read_explanations(*_evidence(tmp_path, embedded=False))

    assert found.whole is not None
    assert found.single is None
    said = next(b for b in explained(found).blocks if b.anchor == "explained-decisions")
    assert said.intro[0].startswith("Single decisions are explained in data/reports/decisions.json")
    assert "held by reference" in said.intro[0]


def test_where_nothing_asks_for_an_explanation_one_line_says_so() -> None:
    section = explained(Explanations())

    assert section == Explained(absent=section.absent)
    assert "asks for no explanation" in section.absent


def test_an_explanation_that_could_not_be_made_is_said_with_its_gap() -> None:
    gap = Finding(id="recompute.explain.evaluation", kind="gap", stage="recompute",
                  what="the model crashed on the background", fix="mend it")  # fmt: skip

    section = explained(Explanations(gaps=(gap,)))

    assert section.absent == "Absent: an explanation was asked for, and none was made."
    assert [g.part for g in section.lacking] == ["The model crashed on the background."]


def test_a_record_that_is_not_of_its_schema_stops_the_card(tmp_path: Path) -> None:
    evidence, work = _evidence(tmp_path)
    (work.root / layout.EXPLAINABILITY).write_bytes(b"{}")

    with pytest.raises(AffidavitError, match=r"explainability\.json is not an explanation"):
        read_explanations(evidence, work)


def test_both_intervals_of_the_importance_are_told_apart() -> None:
    table = _table(_section(explainability(SETTING)), "Importance")

    assert _rows(table)["history"][:3] == ("0.0610", "0.0570 to 0.0650", "0.0600 to 0.0630")
    assert table.rows[0][0] == "debt_ratio"  # by the mean absolute attribution


def test_only_checks_that_are_not_as_expected_are_listed() -> None:
    section = _section(explainability(SETTING))

    assert [r[0] for r in _table(section, "What did not").rows] == ["debt_ratio", "income"]
    said = next(b.intro[0] for b in section.blocks if b.anchor == "explained-changes")
    assert said.endswith("5 checks, 3 as expected, 2 not.")


def test_a_difference_ends_in_its_sum() -> None:
    rows = _rows(_table(_section(explainability(SETTING)), "What carries the difference"))

    assert rows["debt_ratio"] == (
        "0.320",
        "0.270 to 0.370",
        f"{MINUS}0.0600",
        f"{MINUS}0.0800 to {MINUS}0.0400",
    )
    assert rows["Difference"] == ("0.500", "", f"{MINUS}0.0850", "")
    assert list(rows)[-2:] == ["Rest", "Difference"]


def _of_few(value: dict[str, Any]) -> None:
    value["groups"][1]["n"] = 9
    for one in value["decompositions"]:
        one["n"] = 9


def _changed(change: Callable[[dict[str, Any]], None]) -> Explainability:
    value = explainability(SETTING).model_dump(mode="json")
    change(value)
    return Explainability.model_validate(value, strict=False)


def test_numbers_of_fewer_than_ten_people_are_masked() -> None:
    whole = _changed(_of_few)
    section = _section(whole)

    means = _table(section, "Mean attribution")
    assert means.columns[-1] == "afam = yes (n = <10)"
    assert {row[-1] for row in means.rows} == {"masked"}
    split = _table(section, "What carries the difference")
    assert {c for row in split.rows for c in row[1:]} == {"masked", ""}
    assert all(d.masked and not d.parts for d in card_explained(whole).differences)


def test_ten_people_are_not_masked() -> None:
    def of_ten(value: dict[str, Any]) -> None:
        _of_few(value)
        value["groups"][1]["n"] = value["decompositions"][0]["n"] = 10

    assert "masked" not in {r[-1] for r in _table(_section(_changed(of_ten)), "Mean").rows}


def test_second_opinions_beyond_tolerance_and_paid_licences_are_said() -> None:
    def disagree(value: dict[str, Any]) -> None:
        value["second"][0].update(largest=0.3, agrees=False)
        value["second"][0]["quality"]["licence"] = "BUSL-1.1"

    worth = next(b for b in _section(_changed(disagree)).blocks if b.anchor == "explained-worth")

    assert "disagrees" in worth.intro[0]
    assert "beyond the tolerance of 0.006" in worth.intro[0]
    assert "licence is BUSL-1.1" in worth.intro[0]


def test_many_features_are_cut_and_counted() -> None:
    def widen(value: dict[str, Any]) -> None:
        value["importance"] = [
            {"feature": f"f{k}", "loss": {"value": k / 10, "low": 0.0, "high": 3.0}}
            for k in range(20)
        ]

    table = _table(_section(_changed(widen)), "Importance")

    assert [r[0] for r in table.rows] == [f"f{k}" for k in range(19, 7, -1)]
    assert table.foot.endswith("And 8 more features in the file.")


def test_figures_draw_every_feature_and_every_curve() -> None:
    importance, curves = _section(explainability(SETTING)).figures

    drawn = svg(importance)
    places = [float(x) for x in re.findall(r'<circle class="dot" cx="([\d.]+)"', drawn)]
    assert len(places) == 5
    assert places == sorted(places, reverse=True)  # from the largest down
    assert drawn.count('<rect class="band"') == 5 + 1  # and the key
    small = svg(curves)
    assert small.count('<polygon class="band"') == 4
    assert small.count('stroke-dasharray="2 3"') == 2  # the last piece of both, beyond the data
    assert small.count('<circle class="dot"') == 3  # categories


def test_curves_of_a_constant_and_of_one_point_are_drawn() -> None:
    def flatten(value: dict[str, Any]) -> None:
        value["curves"] = [
            {**value["curves"][0], "points": [{"at": 1.0, "value": 2.0, "n": 3}]},
            {**value["curves"][1], "points": [{"at": 1.0, "value": 0.0, "n": 3}] * 2},
        ]

    drawn = svg(_section(_changed(flatten)).figures[1])

    assert "nan" not in drawn.lower()
    assert "inf" not in drawn.lower()


def test_paper_leaves_out_what_the_figure_shows(rendered: Rendered) -> None:
    card = _card(rendered.sample)

    kept = [t.caption for b in on_paper(card).explained.blocks for t in b.tables]

    assert "Where the curves lead" not in kept
    assert len(kept) == len([t for b in card.explained.blocks for t in b.tables]) - 1


def test_the_example_is_of_the_schema() -> None:
    whole = explainability(SETTING)

    assert Explainability.model_validate_json(record_bytes(whole)).features == whole.features


def test_every_table_of_numbers_says_its_unit(rendered: Rendered) -> None:
    section = _card(rendered.sample).explained
    scale = "on the scale log-odds"

    for caption in ("Importance of each", "Where the curves lead", "Mean attribution by afam",
                    "What carries the difference by afam"):  # fmt: skip
        assert scale in _table(section, caption).foot.casefold(), caption
    assert "Strength, log-odds" in _table(section, "Pairs of features").columns
    said = {b.anchor: " ".join(b.intro) for b in section.blocks}
    assert "Each leaf gives the mean output of its rows, " + scale in said["explained-together"]
    assert "changes are of the score" in said["explained-changes"]
    assert "where its whole interval lies above" in said["explained-by-group"]


def test_what_others_wrote_is_set_as_sentences(rendered: Rendered) -> None:
    whole = explainability(SETTING).model_copy(update={"notes": ("attributions are not read",)})
    worth = next(b for b in _section(whole).blocks if b.anchor == "explained-worth")

    assert worth.notes[-1] == "Attributions are not read."
    assert ".;" not in _table(_card(rendered.sample).explained, "Explained decisions").foot
    assert ".." not in _table(_card(rendered.sample).explained, "Explained decisions").foot


def test_the_tree_is_a_tree_in_markdown_too(rendered: Rendered) -> None:
    text = rendered.text("md").replace("\\", "")

    assert "\n- debt_ratio above 0.41\n  - history in clean: -0.55 (118 rows)\n" in text
