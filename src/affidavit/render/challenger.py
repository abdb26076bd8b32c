"""The model beside a challenger, on the card: one table a role, in words that take no side."""

from __future__ import annotations

from collections.abc import Container, Iterator

from pydantic import ValidationError

from affidavit.bundle.layout import CHALLENGER
from affidavit.challenger_record import (
    ARTIFACT_FACT,
    ASKED_FACT,
    BETTER,
    VERSION_FACT,
    ChallengerReport,
    ChallengerRole,
    ComparedNumber,
)
from affidavit.challenger_short import card_challenger, challenger_row, shown_numbers
from affidavit.config import Config
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence
from affidavit.render.context import AboutRow, Challenger, ComparedRow, ComparedTable
from affidavit.render.metrics import NO_EVENT, Style, wording
from affidavit.render.numbers import decimals, p_text, shown
from affidavit.render.performance import event_words
from affidavit.render.words import THIN, digest_words, many, portable
from affidavit.workspace import Workspace

_FAVOURED = {"subject": "this model", "challenger": "the challenger", None: "neither"}
_MANY = (
    "A share decided, or a true or false positive rate alone, does not say who is better. "
    "Intervals of groups are Newcombe's for paired rows, and hold together over the groups of an "
    "attribute; how far groups lie apart has none. Tests are two-sided and not adjusted for their "
    "number. That one is better on these rows is no word on rows to come."
)


def read_challenger(evidence: Evidence, work: Workspace) -> ChallengerReport | None:
    """reports/challenger.json; None where there is none.

    Raises:
        AffidavitError: a file that is not of its schema.
    """
    item = next((i for i in evidence.of_kind("challenger") if i.path == CHALLENGER), None)
    if item is None:
        return None
    try:
        return ChallengerReport.model_validate_json(work.locate(item).read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]["msg"]
        raise AffidavitError(f"{item.path} is not a comparison of version 1", fault) from error


def about_challenger(
    evidence: Evidence, report: ChallengerReport | None, masked: Container[str]
) -> tuple[AboutRow, ...]:
    """Page one's row; none where no challenger was asked for."""
    text = challenger_row(evidence, report, masked)
    fact = evidence.fact(ARTIFACT_FACT)
    digest = digest_words(fact.digest) if fact is not None else ""
    return (AboutRow(name="Challenger", text=text, digest=digest),) if text else ()


def challenger(
    evidence: Evidence,
    report: ChallengerReport | None,
    config: Config | None,
    masked: Container[str],
) -> Challenger | None:
    """The section; None where no challenger was asked for."""
    version, asked = evidence.fact(VERSION_FACT), evidence.fact(ASKED_FACT)
    if version is None or asked is None:
        return None
    if report is None:
        said = f"{version.value} was asked for, and is not compared: see Findings."
        return Challenger(intro=(said,), tables=(), notes=())
    said = (
        f"{report.called}, was scored on the same rows, in a process of its own. It was asked for "
        f"as {asked.value}. {' '.join(report.notes)}"
    )
    short = card_challenger(report, masked)
    hidden = (
        f"{many(short.masked, 'number')} of fewer than ten people, or that would give such away, "
        f"{'is' if short.masked == 1 else 'are'} not printed."
    )
    more = f"{CHALLENGER} has every measure, and the true positive rate by group."
    return Challenger(
        intro=(said,),
        tables=tuple(_table(report, role, config, masked) for role in report.roles),
        notes=(_MANY, *((hidden,) if short.masked else ()), more),
    )


def _table(
    report: ChallengerReport, role: ChallengerRole, config: Config | None, masked: Container[str]
) -> ComparedTable:
    caption = f"This model and {report.called}, on the same {role.n_rows:,} rows of {role.role}"
    return ComparedTable(
        caption=caption,
        anchor=f"challenger-{portable(role.role)}",
        rows=tuple(_rows(shown_numbers(report, role, masked), config)),
        notes=role.notes,
    )


def _rows(numbers: tuple[ComparedNumber, ...], config: Config | None) -> Iterator[ComparedRow]:
    for number in numbers:
        event = event_words(config, number.event) if number.event is not None else NO_EVENT
        words = wording(number.metric, event)
        title = words.title
        if number.group is not None:
            title += ": " + ", ".join(f"{k} {v}" for k, v in number.group.items())
        elif number.attributes is not None:
            title += ": " + ", ".join(number.attributes)
        yield ComparedRow(
            title=title,
            n=f"{number.n:,}",
            subject=_value(number.subject, words.style, number),
            challenger=_value(number.challenger, words.style, number),
            difference=_value(number.difference, _apart(words.style), number),
            interval=_interval(number, _apart(words.style)),
            how=_how(number),
            favours=_favours(number),
        )


def _apart(style: Style) -> Style:
    return "points" if style == "percent" else style


def _value(value: float | None, style: Style, number: ComparedNumber) -> str:
    if value is None:
        return "undefined"
    return shown(value, style, decimals(number.low, number.high))


def _interval(number: ComparedNumber, style: Style) -> str:
    if number.low is None or number.high is None:
        return ""
    low, high = (_value(v, style, number) for v in (number.low, number.high))
    if style == "points":
        low = low.removesuffix(f"{THIN}points")
    return f"{low} to {high}"


def _how(number: ComparedNumber) -> str:
    """Method and test, or why there is no interval; of groups the notes say it once."""
    if number.attributes is not None or (number.group is not None and number.low is not None):
        return ""
    test = "" if number.p_value is None else f"{number.test}: {p_text(number.p_value)}"
    return ", ".join(filter(None, (number.method, test, number.reason)))


def _favours(number: ComparedNumber) -> str:
    """Whom the interval favours; empty where there is none, and for what takes no side."""
    is_whole = number.group is None and number.attributes is None
    says = number.metric in BETTER and is_whole and number.low is not None
    return _FAVOURED[number.favours] if says else ""
