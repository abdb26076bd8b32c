"""How a page's content security policy names the styles and scripts that are its own."""

from __future__ import annotations

import base64
import hashlib


def source_hash(text: str) -> str:
    """The base64 of a sha256 source expression (Content Security Policy Level 3, 2.3.1)."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
