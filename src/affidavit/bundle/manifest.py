"""manifest-sha256.txt and tagmanifest-sha256.txt: `<sha256>  <path>`, one a line.

The form is that of BagIt (RFC 8493, section 2.1.3) and of `sha256sum -c`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from affidavit.bundle.layout import MAX_ENTRIES
from affidavit.errors import BundleError

_LINE = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\x7f]+)")


def render_manifest(rows: Iterable[tuple[str, str]]) -> bytes:
    """The manifest of (path, sha256) rows, sorted by the UTF-8 bytes of the path."""
    ordered = sorted(rows, key=lambda row: row[0].encode())
    return "".join(f"{digest}  {path}\n" for path, digest in ordered).encode()


def parse_manifest(content: bytes, name: str) -> dict[str, str]:
    """Read a manifest: path to sha256.

    Raises:
        BundleError: not the bytes that `render_manifest` gives for these rows: another form,
            another order, a path twice, a missing last newline, more than an archive can hold.
    """
    if content and not content.endswith(b"\n"):
        raise BundleError(f"{name}: the last line has no end")
    rows: dict[str, str] = {}
    last = b""
    for number, line in enumerate(_lines(content, name), start=1):
        if number > MAX_ENTRIES:
            raise BundleError(f"{name} lists more than {MAX_ENTRIES} files")
        found = _LINE.fullmatch(line)
        if found is None:
            raise BundleError(
                f"{name}, line {number}: expected '<sha256>  <path>'", repr(line[:80])
            )
        digest, path = found.groups()
        key = path.encode()
        if key <= last:
            fault = "stands twice" if path in rows else "is out of order"
            raise BundleError(f"{name}, line {number}: {path!r} {fault}")
        rows[path], last = digest, key
    return rows


def _lines(content: bytes, name: str) -> Iterator[str]:
    """Line by line: a list of all, or the whole as text, would take many times its bytes."""
    start = 0
    while start < len(content):
        end = content.index(b"\n", start)
        try:
            yield content[start:end].decode("utf-8", errors="strict")
        except UnicodeDecodeError as error:
            raise BundleError(f"{name} is not UTF-8", f"byte {start + error.start}") from error
        start = end + 1
