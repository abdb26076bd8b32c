"""What other implementations say of the sample's bundle: `make conformance`.

Builds the sample as `make demo` does, then runs the tests marked `system` on it. Each check that
cannot run is named, with the system package that it wants.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "conformance"
JS = Path(__file__).parent / "js"
WANTED = {
    "7z": ("another ZIP reader", "p7zip-full"),
    "age": ("what we encrypt, opened by stock age, and the reverse", "age"),
    "bwrap": ("models behind bubblewrap", "bubblewrap"),
    "chromium": ("the card in a browser, judged by axe-core", "chromium"),
    "git": ("the commit pack checked by stock git", "git"),
    "java": ("the card judged by the Nu HTML checker", "default-jre-headless"),
    "javac": ("the archive read by Java's two readers", "default-jdk-headless"),
    "npm": ("sigstore-js on our signatures, axe-core and the Nu HTML checker", "nodejs npm"),
    "openssl": ("the signature checked by hand, timestamps by another authority", "openssl"),
    "pdftotext": ("the PDF read by another reader", "poppler-utils"),
    "psql": ("a query frozen from PostgreSQL", "postgresql"),
    "sha256sum": ("the stock checksum chain", "coreutils"),
    "softhsm2-util": ("signing with a key on a token", "softhsm2"),
    "ssh-keygen": ("signed commits", "openssh-client"),
    "unshare": ("verify in a namespace without a network", "util-linux"),
    "unzip": ("the archive unpacked by stock unzip", "unzip"),
}


def main() -> int:
    for tool, (what, package) in WANTED.items():
        if shutil.which(tool) is None:
            print(f"cannot run: {what} (no {tool}; install {package})", flush=True)
    _packages()
    sample = [sys.executable, str(ROOT / "samples/demo/run.py"), "--out", str(OUT)]
    subprocess.run(sample, check=True, cwd=ROOT)
    environment = {**os.environ, "AFFIDAVIT_SAMPLE": str(OUT)}
    tests = [sys.executable, "-m", "pytest", "-q", "-m", "system and not slow", "-rs"]
    return subprocess.run(tests, check=False, cwd=ROOT, env=environment).returncode


def _packages() -> None:
    """Install the pinned packages once, into build/; the lock file holds their hashes.

    Their scripts are not run: one of them would fetch a Java of its own.
    """
    target = ROOT / "build" / "conformance-js"
    lock = JS / "package-lock.json"
    if shutil.which("npm") is None or _same(target / "package-lock.json", lock):
        return
    target.mkdir(parents=True, exist_ok=True)
    for file in JS.iterdir():
        shutil.copy2(file, target / file.name)
    install = ["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent"]
    subprocess.run(install, check=True, cwd=target)


def _same(one: Path, other: Path) -> bool:
    installed = one.is_file() and (one.parent / "node_modules").is_dir()
    return installed and one.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    raise SystemExit(main())
