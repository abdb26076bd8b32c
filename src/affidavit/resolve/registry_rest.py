"""A registry over plain REST: few calls, and no MLflow imported."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from affidavit.errors import SourceError
from affidavit.resolve.artifacts import is_local, open_location
from affidavit.resolve.artifacts_proxy import ProxiedStore, proxied_path
from affidavit.resolve.interface import ArtifactStore, LoggedModel, ModelVersion, Run
from affidavit.resolve.registry import no_such_version
from affidavit.resolve.registry_wire import (
    LocationAnswer,
    ModelAnswer,
    RegisteredAnswer,
    RegisteredListAnswer,
    RunAnswer,
    VersionAnswer,
    VersionListAnswer,
    to_logged_model,
    to_run,
    to_version,
)
from affidavit.resolve.rest_server import NotThere, RestServer
from affidavit.sources import public_uri
from affidavit.subject import ModelRef


class RestRegistry:
    """The registry of an MLflow server (`interface.Registry`)."""

    def __init__(self, uri: str, environ: Mapping[str, str] | None = None) -> None:
        self._server = RestServer(uri, environ)
        # Listings and downloads are counted apart: they grow with the model.
        self._files = RestServer(uri, environ)

    @property
    def where(self) -> str:
        return self._server.where

    @property
    def calls(self) -> int:
        return self._server.calls

    def fetch_version(self, ref: ModelRef) -> ModelVersion:
        try:
            if ref.alias is not None:
                path, query = "registered-models/alias", {"name": ref.name, "alias": ref.alias}
            else:
                path = "model-versions/get"
                query = {"name": ref.name, "version": ref.version or ""}
            return to_version(self._server.ask(f"mlflow/{path}", query, VersionAnswer))
        except NotThere as absent:
            raise self._no_such(ref) from absent

    def _no_such(self, ref: ModelRef) -> SourceError:
        try:
            query = {"name": ref.name}
            known = self._server.ask("mlflow/registered-models/get", query, RegisteredAnswer)
        except NotThere:
            found = self._server.ask(
                "mlflow/registered-models/search", {"max_results": "100"}, RegisteredListAnswer
            )
            names = [m.name for m in found.registered_models]
            return no_such_version(ref, self.where, models=names)
        aliases = {a.alias: a.version for a in known.registered_model.aliases}
        quoted = ref.name.replace("'", "''")
        listed = self._server.ask(
            "mlflow/model-versions/search",
            {"filter": f"name='{quoted}'", "max_results": "100"},
            VersionListAnswer,
        )
        versions = [v.version for v in listed.model_versions]
        return no_such_version(ref, self.where, versions=versions, aliases=aliases)

    def fetch_run(self, run_id: str) -> Run | None:
        try:
            return to_run(self._server.ask("mlflow/runs/get", {"run_id": run_id}, RunAnswer))
        except NotThere:
            return None

    def fetch_logged_model(self, model_id: str) -> LoggedModel | None:
        try:
            path = f"mlflow/logged-models/{quote(model_id, safe='')}"
            return to_logged_model(self._server.ask(path, {}, ModelAnswer))
        except NotThere:
            return None

    def fetch_location(self, name: str, version: str) -> str | None:
        path = "mlflow/model-versions/get-download-uri"
        try:
            found = self._server.ask(path, {"name": name, "version": version}, LocationAnswer)
        except NotThere:
            return None
        return found.artifact_uri or None

    def open_artifacts(self, location: str) -> ArtifactStore:
        path = proxied_path(location, self.where)
        if path is None:
            self._require_ours(location)
            return open_location(location)
        host = urlsplit(location).netloc
        if host and host != urlsplit(self.where).netloc:
            raise SourceError(
                f"the model's files are served by another host: {public_uri(location)}",
                f"we ask {self.where} only, so that its credentials go nowhere else",
                f"give --tracking-uri with the host {host}, if it is the same server",
            )
        return ProxiedStore(self._files, path)

    def _require_ours(self, location: str) -> None:
        """A server elsewhere does not say which of our folders goes into a bundle."""
        if is_local(location) and not _is_loopback(self.where):
            raise SourceError(
                f"the model's files are at {public_uri(location)}, a folder of this machine",
                f"{self.where} says so, and is another machine: what it names here may be anything",
                "let the server hand the files out (mlflow server --artifacts-destination), or "
                "build on the server's own machine with --tracking-uri http://127.0.0.1:PORT",
            )


def _is_loopback(uri: str) -> bool:
    host = urlsplit(uri).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name, wherever it leads today
        return False
