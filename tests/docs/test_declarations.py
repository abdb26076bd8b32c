"""docs/declarations.md: its example is read, and every field says who asks for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from affidavit.assess.loading import load, shipped_ids
from affidavit.config import Declarations
from affidavit.errors import ConfigError
from affidavit.render.sections import declared
from affidavit.toml_reader import read_declarations

TEXT = (Path(__file__).parents[2] / "docs" / "declarations.md").read_text("utf-8")
# Asked by no control: they say what the card is called, who speaks, and under which licence.
UNASKED = {"consequences", "declared_by", "declared_on", "title", "developers", "notes", "data_licence", "approved_on",
           "status", "jurisdictions", "credit", "personal_data", "vendor"}  # fmt: skip


def test_the_example_is_read_and_stands_on_the_card() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    read = read_declarations(f"version = 1\n{block}".encode(), "x")

    assert read.document[0].about == "dpia"
    pairs, _ = declared(read)
    assert ("Document: dpia", True) in [(p.term, "DPIA-2026-014" in p.text) for p in pairs]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('about = "horoscope"', "about"),
        ('dated = "last week"', "a day"),
        ('sha256 = "abc"', "sha256"),
    ],
)
def test_a_document_with_a_fault_is_refused_with_its_line(line: str, complaint: str) -> None:
    good = {"about": 'about = "dpia"', "title": 'title = "A"', "dated": 'dated = "2026-01-01"',
            "sha256": f'sha256 = "{"a" * 64}"'}  # fmt: skip
    read_declarations(("version = 1\n[[document]]\n" + "\n".join(good.values())).encode(), "x")

    good[line.split(maxsplit=1)[0]] = line
    with pytest.raises(ConfigError) as refused:
        read_declarations(("version = 1\n[[document]]\n" + "\n".join(good.values())).encode(), "x")
    assert complaint in str(refused.value)
    assert "line " in str(refused.value)


def test_every_field_is_asked_for_by_a_control_or_has_another_reason() -> None:
    asked = {
        need.name.removeprefix("declared ")
        for loaded in load(shipped_ids())
        for needs in loaded.needs.values()
        for need in needs
        if need.name.startswith("declared ")
    }
    fields = {k for k, f in Declarations.model_fields.items() if f.description}

    assert asked <= fields
    assert fields - asked - UNASKED == set()


def test_the_page_names_each_answer_that_sets_controls_aside_and_where() -> None:
    by_field: dict[str, set[str]] = {}
    for loaded in load(shipped_ids()):
        for control in loaded.catalog.controls:
            for rule in control.applicability:
                (field,) = set(re.findall(r"declared\.(\w+)", rule.when))
                by_field.setdefault(field, set()).add(loaded.catalog.id)

    section = TEXT.partition("## What an answer sets aside")[2].partition("\n## ")[0]
    told = {
        row[0].split("`")[1].split(" ")[0]: set(re.findall(r"`([^`]+)`", row[2]))
        for row in (
            [c.strip() for c in line.strip("|").split("|")] for line in section.splitlines()
        )
        if len(row) == 3 and row[0].startswith("`")
    }
    assert told == by_field
    assert "Seven fields" in section
    assert len(by_field) == 7
