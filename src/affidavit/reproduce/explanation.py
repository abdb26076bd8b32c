"""The explanation of one row: which bundle, which model, whose score, and then why.

Schema `affidavit/explanation`, version 1; docs/schemas/explanation.json is generated from these
classes. It is personal data of the person concerned, and never goes into a bundle.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final, Literal

from pydantic import Field

from affidavit.evidence import Record, Sha256, Subject
from affidavit.explanation_record import Decision, Decisions
from affidavit.reproduce.closeness import score_status
from affidavit.reproduce.record import EnvironmentUsed, IsolationUsed, Machine

Outcome = Literal["EXPLAINED", "EXPLAINED IN PART", "SCORE DIFFERS"]
TOLERANCE: Final = "1e-9"
ANOTHER: Final = "another version, or other inputs"
_EXPLAINED, _DIFFERS, _INTACT, _UNDECIDED = 0, 1, 3, 4


class LoggedScore(Record):
    """The score of the decision, as it was logged then, beside what the model gives now.

    Attributes:
        logged, now: as text with the digits that were given; of the decided class, for several.
        status: by `tolerance`, of a score's own size or of 1.
        note: what else is known of a difference.
    """

    logged: str
    now: str
    status: Literal["equal", "within", "different"]
    tolerance: str = TOLERANCE
    note: str | None = None


class CaseGiven(Record):
    """A case that is not in the bundle's data: the file that it was given in."""

    file: str
    sha256: Sha256


class Explanation(Record):
    """What `affidavit explain` writes.

    Attributes:
        outcome: SCORE DIFFERS where the logged score is not what the model gives now: then what
            follows may not be about that decision. IN PART where something is in
            `explained.lacking`.
        verified: the word of the verdict on the bundle, before anything was loaded.
        signed_by: the pinned signer's name; absent where nobody was pinned.
        overridden: what was lacking, and accepted by --run-untrusted-model.
        row: its id; of a case, what its file is called.
        role: whose data the row is from; `case` where it was given.
        decided: the day of the decision, as it was given, YYYY-MM-DD.
        logged_score: absent where none was given, so that nothing was compared.
        before_registration: the day that this version was registered, where the decision is older:
            then it decided nothing, or was registered late.
        at: when it was explained.
    """

    schema_: Literal["affidavit/explanation"] = Field(
        default="affidavit/explanation", alias="schema"
    )
    version: Literal[1] = 1
    outcome: Outcome
    exit_code: int
    bundle: str
    root: str | None
    evidence_id: str | None
    subject: Subject
    verified: str
    signed_by: str | None = None
    overridden: tuple[str, ...] = ()
    isolation: IsolationUsed
    environment: EnvironmentUsed | None = None
    machine: Machine
    tools: dict[str, str] = Field(default_factory=dict)
    at: str
    row: str
    role: str
    case: CaseGiven | None = None
    decided: str | None = None
    logged_score: LoggedScore | None = None
    before_registration: str | None = None
    explained: Decisions

    @property
    def decision(self) -> Decision:
        """The one decision."""
        return self.explained.decisions[0]


def compared_with_log(logged: str, now: float) -> LoggedScore:
    """A logged score, as it was written, beside the one that the model gives now."""
    ours = repr(now)
    status = score_status(logged, ours)
    note = None
    if status not in ("equal", "within"):
        decimals = len(logged.partition(".")[2]) if "e" not in logged.lower() else 0
        if decimals and f"{now:.{decimals}f}" == logged:
            note = f"equal to the {decimals} decimals given; give the whole score to be sure"
        return LoggedScore(logged=logged, now=ours, status="different", note=note)
    return LoggedScore(logged=logged, now=ours, status="equal" if status == "equal" else "within")


def registered_after(decided: str | None, subject: Subject) -> str | None:
    """The day of registration, YYYY-MM-DD, where the decision was made before it."""
    if decided is None or subject.created_at is None:
        return None
    registered = subject.created_at.astimezone(UTC).date().isoformat()
    return registered if decided < registered else None


def outcome_of(logged: LoggedScore | None, explained: Decisions) -> Outcome:
    """What the result is called."""
    if logged is not None and logged.status == "different":
        return "SCORE DIFFERS"
    return "EXPLAINED IN PART" if explained.lacking else "EXPLAINED"


def exit_code(outcome: Outcome, *, is_trusted: bool) -> int:
    """As for recheck: 1 different, 4 not all was run, 3 nobody vouches for it, else 0."""
    if outcome == "SCORE DIFFERS":
        return _DIFFERS
    if outcome == "EXPLAINED IN PART":
        return _UNDECIDED
    return _EXPLAINED if is_trusted else _INTACT
