"""What the worker gives up before anything of the model is loaded."""

from __future__ import annotations

import os
import sys


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
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):
            continue
        held[name] = bound
    return held


def die_with(parent: int) -> None:
    """Ask the kernel to end us when the parent ends, where it can (Linux)."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != parent:
        os._exit(0)
