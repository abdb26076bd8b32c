"""Faults against the models of `affidavit.config`: wrong keys, types and words, in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from affidavit.evidence import Record
from affidavit.toml_reader.document import Document, Fault, described, dotted, quoted
from affidavit.toml_reader.positions import KeyPath

_EXPECTED: Mapping[str, str] = {
    "string_type": "text in quotes",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "tuple_type": 'a list, as in ["a", "b"]',
    "dict_type": "a table",
    "model_type": "a table",
}  # fmt: skip

_OF_A_PARAM = 3  # steps of model.params.<name>
# What a text has to look like, by key: a pattern is not shown to a person.
_FORMS: Mapping[str, str] = {
    "adapter": 'a function of a module, as in "prep.features:prepare"',
    "budget": 'a time in whole seconds or minutes, as in "90s" or "5m"',
    "second": 'names of explainers in small letters, as in ["shap", "alibi"]',
    "sha256": "64 characters of 0 to 9 and a to f",
}

# What to say of a required key, beyond its type.
_MISSING: Mapping[str, str] = {
    "include": 'state "embed" (the rows travel in the bundle) or "reference" (only digests do); '
    "there is no default",
    "version": "write version = 1 as the first line",
    "set_by": "a threshold counts only with who set it",
    "set_on": 'a threshold counts only with the day it was set, as in "2026-11-01"',
    "kind": 'state "outcome" (it was observed), "past-decision" or "proxy"',
    "source": 'state "self-reported", "observed" or "estimated"',
    "task": 'state "binary", "multiclass" or "regression"',
}


def shape_faults(model: type[Record], document: Document) -> list[Fault]:
    """Every key that the model does not know, every value of a wrong type, every missing key."""
    try:
        model.model_validate(document.values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    else:
        details = []
    faults = _version_faults(document)
    unknown = [d for d in details if d["type"] == "extra_forbidden"]
    misspelt: set[KeyPath] = set()
    for detail in unknown:
        fault, meant = _unknown_key(model, document, tuple(detail["loc"]))
        faults.append(fault)
        if meant is not None:
            misspelt.add((*detail["loc"][:-1], meant))
    for detail in details:
        path: KeyPath = tuple(detail["loc"])
        if detail["type"] == "extra_forbidden" or path in misspelt or path == ("version",):
            continue
        if path[:2] == ("model", "params") and len(path) > _OF_A_PARAM:
            continue  # one detail for each type that a parameter may have: rules.py says it in one
        key = next(str(p) for p in reversed(path) if isinstance(p, str))
        faults.append(document.fault(path, _told(detail, key)))
    return faults


def _version_faults(document: Document) -> list[Fault]:
    """Apart from the models: `true` equals 1 to them, and a newer file needs other words."""
    found = document.get("version")
    if found is None:
        return [document.fault(("version",), f"is missing: {_MISSING['version']}")]
    if not isinstance(found, int) or isinstance(found, bool) or found != 1:
        what = f"expected 1, found {described(found)}; a newer file needs a newer Affidavit"
        return [document.fault(("version",), what)]
    return []


def _told(detail: ErrorDetails, key: str) -> str:
    """What is wrong with a value, the expected before the found."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return f"is missing: {_MISSING.get(key, 'it is required')}"
    found = described(detail["input"])
    if kind == "literal_error":
        choices = str(context["expected"]).replace("'", '"')
        hint = _hint(detail["input"], choices.split('"')[1::2])
        return f"expected {choices}, found {found}{hint}"
    if kind == "greater_than_equal":
        return f"expected at least {context['ge']}, found {found}"
    if kind == "string_pattern_mismatch" and key in _FORMS:
        return f"expected {_FORMS[key]}, found {found}"
    if kind == "string_type" and isinstance(detail["input"], int | float):
        return f'expected text in quotes, found {found}; write "{found}"'
    return f"expected {_EXPECTED.get(kind, detail['msg'])}, found {found}"


def _hint(found: object, words: list[str]) -> str:
    near = nearest(found, words) if isinstance(found, str) else None
    return f"; did you mean {quoted(near)}?" if near else ""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The known word that was most likely meant, or None."""
    folded = {name.casefold().replace("-", "_"): name for name in known}
    found = difflib.get_close_matches(word.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _unknown_key(root: type[Record], document: Document, path: KeyPath) -> tuple[Fault, str | None]:
    """The fault of a key that is not known where it stands, and the key there that was meant."""
    table, key = path[:-1], str(path[-1])
    here = _model_at(root, table)
    known = list(here.model_fields) if here is not None else []
    what = "is not a known key"
    elsewhere = [place for place, keys in _tables(root) if key in keys]
    if elsewhere:
        # `decision` is a table of its own, and is also one s from `[explain] decisions`.
        close = next((k for k in known if k.rstrip("s") == key.rstrip("s")), None)
        also = f"; or did you mean {quoted(close)}?" if close else ""
        told = f"{what} here; it belongs in {' or '.join(elsewhere)}{also}"
        return document.fault(path, told), None
    if meant := nearest(key, known):
        return document.fault(path, f"{what}; did you mean {quoted(meant)}?"), meant
    where = f"in {dotted(table)}" if table else "at the top"
    listed = f"; known {where}: {', '.join(known)}" if known else f"; {where} nothing is read yet"
    return document.fault(path, what + listed), None


def _tables(model: type[Record]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables of a file as they are written, each with its keys."""
    yield "the top of the file", tuple(model.model_fields)
    for name, field in model.model_fields.items():
        inner, form = _inner(field.annotation), f"[{name}]"
        if inner is None:
            continue
        if get_origin(field.annotation) is tuple:
            form = f"[[{name}]]"
        elif get_origin(field.annotation) is dict:
            form = f"[{name}.<name>]"
        yield form, tuple(inner.model_fields)


def _model_at(model: type[Record], path: KeyPath) -> type[Record] | None:
    """The model of the table at a path, or None where the path leads out of the models."""
    current: type[Record] | None = model
    at = list(path)
    while at and current is not None:
        field = current.model_fields.get(str(at.pop(0)))
        if field is None:
            return None
        if get_origin(field.annotation) in (tuple, dict) and at:
            at.pop(0)  # the index, or the name that the user gave
        current = _inner(field.annotation)
    return current


def _inner(annotation: Any) -> type[Record] | None:
    """The model inside `X`, `X | None`, `tuple[X, ...]`, `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _inner(arg))), None)
