"""`affidavit questions`: what people still owe a bundle, by role, each with its remedy."""

from __future__ import annotations

import csv
import io
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import as_cell, printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.attesting import Owed, Questions
    from affidavit.verify import Verdict

EXAMPLES = options.examples(
    "affidavit questions credit-risk-3.evidence.zip --key release.pub",
    "affidavit questions credit-risk-3.evidence.zip --trust trust.toml --role validator",
    "affidavit questions credit-risk-3.evidence.zip --key release.pub --csv owed.csv",
)
REFUTED = 1
_COLUMNS = ("role", "kind", "controls", "what", "remedy", "command")
_HEADS = {
    "exception": "Exceptions, to settle",
    "sign": "Questions, to answer over a signature",
    "declare": "To declare: add to declarations.toml",
    "document": "Documents, to name in declarations.toml after all fields",
    "evidence": "Evidence, to be found by a build",
}


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--role", metavar="ROLE", help="Only what this role owes.")
@click.option("--csv", "table", type=options.FILE, help="Also write them to this new file.")
@options.together(options.key, options.trust)
@options.as_json
def command(
    bundle: Path,
    *,
    role: str | None,
    table: Path | None,
    keys: tuple[Path, ...],
    trust: Path | None,
    as_json: bool,
) -> None:
    """List what people still owe BUNDLE, by role, each with what to do about it.

    Answers that --trust gives weight to are no longer owed. The record is verified first; what is
    not verified is headed NOT VERIFIED. Exit code 1 if the bundle was refuted.
    """
    from affidavit.attesting import questions
    from affidavit.inspect import open_reading

    with open_reading(bundle, trust_from(keys, trust)) as reading:
        found = questions(reading.records, reading.verdict, str(bundle))
        whose = f" by {printable(role)}" if role is not None else ""
        if role is not None:
            found = _of_role(found, role)
        if table is not None:
            _write(found, table)
        if as_json:
            output.say_json(found.model_dump(mode="json"))
        else:
            _say(found, reading.verdict, whose)
        raise SystemExit(REFUTED if reading.verdict.failed else 0)


def _of_role(found: Questions, role: str) -> Questions:
    there = tuple(dict.fromkeys(o.role for o in found.owed))
    if role not in there and there:
        output.note(f"the bundle asks others: {printable(', '.join(there))}")
    return found.model_copy(update={"owed": tuple(o for o in found.owed if o.role == role)})


def _write(found: Questions, path: Path) -> None:
    from affidavit.bundle.atomic import writing

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in found.owed:
        row = (one.role, one.kind, "; ".join(one.controls), one.what, one.remedy, one.command)
        writer.writerow([as_cell(text or "") for text in row])
    if path.exists():
        raise UsageError(f"--csv {path}: it exists", fix="name a new file, or move it away")
    with writing(path) as file:
        file.write(b"\xef\xbb\xbf" + out.getvalue().encode())  # else Excel guesses the encoding


def _say(found: Questions, verdict: Verdict, whose: str) -> None:
    from affidavit.cli.verdict_lines import subject_text, warning_lines

    for line in warning_lines(verdict):
        output.say(line)
    output.say(
        f"{subject_text(verdict)}   evidence {output.short(found.evidence_id)}   "
        f"as of {found.as_of}"
    )
    if not found.owed:
        output.say(f"nothing is owed{whose}")
    for role, mine in groupby(found.owed, key=lambda o: o.role):
        owed = list(mine)
        output.say()
        output.say(output.paint(f"{printable(role)}: {count_text(len(owed), 'item')}", "strong"))
        for kind, entries in groupby(owed, key=lambda o: o.kind):
            _say_kind(kind, list(entries))


def _say_kind(kind: str, owed: list[Owed]) -> None:
    output.say(f"  {_HEADS[kind]}")
    for one in owed:
        names = ", ".join(printable(name) for name in one.controls)
        if kind in ("declare", "document"):
            for line in output.wrapped(f"# for {names}", first="    ", rest="    #   "):
                output.say(line)
            _say_lines(one.remedy)
            continue
        for line in output.wrapped(f"{names}: {printable(one.what)}", first="    ", rest="      "):
            output.say(line)
        if kind == "sign" and one.command is not None:
            for line in options.typed(printable(one.command), indent="      "):
                output.say(line)
        else:
            for line in output.field_lines("to do", printable(one.remedy), width=6, indent=6):
                output.say(line)
    if kind in ("declare", "document") and owed[0].command is not None:
        output.say("    then build again:")
        for line in options.typed(printable(owed[0].command), indent="      "):
            output.say(line)


def _say_lines(remedy: str) -> None:
    for text in remedy.split("\n"):
        rest = "    # " if text.startswith("#") else "      "
        for line in output.wrapped(printable(text), first="    ", rest=rest):
            output.say(line)
