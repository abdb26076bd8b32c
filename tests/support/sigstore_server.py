"""The Sigstore of `private_sigstore` on loopback, as a client meets it; each service can fail."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support.private_sigstore import ISSUER, WORKFLOW, Ask, Sigstore

FULCIO, REKOR = "/api/v2/signingCert", "/api/v1/log/entries"


@dataclass
class Service:
    """A running instance.

    Attributes:
        fails: path to what it answers instead: a status, or bytes with 200.
        asked: what was asked of it, path by path.
    """

    sigstore: Sigstore
    url: str = ""
    ask: Ask = field(default_factory=Ask)
    fails: dict[str, int | bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def config(self, path: Path) -> Path:
        """Its ClientTrustConfig, in a file."""
        start = (datetime.now(UTC) - timedelta(days=9)).isoformat().replace("+00:00", "Z")
        service = {
            "url": self.url, "majorApiVersion": 1, "validFor": {"start": start}, "operator": "bank",
        }  # fmt: skip
        signing = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service], "oidcUrls": [], "rekorTlogUrls": [service],
            "rekorTlogConfig": {"selector": "ANY"}, "tsaUrls": [], "tsaConfig": {"selector": "ANY"},
        }  # fmt: skip
        content = {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": json.loads(self.sigstore.trusted_root()), "signingConfig": signing,
        }  # fmt: skip
        path.write_text(json.dumps(content))
        return path

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """What it says to a request."""
        self.asked.append(path)
        if (instead := self.fails.get(path)) is not None:
            return (instead, b"{}") if isinstance(instead, int) else (200, instead)
        made = self._certify(body) if path == FULCIO else self._log(body)
        return 201, json.dumps(made).encode()

    def _certify(self, body: dict[str, Any]) -> dict[str, Any]:
        request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
        asked = replace(self.ask, issued=datetime.now(UTC).replace(microsecond=0))
        leaf = self.sigstore.certificate(request.public_key(), asked)  # type: ignore[arg-type]
        chain = [c.public_bytes(Encoding.PEM).decode() for c in (leaf, self.sigstore.root())]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def _log(self, body: dict[str, Any]) -> dict[str, Any]:
        proposed = body["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        leaf = x509.load_pem_x509_certificate(base64.b64decode(proposed["verifiers"][0]))
        entry = self.sigstore.entry(
            leaf, base64.b64decode(envelope["payload"]),
            base64.b64decode(envelope["signatures"][0]["sig"]), Ask(logged=datetime.now(UTC)),
        )  # fmt: skip
        proof = entry.proof
        return {hashlib.sha256(entry.body).hexdigest(): {
            "body": base64.b64encode(entry.body).decode(), "integratedTime": entry.time,
            "logID": entry.log.hex(), "logIndex": entry.index,
            "verification": {
                "signedEntryTimestamp": base64.b64encode(entry.promise or b"").decode(),
                "inclusionProof": {
                    "logIndex": proof.index, "rootHash": proof.root.hex(), "treeSize": proof.size,
                    "hashes": [h.hex() for h in proof.hashes], "checkpoint": proof.checkpoint,
                },
            },
        }}  # fmt: skip


@contextmanager
def served(sigstore: Sigstore) -> Iterator[Service]:
    """It answers until the block ends."""
    service = Service(sigstore)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = service.answer(self.path, json.loads(body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def token(*, lasts: timedelta = timedelta(minutes=5), audience: str = "sigstore") -> str:
    """An identity token as a provider gives it; its signature is for an authority to check."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER, "sub": WORKFLOW, "aud": audience, "iat": int(now.timestamp()) - 60,
        "exp": int((now + lasts).timestamp()),
    }  # fmt: skip
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, base64.urlsafe_b64encode(b"secret-part").decode().rstrip("=")])
