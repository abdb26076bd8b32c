"""VERIFY.txt says how to check a bundle with stock tools: here its own commands are run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.pki import NOW, Pki
from tests.support.private_sigstore import Sigstore
from tests.support.raw_archives import read_entries

from affidavit.bundle.certificate import read_certificate
from affidavit.bundle.public_key import KeyKind
from affidavit.seal.certificates import CertificateSigner
from affidavit.seal.instructions import verify_text

TEXT = verify_text("credit-risk-3").decode()


def commands(start: str, end: str) -> str:
    """The indented lines between two headings: what a reader types."""
    part = TEXT[TEXT.index(start) : TEXT.index(end)]
    return "\n".join(line[2:] for line in part.splitlines() if line.startswith("  "))


def run(script: str, folder: Path, public_key: Path) -> subprocess.CompletedProcess[str]:
    script = script.replace("SIGNER.pub", str(public_key))
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_is_plain_ascii_in_80_columns() -> None:
    assert TEXT.isascii()
    assert max(len(line) for line in TEXT.splitlines()) <= 80
    assert TEXT.index("WINDOWS") < TEXT.index("LINUX")
    assert "compliant" not in TEXT


@pytest.mark.system
@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_its_commands_accept_the_bundle_and_refuse_a_changed_one(
    kind: KeyKind, tmp_path: Path
) -> None:
    built = BundleBuilder(tmp_path / "x", kind=kind)
    other = BundleBuilder(tmp_path / "other", kind=kind)
    shutil.copyfile(built.path, tmp_path / "BUNDLE.zip")

    steps = run(commands("WITH STOCK TOOLS: LINUX", "THE SIGNATURE"), tmp_path, built.public_key)

    assert steps.returncode == 0, steps.stderr
    assert "FAILED" not in steps.stdout
    assert steps.stdout.count(": OK\n") == 4 + built.sealed.files
    assert re.findall(r"^ *(\d+)$", steps.stdout, re.MULTILINE) == [str(built.sealed.files)] * 2
    assert steps.stdout.count(built.sealed.root) == 2
    folder = tmp_path / "credit-risk-3"
    signature = commands("SIGNER.pub holds an Ed25519", "A certificate signed").split("\n")
    check = "\n".join(signature[:2]) if kind == "ed25519" else signature[2]
    accepted = run(check, folder, built.public_key)
    assert accepted.returncode == 0, accepted.stderr
    assert "Verified" in accepted.stdout
    assert run(check, folder, other.public_key).returncode != 0
    (folder / "data/model/model.pkl").write_bytes(b"other")
    assert run("sha256sum -c manifest-sha256.txt", folder, built.public_key).returncode == 1
    (folder / "signed.bin").write_bytes(b"other")
    assert run(check, folder, built.public_key).returncode != 0


@pytest.mark.system
def test_its_command_prints_the_fingerprint_that_keygen_prints(tmp_path: Path) -> None:
    built = BundleBuilder(tmp_path / "x")
    assert built.signer is not None
    script = commands("To see which key", "WHAT THIS SHOWS")

    done = run(script, tmp_path, built.public_key)

    assert built.signer.fingerprint().removeprefix("sha256:") in done.stdout


def test_the_documentation_has_the_same_text() -> None:
    page = Path(__file__).parents[2] / "docs" / "bundle-format.md"
    assert TEXT.rstrip() in page.read_text(encoding="utf-8")


@pytest.mark.system
def test_its_commands_accept_a_certificate_by_its_root_and_refuse_another(tmp_path: Path) -> None:
    pki, stranger = Pki.make(), Pki.make()
    built = BundleBuilder(tmp_path / "x")
    holder = pki.release(key=rsa.generate_private_key(65537, 2048))
    signer = CertificateSigner(holder.key, read_certificate(holder.der, "c"), "key.pem")
    shutil.copyfile(
        built.pack(with_seal(built.entries, signer, built.predicate())), tmp_path / "BUNDLE.zip"
    )
    for name, one in (
        ("ROOT.pem", pki.root),
        ("ISSUING.pem", pki.issuing),
        ("O.pem", stranger.root),
    ):
        (tmp_path / name).write_text(one.pem)
    steps = run(commands("WITH STOCK TOOLS: LINUX", "THE SIGNATURE"), tmp_path, built.public_key)
    assert steps.returncode == 0, steps.stderr
    script = commands("A certificate signed", "A timestamp lies").replace("SIGNER.pub", "own.pub")
    script = script.replace("openssl verify", f"openssl verify -attime {int(NOW.timestamp())}")
    script = script.replace("ROOT.pem", "../ROOT.pem").replace("ISSUING.pem", "../ISSUING.pem")
    folder = tmp_path / "credit-risk-3"

    accepted = run(script, folder, built.public_key)

    assert accepted.returncode == 0, accepted.stderr
    assert "email:release@bank.example" in accepted.stdout
    check = commands("SIGNER.pub holds a P-256", "A certificate signed").strip()
    assert "Verified OK" in run(check, folder, folder / "own.pub").stdout
    assert run(check, folder, built.public_key).returncode != 0
    assert run(script.replace("../ROOT.pem", "../O.pem"), folder, built.public_key).returncode != 0


def test_tells_a_keyless_seal_from_one_by_a_certificate_as_they_are(tmp_path: Path) -> None:
    """By the words that stand in the seal, as the page says."""
    builder = BundleBuilder(tmp_path / "x")
    holder = Pki.make().release()
    by_certificate = CertificateSigner(holder.key, read_certificate(holder.der, "c"), "key.pem")
    seals = []
    for signer in (by_certificate, Sigstore().signer()):
        packed = builder.pack(with_seal(builder.entries, signer, builder.predicate()))
        seals.append(next(c for n, c in read_entries(packed)[1] if n.startswith("signatures/")))

    certified, keyless = seals
    for words in ('"rawBytes"', '"tlogEntries":[]'):
        assert words in TEXT.replace("\n", " ")
        assert words.encode() in certified
    assert '("tlogEntries":[{ stands in it)' in TEXT
    assert b'"tlogEntries":[{' in keyless
    assert b'"tlogEntries":[]' not in keyless
