"""Catalogs that are refused when they are loaded, each beside the catalog that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.assess.catalog import Catalog
from affidavit.assess.contained import assess_apart, probe
from affidavit.assess.context import Context
from affidavit.assess.example import full
from affidavit.assess.expressions import expression_fault
from affidavit.assess.loading import load, load_again, shipped_ids
from affidavit.assess.vocabulary import read_vocabulary
from affidavit.assess.yaml_reader import parse_record
from affidavit.errors import ConfigError, UsageError
from affidavit.shipped import shipped

GOOD = """\
schema: affidavit/catalog
version: 1
id: bank-rules
title: Rules of a bank
publisher: Example Bank
issued: 2026-01-15
text_status: internal rule
read_on: 2026-11-23
effective: {from: 2026-03-01, until: 2030-01-01}
controls:
  - id: BANK-01
    reference: {text: "Rule 4.2", confidence: primary}
    title: Accuracy on rows kept out of training
    expectation: Accuracy was computed again.
    rationale: What cannot be computed again is not known.
    mode: machine
    needs:
      - performance
      - present: size(findings) >= 0
        absent: no findings
        remedy: none
    tests:
      - holds: size(findings) < 100
        fails: too many findings
        remedy: look at them
    found: it is there
"""
CROSSWALK = "crosswalk: {to: sr-26-2, confidence: recalled, rows: [{ours: [BANK-01], theirs: [SR262-21], change: kept}]}\n"


def written(folder: Path, text: str, name: str = "rules.yaml") -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def with_crosswalk(text: str) -> str:
    return text.replace("controls:\n", CROSSWALK + "controls:\n", 1)


def test_the_good_catalog_is_taken_and_so_are_all_that_are_shipped(tmp_path: Path) -> None:
    (loaded,) = load([written(tmp_path, with_crosswalk(GOOD))])

    assert loaded.foreign
    assert [n.name for n in loaded.needs["BANK-01"]] == ["performance", "needs[1]"]
    assert len(load(shipped_ids())) == len(shipped_ids())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: BANK-01", "id: bank 1", "controls.0.id"),
        ("mode: machine", "mode: role", "says who signs"),
        ("mode: machine", "mode: magic", "controls.0.mode"),
        ("- performance", "- astrology", "unknown 'astrology'"),
        ("- performance", "- {declared: horoscope}", "unknown 'horoscope'"),
        ("- performance", "- {document: horoscope}", "unknown 'horoscope'"),
        ("size(findings) < 100", "size(findings <", "line 1, column"),
        ("size(findings) < 100", "'size(finding) < 1'", "line 1, column 6: unknown name 'finding'"),
        ("size(findings) < 100", "size(findings)", "no true or false"),
        ("size(findings) < 100", "size(findings) < 'many'", "fails on this record"),
        ("size(findings) < 100", "size(findings) < 1" + "0" * 2000, "at most 2,000"),
        ("issued: 2026-01-15", "issued: 2026-02-30", "issued"),
        ("issued: 2026-01-15", "issued: 2027-01-15", "read_on 2026-11-23 is before issued"),
        ("until: 2030-01-01", "until: 2025-01-01", "until 2025-01-01 is before from 2026-03-01"),
        ("id: bank-rules", "id: evidence", "choose another"),
        ("id: bank-rules", "id: Bank/../rules", "id"),
        ("title: Rules of a bank", "title: ' '", "says nothing"),
        ("title: Rules of a bank", "title: " + "x" * 700, "at most 600"),
        ("publisher:", "printer:", "publisher"),
        ("found: it is there", "found: it is there\n    verdict: compliant", "verdict"),
        ("text_status:", "superseded_by: sr-26-2\ntext_status:", "stand together"),
        (
            "text_status:", "superseded_by: nowhere\nsuperseded_on: 2026-05-01\ntext_status:",
            "neither shipped nor given",
        ),
        ("schema: affidavit/catalog", "schema: [", "is not YAML"),
        ("schema: affidavit/catalog", "schema: !!python/object:os.system {}", "is not YAML"),
        ("publisher: Example Bank", "publisher: &a [*a]", "anchor within itself"),
        ("publisher: Example Bank", "publisher: " + "[" * 60 + "]" * 60, "nested deeper"),
    ],
)  # fmt: skip
def test_refuses_a_fault_and_says_where(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD

    with pytest.raises(ConfigError) as refused:
        load([written(tmp_path, GOOD.replace(old, new, 1))])

    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("SR262-21", "SR262-99", "SR262-99, which sr-26-2 has not"),
        ("ours: [BANK-01]", "ours: [BANK-09]", "BANK-09 is no control here"),
        ("to: sr-26-2", "to: sr-99-1", "sr-99-1, which is neither shipped nor given"),
        ("change: kept", "change: dropped", "is dropped, and has a counterpart"),
        ("change: kept", "change: new", "`new` has no control of ours"),
    ],
)
def test_refuses_a_crosswalk_that_leads_nowhere(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = with_crosswalk(GOOD)
    assert old in text

    with pytest.raises(ConfigError) as refused:
        load([written(tmp_path, text.replace(old, new, 1))])

    assert complaint in str(refused.value)


def test_refuses_texts_that_supersede_each_other_in_a_circle(tmp_path: Path) -> None:
    def one(name: str, by: str) -> str:
        text = GOOD.replace("id: bank-rules", f"id: {name}")
        text = text.replace("read_on:", f"superseded_by: {by}\nsuperseded_on: 2026-05-01\nread_on:")
        return written(tmp_path, text, f"{name}.yaml")

    load([one("first", "sr-26-2"), one("second", "first")])

    with pytest.raises(ConfigError, match=r"first -> second -> first: .* in a circle"):
        load([one("first", "second"), one("second", "first")])


def test_refuses_two_controls_or_two_catalogs_of_one_id(tmp_path: Path) -> None:
    twice = GOOD + GOOD.partition("controls:\n")[2]
    with pytest.raises(ConfigError, match="BANK-01: this id stands twice"):
        load([written(tmp_path, twice)])

    path = written(tmp_path, GOOD)
    with pytest.raises(ConfigError, match="two catalogs have the id bank-rules"):
        load([path, written(tmp_path, GOOD, "copy.yaml")])


def test_refuses_a_small_file_that_stands_for_millions_of_values(tmp_path: Path) -> None:
    lines = ["a0: &a0 [" + ", ".join(["x"] * 9) + "]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]

    with pytest.raises(ConfigError, match="no catalog has so many"):
        load([written(tmp_path, "\n".join(lines))])


def test_refuses_what_is_no_file_and_what_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such catalog"):
        load([str(tmp_path / "absent.yaml")])

    with pytest.raises(ConfigError, match="larger than 4 MB"):
        load([written(tmp_path, "#" * (4 * 1024**2 + 1))])


def test_refuses_macros_within_macros_within_macros() -> None:
    two = "findings.exists(a, findings.exists(b, a.id == b.id))"
    three = "findings.exists(a, findings.exists(b, findings.exists(c, a.id == b.id)))"

    assert expression_fault(two) is None
    assert "it might never end" in str(expression_fault(three))
    assert (
        expression_fault("findings.exists(a, a.id == '.exists(b, .exists(c, .exists(d, ')") is None
    )


def test_an_expression_that_takes_too_long_is_ended_and_its_control_named() -> None:
    """A macro within a macro over a record with as many files as a snapshot can have."""
    slow = GOOD.replace(
        "size(findings) < 100",
        "(!items.dataset.exists(a, items.dataset.exists(b, a + b == 'never')))",
    ).encode()
    catalog = parse_record(Catalog, slow, "slow")
    assert probe(catalog, slow) == ()
    many = {**full().values, "items": {"dataset": [f"data/dataset/{n}" for n in range(30_000)]}}
    record = Context(many, {"data/reports/performance.json": "0" * 64})

    with pytest.raises(ConfigError) as refused:
        assess_apart(catalog, slow, record, as_of="2026-11-23", counterparts={}, timeout_s=3)

    assert "control BANK-01 of bank-rules: not done after 3 s" in str(refused.value)


def test_a_foreign_catalog_assesses_apart_as_a_shipped_one_does(tmp_path: Path) -> None:
    (loaded,) = load([written(tmp_path, GOOD)])
    record = Context(full().values, {"data/reports/performance.json": "0" * 64})

    (found,) = assess_apart(
        loaded.catalog, loaded.content, record, as_of="2026-11-23", counterparts={}
    )

    assert (found.status, found.because) == ("evidenced", "it is there")
    assert [i.path for i in found.items] == ["data/reports/performance.json"]


def test_a_bundles_catalog_is_read_by_the_bundles_own_words(tmp_path: Path) -> None:
    own = read_vocabulary().content.replace(
        b"no performance was recomputed on labelled rows", b"nothing was counted on labelled rows"
    )

    (ours,) = load_again({"bank-rules": GOOD.encode()}, read_vocabulary().content)
    (theirs,) = load_again({"bank-rules": GOOD.encode()}, own)
    shipped_one = (shipped("policies") / "catalogs" / "gdpr.yaml").read_bytes()
    (same,) = load_again({"gdpr": shipped_one}, None)
    (older,) = load_again({"gdpr": shipped_one + b"\n"}, None)

    assert ours.needs["BANK-01"][0].need.absent.startswith("no performance")
    assert theirs.needs["BANK-01"][0].need.absent.startswith("nothing was counted")
    assert [c.foreign for c in (ours, theirs, same, older)] == [True, True, False, True]
    with pytest.raises(ConfigError, match=r"other\.yaml holds the catalog bank-rules"):
        load_again({"other": GOOD.encode()}, None)
