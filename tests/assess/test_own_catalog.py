"""docs/own-catalog.md: its example gives what the page says, and its faults are those it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from tests.support.assessed import assessed, by_control, write_report
from tests.support.assessed_breaks import Case, broken

from affidavit.assess.context import context_of, read_reports
from affidavit.assess.loading import read_catalog
from affidavit.assess.rules import assess_control
from affidavit.cli.main import cli
from affidavit.errors import ConfigError
from affidavit.standing import Assessment

TEXT: Final = (Path(__file__).parents[2] / "docs" / "own-catalog.md").read_text("utf-8")
EXAMPLE: Final = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
# What the first column of the page's table means for a record.
RECORDS: Final = {
    "everything is there": "",
    "accuracy is 0.7": "",
    "no declarations.toml": "no declarations",
    "the report is dated after the approval": "document validation-report dated=2026-10-02",
    "no credit is decided, says the owner": "declared credit=no",
    "as of 28 February 2026": "no declared approved_on and as of 2026-02-28",
}


def table() -> dict[str, tuple[str, ...]]:
    """The page's table: a record in words, and the status of each control."""
    rows = TEXT.partition("\n| in the bundle |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in rows]
    return {first: tuple(c.strip("`") for c in rest) for first, *rest in cells}


def with_needs(needs: str) -> str:
    """The example, where the machine's control BANK-01 has these needs."""
    start = EXAMPLE.index("    needs:\n      - performance")
    return EXAMPLE[:start] + f"    needs: {needs}\n" + EXAMPLE[EXAMPLE.index("    tests:", start) :]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "bank-rules.yaml"
    path.write_text(EXAMPLE, "utf-8")
    return path


def less_accurate(case: Case) -> None:
    """The performance report again, with 0.7 where it had 0.9."""
    path = case.work.root / write_report(case.work, "performance").path
    path.write_text(path.read_text("utf-8").replace('"value":0.9', '"value":0.7'), "utf-8")


def standing(example: Path, case: Case) -> dict[str, Assessment]:
    """The example's controls over a record, by id; in this process, unlike a build."""
    loaded = read_catalog(example)
    reports = read_reports(case.evidence, case.work.root)
    context = context_of(case.evidence, reports, case.config, case.declared)
    return {
        c.id: assess_control(c, loaded.catalog, loaded.needs[c.id], context, as_of=case.as_of)
        for c in loaded.catalog.controls
    }


@pytest.mark.parametrize("words", RECORDS)
def test_the_example_gives_what_the_page_says(example: Path, tmp_path: Path, words: str) -> None:
    case = broken(tmp_path / "record", [RECORDS[words]])
    if words == "accuracy is 0.7":
        less_accurate(case)

    found = standing(example, case)

    assert list(found) == ["BANK-01", "BANK-02", "BANK-03", "BANK-04"]
    assert tuple(a.status for a in found.values()) == table()[words]
    if words == "accuracy is 0.7":
        assert found["BANK-01"].because == "accuracy is 0.7 on 9 rows, less than 0.8"


def test_a_build_gives_the_same_and_keeps_the_catalog(example: Path, tmp_path: Path) -> None:
    case = broken(tmp_path / "record", [])

    found = assessed(
        case.evidence, [str(example)], case.work.root, config=case.config,
        declarations=case.declared,
    )  # fmt: skip

    assert by_control(found) == standing(example, case)
    kept = case.work.root / "data/controls/bank-rules.yaml"
    assert kept.read_bytes() == example.read_bytes()
    assert {"bank-rules.json", "bank-rules.csv"} <= {p.name for p in kept.parent.iterdir()}


def test_the_page_tells_of_each_record_that_is_tried() -> None:
    assert list(table()) == list(RECORDS)


def test_the_faults_are_told_as_the_page_shows_them(example: Path) -> None:
    read_catalog(example)  # the twin

    bad = EXAMPLE.replace("holds: numbers[", "holds: number[")
    bad = bad.replace("{declared: approved_on}", "{declared: aproved_on}")
    bad = bad.replace("found: accuracy is {accuracy}", "found: accuracy is {acuracy}")
    example.write_text(bad[: bad.rindex("    attestations:")], "utf-8")
    with pytest.raises(ConfigError) as refused:
        read_catalog(example)

    shown = re.findall(r"```faults\n(.*?)```", TEXT, re.DOTALL)[0].splitlines()
    told = str(refused.value).splitlines()
    assert len(told) == len(shown)
    for line, whole in zip(shown, told, strict=True):
        assert whole.startswith(line.removesuffix("…")), whole


def test_the_command_of_the_page_finds_no_fault_in_its_example(example: Path) -> None:
    done = CliRunner().invoke(cli, ["controls", "check", str(example)])

    assert (done.exit_code, "no fault found" in done.output) == (0, True), done.output


@pytest.mark.parametrize(
    ("catalog_id", "words"), [("evidence", "the name of another file"), ("con", "N3")]
)
def test_refuses_an_id_whose_file_could_not_stand_in_the_bundle(
    example: Path, catalog_id: str, words: str
) -> None:
    example.write_text(EXAMPLE.replace("id: bank-rules", f"id: {catalog_id}"), "utf-8")

    with pytest.raises(ConfigError, match=rf"id {catalog_id}: .*{words}"):
        read_catalog(example)


def test_refuses_a_machines_control_that_no_file_answers(example: Path) -> None:
    example.write_text(with_needs("[{present: 'true', absent: none, remedy: declare it}]"), "utf-8")

    with pytest.raises(ConfigError, match=r"BANK-01: .* one of its needs has `items`"):
        read_catalog(example)


def test_refuses_a_machines_control_that_rests_on_declarations_alone(example: Path) -> None:
    """A field that somebody filled in is no evidence: a machine cannot vouch for it."""
    stated = "{declared: limits}, {document: validation-report}"
    example.write_text(with_needs(f"[performance, {stated}]"), "utf-8")
    read_catalog(example)  # the twin: something that was measured stands beside them

    example.write_text(with_needs(f"[{stated}]"), "utf-8")
    with pytest.raises(ConfigError, match=r"BANK-01: it rests on declarations alone"):
        read_catalog(example)


def test_an_exception_that_no_file_shows_ends_the_build_with_its_control(
    example: Path, tmp_path: Path
) -> None:
    asked = "      - asked_when: has(declared.approved_on)\n        holds: declared.document"
    bare = EXAMPLE.replace("      - holds: declared.document", asked)
    bare = bare.replace("        items: items.declarations\n", "")
    example.write_text(bare, "utf-8")
    late = "document validation-report dated=2026-10-02"
    twin = standing(example, broken(tmp_path / "twin", [late]))
    assert twin["BANK-02"].status == "exception"

    with pytest.raises(ConfigError, match=r"control BANK-02: test 1 .* no file shows it"):
        standing(example, broken(tmp_path / "record", [late, "no items declarations"]))
