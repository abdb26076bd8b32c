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
from affidavit.config import Decision, Hold, Label, Rows, Segment
from affidavit.evidence import Fact, Finding, Logged, Number, Report
from affidavit.render.performance import logged_row
from affidavit.render.words import THIN, plain
from affidavit.standing import Question

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

    assert (
        "At threshold 0.25 the model would decide deny = no for 74.6 % of 134 (afam = yes) and 90.5 % "
        "of 818 (afam = no)." in first
    )


def test_a_threshold_is_held_against_its_own_group_alone(rendered: Rendered) -> None:
    performance = Page(rendered.text("html")).sections["performance"].replace(THIN, " ")
    bounds = performance.partition("Thresholds that somebody set")[2]

    assert bounds.count("at least") == 2
    assert re.search(
        r"ratio, afam = yes\s*at least 0.85\s*134 and 818\s*0.825\s*Exception"
        r"\s*the interval covers the bound", bounds,
    )  # fmt: skip
    assert re.search(
        r"AUC\s*at least 0.7\s*952\s*0.763\s*Holds\s*no number of changed decisions: it follows "
        r"from scores, not from counted decisions\s*model risk", bounds,
    )  # fmt: skip


def test_a_threshold_on_a_number_that_is_absent_is_missing_not_held(
    builder: RecordBuilder,
) -> None:
    hold = Hold(metric="precision", group={"afam": "maybe"}, min=0.1, set_by="x", set_on="2026")
    builder.config = builder.config.model_copy(update={"hold": (hold,)})
    performance = Page(render_sample(builder.build()).text("html")).sections["performance"]

    assert re.search(r"no number of that name and group; see Findings\s*Missing", performance)


def test_an_undefined_number_does_not_hold_its_threshold(builder: RecordBuilder) -> None:
    hold = Hold(metric="tpr", group={"afam": "yes"}, min=0.1, set_by="x", set_on="2026")
    builder.config = builder.config.model_copy(update={"hold": (hold,)})
    there = Page(render_sample(builder.build()).text("html")).sections["performance"]
    assert re.search(r"at least 10\s*%\s*100\s*89.0\s*%\s*Holds", there.replace(THIN, " "))

    builder.cells = {k: n for k, n in CELLS.items() if (k[0], k[2]) != ("yes", "no")}
    performance = Page(render_sample(builder.build()).text("html")).sections["performance"]
    assert re.search(r"undefined, n = 0\s*Exception", performance)


@pytest.mark.parametrize(
    ("offset", "status", "covered"), [(1e-6, "Exception", True), (-1e-6, "Holds", True)]
)
def test_beside_a_threshold_enough_digits_are_printed_to_tell_them_apart(
    builder: RecordBuilder, offset: float, status: str, *, covered: bool
) -> None:
    builder.config = builder.config.model_copy(update={"hold": (
        Hold(metric="roc_auc", min=0.7631 + offset, set_by="x", set_on="2026-10-01"),
    )})  # fmt: skip
    builder.findings = ()
    page = Page(render_sample(builder.build()).text("html"))
    bounds = page.sections["performance"].partition("Thresholds that somebody set")[2]

    bound = f"{0.7631 + offset:.12g}"
    found = re.search(rf"at least {re.escape(bound)}\s*952\s*(\S+?)\s*{status}(.*)", bounds)
    assert found
    assert (float(found[1]) < float(bound)) is (status == "Exception")
    assert float(found[1]) != float(bound)
    assert ("the interval covers the bound" in found[2]) is covered
    assert ("The interval covers the bound." in page.sections["first"]) is (status == "Exception")


def test_a_threshold_far_from_its_interval_is_not_said_to_be_covered(
    rendered: Rendered,
) -> None:
    performance = Page(rendered.text("html")).sections["performance"]
    auc = performance.partition("Thresholds that somebody set")[2].partition("AUC")[2]

    assert "covers" not in auc


def test_thresholds_are_printed_in_full_and_every_segment_is_listed(
    builder: RecordBuilder,
) -> None:
    builder.config = builder.config.model_copy(update={"decision": Decision(
        threshold=0.123456789,
        segment=(Segment(column="region", value="north", threshold=0.3000000001),
                 Segment(column="region", value="south", threshold=0.4)),
    )})  # fmt: skip
    made = render_sample(builder.build())

    for text in (Page(made.text("html")).sections["performance"], made.text("md")):
        assert (
            "At threshold 0.123456789 the model would decide deny = yes, from that score upwards."
            in text
        )
        assert "region = north: 0.3000000001; region = south: 0.4" in text

    builder.config = builder.config.model_copy(update={"decision": Decision(
        column="final", segment=builder.config.decision.segment,
    )})  # fmt: skip
    text = Page(render_sample(builder.build()).text("html")).sections["performance"]
    assert "the first that fits: region = north: 0.3000000001" in text
    assert "The decision is the column" not in text


