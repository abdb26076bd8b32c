"""The card's fonts: the three families always, those of other scripts where a name needs them.

Every file has a family name of its own, because WeasyPrint takes two files of one name and weight
for one font. `templates/fonts/faces.json` says which characters each has.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from affidavit.errors import AffidavitError
from affidavit.render.context import StatusWord
from affidavit.shipped import shipped

Slot = Literal["serif", "sans", "mono"]

SLOTS: Final[tuple[Slot, ...]] = ("serif", "sans", "mono")
# The family after which others may be asked, in card.css, print.css and the figures.
_FALLBACKS: Final[dict[Slot, str]] = {"serif": "Georgia", "sans": "Helvetica", "mono": "monospace"}
_KANA: Final = range(0x3041, 0x3100)
# Nothing is drawn for these: controls, marks of direction, spaces, variation selectors.
_UNDRAWN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_SELECTORS: Final = range(0xFE00, 0xFE10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family: its files by weight, and the code points that all of them have."""

    name: str
    slot: Slot | Literal["any"]
    files: tuple[tuple[str, str], ...]
    codes: frozenset[int]

    @property
    def is_base(self) -> bool:
        """Whether the card has it always."""
        return not any(file.startswith("more/") for _, file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The fonts of one page.

    Attributes:
        families: in the order of the sheet, the three base ones first.
        stacks: for each slot, the families to ask after its own.
        undrawn: characters that no packaged font has, sorted.
    """

    families: tuple[Family, ...]
    stacks: tuple[tuple[Slot, tuple[str, ...]], ...]
    undrawn: tuple[str, ...]

    def faces(self) -> str:
        """The `@font-face` rules, the fonts in them.

        Raises:
            AffidavitError: a font file of this installation is missing.
        """
        return "".join(
            f'@font-face{{font-family:"{f.name}";font-weight:{weight};font-style:normal;'
            f'src:url("data:font/woff2;base64,{_base64(file)}") format("woff2")}}\n'
            for f in self.families for weight, file in f.files
        )  # fmt: skip

    def stacked(self, styles: str, quote: str = '"') -> str:
        """Styles, or a figure's SVG (no quotes), whose lists of families have these in them."""
        for slot, names in self.stacks:
            if names:
                listed = "".join(f"{quote}{n}{quote}," for n in names)
                styles = styles.replace(_FALLBACKS[slot], f"{listed}{_FALLBACKS[slot]}")
        return styles

    def codes(self) -> str:
        """The characters without a font, by code: `U+1F600, U+1F601`."""
        return ", ".join(f"U+{ord(c):04X}" for c in self.undrawn)

    def spelled(self, text: str) -> str:
        """The text with every character that no packaged font has as its code, `U+1F600`."""
        return text.translate({ord(c): f"U+{ord(c):04X}" for c in self.undrawn})


def chosen(text: Iterable[str]) -> Chosen:
    """The fonts that some characters need.

    Raises:
        AffidavitError: the index of the fonts is missing.
    """
    codes = {ord(c) for c in text if _is_drawn(c)}
    families = _in_order(codes)
    base = [f for f in families if f.is_base]
    stacks, used, left = [], dict.fromkeys(f.name for f in base), set[int]()
    for slot in SLOTS:
        own = next(f for f in base if f.slot == slot)
        names, rest = _needed(codes - own.codes, slot, families)
        stacks.append((slot, names))
        used.update(dict.fromkeys(names))
        left |= rest
    return Chosen(
        families=tuple(f for f in families if f.name in used), stacks=tuple(stacks),
        undrawn=tuple(chr(c) for c in sorted(left)),
    )  # fmt: skip


def characters(value: object) -> set[str]:
    """Every character of every string in a tree of records, less the marks of Markdown."""
    if isinstance(value, str):
        return set(value)
    if isinstance(value, StatusWord):  # HTML draws the mark without a font
        return set(value.word)
    if is_dataclass(value) and not isinstance(value, type):
        return characters(tuple(getattr(value, f.name) for f in fields(value)))
    return set().union(*map(characters, value)) if isinstance(value, tuple) else set()


def _needed(
    missing: set[int], slot: Slot, families: tuple[Family, ...]
) -> tuple[tuple[str, ...], set[int]]:
    """The families to ask, and what is left that none has."""
    names, left = [], set(missing)
    # The slot's own, then the sans, which has more scripts than the mono, then those of no slot.
    passes: tuple[Callable[[Family], bool], ...] = (
        lambda f: f.slot == slot, lambda f: f.slot == "sans", lambda f: f.slot == "any",
    )  # fmt: skip
    for fits in passes:
        for family in families:
            if fits(family) and left & family.codes:
                names.append(family.name)
                left -= family.codes
    return tuple(names), left


def _in_order(codes: set[int]) -> tuple[Family, ...]:
    """The families as indexed; where there is kana, a Japanese one goes before a Chinese one."""
    families = _families()
    if not codes & set(_KANA):
        return families
    return tuple(
        sorted(families, key=lambda f: f.name.startswith(("Noto Sans SC", "Noto Sans TC")))
    )


@cache
def _families() -> tuple[Family, ...]:
    return tuple(
        Family(
            name=entry["family"], slot=entry["slot"], files=tuple(entry["files"].items()),
            codes=frozenset(_codes(entry["codes"])),
        )
        for entry in json.loads(_read("faces.json"))
    )  # fmt: skip


def _codes(ranges: str) -> Iterable[int]:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def _is_drawn(character: str) -> bool:
    return unicodedata.category(character) not in _UNDRAWN and ord(character) not in _SELECTORS


def _base64(file: str) -> str:
    return base64.b64encode(_read(file)).decode("ascii")


def _read(file: str) -> bytes:
    path: Path = shipped("templates") / "fonts" / file
    try:
        return path.read_bytes()
    except OSError as error:
        raise AffidavitError(
            f"the font file {file} of this installation cannot be read", str(error),
            "install the wheel or the checkout again",
        ) from error  # fmt: skip
