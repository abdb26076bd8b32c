"""The explanation as files of its own: JSON always, the page as HTML and PDF where asked for.

Nothing that exists is replaced, and nothing of it goes into a bundle. It is one person's data:
only who made the files can read them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from affidavit.bundle.atomic import writing
from affidavit.bundle.canonical import record_bytes
from affidavit.config import Declarations
from affidavit.errors import AffidavitError, MissingExtra, UsageError
from affidavit.render import pdf_problem
from affidavit.render.person import Concerning, LoggedThen, compose, page_html, page_pdf
from affidavit.render.person.page import Page
from affidavit.reproduce.explaining import Explained
from affidavit.reproduce.explanation import Explanation

_MODE: Final = 0o600
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z._-]+")
_SUFFIX: Final = ".explanation.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the files go; None where one is not asked for."""

    json: Path | None
    html: Path | None = None
    pdf: Path | None = None

    @property
    def all(self) -> tuple[Path, ...]:
        return tuple(p for p in (self.json, self.html, self.pdf) if p is not None)


def default_place(name: str, version: str, row: str) -> Path:
    """`credit-risk-3-1488.explanation.json`, in the current folder."""
    stem = "-".join(_UNSAFE.sub("-", part).strip("-.") or "row" for part in (name, version, row))
    return Path(f"{stem[:180]}{_SUFFIX}")


def beside(target: Path, suffix: str) -> Path:
    """The page beside the JSON file: its name with another ending."""
    return target.with_name(f"{target.name.removesuffix('.json')}{suffix}")


def require_free(places: Sequence[Path]) -> None:
    """Refuse a place that is taken, before any work is done.

    Raises:
        UsageError: a file of that name exists, or its folder does not.
    """
    for path in places:
        if not path.absolute().parent.is_dir():
            raise UsageError(
                f"--out {path}: {path.absolute().parent} is not a folder",
                fix=f"mkdir -p {path.absolute().parent}",
            )
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} exists", fix="choose another name, or move it away")


def require_pdf() -> None:
    """Refuse early where no PDF can be made here.

    Raises:
        MissingExtra: says what lacks, and how to get it.
    """
    if problem := pdf_problem():
        what, _, fix = problem.partition("\n")
        raise MissingExtra(what, fix=fix)


def write_explanation(done: Explained, places: Places) -> None:
    """Write what was asked for; all of it, or an error says what could not be written.

    Raises:
        UsageError: a file exists, or cannot be written.
        MissingExtra: what the page needs is not installed.
        AffidavitError: the disk is full, or the PDF could not be made.
    """
    result = done.result
    if result is None:
        raise ValueError("nothing was explained")
    contents: list[tuple[Path, bytes]] = []
    if places.json is not None:
        contents.append((places.json, record_bytes(result)))
    if places.html is not None or places.pdf is not None:
        page = page_of(done)
        contents += _pages(page, result, places)
    written: list[Path] = []
    try:
        for path, content in contents:
            with writing(path, mode=_MODE) as file:
                file.write(content)
            written.append(path)
    except AffidavitError:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _pages(page: Page, result: Explanation, places: Places) -> list[tuple[Path, bytes]]:
    pages = []
    if places.html is not None:
        pages.append((places.html, page_html(page).encode()))
    if places.pdf is not None:
        pages.append((places.pdf, page_pdf(page, datetime.fromisoformat(result.at))))
    return pages


def page_of(done: Explained) -> Page:
    """The page for the person concerned.

    Raises:
        MissingExtra: what measures the reading grade is not installed.
    """
    result, config = done.result, done.config
    if result is None or config is None:
        raise ValueError("nothing was explained")
    logged, background = result.logged_score, result.explained.background
    return compose(Concerning(
        name=result.subject.name, version=result.subject.version,
        evidence_id=result.evidence_id or "", signed_by=result.signed_by,
        made_on=result.at[:10], decision=result.decision, of=result.explained.of,
        lacking=result.explained.lacking, config=config,
        declarations=done.declarations or Declarations(version=1), decided=result.decided,
        registered_later=result.before_registration,
        is_near_cut=background is not None and background.rule == "near-cut-off",
        logged=None if logged is None else LoggedThen(
            logged=logged.logged, now=logged.now, is_same=logged.status != "different",
            note=logged.note,
        ),
    ))  # fmt: skip
