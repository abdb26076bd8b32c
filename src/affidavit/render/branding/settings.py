"""brand.toml: the name, the logo's file and two colours."""

from __future__ import annotations

import unicodedata
from typing import Literal

from affidavit.errors import ConfigError
from affidavit.evidence import Record
from affidavit.render.branding.colours import require_contrast
from affidavit.toml_reader.document import parse, refused
from affidavit.toml_reader.shape import shape_faults

MAX_NAME = 80


class Light(Record):
    """`[light]`: on paper and on a light screen. `accent` is `#rrggbb`."""

    accent: str = ""


class Dark(Record):
    """`[dark]`: on a dark screen. `accent` is `#rrggbb`."""

    accent: str = ""


class Settings(Record):
    """What brand.toml says."""

    version: Literal[1]
    name: str = ""
    logo: str = ""
    light: Light = Light()
    dark: Dark = Dark()


def read_settings(content: bytes, name: str) -> Settings:
    """Read brand.toml.

    Raises:
        ConfigError: every fault of form at once, each with its line and key; a name that is too
            long or hides characters; a colour that is none, or too pale on its background.
    """
    document = parse(content, name)
    if faults := shape_faults(Settings, document):
        raise ConfigError(refused(name, faults).what, fix="docs/branding.md has every key")
    settings = Settings.model_validate(document.values)
    if len(settings.name) > MAX_NAME:
        raise ConfigError(f"{name}: name has {len(settings.name)} characters, at most {MAX_NAME}")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn") for c in settings.name):
        raise ConfigError(f"{name}: name holds a character that hides or reorders text")
    require_contrast(settings.light.accent, "light", name)
    require_contrast(settings.dark.accent, "dark", name)
    return settings
