"""The signer that the options give; a passphrase is asked for only where somebody can answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from affidavit.seal.keys import LocalSigner


def load(key: Path, passphrase_file: Path | None) -> LocalSigner:
    """The private key, unlocked.

    Raises:
        KeyProblem: it cannot be read or unlocked.
    """
    from affidavit.seal import load_signer

    return load_signer(
        key, passphrase_file=passphrase_file, ask=_ask if sys.stdin.isatty() else None
    )


def _ask(prompt: str) -> str:
    answer: str = click.prompt(prompt, hide_input=True, err=True)
    return answer
