"""The HTML and the Markdown read back: no number that the card's JSON does not have."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from tests.support.cards import Page, Rendered, explained_sample, render_sample
from tests.support.read_back import Reader, card_json, numbers_in, plain, strings_of
from tests.support.records import RecordBuilder
from tests.support.what_if import what_if_csv

from affidavit.render.words import size

# These quote the record, which the bundle has beside the card; the others state what was measured.
QUOTED = {"declared", "provenance", "environment", "controls", "findings", "files"}
STATED = {
    "first",
    "about",
    "performance",
    "fairness",
    "data",
    "explanations",
    "stability",
    "reproducibility",
    "definitions",
}
NEITHER = {"", "check"}
FEW = "10"  # of `<10`, `fewer than ten`


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Every report, small cells too, and other thresholds."""
    sample = explained_sample(RecordBuilder(tmp_path_factory.mktemp("read-back")))
    rows = [
        {"afam": "yes" if i % 3 == 0 else "no", "single": "yes" if i % 2 else "no",
         "label": "yes" if i % 4 == 0 else "no", "score": repr(i / 300),
         "decision": "yes" if i / 300 >= 0.25 else "no"}
        for i in range(300)
    ]  # fmt: skip
    content = what_if_csv(rows, [("afam",), ("single",)], in_force=0.25)
    item = sample.work.write(
        "data/reports/thresholds/evaluation.csv", content, kind="report", origin="recomputed",
        media_type="text/csv", role="evaluation",
    )  # fmt: skip
    return render_sample(replace(sample, evidence=sample.evidence.adding(items=(item,))))


def quoted_numbers(made: Rendered) -> set[str]:
    """The numbers in what the card quotes, sizes and counts of files in words."""
    sample = made.sample
    texts = list(strings_of(sample.evidence.model_dump(mode="json")))
    texts += [t for s in sample.standings for t in strings_of(s.model_dump(mode="json"))]
    texts += list(strings_of(sample.declarations.model_dump(mode="json")))  # type: ignore[union-attr]
    items = sample.evidence.items
    texts += [size(i.size_bytes) for i in items]
    texts += [f"{f.value:,}" for f in sample.evidence.provenance if isinstance(f.value, int)]
    texts += [str(v) for s in sample.standings for a in s.assessments for v in a.values.values()]
    tally = Counter(a.status for s in sample.standings for a in s.assessments)
    texts += [str(n) for n in (*tally.values(), len(items), sum(not i.embedded for i in items))]
    texts += [str(n) for s in sample.standings
              for n in Counter(a.status for a in s.assessments).values()]  # fmt: skip
    return {one for text in texts for one in numbers_in(text)}


def unknown_on(html: str, made: Rendered) -> list[tuple[str, str]]:
    """Section and number of whatever neither the JSON nor the quoted record has.

    Beside a number of the reports, a row may print that number, its ends and its rows alone, or
    what a text of the JSON says.
    """
    numbers, said = card_json(made.read("json"))
    quoted, found = quoted_numbers(made), []
    for part in Reader(html).parts:
        known = said | {FEW} | (quoted if part.section in QUOTED else set())
        for number_id in part.ids:
            known |= numbers[number_id]
        found += [(part.section, one) for one in numbers_in(part.text) if one not in known]
    return found


def test_every_number_on_the_page_is_in_the_json_or_in_what_it_quotes(full: Rendered) -> None:
    html = full.text("html")

    assert {p.section for p in Reader(html).parts} == QUOTED | STATED | NEITHER
    assert unknown_on(html, full) == []


@pytest.mark.parametrize(
    ("section", "printed", "forged"),
    [
        ("first", ">0.763<", ">0.769<"),
        ("first", "0.716 to 0.809", "0.713 to 0.809"),
        ("performance", "48.0\N{THIN SPACE}%", "48.3\N{THIN SPACE}%"),
        ("performance", ">357<", ">358<"),
        ("fairness", "139 and 818", "138 and 818"),
        ("fairness", "8.4\N{THIN SPACE}points", "8.7\N{THIN SPACE}points"),
        ("stability", ">952<", ">953<"),
        ("data", ">811<", ">812<"),
    ],
)
def test_finds_a_number_that_was_put_in_by_hand(
    full: Rendered, section: str, printed: str, forged: str
) -> None:
    head, body = full.text("html").split(f'aria-labelledby="{section}">', 1)
    if printed not in body:
        printed = printed.replace("\N{THIN SPACE}", " ")
    assert printed in body

    html = head + f'aria-labelledby="{section}">' + body.replace(printed, forged, 1)

    assert [where for where, _ in unknown_on(html, full)] == [section]


def test_what_is_printed_of_a_number_is_the_jsons(full: Rendered) -> None:
    numbers, _ = card_json(full.read("json"))
    records = {n["id"]: n for n in json.loads(full.read("json"))["numbers"]}

    for number_id, text in Page(full.text("html")).numbers:
        own = numbers_in(text)
        if records[number_id]["masked"] == "hidden":
            assert text in ("masked", "<10"), number_id
        elif records[number_id]["value"] is None:
            assert text.startswith("undefined"), number_id
        else:
            assert own, number_id
            assert set(own) <= numbers[number_id], (number_id, text)


def test_the_markdown_has_the_numbers_of_the_page_and_no_other(full: Rendered) -> None:
    numbers, said = card_json(full.read("json"))
    known = said | quoted_numbers(full) | {FEW} | set().union(*numbers.values())
    text = plain(re.sub(r"\\(.)", r"\1", full.text("md")))
    body = re.sub(r"^#+ \d+\. ", "", text, flags=re.MULTILINE)  # section numbers
    body = re.sub(r"\b(?:sha256|md5|git) (?:[0-9a-f]{4} ?){3}", "", body)  # digests, in fours
    body = re.sub(r"\| (?:[0-9a-f]{4} ?){2} … \|", "|", body)

    unknown = [one for one in numbers_in(body) if one not in known]
    assert not unknown

    for _, shown in Page(full.text("html")).numbers:
        assert plain(shown) in text


def test_each_number_of_the_json_is_on_the_page_or_left_out_by_a_rule_that_it_states(
    full: Rendered,
) -> None:
    """Left out are mirrors, rows (they stand as n), groups too small, and all but the main role."""
    page = Page(full.text("html"))
    shown = {number_id for number_id, _ in page.numbers}
    ends = ("/count/", "(missing)", "false_negative_rate_difference")
    mirrors = ("/false_negative_rate/", "/true_negative_rate/")

    for number in json.loads(full.read("json"))["numbers"]:
        kind, role, *rest = number["id"].split("/")
        if kind not in ("performance", "fairness", "estimated") or role != "evaluation":
            continue
        left_out = (
            any(end in number["id"] for end in ends)
            or (kind != "performance" and any(m in number["id"] for m in mirrors))
            or (kind == "fairness" and rest == ["selection_rate"])
        )
        assert (number["id"] in shown) is not left_out, number["id"]
    assert "False negative and true negative rates are one minus" in page.text


def test_no_small_cell_is_printed(full: Rendered) -> None:
    """Neither as a count beside a number, nor as a rate whose rows are printed."""
    card = json.loads(full.read("json"))

    for number in card["numbers"]:
        assert number["n"] is None or not 0 < number["n"] < 10, number["id"]
    for match in re.findall(
        r"\bn = ([\d,]+)", plain(" ".join(p.text for p in Reader(full.text("html")).parts))
    ):
        count = int(match.replace(",", ""))
        assert count == 0 or count >= 10
