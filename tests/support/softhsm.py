"""A token of SoftHSM with one key of each kind, made once a process: the library reads its
configuration when it is loaded, and only then."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from affidavit.bundle.public_key import PublicKey, public_key_of

PIN = "31415926"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
MODULE = next((m for m in MODULES if Path(m).exists()), "")
NEEDED = pytest.mark.skipif(
    not MODULE or which("softhsm2-util") is None or find_spec("pkcs11") is None,
    reason="softhsm2 is not installed",
)
# Object identifiers: what keygen is asked for, by label.
CURVES = {"p256": "1.2.840.10045.3.1.7", "ed25519": "1.3.101.112", "p384": "1.3.132.0.34"}


@dataclass(frozen=True)
class Token:
    """A token named bank. `public` has its keys by label; p384 is of a kind that we refuse."""

    public: dict[str, PublicKey]

    def uri(self, label: str, more: str = "", *, token: str = "bank") -> str:
        return f"pkcs11:token={quote(token)};object={label}?module-path={quote(MODULE)}{more}"


@cache
def token() -> Token:
    folder = Path(tempfile.mkdtemp(prefix="affidavit-softhsm-"))
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    init = ["softhsm2-util", "--init-token", "--free", "--label", "bank", "--pin", PIN]
    subprocess.run([*init, "--so-pin", "27182818"], check=True, capture_output=True)
    return Token(_make_keys())


def _make_keys() -> dict[str, PublicKey]:
    import pkcs11

    found: dict[str, PublicKey] = {}
    with pkcs11.lib(MODULE).get_token(token_label="bank").open(user_pin=PIN, rw=True) as session:
        for label, curve in CURVES.items():
            point = _make_key(session, label, curve)[2:]
            if label == "ed25519":
                found[label] = public_key_of(
                    ed25519.Ed25519PublicKey.from_public_bytes(point), label
                )
            elif label == "p256":
                key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
                found[label] = public_key_of(key, label)
        _make_key(session, "twin", CURVES["p256"])
        _make_key(session, "twin", CURVES["p256"])
    return found


def _make_key(session: Any, label: str, curve: str) -> bytes:
    from pkcs11 import Attribute, KeyType, Mechanism
    from pkcs11.util.ec import encode_named_curve_parameters

    is_edwards = label == "ed25519"
    parameters = session.create_domain_parameters(
        KeyType.EC_EDWARDS if is_edwards else KeyType.EC,
        {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True,
    )  # fmt: skip
    how = Mechanism.EC_EDWARDS_KEY_PAIR_GEN if is_edwards else Mechanism.EC_KEY_PAIR_GEN
    public, _ = parameters.generate_keypair(
        mechanism=how, store=True, label=label, id=os.urandom(8)
    )
    return bytes(public[Attribute.EC_POINT])
