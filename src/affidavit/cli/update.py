"""`affidavit update`: a bundle assessed and rendered again with signed answers, sealed anew."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output, signing
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.updating import Updated

EXAMPLES = options.examples(
    "affidavit update credit-risk-3.evidence.zip --trust trust.toml --signer keys/release.pem "
    "--in-place",
    "affidavit update credit-risk-3.evidence.zip --attestations answers --trust trust.toml "
    "--signer keys/release.pem --out credit-risk-3.attested.zip",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--attestations", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
    help="A signed statement, or a folder of *.sigstore.json; beside those in BUNDLE. Repeatable.",
)  # fmt: skip
@options.together(
    options.key, options.trust, options.signers, options.passphrase_file, options.timestamp,
    options.keyless,
)  # fmt: skip
@click.option(
    "--as-of", metavar="DAY", help="Judge dates and answers as of this day.  [default: today, UTC]"
)
@click.option("--out", type=options.FILE, help="The new bundle to write.")
@click.option("--in-place", is_flag=True, help="Put the new bundle in the place of BUNDLE.")
@options.template_dir
@click.option("--no-pdf", is_flag=True, help="Leave the PDF card out.")
@options.as_json
def command(
    bundle: Path,
    *,
    attestations: tuple[Path, ...],
    keys: tuple[Path, ...],
    trust: Path | None,
    signers: tuple[str, ...],
    passphrase_file: Path | None,
    timestamp: str | None,
    as_of: str | None,
    out: Path | None,
    in_place: bool,
    template_dir: Path | None,
    no_pdf: bool,
    as_json: bool,
) -> None:
    """Assess and render BUNDLE again, with the answers that --trust gives weight to.

    The evidence stays as it is, and so does its id; controls and cards are made anew, and sealed
    with --signer. Attestations and rechecks go along, and the cards show those by signers of
    --trust; the old seal and approvals are left out, and named. Without --trust no answer is
    weighed. BUNDLE is verified first; no registry, repository or model is needed.
    """
    from affidavit.cli.progress import Drawn
    from affidavit.updating import Request, update

    if (out is None) is not in_place:
        raise UsageError("an update needs one place to go to", fix="add --out FILE, or --in-place")
    if not signers:
        raise UsageError("no key to seal with", fix="add --signer KEY.pem (affidavit keygen)")
    request = Request(
        bundle=bundle, given=attestations, trust=trust_from(keys, trust),
        trust_sha256=hashlib.sha256(trust.read_bytes()).hexdigest() if trust else None,
        signers=signing.load_all(signers, passphrase_file, timestamp), out=out, pdf=not no_pdf,
        template_dir=template_dir,
        as_of=options.day("--as-of", as_of) or options.today(),
    )  # fmt: skip
    with Drawn() as progress:
        updated = update(request, progress)
    if as_json:
        output.say_json(_as_json(updated))
    else:
        _say(updated, weighed=trust is not None)


def _say(updated: Updated, *, weighed: bool) -> None:
    from affidavit.cli.verdict_lines import warning_lines

    for line in warning_lines(updated.verdict):  # a new seal says nothing about the old one
        output.note(line)
    if output.settings().verbosity >= 0:
        for line in _told(updated, weighed=weighed):
            output.say(line)
    sealed = updated.sealed
    output.say(f"{printable(str(sealed.path))}   evidence {output.short(sealed.evidence_id)}")


def _told(updated: Updated, *, weighed: bool) -> list[str]:
    lines = [""]
    for standing in updated.standings:
        for one in standing.assessments:
            for answer in one.answers:
                text = (
                    f"{one.status.replace('-', ' ')}: {answer.answer} by {printable(answer.by)} "
                    f"as {printable(answer.role)}, {answer.signed_on}, until {answer.expires_on}"
                )
                lines += output.field_lines(printable(one.control), text)
    for again in updated.rechecks:
        text = (
            f"{again.outcome}, {count_text(again.numbers, 'number')}, by {printable(again.by)}, "
            f"{again.made_on} ({printable(again.machine)})"
        )
        lines += output.field_lines("rechecked", text)
    for left in updated.not_weighed:
        what = printable(left.control or left.path)
        lines += output.field_lines("not weighed", f"{what}: {printable(left.why)}")
    if not weighed:
        lines += output.field_lines("not weighed", "no answer: no trust.toml was given (--trust)")
    if updated.lost_look is not None:
        whose = printable(updated.lost_look.name or "")
        text = f"the card was laid out by templates of {whose or 'your own'}: --template-dir"
        lines += output.field_lines("look", text)
    if not updated.is_new:
        return [*lines, "already up to date: the bundle there holds the same payload"]
    for name in updated.dropped:
        lines += output.field_lines("left out", f"{printable(name)}: it is over the old root")
    return lines


def _as_json(updated: Updated) -> dict[str, object]:
    sealed = updated.sealed
    return {
        "schema": "affidavit/updated",
        "version": 1,
        "bundle": str(sealed.path),
        "evidence_id": sealed.evidence_id,
        "root": sealed.root,
        "is_new": updated.is_new,
        "controls": {
            s.catalog: {a.control: a.status for a in s.assessments} for s in updated.standings
        },
        "rechecks": [r.model_dump(mode="json") for r in updated.rechecks],
        "not_weighed": [n.model_dump(mode="json") for n in updated.not_weighed],
        "along": list(updated.along),
        "dropped": list(updated.dropped),
    }
