"""Signing, and reading back what the signer gave before anybody else sees it."""

from __future__ import annotations

from affidavit.bundle.statement import parse_signed
from affidavit.errors import AffidavitError, BundleError
from affidavit.seal.interface import Signer


def sign_and_check(signer: Signer, statement: bytes) -> bytes:
    """The signed statement: of the one form, over this very statement, by this very signer.

    Raises:
        AffidavitError: the signer gave something else, as a token does that holds another key.
    """
    content = signer.sign(statement)
    try:
        is_good = parse_signed(content, "it").payload == statement and signer.made(content, "it")
    except BundleError as error:
        raise AffidavitError(
            f"{signer.describe()} gave no signed statement", str(error), "ask whoever wrote it"
        ) from error
    if not is_good:
        raise AffidavitError(
            f"{signer.describe()} gave a signature that does not verify",
            "nothing was written",
            "check the signer: is it the key that it names?",
        )
    return content
