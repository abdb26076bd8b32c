"""Our own reader of a DVC remote: a folder, S3, HTTP. It reads, and has no way to write.

A remote answers with bytes or with "there is none". All else, a refusal or a silence, is
`Unreachable`: what could not be asked is never taken for absent.
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from affidavit.errors import MissingExtra, SourceError, Unreachable
from affidavit.printable import printable

_CHUNK = 1024 * 1024
_CONNECT_S, _READ_S = 10, 60


class Remote(Protocol):
    """Where DVC's objects are.

    Attributes:
        where: for messages, without credentials.
    """

    @property
    def where(self) -> str: ...

    def location(self, key: str) -> str:
        """Where an object is, for the record: no credentials, and no path of this machine."""

    def fetch(self, key: str) -> Iterator[bytes] | None:
        """An object's bytes, streamed; None where the remote has none.

        Raises:
            Unreachable: the remote does not answer, or refuses us; also while reading.
        """


class FolderRemote:
    """A remote in a folder, or a cache (`.dvc/cache`), which is laid out alike."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def where(self) -> str:
        return str(self._root)

    def location(self, key: str) -> str:
        """The place within the remote: where the folder is mounted is no fact about the data."""
        return f"dvc-remote:{key}"

    def fetch(self, key: str) -> Iterator[bytes] | None:
        path = self._root / key
        try:
            # Without O_NONBLOCK a pipe in an object's place would hang us.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, NotADirectoryError):
            if not self._root.is_dir():
                raise _no_folder(self._root) from None
            return None
        except OSError as error:
            raise _refused(self.where, key, error) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise SourceError(
                f"{path} is not a regular file", "a remote holds files only", "look at the remote"
            )
        return _chunks(os.fdopen(handle, "rb"), self.where, key, (OSError,))


class UrlRemote:
    """A remote that fsspec reads."""

    def __init__(
        self,
        filesystem: Any,
        where: str,
        foreign: tuple[type[BaseException], ...],
        open_options: dict[str, int],
    ) -> None:
        self._filesystem = filesystem
        self._where = where.rstrip("/")
        self._foreign = foreign
        self._options = open_options

    @property
    def where(self) -> str:
        return self._where

    def location(self, key: str) -> str:
        return f"{self._where}/{key}"

    def fetch(self, key: str) -> Iterator[bytes] | None:
        try:
            file = self._filesystem.open(f"{self._where}/{key}", "rb", **self._options)
        except FileNotFoundError:
            self._require_bucket(key)
            return None
        except self._foreign as error:
            raise _refused(self.where, key, error) from error
        return _chunks(file, self.where, key, self._foreign)

    def _require_bucket(self, key: str) -> None:
        """A bucket that is not there, and an object that is not, are one error to s3fs."""
        parts = urlsplit(self._where)
        if parts.scheme != "s3":
            return
        try:
            exists = self._filesystem.exists(parts.netloc)
        except self._foreign as error:
            raise _refused(self.where, key, error) from error
        if not exists:
            raise Unreachable(
                f"the DVC remote {self.where} cannot be read",
                f"no bucket {parts.netloc}, or none that these credentials see",
                "give --remote the right bucket, or the credentials for it",
            )


def open_remote(location: str, *, endpoint_url: str | None = None) -> Remote:
    """Open a DVC remote for reading. Nothing is asked of a URL yet.

    Args:
        location: a folder, or a file://, s3://bucket/prefix, http:// or https:// URL.
        endpoint_url: of an S3-compatible store; unless given, as `open_s3` says.

    Raises:
        Unreachable: no such folder.
        SourceError: a kind of URL that is not read.
        MissingExtra: fsspec, s3fs or aiohttp is not installed.
    """
    parts = urlsplit(location)
    if parts.scheme == "s3":
        return _open_s3(location, endpoint_url)
    if parts.scheme in {"http", "https"}:
        return _open_http(location)
    if "://" in location and parts.scheme != "file":
        raise SourceError(
            f"the DVC remote {parts.scheme}://… is not read",
            "folders, s3, http and https are",
            "give --remote one of these, or a folder that was copied from it",
        )
    root = Path(unquote(parts.path) if parts.scheme == "file" else location)
    if not root.is_dir():
        raise _no_folder(root)
    return FolderRemote(root)


@dataclass(frozen=True, slots=True)
class S3:
    """An S3 client, and what it raises."""

    filesystem: Any
    foreign: tuple[type[BaseException], ...]


def open_s3(endpoint_url: str | None = None) -> S3:
    """An S3 by the environment's credentials; nothing is asked of it yet.

    Args:
        endpoint_url: of an S3-compatible store; else MLFLOW_S3_ENDPOINT_URL, else
            AWS_ENDPOINT_URL, else Amazon's.

    Raises:
        MissingExtra: s3fs is not installed.
    """
    try:
        import s3fs
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise _missing("s3fs") from error
    named = (os.environ.get(name) for name in ("MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL"))
    filesystem = s3fs.S3FileSystem(
        endpoint_url=endpoint_url or next(filter(None, named), None),
        config_kwargs=s3_limits(),
        default_cache_type="readahead",
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    return S3(filesystem, (OSError, BotoCoreError, ClientError))


def s3_limits() -> dict[str, Any]:
    """Of botocore: for how long an S3 may be silent, and how often it is asked again."""
    return {
        "connect_timeout": _CONNECT_S,
        "read_timeout": _READ_S,
        "retries": {"max_attempts": 3, "mode": "standard"},
    }


def _open_s3(location: str, endpoint_url: str | None) -> Remote:
    store = open_s3(endpoint_url)
    return UrlRemote(store.filesystem, location, store.foreign, {"block_size": 8 * _CHUNK})


def _open_http(location: str) -> Remote:
    try:
        import aiohttp
        from fsspec.implementations.http import HTTPFileSystem
    except ImportError as error:
        raise _missing("aiohttp") from error
    parts = urlsplit(location)
    user, _, host = parts.netloc.rpartition("@")
    options: dict[str, Any] = {
        "timeout": aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_READ_S)
    }
    if user:
        word = base64.b64encode(unquote(user).encode()).decode("ascii")
        options["headers"] = {"Authorization": f"Basic {word}"}
    where = urlunsplit(parts._replace(netloc=host, query="", fragment=""))
    filesystem = HTTPFileSystem(client_kwargs=options, skip_instance_cache=True)
    # With a size given fsspec asks no HEAD first, whose every failure it reports as "not found".
    streamed = {"block_size": 0, "size": 1}
    return UrlRemote(filesystem, where, (OSError, aiohttp.ClientError), streamed)


def _chunks(
    file: IO[bytes], where: str, key: str, foreign: tuple[type[BaseException], ...]
) -> Iterator[bytes]:
    with file:
        while True:
            try:
                chunk = file.read(_CHUNK)
            except foreign as error:
                raise _refused(where, key, error) from error
            if not chunk:
                return
            yield chunk


def _refused(where: str, key: str, error: BaseException) -> Unreachable:
    said = printable(str(error))[:200] or type(error).__name__
    return Unreachable(
        f"the DVC remote {printable(where)} cannot be read",
        f"{key}: {said}",
        "see whether it answers, and whether your credentials may read it; then try again",
    )


def _no_folder(root: Path) -> Unreachable:
    return Unreachable(
        f"the DVC remote {printable(str(root))} cannot be read",
        "no such folder",
        "mount it, or give --remote the right place",
    )


def _missing(package: str) -> MissingExtra:
    return MissingExtra(
        f"reading this DVC remote needs {package}",
        "it is not installed",
        'pip install "affidavit[build]"',
    )
