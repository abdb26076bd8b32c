"""What the worker gives up before anything of the model is loaded.

The order matters: limits, privileges, files, and the filter of system calls last, since it refuses
some of what the steps before it do.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Any

from . import bpf, landlock

_PDEATHSIG, _BOUND_DROP, _NO_NEW, _AMBIENT = 1, 24, 38, 47  # prctl
_CAPABILITIES = 64
_CAPSET_VERSION = 0x20080522


def lock_down(hello: dict[str, Any]) -> dict[str, Any]:
    """Give up all that the parent asks for; says what holds.

    Args:
        hello: `limits`, and on Linux `parent`, `privileges` (true: give them up), `landlock`,
            `seccomp`; each of the last three may be absent or null.

    Raises:
        OSError: the kernel does not let us.
    """
    held: dict[str, Any] = {"limits": apply_limits(hello["limits"]), "held": []}
    if hello.get("privileges"):
        drop_privileges()
        held["held"].append("privileges")
    if hello.get("parent"):
        die_with(hello["parent"])
    if hello.get("landlock"):
        held["abi"] = landlock.restrict(hello["landlock"])
        held["held"].append("landlock")
    if hello.get("seccomp"):
        bpf.install(hello["seccomp"])
        held["held"].append("seccomp")
    return held


def apply_limits(limits: dict[str, int]) -> dict[str, int]:
    """Lower the process's limits; says which hold.

    RLIMIT_DATA counts what is written to; address space is left wider, since numpy and Arrow
    reserve far more than they use.
    """
    import resource

    held = {}
    for name, value in sorted(limits.items()):
        kind = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # A second of processor time more before SIGKILL: SIGXCPU comes first, and says why.
        top = bound + 1 if name == "cpu" and bound != hard else bound
        try:
            resource.setrlimit(kind, (bound, top))
        except (ValueError, OSError):
            continue
        held[name] = bound
    return held


def drop_privileges() -> None:
    """No capability, and none to be gained: root could else raise its limits again.

    Raises:
        OSError: the kernel does not let us.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_CAPABILITIES):  # refused where we are not root, and then not needed
        libc.prctl(_BOUND_DROP, capability, 0, 0, 0)
    libc.prctl(_AMBIENT, 4, 0, 0, 0)
    nothing = ctypes.create_string_buffer(24)
    if libc.capset(struct.pack("=Ii", _CAPSET_VERSION, 0), nothing) or libc.prctl(
        _NO_NEW, 1, 0, 0, 0
    ):
        number = ctypes.get_errno()
        raise OSError(number, f"privileges: {os.strerror(number)}")


def die_with(parent: int) -> None:
    """Ask the kernel to end us when the parent ends, where it can (Linux)."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PDEATHSIG, 9, 0, 0, 0)  # SIGKILL
    if os.getppid() != parent:
        os._exit(0)
