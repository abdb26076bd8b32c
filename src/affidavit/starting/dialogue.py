"""The interview: one question at a time, with a way back and a way out at each."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from affidavit.printable import printable
from affidavit.starting.known import Known
from affidavit.starting.question import Answer, Candidate, Key, Question
from affidavit.starting.questions import next_question

WIDTH = 80
SHOWN = 20  # candidates on the screen; `?` shows all
_RANGE = re.compile(r"([1-9][0-9]{0,4})-([1-9][0-9]{0,4})")
HELP = (
    "? more on a question · Enter what stands beside it · back the question before",
    "open leave it open · none where there is none · quit write nothing",
    'A value that is one of these words, or a number, is typed in quotes: "none".',
)


class Command(Enum):
    """What a person types in place of an answer."""

    MORE = auto()
    BACK = auto()
    QUIT = auto()


_COMMANDS = {"?": Command.MORE, "back": Command.BACK, "quit": Command.QUIT}


class Quit(Exception):
    """The person has left; nothing is written."""


class Screen(Protocol):
    """Where the interview is held."""

    def say(self, line: str = "") -> None:
        """Show a line of at most 80 columns."""

    def ask(self, prompt: str) -> str:
        """What a person types after the prompt."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why what was typed is no answer."""

    why: str


def interview(known: Known, screen: Screen) -> dict[Key, Answer]:
    """Ask until every question has an answer, and the person has said to write.

    Raises:
        Quit: the person has left.
    """
    answers: dict[Key, Answer] = {}
    for line in HELP:
        screen.say(line)
    while True:
        question = next_question(known, answers)
        found = _end(screen) if question is None else _asked(question, screen)
        if found is Command.QUIT:
            raise Quit
        if found is Command.BACK:
            if answers:
                answers.popitem()
            else:
                screen.say("  This is the first question.")
        elif question is None:
            return answers
        elif not isinstance(found, Command):
            answers[question.key] = found


def _end(screen: Screen) -> Command | None:
    screen.say()
    screen.say("That was the last question.")
    while True:
        typed = screen.ask("  Write the file? Enter: yes; back; quit").strip()
        if not typed:
            return None
        if typed in ("back", "quit"):
            return _COMMANDS[typed]
        screen.say("  Enter, back or quit.")


def _asked(question: Question, screen: Screen) -> Answer | Command:
    """The answer to one question, or the wish to go back or out."""
    screen.say()
    for line in question_lines(question):
        screen.say(line)
    while True:
        found = read_answer(question, screen.ask(_prompt(question)))
        if isinstance(found, Refused):
            for line in _wrapped(f"{found.why[:1].upper()}{found.why[1:]}."):
                screen.say(line)
        elif found is Command.MORE:
            for line in more_lines(question):
                screen.say(line)
        else:
            return found


# ---- what is shown


def question_lines(question: Question) -> list[str]:
    """The question, why it matters, and its candidates."""
    lines = [*_wrapped(question.ask, indent=0), *_wrapped(question.why)]
    lines += _candidate_lines(question, question.candidates[:SHOWN])
    if (left := len(question.candidates) - SHOWN) > 0:
        lines.append(f"    and {left} more: ? shows them")
    return lines


def more_lines(question: Question) -> list[str]:
    """What `?` adds: more words, and every candidate."""
    lines = _wrapped(question.more or "There is no more to say.")
    if question.none:
        lines += _wrapped(f"none: {question.none}.")
    if len(question.candidates) > SHOWN:
        lines += _candidate_lines(question, question.candidates)
    return lines


def _candidate_lines(question: Question, shown: tuple[Candidate, ...]) -> Iterator[str]:
    names = [printable(c.value) for c in shown]
    width = min(max(map(len, names), default=0), 32)
    for number, (name, candidate) in enumerate(zip(names, shown, strict=True), start=1):
        mark = f"{number:>4}  " if question.is_numbered else "    "
        told = "; ".join(printable(part) for part in (candidate.seen, candidate.note) if part)
        head = f"{mark}{name:<{width}}  " if told else f"{mark}{name}"
        yield from textwrap.wrap(
            told, WIDTH, initial_indent=head, subsequent_indent=" " * (len(mark) + width + 2),
            break_on_hyphens=False,
        ) or [head]  # fmt: skip


def _prompt(question: Question) -> str:
    told = [_enter(question)]
    if question.none:
        told.append("none")
    return f"  ({'; '.join(told)})"


def _enter(question: Question) -> str:
    if question.default is not None:
        if len(question.default) > 1:
            return f"Enter: these {len(question.default)}"
        shown = ", ".join(printable(v) for v in question.default)
        return f"Enter: {textwrap.shorten(shown, 50, placeholder=' …')}"
    return "Enter: leave open" if question.is_needed else "Enter: leave out"


def _wrapped(text: str, *, indent: int = 2) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=space, subsequent_indent=space, break_on_hyphens=False
    )


# ---- what is typed


def read_answer(question: Question, typed: str) -> Answer | Command | Refused:
    """What a person meant: an answer, a command, or nothing that can be taken."""
    text = typed.strip()
    if not text:
        return question.unanswered
    if text in _COMMANDS:
        return _COMMANDS[text]
    if text == "open":
        return None if question.is_needed else ()
    if text == "none":
        if question.none or not question.is_needed:
            return ()
        return Refused("none is no answer here: Enter leaves it open")
    parts = _parts(text) if question.takes_several else [text]
    values: list[str] = []
    for part in parts:
        found = _values(question, part)
        if isinstance(found, Refused):
            return found
        values += found
    problem = question.problem(tuple(values))
    return Refused(problem) if problem else tuple(values)


def _parts(text: str) -> list[str]:
    """The parts between commas; a comma within quotes stays, and so do the quotes."""
    parts: list[str] = []
    for piece in text.split(","):
        if parts and parts[-1].startswith('"') and not _is_quoted(parts[-1]):
            parts[-1] += f",{piece}"
        else:
            parts.append(piece.strip())
    return [part for part in parts if part]


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text.startswith('"') and text.endswith('"')


def _values(question: Question, part: str) -> list[str] | Refused:
    """A candidate by its number, several by a range, or what was typed."""
    if _is_quoted(part):
        return [part[1:-1]]
    count = len(question.candidates)
    if not question.is_numbered:
        return [part]
    span = _RANGE.fullmatch(part) if question.takes_several else None
    known = [c.value for c in question.candidates]
    if span and part not in known:
        first, last = int(span[1]), int(span[2])
        if not first <= last <= count:
            return Refused(f"{part} is no range of 1 to {count}")
        return known[first - 1 : last]
    if part.isdecimal() and part.isascii():
        if not 1 <= int(part) <= count:
            return Refused(f"there is no {part} among them")
        return [known[int(part) - 1]]
    return [part]
