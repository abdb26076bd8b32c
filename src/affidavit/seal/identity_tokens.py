"""Who one is to a Sigstore: an identity token, from a file, the environment, CI, or a browser.

A token is a secret for the minutes that it counts: it stands in no address, no error and no log.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from affidavit.errors import KeyProblem, Unreachable
from affidavit.seal.interface import Access

if TYPE_CHECKING:
    from sigstore.oidc import IdentityToken

VARIABLE: Final = "AFFIDAVIT_IDENTITY_TOKEN"
_MAX_TOKEN_BYTES: Final = 64 * 1024
_HOW: Final = (
    f"in CI give the job an identity token (docs/signing.md); else set {VARIABLE}, or "
    "sigstore:?token-file=FILE; at a terminal a browser is opened"
)


def fetch_token(file: Path | None, access: Access, provider: str | None) -> IdentityToken:
    """The token that is at hand, in this order: a file, the environment, CI, a browser.

    Args:
        file: of `token-file`; it alone is looked at, if it is given.
        access: whether somebody sits there to sign in.
        provider: whom a browser asks; None where the Sigstore names none.

    Raises:
        KeyProblem: there is none, it has expired, or it is none.
        Unreachable: CI or the identity provider does not give one.
    """
    from sigstore.oidc import IdentityError, IdentityToken

    raw = _at_hand(file)
    if raw is None and access.ask is not None and provider is not None:
        return _signed_in(provider)
    if raw is None:
        raise KeyProblem("sigstore: nothing says who you are: no identity token", fix=_HOW)
    try:
        return IdentityToken(raw)
    except IdentityError as error:
        raise KeyProblem(
            "sigstore: the identity token is not taken", _why(error),
            "get a new one, for the audience sigstore; it counts for minutes only",
        ) from error  # fmt: skip


def _at_hand(file: Path | None) -> str | None:
    from sigstore.oidc import IdentityError, detect_credential

    if file is not None:
        return _read(file)
    if given := os.environ.get(VARIABLE, "").strip():
        return given
    try:
        return detect_credential()
    except IdentityError as error:
        raise KeyProblem(
            "sigstore: this CI job gives no identity token", str(error).split("\n", maxsplit=1)[0],
            "let the job have one: permissions id-token: write, or id_tokens SIGSTORE_ID_TOKEN",
        ) from error  # fmt: skip


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_TOKEN_BYTES)
        return content.decode("ascii").strip()
    except OSError as error:
        raise KeyProblem(
            f"{file} cannot be read", error.strerror or str(error), "check token-file"
        ) from error
    except UnicodeDecodeError as error:
        raise KeyProblem(f"{file} holds no identity token", "it is not ASCII") from error


def _signed_in(provider: str) -> IdentityToken:
    from requests import RequestException
    from sigstore.errors import Error
    from sigstore.oidc import Issuer, IssuerError

    try:
        return Issuer(provider).identity_token()
    except (Error, IssuerError, RequestException, ValueError, LookupError) as error:
        raise Unreachable(
            f"sigstore: {provider} signed nobody in", type(error).__name__, "try again"
        ) from error


def _why(error: Exception) -> str:
    """What is wrong with a token, and nothing of what it holds."""
    inner = type(error.__cause__).__name__ if error.__cause__ else ""
    return {
        "ExpiredSignatureError": "it has expired",
        "InvalidAudienceError": "it is for another audience than sigstore",
        "DecodeError": "it is no token",
        "MissingRequiredClaimError": "it does not say who, by whom and until when",
    }.get(inner, str(error).split("\n", maxsplit=1)[0])
