"""`affidavit verify` asks no network: watched by the interpreter itself, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.bundles import BundleBuilder

# Every way to another machine or process tells the interpreter's audit hooks (PEP 578).
WATCHED = """
import json, socket, sys
told = []
WORDS = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "subprocess.", "os.exec", "os.fork",
         "os.posix_spawn", "os.spawn", "os.system", "ctypes.dlopen")
sys.addaudithook(lambda name, _: name.startswith(WORDS) and told.append(name))
from affidavit.cli.main import main
sys.argv = ["affidavit", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
seen = list(told)
try:
    socket.create_connection(("127.0.0.1", 9), 1).close()
except OSError:
    pass
print(json.dumps([code, seen, told[len(seen):]]), file=sys.stderr)
"""


def watched(*words: str) -> tuple[int, list[str], list[str]]:
    """Exit code, what the command did of the watched kinds, and what a connection looks like."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *words], capture_output=True, text=True, check=True
    )
    code, seen, twin = json.loads(done.stderr.splitlines()[-1])
    return code, seen, twin


def test_verifying_opens_no_socket_and_starts_no_program(sealed: BundleBuilder) -> None:
    for bundle, expected in ((sealed.path, 0), (sealed.flip_bit("data/evidence.json"), 1)):
        code, seen, twin = watched("verify", str(bundle), "--key", str(sealed.public_key))

        assert code == expected
        assert seen == []
        assert "socket.connect" in twin  # the same hook sees one that is made
