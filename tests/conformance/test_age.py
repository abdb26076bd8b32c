"""Stock age opens what we encrypt, and we what it encrypts; both refuse what was cut short."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder

from affidavit.encrypting import decrypt, encrypt, read_identities, read_recipients
from affidavit.errors import BundleError

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("age") is None, reason="no age"),
]


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    subprocess.run(["age-keygen", "-o", "id.txt"], cwd=tmp_path, check=True, capture_output=True)
    public = subprocess.run(
        ["age-keygen", "-y", "id.txt"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    (tmp_path / "to.txt").write_text(public.stdout)
    return tmp_path / "id.txt"


def test_stock_age_opens_what_we_encrypt_and_refuses_it_cut_short(
    tmp_path: Path, identity: Path
) -> None:
    bundle = BundleBuilder(tmp_path / "made").path
    encrypt(bundle, read_recipients(tmp_path / "to.txt"), tmp_path / "b.age")

    age = ["age", "--decrypt", "--identity", identity]
    opened = subprocess.run([*age, tmp_path / "b.age"], check=True, capture_output=True)
    assert opened.stdout == bundle.read_bytes()

    (tmp_path / "cut.age").write_bytes((tmp_path / "b.age").read_bytes()[:-20])
    assert (
        subprocess.run([*age, tmp_path / "cut.age"], check=False, capture_output=True).returncode
        != 0
    )
    with pytest.raises(BundleError):
        decrypt(tmp_path / "cut.age", read_identities(identity), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_we_open_what_stock_age_encrypts(tmp_path: Path, identity: Path) -> None:
    bundle = BundleBuilder(tmp_path / "made").path
    age = ["age", "--recipients-file", tmp_path / "to.txt", "--output", tmp_path / "b.age"]
    subprocess.run([*age, bundle], check=True)

    decrypt(tmp_path / "b.age", read_identities(identity), tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == bundle.read_bytes()
