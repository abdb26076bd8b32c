"""Run a command for as long as whoever started us lives: `python guard.py COMMAND ...`.

Our standard input is a pipe whose other end the starter alone holds. It closes when the starter
ends, however that happens, `kill -9` included; then the command and all its children are ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

_PATIENCE_S = 5.0


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End a process group, politely first, and wait until its leader is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE_S)
            break
    # The leader may leave children behind that did not listen.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def main() -> int:
    # Ctrl-C goes to the starter, which tells us by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while child.poll() is None:
            closed, _, _ = select.select([sys.stdin.buffer], [], [], 0.2)
            if closed and not os.read(sys.stdin.fileno(), 1):
                return 0
        return child.returncode
    finally:
        end_group(child)


if __name__ == "__main__":
    sys.exit(main())
