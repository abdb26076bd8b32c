"""Files that an MLflow server keeps and hands out itself (`mlflow-artifacts:`)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.resolve.artifacts import require_inside
from affidavit.resolve.artifacts_stores import MAX_FILES
from affidavit.resolve.interface import ArtifactFile
from affidavit.resolve.registry_wire import FilesAnswer
from affidavit.resolve.rest_server import NotThere, RestServer

_ENDPOINT = "mlflow-artifacts/artifacts"


def proxied_path(location: str, server: str) -> str | None:
    """The path on the server's own store, or None where the location is elsewhere."""
    if location.startswith("mlflow-artifacts:"):
        return unquote(urlsplit(location).path).strip("/")
    prefix = f"{server.rstrip('/')}/api/2.0/{_ENDPOINT}/"
    return unquote(location[len(prefix) :]).strip("/") if location.startswith(prefix) else None


class ProxiedStore:
    """One location of a server's store (`interface.ArtifactStore`)."""

    def __init__(self, server: RestServer, root: str) -> None:
        self._server = server
        self._root = root

    def list_files(self) -> tuple[ArtifactFile, ...]:
        found: list[ArtifactFile] = []
        folders = [""]
        while folders:
            folder = folders.pop()
            for path, is_folder, size in self._list(folder):
                if is_folder:
                    folders.append(path)
                else:
                    found.append(ArtifactFile(path=path, size_bytes=size))
                if len(found) + len(folders) > MAX_FILES:
                    raise SourceError(f"more than {MAX_FILES:,} files at {self._root}")
        return tuple(sorted(found, key=lambda f: f.path))

    def _list(self, folder: str) -> list[tuple[str, bool, int | None]]:
        query = {"path": f"{self._root}/{folder}".rstrip("/")}
        try:
            answer = self._server.ask(_ENDPOINT, query, FilesAnswer)
        except NotThere:
            return []
        listed = []
        for entry in answer.files:
            # A folder that holds itself would be listed for ever.
            name = require_inside(entry.path)
            path = require_inside(f"{folder}/{name}".lstrip("/"))
            listed.append((path, entry.is_dir, entry.file_size))
        return listed

    def read(self, path: str) -> Iterator[bytes]:
        try:
            yield from self._server.read(f"{_ENDPOINT}/{quote(f'{self._root}/{path}')}")
        except NotThere as refused:
            raise SourceError(
                f"model file {printable(path)}: {self._server.where} lists it, and does not hand "
                "it out",
                refused.cause,
                "put the file itself there, under a plain name: a server follows no link out of "
                "the model's folder, and cannot serve every name",
            ) from refused
