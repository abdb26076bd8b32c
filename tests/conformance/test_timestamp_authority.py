"""A timestamp authority that is not ours: openssl's, on loopback. It answers us, and judges us."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from shutil import which

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.clock import Clock
from tests.support.forgeries import with_seal

from affidavit.bundle.statement import parse_signed
from affidavit.seal.timestamps import Timestamped
from affidavit.verify import read_trust, verify_bundle

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(which("openssl") is None, reason="openssl is not installed"),
]
CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = clock.pem
signer_key = clock.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and the folder with its root."""
    clock, folder = Clock.make(), tmp_path / "tsa"
    folder.mkdir()
    (folder / "root.pem").write_text(clock.root.pem)
    (folder / "clock.pem").write_text(clock.holder.pem)
    (folder / "clock.key").write_bytes(clock.holder.key_pem())
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "query").write_bytes(body)
            openssl(folder, "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    server.server_close()


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["openssl", "ts", *arguments], cwd=folder, capture_output=True, check=False
    )


def test_openssls_authority_and_ours_agree(authority: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = authority
    built = BundleBuilder(tmp_path / "bundle")
    assert built.signer is not None
    path = built.pack(with_seal(built.entries, Timestamped(built.signer, url), built.predicate()))
    trust = tmp_path / "trust.toml"
    trust.write_text(
        f"""version = 1
required_timestamp = true
[[signer]]
name = "release"
key = "{built.public_key}"
roles = ["sealer"]
[[timestamp]]
name = "openssl"
roots = "{folder}/root.pem"
"""
    )

    verdict = verify_bundle(path, trust=read_trust(trust))

    assert (verdict.exit_code, verdict.seal.time_by if verdict.seal else "") == (0, "openssl")
    again = BundleBuilder(tmp_path / "again")
    assert verify_bundle(again.path, trust=read_trust(trust)).exit_code == 1


def test_openssl_verifies_what_we_keep(authority: tuple[str, Path], tmp_path: Path) -> None:
    """Over the signature's bytes, as Sigstore has it; and refuses it over others."""
    url, folder = authority
    built = BundleBuilder(tmp_path / "bundle")
    assert built.signer is not None
    name = next(n for n, _ in built.entries if n.startswith("signatures/"))
    payload = parse_signed(built.read(name), name).payload
    signed = parse_signed(Timestamped(built.signer, url).sign(payload), "s")
    (folder / "kept").write_bytes(signed.material.timestamps[0])
    (folder / "signature").write_bytes(signed.signature)
    verify = ("-verify", "-in", "kept", "-CAfile", "root.pem", "-data", "signature")

    done = openssl(folder, *verify)

    assert done.returncode == 0, done.stderr
    # Another last byte, whatever it was: one Ed25519 signature in sixteen ends in a zero.
    other = signed.signature[:-1] + bytes([signed.signature[-1] ^ 1])
    (folder / "signature").write_bytes(other)
    assert openssl(folder, *verify).returncode != 0
