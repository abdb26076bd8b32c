"""The registered artifact, byte for byte: every file copied and hashed here, whatever is claimed.

An artifact location that is empty or gone is an error and not a gap: without a model there is
nothing to give evidence of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from affidavit.bundle.names import folded_name, stored_name
from affidavit.errors import SourceError
from affidavit.evidence import Digest, Item, Sensitivity
from affidavit.progress import Progress
from affidavit.resolve.artifacts_stores import FolderStore, RemoteStore
from affidavit.resolve.interface import ArtifactFile, ArtifactStore
from affidavit.resolve.mlmodel import NAME
from affidavit.sources import public_uri
from affidavit.workspace import Workspace

MAX_PATH = 1024
MAX_DEPTH = 64
# Of all files together whose size the store does not list; of the others, what it lists.
MAX_UNLISTED_BYTES = 100 * 1024**3
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
        SourceError: nothing is there, or no model; a link; a file that changed while it was
            read, or is longer than listed.
        Unreachable: the store does not answer.
    """
    progress.step(f"listing the model's files at {public_uri(location)}")
    files = [f for f in store.list_files() if f.path not in _LEFT_OUT]
    if not files:
        raise SourceError(
            f"no model files at {public_uri(location)}",
            "the location is empty, or gone from the artifact store",
            "restore it from the store's backup, or register the model again",
        )
    if all(f.path != NAME for f in files):  # before any of them is read: it may be any folder
        raise _no_model(f"at {public_uri(location)}")
    items, seen, unlisted = [], set[str](), 0
    for number, file in enumerate(files, start=1):
        progress.step(f"model file {number} of {len(files)}: {file.path}")
        item = _fetch_one(store, file, work, seen, MAX_UNLISTED_BYTES - unlisted)
        unlisted += item.size_bytes if file.size_bytes is None else 0
        items.append(item)
    return tuple(items)


def find_model_file(items: tuple[Item, ...]) -> Item:
    """The item that is the artifact's MLmodel.

    Raises:
        SourceError: another file's name is the same on some systems, so that it was stored apart.
    """
    found = next((i for i in items if i.path == f"{FOLDER}/{NAME}"), None)
    if found is None or found.original_name is not None:
        raise _no_model("that every system would find")
    return found


def _no_model(where: str) -> SourceError:
    return SourceError(
        f"there is no {NAME} file {where}",
        "every model that MLflow logged has one: what has none is no model, and is not read",
        "register a model that MLflow logged; if it is one, ask who moved its files",
    )


def _fetch_one(
    store: ArtifactStore, file: ArtifactFile, work: Workspace, seen: set[str], unlisted: int
) -> Item:
    require_inside(file.path)
    name = stored_name(file.path)
    if folded_name(name) in seen:  # `A.txt` beside `a.txt`: one file on Windows
        name = "_names/" + hashlib.sha256(file.path.encode("utf-8", "surrogateescape")).hexdigest()
    seen.add(folded_name(name))
    item = work.copy_in(
        f"{FOLDER}/{name}",
        _at_most(store.read(file.path), file, unlisted),
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


def _at_most(chunks: Iterator[bytes], file: ArtifactFile, unlisted: int) -> Iterator[bytes]:
    """A store that sends without end fills no disk."""
    limit = unlisted if file.size_bytes is None else file.size_bytes
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            said = "listed" if file.size_bytes is not None else "allowed where no size is listed"
            raise SourceError(
                f"model file {file.path}: {limit:,} bytes {said}, and more were sent",
                "it changed while it was read, or the store's listing is wrong",
                "run this again; if it stays so, ask who runs the artifact store",
            )
        yield chunk


def listing_digest(items: tuple[Item, ...]) -> Digest:
    """sha256 over the lines `sha256  path`, sorted by path: the artifact as one digest.

    The path is the file's own, below the artifact location, so that `sha256sum` over a copy of
    the artifact gives the same lines.
    """
    lines = sorted((i.name_below(f"{FOLDER}/"), i.sha256) for i in items)
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
        SourceError: it would lead out of the artifact's own folder, or is without measure.
    """
    if len(path) > MAX_PATH or path.count("/") >= MAX_DEPTH:
        raise SourceError(
            f"the artifact store lists {path[:80]!r}…",
            f"it is longer than {MAX_PATH:,} characters or deeper than {MAX_DEPTH} folders",
            "do not use this model before you know who put the file there",
        )
    if not path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise SourceError(
            f"the artifact store lists {path!r}",
            "it is no plain relative path: it would lead out of the model's folder",
            "do not use this model before you know who put the file there",
        )
    return path


def is_local(location: str) -> bool:
    """Whether a location is a folder of this machine."""
    parts = urlsplit(location)
    return not parts.scheme or (parts.scheme == "file" and parts.netloc in ("", "localhost"))


def open_location(location: str) -> ArtifactStore:
    """The files at a folder or object store address.

    Raises:
        SourceError: a kind of address that is not read.
        MissingExtra: the package for this kind of store is not installed.
    """
    parts = urlsplit(location)
    if is_local(location):
        return FolderStore(Path(unquote(parts.path) if parts.scheme else location))
    if parts.scheme in _REMOTE and "::" not in location:  # fsspec would chain another store
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
