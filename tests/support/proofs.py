"""A file with its proof, taken out of a bundle by the product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.inspect import extract, open_reading
from affidavit.verify import FileVerdict, Trust, expecting, verify_file

CARD = "data/card/model-card.json"


@dataclass(frozen=True, kw_only=True)
class Proved:
    """A copy of the file outside the proof, and the folder that proves it."""

    file: Path
    folder: Path
    builder: BundleBuilder

    @classmethod
    def of(cls, builder: BundleBuilder, folder: Path, path: str = CARD) -> Proved:
        with open_reading(builder.path, trust_in(builder)) as reading:
            (there,) = extract(reading, [path], folder / "proof")
        copy = folder / there.name
        copy.write_bytes(there.read_bytes())
        return cls(file=copy, folder=folder / "proof", builder=builder)

    @property
    def seal(self) -> Path:
        (seal,) = (self.folder / "signatures").iterdir()
        return seal

    def judged(self, trust: Trust | None = None, **wanted: str) -> FileVerdict:
        return verify_file(
            self.file, self.folder, trust=trust or trust_in(self.builder),
            wanted=expecting(**wanted),  # type: ignore[arg-type]
        )  # fmt: skip
