"""`affidavit build`: one registered model version becomes one signed bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output, signing
from affidavit.cli.given_options import given_data
from affidavit.cli.next_step import verify_lines
from affidavit.cli.refused import writing_down
from affidavit.errors import UsageError
from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.cli.progress import Drawn
    from affidavit.pipeline import Built
    from affidavit.seal import Signer

EXAMPLES = options.examples(
    "affidavit build models:/credit-risk/3 --signer keys/release.pem",
    "affidavit build models:/credit-risk@champion --repo . --remote s3://bucket/dvc "
    "--signer keys/release.pem",
    "affidavit build models:/credit-risk/3 --signer keys/release.pem "
    "--challenger models:/credit-risk@champion",
    "affidavit build models:/credit-risk/3 --config affidavit.toml "
    "--dataset evaluation=exports/evaluation.parquet --signer keys/release.pem",
    "affidavit build models:/credit-risk/3 --signer keys/release.pem --fail-on gap,exception",
)
_FAIL_ON = ("gap", "exception")
FAILED_ON_FINDINGS = 5


@click.command(epilog=EXAMPLES)
@click.argument("subject", metavar="SUBJECT")
@options.together(
    options.tracking_uri, options.repo, options.remote, options.config, options.declarations,
    options.commit, options.challenger, given_data, options.signers, options.wheelhouse,
    options.model_env,
)  # fmt: skip
@options.together(options.passphrase_file, options.timestamp, options.keyless)
@click.option(
    "--oms", is_flag=True, envvar="AFFIDAVIT_OMS", show_envvar=True,
    help="Also sign the model's files alone, for model_signing verify; needs a P-256 key.",
)  # fmt: skip
@click.option("--allow-unsigned", is_flag=True, help="Build without a signer; verify calls it 3.")
@click.option(
    "--out", type=options.FILE, envvar="AFFIDAVIT_OUT", show_envvar=True,
    help="The bundle to write.  [default: ./<name>-<version>.evidence.zip]",
)  # fmt: skip
@click.option(
    "--as-of", metavar="DAY", help="Judge effective dates as of this day.  [default: today, UTC]"
)
@options.template_dir
@click.option(
    "--catalog", "catalogs", multiple=True, metavar="ID|FILE",
    help="One more catalog of controls, shipped or your own; can be given several times.",
)  # fmt: skip
@click.option("--no-pdf", is_flag=True, help="Leave the PDF card out.")
@click.option(
    "--fail-on", metavar="KINDS", default="", envvar="AFFIDAVIT_FAIL_ON", show_envvar=True,
    help="Exit with 5 when the bundle has these: gap, exception (comma-separated).",
)  # fmt: skip
@click.option(
    "--findings", type=options.FILE, metavar="FILE",
    help="Where facts contradict each other: write them to FILE, and as a page beside it, signed.",
)  # fmt: skip
@options.as_json
def command(
    subject: str,
    *,
    challenger: str | None,
    datasets: tuple[str, ...],
    includes: tuple[str, ...],
    signers: tuple[str, ...],
    wheelhouse: Path | None,
    model_env: Path | None,
    passphrase_file: Path | None,
    timestamp: str | None,
    oms: bool,
    allow_unsigned: bool,
    out: Path | None,
    as_of: str | None,
    template_dir: Path | None,
    catalogs: tuple[str, ...],
    no_pdf: bool,
    fail_on: str,
    findings: Path | None,
    as_json: bool,
    **where: Path | str | None,
) -> None:
    """Make one signed bundle of SUBJECT, a registered model version.

    SUBJECT is models:/<name>/<version> or models:/<name>@<alias>. Everything is resolved and
    hashed, the numbers are recomputed on the frozen snapshot, and what is missing stands on the
    card's first page. Facts that cannot both be true end with exit code 1, and nothing is
    written.
    """
    from affidavit.cli.progress import Drawn
    from affidavit.pipeline import Request, build
    from affidavit.sources import read_sources
    from affidavit.subject import parse_ref

    kinds = _kinds(fail_on)
    request = Request(
        ref=parse_ref(subject),
        sources=read_sources(
            {k: str(v) if v else None for k, v in where.items()},
            datasets=datasets,
            includes=includes,
        ),
        signers=_signers(signers, passphrase_file, timestamp, allow_unsigned=allow_unsigned),
        out=out,
        as_of=options.day("--as-of", as_of),
        pdf=not no_pdf,
        catalogs=catalogs,
        options=options.worker_options(wheelhouse, model_env),
        template_dir=template_dir,
        oms=oms,
        challenger=parse_ref(challenger) if challenger else None,
    )
    progress = Drawn()
    with _telling_if_sealed(progress, out), writing_down(findings, request, signers), progress:
        built = build(request, progress)
    if as_json:
        output.say_json(_as_json(built))
    else:
        _say(built, signers)
    if kinds & {f.kind for f in built.evidence.findings}:
        raise SystemExit(FAILED_ON_FINDINGS)


@contextmanager
def _telling_if_sealed(progress: Drawn, out: Path | None) -> Iterator[None]:
    """An interrupt that comes when the bundle is whole says so: the cleaning up was left."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if "seal" in progress.ended:
            interrupt.add_note(f"{out or 'the bundle'} was already complete")
        raise


