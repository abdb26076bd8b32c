"""`affidavit init`: a first affidavit.toml and declarations.toml, with the choices left open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.errors import SourceError, UsageError
from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.cli.glimpse import Table
    from affidavit.cli.starter import Known
    from affidavit.resolve.interface import ArtifactStore
    from affidavit.sources import Sources

EXAMPLES = options.examples(
    "affidavit init models:/credit-risk/3 --repo .",
    "affidavit init models:/credit-risk@champion --data data/test.csv --out .",
)
_THRESHOLD = re.compile(r"thresh|cut_?-?off", re.IGNORECASE)
_PROBABILITY = re.compile(r"0|1|0\.[0-9]+|1\.0+")


@click.command(epilog=EXAMPLES)
@click.argument("subject", metavar="SUBJECT")
@options.together(options.tracking_uri, options.repo)
@click.option("--data", type=options.FILE, help="A CSV or Parquet file that the model can score.")
@click.option(
    "--out", type=options.FOLDER, default=Path(), help="The folder to write to.  [default: .]"
)
def command(
    subject: str, tracking_uri: str | None, repo: str | None, data: Path | None, out: Path
) -> None:
    """Write affidavit.toml and declarations.toml for SUBJECT, commented.

    SUBJECT is models:/<name>/<version> or models:/<name>@<alias>. What the model's signature and
    the data's header tell is filled in. What decides about people is not guessed: the favourable
    outcome, the threshold and sensitive columns stand there as candidates, commented out. Files
    that exist are never touched.
    """
    from affidavit.bundle.atomic import writing
    from affidavit.cli.starter import config_text, declarations_text
    from affidavit.sources import read_sources

    targets = out / "affidavit.toml", out / "declarations.toml"
    _require_absent(targets)
    sources = read_sources({"tracking_uri": tracking_uri, "repo": repo})
    known = _look(subject, sources, data)
    texts = config_text(known), declarations_text(known)
    with writing(targets[0]) as config, writing(targets[1]) as declarations:
        config.write(texts[0].encode())
        declarations.write(texts[1].encode())
    _say(targets, texts[0], known)


def _require_absent(targets: tuple[Path, ...]) -> None:
    if there := [str(target) for target in targets if target.exists() or target.is_symlink()]:
        raise UsageError(
            f"{' and '.join(there)} {'exist' if len(there) > 1 else 'exists'}",
            "init never changes a file that is there",
            "give another folder with --out, and compare",
        )


def _say(targets: tuple[Path, Path], text: str, known: Known) -> None:
    choices = text.count("\n# choose")
    output.say_field(str(targets[0]), f"{count_text(choices, 'choice')} left to you", width=20)
    output.say_field(str(targets[1]), "what the card says in your words", width=20)
    if not known.features:
        output.say("\nThe model has no signature: [features] is needed.")
    if not known.tables:
        output.say("\nNo data file was read, so columns are not listed: give one with --data.")
    output.say("\nFill them in and commit both before the next training. To try them now:")
    output.say(f"  affidavit resolve {printable(known.subject)} --config {targets[0]}")


# ---- what can be seen of the model


def _look(subject: str, sources: Sources, data: Path | None) -> Known:
    from affidavit.cli.glimpse import read_table
    from affidavit.cli.starter import Known
    from affidavit.resolve.code import name_commit
    from affidavit.resolve.model import find_model
    from affidavit.resolve.registry import open_registry
    from affidavit.subject import parse_ref

    registry = open_registry(sources.tracking_uri)
    found = find_model(parse_ref(subject), registry)
    named, _ = name_commit(found.run, sources)
    tracked = _tracked(sources, named.sha)
    given = () if data is None else (read_table(data, _written_path(data, sources.repo)),)
    params = found.run.params if found.run is not None else {}
    return Known(
        subject=subject,
        features=_signature(_read(registry.open_artifacts(found.location))),
        tables=given + tuple(t for t in _tables(sources.repo, tracked) if t.path not in
                             [g.path for g in given]),
        tracked=tracked,
        thresholds=tuple(
            (name, value) for name, value in sorted(params.items())
            if _THRESHOLD.search(name) and _PROBABILITY.fullmatch(value)
        ),
    )  # fmt: skip


def _read(store: ArtifactStore) -> bytes:
    """MLmodel's bytes.

    Raises:
        SourceError: the model has no such file, or it is too large to be one.
    """
    from affidavit.resolve.mlmodel import MAX_BYTES, NAME

    content = b""
    for chunk in store.read(NAME):
        content += chunk
        if len(content) > MAX_BYTES:
            raise SourceError(f"the model's {NAME} file has more than {MAX_BYTES:,} bytes")
    return content


def _signature(content: bytes) -> tuple[str, ...]:
    """The names of the model's input columns; empty where MLmodel has no named signature."""
    from affidavit.resolve.mlmodel import read_mlmodel

    try:
        inputs = json.loads(read_mlmodel(content).signature_inputs or "[]")
        return tuple(str(column["name"]) for column in inputs if "name" in column)
    except (ValueError, TypeError, RecursionError) as error:
        raise SourceError(
            "the signature in the model's MLmodel file cannot be read",
            printable(" ".join(str(error).split()))[:200],
            "register the model again with MLflow",
        ) from error


def _tracked(sources: Sources, commit_id: str | None) -> tuple[str, ...]:
    """The paths that DVC tracks at the training commit; none where either is not known."""
    if sources.repo is None or commit_id is None:
        return ()
    from affidavit.resolve.dvc_files import read_dvc_outs
    from affidavit.resolve.repository import open_repository

    with open_repository(sources.repo, sources.mirror_dir) as repository:
        commit = repository.find(commit_id)
        return () if commit is None else tuple(sorted(read_dvc_outs(repository, commit).outs))


def _tables(repo: str | None, tracked: tuple[str, ...]) -> tuple[Table, ...]:
    """Those tracked files that lie in the working tree, as they are now."""
    from affidavit.cli.glimpse import SUFFIXES, read_table

    tree = Path(repo) if repo is not None else None
    if tree is None or not tree.is_dir():
        return ()
    found = []
    for path in tracked:
        files = [tree / path]
        if files[0].is_dir():
            files = sorted(f for f in files[0].rglob("*") if f.suffix.lower() in SUFFIXES)[:1]
        found += [
            read_table(f, path) for f in files if f.is_file() and f.suffix.lower() in SUFFIXES
        ]
    return tuple(found)


def _written_path(data: Path, repo: str | None) -> str:
    """The path that affidavit.toml names: inside the repository, where the file is."""
    base = Path(repo) if repo is not None else Path()
    try:
        return data.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return data.name
