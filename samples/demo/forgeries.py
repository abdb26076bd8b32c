"""Three forgeries of one real bundle, each better made than the one before.

1. A byte is changed in the file.
2. A number is rewritten in the report and on the card, and every checksum is repaired: entry,
   evidence id, manifest, tag manifest. The old signature is all that the forger has.
3. A rate is rewritten in the same way, and the bundle is signed anew *with the right key*: whoever
   holds the key lies. The counts that travel along give them away.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from affidavit.bundle import canonical, layout
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.bundle.bag import parse_bag_info, render_bag_info
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name
from affidavit.seal import Signer

_LOCAL_HEADER = 30


@dataclass(frozen=True, slots=True)
class Contents:
    """A bundle in memory: its folder, and every file below it."""

    folder: str
    files: dict[str, bytes]


def read_contents(bundle: Path) -> Contents:
    """Everything in a bundle; the samples' are small."""
    with open_archive(bundle) as archive:
        names = archive.names
        files = {name: archive.read(name, layout.MAX_RECORD_BYTES) for name in names}
        return Contents(archive.folder, files)


def write_contents(contents: Contents, out: Path) -> None:
    """Write an archive of the right form, whatever it says."""
    files = contents.files
    payload = sorted((p for p in files if p.startswith("data/")), key=str.encode)
    signatures = sorted(p for p in files if p.startswith("signatures/"))
    with out.open("wb") as file, ArchiveWriter(file, contents.folder) as archive:
        for path in (*layout.HEAD, *payload, *signatures):
            archive.add_bytes(path, files[path])


def change_byte(bundle: Path, out: Path, path: str) -> None:
    """Copy a bundle and flip one bit in the middle of one of its files."""
    content = bytearray(bundle.read_bytes())
    with ZipFile(bundle) as archive:
        entry = next(e for e in archive.infolist() if e.filename.partition("/")[2] == path)
    name_bytes = int.from_bytes(
        content[entry.header_offset + 26 : entry.header_offset + 28], "little"
    )
    extra_bytes = int.from_bytes(
        content[entry.header_offset + 28 : entry.header_offset + 30], "little"
    )
    start = entry.header_offset + _LOCAL_HEADER + name_bytes + extra_bytes
    content[start + entry.file_size // 2] ^= 1
    out.write_bytes(content)


def rewrite_number(contents: Contents, number_id: str, value: float) -> tuple[Contents, float]:
    """Give a number another value wherever it stands, and repair all checksums.

    In its report, on the card for machines, and where training logged the same value.

    Returns:
        The contents with every digest right again, seals excepted, and the value as it was.

    Raises:
        KeyError: no report has the number.
    """
    records = {p: json.loads(c) for p, c in contents.files.items() if p.endswith(".json")}
    before = next(
        (found for record in records.values() for found in _values(record, number_id)), None
    )
    if before is None:
        raise KeyError(number_id)
    _print_anew(records.get(layout.CARD_JSON), number_id, value)
    exchanged = {path: _exchanged(record, before, value) for path, record in records.items()}
    # Against the same objects, not a second reading: a NaN in an example is equal to itself alone.
    rewritten = {
        path: canonical.dumps(record)
        for path, record in exchanged.items()
        if path.startswith("data/") and (record != records[path] or path == layout.CARD_JSON)
    }
    return _repair(replace(contents, files={**contents.files, **rewritten})), before


def sign_anew(contents: Contents, signer: Signer) -> Contents:
    """Replace the seal by one of `signer` over these contents, its predicate otherwise kept."""
    old = next(p for p in contents.files if p.startswith("signatures/seal-"))
    files = {path: content for path, content in contents.files.items() if path != old}
    predicate = {
        **parse_signed(contents.files[old], old).predicate,
        "evidence_id": _sha256(files[layout.EVIDENCE]),
    }
    root = _sha256(files[layout.TAG_MANIFEST])
    seal = signer.sign(statement_bytes("seal", layout.TAG_MANIFEST, root, predicate))
    return Contents(contents.folder, {**files, statement_name("seal", seal): seal})


def _values(record: object, number_id: str) -> list[float]:
    """The value of every number of this id in a record."""
    if isinstance(record, dict):
        mine = [float(record["value"])] if record.get("id") == number_id else []
        return mine + [v for inner in record.values() for v in _values(inner, number_id)]
    if isinstance(record, list):
        return [v for inner in record for v in _values(inner, number_id)]
    return []


def _exchanged(record: object, before: float, after: float) -> object:
    """The record with one value for another; twelve digits are not there by chance."""
    if isinstance(record, dict):
        return {key: _exchanged(inner, before, after) for key, inner in record.items()}
    if isinstance(record, list):
        return [_exchanged(inner, before, after) for inner in record]
    return after if isinstance(record, float) and record == before else record


def _print_anew(card: dict[str, Any] | None, number_id: str, value: float) -> None:
    """Let page one show the new value, with as many decimals as before."""
    for key in (card or {}).get("page_one", {}).get("key_numbers", ()):
        if key["number"] == number_id:
            decimals = len(key["shown"].partition(".")[2])
            key["shown"] = f"{value:.{decimals}f}"


def _repair(contents: Contents) -> Contents:
    """Make every digest right again, from the payload up to the tag manifest."""
    files = dict(contents.files)
    old_id = parse_bag_info(files[layout.BAG_INFO], layout.BAG_INFO).evidence_id
    before = _digests(files[layout.EVIDENCE])
    files[layout.EVIDENCE] = _with_digests(files[layout.EVIDENCE], files)
    new_id = _sha256(files[layout.EVIDENCE])
    after = _digests(files[layout.EVIDENCE])
    # Whoever cites the evidence, or a file by its digest (a control does), cites the new one.
    exchanged = {old_id: new_id} | {before[p]: after[p] for p in before if before[p] != after[p]}
    for path, content in files.items():
        for old, new in exchanged.items():
            content = content.replace(old.encode(), new.encode())  # noqa: PLW2901 - one after another
        files[path] = content
    files[layout.ITEMS] = _with_digests(files[layout.ITEMS], files)

    payload = {path: content for path, content in files.items() if path.startswith("data/")}
    info = parse_bag_info(files[layout.BAG_INFO], layout.BAG_INFO)
    files[layout.BAG_INFO] = render_bag_info(
        replace(
            info,
            evidence_id=new_id,
            payload_bytes=sum(map(len, payload.values())),
            payload_files=len(payload),
        )
    )
    files[layout.MANIFEST] = render_manifest((p, _sha256(c)) for p, c in payload.items())
    files[layout.TAG_MANIFEST] = render_manifest((p, _sha256(files[p])) for p in layout.TAGGED)
    return Contents(contents.folder, files)


def _digests(record: bytes) -> dict[str, str]:
    return {item["path"]: item["sha256"] for item in json.loads(record)["items"]}


def _with_digests(record: bytes, files: dict[str, bytes]) -> bytes:
    parsed = json.loads(record)
    for item in parsed["items"]:
        if item["embedded"]:
            content = files[item["path"]]
            item["sha256"], item["size_bytes"] = _sha256(content), len(content)
    return canonical.dumps(parsed)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
