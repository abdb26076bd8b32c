"""A HashiCorp Vault or OpenBao server, as far as signing needs it: where it is, and one question.

It is asked over REST, which is two calls here. The token goes into one header, and never into an
error: what the server says is told without it. Redirects are not followed, for the token would go
along; nor does it go over plain HTTP, but to this machine.

References:
    Vault HTTP API: X-Vault-Token, X-Vault-Namespace, status codes; OpenBao has the same.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from affidavit.errors import AffidavitError, KeyProblem, Unreachable, UsageError
from affidavit.printable import printable
from affidavit.seal.address import Address
from affidavit.seal.interface import Access
from affidavit.seal.keys import read_passphrase
from affidavit.seal.waiting import within

TIMEOUT_S: Final = 20.0
MAX_ANSWER_BYTES: Final = 1024 * 1024
TOKEN_FILE: Final = "token-file"  # noqa: S105 - a name, not the secret
NAMESPACE: Final = "namespace"
# Where `vault login` and `bao login` leave the token.
_LOGIN_FILE: Final = ".vault-token"
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_NAMESPACE = re.compile(r"[A-Za-z0-9_./-]{1,256}")
_MAX_TOLD: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a server is, and as whom it is asked.

    Attributes:
        url: of its root, without a slash at the end.
        token: never shown.
        namespace: None for the root.
        authorities: a PEM file of those that its certificate may be by; None for the system's.
    """

    url: str
    token: str = field(repr=False)
    namespace: str | None = None
    authorities: str | None = None

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The `data` of an answer; a question with a body is a POST.

        Raises:
            KeyProblem: the token does not fit, or there is nothing under this path.
            Unreachable: it does not answer, is sealed, or sends us elsewhere.
            AffidavitError: it answers with something else.
        """
        headers = {
            "X-Vault-Token": self.token,
            "X-Vault-Request": "true",
            "User-Agent": "affidavit",
        }
        if self.namespace is not None:
            headers["X-Vault-Namespace"] = self.namespace
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/v1/{path}", data=content, headers=headers)  # noqa: S310
        try:
            status, answer = within(TIMEOUT_S, lambda: self._exchange(request))
        except (URLError, HTTPException, OSError) as error:
            reason = str(getattr(error, "reason", None) or error)
            raise Unreachable(
                f"the Vault at {self.url} does not answer", self._told(reason),
                "check its address (VAULT_ADDR), and VAULT_CACERT where your own PKI issued its "
                "certificate",
            ) from error  # fmt: skip
        except ValueError as error:
            raise self._is_none() from error
        if not 200 <= status < 300:
            raise self._refusal(status, path, self._said(answer))
        try:
            found = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self._is_none() from error
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, dict):
            raise self._is_none()
        return data

    def _exchange(self, request: Request) -> tuple[int, bytes]:
        """Status and body of an answer, a refusal's too."""
        try:
            with self._opener().open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read(MAX_ANSWER_BYTES)
        except HTTPError as error:
            with error, suppress(HTTPException, OSError):
                return error.code, error.read(MAX_ANSWER_BYTES)
            return error.code, b""

    def _refusal(self, status: int, path: str, said: str) -> AffidavitError:
        if status in (401, 403):
            return KeyProblem(
                f"the Vault at {self.url} refuses {path}",
                "the token does not fit: unknown, expired, or without the right to it",
                "log in again, or have its policy allow read of the key and update of its signing",
            )
        if status == 404:
            return KeyProblem(
                f"the Vault at {self.url} has no {path}", said,
                "check the key's name, mount= and namespace=",
            )  # fmt: skip
        if status == 503 and "sealed" in said:
            return Unreachable(
                f"the Vault at {self.url} is sealed", fix="have it unsealed; then run this again"
            )
        if 300 <= status < 400:
            return Unreachable(
                f"the Vault at {self.url} sends us elsewhere (HTTP {status})",
                "redirects are not followed, for the token would go along",
                "give the address of the active server",
            )
        return AffidavitError(
            f"the Vault at {self.url} does not do {path} (HTTP {status})", said,
            "read the server's log; then run this again",
        )  # fmt: skip

    def _said(self, answer: bytes) -> str:
        try:
            errors = json.loads(answer)["errors"]
            return self._told(" ".join(str(e) for e in errors))
        except (ValueError, LookupError, TypeError, RecursionError):
            return ""

    def _told(self, text: str) -> str:
        """What comes from outside, in one line, without the token."""
        return printable(" ".join(text.replace(self.token, "…").split()))[:_MAX_TOLD]

    def _is_none(self) -> AffidavitError:
        return AffidavitError(
            f"what answers at {self.url} is no Vault", fix="check its address (VAULT_ADDR)"
        )

    def _opener(self) -> OpenerDirector:
        if self.url.startswith("http:"):  # this machine: no proxy in between
            return build_opener(_Stay, ProxyHandler({}))
        try:
            context = ssl.create_default_context(cafile=self.authorities)
        except OSError as error:
            raise KeyProblem(
                f"{self.authorities} holds no certificates in PEM", fix="correct VAULT_CACERT"
            ) from error
        return build_opener(_Stay, HTTPSHandler(context=context))


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def find_server(
    address: Address, access: Access, environment: Mapping[str, str] = os.environ
) -> Server:
    """The server of the environment: `VAULT_ADDR`, `_TOKEN`, `_NAMESPACE`, `_CACERT`.

    For `openbao:` the same names with `BAO_` come first. The token is the address's token-file's,
    else the environment's, else that of `vault login`, else what a person answers.

    Raises:
        UsageError: no address, or one that would show the token to others.
        KeyProblem: no token.
    """
    prefixes = ("BAO_", "VAULT_") if address.scheme == "openbao" else ("VAULT_",)

    def read(name: str) -> str | None:
        return next((v for p in prefixes if (v := environment.get(p + name))), None)

    url = _require_url(read("ADDR"), f"{prefixes[0]}ADDR")
    namespace = address.parameters.get(NAMESPACE) or read("NAMESPACE")
    if namespace is not None and not _NAMESPACE.fullmatch(namespace):
        raise UsageError(f"{address.uri}: the namespace is none", fix="write it as risk/models")
    token = _token(address, access, read("TOKEN"), url)
    if not token:
        raise KeyProblem(
            f"the Vault at {url} needs a token", "no token was given",
            f"set {prefixes[0]}TOKEN, name a file with ?{TOKEN_FILE}=, or log in",
        )  # fmt: skip
    if not _TOKEN.fullmatch(token):
        raise KeyProblem(
            f"the Vault at {url} cannot be asked",
            "the token does not fit: it has blanks or characters that no token has",
            "correct it",
        )
    return Server(url=url, token=token, namespace=namespace, authorities=read("CACERT"))


def _require_url(given: str | None, variable: str) -> str:
    if not given:
        raise UsageError(
            "no Vault is named",
            f"{variable} is not set",
            f"set {variable}=https://vault.bank.example",
        )
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if _has_user(given):
        raise UsageError(f"{variable}: a name or a password has no place in it", fix="leave it out")
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        # Not repeated here: someone may have put a token behind a question mark.
        raise UsageError(f"{variable} is no address of a server", fix="write https://HOST:PORT")
    if parts.scheme == "http" and host not in _HERE:
        raise UsageError(
            f"{variable} is {given}", "the token would go over the network in the clear",
            "use https",
        )  # fmt: skip
    return given.rstrip("/")


def _has_user(url: str) -> bool:
    return "@" in url.partition("://")[2].partition("/")[0]


def _token(address: Address, access: Access, given: str | None, url: str) -> str | None:
    if file := address.parameters.get(TOKEN_FILE):
        return read_passphrase(Path(file))
    if given:
        return given
    login = Path.home() / _LOGIN_FILE
    if login.is_file():
        return read_passphrase(login)
    return access.ask(f"Token for {url}") if access.ask is not None else None
