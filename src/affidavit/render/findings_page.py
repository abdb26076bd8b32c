"""findings.html: why there is no bundle, for whoever has to report it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from affidavit.bundle.findings import Findings
from affidavit.csp import source_hash
from affidavit.printable import printable
from affidavit.render.context import neutralised
from affidavit.render.directions import isolated
from affidavit.render.documents import stylesheet
from affidavit.render.fonts import characters, chosen
from affidavit.render.page_template import page_template
from affidavit.render.words import sentence
from affidavit.shipped import shipped
from affidavit.wording import count_text

_NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conflict:
    what: str
    expected: str
    found: str
    fix: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Besides:
    status: str  # a class of the card's sheet
    label: str
    what: str
    expected: str
    found: str
    fix: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the template draws, with nothing left to decide."""

    title: str
    asked: str
    day: str
    deck: str
    conflicts: tuple[_Conflict, ...]
    left_out: str
    besides: tuple[_Besides, ...]
    besides_text: str
    resolve: str
    build: tuple[str, ...]  # lines
    record: str
    page: str
    signed: str
    checks: tuple[str, ...]  # lines
    affidavit: str


def findings_page(
    findings: Findings, *, record: PurePath, page: PurePath, statements: tuple[PurePath, ...]
) -> bytes:
    """One self-contained page: fonts and styles inside, no script, no address, values escaped.

    It says of itself which files it belongs to and how it is checked. What is signed is its digest,
    which it cannot hold.

    Args:
        findings: what is told.
        record: the file that holds the same as JSON.
        page: the file that this is to be.
        statements: the files of the signed statements, one for each signer; maybe none.

    Raises:
        MissingExtra: Jinja is not installed.
    """
    template = page_template("findings")
    texts = _texts(findings, record.name, page.name, tuple(s.name for s in statements))
    shown = neutralised(texts, printable)
    fonts = chosen(characters(shown))
    sheet = stylesheet("screen", fonts) + fonts.stacked(
        (shipped("templates") / "findings" / "findings.css").read_text(encoding="utf-8")
    )
    return template.render(
        page=neutralised(shown, isolated),
        styles=sheet,  # our own, nothing of the record in it: the template takes it as it is
        styles_hash=source_hash(sheet),
    ).encode()


def _texts(findings: Findings, record: str, page: str, statements: tuple[str, ...]) -> _Page:
    total = len(findings.contradictions) + findings.left_out
    version = findings.subject
    title = findings.asked if version is None else f"{version.name} · version {version.version}"
    by_alias = version is not None and findings.asked != f"models:/{version.name}/{version.version}"
    named = f", which was version {version.version} then" if version and by_alias else ""
    asked = shlex.quote(findings.asked)
    return _Page(
        title=title, asked=findings.asked, day=findings.made_on, affidavit=findings.affidavit,
        deck=f"A bundle of evidence was asked for, on {findings.asked}{named}. "
        f"{count_text(total, 'contradiction')} stood against it: two facts each, of which at most "
        "one is true. Whatever a bundle had said, part of it would have been false.",
        conflicts=tuple(
            _Conflict(
                what=sentence(c.what), expected=c.expected or _NOTHING, found=c.found or _NOTHING,
                fix=tuple(c.fix.splitlines()),
            )
            for c in findings.contradictions
        ),
        left_out=f"{findings.left_out} more are not listed." if findings.left_out else "",
        besides=tuple(
            _Besides(
                status="exception" if b.kind == "exception" else "missing",
                label="Exception" if b.kind == "exception" else "Gap",
                what=sentence(b.what), expected=b.expected, found=b.found,
                fix=tuple(b.fix.splitlines()),
            )
            for b in sorted(findings.besides or (), key=lambda b: (b.kind != "exception", b.id))
        ),
        besides_text=_besides_text(findings),
        resolve=f"affidavit resolve {asked}",
        build=(f"affidavit build {asked} \\", "  --findings again.json"),
        record=record, page=page, signed=_signed_text(record, page, statements),
        checks=tuple(
            line
            for one in statements
            for line in (
                f"affidavit verify {shlex.quote(page)} \\",
                f"  --proof {shlex.quote(one)} --trust trust.toml",
            )
        ),
    )  # fmt: skip


def _besides_text(findings: Findings) -> str:
    if findings.besides is None:
        return "The build ended before it had looked for anything else."
    if not findings.besides:
        return "Nothing else was found to be lacking up to there."
    return (
        "These alone would have stopped nothing: a bundle would have been built, and its card's "
        "first page would have them."
    )


def _signed_text(record: str, page: str, statements: tuple[str, ...]) -> str:
    if not statements:
        return (
            f"Nobody signed this page, {page}, or {record}, which holds the same for machines. "
            "Whoever had them could change them, and nothing shows it."
        )
    by = "One statement covers" if len(statements) == 1 else "Each of these statements covers"
    return (
        f"{by} two files, byte by byte: this page, {page}, and {record}, which holds the same for "
        f"machines: {', '.join(statements)}. The page counts only where this command says FILE "
        "VERIFIED; a page that was changed does not."
    )
