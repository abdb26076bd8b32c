"""What each kind of report becomes on the card; nothing is said without what it takes to judge."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from tests.support.cards import Page, Rendered, full_sample, render_sample
from tests.support.records import RecordBuilder

from affidavit.config import Hold
from affidavit.evidence import Number, Report, Significance
from affidavit.render.numbers import p_text
from affidavit.render.pairs import significance_words
from affidavit.render.words import THIN
from affidavit.threshold_lines import COLUMNS


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A card with every report, made once."""
    return render_sample(full_sample(RecordBuilder(tmp_path_factory.mktemp("full"))))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace(THIN, " ").replace("\N{NO-BREAK SPACE}", " "))


def _section(made: Rendered, name: str) -> str:
    return _plain(Page(made.text("html")).sections[name])


def _report(made: Rendered, name: str) -> Report:
    path = made.sample.work.root / f"data/reports/{name}.json"
    return Report.model_validate_json(path.read_bytes())


def test_every_number_on_the_page_is_one_of_a_report_and_the_json_has_all(full: Rendered) -> None:
    shown = {i for i, _ in Page(full.text("html")).numbers}
    known = {n["id"] for n in json.loads(full.read("json"))["numbers"]}
    reports = [f.stem for f in (full.sample.work.root / "data/reports").glob("*.json")]

    assert {n.id for name in reports for n in _report(full, name).numbers} == known
    assert shown <= known


def test_the_main_role_is_printed_in_full_but_for_what_says_the_same_twice(
    full: Rendered,
) -> None:
    shown = {i for i, _ in Page(full.text("html")).numbers}
    small = ("(missing)", "false_negative_rate_difference", "/count/")
    mirrors = ("/false_negative_rate/", "/true_negative_rate/")

    for name in ("performance", "fairness", "estimated"):
        for number in _report(full, name).numbers:
            alone = number.id == "fairness/evaluation/selection_rate"
            mirrored = bool(number.group) and any(word in number.id for word in mirrors)
            left_out = alone or mirrored or any(word in number.id for word in small)
            assert (number.id in shown) is not left_out, number.id


def test_each_group_stands_against_the_reference_with_its_test_and_what_it_could_show(
    full: Rendered,
) -> None:
    report = {n.id: n for n in _report(full, "fairness").numbers}
    number = report["fairness/evaluation/selection_rate_difference/afam=yes vs no"]
    told = number.significance
    assert told is not None
    assert told.detectable_below is not None
    assert told.detectable_above is not None

    text = _section(full, "fairness")

    assert (
        "afam = yes against no139 and 818\N{MINUS SIGN}14.9 points\N{MINUS SIGN}22.9 to "
        "\N{MINUS SIGN}8.2 points0.8350.748 to 0.909Significant: p under 0.0001 (score), p under 0.0001 by Holm "
        f"over 1. Smallest gap detectable at 80 % power: {100 * told.detectable_below:.1f} points below "
        f"and {100 * told.detectable_above:.1f} points above the reference." in text
    )
    assert "Intervals of differences: Newcombe, 95 %. Intervals of ratios: Koopman, 95 %." in text
    assert "by Holm over 3" in text  # the intersection compares three groups


def test_the_ratio_is_a_screen_and_no_finding_of_law(full: Rendered) -> None:
    for text in (_section(full, "fairness"), full.text("md")):
        assert (
            "the adverse impact ratio, a screen from an employment guideline (29 CFR 1607.4 D), "
            "not a finding of law" in text
        )
    assert "illegal" not in full.text("html")
    assert "legal" not in _section(full, "fairness").replace("not a legal test", "")


def _tested(**changes: object) -> Number:
    told = Significance(p_value=0.3, method="score", adjusted=0.6, family=2)
    told = told.model_copy(update={"detectable_below": 0.0912, "detectable_above": 0.1234})
    return Number(
        id="x", metric="selection_rate_difference", role="e", n=90, value=-0.05, low=-0.1, high=0.1,
        source="counts", significance=told.model_copy(update=changes),
    )  # fmt: skip


