"""Which way round fairness is read: what page one says of it, and whether its words say otherwise.

The configuration alone says which outcome is good for the person. Page one states it in a sentence;
where its words say the opposite, or are no words at all, page one asks. Recompute states these
findings, and verify derives them again.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from affidavit.config import Config
from affidavit.evidence import Finding
from affidavit.printable import printable

UPSIDE_DOWN: Final = "recompute.favourable"
UNSAID: Final = "recompute.favourable-meaning"
Sense = Literal["good", "adverse"]
_ADVERSE = (
    "deny", "deni", "declin", "reject", "refus", "default", "fraud", "delinq", "chargeoff",
    "chargedoff", "writeoff", "writtenoff", "arrear", "overdue", "unpaid", "bankrupt", "foreclos",
    "repossess", "nonpayment", "turndown",
)  # fmt: skip
_GOOD = ("approv", "grant", "accept", "repaid", "repay", "fullypaid", "eligib", "admit", "hire")
_ADVERSE_WORDS, _GOOD_WORDS = frozenset({"bad", "npl"}), frozenset({"good", "paid", "performing"})
_NOT = frozenset({
    "no", "not", "non", "never", "without", "cannot", "isn", "wasn", "didn", "doesn", "aren",
    "weren", "hasn",
})  # fmt: skip
_YES, _NO = frozenset({"yes", "true", "1", "y", "t"}), frozenset({"no", "false", "0", "n", "f"})
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_JOINED = {("charge", "off"), ("charged", "off"), ("write", "off"), ("written", "off"),
           ("fully", "paid"), ("non", "payment"), ("turn", "down")}  # fmt: skip


def direction(config: Config) -> str:
    """Page one's sentence: what is taken as good for the person, and what a higher score means.

    Empty for a regression, and where no value is said to be good.
    """
    label = config.label
    if config.task == "regression" or label.favourable is None:
        return ""
    column = printable(label.column)
    good = f"{column} = {printable(label.favourable)} is taken as good for the person"
    if label.favourable_means is not None:
        good += f" (declared: {printable(label.favourable_means).rstrip('. ')})"
    if label.positive is None:
        return f"{good}, every other value as not."
    way = "better" if label.positive == label.favourable else "worse"
    return (
        f"{good}; the score is the probability of {column} = {printable(label.positive)}, so a "
        f"higher score is {way} for the person."
    )


def favourable_findings(config: Config) -> tuple[Finding, ...]:
    """An exception where the favourable value reads as the adverse one; a gap where it is a code.

    A value that has a sense of its own (`denied`, `not approved`, `bad`) is read by it; `yes`,
    `no`, `1` and `0` take that of the label column (`deny`, `loan_approved`). Words of both
    senses, or of none, say nothing. A code (`1`, `true`, `B`) of a column without a sense leaves
    a reader nothing to judge by, so that it must be said what it means.
    """
    label = config.label
    if label.favourable is None:
        return ()
    said = f"{printable(label.column)} = {printable(label.favourable)}"
    means = label.favourable_means
    sense = _sense_of(label.column, label.favourable)
    if sense == "adverse":
        return (_upside_down(said, "its words say the opposite"),)
    if means is not None and _sense(means) == "adverse":
        return (_upside_down(said, f"what it is said to mean is adverse: {printable(means)}"),)
    if means is None and sense is None and config.sensitive and _is_code(label.favourable):
        return (_unsaid(said),)
    return ()


def _upside_down(said: str, why: str) -> Finding:
    return Finding(
        id=UPSIDE_DOWN, kind="exception", stage="recompute",
        what=f"{said!r} is declared good for the person, and {why}: fairness may be read upside "
        "down",
        expected="the value that is good for the person", found=said,
        fix="set [label] favourable to the other value; if the words mislead, say so in "
        "declarations.toml",
    )  # fmt: skip


def _unsaid(said: str) -> Finding:
    return Finding(
        id=UNSAID, kind="gap", stage="recompute",
        what=f"what {said!r} means for the person is not said, so nobody can see from here whether "
        "fairness is read the right way round",
        expected="[label] favourable_means in affidavit.toml", found="nothing",
        fix='say it in [label] favourable_means, as in "the loan was repaid", and build again',
    )  # fmt: skip


def _is_code(value: str) -> bool:
    """Whether a value is no word: a number, one character, or yes and no in some form."""
    text = value.strip().lower()
    return text in _YES or text in _NO or len(text) == 1 or bool(_NUMBER.fullmatch(text))


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
