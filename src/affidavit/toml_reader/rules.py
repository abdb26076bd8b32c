"""What must hold in affidavit.toml and declarations.toml beyond the types of its keys.

Each rule reads the document and yields faults; a value that is absent or of a wrong type is not its
matter. Nothing that decides about people is guessed here: it is asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date

from affidavit.errors import UsageError
from affidavit.places import PERIOD
from affidavit.printable import is_blank, says_something
from affidavit.subject import parse_ref
from affidavit.toml_reader.document import Document, Fault, described, quoted
from affidavit.toml_reader.explain_rules import explained
from affidavit.toml_reader.group_rules import inside, intersections, segments, sensitive
from affidavit.toml_reader.positions import KeyPath

_NEVER = "it is never guessed"
_MOST_HOLDS = 1000
MOST_WORDS = 200  # characters of what page one says of the label, or of a thing beside
MOST_BESIDE = 8  # what decides beside the model, on page one
_SAFE = 2**53
_SCALARS = (bool, int, float, str)
_PARAM = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ROLE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")
# Of an address: user:password@, a password or a signature among its parameters.
_SECRET = re.compile(
    r"://[^/@\s]{0,500}:[^/@\s]{0,500}@|[?&](?:password|x-amz-[a-z]+|sig)=", re.IGNORECASE
)
_LEAVE_OUT = "leave the key out, so that it shows as missing"

Rule = Callable[[Document], Iterator[Fault]]


def config_faults(document: Document) -> list[Fault]:
    """Every rule of affidavit.toml that the document breaks."""
    return [fault for rule in _CONFIG_RULES for fault in rule(document)]


def declaration_faults(document: Document) -> list[Fault]:
    """Every rule of declarations.toml that the document breaks."""
    days: list[KeyPath] = [(key,) for key in ("declared_on", "approved_on", "next_review")]
    days += [("document", i, "dated") for i in range(document.length("document"))]
    found = [*_no_empty_value(document), *_no_mere_sign(document)]
    return [*found, *(fault for day in days for fault in _day(document, day))]


def _no_mere_sign(document: Document) -> Iterator[Fault]:
    """A dash answers no question; a label's value, in affidavit.toml, may be one."""
    for path, value in document.leaves():
        if isinstance(value, str) and not is_blank(value) and not says_something(value):
            yield document.fault(path, f"says nothing: {quoted(value)}; {_LEAVE_OUT}")


def _no_empty_value(document: Document) -> Iterator[Fault]:
    for path, value in document.leaves():
        if isinstance(value, str) and is_blank(value):
            yield document.fault(path, f"is empty; {_LEAVE_OUT}")
        elif isinstance(value, float) and not math.isfinite(value):
            yield document.fault(path, f"expected a number, found {value}")


def _binary_label(document: Document) -> Iterator[Fault]:
    task, label = document.text("task"), document.get("label")
    if not isinstance(label, dict):
        return
    if task == "binary" and "positive" not in label:
        yield document.fault(
            ("label", "positive"),
            f"is missing: the value of the label whose probability is the score; {_NEVER}",
        )
    if task in {"multiclass", "regression"} and "positive" in label:
        yield document.fault(("label", "positive"), f"has no meaning where task is {quoted(task)}")
    compares = document.names("sensitive") and task != "regression"
    if (task == "binary" or compares) and "favourable" not in label:
        yield document.fault(
            ("label", "favourable"),
            f"is missing: the value of the label that is good for the person; {_NEVER}",
        )


def _meanings(document: Document) -> Iterator[Fault]:
    for key in ("favourable_means", "unfavourable_means"):
        path: KeyPath = ("label", key)
        text, task = document.text(*path), document.text("task")
        if text is None:
            continue
        if task == "regression" or (task == "multiclass" and key == "unfavourable_means"):
            yield document.fault(path, f'has no meaning where task is "{task}"')
        elif "favourable" not in document.names("label"):
            meant = key.removesuffix("_means")
            yield document.fault(path, f"says what {meant} means, and favourable is not there")
        yield from _short(document, path, text)


