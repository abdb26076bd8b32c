"""The card's part on the explanation, from reports/explainability.json alone.

Render writes it, and verify derives it again.
"""

from __future__ import annotations

from typing import Final

from affidavit.explained_card import CardDifference, CardExplained, CardImportance, CardProxy
from affidavit.explanation_record import Decomposition, Explainability, GroupMean

FEWEST_PEOPLE: Final = 10  # as everywhere on a card (docs/decisions/008-masking.md)


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
