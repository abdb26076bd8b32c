"""The registered artifact, byte for byte: every file copied and hashed here, whatever is claimed.

An artifact location that is empty or gone is an error and not a gap: without a model there is
nothing to give evidence of.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from affidavit.bundle.layout import CHUNK
from affidavit.bundle.names import folded_name, stored_name
from affidavit.errors import MissingExtra, SourceError, Unreachable
from affidavit.evidence import Digest, Item, Sensitivity
from affidavit.progress import Progress
from affidavit.resolve.interface import ArtifactFile, ArtifactStore
from affidavit.sources import public_uri
from affidavit.workspace import Workspace

MAX_FILES = 50_000
FOLDER = "data/model"
# Written by MLflow's client beside a download, not part of what was registered.
_LEFT_OUT = frozenset(["registered_model_meta"])
_EXAMPLES = frozenset(["input_example.json", "serving_input_example.json"])
_REMOTE = frozenset(["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "hdfs", "memory"])
_MEDIA_TYPES = {
    "MLmodel": "application/yaml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".json": "application/json",
    ".txt": "text/plain",
    ".py": "text/x-python",
}


def fetch_artifacts(
    store: ArtifactStore, location: str, work: Workspace, *, progress: Progress
) -> tuple[Item, ...]:
    """Copy every file of the artifact to data/model/, hashing as it is written.

    Returns:
        One item a file, sorted by path. Input examples are rows of somebody's data, and are
        marked so.

    Raises:
        SourceError: nothing is there, a link, or a file that changed while it was read.
        Unreachable: the store does not answer.
    """
    files = [f for f in store.list_files() if f.path not in _LEFT_OUT]
    if not files:
        raise SourceError(
            f"no model files at {public_uri(location)}",
            "the location is empty, or gone from the artifact store",
            "restore it from the store's backup, or register the model again",
        )
    items, seen = [], set[str]()
    for number, file in enumerate(files, start=1):
        progress.step(f"model file {number} of {len(files)}: {file.path}")
        items.append(_fetch_one(store, file, work, seen))
    return tuple(items)


def _fetch_one(store: ArtifactStore, file: ArtifactFile, work: Workspace, seen: set[str]) -> Item:
    require_inside(file.path)
    name = stored_name(file.path)
    if folded_name(name) in seen:  # `A.txt` beside `a.txt`: one file on Windows
        name = "_names/" + hashlib.sha256(file.path.encode("utf-8", "surrogateescape")).hexdigest()
    seen.add(folded_name(name))
    item = work.copy_in(
        f"{FOLDER}/{name}",
        store.read(file.path),
        kind="model",
        origin="collected",
        media_type=media_type(file.path),
        sensitivity=_sensitivity(file.path),
        original_name=None if name == file.path else printable_name(file.path),
    )
    if file.size_bytes is not None and item.size_bytes != file.size_bytes:
        raise SourceError(
            f"model file {file.path}: {file.size_bytes} bytes listed, {item.size_bytes} read",
            "it changed while it was read, or the store's listing is wrong",
            "run this again; if it stays so, ask who runs the artifact store",
        )
    return item


def listing_digest(items: tuple[Item, ...]) -> Digest:
    """sha256 over the lines `sha256  path`, sorted by path: the artifact as one digest.

    The path is the file's own, below the artifact location, so that `sha256sum` over a copy of
    the artifact gives the same lines.
    """
    lines = sorted((i.original_name or i.path.removeprefix(f"{FOLDER}/"), i.sha256) for i in items)
    listing = "".join(f"{sha256}  {path}\n" for path, sha256 in lines)
    return Digest(algorithm="sha256", value=hashlib.sha256(listing.encode()).hexdigest())


def printable_name(path: str) -> str:
    """A file's name as text: bytes that are no UTF-8 are shown, not lost."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def media_type(path: str) -> str:
    """By our own table: the system's differs between machines."""
    name = PurePosixPath(path)
    return _MEDIA_TYPES.get(name.name) or _MEDIA_TYPES.get(
        name.suffix.lower(), "application/octet-stream"
    )


def _sensitivity(path: str) -> Sensitivity:
    return "personal-data" if PurePosixPath(path).name in _EXAMPLES else "confidential"


def require_inside(path: str) -> str:
    """A path that a store lists, as it is.

    Raises:
        SourceError: it would lead out of the artifact's own folder.
    """
    if not path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise SourceError(
            f"the artifact store lists {path!r}",
            "it is no plain relative path: it would lead out of the model's folder",
            "do not use this model before you know who put the file there",
        )
    return path


