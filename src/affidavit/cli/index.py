"""`affidavit index`: one inventory of many bundles."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from affidavit.cli import options, output
from affidavit.cli.verify import trust_from
from affidavit.errors import UsageError

if TYPE_CHECKING:
    from affidavit.inspect.index_record import Index

EXAMPLES = options.examples(
    "affidavit index evidence/ --trust trust.toml",
    "affidavit index evidence/ --trust trust.toml --out models.html --csv models.csv",
    "affidavit index evidence/ --key release.pub --json",
)
DEFAULT_PAGE: Final = Path("affidavit-index.html")
REFUTED, UNDECIDED = 1, 4


@click.command(epilog=EXAMPLES)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@options.together(options.key, options.trust)
@click.option("--out", type=options.FILE, help="The page; affidavit-index.html by default.")
@click.option("--csv", "csv_file", type=options.FILE, help="Also a table, a row for each bundle.")
@click.option("--as-of", metavar="DATE", help="The day to hold expiry against; today, in UTC.")
@click.option(
    "--jobs", type=click.IntRange(min=1, max=64), metavar="N",
    help="Processes that read; as many as processors, where there are many bundles.",
)  # fmt: skip
@options.as_json
def command(
    folder: Path,
    *,
    keys: tuple[Path, ...],
    trust: Path | None,
    out: Path | None,
    csv_file: Path | None,
    as_of: str | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Make one inventory of every *.evidence.zip below DIR: a page, a table, JSON.

    Of each bundle the signature, evidence.json, the declarations and the controls are checked and
    shown; other files are not read, so nothing in it is called verified. Models by name, newest
    version first; bundles that do not hold stand before them. With --csv or --json alone no page
    is written. An older inventory is replaced, no other file is.

    Exit codes: 0 done; 1 at least one bundle is refuted; 2 no such folder, or no bundle in it;
    4 none is refuted, and at least one could not be read, or has a newer format.
    """
    from affidavit.cli.index_lines import index_lines
    from affidavit.cli.progress import Drawn
    from affidavit.inspect import index_csv, index_page
    from affidavit.inspect.index_output import require_replaceable, write_output
    from affidavit.inspect.indexing import index_folder

    page = out or (None if csv_file or as_json else DEFAULT_PAGE)
    wanted = [(page, index_page.page, index_page.MARK), (csv_file, index_csv.table, index_csv.MARK)]
    targets = [(path, pieces, mark) for path, pieces, mark in wanted if path is not None]
    for path, _, mark in targets:
        require_replaceable(path, mark)
    today = _day(as_of)
    with Drawn() as progress:
        index = index_folder(
            folder, trust=trust_from(keys, trust), today=today, progress=progress,
            processes=jobs or 0,
        )  # fmt: skip
    for path, pieces, mark in targets:
        write_output(path, pieces(index), mark)
    if as_json:
        output.say_json(index.model_dump(mode="json"))
    else:
        written = tuple(path for path, _, _ in targets)
        for line in index_lines(index, written, verbosity=output.settings().verbosity):
            output.say(line)
    raise SystemExit(_exit_code(index))


def _exit_code(index: Index) -> int:
    if index.count("refuted"):
        return REFUTED
    return UNDECIDED if index.problems else 0


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--as-of {text}: not a day", fix="write it as 2026-11-29") from error
