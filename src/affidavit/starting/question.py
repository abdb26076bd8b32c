"""One question, and what may be answered to it."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from affidavit.printable import is_blank, printable
from affidavit.toml_reader import is_placeholder

Key = tuple[str, ...]
# None: left open. Empty: there is none, so the key is left out. Else the value, or the values.
Answer = tuple[str, ...] | None
Answers = Mapping[Key, Answer]
Form = Literal["text", "number", "texts", "numbers"]
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


def nothing_wrong(_value: str) -> str:
    """The check of a question that takes any value."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A value that could be the answer.

    Attributes:
        note: what speaks for it, or what it means.
        seen: what the data show of it: for the screen, and never written.
    """

    value: str
    note: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked, and what becomes of the answer.

    Attributes:
        key: of the answer; for most the key in affidavit.toml, `("label", "column")`.
        ask: the question, in one line.
        why: why it matters, in a sentence; it stands in the file too.
        more: what `?` adds.
        form: how the answer is written in the file.
        is_closed: nothing but the candidates is an answer.
        is_needed: left open, it becomes an open place; else the key is left out.
        none: what the answer `none` means; empty where there is no such answer.
        default: taken where nothing is typed; only where nothing about people is guessed.
        placeholder: what an open place says, in angle brackets.
        most: values at most, where several are taken; 0 for no limit.
        check: what is wrong with a value; empty if nothing is.
    """

    key: Key
    ask: str
    why: str
    more: str = ""
    candidates: tuple[Candidate, ...] = ()
    form: Form = "text"
    is_closed: bool = False
    is_needed: bool = True
    none: str = ""
    default: Answer = None
    placeholder: str = "to be filled in"
    most: int = 0
    check: Callable[[str], str] = nothing_wrong

    @property
    def takes_several(self) -> bool:
        return self.form in ("texts", "numbers")

    @property
    def unanswered(self) -> Answer:
        """What nothing typed means."""
        if self.default is not None:
            return self.default
        return None if self.is_needed else ()

    @property
    def is_numbered(self) -> bool:
        """Whether a candidate may be named by its number: not where one could be meant itself."""
        if self.form not in ("text", "texts") or not self.candidates:
            return False
        return not any(c.value.strip().isdigit() for c in self.candidates)

    def problem(self, answer: tuple[str, ...]) -> str:
        """What is wrong with an answer that is not empty; empty if nothing is."""
        if len(answer) > 1 and not self.takes_several:
            return "one answer is asked for"
        if self.most and len(answer) > self.most:
            return f"at most {self.most}, there is no more room"
        if repeated := next((v for v in answer if answer.count(v) > 1), None):
            return f"{printable(repeated)} stands there twice"
        if self.form == "numbers" and not any(map(_number_problem, answer)):
            numbers = [float(v) for v in answer]
            if numbers != sorted(set(numbers)):
                return "the numbers have to increase"
        return next((p for v in answer if (p := self._value_problem(v))), "")

    def _value_problem(self, value: str) -> str:
        if is_blank(value):
            return "that says nothing"
        if any("\ud800" <= c <= "\udfff" for c in value):
            return "that is not UTF-8"
        if self.form in ("number", "numbers"):
            return _number_problem(value) or self.check(value)
        if is_placeholder(value):
            return "a text in angle brackets is a place left open"
        known = [c.value for c in self.candidates]
        if self.is_closed and value not in known:
            near = difflib.get_close_matches(value, known, n=1)
            meant = f"; did you mean {printable(near[0])}?" if near else ""
            return f"{printable(value)} is none of them{meant}"
        return self.check(value)


def _number_problem(value: str) -> str:
    if not _NUMBER.fullmatch(value) or not math.isfinite(float(value)):
        return f"{printable(value)} is not a number, as in 0.25"
    return ""


def one(answers: Answers, *key: str) -> str | None:
    """The single value of an answer, or None where it is open, none, or was not asked."""
    found = answers.get(key)
    return found[0] if found else None
