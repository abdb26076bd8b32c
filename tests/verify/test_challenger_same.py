"""A challenger that is asked for by an alias, and the alias stands for the version itself."""

from types import SimpleNamespace

import pytest

from affidavit.evidence import Evidence, Fact, Finding, Subject
from affidavit.toml_reader import read_config
from affidavit.verify.challenger import check_challenger
from affidavit.verify.checks import Ledger
from affidavit.verify.records import Records

CONFIG = """\
version = 1
task = "regression"
challenger = "models:/m@champion"
[label]
column = "y"
kind = "outcome"
[datasets.evaluation]
path = "e.csv"
include = "embed"
"""
FILES = SimpleNamespace(listed={}, withheld={}, paths=lambda *_: ())
SAME = Finding(
    id="challenger.same",
    kind="gap",
    stage="resolve",
    what="it is this very version",
    fix="name one",
)


def is_refuted(version: str, *findings: Finding, asked: str = "models:/m@champion") -> bool:
    facts = tuple(
        Fact(id=i, kind="model", value=v, basis=b, source=s)
        for i, v, b, s in (
            ("challenger.asked", asked, "declared", "affidavit.toml: challenger"),
            ("challenger.version", version, "claimed", "registry: alias, read once"),
        )
    )
    evidence = Evidence(subject=Subject(name="m", version="3")).adding(
        facts=facts, findings=findings
    )
    config = read_config(CONFIG.replace("models:/m@champion", asked).encode(), "affidavit.toml")
    ledger = Ledger()
    check_challenger(
        FILES, Records(evidence=evidence, evidence_id="", derived=None, config=config), ledger
    )
    return any(c.status == "failed" for c in ledger.checks)


def test_the_alias_stands_for_the_version_itself_and_a_gap_says_so() -> None:
    assert not is_refuted("models:/m/3", SAME)


@pytest.mark.parametrize(
    ("version", "findings"),
    [("models:/m/3", ()), ("models:/m/2", (SAME,))],
    ids=["no gap", "another version"],
)
def test_refuses_a_gap_that_is_left_out_or_made_up(
    version: str, findings: tuple[Finding, ...]
) -> None:
    assert is_refuted(version, *findings)


def test_refuses_the_gap_where_the_version_was_named_outright() -> None:
    assert is_refuted("models:/m/3", SAME, asked="models:/m/3")
