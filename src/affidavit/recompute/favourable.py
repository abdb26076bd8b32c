"""Whether the favourable outcome is declared upside down, by the words of label and values.

A hint in words. The configuration alone says which outcome is good for the person; where its words
say the opposite, page one asks.
"""

from __future__ import annotations

import re
from typing import Literal

from affidavit.config import Config
from affidavit.evidence import Finding
from affidavit.printable import printable

Sense = Literal["good", "adverse"]
_ADVERSE = (
    "deny", "deni", "declin", "reject", "refus", "default", "fraud", "delinq", "chargeoff",
    "chargedoff", "writeoff", "writtenoff", "arrear", "overdue", "unpaid", "bankrupt", "foreclos",
    "repossess", "nonpayment", "turndown",
)  # fmt: skip
_GOOD = ("approv", "grant", "accept", "repaid", "repay", "fullypaid", "eligib", "admit", "hire")
_ADVERSE_WORDS, _GOOD_WORDS = frozenset({"bad", "npl"}), frozenset({"good", "paid", "performing"})
_NOT = frozenset({"no", "not", "non", "never", "without"})
_YES, _NO = frozenset({"yes", "true", "1", "y", "t"}), frozenset({"no", "false", "0", "n", "f"})
_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_JOINED = {("charge", "off"), ("charged", "off"), ("write", "off"), ("written", "off"),
           ("fully", "paid"), ("non", "payment"), ("turn", "down")}  # fmt: skip


def favourable_findings(config: Config, items: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """An exception where the favourable value reads as the adverse one.

    A value that has a sense of its own (`denied`, `not approved`, `bad`) is read by it; `yes`,
    `no`, `1` and `0` take that of the label column (`deny`, `loan_approved`). Words of both
    senses, or of none, say nothing.
    """
    column, favourable = config.label.column, config.label.favourable
    if favourable is None or _sense_of(column, favourable) != "adverse":
        return ()
    said = f"{printable(column)} = {printable(favourable)}"
    finding = Finding(
        id="recompute.favourable", kind="exception", stage="recompute",
        what=f"{said!r} is declared good for the person, and its words say the opposite: fairness "
        "may be read upside down",
        expected="the value that is good for the person", found=said,
        fix="set [label] favourable to the other value; if the words mislead, say so in "
        "declarations.toml",
        items=items,
    )  # fmt: skip
    return (finding,)


def _sense_of(column: str, value: str) -> Sense | None:
    own = _sense(value)
    if own is not None:
        return own
    answer, of_column = value.strip().lower(), _sense(column)
    if answer in _YES:
        return of_column
    if answer in _NO:
        return _other(of_column)
    return None


def _sense(text: str) -> Sense | None:
    """The sense of a text's words; a `not` before the first such word turns it round."""
    words = _words(text)
    senses = [_of_word(w) for w in words]
    found = {s for s in senses if s is not None}
    if len(found) != 1:
        return None
    first = next(i for i, s in enumerate(senses) if s is not None)
    turned = sum(w in _NOT for w in words[:first]) % 2
    return _other(senses[first]) if turned else senses[first]


def _words(text: str) -> list[str]:
    words = [w.lower() for w in _SPLIT.split(text) if w]
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1], word) in _JOINED:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _of_word(word: str) -> Sense | None:
    for start in ("non", "un", "dis", "not"):
        rest = word.removeprefix(start)
        if rest != word and (sense := _plain_sense(rest)) and _plain_sense(word) is None:
            return _other(sense)
    return _plain_sense(word)


def _plain_sense(word: str) -> Sense | None:
    if word in _ADVERSE_WORDS or word.startswith(_ADVERSE):
        return "adverse"
    return "good" if word in _GOOD_WORDS or word.startswith(_GOOD) else None


def _other(sense: Sense | None) -> Sense | None:
    if sense is None:
        return None
    return "good" if sense == "adverse" else "adverse"
