"""Page one of the card: every finding and open control is on it, and its numbers are the reports'.

It says, too, which way round fairness is read, and what affidavit.toml declares of the model.
Title, deck, the sentences on what holds and the rows on what it is about are prose; they are
covered by the digest alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from affidavit.bundle.layout import CARD_JSON
from affidavit.card_record import CardKeyNumber, CardLine, CardRecord, LineStatus, one_line
from affidavit.evidence import Number
from affidavit.favourable import direction
from affidavit.masking import Masked
from affidavit.standing import Status
from affidavit.verify.checks import Fault
from affidavit.verify.model_declared import told_faults
from affidavit.verify.records import Records
from affidavit.wording import count_text

_ORDER: Final[tuple[LineStatus, ...]] = (
    "Exception", "Missing", "Needs attestation", "Set aside", "Declared",
)  # fmt: skip
_GROUPED: Final[dict[Status, LineStatus]] = {
    "missing": "Missing", "needs-attestation": "Needs attestation",
}  # fmt: skip
_THIN: Final = "\N{THIN SPACE}"
_MAX_DIGITS: Final = 18  # of a number of rows
_MAX_TOLD: Final = 60
_SHOWN: Final = re.compile(
    r"(?P<bound>(?:under|above|over) )?(?P<digits>-?[0-9][0-9,]*(?:\.(?P<decimals>[0-9]+))?)"
    r"(?P<percent> %)?"
)


@dataclass(frozen=True, slots=True)
class _Due:
    """What page one has to say of one finding or control: status, and texts word for word.

    Attributes:
        in_group: a line may speak of several at once; it then says of how many.
    """

    name: str
    status: LineStatus
    texts: tuple[str, ...] = ()
    remedy: str = ""
    in_group: bool = False


def page_one_faults(
    records: Records, card: CardRecord, masked: Mapping[str, Masked]
) -> Iterator[Fault]:
    """Findings and controls that page one lacks, softens or invents; numbers it shows otherwise."""
    lines = card.page_one.lines
    if records.config is not None:
        way = _plain(direction(records.config))
        if _plain(card.page_one.direction) != way:
            yield Fault(
                "page one says otherwise which way round fairness is read", CARD_JSON,
                way or "none", card.page_one.direction or "none",
            )  # fmt: skip
    yield from _lines_faults(
        _due_findings(records), [(i, line) for line in lines for i in line.findings]
    )
    yield from _lines_faults(
        _due_controls(records), [(i, line) for line in lines for i in line.controls]
    )
    yield from told_faults(records.evidence, card)
    for before, after in pairwise(lines):
        if _ORDER.index(before.status) > _ORDER.index(after.status):
            yield Fault(
                "page one does not say the worst first", CARD_JSON,
                f"{after.status} before {before.status}", f"{before.status} before {after.status}",
            )  # fmt: skip
    shown: dict[str, list[Number]] = {}
    for number in records.numbers.values():
        shown.setdefault(one_line(number.id), []).append(number)
    for key in card.page_one.key_numbers:
        # Two ids can look alike on one line; what is shown has to be one of them.
        faults = [
            list(_key_faults(n, key, masked.get(n.id) if n else None))
            for n in shown.get(key.number, [None])
        ]
        yield from min(faults, key=len)


def _due_findings(records: Records) -> Iterator[_Due]:
    for f in records.evidence.findings:
        texts = (f.what, f.expected or "", f.found or "")
        status: LineStatus = "Missing" if f.kind == "gap" else "Exception"
        yield _Due(one_line(f.id), status, texts, f.fix)


def _due_controls(records: Records) -> Iterator[_Due]:
    for standing in records.standings.values():
        for a in standing.assessments:
            name = one_line(f"{standing.catalog}/{a.control}")
            if a.status == "exception":
                yield _Due(name, "Exception", (a.title.rstrip(". "), a.because), a.remedy or "")
            elif a.status in _GROUPED:
                yield _Due(name, _GROUPED[a.status], in_group=True)
            elif a.set_aside == "declared":
                yield _Due(name, "Set aside", in_group=True)


def _lines_faults(due: Iterable[_Due], stated: list[tuple[str, CardLine]]) -> Iterator[Fault]:
    expected = list(due)
    wanted, found = Counter(d.name for d in expected), Counter(name for name, _ in stated)
    by_name: dict[str, list[CardLine]] = {}
    for name, line in stated:
        by_name.setdefault(name, []).append(line)
    for name in sorted((wanted - found) | (found - wanted)):
        yield Fault(
            f"page one of the card and the record disagree on {name}", CARD_JSON,
            _times(wanted[name]), _times(found[name]),
        )  # fmt: skip
    for one in expected:
        lines = by_name.get(one.name, [])
        for line in lines:
            if line.status != one.status:
                yield Fault(
                    f"page one has another status for {one.name}", CARD_JSON, one.status,
                    line.status,
                )  # fmt: skip
        if lines and not any(_tells(line, one) for line in lines):
            yield Fault(
                f"page one says something else of {one.name}", CARD_JSON,
                _expected(one, lines[0]), lines[0].text,
            )  # fmt: skip


def _expected(due: _Due, line: CardLine) -> str:
    if due.in_group:
        return f"of {count_text(len(line.controls), 'control')}"
    return one_line(" / ".join(t for t in (*due.texts, due.remedy) if t))


def _times(count: int) -> str:
    return {0: "not there", 1: "there"}.get(count, f"{count} times")


def _tells(line: CardLine, due: _Due) -> bool:
    """Whether the line holds the record's words; their first letter may be a capital or not."""
    said, todo = _plain(line.text), _plain(line.remedy)
    if due.in_group:
        return count_text(len(line.controls), "control") in said.lower()
    return _plain(due.remedy).strip() in todo and all(
        _plain(text).strip()[1:] in said for text in due.texts
    )


