"""`affidavit encrypt`: a bundle that only the readers named can open."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError
from affidavit.wording import count_text, size_text

EXAMPLES = options.examples(
    "affidavit encrypt credit-risk-3.evidence.zip --recipients-file examiners.txt",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--to", multiple=True, metavar="age1…", help="A reader's age key. Repeatable.")
@click.option("--recipients-file", type=options.FILE, help="Holds readers' age keys, one a line.")
@click.option("--out", type=options.FILE, help="What to write; BUNDLE.age if left out.")
def command(
    bundle: Path, *, to: tuple[str, ...], recipients_file: Path | None, out: Path | None
) -> None:
    """Encrypt BUNDLE to its readers; each of them can open it alone, and nobody else can.

    A reader makes a key with age-keygen and sends you the line that begins with age1. It is not
    secret, but be sure whose it is. The bundle stays as it is, and its signatures with it.
    """
    from affidavit.encrypting import ENDING, encrypt, parse_recipient, read_recipients

    recipients = [parse_recipient(text, "--to") for text in to]
    if recipients_file is not None:
        recipients += read_recipients(recipients_file)
    if not recipients:
        raise UsageError(
            "nobody is named who could read it", fix="give --to age1…, or --recipients-file FILE"
        )
    target = out or bundle.with_name(bundle.name + ENDING)
    size = encrypt(bundle, recipients, target)
    readers = count_text(len({r.text for r in recipients}), "reader")
    output.say_field("encrypted", f"{target}  ({size_text(size)}, to {readers})")
    output.say_field("they run", f"affidavit decrypt {target.name} --identity FILE")
