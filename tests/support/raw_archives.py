"""Archives taken apart and put together without the product's reader and writer."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from affidavit.bundle import layout
from affidavit.bundle.zip_records import (
    CENTRAL,
    LOCAL,
    Member,
    render_central,
    render_end,
    render_local,
)

Entries = list[tuple[str, bytes]]  # path below the top folder, content; in archive order


def read_entries(path: Path) -> tuple[str, Entries]:
    """The top folder, and every entry below it, by Python's own zipfile."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        folder = names[0].partition("/")[0]
        return folder, [(n.removeprefix(folder + "/"), archive.read(n)) for n in names]


def ordered(entries: Entries) -> Entries:
    """Entries in the order of the format; what it does not know comes last."""

    def rank(entry: tuple[str, bytes]) -> tuple[int, bytes]:
        name = entry[0]
        if name in layout.HEAD:
            return layout.HEAD.index(name), b""
        section = ("data/", "signatures/")
        place = next((i for i, s in enumerate(section) if name.startswith(s)), len(section))
        return len(layout.HEAD) + place, name.encode()

    return sorted(entries, key=rank)


def pack_raw(
    entries: Iterable[tuple[str, bytes]],
    *,
    local: Callable[[Member, bytes], bytes] | None = None,
    central: Callable[[Member, bytes], bytes] | None = None,
) -> bytes:
    """An archive of (full name, content), names unchecked.

    Args:
        entries: in archive order.
        local: gets each member and its local header, returns the header to write.
        central: the same for the central directory.
    """
    out, directory, count = io.BytesIO(), io.BytesIO(), 0
    for name, content in entries:
        member = Member(name=name, size=len(content), crc=zlib.crc32(content), offset=out.tell())
        header, entry = render_local(member), render_central(member)
        out.write(local(member, header) if local else header)
        out.write(content)
        directory.write(central(member, entry) if central else entry)
        count += 1
    offset = out.tell()
    out.write(directory.getvalue())
    out.write(render_end(count, directory.tell(), offset))
    return out.getvalue()


def patched(header: bytes, **fields: int) -> bytes:
    """A local or central header with fixed fields changed, by name: `flags=1, method=8`."""
    names: tuple[str, ...]
    if header.startswith(b"PK\x01\x02"):
        names = (
            "signature", "made", "version", "flags", "method", "time", "date", "crc", "stored",
            "size", "name_length", "extra_length", "comment_length", "disk", "internal",
            "attributes", "offset",
        )  # fmt: skip
        form = CENTRAL
    else:
        names = (
            "signature", "version", "flags", "method", "time", "date", "crc", "stored", "size",
            "name_length", "extra_length",
        )  # fmt: skip
        form = LOCAL
    values = dict(zip(names, form.unpack_from(header), strict=True))
    unknown = set(fields) - set(names)
    if unknown:
        raise KeyError(f"{unknown} is no field of {names}")
    values.update(fields)
    return form.pack(*values.values()) + header[form.size :]
