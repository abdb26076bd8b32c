"""The sample's bundles, judged by stock tools and other implementations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import bagit
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(os.environ.get("AFFIDAVIT_SAMPLE", ROOT / "build" / "demo"))
BUNDLE = SAMPLE / "bundles" / "credit-risk-3.evidence.zip"
VERIFY_JS = ROOT / "build" / "conformance-js" / "verify.mjs"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not BUNDLE.is_file(), reason="no sample: run make demo or make conformance"),
]


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"no {tool} on this machine")


def run(
    *command: str | Path, cwd: Path | None = None, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(c) for c in command], cwd=cwd, capture_output=True, check=False, **more
    )


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    done = run("unzip", "-q", BUNDLE, "-d", tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "credit-risk-3"


def public_key() -> Path:
    return next((SAMPLE / "keys").glob("*.pub"))


@needs("unzip")
@needs("sha256sum")
def test_sha256sum_accepts_both_manifests_and_sees_a_changed_byte(unpacked: Path) -> None:
    for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        assert run("sha256sum", "--strict", "-c", manifest, cwd=unpacked).returncode == 0

    model = next((unpacked / "data" / "model").rglob("MLmodel"))
    model.write_bytes(model.read_bytes() + b"\n")

    assert run("sha256sum", "-c", "manifest-sha256.txt", cwd=unpacked).returncode == 1


@needs("unzip")
def test_bagit_accepts_the_folder_and_refuses_it_changed(unpacked: Path) -> None:
    bagit.Bag(str(unpacked)).validate(processes=1)

    (unpacked / "data" / "evidence.json").write_bytes(b"{}")

    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(unpacked)).validate(processes=1)


@needs("7z")
def test_7z_finds_nothing_wrong_with_the_archive() -> None:
    assert run("7z", "t", BUNDLE).returncode == 0


@needs("node")
@needs("unzip")
@pytest.mark.skipif(not VERIFY_JS.is_file(), reason="sigstore-js is not installed (npm)")
def test_sigstore_js_accepts_the_seal_and_refuses_it_changed(unpacked: Path) -> None:
    seal = next((unpacked / "signatures").glob("seal-*.json"))
    done = run("node", VERIFY_JS, seal, public_key())
    assert done.returncode == 0, done.stderr
    statement = json.loads(done.stdout)
    root = run("sha256sum", "tagmanifest-sha256.txt", cwd=unpacked).stdout.split()[0].decode()
    assert statement["subject"] == [{"digest": {"sha256": root}, "name": "tagmanifest-sha256.txt"}]

    signed = json.loads(seal.read_bytes())
    signature = signed["dsseEnvelope"]["signatures"][0]["sig"]
    swapped = "B" if signature[0] == "A" else "A"
    signed["dsseEnvelope"]["signatures"][0]["sig"] = swapped + signature[1:]
    seal.write_text(json.dumps(signed))

    assert run("node", VERIFY_JS, seal, public_key()).returncode != 0


@needs("unzip")
def test_stock_git_checks_out_the_commit_from_the_pack(unpacked: Path, tmp_path: Path) -> None:
    source = unpacked / "data" / "source"
    commit = json.loads((source / "commit.json").read_bytes())["commit"]
    clone = tmp_path / "clone"
    assert run("git", "init", "-q", clone).returncode == 0
    with (source / "commit.pack").open("rb") as pack:
        assert run("git", "-C", clone, "unpack-objects", "-q", stdin=pack).returncode == 0
    (clone / ".git" / "shallow").write_text(commit + "\n")

    assert run("git", "-C", clone, "fsck", "--strict").returncode == 0
    assert run("git", "-C", clone, "checkout", "-q", commit).returncode == 0
    assert (clone / "train.py").is_file()


@needs("pdftotext")
@needs("unzip")
def test_the_pdf_is_readable_by_another_reader(unpacked: Path) -> None:
    card = unpacked / "data" / "card" / "model-card.pdf"
    if not card.is_file():
        pytest.skip("this bundle was built without Pango")

    text = run("pdftotext", "-layout", card, "-").stdout.decode()

    assert "Read this first" in text
    assert "credit-risk" in text
