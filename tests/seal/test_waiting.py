"""A server that sends a byte now and then is not waited for without end, a Vault or a clock."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from affidavit.errors import Unreachable
from affidavit.seal import Access, open_signer, timestamps, vault_server
from affidavit.seal.timestamps import fetch_timestamp
from affidavit.seal.waiting import within

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
REFUSAL = b"HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n"
SLOWLY = 0.05


@pytest.fixture(params=[HEAD, REFUSAL, b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "refusal", "head"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that begins its answer, and then sends a byte at a time, each well in time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def answer() -> None:
            with server.accept()[0] as asked:
                asked.sendall(request.param)
                while not ended.wait(SLOWLY):
                    try:
                        asked.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        thread.join()


def test_a_vault_that_drips_is_given_up(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_server, "TIMEOUT_S", 4 * SLOWLY)
    monkeypatch.setenv("VAULT_ADDR", dripping)
    monkeypatch.setenv("VAULT_TOKEN", "s.madeUpTokenOfNobody")
    began = time.monotonic()

    with pytest.raises(Unreachable, match="does not answer") as refused:
        open_signer("vault:k", Access())

    assert "its whole answer took longer than 0.2 s" in str(refused.value)
    assert time.monotonic() - began < 20


def test_a_clock_that_drips_is_given_up(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "TIMEOUT_S", 4 * SLOWLY)

    with pytest.raises(Unreachable, match="does not answer"):
        fetch_timestamp(dripping, b"signature")


def test_gives_what_the_work_gives_and_raises_what_it_raises() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def test_a_process_ends_whatever_is_still_being_waited_for() -> None:
    program = (
        "import time\nfrom affidavit.seal.waiting import within\n"
        "try:\n    within(0.1, lambda: time.sleep(60))\nexcept TimeoutError as e:\n    print(e)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert "longer than 0.1 s" in done.stdout
