"""The sample's bundles, judged by stock tools and other implementations."""

from __future__ import annotations

import base64
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
@needs("sha256sum")
@needs("openssl")
def test_the_stock_chain_ends_in_the_signature_and_sees_a_forger_who_mends_every_checksum(
    unpacked: Path,
) -> None:
    """As VERIFY.txt has it: a file, the manifest, the tag manifest, the seal, the key."""
    assert stock_chain(unpacked) == []

    card = unpacked / "data" / "card" / "model-card.md"
    card.write_bytes(card.read_bytes() + b"All is well.\n")
    assert stock_chain(unpacked) == ["manifest-sha256.txt"]
    mend(unpacked, "manifest-sha256.txt", "data/card/model-card.md")
    assert stock_chain(unpacked) == ["tagmanifest-sha256.txt"]
    mend(unpacked, "tagmanifest-sha256.txt", "manifest-sha256.txt")
    assert stock_chain(unpacked) == ["subject"]

    seal = next((unpacked / "signatures").glob("seal-*.json"))
    signed = json.loads(seal.read_bytes())
    statement = json.loads(base64.b64decode(signed["dsseEnvelope"]["payload"]))
    statement["subject"][0]["digest"]["sha256"] = digest(unpacked, "tagmanifest-sha256.txt")
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    signed["dsseEnvelope"]["payload"] = payload
    seal.write_text(json.dumps(signed))
    assert stock_chain(unpacked) == ["signature"]


def stock_chain(bag: Path) -> list[str]:
    """The links that stock tools refuse, in their order."""
    manifests = ("manifest-sha256.txt", "tagmanifest-sha256.txt")
    refused = [m for m in manifests if run("sha256sum", "-c", m, cwd=bag).returncode != 0]
    seal = json.loads(next((bag / "signatures").glob("seal-*.json")).read_bytes())["dsseEnvelope"]
    payload = base64.b64decode(seal["payload"])
    (named,) = json.loads(payload)["subject"]
    if named["digest"]["sha256"] != digest(bag, "tagmanifest-sha256.txt") and not refused:
        refused.append("subject")
    kind = seal["payloadType"].encode()
    message, signature = bag.parent / "signed.bin", bag.parent / "signature.bin"
    message.write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    signature.write_bytes(base64.b64decode(seal["signatures"][0]["sig"]))
    checked = run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_key(), "-rawin",
                  "-in", message, "-sigfile", signature)  # fmt: skip
    return refused if checked.returncode == 0 else [*refused, "signature"]


def digest(bag: Path, path: str) -> str:
    return run("sha256sum", path, cwd=bag).stdout.split()[0].decode()


def mend(bag: Path, manifest: str, path: str) -> None:
    """The line of a file, with the digest that it has now."""
    lines = (bag / manifest).read_text().splitlines()
    mended = [f"{digest(bag, path)}  {path}" if x.endswith(f"  {path}") else x for x in lines]
    (bag / manifest).write_text("".join(f"{line}\n" for line in mended))


@needs("unzip")
def test_bagit_refuses_a_changed_tag_file_and_a_file_more(unpacked: Path) -> None:
    bagit.Bag(str(unpacked)).validate(processes=1)
    told = unpacked / "VERIFY.txt"
    original = told.read_bytes()

    told.write_bytes(original.replace(b"sha256sum", b"sha256zum"))
    with pytest.raises(bagit.BagValidationError, match=r"VERIFY\.txt"):
        bagit.Bag(str(unpacked)).validate(processes=1)
    told.write_bytes(original)
    (unpacked / "data" / "more.txt").write_bytes(b"more")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(unpacked)).validate(processes=1)


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


@needs("unzip")
@needs("git")
def test_stock_git_refuses_the_pack_with_any_byte_changed(unpacked: Path, tmp_path: Path) -> None:
    pack = (unpacked / "data" / "source" / "commit.pack").read_bytes()
    for at in (4, 11, len(pack) // 2, len(pack) - 1):
        changed = pack[:at] + bytes([pack[at] ^ 1]) + pack[at + 1 :]
        clone = tmp_path / f"clone-{at}"
        assert run("git", "init", "-q", clone).returncode == 0

        done = run("git", "-C", clone, "unpack-objects", "-q", "--strict", input=changed)

        assert done.returncode != 0, at


@needs("pdftotext")
@needs("unzip")
def test_the_pdf_is_readable_by_another_reader(unpacked: Path) -> None:
    card = unpacked / "data" / "card" / "model-card.pdf"
    if not card.is_file():
        pytest.skip("this bundle was built without Pango")

    text = run("pdftotext", "-layout", card, "-").stdout.decode()

    assert "Read this first" in text
    assert "credit-risk" in text
