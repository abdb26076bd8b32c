"""The inventory of many bundles, as `affidavit index --json` prints it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from affidavit.evidence import Record
from affidavit.standing import Status

# What an index looked at, for every form of it to say.
_READ: Final = "evidence.json, the declarations and the assessments of controls"
_REST: Final = "other files were not read. affidavit verify checks all of a bundle."
CHECKED: Final = f"Of each bundle the signature, the manifests, {_READ} were checked; {_REST}"
WITHOUT_KEY: Final = (
    f"No key was given, so no signature was checked. Of each bundle {_READ} were held against its "
    f"own manifests; {_REST}"
)
CHECKED_SHORT: Final = "signature and evidence.json; other files not read"
EXPIRES_SOON_DAYS: Final = 90
VALIDATOR: Final = "validator"

Looked = Literal["seal-holds", "not-checked"]
ProblemKind = Literal["refuted", "undecided", "unreadable"]
AttestationState = Literal["valid", "expires-soon", "expired", "revoked", "not-weighed"]


class Attested(Record):
    """An attestation in a bundle. Only one by a pinned key is ever weighed.

    Attributes:
        controls: those that it answers, as far as it names them. no_to: those answered with no.
        role: as the statement says it.
        by: the pinned key's name; None where no pinned key made it.
        expires_on: YYYY-MM-DD; None where the statement gives no day that can be read.
    """

    state: AttestationState
    controls: tuple[str, ...] = ()
    no_to: tuple[str, ...] = ()
    role: str | None = None
    by: str | None = None
    expires_on: str | None = None


class Change(Record):
    """What differs from the last version that a pinned validator attested.

    Attributes:
        since: that version. since_bundle: its file.
        parts: what differs: `model`, `commit`, `data (evaluation)`, `environment`, `parameters`,
            `configuration`, `declarations`; empty where all of these are the same.
        findings_new, findings_gone: gaps and exceptions of one version alone.
    """

    since: str
    since_bundle: str
    parts: tuple[str, ...]
    findings_new: int
    findings_gone: int


class Version(Record):
    """One bundle of a model version.

    Attributes:
        bundle: its file, below the folder that was looked through.
        looked: `seal-holds` by a signer whom the reader trusts; `not-checked` where no key was
            given, and then nobody vouches for the row.
        same_evidence_as: other bundles of the same evidence id.
        owner, tier: as declared; None where they are not.
        as_of: the day that the assessments are about. sealed_at: when the build ended, UTC. Both as
            the seal says them, and no trusted time.
        controls: how many controls have each status, over all catalogs: as of the day where trust
            was given, else as sealed.
        catalogs: their names.
        next_expiry: the first day on which an attestation that still holds ends.
        signed_by: the pinned key's name. fingerprint: the key that the seal names.
        validated_by: the pinned validators who attested this evidence, and answered nothing with
            no.
        change: None where no earlier version was validated by a key that the reader trusts.
    """

    bundle: str
    looked: Looked
    version: str
    created_at: str | None
    evidence_id: str
    root: str
    same_evidence_as: tuple[str, ...] = ()
    owner: str | None = None
    tier: str | None = None
    as_of: str | None = None
    sealed_at: str | None = None
    gaps: int
    exceptions: int
    controls: dict[Status, int] = Field(default_factory=dict)
    catalogs: tuple[str, ...] = ()
    attestations: tuple[Attested, ...] = ()
    next_expiry: str | None = None
    signed_by: str | None = None
    fingerprint: str | None = None
    validated_by: tuple[str, ...] = ()
    change: Change | None = None


class Model(Record):
    """A registered model: its versions, the newest first."""

    name: str
    versions: tuple[Version, ...]


class Problem(Record):
    """A file that is no row of a model: refuted, of a newer format, or not to be read.

    Attributes:
        says: the model version that it says it is about; nobody vouches for that.
    """

    bundle: str
    kind: ProblemKind
    why: str
    expected: str | None = None
    found: str | None = None
    fix: str | None = None
    says: str | None = None


class Index(Record):
    """Every bundle below a folder.

    Attributes:
        checked: what was looked at, and what was not, in words.
        trust: where the trusted keys come from; None where none were given.
        as_of: the day on which attestations were held against their expiry, YYYY-MM-DD.
        bundles: files found.
        models: by name.
    """

    schema_: Literal["affidavit/index"] = Field(default="affidavit/index", alias="schema")
    version: Literal[1] = 1
    folder: str
    checked: str
    trust: str | None
    as_of: str
    bundles: int
    problems: tuple[Problem, ...] = ()
    models: tuple[Model, ...] = ()

    @property
    def rows(self) -> int:
        """Bundles that are rows of a model."""
        return sum(len(m.versions) for m in self.models)

    def count(self, kind: ProblemKind) -> int:
        """Problems of a kind."""
        return sum(p.kind == kind for p in self.problems)
