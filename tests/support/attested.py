"""Signed attestations, with every field open to change."""

from __future__ import annotations

import hashlib
from typing import Any

from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name
from affidavit.seal.keys import LocalSigner
from affidavit.verify.statements import Statement
from affidavit.verify.trust import PinnedKey

EVIDENCE_ID = "b" * 64
QUESTION = "Is it so?"


def predicate(**changed: Any) -> dict[str, Any]:
    """What an owner says of control bank/POL-1 of m, version 1."""
    answers = changed.pop("answers", None)
    one = {"catalog": "bank", "control": "POL-1", "question": QUESTION, "answer": "yes"}
    for name in tuple(changed):
        if name in one:
            one[name] = changed.pop(name)
    return {
        "schema": "affidavit/attestation", "version": 1,
        "subject": {"name": "m", "version": "1"}, "evidence_id": EVIDENCE_ID, "role": "owner",
        "answers": [one] if answers is None else answers, "statement": "I asked",
        "made_on": "2026-11-01", "expires_on": "2027-11-01", **changed,
    }  # fmt: skip


def signed(
    signer: LocalSigner,
    said: dict[str, Any],
    *,
    kind: str = "attestation",
    subject: tuple[str, str] | None = None,
) -> bytes:
    """The statement's file."""
    about = subject or (EVIDENCE, said["evidence_id"])
    return signer.sign(statement_bytes(kind, *about, said))


def statement(
    signer: LocalSigner,
    said: dict[str, Any],
    *roles: str,
    identities: tuple[str, ...] = ("vera@bank.example",),
    is_pinned: bool = True,
    revoked: str | None = None,
    **how: Any,
) -> Statement:
    """The statement as verify has it when the signature was checked: pinned for these roles."""
    content = signed(signer, said, **how)
    kind = how.get("kind", "attestation")
    path = statement_name(kind, content)
    key = PinnedKey(
        name="Vera", roles=frozenset(roles or ("owner",)), key=signer.public, identities=identities
    )
    return Statement(
        path=path, sha256=hashlib.sha256(content).hexdigest(), signed=parse_signed(content, path),
        key=key if is_pinned else None, revoked=revoked,
    )  # fmt: skip
