"""`affidavit verify`: whether to believe a bundle, from outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError

if TYPE_CHECKING:
    from affidavit.verify import Trust
    from affidavit.verify.layouts import Layout

EXAMPLES = options.examples(
    "affidavit verify credit-risk-3.evidence.zip --key release.pub",
    "affidavit verify credit-risk-3.evidence.zip --trust trust.toml",
    "affidavit verify credit-risk-3.evidence.zip --key release.pub --expect models:/credit-risk/3",
    "affidavit verify credit-risk-3.evidence.zip --key release.pub --json",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@options.together(options.key, options.trust)
@click.option("--expect", metavar="models:/NAME/N", help="Refuse a bundle about another version.")
@click.option("--evidence-id", metavar="SHA256", help="Refuse a bundle with other evidence.")
@click.option("--model-dir", type=options.FOLDER, help="Refuse if this folder is another model.")
@click.option("--complete", is_flag=True, help="Refuse a bundle that holds files by reference.")
@click.option("--layout", type=options.FILE, help="An in-toto layout: who has to have done what.")
@click.option("--layout-key", type=options.FILE, help="The public key of the layout's owner.")
@click.option("--links", type=options.FOLDER, help="The links of its steps.")
@options.as_json
def command(
    bundle: Path,
    *,
    keys: tuple[Path, ...],
    trust: Path | None,
    expect: str | None,
    evidence_id: str | None,
    model_dir: Path | None,
    complete: bool,
    layout: Path | None,
    layout_key: Path | None,
    links: Path | None,
    as_json: bool,
) -> None:
    """Check BUNDLE against the signers that you trust. Never uses the network.

    Exit codes: 0 verified; 1 refuted; 2 usage; 3 intact, but no signer to trust was given;
    4 undecided, since a required check could not run.
    """
    from affidavit.cli.progress import Drawn
    from affidavit.cli.verdict_lines import verdict_lines
    from affidavit.verify import verify_bundle

    with Drawn() as progress:
        verdict = verify_bundle(
            bundle, trust=trust_from(keys, trust), expect=expect, evidence_id=evidence_id,
            model_dir=model_dir, complete=complete, progress=progress,
            layout=_layout(layout, layout_key, links),
        )  # fmt: skip
    if as_json:
        output.say_json(verdict.model_dump(mode="json"))
    else:
        for line in verdict_lines(verdict, quiet=output.settings().verbosity < 0):
            output.say(line)
    raise SystemExit(verdict.exit_code)


def _layout(path: Path | None, owner: Path | None, links: Path | None) -> Layout | None:
    if path is None and owner is None and links is None:
        return None
    if path is None or owner is None or links is None:
        raise UsageError(
            "--layout, --layout-key and --links belong together",
            fix="name the layout, its owner's public key, and the folder of its links",
        )
    from affidavit.verify.layouts import read_layout

    return read_layout(path, owner, links)


def trust_from(keys: tuple[Path, ...], trust: Path | None) -> Trust | None:
    """The trust that the options give, or None where they give none."""
    from affidavit.verify import join, read_keys, read_trust

    given = [read_keys(keys)] if keys else []
    if trust is not None:
        given.append(read_trust(trust))
    return join(tuple(given))
