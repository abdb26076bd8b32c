"""Where an artifact's files lie when no server hands them out: a folder, an object store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from affidavit.bundle.layout import CHUNK
from affidavit.errors import MissingExtra, SourceError, Unreachable
from affidavit.resolve.interface import ArtifactFile
from affidavit.resolve.objects import s3_limits
from affidavit.sources import public_uri

MAX_FILES = 50_000
# fsspec's extra, where it is not called as the scheme is.
_PACKAGES = {"s3a": "s3", "az": "abfs", "abfss": "abfs"}


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
        options: dict[str, Any] = {}
        if is_s3 := scheme in ("s3", "s3a"):
            options = {"config_kwargs": s3_limits(), "skip_instance_cache": True}
        if endpoint and is_s3:
            options["endpoint_url"] = endpoint
        try:
            import fsspec

            self._files: Any
            self._files, root = fsspec.core.url_to_fs(location, **options)
            self._root = str(root).rstrip("/")
        except ImportError as error:
            raise MissingExtra(
                f"the package that reads {scheme}: is not installed",
                str(error),
                f"pip install 'fsspec[{_PACKAGES.get(scheme, scheme)}]'",
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
