"""`affidavit verify` where there is no network at all: a namespace without a single interface up."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder

AFFIDAVIT = Path(sys.executable).parent / "affidavit"
REACH = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
WALLS = {
    "unshare": ("unshare", "--map-root-user", "--net"),
    "bwrap": ("bwrap", "--dev-bind", "/", "/", "--unshare-net"),
}


def holds(wall: tuple[str, ...]) -> bool:
    """Whether this machine lets an ordinary user make such a namespace."""
    if shutil.which(wall[0]) is None:
        return False
    return subprocess.run([*wall, "true"], capture_output=True, check=False).returncode == 0


WALL = next((name for name in WALLS if holds(WALLS[name])), None)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(WALL is None, reason="neither unshare nor bwrap makes a network namespace"),
]


def walled(*words: str | Path) -> subprocess.CompletedProcess[str]:
    assert WALL is not None
    command = [*WALLS[WALL], *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_wall_keeps_a_listener_of_this_machine_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        inside = walled(sys.executable, "-c", REACH, port)
        outside = subprocess.run([sys.executable, "-c", REACH, port], check=False)

    # bubblewrap brings the loopback of the new namespace up, where nobody listens.
    assert inside.returncode == 1
    assert "Network is unreachable" in inside.stderr or "Connection refused" in inside.stderr
    assert outside.returncode == 0


def test_every_verdict_is_the_same_without_a_network(sealed: BundleBuilder) -> None:
    key = ("--key", sealed.public_key)
    cases = ((sealed.path, key, 0), (sealed.flip_bit("data/evidence.json"), key, 1),
             (sealed.path, (), 3))  # fmt: skip
    for bundle, trust, expected in cases:
        words = (AFFIDAVIT, "verify", bundle, *trust, "--json")
        inside = walled(*words)
        outside = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)

        assert inside.returncode == outside.returncode == expected, inside.stderr
        assert inside.stdout == outside.stdout
        assert inside.stdout.startswith("{")
