"""Lines of TOML and their comments, safe for any name that data or a registry hold."""

from __future__ import annotations

import json
import textwrap

from affidavit.printable import printable
from affidavit.starting.question import Form

_WIDTH = 78


def comment(text: str) -> str:
    """The text in comment lines of 80 columns at most."""
    wrapped = textwrap.wrap(printable(text), _WIDTH, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in wrapped)


def pair(key: str, values: tuple[str, ...], form: Form) -> str:
    """`key = value`, as the form writes it."""
    if form in ("text", "number"):
        return f"{key} = {_one(values[0], form)}"
    inner = [_one(value, "text" if form == "texts" else "number") for value in values]
    line = f"{key} = [{', '.join(inner)}]"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{key} = [", *(f"    {one}," for one in inner), "]"])


def _one(value: str, form: Form) -> str:
    if form == "text":
        return toml_text(value)
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)


def toml_text(text: str) -> str:
    """A TOML basic string of the text, with everything unseen escaped."""
    return "".join(_escaped(c) for c in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    return char if printable(char) == char else f"\\U{ord(char):08X}"
