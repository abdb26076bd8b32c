"""What the card's record says of a challenger: the numbers that its pages print."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast

from affidavit.evidence import Record


class CardCompared(Record):
    """One measure of both models, as reports/challenger.json has it."""

    id: str
    n: int
    subject: float | None = None
    challenger: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    favours: Literal["subject", "challenger"] | None = None


class CardChallenger(Record):
    """The comparison, in short; the whole is in the file.

    Attributes:
        name, model_version: of the challenger.
        role: the main one, which page one speaks of.
        numbers: of all rows of each role, and by group of the main one.
        masked: how many of these are of fewer than ten people, or would give such away, and are
            not printed.
    """

    name: str
    model_version: str
    role: str
    numbers: Annotated[tuple[CardCompared, ...], FailFast()]
    masked: int
