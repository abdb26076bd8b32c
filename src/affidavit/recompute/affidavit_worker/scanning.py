"""What the files of a model would import: read in a process that is shut in, never loaded.

The levels of imports are picklescan's. What this adds are bounds: operations, unpacked bytes, depth
and memory are limited while reading, long arguments are skipped and not held.
"""

from __future__ import annotations

import logging
import os
import pickletools
from io import BytesIO
from typing import Any, BinaryIO

from .containers import TooMuch, first_bytes, format_of, members, names_in_schema, unpacked

MAX_FILES = 2000
MAX_GLOBALS = 2000
MAX_OPERATIONS = 2_000_000
MAX_DEPTH = 3
MAX_NESTED = 50
MAX_TEXT = 400
LONG = 1 << 20
LONG_LINE = 1 << 16
SHORT_NESTED = 1 << 16
CALLING = frozenset([
    "BINPERSID", "BUILD", "EXT1", "EXT2", "EXT4", "GLOBAL", "INST", "NEWOBJ", "NEWOBJ_EX", "OBJ",
    "PERSID", "REDUCE", "STACK_GLOBAL",
])  # fmt: skip
_IMPORTING = frozenset(["GLOBAL", "INST", "STACK_GLOBAL"])
_PROTOCOLS = tuple(b"\x80" + bytes([n]) for n in range(2, 6))


class Skipped(bytes):
    """A long argument that was passed over: it has its length, and no content."""

    length = 0

    def __len__(self) -> int:
        return self.length


class Window:
    """A file up to an end, as pickletools reads it; no long argument is ever held."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._end = file, start, end
        file.seek(start)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """From the current place (1), as picklescan seeks; else from the window's beginning."""
        return self._file.seek(offset if whence else self._start + offset, whence)

    def read(self, size: int) -> bytes:
        left = max(0, self._end - self.tell())
        if size <= LONG:
            return self._file.read(min(size, left))
        if size > left:
            return b""
        self.seek(size, 1)
        passed = Skipped()
        passed.length = size
        return passed

    def readline(self) -> bytes:
        return self._file.readline(min(LONG_LINE, max(0, self._end - self.tell())))


class Found:
    """What one file holds."""

    def __init__(self) -> None:
        self.globals: set[tuple[str, str, str]] = set()
        self.opcodes: dict[str, int] = {}
        self.error = ""
        self.operations = self.nested = 0

    def fail(self, why: str) -> None:
        """The first reason counts."""
        self.error = self.error or why[:MAX_TEXT]

    def count(self, operation: str) -> None:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise TooMuch(f"more than {MAX_OPERATIONS:,} operations")
        if operation in CALLING:
            self.opcodes[operation] = self.opcodes.get(operation, 0) + 1


def scan(folder: str) -> dict[str, Any]:
    """Every file below the folder, in the order of the paths."""
    from importlib.metadata import version

    logging.disable(logging.CRITICAL)  # picklescan tells its log what it tells us
    paths = []
    for root, _, names in os.walk(folder):
        paths += [os.path.join(root, name) for name in names]  # noqa: PTH118  # nothing but os here
    paths.sort(key=os.fsencode)
    return {
        "tool": f"picklescan {version('picklescan')}",
        "files": [_scan_file(p, os.path.relpath(p, folder)) for p in paths[:MAX_FILES]],
        "left_out": len(paths[MAX_FILES:]),
    }


def _scan_file(path: str, name: str) -> dict[str, Any]:
    found, kind, size = Found(), "not looked into", os.stat(path).st_size  # noqa: PTH116
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            kind = _look_into(file, size, name, found, 0)
    except (TooMuch, MemoryError, RecursionError) as error:
        found.fail(str(error) or type(error).__name__)
    except Exception as error:  # noqa: BLE001  # whatever hostile bytes bring about is an answer
        found.fail(f"{type(error).__name__}: {error}")
    listed = sorted(found.globals)
    if len(listed) > MAX_GLOBALS:
        found.fail(f"more than {MAX_GLOBALS:,} different imports")
        listed = sorted(listed, key=lambda g: (g[2] != "dangerous", g))[:MAX_GLOBALS]
    return {
        "path": name, "size_bytes": size, "format": kind, "opcodes": found.opcodes,
        "globals": [{"module": m, "name": n, "level": level} for m, n, level in sorted(listed)],
        "error": found.error or None,
    }  # fmt: skip


