"""`affidavit demo-forgeries`: a good bundle forged in many ways, and each refusal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from affidavit.cli import options, output
from affidavit.cli.verify import trust_from

if TYPE_CHECKING:
    from affidavit.verify import Trust

EXAMPLES = options.examples(
    "affidavit demo-forgeries",
    "affidavit demo-forgeries credit-risk-3.evidence.zip --key release.pub",
    "affidavit demo-forgeries credit-risk-3.evidence.zip --trust trust.toml --json",
)
ACCEPTED = 4  # a forgery that passes is our own fault


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@options.together(options.key, options.trust)
@options.as_json
def command(
    bundle: Path | None, *, keys: tuple[Path, ...], trust: Path | None, as_json: bool
) -> None:
    """Forge BUNDLE in many ways, and show how each forgery is refused.

    The bundle is verified first, and never changed: copies are forged in a temporary folder that is
    removed. Without --key or --trust they carry a seal by a key made for this and thrown away.
    Without BUNDLE, a small sample that comes with Affidavit is forged. Never uses the network.
    With -v the id of the check that refused is shown too; --json has all of them.

    Exit codes: 0 every forgery was refused; 1 the bundle does not verify as it is; 2 usage;
    4 a forgery was not refused, which is a fault to report.
    """
    from affidavit.cli.forgery_lines import Printed, opening_lines
    from affidavit.cli.progress import Drawn
    from affidavit.forgeries import forge_all, open_genuine

    path, trusted = _chosen(bundle, keys, trust)
    is_quiet = as_json or output.settings().verbosity < 0
    printed = Printed(is_quiet=is_quiet)
    with Drawn() as progress:
        progress.step(f"verifying {path.name}")
        genuine = open_genuine(path, trusted)
    if not is_quiet:
        for line in opening_lines(genuine, is_sample=bundle is None):
            output.say(line)
    shown = forge_all(genuine, path, printed.tell)
    if as_json:
        output.say_json(shown.model_dump(mode="json", by_alias=True))
    else:
        for line in printed.closing_lines(shown):
            output.say(line)
    raise SystemExit(ACCEPTED if shown.accepted else 0)


def _chosen(
    bundle: Path | None, keys: tuple[Path, ...], trust: Path | None
) -> tuple[Path, Trust | None]:
    """The bundle and whom to trust; without one, the sample and the key that lies beside it."""
    from affidavit.errors import UsageError
    from affidavit.forgeries.sample import SAMPLE, SAMPLE_KEY
    from affidavit.verify import read_keys

    if bundle is not None:
        return bundle, trust_from(keys, trust)
    # A trust.toml that the environment names is for bundles of the user's, and knows no sample.
    source = click.get_current_context().get_parameter_source("trust")
    if keys or source is ParameterSource.COMMANDLINE:
        raise UsageError(
            "--key and --trust say whom to trust for a bundle, and none was named",
            fix="name the bundle, or leave them out: the sample brings its key",
        )
    return SAMPLE, read_keys((SAMPLE_KEY,))
