"""Write docs/schemas/, docs/cli.md, and the tables of metrics.md, controls.md, declarations.md.

python docs/generate.py            # write them
python docs/generate.py --check    # exit 1 and name what is out of date
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import get_args

import click
from pydantic import BaseModel

from affidavit.assess.catalog import Catalog
from affidavit.assess.loading import LoadedCatalog, load, shipped_ids
from affidavit.assess.vocabulary import Vocabulary, read_vocabulary
from affidavit.attesting import Questions
from affidavit.bundle.approval import ApprovalPredicate
from affidavit.bundle.attestation import AttestationPredicate
from affidavit.bundle.findings import Findings, FindingsPredicate
from affidavit.bundle.predicate import SealPredicate
from affidavit.bundle.recheck import RecheckPredicate
from affidavit.bundle.withheld import WithheldPredicate
from affidavit.card_record import CardRecord
from affidavit.challenger_record import ChallengerReport
from affidavit.cli.main import COMMANDS, LazyGroup, cli
from affidavit.cli.output import WIDTH
from affidavit.commit_record import CommitRecord
from affidavit.config import Config, Declarations, DocumentAbout
from affidavit.evidence import Evidence, ItemTable, Report
from affidavit.explanation_record import Decisions, Explainability
from affidavit.forgeries import Shown
from affidavit.inspect.index_record import Index
from affidavit.render.definitions import every_definition
from affidavit.reproduce import Recheck
from affidavit.reproduce.explanation import Explanation
from affidavit.run_record import InputsFile, MetricsFile, ParamsFile, RunFile, TagsFile
from affidavit.scan_record import Scan
from affidavit.standing import CatalogStanding
from affidavit.suite_record import SuiteResult
from affidavit.verify import FileVerdict, FindingsVerdict, Verdict

DOCS = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# File name, model, what it describes.
SCHEMAS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("evidence", Evidence, "data/evidence.json in a bundle"),
    ("items", ItemTable, "data/items.json in a bundle"),
    ("report", Report, "data/reports/<name>.json in a bundle"),
    ("suite-result", SuiteResult, "data/reports/expectations/<role>.json in a bundle"),
    ("controls", CatalogStanding, "data/controls/<catalog>.json in a bundle"),
    ("card", CardRecord, "data/card/model-card.json in a bundle"),
    ("commit", CommitRecord, "data/source/commit.json in a bundle"),
    ("run-run", RunFile, "data/run/run.json in a bundle"),
    ("run-params", ParamsFile, "data/run/params.json in a bundle"),
    ("run-metrics", MetricsFile, "data/run/metrics.json in a bundle"),
    ("run-tags", TagsFile, "data/run/tags.json in a bundle"),
    ("run-inputs", InputsFile, "data/run/inputs.json in a bundle"),
    ("explainability", Explainability, "data/reports/explainability.json in a bundle"),
    ("decisions", Decisions, "data/reports/decisions.json in a bundle"),
    ("challenger", ChallengerReport, "data/reports/challenger.json in a bundle"),
    ("scan", Scan, "data/reports/scan.json in a bundle"),
    ("seal", SealPredicate, "the predicate of a seal's statement, urn:affidavit:seal:1"),
    (
        "attestation",
        AttestationPredicate,
        "the predicate of an attestation's statement, urn:affidavit:attestation:1",
    ),
    (
        "approval",
        ApprovalPredicate,
        "the predicate of an approval's statement, urn:affidavit:approval:1",
    ),
    (
        "withheld",
        WithheldPredicate,
        "the predicate of a statement of withholding, urn:affidavit:withheld:1",
    ),
    (
        "rechecked",
        RecheckPredicate,
        "the predicate of a recheck's statement, urn:affidavit:recheck:1",
    ),
    ("questions", Questions, "what `affidavit questions --json` prints"),
    ("verdict", Verdict, "what `affidavit verify --json` prints"),
    ("file-verdict", FileVerdict, "what `affidavit verify --proof --json` prints"),
    ("findings", Findings, "what `affidavit build --findings` writes"),
    (
        "findings-signed",
        FindingsPredicate,
        "the predicate of a statement on findings, urn:affidavit:findings:1",
    ),
    ("findings-verdict", FindingsVerdict, "what `affidavit verify findings.json --json` prints"),
    ("recheck", Recheck, "what `affidavit recheck` writes as recheck.json, and prints with --json"),
    ("explanation", Explanation, "what `affidavit explain` writes, and prints with --json"),
    ("index", Index, "what `affidavit index --json` prints"),
    ("forgeries", Shown, "what `affidavit demo-forgeries --json` prints"),
    ("catalog", Catalog, "policies/catalogs/<catalog>.yaml"),
    ("evidence-vocabulary", Vocabulary, "policies/evidence.yaml"),
    ("affidavit", Config, "affidavit.toml, as a TOML parser gives it"),
    ("declarations", Declarations, "declarations.toml, as a TOML parser gives it"),
)


def schema_text(name: str, model: type[BaseModel], what: str) -> str:
    """The JSON Schema of one record, with a name of its own."""
    body = model.model_json_schema(by_alias=True)
    head = {"$schema": DIALECT, "$id": f"urn:affidavit:schema:{name}:1", "title": what}
    return json.dumps({**body, **head}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def cli_text() -> str:
    """The reference of the command line: every `--help`, as it is printed at 80 columns."""
    parts = ["# Command line", "", "Generated from `--help` by docs/generate.py.", ""]
    parts += ["## affidavit", "", "```", _help(cli, None), "```", ""]
    root = click.Context(cli, info_name="affidavit", terminal_width=WIDTH)
    for entry in COMMANDS:
        command = LazyGroup.get_command(cli, root, entry.name)
        if command is None:
            raise RuntimeError(f"{entry.name} is in the table, and cannot be loaded")
        parts += _section(command, root, entry.name)
    return "\n".join(parts)


def _section(command: click.Command, parent: click.Context, name: str) -> list[str]:
    """A command's help, and that of each command below it."""
    shown = f"{parent.command_path} {name}"
    parts = [f"## {shown}", "", "```", _help(command, parent, name), "```", ""]
    if isinstance(command, click.Group):
        context = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH)
        for below, found in sorted(command.commands.items()):
            parts += _section(found, context, below)
    return parts


