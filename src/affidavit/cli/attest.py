"""`affidavit attest`: a role's signed answer to questions of a bundle's controls."""

from __future__ import annotations

import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from affidavit.cli import options, output, signing
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.attesting import Draft
    from affidavit.seal.adding import Added

EXAMPLES = options.examples(
    "affidavit attest credit-risk-3.evidence.zip --control SR262-12 --as validator "
    "--signer keys/vera.pem --key release.pub",
    "affidavit attest credit-risk-3.evidence.zip --control SR262-12 --as validator "
    "--signer keys/vera.pem --answer no --because 'see finding MV-114'",
    "affidavit attest credit-risk-3.evidence.zip --control SR262-23 --as owner "
    "--signer keys/owner.pem --out answer.sigstore.json",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--control", "controls", multiple=True, required=True, metavar="ID",
    help="The control to answer, its id or catalog/id. Repeatable: one statement answers all.",
)  # fmt: skip
@click.option("--as", "role", required=True, metavar="ROLE", help="The role in which you answer.")
@options.together(options.signer, options.passphrase_file, options.timestamp, options.keyless)
@click.option(
    "--answer", type=click.Choice(["yes", "no"]), default="yes", show_default=True,
    help="The answer to every question; a no makes the control an exception.",
)  # fmt: skip
@click.option("--because", metavar="TEXT", help="Why, in your words; a no needs it.")
@click.option("--expires", metavar="DAY", help="Sooner than the questions' own validity.")
@click.option(
    "--out", type=options.FILE,
    help="Write the statement to this new file, and leave BUNDLE as it is.",
)  # fmt: skip
@click.option(
    "--yes",
    "is_agreed",
    is_flag=True,
    help="Sign without asking; needed where there is no terminal.",
)
@options.together(options.key, options.trust)
@options.as_json
def command(
    bundle: Path,
    *,
    controls: tuple[str, ...],
    role: str,
    signer: str | None,
    passphrase_file: Path | None,
    timestamp: str | None,
    answer: Literal["yes", "no"],
    because: str | None,
    expires: str | None,
    out: Path | None,
    is_agreed: bool,
    keys: tuple[Path, ...],
    trust: Path | None,
    as_json: bool,
) -> None:
    """Answer what controls of BUNDLE ask of a role, over your signature.

    BUNDLE is verified first, with --key or --trust against its signer. The questions are shown
    before anything is signed. The statement is about the evidence, so it holds for every bundle
    of the same evidence id; it is added to BUNDLE, or written to --out. It counts for whoever's
    trust.toml gives your key the role: affidavit questions lists what is asked.
    """
    from affidavit.attesting import Request, add, draft, write

    if signer is None:
        raise UsageError("no key to sign with", fix="add --signer KEY.pem (affidavit keygen)")
    made = draft(
        Request(
            bundle=bundle, controls=controls, role=role, answer=answer, because=because,
            expires=options.day("--expires", expires),
            today=options.today(),
        ),
        trust_from(keys, trust),
    )  # fmt: skip
    private = signing.load(signer, passphrase_file, timestamp)
    _show(made, signing.who(private))
    require_agreed(is_agreed=is_agreed)
    added = add(made, private) if out is None else write(made, private, out)
    if as_json:
        output.say_json(_as_json(made, added))
    else:
        _say(added, bundle, out)


def is_answered() -> bool:
    """Whether somebody sits at the terminal, and can be asked."""
    return sys.stdin.isatty()


def require_agreed(*, is_agreed: bool) -> None:
    """Ask whether to sign what was shown; where nobody can be asked, --yes has to say so.

    Raises:
        UsageError: no terminal, and no --yes.
    """
    if is_agreed:
        return
    if not is_answered():
        raise UsageError(
            "nobody can be asked here whether to sign this", fix="add --yes, once it was read"
        )
    click.confirm("Sign this?", abort=True, err=True)


def _show(made: Draft, who: str) -> None:
    """What is about to be signed, on stderr: it is read before, and the result comes after."""
    from affidavit.cli.verdict_lines import subject_text, warning_lines

    said = made.predicate
    for line in warning_lines(made.verdict):
        output.note(line)
    output.note(f"{subject_text(made.verdict)}   evidence {output.short(said.evidence_id)}")
    for chosen in made.chosen:
        one = chosen.assessment
        text = f"{printable(one.title)}\n{printable(chosen.question.question)}"
        _note_field(printable(one.control), f"{text}\nyour answer: {made.request.answer}")
    if said.statement is not None:
        _note_field("because", printable(said.statement))
    _note_field("as", f"{printable(said.role)}, with {printable(who)}")
    _note_field("holds", f"{_day(said.made_on)} to {_day(said.expires_on)}, or until revoked")
    if made.apart_from:
        authors = ", ".join(printable(a) for a in made.apart_from)
        _note_field("apart from", f"the authors: {authors}; if you are one, it will not count")
    if made.same:
        more = " ".join(f"--control {shlex.quote(name)}" for name in made.same)
        _note_field("same asked", f"other texts ask you for the same: add {printable(more)}")


def _note_field(label: str, text: str) -> None:
    for line in output.field_lines(label, text):
        output.note(line)


def _day(text: str) -> str:
    return output.day_text(date.fromisoformat(text))


def _say(added: Added, bundle: Path, out: Path | None) -> None:
    place = printable(added.place)
    if not added.is_new:
        output.say("already there: the same answer, by the same key, of the same day")
    elif out is not None:
        output.say(f"signed: {place}")
        _next(f"affidavit update {shlex.quote(str(bundle))} --attestations {shlex.quote(str(out))}")
        return
    else:
        output.say(f"signed, and added to {printable(str(bundle))}")
    output.say(f"  {place}")
    _next(f"affidavit update {shlex.quote(str(bundle))}")


def _next(command: str) -> None:
    """Whoever builds bundles goes on: the card says attested once they have."""
    if output.settings().verbosity >= 0:
        rest = "--trust trust.toml --signer KEY.pem --in-place"
        output.say("next, by whoever seals the bundle:")
        for line in options.typed(printable(f"{command} {rest}")):
            output.say(line)


def _as_json(made: Draft, added: Added) -> dict[str, object]:
    return {
        "schema": "affidavit/attested",
        "version": 1,
        "verdict": made.verdict.word,
        "statement": added.place,
        "sha256": added.sha256,
        "is_new": added.is_new,
        "predicate": made.predicate.model_dump(mode="json"),
    }
