"""Whether the card's record (card/model-card.json) says what the evidence says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from affidavit.bundle.canonical import Json
from affidavit.bundle.layout import CARD_JSON
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records


def card_faults(records: Records) -> Iterator[Fault]:
    """Numbers, findings, statuses and subject that the card has otherwise than the record.

    What the card leaves out of its own layout is not asked for: it must not say anything else.
    """
    card = records.card
    if not isinstance(card, dict):
        return
    yield from _number_faults(records, card)
    yield from _subject_faults(records, card)
    evidence = records.evidence
    yield from _unequal(
        "findings", Counter((f.kind, f.id) for f in evidence.findings),
        _rows(card, "findings", ("kind", "id")),
    )  # fmt: skip
    yield from _unequal(
        "control statuses",
        Counter(
            (s.catalog, a.control, a.status)
            for s in records.standings.values() for a in s.assessments
        ),
        _rows(card, "controls", ("catalog", "control", "status")),
    )  # fmt: skip


def _number_faults(records: Records, card: dict[str, Json]) -> Iterator[Fault]:
    numbers = records.numbers
    for shown in _number_like(card):
        number = numbers.get(str(shown["id"]))
        if number is None:
            yield Fault(
                f"the card shows {shown['id']}, which no report has", CARD_JSON,
                "a number of a report", "none",
            )  # fmt: skip
            continue
        said = number.model_dump(mode="json", by_alias=True)
        for key in ("value", "n", "low", "high"):
            if key in shown and shown[key] != said[key]:
                yield Fault(
                    f"{number.id}: the card and the report disagree on {key}", CARD_JSON,
                    str(said[key]), str(shown[key]),
                )  # fmt: skip


def _number_like(value: Json) -> Iterator[dict[str, Json]]:
    """Every object in the card that is a number of a report: it has an id, a value, an n."""
    if isinstance(value, dict):
        if {"id", "value", "n"} <= value.keys():
            yield value
        for inner in value.values():
            yield from _number_like(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _number_like(inner)


def _subject_faults(records: Records, card: dict[str, Json]) -> Iterator[Fault]:
    subject = records.evidence.subject.model_dump(mode="json")
    if "subject" in card and card["subject"] != subject:
        yield Fault(
            "the card is about another subject", CARD_JSON, str(subject), str(card["subject"])
        )


def _rows(
    card: dict[str, Json], key: str, fields: tuple[str, ...]
) -> Counter[tuple[str, ...]] | None:
    rows = card.get(key)
    if not isinstance(rows, list):
        return None
    return Counter(
        tuple(str(r.get(f)) for f in fields) if isinstance(r, dict) else (str(r),) for r in rows
    )


def _unequal(
    what: str, expected: Counter[tuple[str, ...]], found: Counter[tuple[str, ...]] | None
) -> Iterator[Fault]:
    if found is None or found == expected:
        return
    yield Fault(
        f"the card has other {what} than the record", CARD_JSON,
        _listed(expected - found) or "no others", _listed(found - expected) or "fewer",
    )  # fmt: skip


def _listed(rows: Counter[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(map(str, row)) for row in sorted(rows, key=str))[:400]