def _help(command: click.Command, parent: click.Context | None, name: str = "affidavit") -> str:
    context = click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def metrics_text(before: str) -> str:
    """docs/metrics.md with the table of definitions, between its marks, as the code has it."""
    named = ((d, ", ".join(f"`{n.strip()}`" for n in d.names)) for d in every_definition())
    rows = [f"| {d.title} | {names} | {d.definition} | {d.source} |" for d, names in named]
    return _between(
        before,
        "definitions",
        ["| title | name | definition | source |", "| --- | --- | --- | --- |", *rows],
    )


def _between(text: str, mark: str, lines: list[str]) -> str:
    """The text with what stands between its marks replaced."""
    start, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    head, tail = text.partition(start)[0], text.partition(end)[2]
    return "\n".join([f"{head}{start}", *lines, "", f"{end}{tail}"])


def controls_text(before: str) -> str:
    """docs/controls.md with the shipped catalogs, and what a control can ask for by name."""
    parts: list[str] = []
    for loaded in load(shipped_ids()):
        parts += _catalog_lines(loaded)
    needs = read_vocabulary().vocabulary.needs
    rows = [f"| `{n}` | {d.what} | {'not yet' if d.not_yet else ''} |" for n, d in needs.items()]
    text = _between(before, "catalogs", parts[:-1])
    return _between(text, "needs", ["| need | what it is | made |", "| --- | --- | --- |", *rows])


def _catalog_lines(loaded: LoadedCatalog) -> list[str]:
    catalog = loaded.catalog
    force = f", in force from {catalog.effective.from_}" if catalog.effective.from_ else ""
    force += f" until {catalog.effective.until}" if catalog.effective.until else ""
    rows = []
    for control in catalog.controls:
        later = [n.name for n in loaded.needs[control.id] if n.need.not_yet]
        signs = ", ".join(a.role for a in control.attestations)
        note = f"missing in this version: {', '.join(later)}" if later else ""
        rows.append(f"| `{control.id}` | {control.title} | {control.mode} | {signs} | {note} |")
    said = (
        f"Issued {catalog.issued}, read {catalog.read_on}{force}. "
        f"{catalog.text_status[:1].upper()}{catalog.text_status[1:]}."
    )
    return [
        f"### {catalog.title} (`{catalog.id}`)",
        said,
        "",
        *(f"{note}\n" for note in catalog.notes),
        "| control | title | mode | signs | note |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]


def declarations_text(before: str) -> str:
    """docs/declarations.md with every field, and the controls that ask for it."""
    asked: dict[str, list[str]] = {}
    for loaded in load(shipped_ids()):
        for control, needs in loaded.needs.items():
            for need in needs:
                asked.setdefault(need.name, []).append(control)
    fields = {k: f.description for k, f in Declarations.model_fields.items() if f.description}
    rows = [
        f"| `{name}` | {what} | {', '.join(asked.get(f'declared {name}', []))} |"
        for name, what in fields.items()
    ]
    about = [
        f"| `{a}` | {', '.join(asked.get(f'document {a}', []))} |" for a in get_args(DocumentAbout)
    ]
    text = _between(
        before, "fields", ["| field | what to write | asked by |", "| --- | --- | --- |", *rows]
    )
    return _between(text, "documents", ["| about | asked by |", "| --- | --- |", *about])


def generated() -> dict[Path, str]:
    """Every generated file and what it has to hold."""
    files = {DOCS / "schemas" / f"{n}.json": schema_text(n, m, w) for n, m, w in SCHEMAS}
    files[DOCS / "cli.md"] = cli_text()
    for name, made in (
        ("metrics", metrics_text), ("controls", controls_text), ("declarations", declarations_text)
    ):  # fmt: skip
        files[DOCS / f"{name}.md"] = made((DOCS / f"{name}.md").read_text("utf-8"))
    return files


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` compare them."""
    files = generated()
    strays = set((DOCS / "schemas").glob("*.json")) - set(files)
    stale = [p for p, text in files.items() if not p.exists() or p.read_text("utf-8") != text]
    if arguments == ["--check"]:
        for path in sorted(strays.union(stale)):
            print(f"docs/{path.relative_to(DOCS).as_posix()} is not what the code gives")
        if strays or stale:
            print("write them again: python docs/generate.py")
        return 1 if strays or stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], "utf-8", newline="\n")
    for path in strays:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
