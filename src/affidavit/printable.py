"""Text from outside, made safe to show: one function, for every terminal and every message.

A model name, a file name or a tag can hold an escape sequence that rewrites the screen, a line
break that forges a line of ours, or a direction mark that makes `exe.pdf` out of `fdp.exe`.
"""

from __future__ import annotations

import unicodedata

# Controls, formats (direction marks, zero width, soft hyphen), lone surrogates, private use,
# unassigned, line and paragraph separators: nothing that a reader could see.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Letters by category, blank on every screen.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def printable(text: str) -> str:
    r"""The text with every character that is acted upon, or cannot be seen, escaped.

    A line break becomes `\n`, an escape `\x1b`, a direction mark `\u202e`, as Python writes them.
    Backslashes stay as they are, so the result is for reading and not for parsing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if _is_unseen(c) else c for c in text)


def as_cell(text: str) -> str:
    """The text as a cell of a spreadsheet; what would be a formula there is kept from being one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _is_unseen(char: str) -> bool:
    return char in _BLANK or unicodedata.category(char) in _UNSEEN


def _escaped(char: str) -> str:
    if char in _BLANK:
        return f"\\u{ord(char):04x}"
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