def open_location(location: str) -> ArtifactStore:
    """The files at a folder or object store address.

    Raises:
        SourceError: a kind of address that is not read.
        MissingExtra: the package for this kind of store is not installed.
    """
    parts = urlsplit(location)
    if not parts.scheme or (parts.scheme == "file" and parts.netloc in ("", "localhost")):
        return FolderStore(Path(unquote(parts.path) if parts.scheme else location))
    if parts.scheme in _REMOTE:
        return RemoteStore(location)
    raise SourceError(
        f"the model's files are at {public_uri(location)}",
        f"{parts.scheme}: is not an address that Affidavit reads here"
        + (
            "; the server that keeps them has to be asked"
            if parts.scheme == "mlflow-artifacts"
            else ""
        ),
        "give the MLflow server (http://…) as --tracking-uri",
    )


class FolderStore:
    """Files in a folder of this machine. Links are refused: they may change or lead anywhere."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list_files(self) -> tuple[ArtifactFile, ...]:
        found: list[ArtifactFile] = []
        for folder, folders, files in os.walk(self._root, onerror=self._unreadable):
            for name in (*folders, *files):
                path = Path(folder, name)
                relative = path.relative_to(self._root).as_posix()
                if path.is_symlink() or not (path.is_dir() or path.is_file()):
                    raise SourceError(
                        f"the model holds a link or special file: {relative}",
                        "what it points at can change without the model's digest changing",
                        "replace it in the artifact store with the file itself",
                    )
                if name in files:
                    found.append(ArtifactFile(path=relative, size_bytes=path.stat().st_size))
                    _require_few(found, str(self._root))
        return tuple(sorted(found, key=lambda f: f.path))

    def _unreadable(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise Unreachable(
                f"the model's folder {self._root} cannot be read",
                error.strerror or "",
                "run this as a user who may read it",
            ) from error

    def read(self, path: str) -> Iterator[bytes]:
        # O_NOFOLLOW: a link put there since the listing is not followed.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        try:
            with os.fdopen(os.open(self._root / path, flags), "rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise Unreachable(
                f"model file {path} cannot be read", error.strerror or "", "run this again"
            ) from error


class RemoteStore:
    """Files in an object store, through fsspec. MLFLOW_S3_ENDPOINT_URL names another S3."""

    def __init__(self, location: str) -> None:
        self._where = public_uri(location)
        scheme = urlsplit(location).scheme
        endpoint = os.environ.get("MLFLOW_S3_ENDPOINT_URL")
        options = {"endpoint_url": endpoint} if endpoint and scheme in ("s3", "s3a") else {}
        try:
            import fsspec

            self._files: Any
            self._files, root = fsspec.core.url_to_fs(location, **options)
            self._root = str(root).rstrip("/")
        except ImportError as error:
            raise MissingExtra(
                f"the package that reads {scheme}: is not installed",
                str(error),
                f"pip install 'fsspec[{scheme}]'",
            ) from error

    def list_files(self) -> tuple[ArtifactFile, ...]:
        try:
            self._files.invalidate_cache()
            listed = self._files.find(self._root, detail=True)
        except FileNotFoundError:
            return ()
        except Exception as error:  # fsspec's plug-ins raise what they like
            raise self._unreachable(error) from error
        found = [
            ArtifactFile(path=str(path)[len(self._root) + 1 :], size_bytes=info.get("size"))
            for path, info in listed.items()
            if info.get("type") == "file" and not str(path).endswith("/")
        ]
        _require_few(found, self._where)
        return tuple(sorted(found, key=lambda f: f.path))

    def read(self, path: str) -> Iterator[bytes]:
        try:
            with self._files.open(f"{self._root}/{path}", "rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except Exception as error:  # fsspec's plug-ins raise what they like
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"the artifact store at {self._where} cannot be read",
            f"{type(error).__name__}: {str(error)[:200]}",
            "check its credentials and address in the environment, as for MLflow itself",
        )


def _require_few(found: list[ArtifactFile], where: str) -> None:
    if len(found) > MAX_FILES:
        raise SourceError(
            f"more than {MAX_FILES:,} files at {where}",
            "a bundle holds at most 100,000 entries",
            "pack the model's files into fewer",
        )
