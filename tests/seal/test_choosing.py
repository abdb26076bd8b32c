"""Which signer an address means, and what comes of one that means none."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.errors import AffidavitError, KeyProblem, UsageError
from affidavit.seal import Access, Signer, choosing, local_path, open_signer
from affidavit.seal.address import Address
from affidavit.seal.keys import generate_key, load_signer


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("keys/release.pem", "keys/release.pem"),
        ("C:\\keys\\release.pem", "C:\\keys\\release.pem"),
        ("what?.pem", "what?.pem"),
        ("100%25.pem", "100%25.pem"),
        ("file:keys/release.pem", "keys/release.pem"),
        ("FILE:///srv/release.pem", "/srv/release.pem"),
        ("file:what%3F.pem", "what?.pem"),
        ("file:a:b.pem", "a:b.pem"),
    ],
)
def test_a_path_is_a_key_in_a_file(text: str, path: str) -> None:
    assert local_path(text) == Path(path)


def test_another_kind_is_no_file() -> None:
    assert local_path("cert:k.pem?chain=c.pem") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("gpg:me", "--signer gpg: no such kind of signer"),
        ("file:", "file:: names no file"),
        ("file://elsewhere/k.pem", "file://elsewhere/k.pem: a file of another machine"),
        ("file:k.pem?", "file:k.pem: parameters are written"),
        ("file:k.pem?passphrase-file=a&passphrase-file=b", "none twice"),
        ("file:k.pem?colour=red", "unknown parameter 'colour'"),
    ],
)
def test_an_address_that_is_none_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_signer(text, Access())

    assert what in refused.value.what


@pytest.mark.parametrize("name", ["passphrase", "pin-value", "PIN"])
def test_a_secret_in_an_address_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UsageError, match="a secret has no place in it") as refused:
        open_signer(f"file:k.pem?{name}=hunter2", Access())

    assert "hunter2" not in f"{refused.value} {refused.value.fix}"


@pytest.mark.parametrize("slip", ["token:hvs.hunter2=", "pin%3Dhunter2", "x=1&x=hunter2"])
def test_a_secret_after_a_slip_is_not_repeated_either(slip: str) -> None:
    with pytest.raises(UsageError, match=r"^file:k\.pem: .*parameter") as refused:
        open_signer(f"file:k.pem?{slip}", Access())

    assert "hunter2" not in f"{refused.value} {refused.value.fix}"


def test_each_key_can_have_a_passphrase_file_of_its_own(tmp_path: Path) -> None:
    generate_key("ed25519", tmp_path / "k.pem", tmp_path / "k.pub", "four words are better")
    (tmp_path / "p").write_text("four words are better\n")
    (tmp_path / "of-all").write_text("another\n")
    uri = f"file:{tmp_path}/k.pem?passphrase-file={tmp_path}/p"
    access = Access(passphrase_file=tmp_path / "of-all")

    assert open_signer(uri, access).describe().endswith("(ed25519)")
    with pytest.raises(KeyProblem, match="does not fit"):
        open_signer(f"file:{tmp_path}/k.pem", access)


def test_every_scheme_of_ours_has_an_opener() -> None:
    for module in choosing.MODULES.values():
        assert callable(choosing.import_module(module).open_signer)


# ---- plug-ins


def plugged(monkeypatch: pytest.MonkeyPatch, **openers: object) -> None:
    """As if a package had entry points of these names in the group."""

    class Point:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> object:
            if isinstance(openers[self.name], Exception):
                raise openers[self.name]
            return openers[self.name]

    def found(*, group: str, name: str | None = None) -> list[Point]:
        assert group == "affidavit.signers"
        return [Point(n) for n in openers if name in (None, n)]

    monkeypatch.setattr(choosing, "entry_points", found)


def test_a_plug_in_signs_by_its_scheme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", None)
    seen: list[Address] = []

    def opener(address: Address, access: Access) -> Signer:
        seen.append(address)
        return load_signer(tmp_path / "k.pem")

    plugged(monkeypatch, hsm=opener)
    signer = open_signer("hsm:slot 3?label=release%20key", Access())

    assert (seen[0].place, seen[0].parameters) == ("slot 3", {"label": "release key"})
    assert signer.describe() == load_signer(tmp_path / "k.pem").describe()
    with pytest.raises(UsageError) as refused:
        open_signer("hsm2:x", Access())
    assert "hsm" in refused.value.cause.split(": ")[1].split(", ")


def test_what_a_plug_in_raises_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def sign(self, payload: bytes) -> bytes:
            raise ConnectionError("token s.hunter2 expired")

    def fails(address: Address, access: Access) -> Signer:
        raise ValueError("hunter2")

    plugged(monkeypatch, bad=fails, broken=lambda a, b: Broken(), gone=ImportError("hunter2"))

    for uri, kind in (("bad:x", "ValueError"), ("gone:x", "ImportError")):
        with pytest.raises(AffidavitError, match=f"which is a plug-in, failed with {kind}") as told:
            open_signer(uri, Access())
        assert "hunter2" not in f"{told.value} {told.value.fix}"
    with pytest.raises(AffidavitError, match="failed with ConnectionError"):
        open_signer("broken:x", Access()).sign(b"")


def test_a_plug_in_cannot_take_a_scheme_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    generate_key("p256", tmp_path / "k.pem", tmp_path / "k.pub", None)
    plugged(monkeypatch, file=lambda a, b: pytest.fail("was asked"))

    assert open_signer(f"file:{tmp_path}/k.pem", Access()).describe().endswith("(p256)")


@pytest.mark.parametrize(
    "uri", ["vault://ada:hunter2@vault.bank/key", "file://ada:hunter2@h/k.pem"]
)
def test_a_password_before_a_host_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(UsageError, match="a secret has no place in it") as refused:
        open_signer(uri, Access())

    assert "hunter2" not in str(refused.value)
