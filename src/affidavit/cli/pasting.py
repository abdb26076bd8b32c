"""Commands as a person pastes them: quoted for a shell, no line longer than a terminal's."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

_WIDTH = 80


def pasted(words: Sequence[str], *, indent: str = "  ", rest: str | None = None) -> list[str]:
    r"""A command in lines that end in `\` where it goes on; an option stays with its value.

    A single word that is longer than a line stays whole.

    Args:
        words: as the shell is to see them.
        indent: before the first line.
        rest: before the others; four blanks more than `indent`, unless told.
    """
    rest = f"{indent}    " if rest is None else rest
    room = _WIDTH - len(" \\")
    first, *more = _parts(words, room - len(rest))
    lines = [f"{indent}{first}"]
    for part in more:
        wider = f"{lines[-1]} {part}"
        if len(wider) <= room:
            lines[-1] = wider
        else:
            lines.append(f"{rest}{part}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _parts(words: Sequence[str], room: int) -> list[str]:
    """The words, quoted; an option and the value after it are one part, where a line has room."""
    parts: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        is_value = parts and parts[-1].startswith("--") and " " not in parts[-1]
        fits = is_value and len(parts[-1]) + 1 + len(quoted) <= room
        if fits and not word.startswith("-"):
            parts[-1] += f" {quoted}"
        else:
            parts.append(quoted)
    return parts


def command_in(text: str) -> list[str] | None:
    """The words of a text that is a command of ours as a person types it; None for prose."""
    if not text.startswith("affidavit "):
        return None
    try:
        words = shlex.split(text)
    except ValueError:  # an apostrophe
        return None
    return None if any(word.endswith((",", ";", ":")) for word in words) else words
