"""How the command speaks: results to stdout, all else to stderr, 80 columns, plain first.

Colour stands only on a terminal and never alone: every status has its word. Text from outside
(names, paths, tags, messages of other systems) goes through `printable` before it is shown.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Literal

import click

from affidavit.cli.pasting import command_in, pasted
from affidavit.errors import AffidavitError, Contradicted
from affidavit.printable import printable
from affidavit.wording import count_text

WIDTH = 80
Role = Literal["good", "bad", "warn", "soft", "strong"]
_COLOURS: Mapping[Role, str] = {
    "good": "\x1b[32m", "bad": "\x1b[1;31m", "warn": "\x1b[33m", "soft": "\x1b[2m",
    "strong": "\x1b[1m",
}  # fmt: skip
_RESET = "\x1b[0m"
_DIGEST_SHOWN = 12


@dataclass(slots=True)
class Settings:
    """What the options that every command has were set to.

    Attributes:
        debug: a traceback is shown with every error.
        verbosity: -1 only the result's last line, 0, 1 every step.
        as_json: the result is for machines, and so is an error.
    """

    debug: bool = False
    verbosity: int = 0
    as_json: bool = False


def settings() -> Settings:
    """The settings of the running command; the defaults outside of one."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context is not None else None
    return found if isinstance(found, Settings) else Settings()


# ---- lines


def say(line: str = "") -> None:
    """One line of the result, to stdout."""
    click.echo(line, color=_has_colour(sys.stdout))


def note(line: str = "") -> None:
    """One line about the work, to stderr."""
    click.echo(line, err=True, color=_has_colour(sys.stderr))


def say_json(value: object) -> None:
    """A JSON value to stdout, for machines: ASCII, so that no terminal acts on it."""
    import json  # the commands' help does without

    say(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def say_field(label: str, text: str, *, width: int = 12) -> None:
    """A labelled fact on stdout, wrapped with a hanging indent (`  signed by    ...`)."""
    for line in field_lines(label, text, width=width):
        say(line)


def field_lines(label: str, text: str, *, width: int = 12, indent: int = 2) -> list[str]:
    """The lines of a labelled fact: label in a column of `width`, text beside it.

    Line breaks in the text are kept; long words (paths, digests, commands) are never cut.
    """
    head = " " * indent + f"{label:<{width}} "
    lines = wrapped(text, first=head, rest=" " * len(head))
    return lines or [head.rstrip()]


def wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """The text in lines of at most 80 columns; its own line breaks are kept.

    A line that is a command is broken as a shell takes it, so that it can be pasted.
    """
    lines: list[str] = []
    for part in text.split("\n"):
        command = command_in(part)
        if command is not None and len(rest) + len(part) > WIDTH:
            lines += pasted(command, indent=rest if lines else first, rest=f"{rest}    ")
            continue
        lines += textwrap.wrap(
            part,
            WIDTH,
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines


def paint(text: str, role: Role) -> str:
    """The text in the colour of its role; `say` and `note` drop colour where none belongs."""
    return f"{_COLOURS[role]}{text}{_RESET}"


def _has_colour(stream: IO[str]) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


# ---- words for things


def short(digest: str) -> str:
    """A digest as people compare it; the full one is in `--json`."""
    return digest if len(digest) <= _DIGEST_SHOWN else f"{digest[:_DIGEST_SHOWN]}…"


def place(path: Path) -> str:
    """A path as a person types it from here."""
    here = Path.cwd()
    return printable(str(path.relative_to(here) if path.is_relative_to(here) else path))


def day_text(day: date) -> str:
    """`12 November 2026`, whatever the locale."""
    months = "January February March April May June July August September October November December"
    return f"{day.day} {months.split()[day.month - 1]} {day.year}"


# ---- errors


def note_error(error: AffidavitError) -> None:
    """What is wrong, why, and what to do, on stderr."""
    for line in error_lines(error):
        note(line)


def error_json(error: AffidavitError) -> dict[str, object]:
    """An error for machines; `contradictions`, and what was seen beside them, where it is one."""
    told: dict[str, object] = {
        "what": error.what,
        "cause": error.cause,
        "fix": error.fix,
        "exit_code": error.exit_code,
    }
    if isinstance(error, Contradicted):
        names = ("what", "expected", "found", "fix")
        told["contradictions"] = [
            dict(zip(names, one, strict=True)) for one in error.contradictions
        ]
        told["besides"] = [
            dict(zip(("id", "kind", *names), one, strict=True))
            for one in (error.seen.besides if error.seen else ())
        ]
    return {"error": told}


def error_lines(error: AffidavitError) -> list[str]:
    """The lines of an error; those after the first are indented, so that none can be forged."""
    first, *more = _safe_lines(error.what)
    lines = wrapped(f"error: {first}", rest="  ")
    lines[0] = lines[0].replace("error:", paint("error:", "bad"), 1)
    for line in more:
        lines += wrapped(line, first="  ", rest="    ")
    if isinstance(error, Contradicted):
        for what, expected, found, fix in error.contradictions:
            lines += ["", *wrapped(_safe(what), first="  ", rest="    ")]
            lines += _facts((("expected", expected), ("found", found), ("fix", fix)), indent=4)
        if error.seen and error.seen.besides:
            lines += ["", *wrapped(_besides_text(error.seen.besides), first="  ", rest="    ")]
    return lines + _facts((("because", error.cause), ("fix", error.fix)), indent=2)


def _besides_text(besides: Sequence[tuple[str, ...]]) -> str:
    kinds = [kind for _, kind, *_ in besides]
    counts = [count_text(kinds.count(k), k) for k in ("exception", "gap") if k in kinds]
    return f"besides: {' and '.join(counts)}; affidavit resolve shows them, building nothing"


def _facts(facts: Sequence[tuple[str, str]], *, indent: int) -> list[str]:
    lines: list[str] = []
    for label, text in facts:
        if text:
            lines += field_lines(label, _safe(text), width=9, indent=indent)
    return lines


def _safe(text: str) -> str:
    return "\n".join(_safe_lines(text))


def _safe_lines(text: str) -> list[str]:
    return [printable(line) for line in text.split("\n")]
