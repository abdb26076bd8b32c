"""A command on a real terminal of 80 columns, and a person who types into it."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

INTERRUPT = "\x03"
_PROMPT = " > "
# The first terminal that a session's leader opens is the one whose Ctrl-C reaches it. Whoever
# runs the tests in the background leaves Ctrl-C ignored; at a terminal it never is.
_LEAD = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
)


def typed(
    command: Sequence[str | Path],
    lines: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float = 300,
) -> tuple[str, int]:
    """Run a command on a terminal, type a line at each prompt, and give what it showed.

    A line is `INTERRUPT` where the person presses Ctrl-C. When the lines have
    run out, Enter is typed at every prompt.

    Returns:
        The screen, and the exit code.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _LEAD, *map(str, command)],
        cwd=cwd, env={**environ, "TERM": "dumb"}, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    left, shown, told, deadline = list(lines), "", 0, time.monotonic() + timeout_s
    line, decoder = "", codecs.getincrementaldecoder("utf-8")()
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 3)[0]:
            # One that comes before Python waits for the line is seen when the next key is pressed.
            if line == INTERRUPT and "interrupted" not in shown:
                os.write(ours, INTERRUPT.encode())
            continue
        try:
            shown += decoder.decode(os.read(ours, 65536))
        except OSError:  # the other side is closed
            break
        if shown.endswith(_PROMPT) and len(shown) > told:
            told = len(shown)
            line = left.pop(0) if left else ""
            os.write(ours, (line if line == INTERRUPT else f"{line}\n").encode())
    os.close(ours)
    return shown.replace("\r\n", "\n"), process.wait(timeout=60)
