"""One MLflow server over HTTP: credentials, bounds, one repetition, and what its errors mean."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
from pydantic import BaseModel, ConfigDict, ValidationError
from requests.auth import AuthBase
from urllib3.exceptions import ProtocolError

from affidavit.bundle.layout import CHUNK
from affidavit.errors import SourceError, Unreachable
from affidavit.resolve.registry_wire import Answer, read_answer
from affidavit.sources import public_uri

TIMEOUT_S = (5, 60)  # to connect; of silence
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
_FILES = "/artifacts/"  # in the path of a file's own bytes, which may be of any type
_NOT_FOUND = frozenset(
    ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "ENDPOINT_NOT_FOUND", "NOT_FOUND"]
)


class NotThere(SourceError):
    """MLflow says that it has no such thing; the registry decides what that means.

    `cause` is in the server's own words.
    """


class _Authorization(AuthBase):
    """The header as MLflow's own client sends it; requests would take a password as Latin-1."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def _authorization(env: Mapping[str, str]) -> _Authorization | None:
    if token := env.get("MLFLOW_TRACKING_TOKEN"):
        return _Authorization(f"Bearer {token}")
    if user := env.get("MLFLOW_TRACKING_USERNAME"):
        pair = f"{user}:{env.get('MLFLOW_TRACKING_PASSWORD', '')}".encode()
        return _Authorization(f"Basic {base64.b64encode(pair).decode()}")
    return None


class _ErrorAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    error_code: str
    message: str = ""


class RestServer:
    """GET requests to one MLflow server.

    Args:
        uri: the tracking URI, http or https; user and password in it are used, never shown.
        environ: where MLFLOW_TRACKING_TOKEN, _USERNAME, _PASSWORD and _SERVER_CERT_PATH are.

    Attributes:
        where: the address without credentials.
        calls: requests made, repetitions included.
    """

    def __init__(self, uri: str, environ: Mapping[str, str] | None = None) -> None:
        env = os.environ if environ is None else environ
        self.where = public_uri(uri).rstrip("/")
        self.calls = 0
        self._base = uri.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "identity"  # the bytes as they are stored
        self._session.auth = _authorization(env)
        if authority := env.get("MLFLOW_TRACKING_SERVER_CERT_PATH"):
            self._session.verify = authority

    def ask(self, path: str, query: Mapping[str, str], kind: type[Answer]) -> Answer:
        """One GET below /api/2.0, parsed.

        Raises:
            NotThere: MLflow says that it has no such thing.
            Unreachable: no answer, or not one of a working MLflow server.
            SourceError: an answer of another shape, or longer than 64 MB.
        """
        with self._open(path, query) as response:
            content = _at_most(response, MAX_ANSWER_BYTES)
        if content is None:
            raise SourceError(f"{self.where} ({path}): an answer of more than 64 MB")
        return read_answer(kind, content, f"{self.where} ({path})")

    def read(self, path: str) -> Iterator[bytes]:
        """The body of one GET below /api/2.0, streamed; raises as `ask` does."""
        with self._open(path, {}) as response:
            yield from response.iter_content(CHUNK)

    @contextmanager
    def _open(self, path: str, query: Mapping[str, str]) -> Iterator[requests.Response]:
        response = self._get(f"{self._base}/api/2.0/{path}", query)
        try:
            self._require_good(response, path)
            yield response
        except (requests.RequestException, OSError) as error:
            raise self._unreachable(error) from error
        finally:
            response.close()

    def _get(self, url: str, query: Mapping[str, str]) -> requests.Response:
        try:
            return self._send(url, query)
        except requests.ConnectionError as error:
            # A kept connection that the server has dropped meanwhile is worth one more try.
            if not (error.args and isinstance(error.args[0], ProtocolError)):
                raise self._unreachable(error) from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._unreachable(error) from error
        try:
            return self._send(url, query)
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._unreachable(error) from error

    def _send(self, url: str, query: Mapping[str, str]) -> requests.Response:
        self.calls += 1
        return self._session.get(
            url, params=query, timeout=TIMEOUT_S, stream=True, allow_redirects=False
        )

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"the MLflow server at {self.where} does not answer",
            _reason(error),
            f"start it, or correct --tracking-uri; to see: curl {self.where}/health",
        )

    def _require_good(self, response: requests.Response, path: str) -> None:
        status = response.status_code
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if status == 200 and (kind != "text/html" or _FILES in path):
            return
        if status in (401, 403):
            raise Unreachable(
                f"the MLflow server at {self.where} refuses us (HTTP {status})",
                "no credentials, or credentials without the right to read",
                "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD",
            )
        if 300 <= status < 400:
            raise Unreachable(
                f"the MLflow server at {self.where} sends us elsewhere (HTTP {status})",
                f"to {public_uri(response.headers.get('Location', '?'))}; redirects are not "
                "followed, for credentials would go along",
                "give that address as --tracking-uri, or a token that needs no sign-in",
            )
        if kind == "application/json" and (found := _mlflow_error(response)):
            if found.error_code in _NOT_FOUND:
                raise NotThere(f"{self.where} has no such thing", found.message[:300])
            raise Unreachable(
                f"the MLflow server at {self.where} cannot answer (HTTP {status})",
                f"{found.error_code}: {found.message[:300]}",
                "read the server's log; then run this again",
            )
        if status == 404 and _FILES in path:
            raise NotThere(f"{self.where} has no such file", f"HTTP {status}")
        raise Unreachable(
            f"what answers at {self.where} is not a working MLflow server",
            f"HTTP {status}, {kind or 'no content type'}",
            "correct --tracking-uri (with its path, if it has one); a proxy or a sign-in page "
            "may stand before it",
        )


def _mlflow_error(response: requests.Response) -> _ErrorAnswer | None:
    content = _at_most(response, _MAX_ERROR_BYTES)
    try:
        return _ErrorAnswer.model_validate_json(content or b"")
    except ValidationError:
        return None


def _at_most(response: requests.Response, limit: int) -> bytes | None:
    content = bytearray()
    for chunk in response.iter_content(CHUNK):
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)


def _reason(error: Exception) -> str:
    """The cause in words, without the address: a requests message repeats it, password and all."""
    text = str(error).lower()
    for sign, words in (
        ("connection refused", "nothing listens there (connection refused)"),
        ("name or service not known", "no host of that name"),
        ("name resolution", "no host of that name"),
        ("nodename nor servname", "no host of that name"),
        ("wrong version number", "it speaks http there, not https"),
        ("record layer", "it speaks http there, not https"),
        ("failed to parse", "no address that can be asked"),
        ("invalid url", "no address that can be asked"),
        ("certificate", "its certificate is not trusted here"),
        ("timed out", "no answer in time"),
        ("connection reset", "the connection was cut"),
        ("connection aborted", "the connection was cut"),
        ("incompleteread", "the connection was cut in the middle of an answer"),
        ("broken", "the connection was cut in the middle of an answer"),
    ):
        if sign in text:
            return words
    return type(error).__name__
