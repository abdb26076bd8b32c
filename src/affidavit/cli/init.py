"""`affidavit init`: a first affidavit.toml and declarations.toml, asked for where somebody is."""

from __future__ import annotations

import math
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from affidavit.cli import given_options, options, output
from affidavit.cli.init_lines import found_fields, open_text
from affidavit.cli.pasting import pasted
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from affidavit.sources import Sources
    from affidavit.starting.known import Known
    from affidavit.starting.question import Answer, Answers, Key
    from affidavit.toml_reader import OpenPlace

EXAMPLES = options.examples(
    "affidavit init models:/credit-risk/3 --repo . --remote /data/dvc",
    "affidavit init models:/credit-risk@champion --dataset evaluation=exports/test.parquet",
    "affidavit init models:/credit-risk/3 --no-input --json",
)
LEFT = 130  # as an interrupt: nothing was done
_SHORT = 40  # characters of a path that has its text beside it
_ON_DATA = (
    "CSV or Parquet, or a folder of such, with the columns that the model takes and the label. An "
    "address (s3://, a database) is taken too, and not looked at. The card calls the link between "
    "it and the model your word."
)
_KEY = Path("keys/affidavit.pem")  # where keygen puts one unless told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """The two files that are written."""

    config: Path
    declarations: Path


@click.command(epilog=EXAMPLES)
@click.argument("subject", metavar="SUBJECT")
@options.together(options.tracking_uri, options.repo, options.remote, options.commit)
@given_options.dataset(
    "Data that you give for a role, or for a protected table by its path in affidavit.toml. "
    "Repeatable."
)
@click.option(
    "--out", type=options.FOLDER, default=Path(), help="The folder to write to.  [default: .]"
)
@click.option("--no-input", is_flag=True, help="Ask nothing, also on a terminal.")
@click.option("--replace", is_flag=True, help="Write in the place of files that are there.")
@options.as_json
def command(
    subject: str,
    *,
    datasets: tuple[str, ...],
    out: Path,
    no_input: bool,
    replace: bool,
    as_json: bool,
    **where: str | None,
) -> None:
    """Write affidavit.toml and declarations.toml for SUBJECT, commented.

    SUBJECT is models:/<name>/<version> or models:/<name>@<alias>. First it shows what registry,
    run, commit and data tell. On a terminal it then asks for what only a person knows, one thing
    at a time; without one, or with --no-input or --json, it asks nothing. What decides about
    people is never guessed: the favourable outcome, the threshold, sensitive columns and whether
    rows travel are answered, or stand in the file as open places that a build refuses by line.
    Files that exist are not touched, unless --replace is given.
    """
    from affidavit.sources import read_sources
    from affidavit.starting.looking import look
    from affidavit.starting.questions import unasked

    targets = _Targets(config=out / "affidavit.toml", declarations=out / "declarations.toml")
    _require_folder(out)
    if not replace:
        _require_absent((targets.config, targets.declarations))
    sources = read_sources(where, datasets=datasets)
    known = look(subject, sources)
    asks = not no_input and not as_json and _is_terminal()
    if not as_json:
        _say_found(known)
    if asks and not known.tables:
        known = _with_data(known)
    answers = _ask(known) if asks else unasked(known)
    places = _write(known, answers, targets, replace=replace)
    commands = _commands(known, sources, targets)
    if as_json:
        output.say_json(_as_json(known, answers, places, targets, commands))
    else:
        _say_end(known, places, targets, commands, asked=asks)


def _require_folder(out: Path) -> None:
    """Before anybody answers a question: what they say is lost where it cannot be written."""
    if not out.is_dir():
        raise UsageError(f"--out {out}: no such folder", fix="make it, or name one that is there")


def _require_absent(targets: tuple[Path, ...]) -> None:
    if there := [str(target) for target in targets if target.exists() or target.is_symlink()]:
        raise UsageError(
            f"{' and '.join(there)} {'exist' if len(there) > 1 else 'exists'}",
            "init never changes a file that is there, unless told",
            "give another folder with --out, and compare; or --replace, which writes both anew",
        )


