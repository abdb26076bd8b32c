"""The rules of what forms groups: sensitive attributes, segments, intersections, bands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from affidavit.places import PERIOD, UNKNOWN_GROUPS
from affidavit.toml_reader.document import Document, Fault, quoted
from affidavit.toml_reader.positions import KeyPath

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
# The other columns of reports/counts/<role>.csv.
COUNT_COLUMNS = frozenset({"label", "decision", "n", "sum_w", "sum_w2"})
_MOST_TOGETHER = 3


def sensitive(document: Document) -> Iterator[Fault]:
    """`[sensitive.<name>]`: named for a column, held in one or estimated by several."""
    label = document.text("label", "column")
    for name in document.names("sensitive"):
        attribute: KeyPath = ("sensitive", name)
        given = document.names(*attribute)
        yield from _column_name(document, attribute, COUNT_COLUMNS)
        yield from _column_or_probabilities(document, attribute)
        if "table" in given and "join_on" not in given:
            yield document.fault(attribute, "has a table, and no join_on: the column it joins by")
        if "join_on" in given and "table" not in given:
            yield document.fault(attribute, "has join_on, and no table to join")
        if (
            label is not None
            and "table" not in given
            and document.text(*attribute, "column") == label
        ):
            yield document.fault((*attribute, "column"), f"is the label column, {quoted(label)}")
        yield from _bands(document, (*attribute, "bands"))
        yield from inside(document, (*attribute, "table"))


def _column_name(document: Document, path: KeyPath, taken: frozenset[str]) -> Iterator[Fault]:
    """A name that becomes a column of a count table."""
    if not _ATTRIBUTE.fullmatch(str(path[-1])) or path[-1] in taken:
        yield document.fault(
            path,
            "cannot be a name here: letters, digits, - and _, at most 40, and not "
            + ", ".join(sorted(taken)),
        )


def _column_or_probabilities(document: Document, attribute: KeyPath) -> Iterator[Fault]:
    given = document.names(*attribute)
    if "probabilities" not in given:
        if "column" not in given and isinstance(document.get(*attribute), dict):
            yield document.fault(
                (*attribute, "column"), "is missing: the column that holds it, or probabilities"
            )
        if "assign_from" in given:
            yield document.fault((*attribute, "assign_from"), "goes with probabilities")
        return
    for key in ("column", "bands"):
        if key in given:
            yield document.fault((*attribute, key), "cannot stand beside probabilities")
    source = document.text(*attribute, "source")
    if source not in (None, "estimated"):
        yield document.fault(
            (*attribute, "source"),
            f'expected "estimated" with probabilities, found {quoted(source)}',
        )
    groups = document.names(*attribute, "probabilities")
    if len(groups) < 2:
        yield document.fault(
            (*attribute, "probabilities"), "names fewer than two groups, each with its column"
        )
    for group in sorted(UNKNOWN_GROUPS.intersection(groups)):
        yield document.fault(
            (*attribute, "probabilities", group), "is a word of ours for rows without a group"
        )
    least = document.number(*attribute, "assign_from")
    if least is not None and not 0.5 <= least <= 1:
        yield document.fault(
            (*attribute, "assign_from"), f"expected a probability from 0.5 to 1, found {least}"
        )


def segments(document: Document) -> Iterator[Fault]:
    """`[segments.<name>]`: no attribute's name, not the label."""
    taken = COUNT_COLUMNS | {PERIOD} | set(document.names("sensitive"))
    label = document.text("label", "column")
    for name in document.names("segments"):
        segment: KeyPath = ("segments", name)
        yield from _column_name(document, segment, taken)
        if label is not None and document.text(*segment, "column") == label:
            yield document.fault((*segment, "column"), f"is the label column, {quoted(label)}")
        yield from _bands(document, (*segment, "bands"))


def intersections(document: Document) -> Iterator[Fault]:
    """`[fairness] intersections`: attributes that are declared, each list once."""
    path: KeyPath = ("fairness", "intersections")
    known, seen = document.names("sensitive"), set[frozenset[str]]()
    for index in range(document.length(*path)):
        here: KeyPath = (*path, index)
        names = document.texts(*here)
        if not 2 <= len(set(names)) == len(names) <= _MOST_TOGETHER:
            yield document.fault(here, f"expected 2 to {_MOST_TOGETHER} different attributes")
        for position, name in enumerate(names):
            if name not in known:
                yield document.fault(
                    (*here, position), f"names no attribute: [sensitive.{name}] is needed"
                )
        if frozenset(names) in seen:
            yield document.fault(here, "names the attributes of an earlier one")
        seen.add(frozenset(names))


def _bands(document: Document, path: KeyPath) -> Iterator[Fault]:
    cuts = [document.number(*path, i) for i in range(document.length(*path))]
    for index, (low, high) in enumerate(pairwise(cuts)):
        if low is not None and high is not None and not low < high:
            yield document.fault(
                (*path, index + 1), f"expected more than {low}, found {high}: bands increase"
            )


def is_inside(path: str) -> bool:
    """Whether a path stays in the repository, and is written with /."""
    leaves = path.startswith("/") or "\\" in path or ".." in path.split("/")
    return not leaves and path[1:2] != ":"


def inside(document: Document, path: KeyPath) -> Iterator[Fault]:
    """A path that leaves the repository, or is not written with /."""
    text = document.text(*path)
    if text is not None and not is_inside(text):
        yield document.fault(
            path, f"expected a path inside the repository, with /, found {quoted(text)}"
        )
