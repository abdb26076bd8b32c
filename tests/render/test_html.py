"""The page: what stands on it, what can never stand on it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
from tests.support.cards import Page, Rendered, render_sample
from tests.support.records import CELLS, RecordBuilder, sample_config

from affidavit.bundle.canonical import dumps
from affidavit.config import Decision, Hold, Label
from affidavit.evidence import Finding, Number, Report
from affidavit.render.words import THIN, plain

HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m\u200b`|*[x](javascript:1){{7*7}}"


def _finding(text: str) -> Finding:
    return Finding(id="x.hostile", kind="gap", stage="resolve", what=text, fix=text, found=text)


def test_every_finding_stands_under_read_this_first_with_its_remedy(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"]

    for finding in rendered.sample.evidence.findings:
        assert finding.what[1:] in first
        assert finding.fix in first
        assert not finding.found or finding.found in first


def test_a_missed_threshold_gives_the_rates_of_both_groups(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"].replace(THIN, " ")

    assert "Decided deny = no: 74.6 % of 134 (afam = yes), 90.5 % of 818 (afam = no)." in first


def test_a_threshold_is_held_against_its_own_group_alone(rendered: Rendered) -> None:
    performance = Page(rendered.text("html")).sections["performance"].replace(THIN, " ")
    bounds = performance.partition("Thresholds that somebody set")[2]

    assert bounds.count("at least") == 2
    assert re.search(r"ratio, afam = yes\s*at least 0.85\s*0.825\s*Exception", bounds)
    assert re.search(r"AUC\s*at least 0.7\s*0.763\s*Holds", bounds)


def test_a_threshold_on_a_number_that_is_absent_is_missing_not_held(
    builder: RecordBuilder,
) -> None:
    hold = Hold(metric="precision", group={"afam": "maybe"}, min=0.1, set_by="x", set_on="2026")
    builder.config = builder.config.model_copy(update={"hold": (hold,)})
    performance = Page(render_sample(builder.build()).text("html")).sections["performance"]

    assert re.search(r"no number of that name and group; see Findings\s*Missing", performance)


def test_every_control_that_is_open_is_named_under_read_this_first(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"]

    open_ = ("exception", "missing", "needs-attestation")
    named = [a.control for s in rendered.sample.standings for a in s.assessments
             if a.status in open_]  # fmt: skip
    assert len(named) == 5
    assert all(control in first for control in named)
    assert "SR262-07" not in first  # evidenced: not what to read first


def test_worst_comes_first(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"]

    words = re.findall(r"Exception|Missing|Needs attestation|Holds", first)
    assert words == sorted(words, key=["Exception", "Missing", "Needs attestation", "Holds"].index)
    assert first.index("misses what") < first.index("configuration was set after")


def test_every_number_on_the_page_is_in_the_json_and_rounded_from_it(rendered: Rendered) -> None:
    known = {n["id"]: n for n in json.loads(rendered.read("json"))["numbers"]}
    shown = Page(rendered.text("html")).numbers

    assert len(shown) > 60
    assert {i for i, _ in shown} == {i for i in known if "/count/" not in i} - {
        "fairness/evaluation/selection_rate"
    }
    for number_id, text in shown:
        digits = text.replace("\N{MINUS SIGN}", "-").replace(f"{THIN}%", "").replace(",", "")
        scale = 100 if text.endswith("%") else 1
        half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
        assert float(digits) == pytest.approx(known[number_id]["value"] * scale, abs=half * 1.0001)


def test_undefined_is_said_with_n_and_reason_and_never_as_0(builder: RecordBuilder) -> None:
    builder.cells = {k: n for k, n in CELLS.items() if (k[0], k[2]) != ("yes", "no")}
    made = render_sample(builder.build())
    page = Page(made.text("html"))

    shown = dict(page.numbers)
    number_id = "fairness/evaluation/true_positive_rate/afam=yes"
    undefined = [n["id"] for n in json.loads(made.read("json"))["numbers"] if n["value"] is None]
    assert shown[number_id] == "undefined, n = 0"
    assert number_id in undefined
    assert all(shown[i].startswith("undefined, n = ") for i in undefined)
    assert "no rows whose label is 'no'; fairlearn reports 0.0 here" in page.sections["fairness"]
    assert "its group is left out of the summaries" in page.sections["fairness"]


def test_a_group_that_is_too_small_is_named_and_not_drawn(builder: RecordBuilder) -> None:
    builder.cells = {k: (3 if k[0] == "yes" else n) for k, n in CELLS.items()}
    made = render_sample(builder.build())

    figure = (made.sample.work.root / "data/reports/figures/fairness-evaluation-1.svg").read_text()
    assert "too small to compare (fewer than 30)" in figure
    assert figure.count("<circle") == 1
    assert "afam = yes" in figure


@pytest.mark.parametrize("suffix", ["html", "md"])
def test_a_hostile_name_is_shown_as_text(builder: RecordBuilder, suffix: str) -> None:
    builder.name = f"m{HOSTILE}"
    builder.findings = (*builder.findings, _finding(HOSTILE))
    builder.declarations = builder.declarations.model_copy(
        update={"purpose": HOSTILE, "owner": HOSTILE, "title": HOSTILE}
    )
    text = render_sample(builder.build()).text(suffix)

    assert "<script" not in text.replace("\\<script", "").lower()
    assert not set("\u202e\x1b\u200b") & set(text)
    assert "\\u202e" in text.replace("\\\\", "\\")
    assert "49" not in re.findall(r"javascript:1\)\S{0,8}", text)[0]
    if suffix == "html":
        page = Page(text)
        assert plain(HOSTILE) in page.sections["first"]
        assert all(t.startswith("#") for t in page.targets)
        assert "script" not in {tag for tag, _ in page.tags}


def test_hostile_attribute_values_are_text_in_the_figure_too(builder: RecordBuilder) -> None:
    builder.cells = {
        (("</text><script>" if k[0] == "yes" else "no"), *k[1:]): n for k, n in CELLS.items()
    }
    made = render_sample(builder.build())

    figure = (made.sample.work.root / "data/reports/figures/fairness-evaluation-1.svg").read_text()
    assert "&lt;script&gt;" in figure
    assert "<script" not in figure
    assert "<script" not in made.text("html")


def test_the_page_holds_all_that_it_shows_and_runs_nothing(rendered: Rendered) -> None:
    text = rendered.text("html")
    page = Page(text)

    assert not {"script", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not [a for _, given in page.tags for a in given if a.startswith("on") or a == "style"]
    assert set(re.findall(r"url\(\"?([a-z]+):", text)) == {"data"}
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_its_own_stylesheet_and_nothing_else(rendered: Rendered) -> None:
    text = rendered.text("html")

    styles = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:" in text
    assert text.count("<style") == 1


def test_every_link_on_the_page_has_its_target_and_every_id_is_one(rendered: Rendered) -> None:
    page = Page(rendered.text("html"))

    assert len(page.ids) == len(set(page.ids))
    assert {t.removeprefix("#") for t in page.targets} <= set(page.ids)


def test_tables_and_headings_have_their_structure(rendered: Rendered) -> None:
    page = Page(rendered.text("html"))

    assert [t for t, _ in page.tags].count("h1") == 1
    assert all("scope" in given for tag, given in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags


@pytest.mark.parametrize("suffix", ["html", "md", "json"])
def test_never_claims_what_evidence_cannot_show(rendered: Rendered, suffix: str) -> None:
    text = rendered.text(suffix).partition("</style>")[2] or rendered.text(suffix)

    for word in ("compliant", "certified", "tamper-proof", "unbiased", "satisfied", "guarantee"):
        assert word not in text.lower()


def test_says_what_the_label_is_and_that_explanations_are_absent(rendered: Rendered) -> None:
    page = Page(rendered.text("html"))

    assert (
        "The label is the lender's own past decision: these numbers measure agreement with it, "
        "not repayment."
    ) in page.sections["performance"]
    assert "Absent: not made by this version" in page.sections["explanations"]


def test_a_logged_number_that_differs_is_on_page_one_though_no_finding_says_so(
    rendered: Rendered, builder: RecordBuilder
) -> None:
    assert "accuracy" not in "".join(f.what for f in rendered.sample.evidence.findings)
    assert (
        "Training logged accuracy = 0.9412; recomputed: 0.877101"
        in (Page(rendered.text("html")).sections["first"])
    )

    said = Finding(id="logged.accuracy", kind="exception", stage="recompute",
                   what="accuracy was logged as another number", fix="correct it")  # fmt: skip
    builder.findings = (*builder.findings, said)
    first = Page(render_sample(builder.build()).text("html")).sections["first"]
    assert "Training logged accuracy" not in first
    assert "ccuracy was logged as another number" in first


def test_a_crossed_threshold_is_on_page_one_though_no_finding_says_so(
    builder: RecordBuilder,
) -> None:
    builder.findings = ()
    first = Page(render_sample(builder.build()).text("html")).sections["first"]

    assert "0.825, to hold at least 0.85" in first
    assert "AUC: 0.763" not in first  # that one holds


def test_without_reports_the_card_says_so_plainly(builder: RecordBuilder) -> None:
    page = Page(render_sample(builder.without_reports().build()).text("html"))

    assert "No performance was recomputed" in page.sections["first"]
    assert "there is no number to show" in page.sections["first"]
    assert page.numbers == []
    assert "That says nothing about how groups fare." in page.sections["fairness"]


def test_with_nothing_but_a_subject_every_section_says_what_is_absent(
    builder: RecordBuilder,
) -> None:
    made = render_sample(builder.bare().build())
    page = Page(made.text("html"))

    assert "What it decides and who owns it is not declared." in page.sections[""]
    assert "No declarations were given" in page.sections["declared"]
    assert "No dataset is named." in page.sections["data"]
    assert "no commit is known" in page.sections["about"]
    assert "No catalog of controls was assessed." in page.sections["controls"]
    assert "No environment was logged" in page.sections["environment"]


def test_holds_counts_only_what_was_looked_at(rendered: Rendered, builder: RecordBuilder) -> None:
    first = Page(rendered.text("html")).sections["first"]
    assert "1 of 3 logged metrics equal what was recomputed." in first
    assert re.search(r"\d+ numbers follow from their counts", first)

    bare = Page(render_sample(builder.bare().build()).text("html")).sections["first"]
    assert "follow from their counts" not in bare
    assert "logged metrics equal" not in bare


def test_one_sample_is_not_changed_by_rendering_it(builder: RecordBuilder) -> None:
    sample = builder.build()
    before = sample.evidence.model_dump_json()

    first = render_sample(sample).text("html")

    assert sample.evidence.model_dump_json() == before
    assert render_sample(replace(sample)).text("html") == first


def test_a_regression_without_counts_or_groups_has_its_card(builder: RecordBuilder) -> None:
    builder.config = sample_config(hold=False).model_copy(
        update={"task": "regression", "sensitive": {}, "decision": Decision(),
                "label": Label(column="loss", kind="outcome", horizon="12 months")}
    )  # fmt: skip
    sample = builder.without_reports().build()
    rmse = Number(id="performance/evaluation/rmse", metric="rmse", role="evaluation", n=952,
                  value=12.5, source="scores")  # fmt: skip
    report = Report(name="performance", role="evaluation", n_rows=952, n_labelled=940,
                    label_kind="outcome", numbers=(rmse,))  # fmt: skip
    item = sample.work.write(
        "data/reports/performance.json", dumps(report.model_dump(mode="json")), kind="report",
        origin="recomputed", media_type="application/json",
    )  # fmt: skip
    page = Page(
        render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,)))).text("html")
    )

    assert page.numbers == [(rmse.id, "12.500")]
    assert "940 of them labelled" in page.sections["performance"]
    assert "an observed outcome. Horizon: 12 months." in page.sections["performance"]
    assert "No fairness was recomputed: no sensitive attribute" in page.sections["fairness"]


def test_thresholds_are_held_against_the_main_role_alone(builder: RecordBuilder) -> None:
    sample = builder.build()
    main = Report.model_validate_json(
        (sample.work.root / "data/reports/performance.json").read_bytes()
    )
    training = main.model_copy(
        update={"role": "training", "logged": (), "counts": None, "numbers": tuple(
            n.model_copy(update={"id": n.id.replace("evaluation", "training"), "role": "training"})
            for n in main.numbers
        )}
    )  # fmt: skip
    item = sample.work.write(
        "data/reports/performance-training.json", dumps(training.model_dump(mode="json")),
        kind="report", origin="recomputed", media_type="application/json",
    )  # fmt: skip
    page = Page(
        render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,)))).text("html")
    )

    performance = page.sections["performance"]
    assert performance.index("role evaluation") < performance.index("role training")
    assert "they show its fit, not its performance" in performance
    assert performance.partition("Thresholds that somebody set")[2].count("at least") == 2
    assert page.sections["first"].count("0.763") == 1


def test_what_stands_between_backticks_is_set_as_code(builder: RecordBuilder) -> None:
    text = "add `monitoring` to `<b>`"
    builder.findings = (_finding(text),)
    html = render_sample(builder.build()).text("html")

    assert "add <code>monitoring</code> to <code>&lt;b&gt;</code>" in html
