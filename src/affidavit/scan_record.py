"""data/reports/scan.json: what the model's files would import when they are loaded.

A list for people. Recompute writes it, render counts it, verify reads it strictly. Nothing is
decided by it: the sandbox holds whatever the list says.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import FailFast, Field

from affidavit.evidence import Record

SCAN: Final = "data/reports/scan.json"
DANGEROUS: Final = "recompute.scan"
UNREAD: Final = "recompute.scan.unread"
NOT_RUN: Final = "recompute.scan.not-run"
MAX_FILES: Final = 2000
MAX_GLOBALS: Final = 2000
MAX_TEXT: Final = 400

Text = Annotated[str, Field(max_length=MAX_TEXT)]
FileFormat = Literal[
    "pickle", "zip", "skops", "npy", "gzip", "bz2", "xz", "zlib", "no pickle", "not looked into"
]


class Imported(Record):
    """One import. `level` is picklescan's.

    Innocuous: on its list of safe ones; suspicious: on no list; dangerous: can run programs, open
    files or connections, or call anything by name.
    """

    module: Text
    name: Text
    level: Literal["innocuous", "suspicious", "dangerous"]


class ScannedFile(Record):
    """One file of the model.

    Attributes:
        path: below data/model, its own name.
        format: found by its first bytes, not by its name.
        globals: every import of every pickle in it, also of pickles within pickles and archives.
        opcodes: how often each operation occurs that calls, builds or imports.
        error: why it was not read to its end; imports after that place are not listed.
    """

    path: Text
    size_bytes: Annotated[int, Field(ge=0)]
    format: FileFormat
    globals: Annotated[tuple[Imported, ...], FailFast(), Field(max_length=MAX_GLOBALS)] = ()
    opcodes: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    error: Text | None = None


class Scan(Record):
    """scan.json."""

    schema_: Literal["affidavit/scan"] = Field(default="affidavit/scan", alias="schema")
    version: Literal[1] = 1
    tool: Text
    files: Annotated[tuple[ScannedFile, ...], FailFast(), Field(max_length=MAX_FILES)]

    @property
    def dangerous(self) -> tuple[tuple[str, Imported], ...]:
        """The imports that can run programs and the like, each with its file."""
        return tuple((f.path, g) for f in self.files for g in f.globals if g.level == "dangerous")

    @property
    def unread(self) -> tuple[ScannedFile, ...]:
        """The files that were not read to their end."""
        return tuple(f for f in self.files if f.error is not None)
