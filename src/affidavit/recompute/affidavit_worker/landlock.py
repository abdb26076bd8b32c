"""Landlock: from now on this process sees only the files that it is given."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from typing import Any

from .refusing import Refused

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_READ_FILE, _READ_DIR, _EXECUTE, _WRITE_FILE = 1 << 2, 1 << 3, 1 << 0, 1 << 1
_TRUNCATE, _REFER = 1 << 14, 1 << 13
# Remove folders and files; make folders, plain files and symbolic links.
_CHANGE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 12
_OF_A_FILE = _READ_FILE | _EXECUTE | _WRITE_FILE | _TRUNCATE


def version() -> int:
    """The kernel's ABI of landlock; 0 where it has none, or it is switched off."""
    return max(0, _call(_CREATE, None, 0, 1))


def restrict(demand: dict[str, Any]) -> int:
    """Shut the process in; says which ABI holds.

    All that an ABI can refuse is refused: since 4 TCP, since 6 abstract sockets and signals to
    the outside.

    Args:
        demand: `abi` (the newest that the parent knows), `read`, `write` (paths; one that does
            not exist here gives no right), `execute`.

    Raises:
        Refused: the kernel has no landlock.
        OSError: it takes a path, or the whole, not.
    """
    abi: int = min(version(), demand["abi"])
    if abi < 1:
        raise Refused("this kernel has no landlock, or it is off")
    files = (1 << 13) - 1  # ABI 1
    files |= (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0)
    files |= 1 << 15 if abi >= 5 else 0  # ioctl on devices
    attributes = struct.pack("=QQQ", files, 3, 3)  # TCP bind and connect; sockets and signals
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _checked(_call(_CREATE, attributes[:size], size, 0))
    read = _READ_FILE | _READ_DIR | (_EXECUTE if demand["execute"] else 0)
    write = _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _REFER | _CHANGE
    for paths, rights in ((demand["read"], read), (demand["write"], write)):
        for path in paths:
            _allow(ruleset, path, rights & files)
    _checked(_call(_RESTRICT, ruleset, 0))
    os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_A_FILE
        _checked(_call(_ADD, ruleset, 1, struct.pack("=Qi", rights, place), 0))
    finally:
        os.close(place)


def _call(number: int, *arguments: bytes | int | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    given = [
        ctypes.create_string_buffer(a, len(a)) if isinstance(a, bytes)
        else None if a is None else ctypes.c_long(a)
        for a in arguments
    ]  # fmt: skip
    return int(libc.syscall(ctypes.c_long(number), *given))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"landlock: {os.strerror(number)}")
    return result
