"""findings.json: what kept a bundle from being built, and what a signature over it says.

Facts that cannot both be true end a build. There is then no bundle to hold them, so the record is a
file of its own, the same as a page another, and the signed statement over both a third.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from affidavit.bundle.canonical import Json, dumps, loads
from affidavit.bundle.predicate import Day, SubjectVersion, read_predicate
from affidavit.errors import BundleError, Contradicted
from affidavit.evidence import Record, Sha256

FINDINGS: Final = "findings.json"  # the name that the statement gives its file, whatever it has
MAX_FINDINGS_BYTES: Final = 4 * 1024 * 1024
MAX_PAGE_BYTES: Final = 16 * 1024 * 1024  # fonts and styles are inside
_MOST: Final = 1000
_Asked = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Contradiction(Record):
    """Two facts that cannot both be true, and what to do."""

    what: str
    expected: str
    found: str
    fix: str


class Beside(Record):
    """A gap or an exception that was seen beside the contradictions; it alone stops no build."""

    id: str
    kind: Literal["gap", "exception"]
    what: str
    expected: str
    found: str
    fix: str


class Findings(Record):
    """findings.json.

    Attributes:
        asked: the model version as the build was asked for it: `models:/name/3`, or by alias.
        subject: the version that this was; None where the build did not get so far.
        affidavit: the version that refused.
        made_on: day, UTC.
        left_out: how many contradictions there are beyond those listed.
        besides: gaps and exceptions; None where the build ended before it had looked for them all.
    """

    schema_: Literal["affidavit/findings"] = Field(default="affidavit/findings", alias="schema")
    version: Literal[1] = 1
    asked: _Asked
    subject: SubjectVersion | None
    affidavit: str
    made_on: Day
    contradictions: Annotated[tuple[Contradiction, ...], Field(min_length=1, max_length=_MOST)]
    left_out: Annotated[int, Field(ge=0)]
    besides: Annotated[tuple[Beside, ...], Field(max_length=_MOST)] | None


class FindingsPredicate(Record):
    """The predicate of `urn:affidavit:findings:1`.

    Attributes:
        asked, subject, made_on: those of the file.
        contradictions: how many the file lists.
        page: the same as HTML, the file beside it.
    """

    schema_: Literal["affidavit/findings-signed"] = Field(
        default="affidavit/findings-signed", alias="schema"
    )
    version: Literal[1] = 1
    asked: _Asked
    subject: SubjectVersion | None
    contradictions: Annotated[int, Field(ge=1, le=_MOST)]
    made_on: Day
    page: Sha256


def findings_of(error: Contradicted, *, asked: str, affidavit: str, day: str) -> Findings:
    """The record of a refusal.

    Args:
        error: what ended the build.
        asked: the model version, as the build was asked for it.
        affidavit: this version.
        day: today, YYYY-MM-DD, UTC.
    """
    told = error.contradictions or ((error.what, "", error.cause, error.fix),)
    seen = error.seen
    return Findings(
        asked=asked, affidavit=affidavit, made_on=day, left_out=max(0, len(told) - _MOST),
        subject=SubjectVersion(name=seen.name, version=seen.version) if seen else None,
        contradictions=tuple(
            Contradiction(what=what, expected=expected, found=found, fix=fix)
            for what, expected, found, fix in told[:_MOST]
        ),
        besides=tuple(map(_beside, seen.besides[:_MOST])) if seen else None,
    )  # fmt: skip


def _beside(told: tuple[str, str, str, str, str, str]) -> Beside:
    name, kind, what, expected, found, fix = told
    return Beside(
        id=name, kind="gap" if kind == "gap" else "exception", what=what, expected=expected,
        found=found, fix=fix,
    )  # fmt: skip


def predicate_of(findings: Findings, page_sha256: str) -> FindingsPredicate:
    """What a signer says of the two files.

    Args:
        findings: of the one.
        page_sha256: of the other's bytes.
    """
    return FindingsPredicate(
        asked=findings.asked, subject=findings.subject, made_on=findings.made_on,
        contradictions=len(findings.contradictions), page=Sha256(page_sha256),
    )  # fmt: skip


def findings_bytes(findings: Findings) -> bytes:
    """The file: canonical, as every record of ours."""
    return dumps(findings.model_dump(mode="json"))


def read_findings(content: bytes, name: str) -> Findings:
    """A findings.json, in its one form.

    Raises:
        BundleError: another form, or not canonical.
    """
    try:
        found = Findings.model_validate_json(content)
        is_canonical = dumps(loads(content, name)) == content
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"]) or "as a whole"
        raise BundleError(f"{name} is no findings.json", f"{where}: {first['msg']}") from error
    except ValueError as error:
        raise BundleError(f"{name} is no findings.json", str(error)) from error
    if not is_canonical:
        raise BundleError(f"{name} is not in canonical form (RFC 8785)")
    return found


def read_findings_predicate(predicate: Mapping[str, Json], name: str) -> FindingsPredicate:
    """The predicate of a statement over findings.

    Args:
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of version 1; names the first fault.
    """
    return read_predicate(FindingsPredicate, predicate, name)
