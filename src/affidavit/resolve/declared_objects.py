"""Data that the builder gave as an object of an S3 bucket, or as all objects below a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from affidavit.bundle.layout import CHUNK
from affidavit.errors import SourceError, Unreachable, UsageError
from affidavit.printable import printable
from affidavit.resolve.objects import S3, open_s3

MAX_FILES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Data:
    """One object, or those below a prefix, sorted by key.

    Attributes:
        name: `s3://bucket/key`, for the record.
        keys: file name below what was given, to key with its bucket.
    """

    name: str
    is_file: bool
    keys: dict[str, str]
    store: S3

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.keys)

    def location(self, name: str) -> str:
        """Where an object is, for the record."""
        return self.name if self.is_file else f"{self.name}/{name}"

    def read(self, name: str) -> Iterator[bytes]:
        """One object's bytes, streamed.

        Raises:
            Unreachable: the store does not answer, or refuses us.
            SourceError: the object changed while it was read.
        """
        key = self.keys[name]
        try:
            before = _version(self.store.filesystem, key)
            size = 0
            with self.store.filesystem.open(key, "rb", block_size=8 * CHUNK) as file:
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    yield chunk
            after = _version(self.store.filesystem, key)
        except self.store.foreign as error:
            raise _refused(f"s3://{key}", error) from error
        if after != before or size != before[0]:
            raise SourceError(
                f"s3://{printable(key)} changed while it was read",
                "what was hashed is not what is there now",
                "give a key that nobody writes to",
            )


def open_objects(uri: str) -> S3Data:
    """The object at `s3://bucket/key`, or the objects below that prefix.

    Raises:
        UsageError: no bucket or key is named, or nothing is there.
        Unreachable: the store does not answer, or refuses us.
        MissingExtra: s3fs is not installed.
    """
    root = uri.partition("://")[2].rstrip("/")
    bucket, _, prefix = root.partition("/")
    if not bucket or not prefix or "@" in bucket:
        raise UsageError(
            f"{printable(uri.partition('?')[0].rpartition('@')[2])}: not an address of data",
            "expected a bucket and a key or prefix; credentials come from the environment",
            "write it as s3://bucket/key",
        )
    store = open_s3()
    try:
        is_file = not uri.endswith("/") and store.filesystem.isfile(root)
        found = {} if is_file else store.filesystem.find(root, detail=True)
    except store.foreign as error:
        raise _refused(uri, error) from error
    if is_file:
        return S3Data(
            name=f"s3://{root}", is_file=True, keys={root.rpartition("/")[2]: root}, store=store
        )
    keys = {
        str(key)[len(root) + 1 :]: str(key)
        for key, about in sorted(found.items())
        if about.get("type") == "file" and not str(key).endswith("/")
    }
    if not keys or len(keys) > MAX_FILES:
        raise UsageError(
            f"{printable(uri)}: {'more than a million' if keys else 'no'} objects there",
            fix="name the key of the data, or the prefix that holds its files",
        )
    return S3Data(name=f"s3://{root}", is_file=False, keys=keys, store=store)


def _version(filesystem: Any, key: str) -> tuple[int, str, str]:
    about = filesystem.info(key, refresh=True)
    return int(about["size"]), str(about.get("ETag")), str(about.get("VersionId"))


def _refused(uri: str, error: BaseException) -> Unreachable:
    return Unreachable(
        f"{printable(uri)} cannot be read",
        printable(str(error))[:200] or type(error).__name__,
        "see whether the store answers, and whether your credentials may read it (as for the DVC "
        "remote; MLFLOW_S3_ENDPOINT_URL names an S3 of your own); then try again",
    )
