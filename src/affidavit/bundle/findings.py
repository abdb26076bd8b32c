"""findings.json: what kept a bundle from being built, and what a signature over it says.

Facts that cannot both be true end a build. There is then no bundle to hold them, so the record is a
file of its own, and the signed statement another beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from affidavit.bundle.canonical import Json, dumps, loads
from affidavit.bundle.predicate import Day, read_predicate
from affidavit.errors import BundleError, Contradicted
from affidavit.evidence import Record

FINDINGS: Final = "findings.json"  # the name that the statement gives its file, whatever it has
MAX_FINDINGS_BYTES: Final = 4 * 1024 * 1024
_MOST: Final = 1000
_Asked = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class Contradiction(Record):
    """Two facts that cannot both be true, and what to do."""

    what: str
    expected: str
    found: str
    fix: str


class Findings(Record):
    """findings.json.

    Attributes:
        asked: the model version as the build was asked for it: `models:/name/3`, or by alias.
        affidavit: the version that refused.
        made_on: day, UTC.
    """

    schema_: Literal["affidavit/findings"] = Field(default="affidavit/findings", alias="schema")
    version: Literal[1] = 1
    asked: _Asked
    affidavit: str
    made_on: Day
    contradictions: Annotated[tuple[Contradiction, ...], Field(min_length=1, max_length=_MOST)]


class FindingsPredicate(Record):
    """The predicate of `urn:affidavit:findings:1`.

    Attributes:
        asked, made_on: those of the file.
        contradictions: how many the file has.
    """

    schema_: Literal["affidavit/findings-signed"] = Field(
        default="affidavit/findings-signed", alias="schema"
    )
    version: Literal[1] = 1
    asked: _Asked
    contradictions: Annotated[int, Field(ge=1, le=_MOST)]
    made_on: Day


def findings_of(error: Contradicted, *, asked: str, affidavit: str, day: str) -> Findings:
    """The record of a refusal.

    Args:
        error: what ended the build.
        asked: the model version, as the build was asked for it.
        affidavit: this version.
        day: today, YYYY-MM-DD, UTC.
    """
    told = error.contradictions or ((error.what, "", error.cause, error.fix),)
    return Findings(
        asked=asked, affidavit=affidavit, made_on=day,
        contradictions=tuple(
            Contradiction(what=what, expected=expected, found=found, fix=fix)
            for what, expected, found, fix in told[:_MOST]
        ),
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
