"""Which files were taken out of a bundle, and whether somebody who may do so signed that.

A file that the manifest lists and that is not there was withheld if a signer of the reader's with
the role `discloser` says so, over this very root; else the bundle is incomplete. Without trust
nobody's word counts: then it is said which files are missing, and that nobody vouches for why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from affidavit.bundle.layout import (
    CARD_JSON,
    CHALLENGER,
    CONFIG,
    DECISIONS,
    EVIDENCE,
    EXPECTATIONS,
    EXPLAINABILITY,
    REPORTS,
    SUITES,
    TAG_MANIFEST,
)
from affidavit.bundle.withheld import WithheldPredicate, read_withheld
from affidavit.commit_record import COMMIT_JSON, DVC_LISTINGS, PACK
from affidavit.errors import BundleError
from affidavit.evidence import Record
from affidavit.run_record import FOLDER as RUN
from affidavit.scan_record import SCAN
from affidavit.verify.checks import ASK_AGAIN, Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.seals import GET_ROOT_ANEW
from affidavit.verify.statements import Statement, Statements
from affidavit.verify.trust import Trust

DISCLOSER: Final = "discloser"
_ASK_FOR_STATEMENT: Final = (
    "ask the sender for a whole bundle, or for one whose discloser you trust"
)
_REPORTED: Final = (CONFIG, f"{REPORTS}/")
_LOGGED: Final = (*_REPORTED, f"{RUN}/")
# What a check reads beside evidence.json, items.json and the controls: files, and folders.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "provenance-record": (COMMIT_JSON, f"{RUN}/"),
    "declared": (CONFIG, COMMIT_JSON),
    "commit": (PACK, COMMIT_JSON),
    "tracked-data": (PACK, COMMIT_JSON, CONFIG, f"{DVC_LISTINGS}/"),
    "arithmetic": _REPORTED,
    "stability": _REPORTED,
    "data-check": (*_REPORTED, EXPECTATIONS, f"{SUITES}/", COMMIT_JSON),
    "logged-number": _LOGGED,
    "hold": _REPORTED,
    "favourable": _REPORTED,
    "card": (*_LOGGED, CARD_JSON, EXPLAINABILITY, CHALLENGER),
    "explanation": (CONFIG, EXPLAINABILITY),
    "challenger": (*_REPORTED, CHALLENGER),
}
# In reports/, and read only by the checks that name them.
_ASIDE: Final = frozenset([SCAN, EXPLAINABILITY, DECISIONS, CHALLENGER])
# Records and tables; figures beside them are read by no check, nor is the scan by these.
_READ: Final = (".json", ".csv", ".toml", ".pack")


class WithheldHere(Record):
    """A file that is not there, and that somebody says was withheld.

    Attributes:
        by: the discloser's name in the reader's trust; None where no trust was given, and then
            nobody vouches for any of it.
        profile: for whom the bundle was cut down so, in the discloser's words.
    """

    path: str
    reason: str
    profile: str
    by: str | None


class _NotCounted(NamedTuple):
    """A statement that explains nothing, and why; `stale` where a root too old decides of it."""

    path: str
    why: str
    names: frozenset[str]
    stale: str | None


@dataclass(slots=True, kw_only=True)
class _Told:
    """What statements of withholding say, path by path, and those that do not count."""

    files: SignedFiles
    root: str
    trust: Trust | None
    by_path: dict[str, WithheldHere] = field(default_factory=dict)
    left: list[_NotCounted] = field(default_factory=list)

    def take(self, statement: Statement, ledger: Ledger) -> None:
        """Its files are explained, or why it does not count is kept for the fault."""
        signed, path = statement.signed, statement.path
        if (signed.subject_name, signed.subject_sha256) != (TAG_MANIFEST, self.root):
            return  # `statement-subject` refutes it
        why = _why_not_counted(statement, self.trust)
        try:
            said = read_withheld(signed.predicate, path)
        except BundleError as error:
            if why is None:
                ledger.failed("withheld", Fault(str(error), path, fix=ASK_AGAIN))
            return
        if why is not None:
            named = frozenset(f.path for f in said.files)
            self.left.append(_NotCounted(path, why, named, statement.made_by.stale))
            return
        faults = list(_faults(path, said, self.files, self.root))
        for fault in faults:
            ledger.failed("withheld", fault)
        by = statement.key.name if statement.key else None
        for file in said.files if not faults else ():
            here = WithheldHere(path=file.path, reason=file.reason, profile=said.profile, by=by)
            self.by_path.setdefault(file.path, here)


def check_withheld(
    statements: Statements, files: SignedFiles, root: str, trust: Trust | None, ledger: Ledger
) -> tuple[SignedFiles, tuple[WithheldHere, ...]]:
    """Every file that is listed is there, or was withheld by who may.

    Args:
        statements: of the bundle; their signatures were checked.
        files: as the manifest lists them.
        root: of this bundle.
        trust: pinned signers, or None.
        ledger: gains `incomplete`, and `withheld` where something is.

    Returns:
        The files, which know what is withheld or may be; and what is, sorted by path.
    """
    told = _Told(files=files, root=root, trust=trust)
    for statement in statements.all:
        if statement.signed.kind == "withheld":
            told.take(statement, ledger)
    missing = sorted(set(files.listed) - set(files.archive.names), key=str.encode)
    unexplained = [path for path in missing if path not in told.by_path]
    undecided = _undecided(unexplained, told.left, ledger)
    ledger.run(
        "incomplete", "every file that the manifest lists is there, or was withheld",
        (_gone(path, told.left) for path in unexplained if path not in undecided),
    )  # fmt: skip
    here = tuple(told.by_path[path] for path in missing if path in told.by_path)
    if here and trust is None:
        ledger.not_run(
            "withheld", f"{len(here)} files are not there; a statement says that they were "
            "withheld, and no key was given to check its signature",
            fix="affidavit verify --trust, with a [[signer]] who has the role discloser",
            required=False,
        )  # fmt: skip
    elif here:
        ledger.passed(
            "withheld", "each file that is not there was withheld by a discloser that you trust",
            found=f"{len(here)} files",
        )  # fmt: skip
    return replace(files, withheld=undecided.union(h.path for h in here)), here


def _undecided(missing: list[str], left: list[_NotCounted], ledger: Ledger) -> frozenset[str]:
    """Files that were withheld, or were not: of that only a root that is too old could decide."""
    found: set[str] = set()
    for one in left:
        if one.stale is not None and (named := one.names.intersection(missing)):
            more = f" and {len(named) - 1} more" if len(named) > 1 else ""
            ledger.not_run(
                "trusted-root",
                f"{one.stale}: whether {min(named)}{more} was withheld is left open",
                path=one.path, fix=GET_ROOT_ANEW,
            )  # fmt: skip
            found |= named
    return frozenset(found)


def _why_not_counted(statement: Statement, trust: Trust | None) -> str | None:
    if trust is None:
        return None  # nothing is believed then, and the verdict says so
    if statement.key is None:
        return statement.why_nobodys
    if statement.revoked is not None:
        return f"revoked: {statement.revoked}"
    if DISCLOSER not in statement.key.roles:
        return f"{statement.key.name} is not pinned as {DISCLOSER}"
    return None


def _faults(path: str, said: WithheldPredicate, files: SignedFiles, root: str) -> Iterator[Fault]:
    if said.root != root:
        yield Fault(f"{path} names another root than it is about", path, root, said.root, ASK_AGAIN)
    if said.evidence_id != files.listed.get(EVIDENCE):
        yield Fault(
            f"{path} names other evidence than this bundle's", path, files.listed.get(EVIDENCE),
            said.evidence_id, ASK_AGAIN,
        )  # fmt: skip
    for file in said.files:
        if file.path not in files.listed:
            yield Fault(
                f"{path} withholds a file that was never in the bundle", file.path,
                "a file that the manifest lists", "not listed", ASK_AGAIN,
            )  # fmt: skip


def _gone(path: str, left: list[_NotCounted]) -> Fault:
    named = next((n for n in left if path in n.names), None)
    if named is None:
        return Fault(f"{path} is listed and not there: it was taken out", path, "there",
                     "not there", ASK_AGAIN)  # fmt: skip
    return Fault(
        f"{path} was taken out by nobody who may: {named.why}", path,
        f"there, or withheld by a {DISCLOSER} that you trust", f"not there; {named.path} names it",
        _ASK_FOR_STATEMENT,
    )  # fmt: skip


def lacks(files: SignedFiles, ledger: Ledger, *checks: str) -> bool:
    """Whether what is withheld keeps the first of these checks from running; all are then said so.

    Args:
        files: that know what is withheld.
        ledger: gains each check as not run; none of them is required then.
        checks: ids that stand or fall together.
    """
    gone = [p for p in sorted(files.withheld) if _is_needed(p, _NEEDS[checks[0]])]
    for check in checks if gone else ():
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        ledger.not_run(
            check, f"{check} needs what is withheld: {gone[0]}{more}", path=gone[0], required=False
        )
    return bool(gone)


def _is_needed(path: str, needs: tuple[str, ...]) -> bool:
    if path in _ASIDE:
        return path in needs
    if not path.endswith(_READ):
        return False
    return any(path == need or (need.endswith("/") and path.startswith(need)) for need in needs)
