"""What other ZIP readers see of an archive: every entry's name and the digest of its bytes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from affidavit.bundle.archive_reader import open_archive
from affidavit.errors import BundleError

JAVA = Path(__file__).parent / "Listed.java"
Seen = tuple[tuple[str, str], ...]  # name and sha256, sorted; one that stands twice is there twice
Reader = Callable[[Path, Path], Seen | None]  # archive, a folder to unpack into; None: a fault


def by_affidavit(archive: Path) -> Seen | None:
    """None where it is refused."""
    try:
        with open_archive(archive) as opened:
            return _seen((f"{opened.folder}/{n}", opened.digest(n)) for n in opened.names)
    except BundleError:
        return None


def by_zipfile(archive: Path, _: Path) -> Seen | None:
    try:
        with zipfile.ZipFile(archive) as opened:
            return _seen((i.filename, sha256(opened.read(i))) for i in opened.infolist())
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError,
            OSError):  # fmt: skip
        return None


def by_unzip(archive: Path, folder: Path) -> Seen | None:
    return _unpacked(["unzip", "-q", "-o", "-P", "", str(archive), "-d", str(folder)], folder)


def by_7z(archive: Path, folder: Path) -> Seen | None:
    words = ["7z", "x", "-y", "-p", "-bd", f"-o{folder}", str(archive)]
    return _unpacked(words, folder)


def by_java(archives: Iterable[Path]) -> dict[tuple[Path, str], Seen | None]:
    """What both of Java's readers see of many archives, in one process."""
    paths = list(archives)
    found: dict[tuple[Path, str], list[tuple[str, str]] | None] = {
        (p, reader): [] for p in paths for reader in ("ZipFile", "ZipInputStream")
    }
    words = ["java", str(JAVA), *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    for line in done.stdout.splitlines():
        path, reader, digest, name = line.split("\t")
        entries = found[Path(path), reader]
        if digest == "fault":
            found[Path(path), reader] = None
        elif entries is not None:
            entries.append((bytes.fromhex(name).decode(), digest))
    return {key: None if e is None else _seen(e) for key, e in found.items()}


READERS: dict[str, Reader] = {"zipfile": by_zipfile, "unzip": by_unzip, "7z": by_7z}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seen(entries: Iterable[tuple[str, str]]) -> Seen:
    return tuple(sorted(entries))


def _unpacked(words: list[str], folder: Path) -> Seen | None:
    """Files as they lie on the disk afterwards; a warning of the reader is a fault."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run(
        words, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        return None
    return _seen(
        (str(path.relative_to(folder)), sha256(path.read_bytes()))
        for path in folder.rglob("*") if path.is_file() and not path.is_symlink()
    )  # fmt: skip
