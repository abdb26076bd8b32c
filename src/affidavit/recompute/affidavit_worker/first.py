"""Process 1 of a sandbox of namespaces: ours, since another one there would have no walls.

It holds nothing, waits for the worker, and ends as the worker did.
"""

from __future__ import annotations

import ctypes
import os

from .lockdown import drop_privileges

_DUMPABLE = 4  # prctl
_MOST_DESCRIPTORS = 1 << 16


def stand_before() -> None:
    """Where we are process 1: go on in a child. Else nothing.

    The kernel drops the signals that process 1 has no handler for, so that a model could neither
    crash nor run out of processor time there.

    Raises:
        OSError: the kernel does not let us.
    """
    if os.getpid() != 1:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    drop_privileges()
    # Its memory is then closed to the model, which is the same user. Before the child is there.
    if libc.prctl(_DUMPABLE, 0, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"process 1: {os.strerror(number)}")
    worker = os.fork()
    if worker == 0:
        libc.prctl(_DUMPABLE, 1, 0, 0, 0)
        return
    os.closerange(0, _MOST_DESCRIPTORS)  # answers end when the worker's do
    ended = 0
    while ended != worker:
        ended, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    os._exit(128 - code if code < 0 else code)
