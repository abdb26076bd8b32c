"""brand.css: a small language that cannot hide anything.

Selectors are classes whose names begin with `brand-`, so that no rule reaches what Affidavit sets;
properties and values are a short list, without addresses, positions or colours of its own: with
them, words could be set white on white. What is written to the card is built anew from the parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from affidavit.errors import ConfigError

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]*)\{([^{}]*)\}")
_CLASS: Final = re.compile(r"\.brand-[a-z0-9-]{1,40}")
_LENGTH = r"(?:0|\d{1,2}(?:\.\d{1,3})?(?:px|rem|em|pt))"
_LINE_COLOUR = r"var\(--(?:ink|soft|rule|accent)\)"
_BORDER = rf"none|{_LENGTH} (?:solid|dashed|dotted|double) {_LINE_COLOUR}"
_EDGES = ("top", "right", "bottom", "left")
PROPERTIES: Final[dict[str, str]] = {
    "color": r"var\(--(?:ink|soft|accent)\)",
    "background-color": r"var\(--(?:paper|wash)\)",
    "font-family": r'"(?:IBM Plex Sans|Source Serif 4|IBM Plex Mono)"',
    "font-size": r"(?:0?\.[7-9]\d?|1(?:\.\d{1,2})?|2(?:\.\d{1,2})?)rem",
    "font-style": "normal|italic",
    "font-weight": "400|600|normal|bold",
    "line-height": r"1\.[2-9]\d?|2",
    "text-align": "left|right|center|start|end",
    "border": _BORDER,
    "break-inside": "auto|avoid",
    "break-before": "auto|page",
    "padding": rf"{_LENGTH}(?: {_LENGTH}){{0,3}}",
    "margin": rf"{_LENGTH}(?: {_LENGTH}){{0,3}}",
    **{f"border-{e}": _BORDER for e in _EDGES},
    **{f"padding-{e}": _LENGTH for e in _EDGES},
    **{f"margin-{e}": _LENGTH for e in _EDGES},
}  # fmt: skip


def checked_styles(text: str, name: str) -> str:
    """brand.css, written anew from what is allowed.

    Raises:
        ConfigError: the first rule that is not, with its line.
    """
    plain = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
    rules, end = [], 0
    for found in _RULE.finditer(plain):
        _require_blank(plain, end, found.start(), name)
        lead = len(found[1]) - len(found[1].lstrip())
        selector = _selector(found[1].strip(), _line(plain, found.start() + lead), name)
        rules.append(f"{selector}{{{';'.join(_declarations(plain, found, name))}}}\n")
        end = found.end()
    _require_blank(plain, end, len(plain), name)
    return "".join(rules)


def _require_blank(plain: str, start: int, end: int, name: str) -> None:
    rest = plain[start:end]
    if rest.strip():
        at = start + len(rest) - len(rest.lstrip())
        raise ConfigError(
            f"{name}:{_line(plain, at)}: {rest.strip()[:60]!r}", "not a rule `.brand-x { … }`"
        )


def _selector(text: str, line: int, name: str) -> str:
    classes = [one.strip() for one in text.split(",")]
    for one in classes:
        if not _CLASS.fullmatch(one):
            raise ConfigError(
                f"{name}:{line}: selector {one[:60]!r}",
                "a rule may only reach classes of its own, so that it cannot hide the card's words",
                "use a class that begins with .brand-, and give it to elements of your templates",
            )
    return ",".join(classes)


def _declarations(plain: str, rule: re.Match[str], name: str) -> Iterator[str]:
    at = rule.start(2)
    for part in rule[2].split(";"):
        line = _line(plain, at + len(part) - len(part.lstrip()))
        at += len(part) + 1
        if not part.strip():
            continue
        key, _, value = (x.strip() for x in part.partition(":"))
        value = " ".join(value.split())
        if key not in PROPERTIES:
            raise ConfigError(
                f"{name}:{line}: property {key[:60]!r} is not allowed",
                fix=f"allowed are {', '.join(sorted(PROPERTIES))}",
            )
        if not re.fullmatch(PROPERTIES[key], value):
            raise ConfigError(
                f"{name}:{line}: {key}: {value[:60]!r} is not allowed",
                fix="docs/branding.md lists the values that each property takes",
            )
        yield f"{key}:{value}"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
