"""`affidavit resolve`: the chain behind a model, building nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.cli.given_options import given_data
from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.evidence import Fact, Finding
    from affidavit.resolve import Contradiction, Resolution
    from affidavit.sources import Sources

CONTRADICTED = 1
_TITLES = {
    "model": "Model", "run": "Training run", "code": "Code", "data": "Data",
    "environment": "Environment", "declarations": "Declarations",
}  # fmt: skip
_UNITS = {
    "model.artifact": "file", "environment.requirements": "package", "code.pack": "object",
    "challenger.artifact": "file", "challenger.requirements": "package",
}  # fmt: skip
_UNCOMMITTED = {
    "clean": "none, says the run",
    "dirty": "some, says the run",
    "unknown": "not known: the run does not say",
}
_LABEL = 20


@click.command(
    name="resolve",
    epilog=options.examples(
        "affidavit resolve models:/credit-risk@champion",
        "affidavit resolve models:/credit-risk/3 --repo . --remote /data/dvc --json",
        "affidavit resolve models:/credit-risk/3 --no-download",
    ),
)
@click.argument("subject")
@options.together(
    options.tracking_uri,
    options.repo,
    options.remote,
    options.config,
    options.declarations,
    options.commit,
    options.challenger,
    given_data,
)
@click.option(
    "--no-download",
    is_flag=True,
    help="Fetch neither model nor data: quick, and no digest is checked.",
)
@options.as_json
def command(
    subject: str,
    *,
    challenger: str | None,
    datasets: tuple[str, ...],
    includes: tuple[str, ...],
    no_download: bool,
    as_json: bool,
    **given: str | Path | None,
) -> None:
    """Print the chain behind SUBJECT: what is found, declared, absent, contradictory.

    Everything is fetched and hashed as for a build, into a temporary folder, and thrown away.

    Exit codes: 0 resolved, gaps and all; 1 a contradiction; 2 no such model; 4 out of reach.
    """
    from affidavit.cli.progress import Drawn
    from affidavit.resolve import resolve
    from affidavit.sources import read_sources
    from affidavit.subject import parse_ref
    from affidavit.workspace import Workspace

    ref = parse_ref(subject)
    sources = read_sources(given, datasets=datasets, includes=includes)
    with TemporaryDirectory(prefix="affidavit-") as folder, Drawn() as progress:
        resolution = resolve(
            ref, sources, Workspace(Path(folder)), download=not no_download, progress=progress,
            challenger=parse_ref(challenger) if challenger else None,
        )  # fmt: skip
    if as_json:
        output.say_json(_as_json(resolution))
    else:
        if output.settings().verbosity >= 0:
            _say_chain(resolution, downloaded=not no_download)
            if resolution.contradictions:
                _say_how_to_report(resolution, sources)
        output.say(_counts(resolution))
    if resolution.contradictions:
        raise SystemExit(CONTRADICTED)


def _as_json(resolution: Resolution) -> dict[str, object]:
    return {
        "schema": "affidavit/resolution",
        "version": 1,
        "alias": resolution.alias,
        "calls": resolution.calls,
        "evidence": resolution.evidence.model_dump(mode="json"),
        "contradictions": [c.model_dump(mode="json") for c in resolution.contradictions],
    }


def _say_chain(resolution: Resolution, *, downloaded: bool) -> None:
    evidence = resolution.evidence
    subject = evidence.subject
    alias = f" (@{resolution.alias})" if resolution.alias else ""
    output.say(
        output.paint(printable(f"{subject.name} version {subject.version}{alias}"), "strong")
    )
    for kind, title in _TITLES.items():
        facts = [f for f in evidence.provenance if f.kind == kind]
        if facts:
            output.say()
            output.say(title)
            for fact in facts:
                _say_fact(fact, kind)
    _say_findings("Absent", [f for f in evidence.findings if f.kind == "gap"])
    _say_findings("Does not hold", [f for f in evidence.findings if f.kind == "exception"])
    _say_contradictions(resolution.contradictions)
    output.say()
    if not downloaded:
        output.say("Nothing was downloaded: no digest was checked, and no file looked at.")


def _say_how_to_report(resolution: Resolution, sources: Sources) -> None:
    from affidavit.cli.pasting import pasted
    from affidavit.sources import as_options

    subject = resolution.evidence.subject
    output.say("To report it, as JSON and as a page, signed (and what else you gave here):")
    words = ("affidavit", "build", f"models:/{subject.name}/{subject.version}")
    end = ("--signer", "KEY.pem", "--findings", "findings.json")
    for line in pasted((*words, *as_options(sources), *end)):
        output.say(printable(line))
    output.say()


def _counts(resolution: Resolution) -> str:
    evidence = resolution.evidence
    kinds = [f.kind for f in evidence.findings]
    counts = (
        count_text(kinds.count("gap"), "gap"),
        count_text(kinds.count("exception"), "exception"),
        count_text(len(resolution.contradictions), "contradiction"),
    )
    # Without a download there is no file, which is no news.
    files = (count_text(len(evidence.items), "file"),) if evidence.items else ()
    return " · ".join((*files, *counts))


def _say_fact(fact: Fact, kind: str) -> None:
    if fact.id == "code.dirty" and fact.value in _UNCOMMITTED:
        output.say_field("uncommitted changes", _UNCOMMITTED[str(fact.value)], width=_LABEL)
        return
    value = "-" if fact.value is None else printable(str(fact.value))
    if fact.id in _UNITS and isinstance(fact.value, int):
        value = count_text(fact.value, _UNITS[fact.id])
    if fact.digest is not None and fact.digest.value != fact.value:
        value += f"  {fact.digest.algorithm} {output.short(fact.digest.value)}"
    basis = "absent" if fact.value is None and fact.digest is None else fact.basis
    output.say_field(fact.id.removeprefix(f"{kind}."), f"{basis:<8}  {value}", width=_LABEL)


def _say_findings(title: str, findings: list[Finding]) -> None:
    if not findings:
        return
    output.say()
    output.say(output.paint(title, "warn"))
    for finding in findings:
        output.say_field(printable(finding.id), printable(finding.what), width=_LABEL)
        for label, text in (("expected", finding.expected), ("found", finding.found)):
            if text:
                output.say_field("", f"{label} {printable(text)}", width=_LABEL)
        output.say_field("", f"fix: {printable(finding.fix)}", width=_LABEL)


def _say_contradictions(contradictions: tuple[Contradiction, ...]) -> None:
    if not contradictions:
        return
    output.say()
    output.say(output.paint("Contradictory: nothing would be built", "bad"))
    for one in contradictions:
        output.say_field(printable(one.id), printable(one.what), width=_LABEL)
        output.say_field("", f"expected {printable(one.expected)}", width=_LABEL)
        output.say_field("", f"found    {printable(one.found)}", width=_LABEL)
        output.say_field("", f"fix: {printable(one.fix)}", width=_LABEL)
