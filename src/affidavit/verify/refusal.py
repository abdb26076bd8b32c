"""Whether findings are the ones that a trusted signer signed: why no bundle was built.

The same statement covers findings.json, its subject, and the page beside it, by the page's digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from affidavit.bundle.findings import (
    FINDINGS,
    MAX_FINDINGS_BYTES,
    MAX_PAGE_BYTES,
    Findings,
    FindingsPredicate,
    predicate_of,
    read_findings,
    read_findings_predicate,
)
from affidavit.bundle.layout import MAX_STATEMENT_BYTES
from affidavit.errors import BundleError, UsageError
from affidavit.evidence import Record, Sha256
from affidavit.printable import printable
from affidavit.verify.checks import ASK_AGAIN, Check, Fault, Ledger
from affidavit.verify.expectations import Expectations
from affidavit.verify.proof import open_plain
from affidavit.verify.proving import EXIT_CODES, FileWord, file_word
from affidavit.verify.seals import GET_ROOT_ANEW, no_time_fault
from affidavit.verify.statements import Statement, StatementSeen, read_given
from affidavit.verify.trust import SEALER, PinnedKey, Trust
from affidavit.verify.verdict import TrustUsed, trust_used
from affidavit.verify.windows import clock

_ASK_SIGNER: Final = f"decide whether this signer may say so: the role {SEALER} in trust.toml"


class FindingsVerdict(Record):
    """What was found of a findings.json, or of its page.

    Attributes:
        file: its name, as it was given. sha256: as it is.
        is_page: whether it is the page.
        findings: what the record says; None of the page, and where it cannot be read.
        signed: what the statement says of both; None where it is not over this file.
        statement: the signed statement; `by` is given only if a pinned key made it.
        day: for which it was judged, YYYY-MM-DD, UTC.
    """

    schema_: Literal["affidavit/findings-verdict"] = Field(
        default="affidavit/findings-verdict", alias="schema"
    )
    version: Literal[1] = 1
    word: FileWord
    exit_code: int
    file: str
    sha256: Sha256
    is_page: bool
    findings: Findings | None
    signed: FindingsPredicate | None
    statement: StatementSeen | None
    trust: TrustUsed | None
    day: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "failed")

    @property
    def not_run(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "not-run")


def verify_findings(
    file: Path,
    proof: Path,
    *,
    trust: Trust | None,
    wanted: Expectations,
    as_of: str | None = None,
    now: datetime | None = None,
) -> FindingsVerdict:
    """Check a findings.json, or its page, against the signed statement beside it.

    Args:
        file: the findings, as JSON or as the page.
        proof: the file of the statement.
        trust: pinned signers; None if none were given, which is at best *intact*.
        wanted: the version as it was asked for, and nothing else.
        as_of: the day for which it is judged, YYYY-MM-DD; None is today, UTC.
        now: the reader's clock; None asks it, or takes the end of `as_of`.

    Raises:
        UsageError: a file that cannot be read; an expectation that findings cannot meet.
    """
    if wanted != Expectations(subject=wanted.subject):
        raise UsageError("of what is expected, findings have the version alone", fix="--expect")
    ledger, at = Ledger(), now or clock(as_of)
    content = _read(file, MAX_PAGE_BYTES)
    given = _Given(
        printable(file.name), content, hashlib.sha256(content).hexdigest(),
        is_page=content.startswith(b"<"),
    )  # fmt: skip
    proved = _read(proof, MAX_STATEMENT_BYTES)
    (statement, *_) = read_given({printable(proof.name): proved}, trust, ledger, at) or (None,)
    findings = None if given.is_page else _findings(given, ledger)
    signed = None
    if statement is not None:
        faults = list(_subject_faults(statement, given, findings))
        ledger.run("findings", f"the signed statement is over {given.what}", iter(faults))
        signed = None if faults else read_findings_predicate(
            statement.signed.predicate, statement.path
        )  # fmt: skip
        _check_signer(statement, trust, ledger)
    if wanted.subject is not None and (told := findings or signed) is not None:
        _check_version(str(wanted.subject), told, ledger)
    is_trusted = trust is not None and statement is not None and statement.key is not None
    word = file_word(ledger.checks, is_trusted=is_trusted)
    return FindingsVerdict(
        word=word, exit_code=EXIT_CODES[word], file=given.name, sha256=given.sha256,
        is_page=given.is_page, findings=findings, signed=signed,
        statement=statement.seen if statement else None,
        trust=trust_used(trust), day=as_of or at.date().isoformat(), checks=ledger.checks,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Given:
    """The file whose statement is asked for."""

    name: str
    content: bytes
    sha256: str
    is_page: bool

    @property
    def what(self) -> str:
        return "this very page" if self.is_page else "these very findings"


def _check_version(expected: str, told: Findings | FindingsPredicate, ledger: Ledger) -> None:
    """The version as it was asked for; or, where that was by alias, the one that it was."""
    found = {told.asked}
    if told.subject is not None:
        found.add(f"models:/{told.subject.name}/{told.subject.version}")
    if expected in found:
        ledger.passed("expected-subject", f"it is about {told.asked}")
    else:
        fault = Fault("the findings are about another version", None, expected, told.asked)
        ledger.failed("expected-subject", fault)


def _read(path: Path, limit: int) -> bytes:
    try:
        with open_plain(path) as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error)) from error
    if len(content) > limit:
        raise UsageError(f"{path} is larger than {limit} bytes", "no such file is")
    return content


def _findings(given: _Given, ledger: Ledger) -> Findings | None:
    if len(given.content) > MAX_FINDINGS_BYTES:
        raise UsageError(
            f"{given.name} is larger than {MAX_FINDINGS_BYTES} bytes", "no such file is"
        )
    try:
        return read_findings(given.content, given.name)
    except BundleError as error:
        ledger.failed("record", Fault(str(error), given.name, fix=ASK_AGAIN))
        return None


def _subject_faults(
    statement: Statement, given: _Given, findings: Findings | None
) -> Iterator[Fault]:
    signed, path = statement.signed, statement.path
    if signed.kind != "findings":
        yield Fault(f"{path} is no statement on findings", path, "findings", signed.kind, ASK_AGAIN)
        return
    if signed.subject_name != FINDINGS:
        yield Fault(f"{path} is about another file", path, FINDINGS, signed.subject_name, ASK_AGAIN)
    try:
        said = read_findings_predicate(signed.predicate, path)
    except BundleError as error:
        yield Fault(str(error), path, fix=ASK_AGAIN)
        return
    expected = said.page if given.is_page else signed.subject_sha256
    if expected != given.sha256:
        yield Fault(
            "this is not the page that was signed" if given.is_page
            else "these are not the findings that were signed", path,
            f"sha256 {expected}", f"sha256 {given.sha256}", ASK_AGAIN,
        )  # fmt: skip
        return
    if findings is None:
        return
    told = predicate_of(findings, said.page)
    if told != said:
        yield Fault(
            f"{path} says other things than the findings", path,
            f"{said.contradictions} of {said.asked}, {said.made_on}",
            f"{told.contradictions} of {told.asked}, {told.made_on}",
        )  # fmt: skip


def _check_signer(statement: Statement, trust: Trust | None, ledger: Ledger) -> None:
    path, key = statement.path, statement.key
    if trust is None:
        ledger.not_run(
            "signature", "no key was given, so the signature was not checked", path=path,
            fix="affidavit verify --key SIGNER.pub, with a key that you have from the signer",
            required=False,
        )  # fmt: skip
    elif statement.revoked is not None:
        ledger.failed("revoked", Fault(
            "the statement, or the key that made it, was revoked", path, "not revoked",
            statement.revoked,
        ))  # fmt: skip
    elif key is None and statement.made_by.stale is not None:
        ledger.not_run("trusted-root", statement.made_by.stale, path=path, fix=GET_ROOT_ANEW)
    elif key is None:
        ledger.failed("signer", Fault(
            f"no signer that you trust signed these findings: {statement.why_nobodys}", path,
            f"a {SEALER}", statement.fingerprint, _ASK_SIGNER,
        ))  # fmt: skip
    elif SEALER not in key.roles:
        ledger.failed("signer", Fault(
            f"{key.name} signed the findings and is not pinned as {SEALER}", path, SEALER,
            ", ".join(sorted(key.roles)), _ASK_SIGNER,
        ))  # fmt: skip
    else:
        _check_enough(statement, trust, key, ledger)


def _check_enough(statement: Statement, trust: Trust, key: PinnedKey, ledger: Ledger) -> None:
    """A time where the trust requires one, and as many signers: here there is one statement."""
    path, known = statement.path, statement.made_by.known
    if trust.requires_time and known.time is None:
        ledger.failed("timestamp", no_time_fault("statement", statement, trust))
        return
    if known.time is not None:
        ledger.passed(
            "timestamp", f"the statement was there at this time, by the clock of {known.by}",
            path=path, found=f"{known.time:%Y-%m-%d %H:%M:%S} UTC",
        )  # fmt: skip
    ledger.passed("signer", f"{key.name} is pinned as {SEALER}", path=path)
    if trust.required > 1:
        ledger.not_run(
            "signers", f"{trust.required} signers that you trust are required, and one statement "
            "can show one", path=path,
            fix="verify the statement of each other signer too, by a trust.toml that requires one",
        )  # fmt: skip
