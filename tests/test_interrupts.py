"""Ctrl-C waits for work that must not be cut short, and then does what it always does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from affidavit.interrupts import deferred_interrupts, ignored_interrupts


def test_an_interrupt_waits_until_the_work_inside_is_done() -> None:
    steps: list[str] = []

    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("done")

    assert steps == ["done"]


def test_what_handled_a_signal_before_handles_it_afterwards() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with deferred_interrupts():
            os.kill(os.getpid(), signal.SIGTERM)
            inside = list(came)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert inside == []
    assert came == [signal.SIGTERM, signal.SIGTERM]


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred_interrupts():
            inside = signal.getsignal(signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert inside == signal.SIG_IGN


def test_another_thread_does_its_work_and_touches_no_handler() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with deferred_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [before]


def test_a_process_that_is_started_ignores_interrupts_for_ever_and_we_do_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    code = "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"

    with ignored_interrupts():
        inside = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
    outside = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert (inside.stdout, outside.stdout) == ("True\n", "False\n")
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
