"""`affidavit recheck`: whether a bundle's numbers follow from the model and data in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output, signing
from affidavit.cli.extras import require_recheck
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.reproduce import Rechecked, SampleTaken

EXAMPLES = options.examples(
    "affidavit recheck credit-risk-3.evidence.zip --key release.pub",
    "affidavit recheck credit-risk-3.evidence.zip --key release.pub --data snapshot",
    "affidavit recheck credit-risk-3.evidence.zip --key release.pub --out recheck-3",
    "affidavit recheck credit-risk-3.evidence.zip --key release.pub --sample 200",
    "affidavit recheck credit-risk-3.evidence.zip --key release.pub --sign keys/vera.pem",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@options.together(options.key, options.trust)
@click.option(
    "--data", type=options.FOLDER, multiple=True,
    help="Holds what the bundle has by reference; digests decide. Repeatable.",
)  # fmt: skip
@click.option("--out", type=options.FOLDER, help="Write recheck.json and recheck.html here.")
@click.option(
    "--sample", metavar="N", type=click.IntRange(min=1),
    help="A quick look: score N rows of each role only.",
)  # fmt: skip
@click.option(
    "--seed", metavar="S", type=click.IntRange(min=0), help="Draws the sample.  [default: 0]"
)
@options.together(options.wheelhouse, options.model_env)
@click.option(
    "--run-untrusted-model",
    "run_untrusted",
    is_flag=True,
    help="Go on where the signer is unknown or isolation is too little; names what is lacking.",
)
@click.option(
    "--sign", metavar="KEY|URI", help="Sign the result into BUNDLE, with this key or signer."
)
@options.together(options.passphrase_file, options.timestamp, options.keyless)
@options.as_json
def command(
    bundle: Path,
    *,
    keys: tuple[Path, ...],
    trust: Path | None,
    data: tuple[Path, ...],
    out: Path | None,
    sample: int | None,
    seed: int | None,
    wheelhouse: Path | None,
    model_env: Path | None,
    run_untrusted: bool,
    sign: str | None,
    passphrase_file: Path | None,
    timestamp: str | None,
    as_json: bool,
) -> None:
    """Compute the numbers of BUNDLE again, and compare each with what was signed.

    A signature proves who said it, not that it is true. The bundle is verified first, and nothing
    of it is run unless a signer that you trust made it. Its model is then run in a sandbox.

    Exit codes: 0 equal; 1 different, or the bundle is refuted; 2 usage; 3 no signer to trust was
    given; 4 something was not run. A sample that is equal ends with 0, and is no recheck.
    """
    require_recheck("recheck")
    from affidavit.cli.progress import Drawn
    from affidavit.reproduce import Request, recheck
    from affidavit.reproduce.output import require_free, write_result
    from affidavit.reproduce.signing import sign_recheck

    request = Request(
        bundle=bundle, trust=trust_from(keys, trust), data=data, sample=_sample(sample, seed),
        run_untrusted=run_untrusted, options=options.worker_options(wheelhouse, model_env),
    )  # fmt: skip
    if out is not None:
        require_free(out)
    if sign is not None and sample is not None:
        raise UsageError("--sign and --sample exclude each other", "a sample is no recheck")
    # Unlocked before the long work, so that nobody is asked for a passphrase after it.
    signer = None if sign is None else signing.load(sign, passphrase_file, timestamp)
    with Drawn() as progress:
        done = recheck(request, progress)
    if done.result is not None and out is not None:
        write_result(done.result, out)
        output.note(f"wrote recheck.html and recheck.json in {printable(str(out))}")
    if done.result is not None and done.result.found == "NOT RUN" and signer is not None:
        output.note("nothing was signed: nothing was run")
    elif done.result is not None and signer is not None:
        added = sign_recheck(done.result, bundle, signer)
        output.note(f"signed, and added to {printable(str(bundle))}: {printable(added.place)}")
    _say(done, as_json=as_json)
    raise SystemExit(done.result.exit_code if done.result else done.verdict.exit_code)


def _sample(rows: int | None, seed: int | None) -> SampleTaken | None:
    from affidavit.reproduce import SampleTaken

    if rows is None and seed is not None:
        raise UsageError("--seed draws a sample, and --sample was not given", fix="add --sample N")
    return None if rows is None else SampleTaken(rows=rows, seed=seed or 0)


def _say(done: Rechecked, *, as_json: bool) -> None:
    """The result; where nothing was loaded the verdict, which says why."""
    from affidavit.cli.nothing_run import nothing_run_lines
    from affidavit.cli.recheck_lines import recheck_lines

    verbosity = output.settings().verbosity
    if as_json:
        told = done.result or done.verdict
        output.say_json(told.model_dump(mode="json"))
        return
    if done.result is not None:
        lines = recheck_lines(done.result, quiet=verbosity < 0, all_of_it=verbosity > 0)
    else:
        lines = nothing_run_lines(done.verdict)
    for line in lines:
        output.say(line)
