"""What is asked, in order: each question follows from what is known and what was answered before.

label.column · task · label.kind · label.positive · label.favourable · … · decision
sensitive, and of each attribute its source, bands, reference
rows · features · datasets, and of each role its name and whether it travels · who set it
"""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.starting.about_data import data_questions
from affidavit.starting.about_label import label_questions
from affidavit.starting.about_people import people_questions
from affidavit.starting.known import Known
from affidavit.starting.question import Answer, Answers, Key, Question


def questions(known: Known, answers: Answers) -> Iterator[Question]:
    """Every question, as far as the answers lead: those before decide which come after."""
    yield from label_questions(known, answers)
    yield from people_questions(known, answers)
    yield from data_questions(known, answers)


def next_question(known: Known, answers: Answers) -> Question | None:
    """The first that has no answer; None where all have one."""
    return next((q for q in questions(known, answers) if q.key not in answers), None)


def unasked(known: Known) -> dict[Key, Answer]:
    """The answers where nobody is asked: what needs a person is left open."""
    answers: dict[Key, Answer] = {}
    while (question := next_question(known, answers)) is not None:
        answers[question.key] = question.unanswered
    return answers
