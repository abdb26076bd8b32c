"""Text from a bundle, as it may stand on a screen."""

from __future__ import annotations

import re
from typing import Final

from affidavit.printable import printable

_HEX: Final = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{24,112}\b")
_LIMIT: Final = 300


def shortened(text: str) -> str:
    """Text from a bundle made safe and short: digests by their first 16 digits."""
    safe = _HEX.sub(r"\1…", printable(text))
    return safe if len(safe) <= _LIMIT else safe[: _LIMIT - 1] + "…"
