"""What a check says: a value, never an exception. What could not run is not a pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from affidavit.evidence import Record

CheckStatus = Literal["passed", "failed", "not-run"]

ASK_AGAIN = "do not use this copy; ask the sender again and compare sha256"
BUILD_AGAIN = "the signed record contradicts itself: ask its signer to build it again"
UPDATE = "verify with a newer affidavit"
_MAX_TOLD = 200
_MAX_FAULTS = 1000  # of one check; a bundle can be made to have as many as it has bytes


class Check(Record):
    """The result of one check, on one file where it names one.

    Attributes:
        id: stable, for machines: `payload-digest`, `arithmetic`.
        path: the file in the bundle, without its top folder.
        required: a required check that did not run leaves the verdict undecided.
    """

    id: str
    status: CheckStatus
    what: str
    path: str | None = None
    expected: str | None = None
    found: str | None = None
    fix: str | None = None
    required: bool = True


class Fault(NamedTuple):
    """One thing that a check found wrong."""

    what: str
    path: str | None = None
    expected: str | None = None
    found: str | None = None
    fix: str = BUILD_AGAIN


def derivable(path: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults; and one more, the last, where numbers of the bundle defeat the formulas.

    No rows have such numbers: what cannot be derived from them is refuted, and no bug of ours.
    """
    try:
        yield from faults
    except (ArithmeticError, ValueError) as error:
        yield Fault(
            f"{path} has numbers from which nothing can be derived", path, "numbers of real rows",
            str(error)[:_MAX_TOLD],
        )  # fmt: skip


def few(faults: Iterable[Fault], most: int = 100) -> Iterator[Fault]:
    """The first faults, and one that says how many more there are; these are counted, not kept."""
    count, last = 0, None
    for count, last in enumerate(faults, 1):
        if count <= most:
            yield last
    if last is not None and count > most:
        yield Fault(f"{count - most} more faults like these", last.path, "none", str(count))


class Ledger:
    """The checks so far, in the order in which they ran."""

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._failed: set[tuple[str, str | None, str]] = set()

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(self._checks)

    def run(self, check_id: str, claim: str, faults: Iterable[Fault], *, found: str = "") -> bool:
        """Record a failed check for each fault, or one passed check with the claim.

        Of very many faults the first are told, and how many more there are.
        """
        clean = True
        for fault in few(faults, _MAX_FAULTS):
            clean = False
            self.failed(check_id, fault)
        if clean:
            self.passed(check_id, claim, found=found or None)
        return clean

    def passed(
        self, check_id: str, what: str, *, path: str | None = None, found: str | None = None
    ) -> None:
        """What holds, in words."""
        self._checks.append(Check(id=check_id, status="passed", what=what, path=path, found=found))

    def failed(self, check_id: str, fault: Fault) -> None:
        """What does not hold; the same fault of the same file is said once."""
        key = (check_id, fault.path, fault.what)
        if key in self._failed:
            return
        self._failed.add(key)
        self._checks.append(
            Check(
                id=check_id, status="failed", what=fault.what, path=fault.path,
                expected=fault.expected, found=fault.found, fix=fault.fix,
            )
        )  # fmt: skip

    def not_run(
        self,
        check_id: str,
        why: str,
        *,
        path: str | None = None,
        fix: str | None = None,
        required: bool = True,
    ) -> None:
        """What could not be looked at, and why."""
        self._checks.append(
            Check(id=check_id, status="not-run", what=why, path=path, fix=fix, required=required)
        )

    def has_failed(self, check_id: str, path: str | None = None) -> bool:
        """Whether a check of this id has failed, for this file where one is given."""
        return any(i == check_id and path in (None, p) for i, p, _ in self._failed)
