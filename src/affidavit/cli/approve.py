"""`affidavit approve`: a role's signed decision on the release of a bundle."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output, signing
from affidavit.cli.attest import require_agreed
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.bundle.approval import Choice
    from affidavit.release import Draft
    from affidavit.seal.adding import Added

EXAMPLES = options.examples(
    "affidavit approve credit-risk-3.evidence.zip --as approver --decision approve "
    "--signer keys/ada.pem --key release.pub",
    "affidavit approve credit-risk-3.evidence.zip --as approver --decision reject "
    "--because 'see finding MV-114' --signer keys/ada.pem --trust trust.toml",
)


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--as", "role", required=True, metavar="ROLE", help="The role in which you decide.")
@click.option(
    "--decision", type=click.Choice(["approve", "reject"]), required=True,
    help="Whether this version may be released, as this bundle has it.",
)  # fmt: skip
@options.together(options.signer, options.passphrase_file, options.timestamp, options.keyless)
@click.option("--because", metavar="TEXT", help="Why, in your words; a rejection needs it.")
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
    role: str,
    decision: Choice,
    signer: str | None,
    passphrase_file: Path | None,
    timestamp: str | None,
    because: str | None,
    is_agreed: bool,
    keys: tuple[Path, ...],
    trust: Path | None,
    as_json: bool,
) -> None:
    """Decide on the release of BUNDLE, over your signature.

    BUNDLE is verified first, with --key or --trust against its signer. The decision is about
    this bundle as it lies there, cards and all, and is added to it; a bundle that is built or
    updated anew is decided on anew. It counts for whoever's trust.toml gives your key the role.
    """
    from affidavit.release import Request, add, draft

    if signer is None:
        raise UsageError("no key to sign with", fix="add --signer KEY.pem (affidavit keygen)")
    made = draft(
        Request(
            bundle=bundle, role=role, decision=decision, because=because, today=options.today()
        ),
        trust_from(keys, trust),
    )
    private = signing.load(signer, passphrase_file, timestamp)
    _show(made, signing.who(private))
    require_agreed(is_agreed=is_agreed)
    added = add(made, private)
    if as_json:
        output.say_json(_as_json(made, added))
    elif added.is_new:
        output.say(f"signed, and added to {printable(str(bundle))}")
        output.say(f"  {printable(added.place)}")
    else:
        output.say("already there: the same decision, by the same key, of the same day")
        output.say(f"  {printable(added.place)}")


def _show(made: Draft, who: str) -> None:
    """What is about to be signed, on stderr: it is read before, and the result comes after."""
    from affidavit.cli.statement_lines import decision_lines
    from affidavit.cli.verdict_lines import subject_text, warning_lines

    said, verdict = made.predicate, made.verdict
    for line in warning_lines(verdict):
        output.note(line)
    output.note(f"{subject_text(verdict)}   evidence {output.short(said.evidence_id)}")
    _note_field("bundle", f"root {output.short(said.root)}")
    findings = (count_text(verdict.exceptions, "exception"), count_text(verdict.gaps, "gap"))
    _note_field("findings", f"{' and '.join(findings)}, stated by the record itself")
    _note_field("controls", _controls_text(made))
    if verdict.decisions is not None:
        for line in decision_lines(verdict.decisions):
            output.note(line)
    done = "APPROVE the release" if said.decision == "approve" else "REJECT the release"
    _note_field("your word", done)
    if said.statement is not None:
        _note_field("because", printable(said.statement))
    _note_field("as", f"{printable(said.role)}, with {printable(who)}")
    _note_field("day", f"{output.day_text(date.fromisoformat(said.made_on))}, by your clock")


def _controls_text(made: Draft) -> str:
    parts = [f"{n} {status.replace('-', ' ')}" for status, n in made.open_controls.items()]
    return ", ".join(parts) or "none is open"


def _note_field(label: str, text: str) -> None:
    for line in output.field_lines(label, text):
        output.note(line)


def _as_json(made: Draft, added: Added) -> dict[str, object]:
    return {
        "schema": "affidavit/approved",
        "version": 1,
        "verdict": made.verdict.word,
        "statement": added.place,
        "sha256": added.sha256,
        "is_new": added.is_new,
        "predicate": made.predicate.model_dump(mode="json"),
    }
