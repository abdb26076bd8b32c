"""What the seal says beside the root: who built, when, and in what isolation.

It stands in the predicate alone, never in evidence.json: it differs between two builds of the
same facts. The fields that SLSA Provenance v1 has too are named in docs/bundle-format.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from affidavit.bundle.canonical import Json
from affidavit.errors import BundleError
from affidavit.evidence import Record, Sha256


def _real(text: str) -> str:
    datetime.fromisoformat(text)  # a ValueError where no calendar or clock has it
    return text


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
Day = Annotated[str, StringConstraints(pattern=f"^{_DAY}$"), AfterValidator(_real)]
Instant = Annotated[str, StringConstraints(pattern=f"^{_DAY}T{_TIME}Z$"), AfterValidator(_real)]
LOCAL_FOLDER = "local folder"
# One letter and a colon is a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_SLASH = re.compile(r"[/\\]")
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:[^/]*@)?(?P<place>[^?#]*).*", re.DOTALL
)
_SCP_LIKE = re.compile(r"[^/@:]+@[^/:]+:")


class SubjectVersion(Record):
    """The model version, as evidence.json has it."""

    name: str
    version: str


class Builder(Record):
    """What built the bundle (SLSA: runDetails.builder)."""

    id: Literal["affidavit"] = "affidavit"
    version: str


class SealSources(Record):
    """Where things were read from: no credentials, no folder of the builder's machine.

    None where there was no such source.
    """

    tracking: str | None = None
    repository: str | None = None
    remote: str | None = None

    @classmethod
    def of(cls, *, tracking: str | None, repository: str | None, remote: str | None) -> Self:
        """The sources as given, each as `public_place` has it."""
        return cls(
            tracking=tracking and public_place(tracking),
            repository=repository and public_place(repository),
            remote=remote and public_place(remote),
        )


class Templates(Record):
    """Whose look the card's HTML and PDF have, where it is not Affidavit's own.

    Attributes:
        name: as brand.toml has it; empty where it has none.
        sha256: over the folder's files, as docs/branding.md says.
    """

    name: Annotated[str, StringConstraints(max_length=80)]
    sha256: Sha256


class SealPredicate(Record):
    """The predicate of `urn:affidavit:seal:1`.

    Attributes:
        alias: as asked for, where the build was asked for an alias.
        as_of: the day that assessments are about.
        started_on, finished_on: UTC, to the second, by the builder's clock: claimed, not proved.
        isolation: how the model was held while it ran, in words; "not run" where it did not.
        host: the builder's platform, not its name: `linux`.
        templates: the foreign look that was used; None for Affidavit's own.
        tools: name to version of what the numbers and cards were made with.
    """

    schema_: Literal["affidavit/seal"] = Field(default="affidavit/seal", alias="schema")
    version: Literal[1] = 1
    subject: SubjectVersion
    alias: str | None = None
    evidence_id: Sha256
    builder: Builder
    as_of: Day
    started_on: Instant
    finished_on: Instant
    isolation: str
    host: str
    tools: dict[str, str] = Field(default_factory=dict)
    sources: SealSources = SealSources()
    templates: Templates | None = None


P = TypeVar("P", bound=Record)


def read_predicate(model: type[P], predicate: Mapping[str, Json], name: str) -> P:
    """The predicate of a signed statement, as a record of ours.

    Args:
        model: of its kind.
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of this version; names the first fault.
    """
    try:
        return model.model_validate_json(json.dumps(dict(predicate)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"]) or "as a whole"
        raise BundleError(
            f"{name}: what it says is not of its form", f"{where}: {first['msg']}"
        ) from error


def public_place(location: str) -> str:
    """A location as it may travel: without credentials, and without folders of this machine.

    A path and a file: address become `local folder`; of a SQLite file its name stays.
    """
    bare = without_credentials(location)
    found = _SCHEME.match(bare)
    if found is None:
        return bare if _SCP_LIKE.match(bare) else LOCAL_FOLDER
    scheme = found[1].lower()
    if scheme.partition("+")[0] == "sqlite":
        return f"{scheme}:///{_SLASH.split(bare)[-1]}"
    return LOCAL_FOLDER if scheme == "file" else bare


def without_credentials(location: str) -> str:
    """A location without user, password, query and fragment, which may all hold secrets.

    `git@host:path` keeps its user, who is not a secret.
    """
    found = _ADDRESS.fullmatch(location)
    if found is None:
        return location if _SCP_LIKE.match(location) else location.partition("?")[0]
    return found["scheme"] + found["place"]
