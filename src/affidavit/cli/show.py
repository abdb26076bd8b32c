"""`affidavit show`: the record of a bundle, or any file in it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from affidavit.cli import options, output
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.inspect import Reading
    from affidavit.verify import Verdict

EXAMPLES = options.examples(
    "affidavit show credit-risk-3.evidence.zip --key release.pub",
    "affidavit show credit-risk-3.evidence.zip reports/fairness.json --key release.pub",
    "affidavit show credit-risk-3.evidence.zip card/model-card.pdf --out card.pdf",
    "affidavit show credit-risk-3.evidence.zip --extract card/model-card.pdf --to proof",
)
_SNIFFED = 4096
REFUTED = 1


@click.command(epilog=EXAMPLES)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("item", required=False)
@options.together(options.key, options.trust)
@click.option("--out", type=options.FILE, help="Write ITEM to this file, which must not exist.")
@click.option(
    "--extract", "extracted", multiple=True, metavar="ITEM",
    help="Write this file, and what proves it alone; can be given several times.",
)  # fmt: skip
@click.option("--to", type=options.FOLDER, help="Where --extract writes; a new folder.")
@options.as_json
def command(
    bundle: Path,
    *,
    item: str | None,
    keys: tuple[Path, ...],
    trust: Path | None,
    out: Path | None,
    extracted: tuple[str, ...],
    to: Path | None,
    as_json: bool,
) -> None:
    """Print the record of BUNDLE, or the file ITEM in it.

    All of it is verified first; what is not verified is headed NOT VERIFIED. Of a bundle of
    200 MB or more only the seal, the root, the records and the ITEM are checked, which is headed
    SEAL HOLDS. Exit code 1 if the bundle was refuted.
    """
    from affidavit.inspect import open_reading

    if out is not None and item is None:
        raise UsageError("--out needs an ITEM", fix="affidavit show BUNDLE lists the files")
    if (to is None) == bool(extracted) or (extracted and item is not None):
        raise UsageError(
            "--extract ITEM and --to DIR go together, without another ITEM",
            fix="affidavit show BUNDLE --extract ITEM --to DIR",
        )
    with open_reading(bundle, trust_from(keys, trust)) as reading:
        if to is not None:
            _extract(reading, extracted, to, as_json=as_json)
        elif item is None:
            _show_record(reading, as_json=as_json)
        elif as_json:
            output.say_json(_item_json(reading, reading.find(item)))
        else:
            _warn(reading.verdict)
            _show_item(reading, reading.find(item), out)
        raise SystemExit(REFUTED if reading.verdict.failed else 0)


def _extract(reading: Reading, names: tuple[str, ...], folder: Path, *, as_json: bool) -> None:
    from affidavit.inspect import extract

    _warn(reading.verdict)
    written = extract(reading, names, folder)
    if as_json:
        paths = [str(path) for path in written]
        output.say_json({"schema": "affidavit/extracted", "version": 1, "proof": str(folder),
                         "files": paths})  # fmt: skip
        return
    for path in written:
        output.say(f"wrote {printable(str(path))}")
        output.say(f"  affidavit verify {printable(str(path))} --proof {printable(str(folder))}")


def _show_record(reading: Reading, *, as_json: bool) -> None:
    if as_json:
        output.say_json(_record_json(reading))
        return
    from affidavit.cli.show_lines import record_lines

    for line in record_lines(reading, all_of_it=output.settings().verbosity > 0):
        output.say(line)


def _warn(verdict: Verdict) -> None:
    """The heading of what is not VERIFIED; beside the bytes of an item, so on stderr."""
    from affidavit.cli.verdict_lines import warning_lines

    for line in warning_lines(verdict):
        output.note(line)


def _show_item(reading: Reading, path: str, out: Path | None) -> None:
    chunks = reading.chunks(path)
    if out is not None:
        from affidavit.bundle.atomic import writing

        with writing(out) as file:
            for chunk in chunks:
                file.write(chunk)
        output.note(f"wrote {printable(path)} to {printable(str(out))}")
    elif sys.stdout.isatty():
        _show_on_terminal(path, chunks)
    else:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()


def _show_on_terminal(path: str, chunks: Iterable[bytes]) -> None:
    content = b"".join(chunks)
    try:
        text = content.decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text[:_SNIFFED]:
        raise UsageError(
            f"{path} is not text", "its bytes would act on the terminal", "add --out FILE"
        )
    for line in text.split("\n"):
        output.say(printable(line.replace("\t", "    ")))


def _record_json(reading: Reading) -> dict[str, object]:
    records = reading.records
    return {
        "schema": "affidavit/shown",
        "version": 1,
        "verdict": reading.verdict.model_dump(mode="json"),
        "evidence": records.evidence.model_dump(mode="json"),
        "items": records.derived.model_dump(mode="json") if records.derived else None,
        "reports": {p: r.model_dump(mode="json") for p, r in records.reports.items()},
        "explainability": records.explainability.model_dump(mode="json")
        if records.explainability
        else None,
        "controls": {p: s.model_dump(mode="json") for p, s in records.standings.items()},
    }


def _item_json(reading: Reading, path: str) -> dict[str, object]:
    reading.require_signed(path)
    found = next((i for i in reading.items if i.path == path), None)
    return {
        "schema": "affidavit/shown-item",
        "version": 1,
        "verdict": reading.verdict.word,
        "path": path,
        "sha256": reading.files.archive.digest(path),
        "listed_sha256": reading.listed_digest(path),
        "size_bytes": reading.files.archive.size(path),
        "item": found.model_dump(mode="json") if found else None,
    }
