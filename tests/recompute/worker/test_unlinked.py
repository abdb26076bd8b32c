"""Files without a name: found by descriptors of any thread, and by what is mapped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from affidavit.recompute import affidavit_worker
from affidavit.recompute.worker.scratch import Unmeasurable
from affidavit.recompute.worker.unlinked import unlinked_bytes

SIZE, LARGEST = 300_000, 500_000
_HEAD = f"""\
import ctypes, os, sys, threading, time
sys.path.insert(0, {str(Path(affidavit_worker.__file__).parent.parent)!r})
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
def write(name):
    held = os.open(name, os.O_RDWR | os.O_CREAT)
    os.write(held, b'x' * {SIZE})
    return held
def done():
    print('done', flush=True)
    time.sleep(60)
"""
_MAPPED = """held = write({name!r})
assert libc.mmap(None, 4096, 1, 1, held, 0) != 2**64 - 1
os.close(held)
os.unlink({name!r})
done()
"""
_UNPRIVILEGED = "from affidavit_worker.lockdown import drop_privileges; drop_privileges()\n"
_OWN_DESCRIPTORS = """def own():
    assert libc.unshare(0x400) == 0
    write('f')
    os.unlink('f')
    done()
threading.Thread(target=own).start()
"""
_FIRST_HAS_ENDED = """def go_on():
    time.sleep(0.2)
    write('f')
    os.unlink('f')
    done()
threading.Thread(target=go_on).start()
libc.pthread_exit(None)
"""


@contextmanager
def _holding(script: str, folder: Path) -> Iterator[int]:
    """A process that holds what the script says, from now on."""
    command = [sys.executable, "-S", "-c", _HEAD + script]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"done\n"
            yield process.pid
        finally:
            process.kill()


def test_counts_a_file_that_is_open_once_its_name_is_gone(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.write(b"x" * SIZE)
        file.flush()
        named = unlinked_bytes(os.getpid(), tmp_path, LARGEST)
        (tmp_path / "f").unlink()
        unnamed = unlinked_bytes(os.getpid(), tmp_path, LARGEST)

    assert unnamed - named >= SIZE
    assert unlinked_bytes(2**22 + 1, tmp_path, LARGEST) == 0  # no such process


@pytest.mark.parametrize("name", ["f", "a b", "of\x0btwo\x85lines\u2028", "or\nthree"])
def test_counts_the_whole_of_a_file_of_which_one_page_is_mapped(name: str, tmp_path: Path) -> None:
    with _holding(_MAPPED.format(name=name), tmp_path) as process:
        found = unlinked_bytes(process, tmp_path, LARGEST)
        elsewhere = unlinked_bytes(process, tmp_path / "other", LARGEST)

    assert SIZE <= found <= LARGEST
    assert elsewhere == 0


def test_what_may_not_be_looked_at_counts_as_the_largest_file(tmp_path: Path) -> None:
    """Whoever is not root sees that a file is mapped, and not how large it is."""
    script = (
        _HEAD + _UNPRIVILEGED + "import json\n"
        "held = write('f'); libc.mmap(None, 4096, 1, 1, held, 0); os.close(held); os.unlink('f')\n"
        "held = write('g'); libc.mmap(None, 4096, 1, 1, held, 0); os.unlink('g')\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\n"
        "from affidavit.recompute.worker.unlinked import unlinked_bytes\n"
        f"print(unlinked_bytes(os.getpid(), Path({str(tmp_path)!r}), 10_000_000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert 10_000_000 + SIZE <= int(done.stdout) <= 10_000_000 + LARGEST


@pytest.mark.parametrize("script", [_OWN_DESCRIPTORS, _FIRST_HAS_ENDED])
def test_looks_at_every_thread(script: str, tmp_path: Path) -> None:
    with _holding(script, tmp_path) as process:
        found = unlinked_bytes(process, tmp_path, LARGEST)

    assert SIZE <= found <= LARGEST


def test_more_descriptors_than_can_be_looked_at_are_named(tmp_path: Path) -> None:
    """Threads share them, and each is looked at: so many threads would make the watch slow."""
    few = "for _ in range(5): threading.Thread(target=time.sleep, args=(60,)).start()\n"
    fill = "held = [os.dup(0) for _ in range(400)]\n"
    many = few.replace("(5)", "(60)")

    with _holding(fill + few + "done()", tmp_path) as process:
        assert unlinked_bytes(process, tmp_path, LARGEST) == 0
    with (
        _holding(fill + many + "done()", tmp_path) as process,
        pytest.raises(Unmeasurable, match="more than 20000 descriptors"),
    ):
        unlinked_bytes(process, tmp_path, LARGEST)
