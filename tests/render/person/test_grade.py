"""The reading grade: by hand, by its formula, and never flattering."""

from __future__ import annotations

import math

import pytest

from affidavit.render.person.grade import reading_grade, syllables
from affidavit.render.person.speaking import Speaker


def test_a_sentence_counted_by_hand() -> None:
    # 6 words, 1 sentence, 6 syllables: 0.39 * 6 + 11.8 * 1 - 15.59
    assert reading_grade(["The cat sat on the mat."]) == pytest.approx(-1.45)


def test_two_sentences_counted_by_hand() -> None:
    # 4 + 6 words; the 1, com-pu-ter 3, de-ci-ded 3, this 1 = 8; you 1, may 1, con-test 2, the 1,
    # de-ci-sion 3, soon 1 = 9: 0.39 * 10 / 2 + 11.8 * 17 / 10 - 15.59
    text = ["The computer decided this.", "You may contest the decision soon."]

    assert reading_grade(text) == pytest.approx(0.39 * 5 + 11.8 * 1.7 - 15.59)


@pytest.mark.parametrize(
    ("word", "count"),
    [("any", 2), ("score", 1), ("stated", 2), ("logged", 1), ("institution", 4), ("example", 3),
     ("table", 2), ("favour", 2), ("record", 2), ("promise", 2), ("the", 1), ("x", 1)],
)  # fmt: skip
def test_syllables_as_they_are_said(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_text_without_words_has_none() -> None:
    with pytest.raises(ValueError, match="without words"):
        reading_grade(["42 %"])


def test_what_is_filled_in_counts_as_one_word_whatever_it_is() -> None:
    short, long = Speaker(), Speaker()

    assert short("Ask {whom}.", whom="us") == "Ask us."
    long("Ask {whom}.", whom="the institutional ombudsperson's administrative representative")

    # ask 1, val-ue 2: 0.39 * 2 + 11.8 * 3 / 2 - 15.59
    assert math.isclose(short.grade(), 0.78 + 17.7 - 15.59)
    assert short.grade() == long.grade()
