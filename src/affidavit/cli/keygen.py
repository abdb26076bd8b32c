"""`affidavit keygen`: a key pair to seal bundles with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.errors import KeyProblem, UsageError

if TYPE_CHECKING:
    from affidavit.bundle.public_key import KeyKind

EXAMPLES = options.examples(
    "affidavit keygen",
    "affidavit keygen --out keys/release --type p256",
    "affidavit keygen --out keys/ci --passphrase-file passphrase.txt",
)
_ENDINGS = (".pem", ".pub")
_TRIES = 3


@click.command(epilog=EXAMPLES)
@click.option(
    "--out", type=options.FILE, default=Path("keys/affidavit"), show_default=True,
    help="Where the pair goes, without ending: .pem and .pub are added.",
)  # fmt: skip
@click.option(
    "--type", "kind", type=click.Choice(["ed25519", "p256", "ml-dsa-65"]), default="ed25519",
    show_default=True,
    help="p256 where a policy asks for a NIST curve; ml-dsa-65 for a further seal that outlasts "
    "quantum computers.",
)  # fmt: skip
@click.option("--passphrase-file", type=options.FILE, help="Its first line is the passphrase.")
@click.option(
    "--no-passphrase", is_flag=True, help="Write the private key in the clear; for tests only."
)
def command(out: Path, *, kind: KeyKind, passphrase_file: Path | None, no_passphrase: bool) -> None:
    """Make a key pair: one file to sign with and keep, one to give away.

    The private key is encrypted. Its passphrase comes from --passphrase-file, else from
    AFFIDAVIT_KEY_PASSPHRASE, else you are asked; it has 8 characters at least. A key that exists
    is never overwritten.
    """
    from affidavit.seal.keys import generate_key, require_new

    if no_passphrase and passphrase_file is not None:
        raise UsageError("--passphrase-file and --no-passphrase exclude each other")
    name = out.stem if out.suffix in _ENDINGS else out.name
    private, public = (out.with_name(name + ending) for ending in _ENDINGS)
    require_new(private, public)  # before a person thinks up a passphrase
    passphrase = None if no_passphrase else _passphrase(passphrase_file)
    _make_folder(out.parent)
    key = generate_key(kind, private, public, passphrase)
    note = "not encrypted, so anyone who reads it can sign" if no_passphrase else "encrypted"
    output.say_field("private key", f"{private}  ({note})\nkeep it secret, and keep a copy safe")
    output.say_field("public key", f"{public}\ngive it to everyone who is to verify your bundles")
    output.say_field("fingerprint", "what they compare with you, by phone")
    output.say(f"    {key.fingerprint}")
    output.say()
    output.say(f"next: affidavit build models:/NAME/VERSION --signer {private}")


def _passphrase(file: Path | None) -> str:
    from affidavit.seal.keys import PASSPHRASE_VARIABLE, read_passphrase

    found = read_passphrase(file)
    if found is not None:
        return found
    if not sys.stdin.isatty():
        raise KeyProblem(
            "no passphrase was given, and nobody can be asked here",
            fix=f"set {PASSPHRASE_VARIABLE}, or name a file with --passphrase-file",
        )
    return _chosen()


def _chosen() -> str:
    """The passphrase that a person chooses, typed twice; a refusal says why, and asks again."""
    from affidavit.seal.keys import require_passphrase

    for _ in range(_TRIES):
        chosen = _ask("Passphrase for the new key")
        try:
            require_passphrase(chosen)
        except KeyProblem as problem:
            output.note(f"{problem.what}: {problem.fix}")
            continue
        if _ask("Repeat for confirmation") == chosen:
            return chosen
        output.note("the two differ")
    raise KeyProblem(
        f"no passphrase was chosen in {_TRIES} tries",
        fix="run it again; one of several words is good, and easy to type",
    )


def _ask(prompt: str) -> str:
    # With a default, so that an empty answer comes back and is answered.
    answer: str = click.prompt(prompt, default="", show_default=False, hide_input=True, err=True)
    return answer


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made", error.strerror or str(error), "choose another --out"
        ) from error
