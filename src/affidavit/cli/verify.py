"""`affidavit verify`: whether to believe a bundle, from outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError

if TYPE_CHECKING:
    from affidavit.verify import FileVerdict, FindingsVerdict, Trust, Verdict
    from affidavit.verify.expectations import Expectations
    from affidavit.verify.layouts import Layout

EXAMPLES = options.examples(
    "affidavit verify credit-risk-3.evidence.zip --key release.pub",
    "affidavit verify credit-risk-3.evidence.zip --trust trust.toml",
    "affidavit verify credit-risk-3.evidence.zip --key release.pub --expect models:/credit-risk/3",
    "affidavit verify credit-risk-3.evidence.zip --trust trust.toml --max-age 90 --complete",
    "affidavit verify credit-risk-3.evidence.zip --identity release@bank.example "
    "--issuer https://accounts.bank.example --trusted-root trusted_root.json",
    "affidavit verify credit-risk-3.evidence.zip --key release.pub --json",
    "affidavit verify model-card.pdf --proof proof --key release.pub",
    "affidavit verify findings.json --proof findings.json.sigstore.json --key release.pub",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@options.together(options.key, options.trust, options.identity)
@click.option("--expect", metavar="models:/NAME/N", help="Refuse a bundle about another version.")
@click.option("--evidence-id", metavar="SHA256", help="Refuse a bundle with other evidence.")
@click.option("--model-dir", type=options.FOLDER, help="Refuse if this folder is another model.")
@click.option("--complete", is_flag=True, help="Refuse a bundle that does not hold every file.")
@click.option("--max-age", metavar="DAYS|AGE", help="Refuse a seal older than this: 30, 12h, 2w.")
@click.option("--as-of", metavar="DAY", help="Judge it as of this day.  [default: today, UTC]")
@click.option(
    "--proof", type=click.Path(path_type=Path), metavar="DIR|FILE",
    help="What proves one file alone: `show --extract` writes it, or `build --findings`.",
)  # fmt: skip
@click.option("--layout", type=options.FILE, help="An in-toto layout: who has to have done what.")
@click.option("--layout-key", type=options.FILE, help="The public key of the layout's owner.")
@click.option("--links", type=options.FOLDER, help="The links of its steps.")
@options.as_json
def command(
    bundle: Path,
    *,
    keys: tuple[Path, ...],
    trust: Path | None,
    identity: str | None,
    issuer: str | None,
    trusted_root: Path | None,
    expect: str | None,
    evidence_id: str | None,
    model_dir: Path | None,
    complete: bool,
    layout: Path | None,
    layout_key: Path | None,
    links: Path | None,
    max_age: str | None,
    as_of: str | None,
    proof: Path | None,
    as_json: bool,
) -> None:
    """Check BUNDLE against the signers that you trust. Never uses the network.

    With --proof, BUNDLE is one file that was taken out of a bundle; nothing else is checked.

    Exit codes: 0 verified; 1 refuted; 2 usage; 3 intact, but no signer to trust was given;
    4 undecided, since a required check could not run.
    """
    from affidavit.cli.progress import Drawn
    from affidavit.cli.verdict_lines import verdict_lines
    from affidavit.verify import examine, expecting

    wanted = expecting(
        expect=expect, evidence_id=evidence_id, model_dir=model_dir, complete=complete,
        max_age=max_age, layout=_layout(layout, layout_key, links, proof),
    )  # fmt: skip
    named = options.identified(identity, issuer, trusted_root)
    day, trusted = options.day("--as-of", as_of), trust_from(keys, trust, named)
    if proof is not None:
        _verify_one(bundle, proof, trusted, wanted, day, as_json=as_json)
    _require_no_findings(bundle)
    with Drawn() as progress:
        verdict = examine(
            bundle, trust=trusted, wanted=wanted, as_of=day, progress=progress
        ).verdict
    lines = verdict_lines(verdict, quiet=output.settings().verbosity < 0)
    _tell(verdict, lines, as_json=as_json, is_asked=day is not None)


def _require_no_findings(file: Path) -> None:
    """Say how findings are checked, where they are given as if they were a bundle.

    Raises:
        UsageError: the file is named as `build --findings` names one, with its statement beside it.
    """
    statement = file.with_name(f"{file.stem}.json.sigstore.json")
    if file.suffix in (".json", ".html") and statement.is_file():
        raise UsageError(
            f"{output.place(file)} is no bundle, and a statement lies beside it",
            "findings, which `build --findings` writes, are checked by their statement",
            f"add --proof {output.place(statement)}",
        )


def _verify_one(
    file: Path, proof: Path, trust: Trust | None, wanted: Expectations, day: str | None,
    *, as_json: bool,
) -> NoReturn:  # fmt: skip
    """A file by the folder that proves it; findings by the one file of their statement."""
    from affidavit.cli.file_lines import file_lines, findings_lines
    from affidavit.verify import verify_file, verify_findings

    quiet = output.settings().verbosity < 0
    if proof.is_file():
        said = verify_findings(file, proof, trust=trust, wanted=wanted, as_of=day)
        lines = findings_lines(said, quiet=quiet)
        _tell(said, lines, as_json=as_json, is_asked=day is not None)
    found = verify_file(file, proof, trust=trust, wanted=wanted, as_of=day)
    lines = file_lines(found, quiet=quiet)
    _tell(found, lines, as_json=as_json, is_asked=day is not None)


def _tell(
    verdict: Verdict | FileVerdict | FindingsVerdict, lines: list[str], *, as_json: bool,
    is_asked: bool,
) -> NoReturn:  # fmt: skip
    """The verdict, and that another day than today was asked for."""
    from affidavit.cli.verdict_lines import judged_lines

    if as_json:
        output.say_json(verdict.model_dump(mode="json"))
    else:
        is_quiet = output.settings().verbosity < 0
        for line in [*lines, *(judged_lines(verdict) if is_asked and not is_quiet else [])]:
            output.say(line)
    raise SystemExit(verdict.exit_code)


def _layout(
    path: Path | None, owner: Path | None, links: Path | None, proof: Path | None
) -> Layout | None:
    if path is None and owner is None and links is None:
        return None
    if proof is not None:
        raise UsageError("--layout needs the whole bundle", "--proof is about one file")
    if path is None or owner is None or links is None:
        raise UsageError(
            "--layout, --layout-key and --links belong together",
            fix="name the layout, its owner's public key, and the folder of its links",
        )
    from affidavit.verify.layouts import read_layout

    return read_layout(path, owner, links)


def trust_from(
    keys: tuple[Path, ...],
    trust: Path | None,
    identity: tuple[str, str, Path] | None = None,
) -> Trust | None:
    """The trust that the options give, or None where they give none."""
    from affidavit.verify import join, read_identity, read_keys, read_trust

    given = [read_keys(keys)] if keys else []
    if identity is not None:
        given.append(read_identity(*identity))
    if trust is not None:
        given.append(read_trust(trust))
    return join(tuple(given))
