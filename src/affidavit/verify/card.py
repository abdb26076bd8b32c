"""Whether card/model-card.json says what the record says: all of it, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from affidavit.bundle.layout import CARD_JSON, CHALLENGER, EXPLAINABILITY
from affidavit.card_record import CardNumber, CardRecord, one_line
from affidavit.errors import UsageError
from affidavit.explained_card import CardExplained
from affidavit.masking import Masked, card_number, masks
from affidavit.verify.checks import Fault
from affidavit.verify.page_one import page_one_faults
from affidavit.verify.records import Records


def card_faults(records: Records) -> Iterator[Fault]:
    """Whatever the card says otherwise than the record, leaves out or adds."""
    card = records.card
    if card is None:
        yield Fault("the bundle has a card without its record", CARD_JSON, "there", "not there")
        return
    evidence = records.evidence
    if card.subject != evidence.subject:
        yield Fault(
            "the card is about another model version",
            CARD_JSON,
            str(evidence.subject),
            str(card.subject),
        )
    masked = masks(records.reports.values())
    yield from _number_faults(records, card, masked)
    yield from _unequal(
        "findings", Counter((f.kind, f.id) for f in evidence.findings),
        Counter((f.kind, f.id) for f in card.findings),
    )  # fmt: skip
    yield from _unequal(
        "control statuses",
        Counter(
            (s.catalog, a.control, a.status, s.as_of)
            for s in records.standings.values() for a in s.assessments
        ),
        Counter((c.catalog, c.control, c.status, c.as_of) for c in card.controls),
    )  # fmt: skip
    yield from _logged_faults(records, card)
    yield from _explained_faults(records, card)
    yield from _challenger_faults(records, card, masked)
    yield from page_one_faults(records, card, masked)


def _challenger_faults(
    records: Records, card: CardRecord, masked: Mapping[str, Masked]
) -> Iterator[Fault]:
    """The comparison in short, and page one's row on it, as report and provenance give them."""
    said = [row for row in card.page_one.about if row.name == "Challenger"]
    if not records.speaks_of_challenger and card.challenger is None and not said:
        return
    # Its records are loaded where a bundle has one, and not at every start.
    from affidavit.challenger_short import card_challenger, challenger_row

    report = records.challenger
    if report is not None and not report.roles:
        return  # refuted where it is checked
    expected = None if report is None else card_challenger(report, masked)
    if card.challenger != expected:
        yield Fault(
            f"the card and {CHALLENGER} disagree on the challenger", CARD_JSON,
            str(expected)[:400], str(card.challenger)[:400],
        )  # fmt: skip
    try:
        row = challenger_row(records.evidence, report, masked)
    except UsageError:
        return  # a version that is none is refuted where it is checked
    if [r.text for r in said] != ([one_line(row)] if row else []):
        yield Fault(
            "page one says otherwise of the challenger", CARD_JSON, row or "nothing",
            "; ".join(r.text for r in said) or "nothing",
        )  # fmt: skip


def _explained_faults(records: Records, card: CardRecord) -> Iterator[Fault]:
    """The explanation in short, as its file gives it; an unreadable file has its own fault."""
    whole = records.explainability
    if whole is None and EXPLAINABILITY in {i.path for i in records.evidence.items}:
        return
    expected = None
    if whole is not None:  # its records are loaded where a bundle has them, and not at every start
        from affidavit.explained_short import card_explained

        expected = card_explained(whole)
    for name in CardExplained.model_fields:
        ours, theirs = getattr(expected, name, None), getattr(card.explained, name, None)
        if ours != theirs:
            yield Fault(
                f"the card and {EXPLAINABILITY} disagree on {name}", CARD_JSON, str(ours)[:400],
                str(theirs)[:400],
            )  # fmt: skip


def _number_faults(
    records: Records, card: CardRecord, masked: Mapping[str, Masked]
) -> Iterator[Fault]:
    numbers, seen = records.numbers, set[str]()
    for shown in card.numbers:
        number = numbers.get(shown.id)
        if number is None:
            yield Fault(
                f"the card shows {shown.id}, which no report has", CARD_JSON,
                "a number of a report", "none",
            )  # fmt: skip
        elif shown.id in seen:
            yield Fault(f"{shown.id}: stands twice on the card", CARD_JSON, "once", "twice")
        else:
            yield from _number_differs(card_number(number, masked.get(shown.id)), shown)
        seen.add(shown.id)
    for absent in sorted(numbers.keys() - seen):
        yield Fault(
            f"{absent}: a report has it, and the card does not", CARD_JSON,
            str(numbers[absent].value), "not there",
        )  # fmt: skip


def _number_differs(expected: CardNumber, shown: CardNumber) -> Iterator[Fault]:
    """A number that is not the report's, or masked otherwise than the rule has it."""
    if expected.masked != shown.masked:
        yield Fault(
            f"{expected.id}: cells below ten are masked on a card, and no others", CARD_JSON,
            expected.masked or "not masked", shown.masked or "not masked",
        )  # fmt: skip
        return
    for name in ("value", "n", "low", "high"):
        ours, theirs = getattr(expected, name), getattr(shown, name)
        if ours != theirs:
            yield Fault(
                f"{expected.id}: the card and the report disagree on {name}", CARD_JSON, str(ours),
                str(theirs),
            )  # fmt: skip


def _logged_faults(records: Records, card: CardRecord) -> Iterator[Fault]:
    said = Counter[str](one.verdict for r in records.reports.values() for one in r.logged)
    for word, found in (
        ("equal", card.logged.equal), ("different", card.logged.different),
        ("not-recomputable", card.logged.not_recomputable),
    ):  # fmt: skip
        if said[word] != found:
            yield Fault(
                f"the card counts other logged metrics that are {word}", CARD_JSON,
                str(said[word]), str(found),
            )  # fmt: skip


def _unequal(
    what: str, expected: Counter[tuple[str, ...]], found: Counter[tuple[str, ...]]
) -> Iterator[Fault]:
    if found != expected:
        yield Fault(
            f"the card has other {what} than the record", CARD_JSON,
            _listed(expected - found) or "no others", _listed(found - expected) or "fewer",
        )  # fmt: skip


def _listed(rows: Counter[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(map(str, row)) for row in sorted(rows, key=str))[:400]
