"""Stock `model_signing verify` on the model's folder alone: our signature holds, a change does not.

The library has an environment of its own, made from requirements/model-signing.txt.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.stock import stock_environment

from affidavit.bundle.model_signing import model_statement
from affidavit.seal.model_signing import sign_model

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_environment("model-signing", tmp_path_factory) / "model_signing"


@pytest.fixture
def made(tmp_path: Path) -> BundleBuilder:
    return BundleBuilder(
        tmp_path / "made", kind="p256",
        extra={"data/model/sub/b.bin": b"b", "data/model/sub-a/a.bin": b"a", "data/model/a.txt": b"c"},
    )  # fmt: skip


def unpack(made: BundleBuilder, folder: Path) -> Path:
    for item in made.evidence.items:
        if item.path.startswith("data/model/"):
            target = folder / item.path.removeprefix("data/model/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(made.read(item.path))
    return folder


def verify(
    tool: Path, folder: Path, signature: Path, key: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool, "verify", "key", folder, "--signature", signature, "--public_key", key],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


def test_stock_model_signing_accepts_the_model_alone_and_refuses_each_change(
    tool: Path, made: BundleBuilder, tmp_path: Path
) -> None:
    assert made.signer is not None
    folder, signature = unpack(made, tmp_path / "model"), tmp_path / "model.sig"
    signature.write_bytes(sign_model(made.evidence, made.signer))

    done = verify(tool, folder, signature, made.public_key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout
    (folder / ".gitattributes").write_text("left out by both\n")
    assert verify(tool, folder, signature, made.public_key).returncode == 0

    (folder / "more").write_bytes(b"")
    assert verify(tool, folder, signature, made.public_key).returncode != 0
    (folder / "more").unlink()
    content = (folder / "model.pkl").read_bytes()
    (folder / "model.pkl").write_bytes(content + b"x")
    assert verify(tool, folder, signature, made.public_key).returncode != 0
    (folder / "model.pkl").write_bytes(content)
    made.other_signer("p256")
    assert verify(tool, folder, signature, made.folder / "other-1.pub").returncode != 0
    assert verify(tool, folder, signature, made.public_key).returncode == 0


def test_the_stock_library_makes_the_same_sum_of_the_same_files(
    tool: Path, made: BundleBuilder, tmp_path: Path
) -> None:
    """Its order of paths is ours: `sub/b.bin` before `sub-a/a.bin`, by parts and not by text."""
    folder = unpack(made, tmp_path / "model")
    key = load_pem_private_key(made.private_key.read_bytes(), PASSPHRASE.encode())
    clear = tmp_path / "clear.pem"
    clear.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    subprocess.run(
        [tool, "sign", "key", folder, "--private_key", clear, "--signature", tmp_path / "s"],
        check=True, capture_output=True,
    )  # fmt: skip

    theirs = json.loads((tmp_path / "s").read_text())
    payload = json.loads(base64.b64decode(theirs["dsseEnvelope"]["payload"]))
    ours = json.loads(model_statement(made.evidence))
    assert payload["subject"][0]["digest"] == ours["subject"][0]["digest"]
    assert payload["predicate"]["resources"] == ours["predicate"]["resources"]
    hint = theirs["verificationMaterial"]["publicKey"]["hint"]
    assert made.signer is not None
    mine = json.loads(sign_model(made.evidence, made.signer))
    assert mine["verificationMaterial"]["publicKey"]["hint"] == hint
