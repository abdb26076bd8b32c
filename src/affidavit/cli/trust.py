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
    from affidavit.verify.pinning import NewSigner
    from affidavit.verify.pinning_identities import NewIdentity
    from affidavit.verify.windows import Window

EXAMPLES = options.examples(
    "affidavit trust init",
    "affidavit trust add release.pub --name release@bank.example --role sealer",
    "affidavit trust add vera.pub --name 'Vera Validator' --role validator "
    "--identity vera@bank.example --valid-until 2027-12-31",
    "affidavit trust add --identity release@bank.example --issuer https://accounts.bank.example "
    "--trusted-root trusted_root.json --name 'release pipeline' --role sealer",
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
@click.argument("key", type=options.FILE, required=False)
@click.option("--name", required=True, metavar="TEXT", help="What you call the signer.")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE",
    help="What they may sign: sealer, approver, validator, owner … Repeatable.",
)  # fmt: skip
@click.option(
    "--identity", "identities", multiple=True, metavar="TEXT",
    help="A name or address they go by, to tell them from the authors. Of a keyless signer: a "
    "whole address or URI of its certificate. Repeatable.",
)  # fmt: skip
@click.option("--issuer", metavar="URL", help="Who has to vouch for a keyless signer.")
@click.option(
    "--trusted-root", "root", type=options.FILE,
    help="The trusted_root.json of the Sigstore, from who runs it.",
)  # fmt: skip
@click.option(
    "--fetched-on", metavar="DAY", help="When you got --trusted-root.  [default: today, UTC]"
)
@click.option("--valid-from", metavar="DAY", help="The signer counts from this day on.")
@click.option("--valid-until", metavar="DAY", help="The signer counts until this day, included.")
@click.option(
    "--fingerprint", metavar="SHA256", help="Refuse another key than the one the signer told you."
)
@click.option("--yes", "is_agreed", is_flag=True, help="Pin it without asking.")
@_trust_file
def add(
    key: Path | None,
    *,
    name: str,
    roles: tuple[str, ...],
    identities: tuple[str, ...],
    issuer: str | None,
    root: Path | None,
    fetched_on: str | None,
    valid_from: str | None,
    valid_until: str | None,
    fingerprint: str | None,
    is_agreed: bool,
    path: Path,
) -> None:
    """Pin the public key in the file KEY, once you have compared its fingerprint.

    Compare it with the signer by phone, or by another way than the key came. --fingerprint takes
    what they told you, and refuses any other key. The rest of the file stays as it is.

    A keyless signer has no key: give --identity, --issuer and --trusted-root in place of KEY.
    """
    from affidavit.cli.trust_lines import window_text
    from affidavit.verify.pinning import window_of

    window, roles = window_of(valid_from, valid_until), tuple(dict.fromkeys(roles))
    if key is not None:
        _require_key_alone(issuer, root, fetched_on)
        new = _new_key(key, name=name, roles=roles, identities=identities, window=window)
        _pin_key(path, new, printable(str(key)), fingerprint, is_agreed=is_agreed)
    else:
        who = _new_identity(
            identities, issuer, root, fetched_on, name=name, roles=roles, window=window
        )
        if fingerprint is not None:
            raise UsageError(
                "--fingerprint is of a key", "a keyless signer has none", "leave it out"
            )
        _pin_identity(path, who, is_agreed=is_agreed)
    output.say_field("pinned", printable(name))
    output.say_field("may sign as", printable(", ".join(roles)))
    output.say_field("counts", window_text(window))
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


def _require_key_alone(issuer: str | None, root: Path | None, fetched_on: str | None) -> None:
    if (issuer, root, fetched_on) != (None, None, None):
        raise UsageError(
            "KEY is given, and --issuer, --trusted-root or --fetched-on too",
            "a signer has a key, or an identity that somebody vouches for",
            "pin them one after the other",
        )


def _new_key(
    key: Path, *, name: str, roles: tuple[str, ...], identities: tuple[str, ...], window: Window
) -> NewSigner:
    from affidavit.bundle.public_key import load_public
    from affidavit.verify.pinning import NewSigner

    return NewSigner(
        name=name, key=load_public(key), roles=roles, identities=identities, window=window
    )


def _pin_key(
    path: Path, new: NewSigner, file: str, fingerprint: str | None, *, is_agreed: bool
) -> None:
    from affidavit.verify.pinning import add_signer, require_fingerprint

    output.note(f"{file} ({new.key.kind}), fingerprint")
    output.note(f"  {new.key.fingerprint}")
    if fingerprint is not None:
        require_fingerprint(new.key, fingerprint, file)
    elif not is_agreed:
        _confirm(
            f"Did {printable(new.name)} tell you this fingerprint?",
            "nobody can be asked here whether this is the signer's key",
            "add --fingerprint, as the signer told it; or --yes, if you compared it before",
        )
    add_signer(path, new)


def _new_identity(
    identities: tuple[str, ...],
    issuer: str | None,
    root: Path | None,
    fetched_on: str | None,
    *,
    name: str,
    roles: tuple[str, ...],
    window: Window,
) -> NewIdentity:
    from affidavit.verify.pinning_identities import NewIdentity, fetched_day

    if not identities or issuer is None or root is None:
        raise UsageError(
            "nobody is named to be pinned",
            "a signer has a key, or an identity that somebody vouches for",
            "give KEY, a file; or --identity, --issuer and --trusted-root together",
        )
    return NewIdentity(
        name=name, identities=identities, issuer=issuer, root=root, roles=roles, window=window,
        today=fetched_day(options.today()),
        fetched_on=None if fetched_on is None else fetched_day(fetched_on),
    )  # fmt: skip


def _pin_identity(path: Path, new: NewIdentity, *, is_agreed: bool) -> None:
    from affidavit.verify.pinning_identities import add_identity

    for named in new.named:
        output.note(f"{printable(named)}, known by {printable(new.issuer)}")
    if not is_agreed:
        _confirm(
            f"Did {printable(new.root.name)} come from who runs that Sigstore, not with a bundle?",
            "nobody can be asked here where the trusted root came from",
            "add --yes, if it came from who runs that Sigstore",
        )
    root = add_identity(path, new)
    output.say_field("root", printable(f"{root.name}, got on {root.fetched_on}"))


def _confirm(question: str, unasked: str, fix: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(unasked, fix=fix)
    click.confirm(question, abort=True, err=True)
