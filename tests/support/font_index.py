"""templates/fonts/faces.json, made from the fonts: `python -m tests.support.font_index` writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

FONTS = Path("templates/fonts")
INDEX = FONTS / "faces.json"
_SLOTS = {"source-serif-4": "serif", "ibm-plex-sans": "sans", "ibm-plex-mono": "mono"}
_FAMILIES = {"source-serif-4": "Source Serif 4", "ibm-plex-sans": "IBM Plex Sans",
             "ibm-plex-mono": "IBM Plex Mono"}  # fmt: skip
# The order in which the subsets are asked for a character.
_ORDER = ("latin", "latin-ext", "vietnamese", "greek", "cyrillic", "cyrillic-ext", "hebrew",
          "arabic", "devanagari", "sc", "tc", "jp", "kr")  # fmt: skip


def index() -> list[dict[str, Any]]:
    """One entry a family: its slot, its files by weight, the characters that it has."""
    families: dict[str, dict[str, Any]] = {}
    for path in sorted(FONTS.rglob("*.woff2"), key=_place):
        name, weight = path.name.rsplit("-", 2)[0], path.name.rsplit("-", 2)[1]
        family, slot = _family(name)
        codes = {c for c in TTFont(path).getBestCmap() if c >= 0x20}
        entry = families.setdefault(
            family, {"family": family, "slot": slot, "files": {}, "codes": codes}
        )
        entry["files"][weight] = path.relative_to(FONTS).as_posix()
        entry["codes"] &= codes
    return [
        {**e, "codes": _ranges(e["codes"] - _latin(families, e["family"]))}
        for e in families.values()
    ]


def text() -> str:
    """The index as it stands in the repository."""
    lines = ",\n".join(json.dumps(e) for e in index())
    return f"[\n{lines}\n]\n"


def _latin(families: dict[str, dict[str, Any]], family: str) -> set[int]:
    """What every base family has is asked for nowhere else."""
    if family in _FAMILIES.values():
        return set()
    common: set[int] = set.intersection(*(families[f]["codes"] for f in _FAMILIES.values()))
    return common


def _place(path: Path) -> tuple[int, int, str]:
    found = re.search(r"-(sc|tc|jp|kr)-(\d+)-", path.name)
    subset = found[1] if found else path.name.rsplit("-", 2)[0]
    for base in _SLOTS:
        subset = subset.removeprefix(f"{base}-")
    subset = subset.rpartition("-")[2] if subset not in _ORDER else subset
    return _ORDER.index(subset), -int(found[2]) if found else 0, path.name


def _family(name: str) -> tuple[str, str]:
    if name.startswith("noto-sans-"):
        language, number = name.removeprefix("noto-sans-").split("-")
        return f"Noto Sans {language.upper()} {number}", "any"
    for base, slot in _SLOTS.items():
        if name.startswith(f"{base}-"):
            subset = name.removeprefix(f"{base}-")
            if subset == "latin":
                return _FAMILIES[base], slot
            script, _, again = subset.partition("-")
            if script == again:  # ibm-plex-sans-hebrew-hebrew: a package of its own
                return f"{_FAMILIES[base]} {script.title()}", "any"
            return f"{_FAMILIES[base]} {subset.replace('-', ' ').title()}", slot
    raise ValueError(name)


def _ranges(codes: set[int]) -> str:
    parts: list[list[int]] = []
    for code in sorted(codes):
        if parts and parts[-1][1] == code - 1:
            parts[-1][1] = code
        else:
            parts.append([code, code])
    return ",".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in parts)


if __name__ == "__main__":
    INDEX.write_text(text(), encoding="utf-8")
