"""recheck.json: what a bundle says, beside what its model and data gave when they were run again.

Schema `affidavit/recheck`, version 1; docs/schemas/recheck.json is generated from these classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field

from affidavit.bundle.recheck import Tally
from affidavit.evidence import ItemKind, Record, Sha256, Subject

Status = Literal["equal", "within", "different", "missing", "extra", "not-run"]
Answer = Literal["EQUAL", "DIFFERENT", "EQUAL AS FAR AS RUN", "NOT RUN"]
# A quick look is never called what a recheck is called.
Outcome = Literal[
    Answer, "SAMPLE EQUAL", "SAMPLE DIFFERENT", "SAMPLE EQUAL AS FAR AS RUN", "SAMPLE NOT RUN"
]
_SAMPLED: Final[dict[Answer, Outcome]] = {
    "EQUAL": "SAMPLE EQUAL", "DIFFERENT": "SAMPLE DIFFERENT",
    "EQUAL AS FAR AS RUN": "SAMPLE EQUAL AS FAR AS RUN", "NOT RUN": "SAMPLE NOT RUN",
}  # fmt: skip
How = Literal["lock", "named", "own"]

TOLERANCE: Final = (
    "numbers from counts: one unit in the twelfth digit; from scores: 1e-9 of their size, near 0 "
    "1e-12; scores: 1e-9"
)
_INTACT, _EQUAL, _DIFFERENT, _UNDECIDED = 3, 0, 1, 4


def tally(statuses: Iterable[Status]) -> Tally:
    """Count statuses."""
    counted = dict.fromkeys(Tally.model_fields, 0)
    for status in statuses:
        counted[status.replace("-", "_")] += 1
    return Tally(**counted)


def total(tallies: Iterable[Tally]) -> Tally:
    """Several tallies as one."""
    given = list(tallies)
    return Tally(**{k: sum(getattr(t, k) for t in given) for k in Tally.model_fields})


class Difference(Record):
    """One value that is not equal.

    Attributes:
        path: the file in the bundle, `data/reports/performance.json`; `data/evidence.json` for a
            finding.
        what: the number's id, the cell, the row, or the part of the report.
        field: of the number or the row: `value`, `low`, `score`; empty where there is one only.
        signed, recomputed: as text; absent where that side has none.
    """

    path: str
    what: str
    field: str = ""
    status: Status
    signed: str | None = None
    recomputed: str | None = None


class Compared(Record):
    """One file of the bundle beside the recomputed one; the findings stand as evidence.json.

    Attributes:
        status: the worst of what is in it.
        same_bytes: whether the two files are equal byte by byte.
        numbers: of a report, by number.
        others: other values of a report, cells and rows of a table, findings.
    """

    path: str
    kind: ItemKind
    role: str | None = None
    status: Status
    same_bytes: bool = False
    numbers: Tally = Tally()
    others: Tally = Tally()


class NotRun(Record):
    """What could not be looked at, why, and what to do about it."""

    what: str
    why: str
    fix: str = ""


class PinDiffers(Record):
    """A package of the model's requirements that is here in another version, or not at all."""

    name: str
    expected: str
    found: str | None


class EnvironmentUsed(Record):
    """What the model was run with.

    Attributes:
        how: built from the bundle's `lock`; `named` by whoever ran the recheck; or Affidavit's
            `own`, since the bundle has no lock.
        lock_sha256: of the bundle's worker.lock.
        wheels: whether the packages came from the bundle itself.
        differs: of `own`, what is not as the model's requirements say.
    """

    how: How
    about: str
    lock_sha256: Sha256 | None = None
    wheels: bool = False
    differs: tuple[PinDiffers, ...] = ()


class IsolationUsed(Record):
    """What shut the model in.

    Attributes:
        level: as it was found on this machine.
        used: in words, as the worker was started; empty where no model was run.
        lacking: what this level does not stop.
    """

    level: str
    used: str
    lacking: str = ""


class Machine(Record):
    """Where it was run."""

    system: str
    architecture: str
    python: str


class SampleTaken(Record):
    """Of a quick look: the rows of each role that were scored, and how they were drawn."""

    rows: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]


class Recheck(Record):
    """The result of a recheck, or of a quick look at a sample of rows.

    Attributes:
        sample: of a quick look; absent for a recheck.
        outcome: EQUAL only where everything was run and nothing is beyond the tolerance; of a
            quick look it begins with SAMPLE.
        verified: the word of the verdict on the bundle, before anything was loaded.
        signed_by: the pinned signer's name; absent where nobody was pinned.
        overridden: what was lacking, and accepted by --run-untrusted-model.
        first: the first file that is not what the bundle says, in the order of paths.
    """

    schema_: Literal["affidavit/recheck"] = Field(default="affidavit/recheck", alias="schema")
    version: Literal[1] = 1
    outcome: Outcome
    exit_code: int
    sample: SampleTaken | None = None
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
    tolerance: str = TOLERANCE
    numbers: Tally
    others: Tally
    first: str | None = None
    compared: tuple[Compared, ...] = ()
    differences: tuple[Difference, ...] = ()
    not_run: tuple[NotRun, ...] = ()

    @property
    def found(self) -> Answer:
        """The outcome, whether of a recheck or of a quick look."""
        return next((k for k, v in _SAMPLED.items() if self.outcome in (k, v)), "NOT RUN")


def outcome_of(found: Answer, sample: SampleTaken | None) -> Outcome:
    """What the result is called."""
    return found if sample is None else _SAMPLED[found]


def found_in(compared: Iterable[Compared], not_run: Iterable[NotRun]) -> Answer:
    """What the parts add up to: nothing is equal by absence."""
    statuses = {c.status for c in compared}
    if statuses & {"different", "missing", "extra"}:
        return "DIFFERENT"
    if not statuses & {"equal", "within"}:
        return "NOT RUN"
    if "not-run" in statuses or any(True for _ in not_run):
        return "EQUAL AS FAR AS RUN"
    return "EQUAL"


def exit_code(found: Answer, *, is_trusted: bool) -> int:
    """As for verify: 0 equal, 1 different, 3 equal and nobody vouches for it, 4 undecided."""
    if found == "DIFFERENT":
        return _DIFFERENT
    if found != "EQUAL":
        return _UNDECIDED
    return _EQUAL if is_trusted else _INTACT
