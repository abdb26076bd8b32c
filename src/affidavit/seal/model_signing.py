"""`--oms`: the model's files signed alone, as `model_signing verify` takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from affidavit.bundle.layout import MAX_STATEMENT_BYTES
from affidavit.bundle.model_signing import model_hint, model_statement
from affidavit.bundle.public_key import PublicKey
from affidavit.bundle.statement import parse_signed, wrap
from affidavit.errors import UsageError
from affidavit.evidence import Evidence
from affidavit.seal.interface import Signer
from affidavit.seal.read_back import sign_and_check


def require_model_signer(signers: Sequence[Signer]) -> Signer:
    """The first signer whose signature `model_signing` knows: a P-256 key alone.

    Raises:
        UsageError: none of them is.
    """
    for signer in signers:
        if _p256(signer) is not None:
            return signer
    raise UsageError(
        "--oms needs a signer with a P-256 key",
        "OpenSSF Model Signing knows no Ed25519 key",
        "affidavit keygen --type p256; --signer can be given several times",
    )


def sign_model(evidence: Evidence, signer: Signer) -> bytes:
    """The signed statement over the model's files.

    Raises:
        UsageError: the model has more files than a statement holds, or no names for them.
        AffidavitError: the signer did not sign.
    """
    key = _p256(signer)
    if key is None:
        raise RuntimeError("the signer was not looked at")
    payload = model_statement(evidence)
    if len(payload) * 4 // 3 + 8192 > MAX_STATEMENT_BYTES:
        raise UsageError(
            "the model has more files than one signature over them may list",
            f"the list has {len(payload)} bytes", "build without --oms",
        )  # fmt: skip
    signed = parse_signed(sign_and_check(signer, payload), "the signature")
    # The signature is over the payload alone: what names the key may be written as others read it.
    return wrap(payload, signed.signature, replace(signed.material, hint=model_hint(key)))


def _p256(signer: Signer) -> PublicKey | None:
    public = getattr(signer, "public", None)
    return public if isinstance(public, PublicKey) and public.kind == "p256" else None
