"""The principal reasons for one adverse decision, or why there are none to give.

What counts is how far each feature moved the score from the declared baseline towards the adverse
decision (its attribution). The largest come first; features of one code are one reason, at the
place of the largest of them. So the largest features are always named, whatever the codes, and a
reason is only ever cut by the number that `[explain] reasons` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from affidavit.config import Config
from affidavit.evidence import Finding
from affidavit.explanation_record import Attribution, FeatureName, Reason, Reasons
from affidavit.gap_ids import PROTECTED_REASON
from affidavit.printable import printable
from affidavit.recompute.explain.features import code_of, explain_of, protected_columns
from affidavit.wording import count_text

_DIGITS = 9  # in which two attributions are compared: beyond these stands the noise of sums
_NOTHING = 1e-9  # of all attributions of the row, taken absolutely: less is no movement
_SURE = 2.0  # standard errors of a difference within which two features' order is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was decided about one row, by the model and after it.

    Attributes:
        label: that the model's score gives; empty where it gives none.
        final: after rules and overrides, where the data has it.
        is_adverse: whether `label` is not the favourable one; None where nobody said.
        by_model: whether the decision comes from this model's score.
    """

    label: str
    final: str | None = None
    is_adverse: bool | None = None
    by_model: bool = True


@dataclass(frozen=True, slots=True)
class _Mover:
    """A feature that moved the score towards the adverse decision, by `value` > 0."""

    feature: FeatureName
    value: float
    error: float
    code: int | None

    @property
    def reason(self) -> int | str:
        """What the feature is said under."""
        return self.feature.name if self.code is None else self.code


def method_of(config: Config) -> str:
    """How reasons are chosen, in words."""
    most = explain_of(config).reasons
    return (
        "Features that moved the score from the baseline towards the adverse decision, the largest "
        "attribution first; features of one code are one reason, at the place of the largest of "
        f"them; at most {count_text(most, 'reason')}. Of features that are equal to {_DIGITS} "
        "digits, the model's earlier input comes first."
    )


def reasons_for(
    judgement: Judgement,
    attributions: Sequence[Attribution],
    features: Sequence[FeatureName],
    of: str,
    config: Config,
) -> Reasons:
    """The principal reasons for a decision.

    Args:
        judgement: what was decided.
        attributions: one of each feature, in their order, of the score of `of`; none where they
            are lacking.
        features: that the model scored.
        of: the label whose score the attributions are of.
        config: `[explain] reasons`, `[[explain.reason]]`, `[sensitive]` and `[label]`.
    """
    method = method_of(config)
    if judgement.final is not None and judgement.final != judgement.label:
        return Reasons(status="other", method="Not from this model: the final decision differs.")
    if config.task == "regression":
        return Reasons(status="none", method="A regression gives an estimate and decides nothing.")
    if judgement.is_adverse is None:
        return Reasons(status="none", method="Nobody said which decision is favourable.")
    if not judgement.is_adverse:
        return Reasons(status="favourable", method="None are due for a favourable decision.")
    if not judgement.by_model:
        return Reasons(
            status="other", method="Not from this model: no threshold on its score decides."
        )
    if not attributions:
        return Reasons(status="none", method="The attributions that reasons come from are lacking.")
    towards = _towards(judgement.label, of, config)
    if towards is None:
        unsaid = (
            f"The score that is explained is of {printable(of)}, and neither of the decision nor "
            "of the favourable one."
        )
        return Reasons(status="none", method=unsaid)
    movers = _movers(towards, attributions, features, code_of(features, explain_of(config)))
    if not movers:
        return Reasons(status="none", method=method)
    return _listed(movers, config, method)


def protected_finding(role: str, reasons: Sequence[Reasons]) -> tuple[Finding, ...]:
    """Page one's exception where a protected attribute is a principal reason; it names no row."""
    found = [r for r in reasons if r.status == "protected"]
    if not found:
        return ()
    named = printable(", ".join(sorted({name for r in found for name in r.protected})))
    decisions = count_text(len(found), "explained adverse decision")
    return (
        Finding(
            id=PROTECTED_REASON, kind="exception", stage="recompute",
            what=f"a protected attribute ({named}) is among the principal reasons of {decisions} "
            f"in {role}; no reasons are given for these",
            expected="no protected attribute among the principal reasons",
            found=f"{len(found)} of {len(reasons)} explained decisions",
            fix="train without it; a list that leaves it out would name other reasons than the "
            "model's",
        ),
    )  # fmt: skip


def _towards(label: str, of: str, config: Config) -> int | None:
    """+1 where a higher score of `of` is towards the decided label, -1 where a lower one is.

    Of two labels a higher score of one is a lower one of the other. Of more, the favourable
    class's score falls towards any adverse decision, and the decided class's own rises; that of a
    third class says nothing of the decision.
    """
    if of == label:
        return 1
    return -1 if config.task == "binary" or of == config.label.favourable else None


def _movers(
    towards: int,
    attributions: Sequence[Attribution],
    features: Sequence[FeatureName],
    codes: Mapping[str, int],
) -> list[_Mover]:
    """Those that moved the score that way, the largest first, ties in the order of the inputs."""
    noise = _NOTHING * sum(abs(a.value) for a in attributions)
    found = [
        _Mover(feature, towards * a.value, a.error, codes.get(feature.name))
        for feature, a in zip(features, attributions, strict=True)
        if towards * a.value > noise
    ]
    return sorted(found, key=lambda m: -_to_digits(m.value))  # sorted() keeps the order of equals


def _to_digits(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _listed(movers: Sequence[_Mover], config: Config, method: str) -> Reasons:
    """The reasons up to the maximum; none at all where a protected attribute is among them."""
    most, places = explain_of(config).reasons, dict[int | str, list[_Mover]]()
    for mover in movers:
        places.setdefault(mover.reason, []).append(mover)
    kept, left = list(places.values())[:most], list(places.values())[most:]
    last = kept[-1][0]
    protected = protected_columns(config)
    # One that cannot be told from the last reason may be in its place: it counts as principal.
    principal = [m for reason in kept for m in reason]
    principal += [m for reason in left for m in reason if _are_level(last, m)]
    names = {protected[c] for m in principal for c in m.feature.columns if c in protected}
    if names:
        return Reasons(status="protected", method=method, protected=tuple(sorted(names)))
    if left and _are_level(last, left[0][0]):
        method += " The next feature is equal to the last one named, within what can be told apart."
    total = sum(m.value for m in movers)
    return Reasons(
        status="issued", method=method, reasons=tuple(_reason(r, config, total) for r in kept)
    )


def _are_level(first: _Mover, second: _Mover) -> bool:
    """Whether it cannot be told which is larger: equal, or apart by less than their errors."""
    if _to_digits(first.value) == _to_digits(second.value):
        return True
    return abs(first.value - second.value) < _SURE * hypot(first.error, second.error)


def _reason(movers: Sequence[_Mover], config: Config, total: float) -> Reason:
    place = movers[0].code
    table = explain_of(config).reason
    value = sum(m.value for m in movers)
    return Reason(
        code=None if place is None else table[place].code,
        text=movers[0].feature.name if place is None else table[place].text,
        features=tuple(m.feature.name for m in movers),
        value=value, share=value / total,
    )  # fmt: skip
