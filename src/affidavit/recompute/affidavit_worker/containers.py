"""Archives and packed files, unpacked in memory and within bounds."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_UNPACKED = 64 << 20  # of one member or file
MAX_TOTAL = 256 << 20  # of one archive
MAX_MEMBERS = 1000
MAX_SCHEMA = 16 << 20
_PIECE = 1 << 18
_HEAD = 512
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".statsmodels", ".cloudpickle")
_TAR_MAGIC = slice(257, 262)


class TooMuch(Exception):
    """More than is looked into."""


@dataclass
class Unpacked:
    """Unpacked bytes, cut where they are more than is looked into."""

    name: str
    kept: bytes
    is_cut: bool = False
    problem: str = ""


def first_bytes(file: BinaryIO) -> bytes:
    """The head of a file, which stands at its beginning again."""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    return head


def format_of(head: bytes, name: str) -> str:
    """What a file is by its first bytes; the name counts only for what has none of its own."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    for magic, kind in ((b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz")):
        if head.startswith(magic):
            return kind
    if head.startswith(b"7z\xbc\xaf'\x1c") or head[_TAR_MAGIC] == b"ustar":
        return "not looked into"
    if head.startswith(b"\x93NUMPY"):
        kinds = head[10:].partition(b"fortran_order")[0]  # the head names the types first
        return "npy" if b"O" in kinds else "no pickle"
    if head[:1] == b"\x80" and head[1:2] and head[1] <= 5:
        return "pickle"
    if head[:1] == b"\x78" and int.from_bytes(head[:2], "big") % 31 == 0:
        return "zlib"
    return "pickle" if name.lower().endswith(_PICKLE_NAMES) else "text or other"


def unpacked(file: BinaryIO, kind: str) -> Unpacked:
    """The content of a packed file, at most `MAX_UNPACKED` of it."""
    if kind == "zlib":
        return _cut("", _zlib_pieces(file))
    module = __import__({"gzip": "gzip", "bz2": "bz2", "xz": "lzma"}[kind])
    with module.open(file) as packed:
        return _cut("", iter(lambda: packed.read(_PIECE), b""))


def _zlib_pieces(file: BinaryIO) -> Iterator[bytes]:
    import zlib

    engine = zlib.decompressobj()
    while piece := engine.unconsumed_tail or file.read(_PIECE):
        yield engine.decompress(piece, _PIECE)


def _cut(name: str, pieces: Iterator[bytes]) -> Unpacked:
    kept = bytearray()
    try:
        for piece in pieces:
            kept += piece
            if len(kept) > MAX_UNPACKED:
                return Unpacked(name, bytes(kept[:MAX_UNPACKED]), is_cut=True)
    except Exception as error:  # noqa: BLE001  # each packer has errors of its own
        return Unpacked(name, bytes(kept), problem=f"{type(error).__name__}: {error}")
    return Unpacked(name, bytes(kept))


def members(file: BinaryIO) -> Iterator[Unpacked]:
    """The members of a ZIP archive, one in memory at a time."""
    total = 0
    with zipfile.ZipFile(file) as archive:
        infos = [i for i in archive.infolist() if not i.is_dir()]
        for info in infos[:MAX_MEMBERS]:
            try:
                with archive.open(info) as packed:
                    content = _cut(info.filename, iter(lambda: packed.read(_PIECE), b""))
            except Exception as error:  # noqa: BLE001  # encrypted, of an unknown method, broken
                content = Unpacked(info.filename, b"", problem=f"{type(error).__name__}: {error}")
            total += len(content.kept)
            if content.is_cut:
                content.problem = "it unpacks to more than is looked into"
            yield content
            if total > MAX_TOTAL:
                raise TooMuch(f"it unpacks to more than {MAX_TOTAL >> 20} MiB")
        if len(infos) > MAX_MEMBERS:
            raise TooMuch(f"more than {MAX_MEMBERS:,} members")


def names_in_schema(content: bytes) -> set[tuple[str, str]]:
    """The types that a skops file names; empty where it is no such schema."""
    if len(content) > MAX_SCHEMA:
        raise TooMuch("a skops schema of more than 16 MiB")
    try:
        waiting: list[Any] = [json.loads(content)]
    except (ValueError, RecursionError):
        return set()
    found = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            module, name = node.get("__module__"), node.get("__class__")
            if isinstance(module, str) and isinstance(name, str):
                found.add((module[:200], name[:200]))
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found