def _kinds(fail_on: str) -> frozenset[str]:
    kinds = frozenset(k.strip() for k in fail_on.split(",") if k.strip())
    if unknown := sorted(kinds - set(_FAIL_ON)):
        raise UsageError(
            f"--fail-on {unknown[0]}: no such kind of finding", fix="use gap, exception or both"
        )
    return kinds


def _signers(
    given: tuple[str, ...],
    passphrase_file: Path | None,
    timestamp: str | None,
    *,
    allow_unsigned: bool,
) -> tuple[Signer, ...]:
    if not given:
        if allow_unsigned:
            return ()
        raise UsageError(
            "no signer: a bundle that nobody signs proves nothing to a stranger",
            fix="add --signer KEY.pem (make one with: affidavit keygen), or --allow-unsigned",
        )
    if allow_unsigned:
        raise UsageError("--signer and --allow-unsigned exclude each other")
    return signing.load_all(given, passphrase_file, timestamp)


def _say(built: Built, signers: tuple[str, ...]) -> None:
    sealed = built.sealed
    if output.settings().verbosity >= 0:
        for line in _findings(built):
            output.say(line)
        if sealed.already_built:
            output.say("already built: the bundle there holds the same payload, byte for byte")
        for line in verify_lines(output.place(sealed.path), signers):
            output.say(line)
    output.say(f"{output.place(sealed.path)}   evidence {output.short(built.evidence_id)}")


def _findings(built: Built) -> list[str]:
    from affidavit.cli.declared import declared_lines
    from affidavit.render.sections import ranked

    findings = ranked(built.evidence.findings)
    declared = declared_lines(built.evidence, width=10)
    owed = sum(a.status == "needs-attestation" for s in built.standings for a in s.assessments)
    kinds = [f.kind for f in findings]
    counts = ", ".join(
        [
            count_text(kinds.count("exception"), "exception"),
            count_text(kinds.count("gap"), "gap"),
            f"{count_text(owed, 'signature')} owed",
        ]
    )
    tail = ". The card's first page has them:" if findings or declared else "."
    lines = ["", counts + tail]
    for finding in findings:
        label = "exception" if finding.kind == "exception" else "gap"
        lines += output.field_lines(label, printable(finding.what), width=10)
        lines += output.field_lines("", printable(f"fix: {finding.fix}"), width=10)
    return [*lines, *declared, *_challenger(built), ""]


def _challenger(built: Built) -> list[str]:
    """Which challenger, and who is better in what, as page one has it."""
    from affidavit.challenger_short import challenger_row

    said = challenger_row(built.evidence, built.challenger, ())
    return output.field_lines("against", said, width=10) if said else []


def _challenger_json(built: Built) -> dict[str, object] | None:
    from affidavit.challenger_short import card_challenger

    if built.challenger is None:
        return None
    return card_challenger(built.challenger, ()).model_dump(mode="json", exclude_none=True)


def _as_json(built: Built) -> dict[str, object]:
    from affidavit.cli.declared import declared_json

    sealed = built.sealed
    return {
        "bundle": str(sealed.path),
        "subject": {"name": built.evidence.subject.name, "version": built.evidence.subject.version},
        "alias": built.alias,
        "evidence_id": built.evidence_id,
        "root": sealed.root,
        "already_built": sealed.already_built,
        "files": sealed.files,
        "size_bytes": sealed.size_bytes,
        "signed_by": sealed.signed_by,
        "findings": [f.model_dump(mode="json", exclude_none=True) for f in built.evidence.findings],
        "declared": declared_json(built.evidence),
        "challenger": _challenger_json(built),
        "controls": {
            s.catalog: {a.control: a.status for a in s.assessments} for s in built.standings
        },
    }
