"""The logo: a drawing or a picture that asks for nothing and runs nothing."""

from __future__ import annotations

import re
import struct
from typing import Final
from xml.parsers import expat

from affidavit.errors import ConfigError

MAX_SIDE: Final = 4000  # pixels of a PNG
MAX_ELEMENTS: Final = 2000
_ELEMENTS: Final = frozenset((
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title", "desc",
    "defs", "linearGradient", "radialGradient", "stop", "clipPath",
))  # fmt: skip
_NAMESPACES: Final = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")
_OWN_URL: Final = re.compile(r"url\(\s*#[A-Za-z0-9_-]+\s*\)")


def require_safe_logo(name: str, content: bytes) -> None:
    """Refuse a logo that is not what its suffix says, or that reaches out of itself.

    Raises:
        ConfigError: names the file and, of an SVG, the line, element or attribute.
    """
    if name.endswith(".png"):
        _require_png(name, content)
    else:
        _require_svg(name, content)


def _require_png(name: str, content: bytes) -> None:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR" or len(content) < 33:
        raise ConfigError(f"{name}: not a PNG picture")
    width, height = struct.unpack(">II", content[16:24])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ConfigError(f"{name}: {width} by {height} pixels, at most {MAX_SIDE} a side")


def _require_svg(name: str, content: bytes) -> None:
    parser = expat.ParserCreate()
    seen: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        seen.append(element)
        here = f"{name}:{parser.CurrentLineNumber}"
        if len(seen) == 1 and element != "svg":
            raise ConfigError(f"{here}: <{element}>", "an SVG begins with <svg>")
        if element not in _ELEMENTS or len(seen) > MAX_ELEMENTS:
            raise ConfigError(
                f"{here}: <{element}> is not allowed in a logo",
                "only shapes are: no script, style, text, picture or reference",
                "save it as plain SVG, its words turned to paths",
            )
        for key, value in attributes.items():
            _require_attribute(f"{here}: <{element} {key}>", key, value)

    def doctype(*_given: object) -> None:
        raise ConfigError(f"{name}:{parser.CurrentLineNumber}: <!DOCTYPE> is not allowed in a logo")

    def instruction(target: str, _data: str) -> None:
        raise ConfigError(
            f"{name}:{parser.CurrentLineNumber}: <?{target}?> is not allowed in a logo"
        )

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    parser.ProcessingInstructionHandler = instruction
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ConfigError(f"{name}:{error.lineno}: not an SVG drawing", str(error)) from error


def _require_attribute(where: str, key: str, value: str) -> None:
    local = key.rpartition(":")[2].lower()
    if local.startswith("on") or local in ("style", "base"):
        raise ConfigError(f"{where} is not allowed in a logo", fix="use presentation attributes")
    if local == "href" and not re.fullmatch(r"#[A-Za-z0-9_-]+", value):
        raise ConfigError(f"{where} refers to {value[:60]!r}", "a logo asks for no other file")
    if key == "xmlns" or key.startswith("xmlns:"):
        if key == "xmlns" and value not in _NAMESPACES:
            raise ConfigError(f"{where} is {value[:60]!r}", "not the namespace of SVG")
        return
    if "\\" in value or ":" in value or "url(" in _OWN_URL.sub("", value.lower()):
        raise ConfigError(f"{where} is {value[:60]!r}", "a logo asks for no other file")
