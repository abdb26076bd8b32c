"""`[model] params`, held against the parameters that the model's signature names.

MLflow ignores, with a warning in a log, a parameter that the signature does not name. A record that
said it was in force would be false, so that such a one is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.config import Config, Param
from affidavit.errors import BundleError, ConfigError
from affidavit.printable import printable
from affidavit.wording import count_text

# MLflow's types, what a value of each is in TOML, and in words.
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "text"),
    "datetime": ((str,), "a date"),
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "long": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
}
_REAL = ("float", "double")


def checked_params(signature: object, flavor: str, config: Config) -> dict[str, Json]:
    """The parameters for the worker, a whole number as a real one where that is the type.

    Args:
        signature: of MLmodel, a mapping or anything else.
        flavor: that the model is loaded by.
        config: with `[model] params`.

    Raises:
        ConfigError: the model takes none, or not these; all faults at once.
    """
    given = config.model.params
    if not given:
        return {}
    if flavor != "python_function":
        raise ConfigError(
            f"affidavit.toml: [model] params: the model is asked by its flavor {flavor}, "
            "which takes none",
            "only a model that was logged as a python_function takes parameters",
            "take [model] params out",
        )
    known = _schema(signature)
    if not known:
        raise ConfigError(
            "affidavit.toml: [model] params: the model's signature names no parameter",
            "MLflow would ignore them, and the scores would be those without",
            "take [model] params out, or log the model again with a signature that has params",
        )
    if faults := [f for name, value in given.items() for f in _faults(name, value, known)]:
        lines = "\n".join(faults)
        raise ConfigError(
            f"affidavit.toml does not fit the model, {count_text(len(faults), 'fault')}:\n{lines}",
            f"its signature names {', '.join(printable(name) for name in known)}",
            "correct [model] params",
        )
    return {name: _sent(value, known[name][0]) for name, value in given.items()}


def _schema(signature: object) -> dict[str, tuple[str, bool]]:
    """By name: the type, and whether it is a list; nothing where there is no such schema."""
    text = signature.get("params") if isinstance(signature, dict) else None
    if not isinstance(text, str):
        return {}
    try:
        specs = canonical.loads(text.encode(), "MLmodel: signature.params")
    except BundleError:
        return {}
    if not isinstance(specs, list):
        return {}
    found = [s for s in specs if isinstance(s, dict) and isinstance(s.get("name"), str)]
    return {str(s["name"]): (str(s.get("type")), s.get("shape") is not None) for s in found}


def _faults(name: str, value: Param, known: Mapping[str, tuple[str, bool]]) -> Iterator[str]:
    where = f"[model] params {printable(name)}"
    if name not in known:
        near = get_close_matches(name, list(known), n=1)
        hint = f"; did you mean {printable(near[0])}?" if near else ""
        yield f"{where}: the model has no such parameter{hint}"
        return
    kind, is_list = known[name]
    if kind not in _TYPES:
        yield f"{where}: it is of the type {printable(kind)[:40]}, which cannot be given here"
        return
    types, words = _TYPES[kind]
    values = value if isinstance(value, tuple) else (value,)
    if isinstance(value, tuple) != is_list or not all(_is_of(v, types) for v in values):
        wanted = f"a list, each {words}" if is_list else words
        yield f"{where}: expected {wanted}, found {_shown(value)}"


def _is_of(value: object, types: tuple[type, ...]) -> bool:
    """True and false are whole numbers to Python, and to nobody else."""
    return isinstance(value, types) and (isinstance(value, bool) == (types == (bool,)))


def _sent(value: Param, kind: str) -> Json:
    if isinstance(value, tuple):
        return [_sent(v, kind) for v in value]
    return float(value) if kind in _REAL else value


def _shown(value: Param) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(str(list(value)) if isinstance(value, tuple) else repr(value))[:60]
