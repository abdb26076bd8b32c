"""Questions on the attributes whose groups are compared. None is ever taken by default."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from affidavit.printable import printable
from affidavit.reading_rules import band_names
from affidavit.starting.about_label import column_candidate, in_data, values
from affidavit.starting.glimpse import Seen, Table
from affidavit.starting.known import Known, id_columns, is_telling
from affidavit.starting.question import Answers, Candidate, Question, one
from affidavit.toml_reader import COUNT_COLUMNS

_LONGEST = 40
SELECTION = ("sensitive",)
SOURCES = (
    Candidate(value="self-reported", note="the person said so"),
    Candidate(value="observed", note="somebody wrote down what they saw"),
    Candidate(value="estimated", note="from other data, as from a name or an address"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute that a person chose.

    Attributes:
        name: what affidavit.toml calls it.
        column: the column that holds it.
        table: the protected table that the column is in; None where it is beside the inputs.
        seen: the column as it was seen, where it was.
    """

    name: str
    column: str
    table: Table | None
    seen: Seen | None


def attributes(known: Known, answers: Answers) -> tuple[Attribute, ...]:
    """The chosen attributes, in the order of the answer, with names of their own."""
    apart = _apart(known)
    found: list[Attribute] = []
    for value in answers.get(SELECTION) or ():
        table, seen = apart.get(value, (None, known.column(value)))
        column = seen.name if seen is not None else value
        name = attribute_name(column, [a.name for a in found])
        found.append(Attribute(name=name, column=column, table=table, seen=seen))
    return tuple(found)


def attribute_name(column: str, taken: list[str]) -> str:
    """A name that affidavit.toml allows for a column, and that is still free."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", column).strip("-_")
    plain = (plain if plain[:1].isalpha() else f"a-{plain}".rstrip("-"))[:_LONGEST]
    name, number = plain, 1
    while name in taken or name in COUNT_COLUMNS:
        number += 1
        name = f"{plain[: _LONGEST - 3]}-{number}"
    return name


def people_questions(known: Known, answers: Answers) -> Iterator[Question]:
    """Which attributes, and of each where it comes from and how its groups are formed."""
    yield _selection(known, answers)
    for attribute in attributes(known, answers):
        yield from _of_one(known, attribute, answers)


def _selection(known: Known, answers: Answers) -> Question:
    apart = _apart(known)
    telling = [_beside(c, known) for c in known.columns if is_telling(c.name)]
    telling += [
        column_candidate(column, value=value)
        for value, (_, column) in apart.items()
        if is_telling(column.name)
    ]
    return Question(
        key=SELECTION,
        ask="Which attributes are groups compared by?",
        why="Differences between groups are measured only for what is named here.",
        more="Listed are columns whose names sound like it; a column can be one under any name, "
        "and any other can be typed. One in a table kept apart is written as FILE:COLUMN. "
        "Attributes estimated as probabilities: docs/configuration.md.",
        candidates=tuple(telling),
        form="texts",
        none="no groups are compared",
        placeholder="a column",
        check=_column_check(known, apart, one(answers, "label", "column")),
    )


def _column_check(
    known: Known, apart: Mapping[str, tuple[Table, Seen]], label: str | None
) -> Callable[[str], str]:
    in_scored = in_data(known, besides=label, what="the label")
    return lambda value: "" if value in apart else in_scored(value)


def _apart(known: Known) -> dict[str, tuple[Table, Seen]]:
    """The columns of tables kept apart, by how they are typed."""
    return {f"{t.path}:{c.name}": (t, c) for t in known.apart for c in t.columns if c.name}


def _beside(column: Seen, known: Known) -> Candidate:
    taken = "an input of the model" if column.name in known.features else ""
    return column_candidate(column, note=taken)


def _of_one(known: Known, attribute: Attribute, answers: Answers) -> Iterator[Question]:
    name, seen, shown = attribute.name, attribute.seen, printable(attribute.column)
    yield Question(
        key=("sensitive", name, "source"),
        ask=f"How is {shown} known?",
        why="What was estimated is less sure than what the person said, and the card tells them "
        "apart.",
        candidates=SOURCES,
        is_closed=True,
        placeholder="how it is known",
    )
    if attribute.table is not None:
        yield _join(known, attribute, attribute.table)
    if seen is None or (seen.is_numeric and not seen.values):
        yield Question(
            key=("sensitive", name, "bands"),
            ask=f"Where is {shown} cut into groups?",
            why="Groups of a number are bands; where they are cut can hide a difference.",
            more="Increasing numbers: 25, 60 makes <25, 25-59 and >=60.",
            form="numbers",
            is_needed=False,
        )
    bands = tuple(float(cut) for cut in answers.get(("sensitive", name, "bands")) or ())
    groups = tuple(Candidate(value=b) for b in band_names(bands)) if bands else values(seen)
    yield Question(
        key=("sensitive", name, "reference"),
        ask=f"Which group of {shown} are the others compared with?",
        why="Differences and ratios are stated against this group.",
        more="Often the group that is usually favoured.",
        candidates=groups,
        placeholder="a group",
        is_closed=bool(bands) or (seen is not None and seen.is_known),
        is_needed=False,
    )


def _join(known: Known, attribute: Attribute, table: Table) -> Question:
    both = [c for c in id_columns(table.columns) if known.column(c) is not None]
    names = set(table.names)
    return Question(
        key=("sensitive", attribute.name, "join_on"),
        ask=f"By which column is {printable(table.path)} joined?",
        why="The table is kept apart, and joined only while numbers are computed.",
        candidates=tuple(Candidate(value=c) for c in both or id_columns(table.columns)),
        default=(both[0],) if len(both) == 1 else None,
        placeholder="the column that joins it",
        check=lambda v: "" if v in names else f"no such column there: {printable(v)}",
    )
