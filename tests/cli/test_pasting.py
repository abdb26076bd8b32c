"""Commands that a person pastes."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from affidavit.cli.output import WIDTH
from affidavit.cli.pasting import pasted

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
