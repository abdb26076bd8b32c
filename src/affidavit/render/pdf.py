"""The card as PDF, by WeasyPrint in a process of its own.

A process of its own, because its font tools read `SOURCE_DATE_EPOCH` from the environment, because
WeasyPrint prints when Pango is absent, and because what a card needs of memory is given back.
WeasyPrint is imported there and nowhere else.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from affidavit.errors import AffidavitError, MissingExtra, UsageError
from affidavit.render.pdf_process import NO_LIBRARY, NO_WEASYPRINT, REFUSED

TIMEOUT_S: Final = 600
# Before 1980 some readers show no date; a version without a time gets this one.
_NO_DATE: Final = datetime(1980, 1, 1, tzinfo=UTC)
INSTALL: Final = (
    "Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0\n"
    "Fedora: dnf install pango\n"
    "macOS: brew install pango\n"
    "Windows: install MSYS2, then pacman -S mingw-w64-x86_64-pango, and set "
    "WEASYPRINT_DLL_DIRECTORIES\n"
    "or build without the PDF: --no-pdf"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file inside the PDF: what the card was made from."""

    name: str
    description: str
    content: bytes


def pdf_problem() -> str | None:
    """What keeps this machine from making a PDF, with the cure; None where nothing does."""
    try:
        _run(["--check"], b"", _NO_DATE)
    except AffidavitError as error:
        return f"{error}\n{error.fix}"
    return None


def document_date(created_at: datetime | None) -> datetime:
    """The date in the PDF: `SOURCE_DATE_EPOCH` if it is set, else the subject's creation time.

    Raises:
        UsageError: `SOURCE_DATE_EPOCH` is not a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return created_at or _NO_DATE
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {epoch!r}",
            "it is not a number of seconds since 1970",
            "unset it",
        ) from error


def pdf(page: str, dated: datetime, attached: Sequence[Attached] = ()) -> bytes:
    """The page as PDF/A-3a and PDF/UA-1, tagged, with the same bytes each time.

    Args:
        page: the card as HTML for paper.
        dated: the time that WeasyPrint and its font tools are told it is; see `document_date`.
        attached: files that travel inside, dated the same.

    Raises:
        MissingExtra: WeasyPrint, or a library that it needs, is not on this machine.
        AffidavitError: WeasyPrint failed, took too long, or was asked for a file or an address.
    """
    job = {
        "page": page,
        "dated": dated.astimezone(UTC).isoformat(),
        "attachments": [
            {"name": a.name, "description": a.description,
             "content": base64.b64encode(a.content).decode("ascii")}
            for a in attached
        ],
    }  # fmt: skip
    return _run([], json.dumps(job).encode(), dated)


def _run(arguments: list[str], job: bytes, dated: datetime) -> bytes:
    epoch = str(int(dated.timestamp()))
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0", "TZ": "UTC"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "affidavit.render.pdf_process", *arguments],
            input=job,
            capture_output=True,
            timeout=TIMEOUT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AffidavitError(
            f"the PDF was not ready after {TIMEOUT_S} s", fix="build without it: --no-pdf"
        ) from error
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    last = said.rpartition("\n")[2]
    if done.returncode == NO_WEASYPRINT:
        raise MissingExtra("the PDF needs WeasyPrint", last, "pip install 'affidavit[build]'")
    if done.returncode == NO_LIBRARY:
        raise MissingExtra("the PDF needs Pango, which is not on this machine", last, INSTALL)
    if done.returncode == REFUSED:
        raise AffidavitError("the page for the PDF asks for something that is not in it", last)
    raise AffidavitError("WeasyPrint could not make the PDF", last, "build without it: --no-pdf")
