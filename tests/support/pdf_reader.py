"""What other readers find in a PDF: its tags in reading order, its bookmarks, its fonts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pikepdf
import pypdf


@dataclass(frozen=True)
class Tag:
    """A structure element and those above it, outermost first."""

    role: str
    element: Any
    above: tuple[str, ...]

    @property
    def attributes(self) -> Any:
        return self.element.get("/A", {})


class PdfReader:
    """A PDF opened by pikepdf and by pypdf."""

    def __init__(self, content: bytes) -> None:
        self.document = pikepdf.open(io.BytesIO(content))
        self.other = pypdf.PdfReader(io.BytesIO(content))

    @cached_property
    def tags(self) -> list[Tag]:
        return list(_tags(self.document.Root.StructTreeRoot.K, ()))

    def of(self, *roles: str) -> list[Tag]:
        return [t for t in self.tags if t.role in roles]

    @cached_property
    def text(self) -> str:
        return "\n".join(page.extract_text() for page in self.other.pages)

    @cached_property
    def xmp(self) -> str:
        return self.document.Root.Metadata.read_bytes().decode()

    @cached_property
    def bookmarks(self) -> list[tuple[int, str]]:
        """Depth from 1, title."""
        return list(_bookmarks(self.other.outline, 1))

    @cached_property
    def fonts(self) -> list[Any]:
        return [o for o in self.document.objects
                if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"]  # fmt: skip

    @cached_property
    def links(self) -> list[Any]:
        return [a for page in self.document.pages for a in page.get("/Annots", [])
                if a.Subtype == "/Link"]  # fmt: skip


def _tags(found: Any, above: tuple[str, ...]) -> Iterator[Tag]:
    kids = found if isinstance(found, pikepdf.Array) else [found]
    for kid in kids:
        if not isinstance(kid, pikepdf.Dictionary) or "/S" not in kid:
            continue
        role = str(kid.S).removeprefix("/")
        yield Tag(role, kid, above)
        yield from _tags(kid.get("/K", pikepdf.Array()), (*above, role))


def _bookmarks(outline: list[Any], depth: int) -> Iterator[tuple[int, str]]:
    for entry in outline:
        if isinstance(entry, list):
            yield from _bookmarks(entry, depth + 1)
        else:
            yield depth, entry.title