def test_page_one_counts_every_open_control_and_names_the_first(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"]

    assert "Accuracy of the data: 12 rows have no match" in first  # an exception, whole
    assert "2 controls lack evidence: 2 in SR 26-2 (outcomes analysis and ongoing" in first
    assert "2 controls wait for signed answers: 2 of the validator." in first
    assert "1 control is set aside on the owner's word: 1 in GDPR (automated decision)." in first


def test_page_one_names_three_of_many_controls_and_counts_the_rest(builder: RecordBuilder) -> None:
    sample = builder.build()
    missing = sample.standings[0].assessments[0]
    many = tuple(missing.model_copy(update={"control": f"SR262-{n}"}) for n in range(30, 50))
    standing = sample.standings[0].model_copy(update={"assessments": many})

    first = Page(render_sample(replace(sample, standings=(standing,))).text("html")).sections[
        "first"
    ]

    assert "20 controls lack evidence: 20 in SR 26-2 (" in first
    assert "and 18 more)." in first


def test_worst_comes_first(rendered: Rendered) -> None:
    first = Page(rendered.text("html")).sections["first"]

    words = re.findall(r"Exception|Missing|Needs attestation|Holds", first)
    assert words == sorted(words, key=["Exception", "Missing", "Needs attestation", "Holds"].index)
    assert first.index("misses what") < first.index("configuration was set after")


def test_every_number_on_the_page_is_in_the_json_and_rounded_from_it(rendered: Rendered) -> None:
    known = {n["id"]: n for n in json.loads(rendered.read("json"))["numbers"]}
    shown = Page(rendered.text("html")).numbers

    assert len(shown) > 60
    # The false negative rates' differences are those of the true positive rates, negated.
    twice = ("/count/", "/false_negative_rate_difference/")
    mirrors = (
        "fairness/evaluation/false_negative_rate/",
        "fairness/evaluation/true_negative_rate/",
    )
    twice += mirrors  # one minus the rates that stand there
    assert {i for i, _ in shown} == {i for i in known if not any(t in i for t in twice)} - {
        "fairness/evaluation/selection_rate"
    }
    for number_id, text in shown:
        digits = text.replace("\N{MINUS SIGN}", "-").replace(",", "")
        digits = digits.removesuffix(f"{THIN}%").removesuffix(f"{THIN}points")
        scale = 100 if text.endswith(("%", "points")) else 1
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
    printed = [i for i in undefined if "/false_negative_rate" not in i]
    assert len(printed) >= 6
    assert all(shown[i].startswith("undefined, n = ") for i in printed)
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
    assert "Absent: affidavit.toml asks for no explanation" in page.sections["explanations"]


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


def test_a_crossed_threshold_is_not_hidden_by_a_finding_on_the_same_metric(
    builder: RecordBuilder,
) -> None:
    builder.findings = (Finding(
        id="logged.selection_rate_ratio", kind="exception", stage="recompute",
        what="selection_rate_ratio was logged as another number", fix="correct it",
    ),)  # fmt: skip
    first = Page(render_sample(builder.build()).text("html")).sections["first"]

    assert "0.825, to hold at least 0.85" in first


def test_two_metrics_that_differ_are_never_printed_alike(builder: RecordBuilder) -> None:
    row = Logged(key="k", value=0.12345678, recomputed=0.12345679, verdict="different")
    shown = logged_row(row)
    assert shown.logged != shown.recomputed

    equal = logged_row(row.model_copy(update={"verdict": "equal"}))
    assert (equal.logged, equal.recomputed) == ("0.123457", "0.123457")


def test_that_the_model_is_not_given_an_attribute_is_said_only_where_it_is_so(
    rendered: Rendered, builder: RecordBuilder
) -> None:
    said = "The model is not given it"
    assert Page(rendered.text("html")).sections["fairness"].count(said) == 2

    builder.findings = (Finding(
        id="recompute.input.sensitive.afam", kind="exception", stage="recompute",
        what="the model sees afam, the sensitive attribute afam", fix="train without afam",
    ),)  # fmt: skip
    made = render_sample(builder.build())

    for text in (Page(made.text("html")).sections["fairness"], made.text("md")):
        assert text.count(said) == 1
        assert text.count("The model is given it as an input: see Findings.") == 1
        assert text.index("The model is given it") < text.index(said)


def test_an_excluded_column_that_the_model_reads_is_said_to_be_read(
    builder: RecordBuilder,
) -> None:
    builder.config = builder.config.model_copy(update={"rows": Rows(exclude=("a.x", "x"))})
    data = Page(render_sample(builder.build()).text("html")).sections["data"]
    assert "Excluded from the model's input, as configured: a.x and x." in data
    assert "all the same" not in data

    builder.findings = (Finding(
        id="recompute.input.excluded.a.x", kind="exception", stage="recompute",
        what="the model sees a.x", fix="train without it",
    ),)  # fmt: skip
    data = Page(render_sample(builder.build()).text("html")).sections["data"]
    assert "The model reads a.x all the same: see Findings." in data


def test_the_ratio_on_page_one_is_the_lowest_that_is_significant_and_names_how_many_there_are(
    builder: RecordBuilder,
) -> None:
    def gap() -> dict[str, str]:
        page_one = json.loads(render_sample(builder.build()).read("json"))["page_one"]
        return next(k for k in page_one["key_numbers"] if "ratio" in k["number"])

    lowest = gap()
    assert "afam=yes" in lowest["number"]
    assert "(lowest significant of 2 pairs)" in str(lowest)

    # Where the group fares better than the reference its ratio is no longer the lowest.
    swapped = {"yes": "no", "no": "yes"}
    builder.cells = {(swapped[k[0]], *k[1:]): n for k, n in CELLS.items()}
    assert "afam=yes" not in gap()["number"]


def test_a_rate_has_its_event_in_its_name_and_its_definition_in_html_and_markdown_alike(
    rendered: Rendered,
) -> None:
    page, markdown = Page(rendered.text("html")), rendered.text("md")

    for text in (page.sections["performance"], markdown):
        assert "True positive rate, deny = yes" in text
        assert "of the cases labelled deny = yes, the share decided so" in text
    for text in (page.sections["fairness"], markdown):
        assert "True positive rate, deny = no" in text
        assert "share of the rows that the model would decide deny = no" in text
    assert "| Measure | afam = no | afam = yes |" in markdown
    assert "74.6\N{NO-BREAK SPACE}% (66.6 to 81.2\N{NO-BREAK SPACE}%), n = 134 |" in markdown
    assert "| afam = yes against no | 134 and 818 |" in markdown
    for text in (page.text, markdown):
        assert "that the model decides" not in text


def test_says_who_is_asked_by_name_and_by_the_word_of_the_catalog(
    builder: RecordBuilder,
) -> None:
    sample = builder.build()
    waiting = tuple(
        s.model_copy(update={"assessments": tuple(
            a.model_copy(update={"questions": (Question(role="dpo", question="Was it given?"),)})
                for a in s.assessments
        )}) for s in sample.standings
    )  # fmt: skip
    first = Page(render_sample(replace(sample, standings=waiting)).text("html")).sections["first"]

    assert "of the data protection officer (dpo)" in first


def test_the_version_stays_with_its_number_in_the_heading_and_the_title_is_plain(
    rendered: Rendered,
) -> None:
    text = rendered.text("html")

    assert "<h1>Credit risk, version\u00a03</h1>" in text
    assert "<title>Credit risk, version 3: model card</title>" in text


@pytest.mark.parametrize(
    ("value", "words"),
    [("clean", "trained on a clean tree, says the run"),
     ("dirty", "trained with uncommitted changes, says the run"),
     (None, "the run does not say whether its tree was clean")],
)  # fmt: skip
def test_what_it_is_about_is_said_in_plain_words(
    builder: RecordBuilder, value: str | None, words: str
) -> None:
    sample = builder.build()
    facts = tuple(
        f.model_copy(update={"value": value}) if f.id == "code.dirty" else f
        for f in sample.evidence.provenance
    )
    place = "data/prepared/protected.csv"
    facts += (Fact(id=f"data.{place}.snapshot", kind="data", value=place, basis="measured",
                   source="dvc.lock"),)  # fmt: skip
    evidence = sample.evidence.model_copy(update={"provenance": facts})
    about = Page(render_sample(replace(sample, evidence=evidence)).text("html")).sections["about"]

    assert f"commit 4e1c9ab of 12 November 2026 (claimed), unsigned; {words}" in about
    assert f"protected table {place}, kept apart (measured)" in about
    assert about.count(place) == 1


def test_what_stands_between_backticks_is_code_on_page_one(builder: RecordBuilder) -> None:
    builder.findings = (_finding("add `monitoring = <x>` or `limits`"),)
    text = render_sample(builder.build()).text("html")

    first = text.partition('<ul class="first">')[2].partition("</ul>")[0]
    assert "<code>limits</code>" in first
    assert "<code>monitoring = &lt;x&gt;</code>" in first


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
    assert "; 2 are not derived from counts: AUC and Brier score." in first
    assert "contradict" not in first  # digests alone: nothing was held against them

    bare = render_sample(builder.bare().build())
    for text in (Page(bare.text("html")).sections["first"], bare.text("md")):
        assert "follow from their counts" not in text
        assert "logged metrics equal" not in text
        assert "Holds" not in text


def test_says_that_nothing_contradicts_only_of_what_was_compared(builder: RecordBuilder) -> None:
    sample = builder.build()

    def said(*ids: str) -> str:
        facts = tuple(
            Fact(id=i, kind="run", value="x", basis="claimed", source="t") for i in ids
        )  # fmt: skip
        made = render_sample(replace(sample, evidence=sample.evidence.adding(facts=facts)))
        return Page(made.text("html")).sections["first"]

    assert "No digest or commit contradicts another." in said("code.pack")
    assert "No digest, run, commit or data link contradicts another." in said(
        "code.pack", "run.status", "data.evaluation.link"
    )


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
