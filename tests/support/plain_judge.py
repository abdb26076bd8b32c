"""A second, plain judge of bundles for the fuzzer: what no bundle may break that is believed.

It knows far less than the verifier and shares none of its code: the standard library, and the
signatures of `cryptography`. It takes the archive's bytes and says every rule that they break. What
it passes need not verify; what verifies has to pass it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import struct
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_HEAD = (
    "bagit.txt", "bag-info.txt", "VERIFY.txt", "tagmanifest-sha256.txt", "manifest-sha256.txt"
)  # fmt: skip
_TAGGED = ("bagit.txt", "bag-info.txt", "VERIFY.txt", "manifest-sha256.txt")
_PLAIN_PATH = re.compile(r"(?!.*(^|/)\.{0,2}(/|$))[^\x00-\x1f\x7f\\:*?\"<>|%]+")


def faults(archive: bytes, *, key: bytes | None) -> list[str]:
    """Every rule of this judge that an archive breaks.

    Args:
        archive: its bytes.
        key: 32 bytes of the Ed25519 key that has to have sealed it; None asks for no seal.
    """
    try:
        names, files = _read(archive)
        return list(_faults(archive, names, files, key))
    except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile, struct.error) as error:
        return [f"unreadable: {error!r}"]


def pins(trust_toml: bytes, key: bytes) -> bool:
    """Whether a trust.toml lets this one key seal, now and alone."""
    try:
        table = tomllib.loads(trust_toml.decode())
    except ValueError:
        return False
    if table.get("version") != 1 or table.get("required", 1) != 1:
        return False
    if table.get("required_timestamp") or any("revoked_at" not in r for r in _tables(table)):
        return False
    return any(_is_sealer(signer, key) for signer in table.get("signer", []))


def made_by(content: bytes, key: bytes) -> dict[str, Any] | None:
    """What a signed statement says, if this key signed it."""
    envelope = _strict(content)["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(
            base64.b64decode(envelope["signatures"][0]["sig"], validate=True), message
        )
    except InvalidSignature:
        return None
    statement: dict[str, Any] = _strict(payload)
    return statement


def _tables(table: dict[str, Any]) -> list[dict[str, Any]]:
    return list(table.get("revoked", []))


def _is_sealer(signer: dict[str, Any], key: bytes) -> bool:
    if "sealer" not in signer["roles"] or "authority" in signer:
        return False
    public = load_pem_public_key(signer["key"].encode())
    if not isinstance(public, Ed25519PublicKey) or public.public_bytes_raw() != key:
        return False
    now = datetime.now(UTC)
    begin, end = signer.get("valid_from"), signer.get("valid_until")
    return not (begin and _time(begin) > now) and not (end and _time(end, 1) < now)


def _time(value: Any, days: int = 0) -> datetime:
    """A day, its end for `days` = 1, or a time."""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    found = datetime.fromisoformat(text)
    if len(text) == 10:
        found = found.replace(day=found.day, hour=23 * days, minute=59 * days)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ---- the container


def _read(archive: bytes) -> tuple[list[str], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        full = opened.namelist()
        folder = full[0].partition("/")[0] + "/"
        files = {n.removeprefix(folder): opened.read(n) for n in full}
        names = [n.removeprefix(folder) for n in full if n.startswith(folder)]
        if len(names) != len(full):
            raise ValueError("an entry outside the folder")
    return names, files


def _faults(
    archive: bytes, names: list[str], files: dict[str, bytes], key: bytes | None
) -> Iterator[str]:
    if len(files) != len(names) or len({n.casefold() for n in names}) != len(names):
        yield "a name that stands twice"
    yield from (f"name {n!r}" for n in names if not _PLAIN_PATH.fullmatch(n))
    if tuple(names[:5]) != _HEAD:
        yield "the head"
    payload = [n for n in names if n.startswith("data/")]
    statements = [n for n in names if n.startswith("signatures/")]
    if names[5:] != sorted(payload, key=str.encode) + sorted(statements):
        yield "order, or a file that is neither payload nor statement"
    headers = sum(30 + 46 + 2 * len(n.encode()) for n in _full(archive))
    if len(archive) != sum(map(len, files.values())) + headers + 22:
        yield "bytes that belong to no entry"
    yield from _bag_faults(files, payload)
    yield from _record_faults(files, payload)
    yield from _count_faults(files)
    yield from _seal_faults(files, key)


def _full(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()


# ---- bag, records, numbers


def _bag_faults(files: dict[str, bytes], payload: list[str]) -> Iterator[str]:
    if files["manifest-sha256.txt"] != _manifest(files, payload):
        yield "the manifest"
    if files["tagmanifest-sha256.txt"] != _manifest(files, _TAGGED):
        yield "the tag manifest"
    info = dict(
        line.split(": ", 1) for line in files["bag-info.txt"].decode().rstrip("\n").split("\n")
    )
    if info["Affidavit-Evidence-Id"] != sha256(files["data/evidence.json"]):
        yield "the evidence id in bag-info.txt"
    if info["Payload-Oxum"] != f"{sum(len(files[p]) for p in payload)}.{len(payload)}":
        yield "the payload's size in bag-info.txt"


def _manifest(files: dict[str, bytes], names: Any) -> bytes:
    return "".join(f"{sha256(files[n])}  {n}\n" for n in sorted(names, key=str.encode)).encode()


def _record_faults(files: dict[str, bytes], payload: list[str]) -> Iterator[str]:
    evidence, items = (_strict(files[f"data/{n}.json"]) for n in ("evidence", "items"))
    if items["evidence_id"] != sha256(files["data/evidence.json"]):
        yield "the evidence id in items.json"
    listed: Counter[str] = Counter()
    for item in (*evidence["items"], *items["items"]):
        if not item["embedded"]:
            continue
        listed[item["path"]] += 1
        content = files[item["path"]]
        if (item["sha256"], item["size_bytes"]) != (sha256(content), len(content)):
            yield f"the digest of {item['path']} in its table"
    expected = Counter(p for p in payload if p not in ("data/evidence.json", "data/items.json"))
    if listed != expected:
        yield "a file that no table lists, or one that is not there"
    for path in payload:
        if path.endswith(".json"):
            _strict(files[path])


def _count_faults(files: dict[str, bytes]) -> Iterator[str]:
    """Counts against the rows, and two rates against the counts."""
    rows = _rows(files["data/predictions/evaluation.csv"])
    given = _rows(files["data/reports/counts/evaluation.csv"])
    counted: Counter[tuple[str, str]] = Counter()
    for row in given:  # whose group a row is of stands in the snapshot, which recheck reads
        counted[row["label"], row["decision"]] += int(row["n"])
    if counted != Counter((r["label"], r["decision"]) for r in rows):
        yield "the counts"
    report = _strict(files["data/reports/performance.json"])
    known = [r for r in rows if r["label"]]
    right = sum(r["label"] == r["decision"] for r in known)
    yield from _rate_faults(report, "performance/evaluation/accuracy", right, len(known))
    if report["n_rows"] != len(rows) or report["n_labelled"] != len(known):
        yield "the number of rows"


def _rate_faults(report: Any, name: str, part: int, whole: int) -> Iterator[str]:
    for number in report["numbers"]:
        if number["id"] == name:
            value = Fraction(part, whole) if whole else None
            if number["n"] != whole or (
                value is not None and abs(Fraction(number["value"]) - value) > Fraction(1, 10**11)
            ):
                yield name


# ---- the seal


def _seal_faults(files: dict[str, bytes], key: bytes | None) -> Iterator[str]:
    root = sha256(files["tagmanifest-sha256.txt"])
    for name, content in files.items():
        if name.startswith("signatures/") and sha256(content)[:16] not in name:
            yield f"the name {name}"
    if key is None:
        return
    seals = [c for n, c in files.items() if n.startswith("signatures/seal-")]
    said = [s for s in (made_by(c, key) for c in seals) if s is not None]
    good = [s for s in said if _is_seal(s, root, files)]
    if not good:
        yield "no seal of this key over this tag manifest"


def _is_seal(said: dict[str, Any], root: str, files: dict[str, bytes]) -> bool:
    evidence = _strict(files["data/evidence.json"])
    subject, predicate = evidence["subject"], said["predicate"]
    return (
        said["predicateType"] == "urn:affidavit:seal:1"
        and said["subject"] == [{"digest": {"sha256": root}, "name": "tagmanifest-sha256.txt"}]
        and predicate["evidence_id"] == sha256(files["data/evidence.json"])
        and predicate["subject"] == {k: subject[k] for k in ("name", "version")}
    )


# ---- parts


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


def _strict(content: bytes) -> Any:
    """JSON without a key that stands twice, and with finite numbers only."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({k for k, _ in pairs}) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refuse(word: str) -> None:
        raise ValueError(word)

    return json.loads(content.decode(), object_pairs_hook=once, parse_constant=refuse)
