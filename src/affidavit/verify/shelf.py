"""Entries by name: what the checks of seal and tag files need of an archive, or of a proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Shelf(Protocol):
    """Entries by name, as an archive and a proof have them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of every entry."""

    def read(self, name: str, limit: int) -> bytes:
        """The content of one entry; `BundleError` above `limit` bytes."""

    def digest(self, name: str) -> str:
        """The sha256 of one entry; `BundleError` where it is damaged."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of one entry in pieces; `BundleError` where it is damaged."""