def _is_terminal() -> bool:
    """Whether somebody can read a question and answer it."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _with_data(known: Known) -> Known:
    """With a file that the person names, where none was found."""
    from affidavit.starting.given import given_tables

    output.say()
    output.say("No data was found. Where is a file or folder that the model can score?")
    while True:
        typed = _Terminal().ask("  (Enter: go on without; ? more; quit)").strip()
        if typed == "quit":
            _leave()
        if typed == "?":
            for line in output.wrapped(_ON_DATA, first="  ", rest="  "):
                output.say(line)
            continue
        try:
            return replace(known, tables=given_tables({"evaluation": typed})) if typed else known
        except UsageError as error:
            output.note_error(error)


class _Terminal:
    """The screen of the interview."""

    def say(self, line: str = "") -> None:
        output.say(line)

    def ask(self, prompt: str) -> str:
        typed: str = click.prompt(prompt, default="", show_default=False, prompt_suffix=" > ")
        return typed


def _ask(known: Known) -> dict[Key, Answer]:
    """The answers of the person at the terminal."""
    from affidavit.starting.dialogue import Quit, interview

    output.say()
    try:
        return interview(known, _Terminal())
    except Quit:
        _leave()


def _leave() -> NoReturn:
    """The person has had enough."""
    output.note("nothing was written")
    raise SystemExit(LEFT)


def _write(
    known: Known, answers: Answers, targets: _Targets, *, replace: bool
) -> tuple[OpenPlace, ...]:
    """Both files, each whole or not at all; and what is left open in the first."""
    from affidavit.bundle.atomic import writing
    from affidavit.starting.declaring import declarations_text
    from affidavit.starting.writing import config_text
    from affidavit.toml_reader import open_places

    config = config_text(known, answers, day=options.today()).encode()
    with ExitStack() as stack:
        for target, content in (
            (targets.config, config),
            (targets.declarations, declarations_text(known.subject).encode()),
        ):
            stack.enter_context(writing(target, replaces=replace)).write(content)
    return open_places(config, targets.config.name)


# ---- what is said


def _say_found(known: Known) -> None:
    output.say(output.paint(f"{printable(known.subject)}: what there is", "strong"))
    for label, text in found_fields(known):
        output.say_field(label, text, width=12)


def _say_end(
    known: Known,
    places: Sequence[OpenPlace],
    targets: _Targets,
    commands: Sequence[Sequence[str]],
    *,
    asked: bool,
) -> None:
    output.say()
    if not asked:
        output.say("Nothing was asked: that is done on a terminal, without --no-input.")
    _say_files(
        (targets.config, open_text(places)),
        (targets.declarations, "what the card says in your words"),
    )
    if known.remote_hint and "--remote" not in commands[-1]:
        for line in output.wrapped(
            f"Without --remote the data are not read: {printable(known.remote_hint)}."
        ):
            output.say(line)
    output.say()
    output.say("Fill in what is open, then:" if places else "Next:")
    for words in commands:
        for line in pasted(words):
            output.say(line)


def _say_files(*files: tuple[Path, str]) -> None:
    """Files and what is in them; below each other, where a path is long."""
    width = max(len(str(path)) for path, _ in files)
    for path, text in files:
        if width <= _SHORT:
            output.say_field(printable(str(path)), text, width=width + 2)
        else:
            output.say(f"  {printable(str(path))}")
            output.say_field("", text, width=2)


def _commands(known: Known, sources: Sources, targets: _Targets) -> list[list[str]]:
    """What is run next: a key where there is none, and the build."""
    from affidavit.sources import as_options

    build = ["affidavit", "build", known.subject, *as_options(sources)]
    for table in known.apart:  # a role's place stands in the file, a protected table's does not
        build += ["--dataset", f"{table.path}={table.uri}"] if table.uri is not None else []
    build += ["--config", str(targets.config), "--declarations", str(targets.declarations)]
    if os.environ.get("AFFIDAVIT_SIGNER"):
        return [build]
    signed = [*build, "--signer", str(_KEY)]
    return [signed] if _KEY.is_file() else [["affidavit", "keygen"], signed]


# ---- for machines


def _as_json(
    known: Known,
    answers: Answers,
    places: Sequence[OpenPlace],
    targets: _Targets,
    commands: Sequence[Sequence[str]],
) -> dict[str, object]:
    return {
        "schema": "affidavit/init",
        "version": 1,
        "subject": known.subject,
        "written": [str(targets.config), str(targets.declarations)],
        "found": _found(known),
        "candidates": _candidates(known, answers),
        "open": [asdict(place) for place in places],
        "next": [list(words) for words in commands],
    }


def _found(known: Known) -> dict[str, object]:
    tables = [
        {
            "path": t.path,
            "role": t.role,
            "uri": t.uri,
            "rows": t.rows,
            "is_cut": t.is_cut,
            "columns": list(t.names),
        }
        for t in known.tables
    ]
    return {
        "chain": _chain(known),
        "has_config": known.has_config,
        "features": list(known.features),
        "tracked": list(known.tracked),
        "tables": tables,
        "unread": [{"path": path, "why": why} for path, why in known.unread],
    }


def _chain(known: Known) -> dict[str, object] | None:
    if known.chain is None:
        return None
    metrics = [
        {"key": key, "value": value if math.isfinite(value) else str(value)}
        for key, value in known.chain.metrics
    ]
    return {**asdict(known.chain), "metrics": metrics}


def _candidates(known: Known, answers: Answers) -> Mapping[str, list[dict[str, str]]]:
    """For each question that nobody was asked, what could be answered."""
    from affidavit.starting.questions import questions

    return {
        ".".join(question.key): [asdict(c) for c in question.candidates]
        for question in questions(known, answers)
        if question.candidates
    }
