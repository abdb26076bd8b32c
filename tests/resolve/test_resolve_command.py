"""`affidavit resolve`: the chain in words, for machines, and its exit codes."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from tests.support.mlflow_world import Server, Training

from affidavit.cli.main import cli
from affidavit.cli.resolve import command


@pytest.fixture
def training(mlflow_server: Server) -> Training:
    return Training(server=mlflow_server)


def invoke(training: Training, *arguments: str, ref: str | None = None) -> Result:
    made = ref or training.register().ref
    return CliRunner().invoke(command, [made, "--tracking-uri", training.server.uri, *arguments])


def test_prints_what_is_found_and_what_is_absent(training: Training) -> None:
    result = invoke(training)

    assert result.exit_code == 0, result.output
    assert "artifact             measured  7 files  sha256 " in result.stdout
    assert "commit               claimed   cccc" in result.stdout
    assert "Absent" in result.stdout
    assert "no repository was given" in result.stdout
    assert result.stdout.rstrip().endswith("0 exceptions · 0 contradictions")


def test_fits_eighty_columns(training: Training) -> None:
    result = invoke(training)

    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_quiet_is_one_line_of_counts(training: Training) -> None:
    arguments = ["resolve", training.register().ref, "--tracking-uri", training.server.uri]
    whole = CliRunner().invoke(cli, arguments).stdout.splitlines()

    result = CliRunner().invoke(cli, [*arguments, "-q"])

    assert result.exit_code == 0
    assert len(whole) > 10
    assert result.stdout.splitlines() == [whole[-1]]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"affidavit.git.dirty": "false"}, "none, says the run"),
        ({"affidavit.git.dirty": "true"}, "some, says the run"),
        ({}, "not known: the run does not say"),
    ],
)
def test_uncommitted_changes_are_said_in_words(
    training: Training, tags: dict[str, str], words: str
) -> None:
    training.tags = tags

    assert f"\n  uncommitted changes  {words}\n" in invoke(training).stdout


def test_a_contradiction_is_printed_and_exits_with_1(training: Training) -> None:
    training.mlmodel = {"run_id": "f" * 32}

    result = invoke(training)

    assert result.exit_code == 1
    assert "Contradictory: nothing would be built" in result.stdout
    assert "f" * 32 in result.stdout
    command = result.stdout.partition("signed (and what else you gave here):")[2]
    words = shlex.split(command.rpartition("\n\n")[0].replace("\\\n", " "))
    assert words[:2] == ["affidavit", "build"]
    assert words[3:] == ["--tracking-uri", training.server.uri, "--signer", "KEY.pem",
                         "--findings", "findings.json"]  # fmt: skip


def test_machines_get_the_whole_record(training: Training) -> None:
    result = invoke(training, "--json")

    answer = json.loads(result.stdout)
    assert answer["calls"] == 3
    assert answer["contradictions"] == []
    assert answer["evidence"]["subject"]["name"] == training.name


def test_says_that_nothing_was_checked_where_nothing_was_fetched(training: Training) -> None:
    result = invoke(training, "--no-download")

    assert result.exit_code == 0
    assert "no digest was checked" in result.stdout
    assert "measured" not in result.stdout
    assert "0 files" not in result.stdout


def test_a_tag_cannot_write_on_the_terminal(training: Training) -> None:
    training.description = "good\x1b[2J\nMEASURED everything"

    result = invoke(training)

    assert "\x1b" not in result.stdout
    assert not any(line.startswith("MEASURED") for line in result.stdout.splitlines())


def test_needs_no_mlflow_where_a_server_answers(training: Training) -> None:
    """MLflow takes seconds to import; a server is asked without it."""
    made = training.register()
    check = (
        "import sys; from affidavit.cli.main import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "finally: print('mlflow' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", check, "-q", "resolve", made.ref, "--tracking-uri",
         training.server.uri],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().endswith("False")
