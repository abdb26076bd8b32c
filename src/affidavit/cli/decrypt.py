"""`affidavit decrypt`: the bundle that was encrypted to you."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError
from affidavit.wording import size_text

EXAMPLES = options.examples(
    "affidavit decrypt credit-risk-3.evidence.zip.age --identity ~/age.txt",
)


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--identity", type=options.FILE, required=True, help="Your secret age key, from age-keygen."
)
@click.option("--out", type=options.FILE, help="What to write; FILE without .age if left out.")
def command(file: Path, *, identity: Path, out: Path | None) -> None:
    """Decrypt FILE, and write the bundle beside it. It is then to be verified, as any other.

    Nothing is left of it if FILE was cut short or changed. That it opens says nothing about who
    sent it: whoever has your public key can encrypt to you.
    """
    from affidavit.encrypting import ENDING, decrypt, read_identities

    if out is None and file.suffix != ENDING:
        raise UsageError(f"{file} does not end in {ENDING}", fix="name what to write: --out FILE")
    target = out or file.with_suffix("")
    identities = read_identities(identity)
    if identities.is_exposed:
        output.note(f"warning: others on this machine may read {identity}: chmod 600 {identity}")
    size = decrypt(file, identities, target)
    output.say_field("decrypted", f"{target}  ({size_text(size)})")
    output.say_field("next", f"affidavit verify {target} --key PUB.pem")
