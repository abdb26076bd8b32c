"""Tiny wheels, and a package index on loopback that serves them: no network is needed.

What the worker needs (numpy, pandas, pyarrow) is there as an empty package of that name: enough to
resolve and install, since nothing of an environment is run while it is made.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NEEDED = ("numpy", "pandas", "pyarrow")


def write_wheel(
    folder: Path, name: str, version: str, *, requires: tuple[str, ...] = (),
    tag: str = "py3-none-any", files: Mapping[str, bytes] | None = None,
) -> Path:  # fmt: skip
    """A wheel of one module, the same bytes each time."""
    stem = f"{name.replace('-', '_')}-{version}"
    said = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    said += [f"Requires-Dist: {line}" for line in requires]
    content = {
        f"{name.replace('-', '_')}.py": f"__version__ = {version!r}\n".encode(),
        **(files or {}),
        f"{stem}.dist-info/METADATA": "\n".join([*said, "", ""]).encode(),
        f"{stem}.dist-info/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
        ),
    }
    record = "".join(f"{p},sha256={_urlsafe(c)},{len(c)}\n" for p, c in content.items())
    content[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, data in content.items():
            archive.writestr(zipfile.ZipInfo(inside), data)
    return path


def write_sdist(folder: Path, name: str, version: str, setup: str) -> Path:
    """A source distribution whose setup script is `setup`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    files = {
        "setup.py": setup,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for inside, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{inside}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def write_wheelhouse(folder: Path) -> Path:
    """What the worker needs, and `scorecard`, which requires `binning`, in two versions each."""
    for name in NEEDED:
        write_wheel(folder, name, "9.0")
    for version in ("1.0", "2.0"):
        write_wheel(folder, "scorecard", version, requires=("binning",))
        write_wheel(folder, "binning", version)
    return folder


@dataclass
class Index:
    """A running index: its address, and the paths that it was asked for."""

    uri: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def serve_index(
    folder: Path, yanked: Mapping[str, str] | None = None, status: int = 200
) -> Iterator[Index]:
    """Serve the wheels of a folder (PEP 503); those in `yanked` are withdrawn for that reason."""
    index = Index("")

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            index.asked.append(self.path)
            kind, _, rest = self.path.strip("/").partition("/")
            page = _page(folder, rest, yanked or {}) if kind == "simple" else None
            if kind == "files" and (folder / rest).is_file():
                page = (folder / rest).read_bytes()
            self.send_response(404 if page is None else status)
            kind = "text/html" if kind == "simple" else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(page or b"")

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index.uri = f"http://127.0.0.1:{server.server_address[1]}/simple/"
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(folder: Path, name: str, yanked: Mapping[str, str]) -> bytes | None:
    stem = name.strip("/").replace("-", "_")
    files = sorted(p for p in folder.iterdir() if p.name.partition("-")[0] == stem)
    if not files:
        return None
    lines = []
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        reason = yanked.get(path.name)
        mark = "" if reason is None else f' data-yanked="{reason}"'
        lines.append(f'<a href="/files/{path.name}#sha256={digest}"{mark}>{path.name}</a>')
    return f"<!DOCTYPE html><html><body>{'<br>'.join(lines)}</body></html>".encode()


def _urlsafe(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