def _short(document: Document, path: KeyPath, text: str) -> Iterator[Fault]:
    if len(text) > MOST_WORDS:
        yield document.fault(
            path, f"has {len(text)} characters; page one has room for {MOST_WORDS}"
        )


def _binary_decision(document: Document) -> Iterator[Fault]:
    task, given = document.text("task"), document.names("decision")
    if task == "binary" and not {"threshold", "column", "segment"}.intersection(given):
        yield document.fault(
            ("decision",),
            "is missing: a threshold, [[decision.segment]] or the column of the final decision; "
            + _NEVER,
        )
    for key in ("threshold", "segment"):
        if task in {"multiclass", "regression"} and key in given:
            yield document.fault(("decision", key), f"has no meaning where task is {quoted(task)}")
    paths: list[KeyPath] = [("decision", "threshold")]
    seen: set[tuple[str | None, str | None]] = set()
    for index in range(document.length("decision", "segment")):
        segment: KeyPath = ("decision", "segment", index)
        paths.append((*segment, "threshold"))
        rows = (document.text(*segment, "column"), document.text(*segment, "value"))
        if rows in seen and None not in rows:
            yield document.fault(segment, "names the rows of an earlier segment")
        seen.add(rows)
    for path in paths:
        value = document.number(*path)
        if value is not None and not 0 <= value <= 1:
            yield document.fault(path, f"expected a probability from 0 to 1, found {value}")


def _beside(document: Document) -> Iterator[Fault]:
    """What decides beside the model stands on page one, which has little room."""
    path: KeyPath = ("decision", "beside")
    named = document.texts(*path)
    if len(named) > MOST_BESIDE:
        yield document.fault(path, f"names {len(named)}; page one has room for {MOST_BESIDE}")
    for index, text in enumerate(named):
        yield from _short(document, (*path, index), text)
        if text in named[:index]:
            yield document.fault((*path, index), f"names {quoted(text)} again")


def _adapter(document: Document) -> Iterator[Fault]:
    """What an adapter is given can only be said here: the signature is of what it gives."""
    if document.text("model", "adapter") is not None and not document.length("features", "columns"):
        yield document.fault(
            ("model", "adapter"),
            "needs [features] columns: the columns of the data that it is given",
        )


def _params(document: Document) -> Iterator[Fault]:
    for name in document.names("model", "params"):
        here: KeyPath = ("model", "params", name)
        if not _PARAM.fullmatch(name):
            yield document.fault(
                here, "cannot be a parameter's name: letters, digits and _, at most 64"
            )
        elif not _is_param(document.get(*here)):
            yield document.fault(
                here,
                "expected text, a number, true or false, or a list of these, found "
                f"{described(document.get(*here))}",
            )


