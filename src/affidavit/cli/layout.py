"""`affidavit layout`: who has to do which step, and the links that say it was done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output, signing
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.bundle.links import Step

EXAMPLES = options.examples(
    "affidavit layout init root.layout --signer owner.pem --trainer tom.pub "
    "--builder release.pub --approver ada.pub --approver ben.pub --threshold 2 "
    "--expires 2027-12-31",
    "affidavit layout link credit-risk-3.evidence.zip --step approve --links links "
    "--signer ada.pem --key release.pub",
)
_STEPS = ("train", "register", "recompute", "seal", "approve")


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Say who has to do which step from training to approval, in in-toto's form.

    A layout is signed by its owner and given to whoever verifies; each step's link, by whoever
    did it. `affidavit verify --layout` and stock in-toto-verify hold one against the other.
    """


def _keys(name: str, what: str) -> Callable[[options.F], options.F]:
    return click.option(
        f"--{name}", f"{name}s", type=options.FILE, multiple=True, required=True,
        help=f"A public key of who may {what}. Repeatable.",
    )  # fmt: skip


@command.command()
@click.argument("layout", type=options.FILE)
@_keys("trainer", "train and register the model")
@_keys("builder", "recompute and seal")
@_keys("approver", "approve the release")
@click.option("--threshold", type=click.IntRange(1), default=1, show_default=True,
              help="How many of them have to approve.")  # fmt: skip
@click.option("--expires", metavar="DAY", required=True, help="The last day on which it holds.")
@options.together(options.signer, options.passphrase_file)
def init(
    layout: Path,
    *,
    trainers: tuple[Path, ...],
    builders: tuple[Path, ...],
    approvers: tuple[Path, ...],
    threshold: int,
    expires: str,
    signer: str | None,
    passphrase_file: Path | None,
) -> None:
    """Write LAYOUT, signed by its owner with --signer."""
    from affidavit.bundle.public_key import load_public
    from affidavit.release.layouts import Plan, write_layout

    train, build, approve = (
        tuple(load_public(p) for p in paths) for paths in (trainers, builders, approvers)
    )
    plan = Plan(
        people={"train": train, "register": train, "recompute": build, "seal": build,
                "approve": approve},
        threshold=threshold, expires=options.day("--expires", expires) or expires,
    )  # fmt: skip
    write_layout(layout, plan, signing.load(_given(signer), passphrase_file, None))
    output.say_field("wrote", printable(str(layout)))
    output.say("give it, and its owner's public key, to whoever is to verify")


@command.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--step", type=click.Choice(_STEPS), required=True, help="What you did.")
@click.option("--links", type=options.FOLDER, required=True, help="The folder for the link.")
@options.together(options.signer, options.passphrase_file, options.key, options.trust)
def link(
    bundle: Path,
    *,
    step: Step,
    links: Path,
    signer: str | None,
    passphrase_file: Path | None,
    keys: tuple[Path, ...],
    trust: Path | None,
) -> None:
    """Sign that you did a step, and that what it took and made is what BUNDLE holds.

    BUNDLE is verified first. Sign no step that you did not do: for train, compare the model with
    yours first (affidavit verify --model-dir).
    """
    from affidavit.release.layouts import write_link

    opened = signing.load(_given(signer), passphrase_file, None)
    path = write_link(bundle, step, links, opened, trust_from(keys, trust))
    output.say_field("wrote", printable(str(path)))


def _given(signer: str | None) -> str:
    if signer is None:
        raise UsageError("no key to sign with", fix="add --signer KEY.pem (affidavit keygen)")
    return signer
