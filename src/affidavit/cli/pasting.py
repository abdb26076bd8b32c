"""Commands as a person pastes them: quoted for a shell, no line longer than a terminal's."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from affidavit.cli.output import WIDTH


def pasted(words: Sequence[str], *, indent: str = "  ") -> list[str]:
    r"""A command in lines that end in `\` where it goes on; an option stays with its value.

    A single word that is longer than a line stays whole.
    """
    first, *more = _parts(words)
    lines, room = [f"{indent}{first}"], WIDTH - len(" \\")
    for part in more:
        wider = f"{lines[-1]} {part}"
        if len(wider) <= room:
            lines[-1] = wider
        else:
            lines.append(f"{indent}    {part}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _parts(words: Sequence[str]) -> list[str]:
    """The words, quoted; an option and the value after it are one part."""
    parts: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        is_value = parts and parts[-1].startswith("--") and " " not in parts[-1]
        if is_value and not word.startswith("-"):
            parts[-1] += f" {quoted}"
        else:
            parts.append(quoted)
    return parts
