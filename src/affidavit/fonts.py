"""The fonts that pages carry within them, as data: no page asks the network for one."""

from __future__ import annotations

import base64
from typing import Final

from affidavit.shipped import shipped

FONTS: Final = (
    ("Source Serif 4", 400, "source-serif-4-latin-400-normal.woff2"),
    ("Source Serif 4", 600, "source-serif-4-latin-600-normal.woff2"),
    ("IBM Plex Sans", 400, "ibm-plex-sans-latin-400-normal.woff2"),
    ("IBM Plex Sans", 600, "ibm-plex-sans-latin-600-normal.woff2"),
    ("IBM Plex Mono", 400, "ibm-plex-mono-latin-400-normal.woff2"),
)


def font_faces() -> str:
    """The CSS rules of every font, its bytes in them.

    Raises:
        AffidavitError: an installation without templates.
    """
    folder = shipped("templates") / "fonts"
    return "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:normal;'
        f'src:url("data:font/woff2;base64,{_base64((folder / name).read_bytes())}") '
        'format("woff2")}\n'
        for family, weight, name in FONTS
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
