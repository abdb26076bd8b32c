"""A real bundle, sealed by the product, and one method for each fact that a forger changes.

`BundleBuilder(folder)` seals a small synthetic bundle. Every other method leaves that one alone,
writes another archive and returns its path. Entries are put together by `pack_raw`, which refuses
nothing, so that archives can be made that the product would never write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from tests.support.forgeries import card_of, repair_checksums, with_seal
from tests.support.payloads import seal_predicate, sha256_of, write_payload
from tests.support.raw_archives import Entries, ordered, pack_raw, read_entries

from affidavit.bundle import canonical, layout
from affidavit.bundle.statement import (
    statement_bytes,
    statement_name,
)
from affidavit.progress import Silent
from affidavit.seal.interface import Signer
from affidavit.seal.keys import KeyKind, LocalSigner, generate_key, load_signer
from affidavit.seal.sealing import Sealed, seal
from affidavit.workspace import Workspace

Repair = Literal["none", "checksums", "resign"]

PASSPHRASE = "correct horse battery staple"


class BundleBuilder:
    """Seals one synthetic bundle in a folder of its own.

    Attributes:
        path: the sealed bundle. public_key: the signer's, as a file. signer: None if unsigned.
        sealed: what `seal` returned.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kind: KeyKind = "ed25519",
        is_signed: bool = True,
        name: str = "credit-risk",
        version: str = "3",
        extra: dict[str, bytes] | None = None,
        is_told: bool = False,
        is_explained: bool = False,
        rows_made: int = 400,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.public_key = folder / "release.pub"
        self.private_key = folder / "release.pem"
        generate_key(kind, self.private_key, self.public_key, PASSPHRASE)
        self.signer: LocalSigner | None = (
            load_signer(self.private_key, PASSPHRASE) if is_signed else None
        )
        self.work = Workspace(root=folder / "work")
        self.evidence, self.derived = write_payload(
            self.work,
            name,
            version,
            extra or {},
            is_told=is_told,
            is_explained=is_explained,
            rows_made=rows_made,
        )
        self.path = folder / "bundle.evidence.zip"
        self.sealed = self.seal_to(self.path)
        self.folder_name, self.entries = read_entries(self.path)
        self._made = 0

    def seal_to(self, out: Path, *also: Signer) -> Sealed:
        """Seal the same work folder again, elsewhere; by these signers too."""
        evidence_id = hashlib.sha256(canonical.record_bytes(self.evidence)).hexdigest()
        return seal(
            self.evidence,
            self.derived,
            self.work,
            out,
            signers=(self.signer, *also) if self.signer else also,
            predicate=seal_predicate(self.evidence, evidence_id),
            progress=Silent(),
        )

    # ---- one fact changed

    def flip_bit(self, path: str, byte: int = 0, bit: int = 0) -> Path:
        """One bit of one file, the archive's CRC repaired: only digests can find it."""
        content = bytearray(self.read(path))
        content[byte] ^= 1 << bit
        return self.replace(path, bytes(content))

    def flip_archive_byte(self, offset: int, mask: int = 1) -> Path:
        """One byte of the file as it lies on a disk, nothing repaired."""
        content = bytearray(self.path.read_bytes())
        content[offset] ^= mask
        return self.write_file(bytes(content))

    def replace(self, path: str, content: bytes, repair: Repair = "none") -> Path:
        """Other content for a file that is there.

        Args:
            path: below the top folder.
            content: the new bytes.
            repair: `none`; `checksums` makes item tables, evidence id, manifests and bag-info fit
                again; `resign` also lets the card follow, and seals that with the signer's key.
        """
        self.read(path)
        entries = [(n, content if n == path else c) for n, c in self.entries]
        if repair == "resign" and path != layout.CARD_JSON:
            entries = self._retold(entries)
        return self.pack(self.repaired(entries, repair))

    def replace_json(
        self, path: str, change: Callable[[Any], None], repair: Repair = "none"
    ) -> Path:
        """A JSON file changed in place by `change`, canonical again."""
        value = json.loads(self.read(path))
        change(value)
        return self.replace(path, canonical.dumps(value), repair)

    def drop(self, path: str, repair: Repair = "none") -> Path:
        """A file left out. Repaired, the manifest and the table no longer list it either."""
        self.read(path)
        entries = [(n, c) for n, c in self.entries if n != path]
        return self.pack(self.repaired(entries, repair))

    def add(self, path: str, content: bytes, repair: Repair = "none") -> Path:
        """A file more, at its place in the archive's order."""
        return self.pack(self.repaired(ordered([*self.entries, (path, content)]), repair))

    def rename(self, path: str, new: str, repair: Repair = "none") -> Path:
        """The same content under another name."""
        content = self.read(path)
        entries = [(n, c) for n, c in self.entries if n != path]
        return self.pack(self.repaired(ordered([*entries, (new, content)]), repair))

    def resign(
        self, signer: LocalSigner | None = None, predicate: dict[str, Any] | None = None
    ) -> Path:
        """The same root, sealed anew: by another key, or with other words."""
        chosen = signer or self._require_signer()
        return self.pack(with_seal(self.entries, chosen, predicate or self.predicate()))

    def unsigned(self) -> Path:
        """All signed statements left out."""
        return self.pack([(n, c) for n, c in self.entries if not n.startswith("signatures/")])

    def add_statement(
        self,
        kind: str,
        predicate: dict[str, Any],
        *,
        signer: LocalSigner | None = None,
        subject: tuple[str, str] | None = None,
    ) -> Path:
        """One more signed statement; about the root unless told otherwise."""
        about = subject or (layout.TAG_MANIFEST, self.sealed.root)
        content = (signer or self._require_signer()).sign(statement_bytes(kind, *about, predicate))
        return self.add(statement_name(kind, content), content)

    def withhold(
        self,
        *paths: str,
        signer: LocalSigner | None = None,
        named: tuple[str, ...] | None = None,
        given_back: dict[str, bytes] | None = None,
        **changed: Any,
    ) -> Path:
        """Files left out, with the signed statement that says so.

        Args:
            paths: of the files that are taken out.
            signer: of the statement; the builder's key unless told otherwise.
            named: what the statement names, if not just these.
            given_back: files put in again, with any bytes.
            changed: fields of the predicate.
        """
        said = self.withheld_predicate(*(paths if named is None else named)) | changed
        subject = (layout.TAG_MANIFEST, self.sealed.root)
        content = (signer or self._require_signer()).sign(
            statement_bytes("withheld", *subject, said)
        )
        entries = [(n, c) for n, c in self.entries if n not in paths]
        entries += [*(given_back or {}).items(), (statement_name("withheld", content), content)]
        return self.pack(ordered(entries))

    def withheld_predicate(self, *paths: str) -> dict[str, Any]:
        """What a discloser says of these files."""
        files = [{"path": p, "reason": "personal data"} for p in sorted(paths, key=str.encode)]
        return {
            "schema": "affidavit/withheld", "version": 1,
            "subject": {"name": self.evidence.subject.name,
                        "version": self.evidence.subject.version},
            "root": self.sealed.root, "evidence_id": self.sealed.evidence_id,
            "profile": "regulator", "files": files, "made_on": "2026-11-02",
        }  # fmt: skip

    # ---- parts

    def read(self, path: str) -> bytes:
        """The content of a file of the untouched bundle."""
        found = dict(self.entries).get(path)
        if found is None:
            raise KeyError(f"{path} is not in the bundle: {[n for n, _ in self.entries]}")
        return found

    def predicate(self) -> dict[str, Any]:
        """The seal's predicate as sealed."""
        model = seal_predicate(self.evidence, self.sealed.evidence_id)
        value: dict[str, Any] = model.model_dump(mode="json")
        return value

    def other_signer(self, kind: KeyKind = "ed25519") -> LocalSigner:
        """A key that nobody pinned."""
        self._made += 1
        private = self.folder / f"other-{self._made}.pem"
        generate_key(kind, private, private.with_suffix(".pub"), PASSPHRASE)
        return load_signer(private, PASSPHRASE)

    def repaired(self, entries: Entries, repair: Repair) -> Entries:
        """Entries whose records and manifests fit again, as a careful forger leaves them."""
        if repair == "none":
            return entries
        fitted = repair_checksums(entries)
        if repair == "checksums":
            return fitted
        predicate = self.predicate()
        predicate["evidence_id"] = sha256_of(dict(fitted)[layout.EVIDENCE])
        return with_seal(fitted, self._require_signer(), predicate)

    def pack(self, entries: Entries) -> Path:
        """These entries, under the same top folder, as a well-formed archive."""
        return self.write_file(pack_raw((f"{self.folder_name}/{n}", c) for n, c in entries))

    def write_file(self, content: bytes) -> Path:
        """Any bytes at all, as a file beside the bundle."""
        self._made += 1
        path = self.folder / f"changed-{self._made}.evidence.zip"
        path.write_bytes(content)
        return path

    def _retold(self, entries: Entries) -> Entries:
        """The card made to say what the records now say; as it was, if they are unreadable."""
        try:
            card = card_of(entries)
        except ValueError:
            return entries
        return [(n, card if n == layout.CARD_JSON else c) for n, c in entries]

    def _require_signer(self) -> LocalSigner:
        if self.signer is None:
            raise ValueError("this bundle was built unsigned")
        return self.signer
