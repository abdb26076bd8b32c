"""Adding a signed statement to a bundle: every other entry as it is, one more, then renamed."""

from __future__ import annotations

from pathlib import Path

from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.bundle.atomic import rewriting
from affidavit.bundle.layout import MAX_STATEMENTS
from affidavit.bundle.zip_records import ZIP64_FROM
from affidavit.errors import UsageError


def add_statement(path: Path, name: str, content: bytes, *, zip64_from: int = ZIP64_FROM) -> None:
    """Put a signed statement into a bundle, at its place in the archive's order.

    A link is followed: what it names is replaced, by a file beside it.

    Args:
        path: the bundle; whoever calls has verified it.
        name: `signatures/<kind>-<16 digits>.sigstore.json`.
        content: the statement's file.
        zip64_from: as the archive was written; another value than the format's is for tests.

    Raises:
        UsageError: the bundle holds as many statements as it can, or was changed meanwhile.
        BundleError: not a bundle's archive, or damaged; nothing is written.
        AffidavitError: the disk is full.
    """
    target = path.resolve()
    with open_archive(target, zip64_from=zip64_from) as archive:
        require_room_for(1, archive.names)
        with rewriting(target, archive.stat) as file:
            with ArchiveWriter(file, archive.folder, zip64_from=zip64_from) as out:
                statements = [n for n in archive.names if n.startswith("signatures/")]
                head = archive.names[: len(archive.names) - len(statements)]
                for entry in (*head, *sorted([*statements, name])):
                    if entry == name:
                        out.add_bytes(name, content)
                        continue
                    size, crc = archive.size(entry), archive.crc(entry)
                    out.add_chunks(entry, archive.chunks(entry), size, crc)
            archive.close()  # Windows does not replace a file that is open


def require_room_for(count: int, names: tuple[str, ...]) -> None:
    """Refuse more signed statements than a bundle holds.

    Args:
        count: of those to be added.
        names: entries of the archive.

    Raises:
        UsageError: there would be more than `MAX_STATEMENTS`.
    """
    there = sum(n.startswith("signatures/") for n in names)
    if there + count > MAX_STATEMENTS:
        raise UsageError(
            f"the bundle holds {there} signed statements, at most {MAX_STATEMENTS}",
            fix="build it anew, or keep the statement beside it: --out FILE",
        )
