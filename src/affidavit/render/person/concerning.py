"""What the page is made from: one decision, and what was declared. Nobody else's data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from affidavit.config import Config, Declarations
from affidavit.explanation_record import Decision, Lacking
from affidavit.render.words import plain

_DIGITS, _MOST_DIGITS = 4, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedThen:
    """The score that was logged with the decision, and the one that this version gives."""

    logged: str
    now: str
    is_same: bool
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Concerning:
    """One decision, and around it.

    Attributes:
        of: the label whose score it is; the label column of a regression.
        lacking: what could not be explained.
        is_near_cut: attributions compare with cases near the cut-off, and not with all.
        signed_by: whom the reader trusts for the bundle; None where nobody vouches for it.
        made_on, decided: days, YYYY-MM-DD; `decided` where it was given.
        registered_later: the day this version was registered, where the decision is older.
        logged: None where no logged score was given.
    """

    name: str
    version: str
    evidence_id: str
    signed_by: str | None
    made_on: str
    decision: Decision
    of: str
    lacking: tuple[Lacking, ...]
    is_near_cut: bool = False
    config: Config
    declarations: Declarations
    decided: str | None = None
    registered_later: str | None = None
    logged: LoggedThen | None = None

    @cached_property
    def whom(self) -> str:
        """Whom to ask, in a sentence."""
        return plain(self.declarations.owner or "") or "the office that told you the result"

    @property
    def label(self) -> str:
        """The decision that stands: the final one, where rules or people came after."""
        return self.decision.final or self.decision.label

    @property
    def beside(self) -> str:
        """What the facts are compared with, in a sentence."""
        return "cases close to the cut" if self.is_near_cut else "an average case"

    @property
    def is_adverse(self) -> bool | None:
        """Whether the decision that stands is not the favourable one; None where nobody said."""
        favourable = self.config.label.favourable
        if favourable is None or self.config.task == "regression":
            return None
        return self.label != favourable

    @property
    def is_result(self) -> bool:
        """Whether `label` is what was decided, and not only what the model answered."""
        return self.decision.final is not None or self.declarations.automated == "solely"

    @property
    def is_changed(self) -> bool:
        """Whether rules or people decided otherwise than the model."""
        return self.decision.final is not None and self.decision.final != self.decision.label

    @property
    def has_effects(self) -> bool:
        """Whether the page says which way each fact counted.

        Not where a protected trait was a main cause: no list of causes is given then, and facts in
        the order of what they did would be one.
        """
        is_protected = self.decision.reasons.status == "protected"
        return bool(self.decision.attributions) and not is_protected

    def named(self, name: str) -> str:
        """An input, feature or attribute in the institution's words; else its name as words."""
        words = self.config.explain.words if self.config.explain is not None else {}
        return plain(words[name]).rstrip(". ") if name in words else worded(name)

    def columns_of(self, feature: str) -> tuple[str, ...]:
        """The input columns that a feature is: one, or several of `[explain.groups]`."""
        grouped = self.config.explain.groups if self.config.explain is not None else {}
        return grouped.get(feature, (feature,))

    def meaning(self, label: str) -> str:
        """What a decision is, in words: as declared, else the bare value."""
        said = self.config.label
        if said.favourable is not None:
            is_good = label == said.favourable
            if means := said.favourable_means if is_good else said.unfavourable_means:
                return plain(means).rstrip(". ")
        return f"{self.named(said.column)} = {plain(label)}"

    @property
    def adverse_sign(self) -> int | None:
        """+1 where a higher output is worse for the person, -1 where better; None: nobody said."""
        favourable = self.config.label.favourable
        if favourable is None or self.config.task == "regression":
            return None
        if self.of == favourable:
            return -1
        # Of two classes a higher score of one is a lower one of the other; of more it is the score
        # of the class that was decided that speaks against the person, and of a third says nothing.
        return 1 if self.config.task == "binary" or self.of == self.decision.label else None


def worded(name: str) -> str:
    """A column's name as words: `loan_amount` is `loan amount`."""
    return " ".join(plain(name).replace("_", " ").split()) or plain(name)


def told_apart(first: str | float | bool | None, second: float | None) -> tuple[str, str]:
    """Two values, in as many digits as tell them apart: `0.2499` and `0.25`, not twice `0.25`."""
    both = shown(first), shown(second)
    if both[0] != both[1] or first == second or not isinstance(first, float | int):
        return both
    return f"{float(first):.12g}", "not known" if second is None else f"{float(second):.12g}"


def exact(value: str | float | bool | None) -> str:
    """A value that was set: rounded, it might not have the effect that is claimed of it."""
    if value is None or isinstance(value, str | bool) or float(value).is_integer():
        return shown(value)
    return f"{value:,.12g}"


def shown(value: str | float | bool | None) -> str:
    """A value as the person knows it: `45,000`, `0.43`, `yes`; a missing one is `not known`."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return plain(value) or "empty"
    if float(value).is_integer() and abs(value) < 1e15:
        # Without a comma below 10,000: it may be a year.
        return f"{int(value):,}" if abs(value) >= 10_000 else f"{int(value)}"
    if abs(value) >= 1:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:.4g}"
