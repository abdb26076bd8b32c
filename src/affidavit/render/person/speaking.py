"""Our own sentences, kept apart from the names, values and declared words that stand in them."""

from __future__ import annotations

from affidavit.render.person.grade import reading_grade

# What a name or value counts as: one word of two syllables.
STANDS_FOR = "value"


class Speaker:
    """Says sentences, and remembers each as it reads without what is filled in.

    Attributes:
        said: the sentences of ours, every name and value in them as one word.
    """

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, sentence: str, **filled: str) -> str:
        """One sentence with its `{places}` filled in."""
        self.said.append(sentence.format(**dict.fromkeys(filled, STANDS_FOR)))
        return sentence.format(**filled)

    def grade(self) -> float:
        """The reading grade of all that was said so far.

        Raises:
            MissingExtra: pyphen is not installed.
        """
        return reading_grade(self.said)
