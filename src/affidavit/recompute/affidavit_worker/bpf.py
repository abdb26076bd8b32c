"""A seccomp filter: from the parent's rules to a classic BPF program, and into the kernel.

The rules are data (docs/worker-protocol.md); which calls are refused is decided by the parent. Here
they are only assembled. The program looks at the architecture first, then at the number of the
call, then at the low 32 bits of one argument where a rule says so.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Any

_LOAD, _AND, _EQUAL, _AT_LEAST, _ABOVE, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, value


def assemble(rules: dict[str, Any], own: int) -> list[Instruction]:
    """The program.

    Args:
        rules: `arch`, `kill_from` (numbers that end the process), `unknown` (ranges that this
            kernel may know and we do not), `rules`.
        own: our process id, for values that are "self".
    """
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, rules["arch"]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, rules["kill_from"]),
        (_RETURN, 0, 0, _KILL),
    ]
    for first, last, errno in rules["unknown"]:
        program += [(_AT_LEAST, 0, 2, first), (_ABOVE, 1, 0, last), (_RETURN, 0, 0, _refuse(errno))]
    for rule in rules["rules"]:
        for number in rule["calls"]:
            body = _body(rule, own)
            program += [(_EQUAL, 0, len(body), number), *body]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _body(rule: dict[str, Any], own: int) -> list[Instruction]:
    """What is done with a call of this rule: refused, or its argument looked at first."""
    refuse = (_RETURN, 0, 0, _refuse(rule["errno"]))
    if "arg" not in rule:
        return [refuse]
    values = [own if value == "self" else value for value in rule["values"]]
    look = [(_LOAD, 0, 0, _ARGUMENTS + 8 * rule["arg"]), (_AND, 0, 0, rule["mask"])]
    # After the comparisons comes the refusal, and after it what reads the number again.
    hit = 0 if rule["inside"] else 1
    compare = [(_EQUAL, len(values) - 1 - i + hit, 0, value) for i, value in enumerate(values)]
    if rule["inside"]:
        code, true, _, value = compare[-1]
        compare[-1] = (code, true, 1, value)
    return [*look, *compare, refuse, (_LOAD, 0, 0, _NUMBER)]


def _refuse(errno: int) -> int:
    return _REFUSE | errno


def install(rules: dict[str, Any]) -> None:
    """Put the filter in force for this process, for good.

    Raises:
        OSError: the kernel takes none.
    """
    program = b"".join(struct.pack("=HBBI", *step) for step in assemble(rules, os.getpid()))
    held = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.syscall(
        ctypes.c_long(rules["install"]), ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(_ALL_THREADS), ctypes.create_string_buffer(header, len(header)),
    ):  # fmt: skip
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
