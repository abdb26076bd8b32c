"""The folder that `--template-dir` names, read once: what is used is what its digest is of."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.errors import ConfigError, UsageError
from affidavit.render.branding.colours import Accents
from affidavit.render.branding.logo import require_safe_logo
from affidavit.render.branding.settings import Settings, read_settings
from affidavit.render.branding.source import require_safe_templates
from affidavit.render.branding.styles import checked_styles

SETTINGS: Final = "brand.toml"
STYLES: Final = "brand.css"
TEMPLATE: Final = ".html.jinja"
MAX_FILES: Final = 32
MAX_BYTES: Final = 256 * 1024
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}(\.[a-z0-9]{1,8}){1,2}")
_FRAME: Final = ("frame.html.jinja", "card.html.jinja")
_LOGOS: Final = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A bank's look, checked.

    Attributes:
        folder: as it was given, for errors.
        name: the bank's; empty where brand.toml has none.
        logo: a `data:` address; empty where there is none.
        styles: CSS to stand after Affidavit's own: the colours, then brand.css.
        templates: file name to source, `*.html.jinja` alone.
        digest: sha256 over the lines of `sha256sum`, sorted by name (docs/branding.md).
    """

    folder: str
    name: str
    logo: str
    styles: str
    templates: Mapping[str, str]
    digest: str

    @property
    def logo_alt(self) -> str:
        """Nothing beside the name, which says it already."""
        return "" if self.name else "Logo"

    @property
    def has_templates(self) -> bool:
        return bool(self.templates)


def read_brand(folder: Path) -> Brand:
    """Read and check a folder of looks.

    Raises:
        UsageError: no such folder, a file that has no use there, or one that is too large.
        ConfigError: brand.toml, brand.css, the logo or a template is refused, with file and line.
        MissingExtra: Jinja is not installed.
    """
    files = _read(folder)
    settings = read_settings(files.get(SETTINGS, b"version = 1\n"), SETTINGS)
    templates = {n: _text(n, c) for n, c in files.items() if n.endswith(TEMPLATE)}
    _require_used(files, settings)
    require_safe_templates(templates)
    logo = _logo(files, settings)
    styles = Accents(settings.light.accent, settings.dark.accent).css()
    if STYLES in files:
        styles += checked_styles(_text(STYLES, files[STYLES]), STYLES)
    return Brand(
        folder=str(folder), name=settings.name, logo=logo, styles=styles, templates=templates,
        digest=digest_of(files),
    )  # fmt: skip


def digest_of(files: Mapping[str, bytes]) -> str:
    """The sha256 of what `sha256sum` prints about the files, in the order of their names."""
    lines = (f"{hashlib.sha256(files[n]).hexdigest()}  {n}\n" for n in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _read(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise UsageError(f"--template-dir {folder}: no such folder")
    found = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    if not found:
        raise UsageError(f"--template-dir {folder}: nothing in it", fix="put a brand.toml there")
    if len(found) > MAX_FILES:
        raise UsageError(f"--template-dir {folder}: {len(found)} files, at most {MAX_FILES}")
    return {path.name: _read_one(path) for path in found}


def _read_one(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise UsageError(f"{path}: not a plain file", fix="put the files themselves there, flat")
    if not _NAME.fullmatch(path.name):
        raise UsageError(
            f"{path.name!r}: no name for a file of looks",
            fix="use small letters, digits, - and _, and a suffix",
        )
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path}: larger than {MAX_BYTES // 1024} kB", fix="make it smaller")
    return content


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}:{line}: not UTF-8", fix="save it as UTF-8") from error


def _require_used(files: Mapping[str, bytes], settings: Settings) -> None:
    """Nothing lies there for nothing: the digest is of what made the card."""
    for name in files:
        if name in _FRAME:
            raise ConfigError(
                f"{name}: page one and the page around it cannot be replaced",
                "gaps and exceptions stand there",
                "replace sections.html.jinja, or a block of it",
            )
        if name not in (SETTINGS, STYLES, settings.logo) and not name.endswith(TEMPLATE):
            raise ConfigError(
                f"{name}: not used by brand.toml or a card",
                fix="take it away; used are brand.toml, brand.css, *.html.jinja and the logo",
            )


def _logo(files: Mapping[str, bytes], settings: Settings) -> str:
    if not settings.logo:
        return ""
    content = files.get(settings.logo)
    if content is None:
        raise ConfigError(
            f"{SETTINGS}: logo = {settings.logo!r}, and there is no such file beside it"
        )
    media_type = _LOGOS.get(Path(settings.logo).suffix)
    if media_type is None:
        raise ConfigError(f"{SETTINGS}: logo = {settings.logo!r}", "neither .svg nor .png")
    require_safe_logo(settings.logo, content)
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
