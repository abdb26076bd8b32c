"""`affidavit index`: what it writes, what it replaces, and with what code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from tests.support.bundles import BundleBuilder
from tests.support.portfolios import portfolio_bundle

from affidavit.cli.main import cli
from affidavit.inspect.index_record import Index

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "index.json"


@pytest.fixture
def many(sealed: BundleBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two versions of a model; the command runs beside it."""
    for number in ("1", "2"):
        portfolio_bundle(sealed, tmp_path / "many" / f"{number}.evidence.zip", version=number)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "many"


def run(sealed: BundleBuilder, *arguments: str, key: bool = True) -> Result:
    given = ["--key", str(sealed.public_key)] if key else []
    return CliRunner().invoke(cli, ["index", "many", *arguments, *given])


def test_writes_a_page_and_says_the_newest_of_each_model(sealed: BundleBuilder, many: Path) -> None:
    result = run(sealed)

    assert result.exit_code == 0, result.output
    assert (many.parent / "affidavit-index.html").read_bytes().startswith(b"<!doctype html>")
    assert result.stdout.splitlines()[0] == "1 model, 2 bundles"
    assert "credit-risk  version 2, evidence" in result.stdout
    assert "and 1 older" in result.stdout
    assert "other files were not read" in " ".join(result.stdout.split())
    assert "NOT VERIFIED" not in result.output
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_without_a_key_it_is_headed_not_verified(sealed: BundleBuilder, many: Path) -> None:
    result = run(sealed, key=False)

    assert result.exit_code == 0
    assert result.stdout.startswith("NOT VERIFIED  no key was given")
    assert b"No key was given" in Path("affidavit-index.html").read_bytes()


def test_a_table_or_json_alone_writes_no_page(sealed: BundleBuilder, many: Path) -> None:
    table = run(sealed, "--csv", "models.csv")
    machine = run(sealed, "--json")

    assert (table.exit_code, machine.exit_code) == (0, 0)
    assert len(Path("models.csv").read_text("utf-8").splitlines()) == 3
    value = json.loads(machine.stdout)
    jsonschema.validate(value, json.loads(SCHEMA.read_text("utf-8")))
    assert Index.model_validate_json(machine.stdout).models[0].name == "credit-risk"
    assert sorted(p.name for p in many.parent.iterdir()) == ["many", "models.csv"]


@pytest.mark.parametrize(
    ("broken", "code"), [(b"hello", 1), (None, 4)], ids=["refuted", "unreadable"]
)
def test_the_exit_code_says_whether_all_could_be_shown(
    sealed: BundleBuilder, many: Path, broken: bytes | None, code: int
) -> None:
    assert run(sealed).exit_code == 0
    bad = many / "bad.evidence.zip"
    bad.write_bytes(broken) if broken else bad.symlink_to("nowhere")

    result = run(sealed)

    assert result.exit_code == code
    assert "bad.evidence.zip" in result.stdout
    assert "credit-risk  version 2" in result.stdout


def test_replaces_an_older_inventory_and_nothing_else(sealed: BundleBuilder, many: Path) -> None:
    both = ("--out", "i.html", "--csv", "i.csv")
    assert run(sealed, *both).exit_code == 0
    before = Path("i.html").read_bytes(), Path("i.csv").read_bytes()
    portfolio_bundle(sealed, many / "3.evidence.zip", version="3")

    assert run(sealed, *both).exit_code == 0
    assert Path("i.html").read_bytes() != before[0]
    assert Path("i.csv").read_bytes() != before[1]

    for option, name in (("--out", "i.html"), ("--csv", "i.csv")):
        Path(name).write_text("my notes")
        refused = run(sealed, option, name)
        assert refused.exit_code == 2
        assert "is no inventory of Affidavit's" in refused.stderr
        assert Path(name).read_text() == "my notes"
    assert sorted(p.name for p in many.parent.iterdir()) == ["i.csv", "i.html", "many"]


def test_a_bundle_is_never_written_over(sealed: BundleBuilder, many: Path) -> None:
    content = (many / "1.evidence.zip").read_bytes()

    assert run(sealed, "--out", "many/1.evidence.zip").exit_code == 2
    assert (many / "1.evidence.zip").read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["index", "nowhere"], "nowhere: no such folder"),
        (["index", "."], "no *.evidence.zip in ."),
        (["index", "many", "--as-of", "today"], "--as-of today: not a day"),
        (["index", "many", "--out", "no/such/i.html"], "no/such: no such folder"),
        (["index", "many", "--out", "many"], "a folder, not a file"),
    ],
)
def test_refuses_what_cannot_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    (tmp_path / "many").mkdir()
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["many"]


def test_long_lists_are_cut_on_the_terminal(
    sealed: BundleBuilder, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        (many / f"bad-{number:02d}.evidence.zip").write_text("bad")
    monkeypatch.setattr("affidavit.cli.index_lines._MOST_MODELS", 0)

    short, long, quiet = run(sealed), run(sealed, "-v"), run(sealed, "-q")

    assert "and 2 more; -v names every one" in short.stdout
    assert "and 1 more model; -v shows every one" in short.stdout
    assert "bad-11.evidence.zip" in long.stdout
    assert "credit-risk" in long.stdout
    assert quiet.stdout == "wrote affidavit-index.html\n"
