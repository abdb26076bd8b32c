"""The card's part on a challenger, and page one's row, from the report and the provenance alone.

Render writes both, and verify derives them again. Cells below ten people are masked as everywhere
on a card (docs/decisions/008-masking.md): a number whose own twin in the reports is masked, or that
either model gives to so few, is not printed; of an attribute all groups are, or none.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final

from affidavit.challenger_card import CardChallenger, CardCompared
from affidavit.challenger_record import (
    ASKED_FACT,
    VERSION_FACT,
    ChallengerReport,
    ChallengerRole,
    ComparedNumber,
)
from affidavit.evidence import Evidence
from affidavit.masking import is_small
from affidavit.printable import printable
from affidavit.subject import parse_ref

BY_GROUP: Final = ("selection_rate", "demographic_parity_difference")
# What page one calls the measures that say who is better, in its order.
TITLES: Final = {
    "roc_auc": "area under the ROC curve", "brier_score": "Brier score", "accuracy": "accuracy",
    "mae": "mean absolute error",
}  # fmt: skip
ROW: Final = "Challenger"


def card_challenger(report: ChallengerReport, masked: Container[str]) -> CardChallenger:
    """The card's part, from the report.

    Args:
        report: reports/challenger.json.
        masked: ids of the reports' numbers that a card does not print as they are.
    """
    shown = [n for role in report.roles for n in shown_numbers(report, role, masked)]
    asked = [n for role in report.roles for n in _asked(report, role)]
    return CardChallenger(
        name=report.name, model_version=report.model_version, role=report.roles[0].role,
        numbers=tuple(
            CardCompared(
                id=n.id, n=n.n, subject=n.subject, challenger=n.challenger,
                difference=n.difference, low=n.low, high=n.high, favours=n.favours,
            )
            for n in shown
        ),
        masked=len(asked) - len(shown),
    )  # fmt: skip


def shown_numbers(
    report: ChallengerReport, role: ChallengerRole, masked: Container[str]
) -> tuple[ComparedNumber, ...]:
    """What the card prints of a role: all rows, and of the main role each group's share decided."""
    asked = tuple(_asked(report, role))
    hidden = {_attributes(n) for n in asked if _attributes(n) and _is_hidden(n, masked)}
    hidden |= {a for a in map(_attributes, asked) if a and _leaves_few(role, a)}
    return tuple(
        n
        for n in asked
        if (_attributes(n) not in hidden if _attributes(n) else not _is_hidden(n, masked))
    )


def _asked(report: ChallengerReport, role: ChallengerRole) -> Iterator[ComparedNumber]:
    is_main = role.role == report.roles[0].role
    for number in role.numbers:
        if not _attributes(number) or (is_main and number.metric in BY_GROUP):
            yield number


def _attributes(number: ComparedNumber) -> tuple[str, ...]:
    """The attributes that a number is by; none for all rows."""
    return number.attributes or tuple(number.group or ())


def _is_hidden(number: ComparedNumber, masked: Container[str]) -> bool:
    _, role, rest = number.id.split("/", 2)
    twins = (f"{report}/{role}/{rest}" for report in ("performance", "fairness"))
    return any(t in masked for t in twins) or is_small(number.n) or _is_of_few(number)


def _is_of_few(number: ComparedNumber) -> bool:
    """Whether either model gives a share to fewer than ten people, or to all but so few."""
    if number.source != "counts" or number.attributes:
        return False
    sides = (v for v in (number.subject, number.challenger) if v is not None)
    people = (round(v * number.n) for v in sides)
    return any(is_small(p) or is_small(number.n - p) for p in people)


def _leaves_few(role: ChallengerRole, attributes: tuple[str, ...]) -> bool:
    """Whether all rows less the groups that would be printed are, or give away, a small cell."""
    whole = next((n for n in role.numbers if n.metric == "selection_rate" and not _attributes(n)),
                 None)  # fmt: skip
    groups = [n for n in role.numbers if n.metric == "selection_rate" and n.subject is not None
              and tuple(n.group or ()) == attributes]  # fmt: skip
    if whole is None or not groups:
        return False
    rest = whole.n - sum(g.n for g in groups)
    if is_small(rest):
        return True
    left = [
        round((getattr(whole, side) or 0) * whole.n)
        - sum(round((getattr(g, side) or 0) * g.n) for g in groups)
        for side in ("subject", "challenger")
    ]
    return any(is_small(k) or is_small(rest - k) for k in left)


# ---- page one


def challenger_row(
    evidence: Evidence, report: ChallengerReport | None, masked: Container[str]
) -> str:
    """Page one's row on the challenger: which, who asked for it, who is better in what.

    Empty where none was asked for.
    """
    asked, version = evidence.fact(ASKED_FACT), evidence.fact(VERSION_FACT)
    if asked is None or version is None:
        return ""
    ref = parse_ref(str(version.value))
    called = f"{printable(ref.name)}, version {ref.version}"
    said = f"{called}, asked for as {printable(str(asked.value))} (declared)"
    if report is None:
        return f"{said}; it is not compared, and a gap says why"
    role = report.roles[0]
    shown = {n.metric: n for n in shown_numbers(report, role, masked) if not _attributes(n)}
    found = [(t, shown[m]) for m, t in TITLES.items() if m in shown]
    told = [(t, n) for t, n in found if n.low is not None]
    parts = [
        f"{words} {', '.join(titles)}"
        for words, titles in (
            ("it is better in", [t for t, n in told if n.favours == "challenger"]),
            ("this model is better in", [t for t, n in told if n.favours == "subject"]),
            ("not told apart in", [t for t, n in told if n.favours is None]),
            ("without an interval, so left open:", [t for t, n in found if n.low is None]),
        )
        if titles
    ]
    on = f"; on the same {role.n_rows:,} rows of {role.role} "
    return said + (on + "; ".join(parts) if parts else f"{on}nothing is said of who is better")
