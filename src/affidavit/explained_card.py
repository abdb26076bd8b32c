"""What the card's record says of the explanation: the few numbers that a machine asks for first."""

from __future__ import annotations

from typing import Literal

from affidavit.evidence import Record, Scale


class CardImportance(Record):
    """One feature; a number is None where it was not made.

    Attributes:
        loss, low, high: the rise of the loss without it, with its interval over rows.
        mean_absolute: its mean absolute attribution.
    """

    feature: str
    loss: float | None
    low: float | None
    high: float | None
    mean_absolute: float | None


class CardProxy(Record):
    """How well one feature, or (None) all together, tell the groups of an attribute apart."""

    attribute: str
    feature: str | None
    auc: float | None
    low: float | None
    high: float | None
    chance: float | None
    stands_out: bool | None


class CardDifference(Record):
    """A difference between two groups, and what each feature carries of it.

    Attributes:
        difference: None where it is undefined, or `masked`: of fewer than ten people.
    """

    of: Literal["mean-output", "selection-rate"]
    attribute: str
    group: dict[str, str]
    against: dict[str, str]
    difference: float | None
    rest: float | None
    parts: dict[str, float]
    masked: bool = False


class CardExplained(Record):
    """The explanation, in short; the whole is in the file."""

    role: str
    of: str
    scale: Scale
    method: str | None
    importance: tuple[CardImportance, ...]
    proxies: tuple[CardProxy, ...]
    differences: tuple[CardDifference, ...]
    lacking: tuple[str, ...]
