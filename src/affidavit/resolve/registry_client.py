"""A registry in a store without a server, through MLflow's own client, imported only here.

The client answers with MLflow's own messages turned to JSON, so both registries share one parser.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from affidavit.errors import MissingExtra, SourceError, Unreachable, UsageError
from affidavit.resolve.artifacts import open_location
from affidavit.resolve.interface import ArtifactStore, LoggedModel, ModelVersion, Run
from affidavit.resolve.registry import no_such_version
from affidavit.resolve.registry_wire import (
    ModelAnswer,
    RunAnswer,
    VersionAnswer,
    read_answer,
    to_logged_model,
    to_run,
    to_version,
)
from affidavit.sources import public_uri
from affidavit.subject import ModelRef

T = TypeVar("T")
# `mlflow.bank.example:5000`, as people say it, is by its form an address of the kind `mlflow…:`.
_HOST = re.compile(r"[^/:@\s]+:[0-9]{1,5}(/.*)?")
_NOT_FOUND = frozenset(["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"])


class ClientRegistry:
    """The registry of a database, a folder or Databricks (`interface.Registry`).

    Raises:
        UsageError: a database file or folder that does not exist: MLflow would make an empty one;
            or a kind of address that MLflow does not know.
        MissingExtra: MLflow, or the driver of its database, is not installed.
    """

    def __init__(self, uri: str) -> None:
        self.where = public_uri(uri)
        self.calls = 0
        self._uri = uri
        _require_there(uri)
        # Read when MLflow is imported; it would report home otherwise, and refuse old folders.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
            from mlflow.utils.proto_json_utils import message_to_json
        except ImportError as error:
            raise MissingExtra(
                "MLflow is not installed, and this store is read with it",
                str(error),
                "pip install 'affidavit[build]'",
            ) from error
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._foreign, self._to_json = MlflowException, message_to_json
        try:
            self._client: Any = self._guarded(lambda: MlflowClient(uri, uri))
        except _NotThere as error:
            raise _no_store(self.where) from error

    def fetch_version(self, ref: ModelRef) -> ModelVersion:
        def ask() -> Any:
            if ref.alias is not None:
                return self._client.get_model_version_by_alias(ref.name, ref.alias)
            return self._client.get_model_version(ref.name, ref.version)

        found = self._call(ask)
        if found is None:
            raise self._no_such(ref)
        answer = read_answer(VersionAnswer, f'{{"model_version": {self._json(found)}}}', self.where)
        return to_version(answer)

    def _no_such(self, ref: ModelRef) -> SourceError:
        known = self._call(lambda: self._client.get_registered_model(ref.name))
        if known is None:
            models = self._call(lambda: self._client.search_registered_models(max_results=100))
            return no_such_version(ref, self.where, models=[m.name for m in models or ()])
        quoted = ref.name.replace("'", "''")
        listed = self._call(
            lambda: self._client.search_model_versions(f"name='{quoted}'", max_results=100)
        )
        versions = [str(v.version) for v in listed or ()]
        aliases = {str(a): str(v) for a, v in dict(known.aliases).items()}
        return no_such_version(ref, self.where, versions=versions, aliases=aliases)

    def fetch_run(self, run_id: str) -> Run | None:
        found = self._call(lambda: self._client.get_run(run_id))
        if found is None:
            return None
        return to_run(read_answer(RunAnswer, f'{{"run": {self._json(found)}}}', self.where))

    def fetch_logged_model(self, model_id: str) -> LoggedModel | None:
        found = self._call(lambda: self._client.get_logged_model(model_id))
        if found is None:
            return None
        answer = read_answer(ModelAnswer, f'{{"model": {self._json(found)}}}', self.where)
        return to_logged_model(answer)

    def fetch_location(self, name: str, version: str) -> str | None:
        found = self._call(lambda: self._client.get_model_version_download_uri(name, version))
        return str(found) if found else None

    def open_artifacts(self, location: str) -> ArtifactStore:
        return open_location(location)

    def _json(self, entity: Any) -> str:
        return str(self._guarded(lambda: self._to_json(entity.to_proto())))

    def _call(self, ask: Callable[[], T]) -> T | None:
        self.calls += 1
        try:
            return self._guarded(ask)
        except _NotThere:
            return None

    def _guarded(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except ImportError as error:
            raise MissingExtra(
                f"{error.name or 'a driver'} is not installed, and {self.where} needs it",
                str(error),
                f"pip install {error.name or 'the driver of this database'}",
            ) from error
        except self._foreign as error:
            if error.error_code in _NOT_FOUND:
                raise _NotThere from error
            said = str(error).replace(self._uri, self.where)[:300]
            raise self._unreachable(error, said) from error
        except Exception as error:  # drivers and SDKs below raise what they like
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception, said: str = "") -> Unreachable:
        # Of a driver's error only the kind: its message repeats the address, password and all.
        return Unreachable(
            f"the MLflow store at {self.where} cannot be read",
            f"MLflow's client says: {said or type(error).__name__}",
            "check the address and its credentials; `mlflow doctor` and the store's log say more",
        )


class _NotThere(Exception):
    """The store has no such thing."""


def _require_there(uri: str) -> None:
    """Refuse a file that is no MLflow database: MLflow would write its tables into it."""
    parts = urlsplit(uri)
    if _HOST.fullmatch(uri):
        raise _no_store(uri)
    if parts.scheme.startswith("sqlite"):
        path = Path(unquote(parts.path.removeprefix("/")))
        if not _has_registry(path):
            raise UsageError(
                f"{public_uri(uri)} is not an MLflow database",
                f"{path} " + ("has no registry tables" if path.exists() else "does not exist"),
                "correct --tracking-uri: sqlite:///relative/file or sqlite:////absolute/file",
            )
    elif parts.scheme in ("", "file"):
        folder = Path(unquote(parts.path) if parts.scheme else uri)
        if uri not in ("databricks", "databricks-uc") and not folder.is_dir():
            raise _no_store(uri)


def _no_store(address: str) -> UsageError:
    return UsageError(
        f"{address}: no such folder or server",
        "a tracking URI is http(s)://…, sqlite:///…, another database, or a folder",
        f"--tracking-uri http://{address}, or https://, if it is a server"
        if _HOST.fullmatch(address) else "correct --tracking-uri",
    )  # fmt: skip


def _has_registry(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            found = database.execute(
                "select count(*) from sqlite_master where type = 'table' and name in (?, ?)",
                ("alembic_version", "registered_models"),
            ).fetchone()
    except sqlite3.Error:
        return False
    return bool(found == (2,))
