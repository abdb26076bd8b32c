"""What the card's record says of the explanation: the few numbers that a machine asks for first.

Render writes it and verify derives it again, from reports/explainability.json alone.
"""

from __future__ import annotations

from typing import Final, Literal

from affidavit.evidence import Record
from affidavit.explanation_record import Decomposition, Explainability, GroupMean, Scale

FEWEST_PEOPLE: Final = 10  # as everywhere on a card (docs/decisions/008-masking.md)


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


def card_explained(whole: Explainability) -> CardExplained:
    """The card's part, from the file."""
    return CardExplained(
        role=whole.role, of=whole.of, scale=whole.scale,
        method=None if whole.quality is None else whole.quality.method,
        importance=tuple(
            CardImportance(
                feature=i.feature,
                loss=None if i.loss is None else i.loss.value,
                low=None if i.loss is None else i.loss.low,
                high=None if i.loss is None else i.loss.high,
                mean_absolute=None if i.mean_absolute is None else i.mean_absolute.value,
            )
            for i in whole.importance
        ),
        proxies=tuple(
            CardProxy(
                attribute=p.attribute, feature=p.feature, auc=p.auc.value, low=p.auc.low,
                high=p.auc.high, chance=p.chance, stands_out=p.stands_out,
            )
            for p in whole.proxies
        ),
        differences=tuple(map(_difference, whole.decompositions)),
        lacking=tuple(gap.part for gap in whole.lacking),
    )  # fmt: skip


def _difference(one: Decomposition) -> CardDifference:
    hidden = is_masked(one)
    return CardDifference(
        of=one.of, attribute=one.attribute, group=one.group, against=one.against,
        difference=None if hidden else one.difference, rest=None if hidden else one.rest,
        parts={} if hidden else {p.feature: p.value for p in one.parts}, masked=hidden,
    )  # fmt: skip


def is_masked(one: Decomposition | GroupMean) -> bool:
    """Whether it is of so few people that a card does not print it."""
    sizes = (one.n, one.n_against) if isinstance(one, Decomposition) else (one.n,)
    return any(0 < n < FEWEST_PEOPLE for n in sizes)
