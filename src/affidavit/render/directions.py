"""Names in scripts that run from right to left, kept from turning what stands beside them.

Each run of such letters stands between U+2068 and U+2069 (Unicode Annex 9, isolates; HTML's `bdi`
in plain text), so that `אשראי, version 3` keeps its order in sentences, attributes and figures
alike. Whatever of these a name brings itself was made visible before (`words.plain`).
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import bidirectional

_OPEN, _CLOSE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
# Hebrew to Arabic Extended, N'Ko, Syriac, …; presentation forms; the right-to-left planes.
_LETTER: Final = (
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_RUN: Final = re.compile(f"{_LETTER}(?:[ _.,:;'()/&-]*{_LETTER})*")
_STRONG: Final = {"L": False, "R": True, "AL": True}


def runs_from_right(text: str) -> bool:
    """Whether the first letter is of a script that runs from right to left: the text is one."""
    return next((_STRONG[b] for b in map(bidirectional, text) if b in _STRONG), False)


def isolated(text: str) -> str:
    """The text with each run of right-to-left letters isolated; others as they are."""
    return text if text.isascii() else _RUN.sub(lambda m: f"{_OPEN}{m[0]}{_CLOSE}", text)
