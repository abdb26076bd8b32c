"""How many years of school a text asks for, by the Flesch-Kincaid formula.

    grade = 0.39 words / sentences + 11.8 syllables / words - 15.59

References:
    Kincaid, Fishburne, Rogers, Chissom (1975), Derivation of new readability formulas for Navy
    enlisted personnel, Research Branch Report 8-75.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from affidavit.errors import MissingExtra

_WORD: Final = re.compile(r"[A-Za-z]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][A-Za-z]+)*")
_VOWELS: Final = re.compile(r"[aeiouy]+")
# An e that nobody says: at the end (not in -le), and in -ed but after t and d.
_SILENT: Final = re.compile(r"(?<![aeiouyl])e$|(?<=[aeiouy])le$|(?<![aeiouytd])ed$")


def reading_grade(sentences: Sequence[str]) -> float:
    """The grade of some English sentences, US school years; below 0 for the simplest.

    Args:
        sentences: one each; at least one has a word.

    Raises:
        ValueError: no word.
        MissingExtra: pyphen is not installed.
    """
    words = [w for s in sentences for w in _WORD.findall(s)]
    if not words:
        raise ValueError("a text without words has no grade")
    said = sum(1 for s in sentences if _WORD.search(s))
    return 0.39 * len(words) / said + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """Syllables of an English word, 1 at least.

    The larger of two counts: the places where a printer may divide the word, which are too few
    (none in `any`), and the groups of vowels that are said. So a grade is rather too high.

    Raises:
        MissingExtra: pyphen is not installed.
    """
    lower = word.lower()
    groups = len(_VOWELS.findall(_SILENT.sub("", lower)))
    return max(1, groups, len(_hyphens().positions(lower)) + 1)


@cache
def _hyphens() -> Any:
    try:
        from pyphen import Pyphen
    except ImportError as error:
        raise MissingExtra(
            "the page needs pyphen, which is not installed", str(error),
            "pip install 'affidavit[recheck]'",
        ) from error  # fmt: skip
    return Pyphen(lang="en_US")