def _is_param(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(not isinstance(v, tuple) and _is_param(v) for v in value)
    # JSON has no larger whole numbers than a double holds.
    return isinstance(value, _SCALARS) and not (isinstance(value, int) and abs(value) > _SAFE)


def _holds(document: Document) -> Iterator[Fault]:
    if document.length("hold") > _MOST_HOLDS:
        yield document.fault(
            ("hold", _MOST_HOLDS),
            f"is one of {document.length('hold')} thresholds; at most {_MOST_HOLDS} are held",
        )
        return
    for index in range(document.length("hold")):
        hold: KeyPath = ("hold", index)
        given = document.names(*hold)
        if given and not {"min", "max"}.intersection(given):
            yield document.fault(hold, "has neither min nor max")
        low, high = document.number(*hold, "min"), document.number(*hold, "max")
        if low is not None and high is not None and low > high:
            yield document.fault((*hold, "min"), f"expected at most max ({high}), found {low}")
        known = {*document.names("sensitive"), *document.names("segments")}
        known |= {PERIOD} if document.names("time") else set()
        for name in document.names(*hold, "group"):
            if name not in known:
                yield document.fault(
                    (*hold, "group", name), f"names no attribute: [sensitive.{name}] is needed"
                )
        yield from _day(document, (*hold, "set_on"))


def _challenger(document: Document) -> Iterator[Fault]:
    text = document.text("challenger")
    if text is None or is_blank(text):
        return
    try:
        parse_ref(text)
    except UsageError:
        yield document.fault(
            ("challenger",),
            f'expected "models:/name/2" or "models:/name@alias", found {quoted(text)}',
        )


def _set_on(document: Document) -> Iterator[Fault]:
    return _day(document, ("set_on",))


def _day(document: Document, path: KeyPath) -> Iterator[Fault]:
    text = document.text(*path)
    if text is not None and not _is_day(text):
        yield document.fault(path, f'expected a day, as in "2026-11-01", found {quoted(text)}')


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_role(name: str) -> bool:
    """Whether a name can be a role's: it names files in the bundle."""
    return _ROLE.fullmatch(name) is not None and _DEVICE.fullmatch(name) is None


def _datasets(document: Document) -> Iterator[Fault]:
    if isinstance(document.get("datasets"), dict) and not document.names("datasets"):
        yield document.fault(("datasets",), "names no dataset; one [datasets.<role>] is needed")
    for role in document.names("datasets"):
        dataset: KeyPath = ("datasets", role)
        given = document.names(*dataset)
        if not is_role(role):
            yield document.fault(
                dataset,
                "cannot be a role, it names files: small letters, digits, - and _, at most 40",
            )
        if isinstance(document.get(*dataset), dict) and not {"path", "uri"}.intersection(given):
            yield document.fault(dataset, "has neither path (in the repository) nor uri")
        yield from _place(document, dataset)
        yield from inside(document, (*dataset, "path"))
        yield from inside(document, (*dataset, "suite"))
        artifact = document.text(*dataset, "expectations")
        if artifact is not None and (artifact.startswith("/") or ".." in artifact.split("/")):
            yield document.fault(
                (*dataset, "expectations"),
                f"expected a path among the run's artifacts, found {quoted(artifact)}",
            )


def _place(document: Document, dataset: KeyPath) -> Iterator[Fault]:
    """One place a role: at a commit, or elsewhere; and no password in a file that travels."""
    uri = document.text(*dataset, "uri")
    if uri is None:
        return
    for key in ("path", "rev"):
        if key in document.names(*dataset):
            yield document.fault((*dataset, key), "stands beside uri: the data has one place")
    if _SECRET.search(uri):
        yield document.fault(
            (*dataset, "uri"),
            "holds a password or a signature, and this file travels in the bundle; take it out, "
            "and leave it to the environment or to --dataset",
        )


def _unit(document: Document) -> Iterator[Fault]:
    """The unit says whose a row is: nothing that is predicted, decided or weighed does."""
    unit = document.text("unit")
    for path in (("label", "column"), ("decision", "column"), ("rows", "weight")):
        if unit is not None and document.text(*path) == unit:
            named = f"{path[0]}.{path[1]}"
            yield document.fault(("unit",), f"is the column of {named}, {quoted(unit)}")


def _features(document: Document) -> Iterator[Fault]:
    hidden: dict[str, str] = {}
    singles: list[KeyPath] = [("label", "column"), ("rows", "id"), ("rows", "weight"),
                              ("decision", "column")]  # fmt: skip
    singles += [("sensitive", name, "column") for name in document.names("sensitive")]
    singles += [("rows", "exclude", i) for i in range(document.length("rows", "exclude"))]
    for path in singles:
        if (column := document.text(*path)) is not None:
            hidden.setdefault(column, f"{path[0]}.{path[1]}")
    seen: set[str] = set()
    for index in range(document.length("features", "columns")):
        place: KeyPath = ("features", "columns", index)
        column = document.text(*place)
        if column is None:
            continue
        if column in hidden:
            yield document.fault(
                place, f"is {quoted(column)}, which {hidden[column]} keeps from the model"
            )
        if column in seen:
            yield document.fault(place, f"names {quoted(column)} again")
        seen.add(column)


_CONFIG_RULES: tuple[Rule, ...] = (
    _no_empty_value, _set_on, _challenger, _binary_label, _meanings, _binary_decision, _beside,
    _adapter, _params, _holds, sensitive, segments, intersections, _unit, _datasets, _features,
    explained,
)  # fmt: skip
