"""Who computed the numbers again, as signed rechecks in an updated bundle say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from affidavit.bundle.recheck import Came
from affidavit.card_record import CardRecheck
from affidavit.render.context import Line, Link, RecheckRow, StatusWord
from affidavit.render.words import EXCEPTION, day_of, many

_INTRO: Final = (
    "Signed rechecks, by those whom the trust of whoever sealed this bundle vouches for. Machine "
    "and day are the signer's word. Whether one counts for you, and whether its signer also sealed "
    "the bundle, affidavit verify says by your own trust."
)
_DIFFERENT: Final = "DIFFERENT"
_OUTCOMES: Final[dict[Came, StatusWord]] = {
    "EQUAL": StatusWord(word="Equal", mark="●", tone="evidenced"),
    "EQUAL AS FAR AS RUN": StatusWord(word="Equal as far as run", mark="●", tone="evidenced"),
    "DIFFERENT": StatusWord(word="Different", mark="▲", tone="exception"),
}


def recheck_intro(rechecks: Sequence[CardRecheck]) -> str:
    """What the table is, and whose word; empty where there is no recheck to show."""
    return _INTRO if rechecks else ""


def recheck_rows(rechecks: Sequence[CardRecheck]) -> tuple[RecheckRow, ...]:
    """A row each, in the order given."""
    return tuple(
        RecheckRow(
            by=one.by,
            day=day_of(one.made_on),
            machine=one.machine,
            numbers=many(one.numbers, "number") + _not_run(one),
            outcome=_OUTCOMES[one.outcome],
            statement=one.statement,
        )
        for one in rechecks
    )


def recheck_lines(rechecks: Sequence[CardRecheck]) -> Iterator[Line]:
    """Page one: every recheck that came out different."""
    for one in rechecks:
        if one.outcome == _DIFFERENT:
            yield Line(
                status=EXCEPTION,
                text=f"{one.by} computed {many(one.numbers, 'number')} again on "
                f"{day_of(one.made_on)}, and signed that they came out different.",
                remedy="affidavit recheck names what differs; settle it before you rely on them.",
                links=(Link(target="rechecked", text="Reproducibility"),),
            )


def recheck_holds(rechecks: Sequence[CardRecheck]) -> tuple[str, ...]:
    """What holds: who found the numbers equal; nothing where anybody found them different."""
    if not rechecks or any(one.outcome == _DIFFERENT for one in rechecks):
        return ()
    told = list(dict.fromkeys(_told(one) for one in rechecks))
    return (f"Rechecked, as they signed: {'; '.join(told)}.",)


def _told(one: CardRecheck) -> str:
    return (
        f"{many(one.numbers, 'number')} {one.outcome.lower()}{_not_run(one)}, by {one.by} on "
        f"{day_of(one.made_on)}"
    )


def _not_run(one: CardRecheck) -> str:
    return f", {one.not_run:,} not run" if one.not_run else ""
