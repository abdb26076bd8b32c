"""The stage as a whole: which items, which bytes, again and again the same."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from tests.support.cards import Rendered, render_sample
from tests.support.records import RecordBuilder

from affidavit.bundle.canonical import dumps, loads, record_bytes
from affidavit.errors import AffidavitError, BundleError
from affidavit.evidence import Evidence
from affidavit.render import CardRecord, read_card
from affidavit.scan_record import SCAN, Imported, Scan, ScannedFile

_CHILD = """
import sys
from pathlib import Path
from tests.support.cards import render_sample
from tests.support.records import RecordBuilder
made = render_sample(RecordBuilder(Path(sys.argv[1])).build(), pdf=sys.argv[2] == "pdf")
print("\\n".join(f"{i.path} {i.sha256}" for i in made.items))
"""


@pytest.mark.system
def test_gives_four_cards_and_a_figure_for_each_attribute(printed: Rendered) -> None:
    assert [(i.path, i.kind, i.origin) for i in printed.items] == [
        ("data/card/ml-bom.cdx.json", "ml-bom", "rendered"),
        ("data/card/model-card.html", "card", "rendered"),
        ("data/card/model-card.json", "card", "rendered"),
        ("data/card/model-card.md", "card", "rendered"),
        ("data/card/model-card.pdf", "card", "rendered"),
        ("data/reports/figures/fairness-evaluation-1.svg", "figure", "rendered"),
        ("data/reports/figures/fairness-evaluation-2.svg", "figure", "rendered"),
    ]


def test_describes_every_file_as_it_was_written(rendered: Rendered) -> None:
    assert {i.kind for i in rendered.items} == {"card", "figure", "ml-bom"}
    for item in rendered.items:
        content = (rendered.sample.work.root / item.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == item.sha256
        assert len(content) == item.size_bytes


@pytest.mark.parametrize(
    ("fixture", "how"),
    [("rendered", "screen"), pytest.param("printed", "pdf", marks=pytest.mark.system)],
)
def test_two_processes_in_other_zones_with_other_hash_seeds_give_the_same_bytes(
    tmp_path: Path, request: pytest.FixtureRequest, fixture: str, how: str
) -> None:
    here: Rendered = request.getfixturevalue(fixture)
    listings = []
    for place, zone, seed in (("one", "Asia/Tokyo", "1"), ("two", "America/Lima", "2")):
        (tmp_path / place).mkdir()
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, str(tmp_path / place), how],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LANG": "C"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        listings.append(done.stdout.split())

    ours = [word for i in here.items for word in (i.path, i.sha256)]
    assert listings[0] == listings[1] == ours


def test_another_number_gives_other_bytes(rendered: Rendered, builder: RecordBuilder) -> None:
    builder.cells[("yes", "no", "no", "no")] += 1
    other = render_sample(builder.build())

    assert other.text("html") != rendered.text("html")


def test_the_json_is_canonical_and_of_its_schema(rendered: Rendered) -> None:
    content = rendered.read("json")

    assert dumps(loads(content, "card")) == content
    jsonschema.validate(json.loads(content), CardRecord.model_json_schema(by_alias=True))
    assert read_card(content).evidence_id == rendered.sample.evidence_id


def test_the_json_has_every_number_as_the_reports_have_it_unless_it_is_masked(
    rendered: Rendered,
) -> None:
    reports = {}
    for name in ("performance", "fairness"):
        path = rendered.sample.work.root / f"data/reports/{name}.json"
        reports |= {n["id"]: n for n in json.loads(path.read_bytes())["numbers"]}

    numbers = json.loads(rendered.read("json"))["numbers"]

    assert [n["id"] for n in numbers] == sorted(reports)
    for number in numbers:
        if number.pop("masked") is None:
            assert {k: reports[number["id"]][k] for k in number} == number


def test_refuses_a_card_record_with_a_strange_field(rendered: Rendered) -> None:
    content = json.loads(rendered.read("json"))
    assert read_card(dumps(content))  # the twin

    with pytest.raises(BundleError, match="not a card of version 1"):
        read_card(dumps({**content, "score": 100}))


def test_refuses_two_reports_that_disagree_on_a_number(builder: RecordBuilder) -> None:
    sample = builder.build()
    assert render_sample(sample)  # the twin
    report = json.loads((sample.work.root / "data/reports/fairness.json").read_bytes())
    for number in report["numbers"]:
        number["n"] += 1
    again = sample.work.write(
        "data/reports/fairness-again.json", dumps(report), kind="report", origin="recomputed",
        media_type="application/json",
    )  # fmt: skip
    evidence: Evidence = sample.evidence.adding(items=(again,))

    with pytest.raises(AffidavitError, match="two reports disagree on the number fairness/"):
        render_sample(type(sample)(**{**vars(sample), "evidence": evidence}))


def test_refuses_a_report_that_is_none(builder: RecordBuilder) -> None:
    sample = builder.build()
    (sample.work.root / "data/reports/fairness.json").write_bytes(b"{}")

    with pytest.raises(AffidavitError, match=r"fairness\.json is not a report of version 1"):
        render_sample(sample)


@pytest.mark.parametrize(
    ("imports", "said"),
    [
        ((), "The model's files hold no pickle that imports anything (reports/scan.json)."),
        (
            ("posix", "sklearn"),
            "The files name 2 imports in 1 file; 1 of them is on the scanner's list",
        ),
    ],
)
def test_says_how_many_imports_there_are_and_that_it_is_no_verdict(
    imports: tuple[str, ...], said: str, builder: RecordBuilder
) -> None:
    sample = builder.build()
    levels = {"posix": "dangerous", "sklearn": "suspicious"}
    found = tuple(Imported(module=m, name="x", level=levels[m]) for m in imports)
    file = ScannedFile(path="model.pkl", size_bytes=1, format="pickle", globals=found)
    item = sample.work.write(
        SCAN, record_bytes(Scan(tool="picklescan 1", files=(file,))), kind="scan",
        origin="recomputed", media_type="application/json",
    )  # fmt: skip
    evidence = sample.evidence.adding(items=(item,))

    card = render_sample(type(sample)(**{**vars(sample), "evidence": evidence}))

    text = card.text("md").replace("\\", "")
    assert said in text
    assert ("not a verdict" in " ".join(text.split())) == bool(imports)
