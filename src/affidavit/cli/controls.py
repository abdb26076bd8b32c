"""`affidavit controls`: the catalogs that evidence is held against, and one of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.assess.catalog import Catalog, Control
    from affidavit.assess.loading import LoadedCatalog

EXAMPLES = options.examples(
    "affidavit controls list",
    "affidavit controls show sr-26-2",
    "affidavit controls show sr-26-2 SR262-21",
    "affidavit controls check our-policy.yaml",
)


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Show the catalogs of controls, or check one of your own.

    A catalog is a text of a regulator, a law or a bank, taken apart into controls. Which of them
    a build asks about: [controls] catalogs in affidavit.toml, and build --catalog.
    """


@command.command("list")
@options.as_json
def list_catalogs(*, as_json: bool) -> None:
    """List the catalogs that Affidavit ships, with the days on which each text applies."""
    from affidavit.assess.loading import load, shipped_ids

    loaded = [c.catalog for c in load(shipped_ids())]
    if as_json:
        output.say_json([_catalog_json(c) for c in loaded])
        return
    for catalog in loaded:
        output.say_field(catalog.id, f"{catalog.title}\n{_summary(catalog)}", width=14)


@command.command()
@click.argument("catalog", metavar="ID|FILE")
@click.argument("control", required=False)
@options.as_json
def show(catalog: str, control: str | None, *, as_json: bool) -> None:
    """Show what a catalog asks, or one of its controls whole."""
    from affidavit.assess.loading import load

    (loaded,) = load([catalog])
    found = [c for c in loaded.catalog.controls if control is None or c.id == control]
    if not found:
        ids = ", ".join(c.id for c in loaded.catalog.controls)
        raise UsageError(f"{catalog} has no control {control}", f"it has {ids}")
    if as_json:
        output.say_json([c.model_dump(mode="json", by_alias=True) for c in found])
    elif control is None:
        _say_catalog(loaded.catalog)
    else:
        _say_control(found[0], loaded)


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.FILE)
@options.as_json
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Check catalogs of your own: their form, every expression, every name, every date.

    Every fault is told at once, those of an expression with line and column. Expressions are
    also tried on a record where everything is there, and on one where nothing is.
    """
    from affidavit.assess.loading import load

    loaded = load([str(f) if f.parent != Path() else f"./{f}" for f in files])
    if as_json:
        output.say_json([_catalog_json(c.catalog) for c in loaded])
        return
    for one in loaded:
        output.say_field(one.catalog.id, f"{one.catalog.title}\n{_summary(one.catalog)}", width=14)
    output.say("no fault found: affidavit build --catalog FILE holds evidence against it")


def _summary(catalog: Catalog) -> str:
    modes = [c.mode for c in catalog.controls]
    alone = modes.count("machine")
    said = [f"{len(modes)} controls, {alone} decided by files alone"]
    said.append(f"in force {_span(catalog)}")
    if catalog.superseded_by:
        said.append(f"superseded by {catalog.superseded_by} on {catalog.superseded_on}")
    return "\n".join(said)


def _span(catalog: Catalog) -> str:
    effective = catalog.effective
    start = f"from {effective.from_}" if effective.from_ else "without a first day"
    return f"{start} until {effective.until}" if effective.until else start


def _say_catalog(catalog: Catalog) -> None:
    output.say(printable(catalog.title))
    output.say_field("publisher", printable(catalog.publisher))
    output.say_field("text", printable(f"{catalog.text_status}; issued {catalog.issued}, read "
                                       f"{catalog.read_on}"))  # fmt: skip
    output.say_field("in force", _span(catalog))
    output.say()
    for control in catalog.controls:
        roles = ", ".join(a.role for a in control.attestations) or "files alone"
        output.say_field(control.id, f"{printable(control.title)} ({roles})", width=12)


def _say_control(control: Control, loaded: LoadedCatalog) -> None:
    reference = f"{control.reference.text} ({control.reference.confidence})"
    output.say(f"{control.id}  {printable(control.title)}")
    output.say_field("reference", printable(reference))
    output.say_field("expects", printable(control.expectation))
    output.say_field("why", printable(control.rationale))
    output.say_field("mode", control.mode)
    for rule in control.applicability:
        output.say_field("set aside", printable(f"{rule.reason}: {rule.says}, unless {rule.when}"))
    for need in loaded.needs[control.id]:
        output.say_field("needs", printable(f"{need.name}: {need.need.present}"))
    for test in control.tests:
        output.say_field("holds", printable(test.holds))
    for asked in control.attestations:
        output.say_field(asked.role, printable(f"{asked.question} ({asked.validity_days} days)"))


def _catalog_json(catalog: Catalog) -> dict[str, object]:
    return {
        "id": catalog.id, "title": catalog.title, "publisher": catalog.publisher,
        "issued": catalog.issued, "read_on": catalog.read_on, "text_status": catalog.text_status,
        "effective_from": catalog.effective.from_, "effective_until": catalog.effective.until,
        "superseded_by": catalog.superseded_by, "superseded_on": catalog.superseded_on,
        "controls": {c.id: c.title for c in catalog.controls},
    }  # fmt: skip
