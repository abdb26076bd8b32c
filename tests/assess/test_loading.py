"""Catalogs that are refused when they are loaded, each beside the catalog that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.assess.loading import load, read_catalog
from affidavit.errors import ConfigError
from affidavit.shipped import shipped

FOLDER = shipped("policies") / "catalogs"


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """A shipped catalog with one passage put otherwise, below a folder."""
    content = (FOLDER / f"{name}.yaml").read_text("utf-8")
    assert old in content, old
    path = folder / f"{name}.yaml"
    path.write_text(content.replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: SR262-12", "id: SR262-16", "SR262-16: this id stands twice"),
        ("mode: machine\n", "mode: role\n", "SR262-26: mode role says who signs, in attestations"),
        ("mode: machine+role", "mode: machine", "SR262-01: a machine decides it, so it has needs"),
        ("mode: machine+role\n    needs: [{document: val", "mode: role\n    needs: [{document: val",
         "SR262-10: a role alone decides it, so it has no tests"),
        ('holds: "!findings', 'holds: "!(findings', "SR262-12 tests[1].holds: line 1"),
        ("{declared: limits}", "{declared: limit}", "SR262-16 declared: unknown 'limit'"),
        ("{document: roles}", "{document: rolls}", "SR262-24 document: unknown 'rolls'"),
        ("needs: [challenger", "needs: [champion", "SR262-13 needs[0]: unknown 'champion'"),
        ("rationale:", "rational:", "rational"),
        ("issued: 2026-04-17", "issued: April", "issued"),
        ("issued: 2026-04-17", "issued: 2026-04-31", "day is out of range"),
        ("read_on: 2026-11-23", "read_on: 2026-04-16", "read_on 2026-04-16 is before issued"),
        ("{from: 2026-04-17}", "{from: 2026-04-17, until: 2026-04-16}", "is before from"),
        ("controls:", "controls: [", "is not YAML"),
        ("title: Model determination", f"title: {'x' * 121}", "title"),
    ],
)  # fmt: skip
def test_refuses_a_catalog_with_a_fault(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert len(read_catalog(FOLDER / "sr-26-2.yaml").catalog.controls) == 28

    with pytest.raises(ConfigError) as refused:
        read_catalog(changed(tmp_path, "sr-26-2", old, new))

    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("superseded_by: sr-26-2", "superseded_by: sr-11-7", "supersede each other in a circle"),
        ("superseded_by: sr-26-2", "superseded_by: sr-99", "neither shipped nor given"),
        ("superseded_on: 2026-04-17\n", "", "stand together, or neither"),
        ("superseded_on: 2026-04-17", "superseded_on: 2010-01-01", "is before issued"),
        ("theirs: [SR262-08]", "theirs: [SR262-99]", "crosswalk to SR262-99, which sr-26-2 has not"),
        ("ours: [SR117-04]", "ours: [SR117-99]", "crosswalk: SR117-99 is no control here"),
        ("  to: sr-26-2", "  to: sr-99", "crosswalk to sr-99, which is neither shipped nor given"),
        ("theirs: []\n      change: dropped", "theirs: [SR262-01]\n      change: dropped",
         "SR117-17 is dropped, and has a counterpart"),
        ("ours: []", "ours: [SR117-01]", "`new` has no control of ours"),
    ],
)  # fmt: skip
def test_refuses_a_catalog_that_fits_no_other(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    assert load(["sr-11-7"])

    with pytest.raises(ConfigError) as refused:
        load([str(changed(tmp_path, "sr-11-7", old, new))])

    assert complaint in str(refused.value)


def test_refuses_two_catalogs_of_one_id(tmp_path: Path) -> None:
    copy = changed(tmp_path, "sr-26-2", "id: sr-26-2", "id: sr-26-2")

    with pytest.raises(ConfigError) as refused:
        load(["sr-26-2", str(copy)])

    assert "two catalogs have the id sr-26-2" in str(refused.value)
