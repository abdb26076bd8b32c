"""Waiting for somebody else with an end.

A socket's timeout is one of each piece: a server that sends a byte now and then is waited for
without end. Here the whole answer has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(timeout_s: float, work: Callable[[], T]) -> T:
    """What the work gives, or what it raises.

    Args:
        timeout_s: the most that all of it may take.
        work: run in a thread of its own. Where it takes longer, the thread is left to itself, and
            ends with the process at the latest.

    Raises:
        TimeoutError: it took longer.
    """
    # Not concurrent.futures, whose threads are waited for when the process ends.
    from multiprocessing import TimeoutError as Late
    from multiprocessing.pool import ThreadPool

    pool = ThreadPool(1)
    try:
        return pool.apply_async(work).get(timeout_s)
    except Late:
        raise TimeoutError(f"its whole answer took longer than {timeout_s:g} s") from None
    finally:
        pool.terminate()
