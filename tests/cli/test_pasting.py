"""Commands that a person pastes."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.cli.output import WIDTH, error_lines
from affidavit.cli.pasting import command_in, pasted
from affidavit.errors import UsageError

WORD = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=50)


@given(st.lists(WORD, min_size=1, max_size=12))
def test_a_shell_reads_the_words_back(words: list[str]) -> None:
    lines = pasted(words)

    assert shlex.split("\n".join(lines).replace("\\\n", "")) == words
    assert all(line.endswith(" \\") for line in lines[:-1])


@given(st.lists(st.text("abcdefg/:.-", min_size=1, max_size=30), min_size=1, max_size=12))
def test_no_line_is_wider_than_a_terminal(words: list[str]) -> None:
    assert max(map(len, pasted(words))) <= WIDTH


def test_an_option_stays_with_its_value() -> None:
    lines = pasted(["affidavit", "build", "x" * 40, "--tracking-uri", "sqlite:////a b/mlflow.db"])

    assert lines == [
        f"  affidavit build {'x' * 40} \\",
        "      --tracking-uri 'sqlite:////a b/mlflow.db'",
    ]


@pytest.mark.parametrize(
    "text",
    ["affidavit init models:/x/3, then --config", "affidavit's own", "run affidavit doctor", "x"],
)
def test_prose_is_no_command(text: str) -> None:
    assert command_in(text) is None


def test_a_command_in_an_error_can_be_pasted_and_prose_is_wrapped() -> None:
    command = f"affidavit init models:/x/3 --tracking-uri sqlite:///{'y' * 20}/mlflow.db --repo ."
    error = UsageError("no file", fix=f"write one:\n{command}\nor leave it {'so ' * 30}")

    lines = error_lines(error)

    _, _, shown = "\n".join(lines).partition("write one:\n")
    typed, _, rest = shown.replace("\\\n", "").partition("\n")  # as a shell reads them
    assert shlex.split(typed) == shlex.split(command)
    assert rest.strip().startswith("or leave it so so")
    assert max(map(len, lines)) <= WIDTH
