"""Every kind of signer answers alike: what it signs is its own, and only it; no secret gets out.

A kind is one entry of `KINDS`: how to make one, how to ask for it wrongly, and its public half.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import openbao, softhsm
from tests.support.pki import Pki

from affidavit.bundle.certificate import read_certificate
from affidavit.bundle.public_key import PublicKey, load_public
from affidavit.bundle.statement import pae, parse_signed, statement_bytes
from affidavit.errors import BundleError, KeyProblem, UsageError
from affidavit.seal import Access, Signer, open_signer
from affidavit.seal.keys import generate_key, load_signer

STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {"a": "ü"})
SECRET = "größe zählt wirklich"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of signer, made in a folder.

    Attributes:
        uri: names it. absent: names one of its kind that is not there.
        public: its key.
        said: what `describe` holds.
        secret: that unlocks it, and what people call it.
        variable: of the environment, where its secret is; none: in the file that Access names.
        address: of its server, in the environment.
    """

    uri: str
    absent: str
    public: PublicKey
    said: str
    secret: str = SECRET
    secret_name: str = "passphrase"
    variable: str | None = None
    address: str | None = None


def key_file(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.pem"
    generate_key(kind, path, path.with_suffix(".pub"), SECRET)
    return path


def plain(folder: Path) -> Kind:
    path = key_file(folder, "ed25519")
    return Kind(
        uri=str(path), absent=str(folder / "none.pem"), public=load_public(path.with_suffix(".pub")),
        said=f"{path} (ed25519)",
    )  # fmt: skip


def file_uri(folder: Path) -> Kind:
    path = key_file(folder, "p256")
    return Kind(
        uri=f"file:{path}", absent=f"file:{folder}/none.pem",
        public=load_public(path.with_suffix(".pub")), said=f"{path} (p256)",
    )  # fmt: skip


def post_quantum(folder: Path) -> Kind:
    path = key_file(folder, "ml-dsa-65")
    return Kind(
        uri=f"file:{path}", absent=f"file:{folder}/none.pem",
        public=load_public(path.with_suffix(".pub")), said=f"{path} (ml-dsa-65)",
    )  # fmt: skip


def certified(folder: Path) -> Kind:
    pki = Pki.make()
    holder = pki.release()
    uri = pki.write(folder, holder, SECRET)
    return Kind(
        uri=uri, absent=uri.replace("key.pem", "none.pem"),
        public=read_certificate(holder.der, "c").key,
        said=f"{folder}/key.pem (certificate of email:release@bank.example)",
    )  # fmt: skip


def on_token(label: str) -> Callable[[Path], Kind]:
    def make(folder: Path) -> Kind:
        token = softhsm.token()
        public = folder / "on-token.pub"
        public.write_bytes(token.public[label].pem())
        return Kind(
            uri=token.uri(label), absent=token.uri("none"), public=load_public(public),
            said=f"pkcs11, {label} on token bank ({token.public[label].kind})", secret=softhsm.PIN,
            secret_name="PIN",
        )  # fmt: skip

    return make


def in_vault(scheme: str, name: str) -> Callable[[Path], Kind]:
    def make(folder: Path) -> Kind:
        server = openbao.server()
        public = folder / "in-vault.pub"
        public.write_bytes(server.public[name].pem())
        return Kind(
            uri=f"{scheme}:{name}", absent=f"{scheme}:none", public=load_public(public),
            said=f"{scheme}, {name} at {server.url}", secret=server.signing_token,
            secret_name="token", variable="BAO_TOKEN" if scheme == "openbao" else "VAULT_TOKEN",
            address=server.url,
        )  # fmt: skip

    return make


KINDS: dict[str, Callable[[Path], Kind]] = {
    "path": plain, "file": file_uri, "file, ml-dsa-65": post_quantum, "cert": certified,
}  # fmt: skip
# A real server, from a wheel.
VAULT: dict[str, Callable[[Path], Kind]] = {
    "vault, p256": in_vault("vault", "p256"), "openbao, ed25519": in_vault("openbao", "ed25519"),
}  # fmt: skip
# Where something real has to be there first.
SYSTEM: dict[str, Callable[[Path], Kind]] = {
    "pkcs11, p256": on_token("p256"), "pkcs11, ed25519": on_token("ed25519"),
}  # fmt: skip
PARAMS = (
    *(pytest.param(make, id=name) for name, make in KINDS.items()),
    *(pytest.param(make, id=name, marks=openbao.NEEDED) for name, make in VAULT.items()),
    *(
        pytest.param(make, id=name, marks=[pytest.mark.system, softhsm.NEEDED])
        for name, make in SYSTEM.items()
    ),
)


@pytest.fixture(autouse=True)
def _no_secret_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AFFIDAVIT_KEY_PASSPHRASE", "AFFIDAVIT_PKCS11_PIN"):
        monkeypatch.delenv(name, raising=False)
    openbao.clear(monkeypatch, tmp_path)


@pytest.fixture(params=PARAMS)
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kind:
    made: Kind = request.param(tmp_path)
    if made.address is not None:
        monkeypatch.setenv("VAULT_ADDR", made.address)
    return made


Giving = Callable[[str], Access]


@pytest.fixture
def give(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Giving:
    """Hands a secret over as this kind takes it."""

    def given(secret: str) -> Access:
        if kind.variable is not None:
            monkeypatch.setenv(kind.variable, secret)
            return Access()
        path = tmp_path / "secret.txt"
        path.write_text(secret + "\n", encoding="utf-8")
        return Access(passphrase_file=path)

    return given


@pytest.fixture
def signer(kind: Kind, give: Giving) -> Signer:
    return open_signer(kind.uri, give(kind.secret))


def test_what_it_signs_is_read_and_holds_by_its_public_key(kind: Kind, signer: Signer) -> None:
    signed = parse_signed(signer.sign(STATEMENT), "s")

    assert signed.payload == STATEMENT
    assert kind.public.holds(signed.signature, pae(signed.payload_type, signed.payload))
    assert signer.fingerprint() == kind.public.fingerprint


def test_knows_what_it_made(signer: Signer, tmp_path: Path) -> None:
    content = signer.sign(STATEMENT)
    (tmp_path / "other").mkdir()
    other = load_signer(key_file(tmp_path / "other", "ed25519"), SECRET)

    assert signer.made(content, "s")
    assert not signer.made(other.sign(STATEMENT), "s")
    assert not other.made(content, "s")
    with pytest.raises(BundleError):
        signer.made(content[:-1], "s")


def test_says_who_it_is_and_no_secret(kind: Kind, signer: Signer) -> None:
    assert kind.said in signer.describe()
    assert kind.secret not in signer.describe() + repr(signer) + repr(vars(signer))


def test_is_refused_where_it_is_not_there(kind: Kind, give: Giving) -> None:
    with pytest.raises(UsageError) as refused:
        open_signer(kind.absent, give(kind.secret))

    assert "none" in refused.value.what
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("given", ["wrong", "nothing"])
def test_is_refused_without_its_secret(kind: Kind, give: Giving, given: str) -> None:
    access = give("not it at all") if given == "wrong" else Access()

    with pytest.raises(KeyProblem) as refused:
        open_signer(kind.uri, access)

    told = f"{refused.value} {refused.value.fix}"
    said = f"the {kind.secret_name} does not fit" if given == "wrong" else f"no {kind.secret_name}"
    assert said in told
    assert refused.value.fix
    assert "not it at all" not in told
    assert "\n" not in str(refused.value)


def test_takes_its_secret_from_a_person(kind: Kind) -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return kind.secret

    assert open_signer(kind.uri, Access(ask=ask)).fingerprint() == kind.public.fingerprint
    assert len(asked) == 1


def test_an_unknown_parameter_is_refused(kind: Kind) -> None:
    uri = kind.uri if ":" in kind.uri else f"file:{kind.uri}"
    mark = "&" if "?" in uri else "?"

    with pytest.raises(UsageError, match="unknown parameter 'colour'"):
        open_signer(f"{uri}{mark}colour=red", Access())
