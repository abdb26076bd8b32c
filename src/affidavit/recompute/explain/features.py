"""What is explained of the inputs: the features, how their values go, and which are protected.

`affidavit.toml` names columns before there is a model; here they are held against the model's
inputs, so that a slip of the pen is refused before anything is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config, Explain
from affidavit.errors import ConfigError
from affidavit.explanation_record import FeatureName
from affidavit.printable import printable
from affidavit.recompute.explain.explained import Kind
from affidavit.wording import count_text, first_text

_PART = 1 << 20  # rows looked at together
_LISTED = 20  # inputs named in an error
_ORDERED = ("number", "integer")


def features_of(inputs: Any, config: Config) -> tuple[FeatureName, ...]:
    """The features: `[explain.groups]` and every other input column, in the order of the inputs.

    A group stands at its first column; its columns are in the order of the inputs. Every input is
    in exactly one feature.

    Args:
        inputs: a pyarrow Table, what the model is given.
        config: with `[explain]`.

    Raises:
        ConfigError: `[explain]` names a column that is no input, a feature that is none, two codes
            for one feature, or a group by the name of another column; all faults at once.
    """
    explain, columns = explain_of(config), tuple(inputs.column_names)
    home = {column: name for name, group in explain.groups.items() for column in group}
    features: dict[str, list[str]] = {}
    for column in columns:
        features.setdefault(home.get(column, column), []).append(column)
    faults = [*_group_faults(explain, columns), *_column_faults(config, columns)]
    found = tuple(FeatureName(name=n, columns=tuple(c)) for n, c in features.items())
    faults += [*_code_faults(explain, found), *_word_faults(config, found)]
    _refuse(faults, columns)
    return found


def kinds_of(inputs: Any, config: Config) -> tuple[Kind, ...]:
    """How the values of each input go, in the order of the inputs.

    A column of floats whose known values are all whole is `integer`: with a value missing, or by
    the model's signature, whole numbers come as floats. What is neither number nor boolean (text,
    dates), or is in `[explain] categories`, is a `category`.

    Raises:
        ConfigError: a column that is to rise or fall, or has bounds, is not a number; or a column
            of a one-hot block holds something else than 0 and 1; all faults at once.
    """
    coded = explain_of(config).categories
    kinds = tuple(
        Kind(column=c, kind="category" if c in coded else _kind(inputs.column(c)))
        for c in inputs.column_names
    )
    by_column = {k.column: k.kind for k in kinds}
    rules, faults = explain_of(config).counterfactuals, list[str]()
    for key, columns in (
        ("only_up", rules.only_up), ("only_down", rules.only_down), ("bounds", rules.bounds),
    ):  # fmt: skip
        faults += [
            f"[explain.counterfactuals] {key}: {_shown(column)} is no number, it is a {kind}"
            for column in columns
            if (kind := by_column.get(column, "number")) not in _ORDERED
        ]
    faults += [
        f"[explain.counterfactuals] one_hot: {_shown(column)} holds something else than 0 and 1"
        for column in (c for block in rules.one_hot for c in block)
        if column in by_column and not _is_indicator(inputs.column(column))
    ]
    _refuse(faults, tuple(inputs.column_names))
    return kinds


def protected_columns(config: Config) -> dict[str, str]:
    """Columns that hold a sensitive attribute, or the probability of a group, by attribute.

    A column by the attribute's own name holds it too, wherever the groups come from.
    """
    found: dict[str, str] = {}
    for name, attribute in config.sensitive.items():
        for column in (name, attribute.column, *attribute.probabilities.values()):
            if column:
                found.setdefault(column, name)
    return found


def code_of(features: Sequence[FeatureName], explain: Explain) -> dict[str, int]:
    """Which of `[[explain.reason]]` speaks of each feature, by the feature's name.

    A code that names one column of a feature of several speaks of the whole feature: an attribution
    is not split further.
    """
    codes = {name: place for place, r in enumerate(explain.reason) for name in r.features}
    return {
        feature.name: codes[named]
        for feature in features
        for named in (feature.name, *feature.columns)
        if named in codes
    }


def explain_of(config: Config) -> Explain:
    """`[explain]`, which is there wherever something is explained."""
    if config.explain is None:
        raise ValueError("nothing is to be explained")
    return config.explain


def _kind(column: Any) -> Literal["number", "integer", "boolean", "category"]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind):
        return "integer" if _is_whole(column) else "number"
    return "category"


def _is_whole(column: Any) -> bool:
    """Whether there are known values, and all are whole numbers."""
    seen = False
    for start in range(0, len(column), _PART):
        values = pc.fill_null(column.slice(start, _PART), np.nan)
        numbers = np.asarray(values.to_numpy(), dtype=float)
        known = numbers[np.isfinite(numbers)]
        if not bool((known == np.floor(known)).all()):
            return False
        seen |= len(known) > 0
    return seen


def _is_indicator(column: Any) -> bool:
    if pa.types.is_boolean(column.type):
        return True
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    values = np.asarray(pc.fill_null(pc.unique(column).cast(pa.float64()), np.nan).to_numpy())
    return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())


def _group_faults(explain: Explain, columns: tuple[str, ...]) -> Iterator[str]:
    for name, group in explain.groups.items():
        where = f"[explain.groups] {printable(name)}"
        yield from (_unknown(where, c, columns, "input") for c in group if c not in columns)
        if name in columns and name not in group:
            yield f"{where} has the name of an input that is not in it"


def _column_faults(config: Config, columns: tuple[str, ...]) -> Iterator[str]:
    """Columns that no counterfactual rule can mean.

    `immutable` may name what the model is not given (a sensitive attribute): it stays anyway.
    """
    rules = explain_of(config).counterfactuals
    declared = {*columns, *protected_columns(config), *config.rows.exclude}
    declared |= {config.rows.id or "", config.label.column}
    where = "[explain] categories"
    codes = explain_of(config).categories
    yield from (_unknown(where, c, columns, "input") for c in codes if c not in columns)
    for key, named in (
        ("immutable", [c for c in rules.immutable if c not in declared]),
        ("only_up", rules.only_up), ("only_down", rules.only_down), ("bounds", rules.bounds),
        ("one_hot", [c for block in rules.one_hot for c in block]),
    ):  # fmt: skip
        where = f"[explain.counterfactuals] {key}"
        yield from (_unknown(where, c, columns, "input") for c in named if c not in columns)


def _code_faults(explain: Explain, features: Sequence[FeatureName]) -> Iterator[str]:
    known = [n for f in features for n in (f.name, *f.columns)]
    for reason in explain.reason:
        where = f"[[explain.reason]] {printable(reason.code)}"
        yield from (_unknown(where, n, known, "feature") for n in reason.features if n not in known)
    for feature in features:
        named = {feature.name, *feature.columns}
        codes = [r.code for r in explain.reason if named.intersection(r.features)]
        if len(codes) > 1:
            yield (
                f"[[explain.reason]] {printable(', '.join(codes))}: each speaks of the feature "
                f"{_shown(feature.name)}, whose attribution is not split"
            )


def _word_faults(config: Config, features: Sequence[FeatureName]) -> Iterator[str]:
    """Words for what is on no page; a sensitive attribute's may stand under its own name."""
    known = [n for f in features for n in (f.name, *f.columns)]
    known += [*config.sensitive, *protected_columns(config), config.label.column]
    words = explain_of(config).words
    yield from (_unknown("[explain.words]", n, known, "feature") for n in words if n not in known)


def _unknown(where: str, name: str, known: Iterable[str], what: str) -> str:
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), list(folded), n=1)
    hint = f"; did you mean {_shown(folded[near[0]])}?" if near else ""
    return f"{where}: {_shown(name)} is no {what} of the model{hint}"


def _shown(name: str) -> str:
    return repr(printable(name))


def _listed(columns: Sequence[str]) -> str:
    return first_text([_shown(c) for c in columns], _LISTED)


def _refuse(faults: Sequence[str], columns: Sequence[str]) -> None:
    """One error for all of them, with the inputs that there are.

    Raises:
        ConfigError: there is one.
    """
    if faults:
        lines = "\n".join(dict.fromkeys(faults))
        raise ConfigError(
            f"affidavit.toml does not fit the model, {count_text(len(set(faults)), 'fault')}:\n"
            f"{lines}",
            f"it reads {_listed(columns)}",
            fix="name the model's inputs as the snapshot does; docs/configuration.md has every key",
        )
