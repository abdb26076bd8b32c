"""Lines of at most 80 columns, words for things, and nothing cut that is to be copied."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from affidavit.cli import output
from affidavit.errors import ConfigError, UsageError


def test_a_day_is_written_out_whatever_the_locale() -> None:
    assert output.day_text(date(2026, 11, 2)) == "2 November 2026"


def test_a_digest_is_shown_short_and_a_short_one_whole() -> None:
    assert output.short("9f3c41d8a07b" + "0" * 52) == "9f3c41d8a07b…"
    assert output.short("9f3c41d8a07b") == "9f3c41d8a07b"


def test_a_field_hangs_at_its_column_within_80() -> None:
    lines = output.field_lines("signed by", "word " * 40)

    assert lines[0].startswith("  signed by    word")
    assert all(line.startswith(" " * 15 + "word") for line in lines[1:])
    assert max(map(len, lines)) <= output.WIDTH
    assert output.field_lines("empty", "") == ["  empty"]


def test_what_is_copied_is_never_cut() -> None:
    path = "/very/long" * 20 + "-with-hyphens.zip"

    lines = output.field_lines("fix", f"run affidavit verify {path} again")

    assert any(path in line for line in lines)


def test_line_breaks_of_ours_are_kept() -> None:
    assert output.field_lines("fix", "one\ntwo", width=4) == ["  fix  one", "       two"]


def test_the_lines_of_an_error_are_indented_so_that_none_can_be_forged() -> None:
    error = ConfigError("two faults\nline 1: a\nerror: forged", "x\ny", "do\nthis")

    lines = output.error_lines(error)

    assert lines[0].endswith("two faults")
    assert lines[1:] == [
        "  line 1: a", "  error: forged", "  because   x", "            y", "  fix       do",
        "            this",
    ]  # fmt: skip


def test_an_error_is_wrapped_by_what_is_seen_and_not_by_its_colour() -> None:
    what = "w" * 73

    assert len(output.error_lines(UsageError(what))) == 1  # "error: " and 73 are 80


def test_an_error_without_text_is_still_an_error() -> None:
    assert output.error_lines(UsageError(""))[0].startswith("\x1b[1;31merror:")


def test_json_is_ascii_so_that_no_terminal_acts_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_json({"name": "\u202e\x1bé", "n": [1, 2.5, None]})

    told = capsys.readouterr().out
    assert told.isascii()
    assert "\x1b" not in told
    assert '"\\u202e\\u001b\\u00e9"' in told


def test_settings_outside_of_a_command_are_the_defaults() -> None:
    assert (output.settings().debug, output.settings().verbosity) == (False, 0)


@pytest.mark.parametrize(("flags", "verbosity"), [([], 0), (["-v"], 1), (["-q"], -1)])
@pytest.mark.parametrize("first", [True, False])
def test_verbosity_is_heard_before_and_after_the_command(
    flags: list[str], verbosity: int, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from affidavit.cli import doctor, doctor_checks
    from affidavit.cli.main import cli

    heard = []
    monkeypatch.setattr(
        doctor_checks, "look", lambda *_: heard.append(output.settings().verbosity) or ()
    )
    assert doctor.command.name is not None

    CliRunner().invoke(cli, [*flags, "doctor"] if first else ["doctor", *flags])

    assert heard == [verbosity]
