"""`affidavit trust`: the file that says whom you trust."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.verify import Trust

EXAMPLES = options.examples(
    "affidavit trust init",
    "affidavit trust add release.pub --name release@bank.example --role sealer",
    "affidavit trust add vera.pub --name 'Vera Validator' --role validator "
    "--identity vera@bank.example --valid-until 2027-12-31",
    "affidavit trust show",
)
_DEFAULT = Path("trust.toml")


def _trust_file(command: options.F) -> options.F:
    return click.option(
        "--trust", "path", envvar="AFFIDAVIT_TRUST", show_envvar=True, type=options.FILE,
        default=_DEFAULT, show_default=True, help="The file.",
    )(command)  # fmt: skip


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Write and read trust.toml: who may sign what, until when, and what was revoked.

    It is yours. Nothing that comes with a bundle is ever put into it.
    """


@command.command()
@_trust_file
def init(*, path: Path) -> None:
    """Write a trust.toml that trusts nobody yet, with its explanations."""
    from affidavit.verify.pinning import start_trust

    start_trust(path, options.today())
    output.say_field("wrote", printable(str(path)))
    output.say("next: affidavit trust add SIGNER.pub --name NAME --role sealer")


@command.command()
@click.argument("key", type=options.FILE)
@click.option("--name", required=True, metavar="TEXT", help="What you call the signer.")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE",
    help="What they may sign: sealer, approver, validator, owner … Repeatable.",
)  # fmt: skip
@click.option(
    "--identity", "identities", multiple=True, metavar="TEXT",
    help="A name or address they go by, to tell them from the authors. Repeatable.",
)  # fmt: skip
@click.option("--valid-from", metavar="DAY", help="The key counts from this day on.")
@click.option("--valid-until", metavar="DAY", help="The key counts until this day, included.")
@click.option(
    "--fingerprint", metavar="SHA256", help="Refuse another key than the one the signer told you."
)
@click.option("--yes", "is_agreed", is_flag=True, help="Pin it without asking.")
@_trust_file
def add(
    key: Path,
    *,
    name: str,
    roles: tuple[str, ...],
    identities: tuple[str, ...],
    valid_from: str | None,
    valid_until: str | None,
    fingerprint: str | None,
    is_agreed: bool,
    path: Path,
) -> None:
    """Pin the public key in the file KEY, once you have compared its fingerprint.

    Compare it with the signer by phone, or by another way than the key came. --fingerprint takes
    what they told you, and refuses any other key. The rest of the file stays as it is.
    """
    from affidavit.bundle.public_key import load_public
    from affidavit.verify.pinning import NewSigner, add_signer, require_fingerprint, window_of

    public = load_public(key)
    new = NewSigner(
        name=name, key=public, roles=tuple(dict.fromkeys(roles)), identities=identities,
        window=window_of(valid_from, valid_until),
    )  # fmt: skip
    output.note(f"{printable(str(key))} ({public.kind}), fingerprint")
    output.note(f"  {public.fingerprint}")
    if fingerprint is not None:
        require_fingerprint(public, fingerprint, printable(str(key)))
    elif not is_agreed:
        _confirm(name)
    add_signer(path, new)
    output.say_field("pinned", printable(name))
    output.say_field("may sign as", printable(", ".join(new.roles)))
    from affidavit.cli.trust_lines import window_text

    output.say_field("counts", window_text(new.window))
    output.say_field("in", printable(str(path)))


@command.command()
@_trust_file
@options.as_json
def show(*, path: Path, as_json: bool) -> None:
    """Show who may sign what, until when, and what was revoked."""
    from affidavit.cli.trust_lines import trust_json, trust_lines
    from affidavit.verify import read_trust
    from affidavit.verify.windows import clock

    trust: Trust = read_trust(path)
    if as_json:
        output.say_json(trust_json(trust, clock(None)))
        return
    for line in trust_lines(trust, clock(None)):
        output.say(line)


def _confirm(name: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here whether this is the signer's key",
            fix="add --fingerprint, as the signer told it; or --yes, if you compared it before",
        )
    click.confirm(f"Did {printable(name)} tell you this fingerprint?", abort=True, err=True)
