"""Write docs/schemas/*.json, docs/cli.md and the table of definitions in docs/metrics.md.

python docs/generate.py            # write them
python docs/generate.py --check    # exit 1 and name what is out of date
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from pydantic import BaseModel

from affidavit.assess.catalog import Catalog
from affidavit.bundle.predicate import SealPredicate
from affidavit.card_record import CardRecord
from affidavit.cli.main import COMMANDS, LazyGroup, cli
from affidavit.cli.output import WIDTH
from affidavit.commit_record import CommitRecord
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, ItemTable, Report
from affidavit.inspect.index_record import Index
from affidavit.render.definitions import every_definition
from affidavit.reproduce import Recheck
from affidavit.run_record import InputsFile, MetricsFile, ParamsFile, RunFile, TagsFile
from affidavit.scan_record import Scan
from affidavit.standing import CatalogStanding
from affidavit.suite_record import SuiteResult
from affidavit.verify import Verdict

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
    ("scan", Scan, "data/reports/scan.json in a bundle"),
    ("seal", SealPredicate, "the predicate of a seal's statement, urn:affidavit:seal:1"),
    ("verdict", Verdict, "what `affidavit verify --json` prints"),
    ("recheck", Recheck, "what `affidavit recheck` writes as recheck.json, and prints with --json"),
    ("index", Index, "what `affidavit index --json` prints"),
    ("catalog", Catalog, "policies/catalogs/<catalog>.yaml"),
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
        parts += [
            f"## affidavit {entry.name}",
            "",
            "```",
            _help(command, root, entry.name),
            "```",
            "",
        ]
    return "\n".join(parts)


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
    start, end = "<!-- definitions -->\n", "<!-- /definitions -->"
    named = ((d, ", ".join(f"`{n.strip()}`" for n in d.names)) for d in every_definition())
    rows = [f"| {d.title} | {names} | {d.definition} | {d.source} |" for d, names in named]
    head, tail = before.partition(start)[0], before.partition(end)[2]
    table = "\n".join(
        ["| title | name | definition | source |", "| --- | --- | --- | --- |", *rows]
    )
    return f"{head}{start}\n{table}\n\n{end}{tail}"


def generated() -> dict[Path, str]:
    """Every generated file and what it has to hold."""
    files = {DOCS / "schemas" / f"{n}.json": schema_text(n, m, w) for n, m, w in SCHEMAS}
    files[DOCS / "cli.md"] = cli_text()
    files[DOCS / "metrics.md"] = metrics_text((DOCS / "metrics.md").read_text("utf-8"))
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
