"""docs/bundle-format.md against the code: what a stranger would build from it is what we build."""

from __future__ import annotations
