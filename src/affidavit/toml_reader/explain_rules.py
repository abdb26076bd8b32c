"""The rules of `[explain]`: features, constraints and codes that mean one thing.

What only the model's inputs can tell (a column that is none of them) is checked where they are at
hand, in `affidavit.recompute.explain.features`.
"""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.toml_reader.document import Document, Fault, dotted, quoted
from affidavit.toml_reader.positions import KeyPath

_CHANGES: KeyPath = ("explain", "counterfactuals")


def explained(document: Document) -> Iterator[Fault]:
    """`[explain]`: its role, its output, its baseline, and the tables inside it."""
    if not isinstance(document.get("explain"), dict):
        return
    yield from _role(document)
    yield from _output(document)
    yield from _groups(document)
    yield from _categories(document)
    yield from _repeated(document, ("explain", "second"))
    yield from _repeated(document, ("explain", "decisions", "ids"))
    yield from _directions(document)
    yield from _one_hot(document)
    yield from _bounds(document)
    yield from _codes(document)


def _role(document: Document) -> Iterator[Fault]:
    role = document.text("explain", "role")
    if role is not None and role not in document.names("datasets"):
        yield document.fault(("explain", "role"), f"names no dataset: [datasets.{role}] is needed")


def _output(document: Document) -> Iterator[Fault]:
    task, given = document.text("task"), document.names("explain")
    if "of" in given and task in {"binary", "regression"}:
        yield document.fault(("explain", "of"), f"has no meaning where task is {quoted(task)}")
    decides = {"threshold", "segment"}.intersection(document.names("decision"))
    if document.text("explain", "baseline") == "near-cut-off" and not decides:
        yield document.fault(("explain", "baseline"), "needs a threshold in [decision]")
    if task == "regression":
        for key in ("reason", "reasons"):
            if key in given:
                yield document.fault(("explain", key), 'has no meaning where task is "regression"')


def _groups(document: Document) -> Iterator[Fault]:
    path: KeyPath = ("explain", "groups")
    home: dict[str, str] = {}
    for name in document.names(*path):
        columns = document.texts(*path, name)
        if not name.strip():
            yield document.fault(
                (*path, name), "a feature needs a name: that of this group is empty"
            )
        if isinstance(document.get(*path, name), tuple) and len(set(columns)) < 2:
            yield document.fault((*path, name), "expected at least two different columns")
        for index, column in enumerate(columns):
            if column in home:
                yield document.fault(
                    (*path, name, index),
                    f"is {quoted(column)}, which is in explain.groups.{home[column]} already",
                )
            home.setdefault(column, name)


def _categories(document: Document) -> Iterator[Fault]:
    path: KeyPath = ("explain", "categories")
    yield from _repeated(document, path)
    for key in ("only_up", "only_down", "bounds"):
        named = (*document.texts(*_CHANGES, key), *document.names(*_CHANGES, key))
        for index, column in enumerate(document.texts(*path)):
            if column in named:
                yield document.fault(
                    (*path, index), f"is {quoted(column)}, a number by counterfactuals.{key}"
                )


def _repeated(document: Document, path: KeyPath) -> Iterator[Fault]:
    seen: set[str] = set()
    for index in range(document.length(*path)):
        text = document.text(*path, index)
        if text is not None and text in seen:
            yield document.fault((*path, index), f"names {quoted(text)} again")
        seen.add(text or "")


def _directions(document: Document) -> Iterator[Fault]:
    """A column stays, or can only rise, or can only fall: it is in one list."""
    home: dict[str, str] = {}
    for key in ("immutable", "only_up", "only_down"):
        yield from _repeated(document, (*_CHANGES, key))
        for index in range(document.length(*_CHANGES, key)):
            column = document.text(*_CHANGES, key, index)
            if column is not None and home.setdefault(column, key) != key:
                yield document.fault(
                    (*_CHANGES, key, index),
                    f"is {quoted(column)}, which {home[column]} names already",
                )


def _one_hot(document: Document) -> Iterator[Fault]:
    path: KeyPath = (*_CHANGES, "one_hot")
    directed = {c for k in ("only_up", "only_down") for c in document.texts(*_CHANGES, k)}
    directed |= set(document.names(*_CHANGES, "bounds"))
    home: dict[str, int] = {}
    for block in range(document.length(*path)):
        columns = document.texts(*path, block)
        if isinstance(document.get(*path, block), tuple) and len(columns) < 2:
            yield document.fault((*path, block), "expected at least two columns")
        for index, column in enumerate(columns):
            place: KeyPath = (*path, block, index)
            if column in home:
                where = "again" if home[column] == block else f"of {dotted((*path, home[column]))}"
                yield document.fault(place, f"names {quoted(column)} {where}")
            home.setdefault(column, block)
            if column in directed:
                yield document.fault(
                    place,
                    f"is {quoted(column)}, which only_up, only_down or bounds name: "
                    "a block is changed whole",
                )


def _bounds(document: Document) -> Iterator[Fault]:
    path: KeyPath = (*_CHANGES, "bounds")
    stays = document.texts(*_CHANGES, "immutable")
    for column in document.names(*path):
        given = document.names(*path, column)
        if isinstance(document.get(*path, column), dict) and not given:
            yield document.fault((*path, column), "has neither min nor max")
        low, high = document.number(*path, column, "min"), document.number(*path, column, "max")
        if low is not None and high is not None and low > high:
            yield document.fault(
                (*path, column, "min"), f"expected at most max ({high}), found {low}"
            )
        if column in stays:
            yield document.fault((*path, column), "bounds a column that immutable names")


def _codes(document: Document) -> Iterator[Fault]:
    """Each code once, with features that no other code speaks of."""
    path: KeyPath = ("explain", "reason")
    codes: set[str] = set()
    home: dict[str, str] = {}
    for index in range(document.length(*path)):
        here: KeyPath = (*path, index)
        code = document.text(*here, "code") or ""
        if code and code in codes:
            yield document.fault((*here, "code"), f"names {quoted(code)} again")
        codes.add(code)
        if document.get(*here, "features") == ():
            yield document.fault((*here, "features"), "names no feature")
        for position, feature in enumerate(document.texts(*here, "features")):
            if feature in home:
                yield document.fault(
                    (*here, "features", position),
                    f"is {quoted(feature)}, which code {quoted(home[feature])} speaks of already",
                )
            home.setdefault(feature, code)