def _plain(text: str) -> str:
    return one_line(text).replace(_THIN, " ")


def _key_faults(
    number: Number | None, key: CardKeyNumber, masked: Masked | None
) -> Iterator[Fault]:
    if number is None:
        yield Fault(
            f"page one shows {key.number}, which no report has", CARD_JSON, "a number of a report",
            "none",
        )  # fmt: skip
        return
    if masked is not None:
        yield from _masked_faults(number, key, masked)
        return
    if not _is_value(key.shown, number):
        yield Fault(
            f"page one shows {key.number} otherwise than the report", CARD_JSON,
            str(number.value), key.shown,
        )  # fmt: skip
    if not _is_interval(key.interval, number):
        yield Fault(
            f"page one shows another interval of {key.number}", CARD_JSON,
            f"{number.low} to {number.high}", key.interval or "none",
        )  # fmt: skip
    counted = re.findall(r"[0-9]+", key.n.replace(",", ""))
    if any(len(part) > _MAX_DIGITS for part in counted) or sum(map(int, counted)) != number.n:
        yield Fault(
            f"page one shows another n of {key.number}", CARD_JSON, str(number.n), key.n[:_MAX_TOLD]
        )


def _masked_faults(number: Number, key: CardKeyNumber, masked: Masked) -> Iterator[Fault]:
    """A masked number is said to be masked, or is the rounded one with its interval."""
    n = masked.n_words if masked.n_how else f"{number.n:,}"
    if number.value is None:
        shown = key.shown == f"undefined, n = {n}"
    elif masked.value is None:
        shown = key.shown == masked.value_words and not key.interval
    else:
        told = number.model_copy(
            update={"value": masked.value, "low": masked.low, "high": masked.high}
        )
        value = key.shown.removeprefix("about ") if masked.step else key.shown
        shown = _is_value(value, told) and _is_interval(key.interval, told)
    if not shown:
        yield Fault(
            f"page one shows {key.number}, which is masked, otherwise", CARD_JSON,
            masked.value_words if masked.value is None else f"about {masked.value}",
            f"{key.shown} {key.interval}".strip(),
        )  # fmt: skip
    if masked.n_how and key.n != n:
        yield Fault(f"page one shows another n of {key.number}", CARD_JSON, n, key.n[:_MAX_TOLD])


def _is_value(text: str, number: Number) -> bool:
    if number.value is None:
        return text == f"undefined, n = {number.n:,}"
    return _stands_for(text, number.value)


def _is_interval(text: str, number: Number) -> bool:
    if number.value is None or (number.low is None and number.high is None):
        return not text
    ends = text.split(" to ")
    if len(ends) != 2:
        return False
    if ends[1].endswith(" %") and not ends[0].endswith("%") and ends[0] != "no limit":
        ends[0] += " %"
    return all(
        said == "no limit" if end is None else _stands_for(said, end)
        for said, end in zip(ends, (number.low, number.high), strict=True)
    )


def _stands_for(text: str, value: float) -> bool:
    """Whether a text such as `0.763`, `74.6 %`, `1,047` or `under 0.001` is this value, rounded."""
    if len(text) > _MAX_TOLD:
        return False
    found = _SHOWN.fullmatch(text.replace("\N{MINUS SIGN}", "-").replace(_THIN, " "))
    if found is None:
        return False
    digits, actual = float(found["digits"].replace(",", "")), value
    if found["percent"]:
        actual *= 100
    unit = 10.0 ** -len(found["decimals"] or "")
    if not found["bound"]:
        return abs(actual - digits) <= unit / 2 + 1e-9
    if found["bound"] == "over ":
        return digits < actual < digits + unit
    low, high = sorted((0.0, digits))
    return low < actual < high
