"""A private Sigstore that is not ours (npm's @sigstore/mock) signs for us; others judge the result.

sigstore-python, as it is, and sigstore-js take the genuine statement and refuse it tampered with.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pytest
from sigstore.errors import Error
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.private_sigstore import ISSUER, WORKFLOW
from tests.support.sigstore_server import token

from affidavit.bundle.canonical import dumps
from affidavit.bundle.statement import PAYLOAD_TYPE, parse_signed, statement_bytes
from affidavit.errors import AffidavitError
from affidavit.seal import Access, Signer, open_signer, sign_and_check
from affidavit.seal.timestamps import fetch_timestamp
from affidavit.verify import Verdict, read_identity, read_trust, verify_bundle

SOURCE = Path(__file__).parent / "js"
INSTALLED = Path(__file__).resolve().parents[2] / "build" / "conformance-js"
STATEMENT = statement_bytes("seal", "tagmanifest-sha256.txt", "0" * 64, {"a": "ü"})

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (INSTALLED / "node_modules/@sigstore/mock").is_dir(),
        reason="make conformance installs it",
    ),
]


@dataclass(frozen=True)
class Instance:
    """A running one: its address, and the folder with its files."""

    url: str
    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "trusted_root.json"

    def signer(self, config: str, folder: Path) -> Signer:
        (folder / "token").write_text(token())
        uri = f"sigstore:?trust-config={self.folder / config}&token-file={folder / 'token'}"
        return open_signer(uri, Access())


def node(script: str) -> list[str]:
    """A script of ours, where the packages are found."""
    path = INSTALLED / script
    path.write_bytes((SOURCE / script).read_bytes())
    return ["node", str(path)]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("sigstore")
    process = subprocess.Popen(
        [*node("sigstore.mjs"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the server did not start"
    yield Instance(url, folder)
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


CONFIGS = ["trust_config.json", "trust_config_v2.json"]


def verdict_of(
    signer: Signer, instance: Instance, folder: Path, identity: str = WORKFLOW
) -> Verdict:
    built = BundleBuilder(folder / "b")
    path = built.pack(with_seal(built.entries, signer, built.predicate()))  # type: ignore[arg-type]
    return verify_bundle(path, trust=read_identity(identity, ISSUER, instance.root))


@pytest.mark.parametrize("config", CONFIGS)
def test_it_signs_and_we_verify(config: str, instance: Instance, tmp_path: Path) -> None:
    """By Rekor v1 the log gives the time, by v2 the timestamp authority."""
    verdict = verdict_of(instance.signer(config, tmp_path), instance, tmp_path)

    assert verdict.exit_code == 0, list(verdict.failed)
    assert verdict.seal is not None
    assert verdict.seal.time is not None


def test_another_identity_or_instance_seals_nothing(instance: Instance, tmp_path: Path) -> None:
    signer = instance.signer(CONFIGS[0], tmp_path)

    assert verdict_of(signer, instance, tmp_path, f"{WORKFLOW}x").exit_code == 1


def by_python(content: bytes, instance: Instance) -> bool:
    root = TrustedRoot.from_file(str(instance.root))
    policy = Identity(identity=WORKFLOW, issuer=ISSUER)
    try:
        said = Verifier(trusted_root=root).verify_dsse(Bundle.from_json(content), policy)
    except (Error, ValueError):
        return False
    return said == (PAYLOAD_TYPE, STATEMENT)


def by_js(content: bytes, instance: Instance) -> bool:
    file = instance.folder / "statement.json"
    file.write_bytes(content)
    command = [*node("verify-keyless.mjs"), str(file), str(instance.root), WORKFLOW, ISSUER]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0 and done.stdout == STATEMENT


def _payload(found: dict) -> None:  # type: ignore[type-arg]
    envelope = found["dsseEnvelope"]
    envelope["payload"] = envelope["payload"][:-8] + ("AAAAAAAA")


def _checkpoint(found: dict) -> None:  # type: ignore[type-arg]
    checkpoint = found["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
    origin, size, _, rest = checkpoint["envelope"].split("\n", 3)
    checkpoint["envelope"] = "\n".join([origin, size, "A" * 43 + "=", rest])


def _time(found: dict) -> None:  # type: ignore[type-arg]
    entry = found["verificationMaterial"]["tlogEntries"][0]
    entry["integratedTime"] = str(int(entry["integratedTime"]) - 1)


def _no_entry(found: dict) -> None:  # type: ignore[type-arg]
    found["verificationMaterial"]["tlogEntries"] = []


@pytest.mark.parametrize("judge", [by_python, by_js])
def test_others_take_it_and_refuse_it_tampered_with(
    judge: Callable[[bytes, Instance], bool], instance: Instance, tmp_path: Path
) -> None:
    content = sign_and_check(instance.signer(CONFIGS[0], tmp_path), STATEMENT)

    assert judge(content, instance)
    for change in (_payload, _checkpoint, _time, _no_entry):
        found = json.loads(content)
        change(found)
        assert not judge(dumps(found), instance), change.__name__


@pytest.mark.parametrize("judge", [by_python])
def test_others_take_what_rekor_v2_logged(
    judge: Callable[[bytes, Instance], bool], instance: Instance, tmp_path: Path
) -> None:
    content = sign_and_check(instance.signer(CONFIGS[1], tmp_path), STATEMENT)

    assert judge(content, instance)
    assert parse_signed(content, "s").material.timestamps


def test_its_timestamp_authority_speaks_rfc_3161(instance: Instance, tmp_path: Path) -> None:
    """In DER, with the nonce as it was asked: our own client holds both against the request."""
    stamp = fetch_timestamp(f"{instance.url}/api/v1/timestamp", b"a signature")

    assert stamp
    with pytest.raises(AffidavitError):
        fetch_timestamp(f"{instance.url}/api/v1/nothing", b"a signature")


def test_a_trust_file_names_it(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(
        f"""version = 1
required_timestamp = true
[[root]]
name = "private"
trusted_root = "{instance.root}"
fetched_on = 2026-11-29
max_age_days = 3650
[[signer]]
name = "release"
root = "private"
issuer = "{ISSUER}"
named = ["uri:{WORKFLOW}"]
roles = ["sealer"]
"""
    )
    built = BundleBuilder(tmp_path / "b")
    signer = instance.signer(CONFIGS[0], tmp_path)
    sealed = built.pack(with_seal(built.entries, signer, built.predicate()))  # type: ignore[arg-type]

    assert verify_bundle(sealed, trust=read_trust(path)).exit_code == 0
