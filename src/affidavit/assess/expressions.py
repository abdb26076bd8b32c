"""CEL expressions of catalogs: judged when they are loaded, and evaluated over a record.

CEL has no loops and no side effects, but a macro within a macro within a macro over long lists is
hours all the same: macros nest once, and expressions of catalogs that are not ours are evaluated
in a process with a time limit (`affidavit.assess.contained`).

References:
    Common Expression Language specification, langdef.md, "Macros".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final

import cel
from pydantic import StringConstraints

from affidavit.errors import ConfigError

MAX_LENGTH: Final = 2000
MAX_NESTED: Final = 2
Cel = Annotated[str, StringConstraints(min_length=1)]
Prepared = cel.Context

# The names that an expression may use; context.py fills exactly these.
VARIABLES: Final = frozenset(
    ["as_of", "subject", "facts", "roles", "declared", "configuration", "reports", "numbers",
     "findings", "items", "snapshots", "explanation"]
)  # fmt: skip
_MACRO: Final = re.compile(r"\.(?:exists|all|exists_one|filter|map)\(\s*([A-Za-z_]\w*)\s*,")
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_PLACE: Final = re.compile(r"<input>:(\d+):(\d+): (.*?)(?:\n|$)", re.DOTALL)


def expression_fault(text: str) -> str | None:
    """What is wrong with a CEL expression, with line and column, or None."""
    if len(text) > MAX_LENGTH:
        return f"{len(text):,} characters, at most {MAX_LENGTH:,}"
    try:
        program = cel.compile(text)
    except (ValueError, RecursionError) as error:
        message = str(error)
        if place := _PLACE.search(message):
            return f"line {place[1]}, column {place[2]}: {place[3][:160]}"
        return message[:200]
    bare = _QUOTED.sub("''", text)
    bound = set(_MACRO.findall(bare))
    if unknown := sorted(set(program.variables()) - VARIABLES - bound):
        where = _place_of(unknown[0], text)
        return f"{where}: unknown name {unknown[0]!r}; there are {', '.join(sorted(VARIABLES))}"
    if (nested := _nested(bare)) > MAX_NESTED:
        return f"{nested} macros within each other, at most {MAX_NESTED}: it might never end"
    return None


def prepare(values: Mapping[str, object]) -> Prepared:
    """A record as CEL's own values: converted once, and not for each expression again."""
    return cel.Context(variables=dict(values))


def evaluate(text: str, values: Prepared) -> object:
    """The value of an expression over a record.

    Raises:
        ConfigError: it fails on this record: a name or place that is not there, a value of another
            type, a division by zero.
    """
    try:
        return _compiled(text).execute(values)
    except (ValueError, RuntimeError, TypeError, LookupError, ArithmeticError) as error:
        raise ConfigError(f"{text!r} fails on this record", str(error)[:200]) from error


def holds(text: str, values: Prepared) -> bool:
    """The value of an expression that has to be true or false.

    Raises:
        ConfigError: it fails, or is neither.
    """
    result = evaluate(text, values)
    if not isinstance(result, bool):
        raise ConfigError(f"{text!r} gives {_shown(result)}, no true or false")
    return result


def paths(text: str, values: Prepared) -> tuple[str, ...]:
    """The value of an expression that has to be a list of texts.

    Raises:
        ConfigError: it fails, or is no such list.
    """
    result = evaluate(text, values)
    if not isinstance(result, list) or not all(isinstance(p, str) for p in result):
        raise ConfigError(f"{text!r} gives {_shown(result)}, no list of paths")
    return tuple(result)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> cel.Program:
    return cel.compile(text)


def _shown(value: object) -> str:
    return repr(value)[:80]


def _place_of(name: str, text: str) -> str:
    found = re.search(rf"\b{re.escape(name)}\b", text)
    before = text[: found.start()] if found else ""
    return f"line {before.count(chr(10)) + 1}, column {len(before.rpartition(chr(10))[2]) + 1}"


def _nested(bare: str) -> int:
    """How many macros stand within each other at most."""
    deepest, open_macros = 0, list[bool]()
    starts = {m.start() + m.group().index("(") for m in _MACRO.finditer(bare)}
    for place, character in enumerate(bare):
        if character == "(":
            open_macros.append(place in starts)
            deepest = max(deepest, sum(open_macros))
        elif character == ")" and open_macros:
            open_macros.pop()
    return deepest