def _look_into(file: BinaryIO, size: int, name: str, found: Found, depth: int) -> str:
    """Read one file, or one member of an archive; gives its format."""
    kind = format_of(first_bytes(file), name)
    if kind == "text or other":
        return _as_text_pickle(file, size, found, depth)
    if kind in ("pickle", "npy"):
        _pickle(file, size, found, depth)
        return kind
    if kind == "no pickle":
        return kind
    if kind == "not looked into" or depth >= MAX_DEPTH:
        found.fail("an archive of a kind that is not looked into, or too deep")
        return "not looked into"
    if kind == "zip":
        return _zip(file, found, depth)
    content = unpacked(file, kind)
    if content.problem:
        found.fail(content.problem)
    _look_into(BytesIO(content.kept), len(content.kept), name, found, depth + 1)
    if content.is_cut:
        found.fail("it unpacks to more than is looked into")
    return kind


def _zip(file: BinaryIO, found: Found, depth: int) -> str:
    kind = "zip"
    for member in members(file):
        if member.problem:
            found.fail(f"{member.name}: {member.problem}")
        if member.name == "schema.json" and (types := names_in_schema(member.kept)):
            kind = "skops"
            for module, name in types:
                found.globals.add((module, name, _level(module, name)))
        _look_into(BytesIO(member.kept), len(member.kept), member.name, found, depth + 1)
    return kind


def _as_text_pickle(file: BinaryIO, size: int, found: Found, depth: int) -> str:
    """A pickle of protocol 0 or 1 has no first bytes of its own: it is one if it reads as one."""
    trial = Found()
    _pickle(file, size, trial, depth)
    if trial.error or not trial.opcodes:
        return "no pickle"
    found.globals |= trial.globals
    for operation, times in trial.opcodes.items():
        found.opcodes[operation] = found.opcodes.get(operation, 0) + times
    return "pickle"


def _pickle(file: BinaryIO, size: int, found: Found, depth: int) -> None:
    """All pickles in a row: count operations, look into byte strings, then list the imports."""
    start = _array_start(file)
    if start >= size:
        if start:
            found.fail("the head of an array, and no array")
        return
    window: Any = Window(file, start, size)
    reached: int = start
    nested: list[Any] = []
    try:
        while reached < size:
            for operation, argument, _ in pickletools.genops(window):
                found.count(operation.name)
                if _may_be_pickle(argument):
                    nested.append(argument)
            reached = window.tell()
    except TooMuch as error:
        found.fail(f"{error}: imports after byte {window.tell()} are not listed")
    except Exception as error:  # noqa: BLE001  # pickletools raises whatever the bytes bring about
        found.fail(f"no pickle after byte {reached}: {error}")
    _list_imports(Window(file, start, window.tell()), found)
    for argument in nested:
        found.nested += 1
        if found.nested > MAX_NESTED or depth >= MAX_DEPTH:
            found.fail("more pickles within pickles than are looked into")
            return
        raw = argument.encode("latin-1", "replace") if isinstance(argument, str) else argument
        _as_text_pickle(BytesIO(raw), len(raw), found, depth + 1)


def _array_start(file: BinaryIO) -> int:
    """Where the pickle begins: after the head of a .npy file of objects, else at 0."""
    head = first_bytes(file)
    if not head.startswith(b"\x93NUMPY"):
        return 0
    wide = head[6] > 1
    return (12 if wide else 10) + int.from_bytes(head[8 : 12 if wide else 10], "little")


def _may_be_pickle(argument: Any) -> bool:
    if isinstance(argument, Skipped) or not isinstance(argument, bytes | str):
        return False
    if isinstance(argument, str):
        return argument.startswith("\x80") and argument.endswith(".")
    ends = argument.endswith(b".") and len(argument) > 3
    return ends and (argument.startswith(_PROTOCOLS) or len(argument) <= SHORT_NESTED)


def _list_imports(window: Any, found: Found) -> None:
    """By picklescan, on the bytes that were seen to be within the bounds."""
    from picklescan.scanner import scan_pickle_bytes

    listed = scan_pickle_bytes(window, "model")
    for one in listed.globals:
        found.globals.add((str(one.module)[:MAX_TEXT], str(one.name)[:MAX_TEXT], one.safety.value))
    if not listed.globals and not _IMPORTING.isdisjoint(found.opcodes) and not found.globals:
        found.fail("its imports could not be told")


def _level(module: str, name: str) -> str:
    """What picklescan says of one import."""
    from picklescan.scanner import scan_pickle_bytes

    line = f"c{module}\n{name}\n.".encode()
    listed = scan_pickle_bytes(BytesIO(line), "type").globals
    return listed[0].safety.value if len(listed) == 1 else "suspicious"
