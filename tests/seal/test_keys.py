from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from affidavit.bundle.public_key import KeyKind, load_public
from affidavit.bundle.statement import statement_bytes
from affidavit.errors import KeyProblem, UsageError
from affidavit.seal.keys import generate_key, load_signer, needs_passphrase, read_passphrase

STATEMENT = statement_bytes("seal", "x", "0" * 64, {})
KINDS: tuple[KeyKind, ...] = ("ed25519", "p256")


@pytest.fixture(autouse=True)
def _no_passphrase_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AFFIDAVIT_KEY_PASSPHRASE", raising=False)


def make(folder: Path, kind: KeyKind = "ed25519", passphrase: str | None = "größe zählt") -> Path:
    generate_key(kind, folder / "k.pem", folder / "k.pub", passphrase)
    return folder / "k.pem"


@pytest.mark.parametrize("kind", KINDS)
def test_signs_what_only_its_public_key_accepts(kind: KeyKind, tmp_path: Path) -> None:
    signer = load_signer(make(tmp_path, kind), "größe zählt")
    (tmp_path / "other").mkdir()
    other = load_signer(make(tmp_path / "other", kind), "größe zählt")

    content = signer.sign(STATEMENT)

    assert signer.made(content, "s")
    assert not other.made(content, "s")
    assert not signer.made(other.sign(STATEMENT), "s")
    assert signer.fingerprint() == load_public(tmp_path / "k.pub").fingerprint
    assert signer.describe() == f"{tmp_path / 'k.pem'} ({kind})"


@pytest.mark.parametrize("kind", KINDS)
def test_the_private_file_is_encrypted_and_readable_by_its_owner_only(
    kind: KeyKind, tmp_path: Path
) -> None:
    path = make(tmp_path, kind)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="ascii").startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert needs_passphrase(path)
    assert load_pem_private_key(path.read_bytes(), "größe zählt".encode()) is not None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["k.pem", "k.pub"]


def test_a_wrong_or_missing_passphrase_is_said(tmp_path: Path) -> None:
    path = make(tmp_path)
    load_signer(path, "größe zählt")

    with pytest.raises(KeyProblem, match="cannot be unlocked: the passphrase does not fit"):
        load_signer(path, "grosse")
    with pytest.raises(KeyProblem, match="is encrypted: no passphrase was given") as refused:
        load_signer(path)
    assert "AFFIDAVIT_KEY_PASSPHRASE" in refused.value.fix
    assert "--passphrase-file" in refused.value.fix


def test_the_passphrase_comes_from_file_environment_or_person_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path, passphrase="the right one")
    file = tmp_path / "pass.txt"
    file.write_text("the right one\nnotes\n", encoding="utf-8")
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "the right one"

    load_signer(path, ask=ask)
    assert asked == [f"Passphrase of {path}"]
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", "the right one")
    load_signer(path, ask=ask)
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", "wrong")
    load_signer(path, passphrase_file=file, ask=ask)
    assert len(asked) == 1
    with pytest.raises(KeyProblem, match="does not fit"):
        load_signer(path, ask=ask)


@pytest.mark.parametrize("source", ["caller", "environment", "file", "person"])
def test_a_wrong_passphrase_is_mended_where_it_came_from(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, file = make(tmp_path, passphrase="the right one"), tmp_path / "pass.txt"
    fixes = {
        "caller": "give the one that the key was made with",
        "environment": "the one in AFFIDAVIT_KEY_PASSPHRASE is wrong: correct it",
        "file": f"the first line of {file} is not it: correct it",
        "person": "run it again, and type it again",
    }

    def load(answer: str) -> None:
        if source == "environment":
            monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", answer)
        file.write_text(answer, encoding="utf-8")
        load_signer(
            path,
            answer if source == "caller" else None,
            passphrase_file=file if source == "file" else None,
            ask=(lambda _: answer) if source == "person" else None,
        )

    load("the right one")
    with pytest.raises(KeyProblem, match="the passphrase does not fit") as refused:
        load("another one")

    assert refused.value.fix == fixes[source]


def test_a_key_in_the_clear_needs_no_passphrase_and_looks_at_none(tmp_path: Path) -> None:
    path = make(tmp_path, passphrase=None)

    assert not needs_passphrase(path)
    load_signer(path)
    load_signer(path, passphrase_file=tmp_path / "absent")


@pytest.mark.parametrize("existing", ["k.pem", "k.pub"])
def test_never_overwrites_a_key(existing: str, tmp_path: Path) -> None:
    (tmp_path / existing).write_bytes(b"precious")

    with pytest.raises(KeyProblem, match=f"{existing} exists") as refused:
        make(tmp_path)

    assert "choose another name" in refused.value.fix
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [(existing, b"precious")]


def test_leaves_no_private_key_when_the_public_one_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        generate_key("ed25519", tmp_path / "k.pem", tmp_path / "absent" / "k.pub", "passphrase")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("short", ["a", "1234567"])
def test_a_passphrase_of_fewer_than_8_characters_is_refused_with_the_reason(
    short: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyProblem, match=f"has {len(short)} of at least 8 characters") as refused:
        make(tmp_path, passphrase=short)

    assert "can try every short one" in refused.value.cause
    assert list(tmp_path.iterdir()) == []
    make(tmp_path, passphrase="12345678")  # the twin


def test_an_empty_passphrase_is_none(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="the passphrase is empty"):
        make(tmp_path, passphrase="")
    (tmp_path / "pass.txt").write_text("\nsecret\n", encoding="utf-8")
    with pytest.raises(KeyProblem, match="its first line is empty"):
        read_passphrase(tmp_path / "pass.txt")
    (tmp_path / "pass.bin").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyProblem, match="is not text"):
        read_passphrase(tmp_path / "pass.bin")
    with pytest.raises(KeyProblem, match="cannot be read"):
        read_passphrase(tmp_path / "absent")
    assert read_passphrase(None, {"AFFIDAVIT_KEY_PASSPHRASE": "a b "}) == "a b "
    assert read_passphrase(None, {}) is None


def test_refuses_files_that_are_no_key_of_ours(tmp_path: Path) -> None:
    make(tmp_path)
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "rsa.pem").write_bytes(pem)
    (tmp_path / "text.pem").write_text("hello", encoding="ascii")
    broken = (tmp_path / "k.pem").read_bytes().replace(b"\n", b"\nA", 1)
    (tmp_path / "broken.pem").write_bytes(broken)

    with pytest.raises(KeyProblem, match="expected an Ed25519, P-256 or ML-DSA-65 key, found"):
        load_signer(tmp_path / "rsa.pem")
    with pytest.raises(KeyProblem, match="is not a private key in PEM"):
        load_signer(tmp_path / "text.pem")
    with pytest.raises(KeyProblem, match=r"k\.pub is the public key") as public:
        load_signer(tmp_path / "k.pub")
    assert public.value.fix == "give the private one (k.pem)"
    with pytest.raises(KeyProblem):
        load_signer(tmp_path / "broken.pem", "größe zählt")
    with pytest.raises(KeyProblem, match="cannot be read: No such file") as absent:
        load_signer(tmp_path / "absent.pem")
    keygen = f"affidavit keygen --out {tmp_path / 'absent'}"
    assert absent.value.fix == f"check the path, or make one with: {keygen}"
    with pytest.raises(KeyProblem, match="cannot be read: Is a directory"):
        load_signer(tmp_path)
