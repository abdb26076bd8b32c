"""`affidavit diff`: what changed between two bundles, as a validator would ask it."""

from __future__ import annotations

from pathlib import Path

import click

from affidavit.cli import options, output
from affidavit.cli.verify import trust_from

EXAMPLES = options.examples(
    "affidavit diff credit-risk-2.evidence.zip credit-risk-3.evidence.zip --key release.pub",
    "affidavit diff credit-risk-2.evidence.zip credit-risk-3.evidence.zip --json",
)
REFUTED = 1


@click.command(epilog=EXAMPLES)
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@options.together(options.key, options.trust)
@options.as_json
def command(
    before: Path, after: Path, *, keys: tuple[Path, ...], trust: Path | None, as_json: bool
) -> None:
    """Say what changed from bundle BEFORE to bundle AFTER.

    Data, parameters, code, environment, metrics, fairness, findings and controls. Numbers are set
    side by side only on the same evaluation rows. On the rows that both have the two versions are
    compared row by row: differences with their intervals, decisions that changed, by group. Both
    bundles are verified first; what is not verified is headed NOT VERIFIED. Of a bundle of 200 MB
    or more only the seal, the root, the records and the files that are compared are checked, which
    is headed SEAL HOLDS. Exit code 1 if a bundle was refuted.
    """
    from affidavit.cli.diff_lines import difference_lines
    from affidavit.cli.verdict_lines import warning_lines
    from affidavit.inspect import diff_bundles
    from affidavit.printable import printable

    found, verdicts = diff_bundles(before, after, trust=trust_from(keys, trust))
    if as_json:
        output.say_json(found.model_dump(mode="json"))
    else:
        for verdict in verdicts:
            if lines := warning_lines(verdict):
                output.say(f"{printable(verdict.bundle)}:")
                for line in [*lines, ""]:
                    output.say(line)
        for line in difference_lines(found, all_of_it=output.settings().verbosity > 0):
            output.say(line)
    raise SystemExit(REFUTED if any(v.failed for v in verdicts) else 0)
