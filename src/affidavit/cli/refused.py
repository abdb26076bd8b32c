"""Writing down, for `--findings`, why nothing was built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from affidavit.cli import options, output
from affidavit.cli.next_step import verify_lines
from affidavit.errors import AffidavitError, Contradicted
from affidavit.printable import printable

if TYPE_CHECKING:
    from affidavit.pipeline import Request
    from affidavit.seal.refusing import FindingsFiles


@contextmanager
def writing_down(out: Path | None, request: Request, signers: tuple[str, ...]) -> Iterator[None]:
    """A refusal for contradictions is written to files and signed, if that was asked for.

    Args:
        out: of `--findings`; None where that was not given.
        request: for a bundle.
        signers: as `--signer` named them.

    Raises:
        UsageError: one of the files is there already; nothing was done.
    """
    from affidavit.seal.refusing import findings_files

    files = None if out is None else findings_files(out, len(request.signers))
    try:
        yield
    except Contradicted as error:
        if files is not None and _write(error, files, request, signers):
            raise _written(error) from error
        raise


def _written(error: Contradicted) -> Contradicted:
    """The same refusal, without the advice to write it down."""
    fix = "have each put right where it is kept, and build again"
    return Contradicted(error.what, error.cause, fix, error.contradictions, error.seen)


def _write(
    error: Contradicted, files: FindingsFiles, request: Request, signers: tuple[str, ...]
) -> bool:
    """Whether they were written, and signed where somebody signs."""
    from affidavit import __version__
    from affidavit.bundle.findings import findings_of
    from affidavit.render.findings_page import findings_page
    from affidavit.seal.refusing import sign_findings, write_findings

    found = findings_of(
        error, asked=str(request.ref), affidavit=__version__, day=options.today()
    )  # fmt: skip
    page = findings_page(found, record=files.record, page=files.page, statements=files.statements)
    try:
        write_findings(found, page, files)
        output.note(
            f"wrote {output.place(files.record)} and, to be read, {output.place(files.page)}"
        )
        sign_findings(found, page, files, request.signers)
        for place in files.statements:
            output.note(f"signed both: {output.place(place)}")
        if files.statements:
            proved = f"{output.place(files.record)} --proof {output.place(files.statements[0])}"
            for line in verify_lines(proved, signers):
                output.note(line)
    except AffidavitError as failure:  # what ended the build is told all the same
        output.note(f"the findings were not written or not signed: {printable(str(failure))}")
        return False
    return True