_GAP = (
    "Smallest gap detectable at 80 % power: 9.1 points below and 12.3 points above the reference."
)
_ABOVE = "Smallest gap detectable at 80 % power: none below and 12.3 points above the reference."
_APART = (
    "The interval holds 0 all the same: test and interval are two constructions, and near the edge "
    "they can differ."
)
_NO_GAP = "With these rows no gap, however wide, would likely have shown."
_BOTH = "p = 0.300 (score), p = 0.600 by Holm over 2"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, f"No significant difference: {_BOTH}. {_GAP}"),
        (
            {"adjusted": 0.0123},
            f"Significant: p = 0.300 (score), p = 0.012 by Holm over 2. {_APART} {_GAP}",
        ),
        ({"detectable_below": None}, f"No significant difference: {_BOTH}. {_ABOVE}"),
        (
            {"detectable_below": None, "detectable_above": None},
            f"No significant difference: {_BOTH}. {_NO_GAP}",
        ),
        (
            {"family": 1, "adjusted": 0.3},
            f"No significant difference: p = 0.300 (score), p = 0.300 by Holm over 1. {_GAP}",
        ),
        (
            {"p_value": None, "method": None, "adjusted": None, "reason": "rows are few"},
            f"Not tested: rows are few. {_GAP}",
        ),
    ],
)
def test_no_significant_difference_never_stands_without_the_detectable_gap(
    changes: dict[str, object], words: str
) -> None:
    assert _plain(significance_words(_tested(**changes))) == words


def test_a_p_value_is_never_printed_as_0() -> None:
    assert [_plain(p_text(p)) for p in (0.0, 0.00002, 0.00042, 0.0321, 1.0)] == [
        "p under 0.0001", "p under 0.0001", "p = 0.0004", "p = 0.032", "p = 1.000",
    ]  # fmt: skip


def test_scores_are_of_their_own_label_and_rates_of_the_favourable_one(full: Rendered) -> None:
    text = _section(full, "fairness")

    assert "the chance that a case labelled deny = yes scores above another" in text
    assert "of the cases labelled deny = no, the share decided so" in text
    assert "labelled deny = no scores above" not in text
    assert re.search(
        r"Standardized mean difference\s*the group's mean score minus the reference group's, over "
        r"the pooled standard deviation; above 0, the group scores more likely deny = yes\s*"
        r"afam = yes against no\s*957\s*0.41", text,
    )  # fmt: skip


def test_where_thresholds_are_tried_out_the_file_is_named(builder: RecordBuilder) -> None:
    sample = full_sample(builder)
    path = "data/reports/thresholds/evaluation.csv"
    assert path not in render_sample(sample).text("md")
    content = (",".join(COLUMNS) + "\n").encode()
    item = sample.work.write(path, content, kind="report", origin="recomputed",
                             media_type="text/csv", role="evaluation")  # fmt: skip

    made = render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,))))

    assert f"would do to each group stands in {path}." in _section(made, "fairness")


def test_a_summary_stands_beside_what_no_difference_gives(full: Rendered) -> None:
    report = {n.id: n for n in _report(full, "fairness").numbers}
    number = report["fairness/evaluation/demographic_parity_difference/afam"]
    assert number.expected is not None

    text = _section(full, "fairness")

    assert "Expected when no group differs" in text
    assert number.value is not None
    said = f"{100 * number.value:.1f} points{100 * number.expected:.1f} points"
    assert f"0 is parityhighest: afam = no; lowest: afam = yes957{said}" in text


def test_small_groups_are_said_with_their_rows_and_stay_out_of_the_tables(full: Rendered) -> None:
    text = _section(full, "fairness")

    assert "afam = (missing): too small (n = 12). Their counts are in the report." in text
    assert "afam = yes, single = (missing): too small (n = 10)" in text
    heads = "".join(re.findall(r"<thead>.*?</thead>", full.text("html"), re.DOTALL))
    assert "afam = yes" in heads
    assert "(missing)" not in heads


def test_intersections_have_a_part_of_their_own(full: Rendered) -> None:
    page = Page(full.text("html"))

    assert "attribute-3-f1" in page.ids
    assert "afam and single, role evaluation" in page.sections["fairness"]
    assert "afam = yes, single = yes against no, no" in _plain(page.sections["fairness"])


def test_final_decisions_stand_beneath_the_models(full: Rendered) -> None:
    text, markdown = _section(full, "fairness"), _plain(full.text("md"))

    assert "Beside the model's decisions stand the final ones" in text
    assert "afam = yes against no: final decision134 and 818\N{MINUS SIGN}13.6 points" in text
    assert "| Decided deny = no: final decision |" in markdown
    assert "76.9 % (69.0 to 83.2 %), n = 134" in markdown


