"""The signer that the options give; a passphrase is asked for only where somebody can answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import output
from affidavit.errors import UsageError

if TYPE_CHECKING:
    from affidavit.seal import Signer


def load(signer: str, passphrase_file: Path | None, timestamp: str | None) -> Signer:
    """The signer that `--signer` names, unlocked; with `--timestamp`, one that asks for the time.

    Raises:
        UsageError: no such kind of signer; no address of an authority.
        KeyProblem: its key cannot be read or unlocked.
    """
    from affidavit.seal import Access, open_signer
    from affidavit.seal.address import parse_address

    if timestamp is not None and parse_address(signer).scheme == "sigstore":
        raise UsageError(
            "--timestamp with a keyless signer: its log, or its own authority, says the time",
            "a stamp of another authority is none of what the trusted root proves",
            "leave --timestamp out for it (also AFFIDAVIT_TIMESTAMP)",
        )
    context = click.get_current_context(silent=True)
    given = context.meta if context is not None else {}
    access = Access(
        passphrase_file=passphrase_file, ask=_ask if sys.stdin.isatty() else None,
        public_log=bool(given.get("affidavit.public_log")),
        trust_config=given.get("affidavit.sigstore_trust_config"),
    )  # fmt: skip
    if access.public_log:
        _tell_what_is_published(signer)
    opened = open_signer(signer, access)
    if timestamp is None:
        return opened
    from affidavit.seal.timestamps import Timestamped

    return Timestamped(opened, timestamp)


def who(signer: Signer) -> str:
    """Who is about to sign, for the person to compare; a keyless one's name stands there once."""
    told, key = signer.describe(), signer.fingerprint()
    name, by, issuer = key.rpartition(" by ")
    return f"{told}, known by {issuer}" if by and name in told else f"{told}, {key}"


def load_all(
    signers: Sequence[str], passphrase_file: Path | None, timestamp: str | None
) -> tuple[Signer, ...]:
    """Several signers, none twice.

    Raises:
        UsageError: as `load`; one key given twice.
        KeyProblem: as `load`.
    """
    loaded = tuple(load(s, passphrase_file, timestamp) for s in signers)
    seen: dict[str, str] = {}
    for text, signer in zip(signers, loaded, strict=True):
        if other := seen.get(signer.fingerprint()):
            raise UsageError(
                f"--signer {text}: the same key as {other}", "its two seals would count as one",
                "give each signer once",
            )  # fmt: skip
        seen[signer.fingerprint()] = text
    return loaded


def _tell_what_is_published(signer: str) -> None:
    if not signer.lower().startswith("sigstore:"):
        return  # another of several
    from affidavit.seal.keyless import PUBLISHES

    output.note(PUBLISHES)


def _ask(prompt: str) -> str:
    answer: str = click.prompt(prompt, hide_input=True, err=True)
    return answer
