"""A small signed bundle of made data, and the public key that verifies it.

Both were written by `python -m tests.support.shipped_sample`, which gives the same bytes each time.
The key that sealed it is no secret: it vouches for nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
SAMPLE: Final = _HERE / "sample-1.evidence.zip"
SAMPLE_KEY: Final = _HERE / "sample.pub"