def test_estimated_groups_say_so_in_every_row_with_their_bias(full: Rendered) -> None:
    text = _section(full, "fairness")

    part = text.partition("race (estimated), by probability, role evaluation")[2]
    assert "either can understate a disparity or overstate it" in part
    assert "Chen and others 2019; McCartan and others 2024" in part
    rows = re.findall(r"race( \(estimated\))? = black against white", part)
    assert len(rows) == 5
    assert set(rows) == {" (estimated)"}
    assert "race = " not in part.partition("race: ")[0]
    assert "expected rows = " in part


def test_calibration_is_drawn_and_says_what_the_label_is(full: Rendered) -> None:
    text = _section(full, "performance")
    svg = (full.sample.work.root / "data/reports/figures/calibration-evaluation.svg").read_text()

    assert svg.count("<circle") == 6  # of eight bins the three with 3, 6 and 9 events are one
    assert svg.count('class="even"') == 1
    assert "this shows agreement with it, not with repayment" in text
    assert "0.010 to 0.1603570.0855.0 %3.2 to 7.8 %" in text
    assert "Bins with fewer than ten rows of a label are merged; the report has each." in text
    assert "0.022 is to be expected of scores that are calibrated" in text
    assert "10.0 %9536.0 %3.601.00 to 4.50" in text  # gains


def test_segments_and_periods_are_shown_value_by_value(full: Rendered) -> None:
    text = _section(full, "performance")

    part = text.partition("By segment and period, role evaluation")[2]
    assert "By region, role evaluation" in part
    assert "2026-Q1" in part
    assert "The report has every measure of each." in part


def test_stability_stands_beside_what_chance_gives_worst_input_first(full: Rendered) -> None:
    text = _section(full, "stability")

    assert "Expected without shift" in text
    inputs = re.findall(r"input_\d\d", text)
    assert inputs[:2] == ["input_13", "input_12"]
    assert len(inputs) == 12
    assert "And 2 more indices, none larger, in the report." in text
    assert "evaluation, 2026-Q1" in text


def test_without_a_second_role_or_period_stability_says_so(rendered: Rendered) -> None:
    assert "no second dataset role and no period" in _section(rendered, "stability")


def test_columns_are_listed_up_to_sixty_and_the_rest_is_counted(full: Rendered) -> None:
    text = _section(full, "data")

    assert len(re.findall(r"input_\d\d", text)) == 57
    assert "And 10 more columns, of this role or others, in the report." in text
    assert "last_nameunusedtext<10811the name says a person's name" in text
    assert "\N{MINUS SIGN}1.5 to 10" in text


def test_other_roles_are_in_short(full: Rendered) -> None:
    text, markdown = _section(full, "fairness"), full.text("md")

    assert "of the role training, in short: the report has every number." in text
    assert markdown.count("**Performance, role training**") == 1
    assert full.text("html").count("<figure>") == 5  # none of training


@pytest.mark.parametrize(("minimum", "words"), [
    (0.85, "two more decided deny = no among the 139 (afam = yes) would meet it"),
    (0.8, "five fewer decided deny = no among the 139 (afam = yes) would miss it"),
])  # fmt: skip
def test_a_threshold_says_how_solid_its_verdict_is(
    builder: RecordBuilder, minimum: float, words: str
) -> None:
    assert builder.config is not None
    hold = Hold(metric="selection_rate_ratio", group={"afam": "yes"}, min=minimum, set_by="x",
                set_on="2026-10-01")  # fmt: skip
    builder.config = builder.config.model_copy(update={"hold": (hold,)})
    made = render_sample(full_sample(builder))

    assert words in _section(made, "performance")
    assert words in made.text("md")


def test_a_crossed_threshold_on_page_one_says_what_would_turn_it(builder: RecordBuilder) -> None:
    builder.findings = ()

    first = _section(render_sample(full_sample(builder)), "first")

    assert "Two more decided deny = no among the 139 (afam = yes) would meet it." in first


@pytest.mark.system
def test_page_one_stays_one_page_with_every_report(tmp_path: Path) -> None:
    made = render_sample(full_sample(RecordBuilder(tmp_path)), pdf=True)
    (tmp_path / "card.pdf").write_bytes(made.read("pdf"))

    def page(number: str) -> str:
        return subprocess.run(
            ["pdftotext", "-f", number, "-l", number, "-layout", "card.pdf", "-"], cwd=tmp_path,
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    assert "Read this first" in page("1")
    assert "Brier score" in page("1")  # the last of the key numbers
    assert "What exactly this is about" in page("1") + page("2")
    with pikepdf.open(tmp_path / "card.pdf") as document:
        assert len(document.pages) <= 20
