"""A bank's colours: taken only where text in them can be read.

References:
    WCAG 2.2, success criterion 1.4.3: contrast of at least 4.5 to 1; relative luminance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from affidavit.errors import ConfigError

Scheme = Literal["light", "dark"]

LEAST: Final = 4.5
# --paper and --wash of card.css and screen.css: what text in the colour may stand on.
BACKGROUNDS: Final[dict[Scheme, tuple[str, ...]]] = {
    "light": ("#ffffff", "#f5f6f8"), "dark": ("#15181c", "#1e2227"),
}  # fmt: skip
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Accents:
    """The two accent colours; empty where Affidavit's own stays."""

    light: str
    dark: str

    def css(self) -> str:
        """The colours as custom properties, to stand after the shipped sheets."""
        css = ""
        if self.light:
            css += f":root{{--accent:{self.light};--brand:{self.light}}}\n"
        if self.light and not self.dark:  # a dark page never gets the colour for paper
            css += _on_dark("--accent:#8fbce6;--brand:#8fbce6")
        if self.dark:
            css += _on_dark(f"--accent:{self.dark};--brand:{self.dark}")
        return css


def contrast(one: str, other: str) -> float:
    """The contrast of two colours `#rrggbb`, from 1 (the same) to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def require_contrast(colour: str, scheme: Scheme, name: str) -> None:
    """Refuse a colour that is not one, or too pale to read; empty is none, and passes.

    Raises:
        ConfigError: names the colour, the background and the contrast found.
    """
    if not colour:
        return
    if not _COLOUR.fullmatch(colour):
        raise ConfigError(
            f"{name}: [{scheme}] accent is {colour[:40]!r}", fix="write it as #rrggbb"
        )
    for ground in BACKGROUNDS[scheme]:
        found = contrast(colour, ground)
        if found < LEAST:
            raise ConfigError(
                f"{name}: [{scheme}] accent {colour} on {ground} has a contrast of {found:.2f} "
                f"to 1, at least {LEAST} to 1",
                fix=f"take a {'darker' if scheme == 'light' else 'lighter'} one",
            )


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _on_dark(properties: str) -> str:
    return f"@media screen and (prefers-color-scheme:dark){{:root{{{properties}}}}}\n"
