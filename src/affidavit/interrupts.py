"""Work that Ctrl-C must not cut short, and processes that it must not reach."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_DEFERRED = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait until the work inside is done; they are then delivered.

    Handlers are exchanged, not signals blocked: another thread would receive what the main thread
    blocks, and Python would still run the handler in the main thread. In any other thread nothing
    is done, as none is interrupted. What is ignored stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    kept = {}
    try:
        for number in _DEFERRED:
            handler = signal.getsignal(number)
            if handler not in (None, signal.SIG_IGN):
                kept[number] = handler
                signal.signal(number, lambda n, _frame: came.append(n))
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        for name in dict.fromkeys(came):
            signal.raise_signal(signal.Signals(name))


@contextmanager
def ignored_interrupts() -> Iterator[None]:
    """Ignore SIGINT meanwhile; a process that is started inside ignores it from the first on.

    Ctrl-C reaches every process of a terminal: one that still loads its modules would print where
    it was. One that comes meanwhile is lost, so start what is to be started and no more. In any
    thread but the main one nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
