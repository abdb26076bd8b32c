"""Proving one file alone: by the manifest, that by the tag manifest, and that by a seal.

Nothing else of the bundle is looked at: no other file, no number, no control. The verdict says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from pydantic import Field

from affidavit.bundle.layout import EVIDENCE, MANIFEST, MAX_RECORD_BYTES, TAG_MANIFEST
from affidavit.bundle.manifest import parse_manifest
from affidavit.bundle.predicate import SubjectVersion
from affidavit.errors import BundleError, NewerFormat, UsageError
from affidavit.evidence import Record, Sha256
from affidavit.printable import printable
from affidavit.subject import ModelRef
from affidavit.verify.age import check_age
from affidavit.verify.checks import ASK_AGAIN, UPDATE, Check, Fault, Ledger
from affidavit.verify.clocks import roots_ending
from affidavit.verify.expectations import Expectations
from affidavit.verify.files import check_tag_files
from affidavit.verify.proof import Proof, open_plain, open_proof
from affidavit.verify.seals import check_seal, keys_ending
from affidavit.verify.statements import Statements, StatementSeen, check_other_statements
from affidavit.verify.trust import Trust
from affidavit.verify.verdict import SealSays, TrustUsed, seal_says, trust_used
from affidavit.verify.windows import clock

FileWord = Literal["FILE VERIFIED", "NOT VERIFIED", "INTACT, SIGNER NOT TRUSTED", "UNDECIDED"]
EXIT_CODES: Final[dict[FileWord, int]] = {
    "FILE VERIFIED": 0, "NOT VERIFIED": 1, "INTACT, SIGNER NOT TRUSTED": 3, "UNDECIDED": 4,
}  # fmt: skip
_CHUNK: Final = 1024 * 1024


class FileVerdict(Record):
    """What was found of one file.

    Attributes:
        file: its name, as it was given. sha256, size_bytes: as it is.
        paths: what files of the bundle have these very bytes.
        subject, evidence_id: of the bundle, as its seal says.
        seal: the seal; `seal.by` is given only if a pinned key made it.
        day: for which it was judged, YYYY-MM-DD, UTC.
    """

    schema_: Literal["affidavit/file-verdict"] = Field(
        default="affidavit/file-verdict", alias="schema"
    )
    version: Literal[1] = 1
    word: FileWord
    exit_code: int
    file: str
    sha256: Sha256
    size_bytes: int
    paths: tuple[str, ...]
    subject: SubjectVersion | None
    evidence_id: str | None
    root: str | None
    seal: StatementSeen | None
    seal_says: SealSays | None
    statements: tuple[StatementSeen, ...]
    trust: TrustUsed | None
    warnings: tuple[str, ...]
    day: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "failed")

    @property
    def not_run(self) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if c.status == "not-run")


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What a verdict is made of beside the checks."""

    sha256: str
    size_bytes: int
    root: str | None = None
    statements: Statements | None = None
    listed: Mapping[str, str] | None = None
    paths: tuple[str, ...] = ()


def verify_file(
    file: Path,
    proof: Path,
    *,
    trust: Trust | None,
    wanted: Expectations,
    as_of: str | None = None,
    now: datetime | None = None,
) -> FileVerdict:
    """Check that a file is one of a sealed bundle, byte for byte, without that bundle.

    Args:
        file: any file.
        proof: the folder that `affidavit show --extract` wrote.
        trust: pinned signers; None if none were given, which is at best *intact*.
        wanted: version, evidence and age; what needs the whole bundle is refused.
        as_of: the day for which it is judged, YYYY-MM-DD; None is today, UTC.
        now: the reader's clock; None asks it, or takes the end of `as_of`.

    Raises:
        UsageError: no such file or folder; an expectation that one file cannot meet.
    """
    if wanted.complete or wanted.model_dir is not None:
        raise UsageError(
            "--complete and --model-dir need the whole bundle", "--proof is about one file"
        )
    ledger, at = Ledger(), now or clock(as_of)
    sha256, size_bytes = _hashed(file)
    seen = _Seen(sha256=sha256, size_bytes=size_bytes)
    try:
        _examine(open_proof(proof), file.name, seen, ledger, trust=trust, now=at)
    except NewerFormat as error:
        ledger.not_run("format", str(error), fix=error.fix or UPDATE)
    except BundleError as error:
        ledger.failed("proof", Fault(str(error), fix=error.fix or ASK_AGAIN))
    if seen.statements is not None:
        _check_expected(wanted, seen.statements, at, ledger)
    return _verdict(file, seen, ledger, trust=trust, at=at, day=as_of or at.date().isoformat())


def _hashed(file: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with open_plain(file) as opened:
            while piece := opened.read(_CHUNK):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise UsageError(f"{file} cannot be read", error.strerror or str(error)) from error
    return digest.hexdigest(), size


def _examine(
    proof: Proof, name: str, seen: _Seen, ledger: Ledger, *, trust: Trust | None, now: datetime
) -> None:
    ledger.passed("proof", "the proof has the form of one")
    seen.root = proof.digest(TAG_MANIFEST)
    seen.statements = statements = check_seal(proof, trust, ledger, now)
    check_tag_files(proof, seen.root, statements.sealed_root, trust, ledger)
    listed = parse_manifest(proof.read(MANIFEST, MAX_RECORD_BYTES), MANIFEST)
    seen.listed = listed
    ledger.run("evidence-cited", "description and seal cite this evidence",
               _citation_faults(proof, statements, listed.get(EVIDENCE, "none")))  # fmt: skip
    seen.paths = tuple(path for path, digest in listed.items() if digest == seen.sha256)
    ledger.run("file", f"{name} is a file of the bundle, byte for byte",
               _file_faults(name, seen, listed))  # fmt: skip
    check_other_statements(
        statements, root=seen.root, evidence_id=listed.get(EVIDENCE), ledger=ledger
    )


def _file_faults(name: str, seen: _Seen, listed: Mapping[str, str]) -> Iterator[Fault]:
    """The file is listed; and under its own name, if any file of the bundle has this name."""
    called = [path for path in listed if PurePosixPath(path).name == name]
    if set(called) & set(seen.paths):
        return
    if called:
        yield Fault(
            f"{name} is not the file that was signed", called[0], f"sha256 {listed[called[0]]}",
            f"sha256 {seen.sha256}" + (f", which is {seen.paths[0]}" if seen.paths else ""),
            ASK_AGAIN,
        )  # fmt: skip
    elif not seen.paths:
        yield Fault(
            f"{name} is no file of this bundle", None, "a file that the manifest lists",
            f"sha256 {seen.sha256}", "take the proof that belongs to it",
        )  # fmt: skip


def _citation_faults(proof: Proof, statements: Statements, evidence_id: str) -> Iterator[Fault]:
    cited = [("bag-info.txt", proof.bag_info.evidence_id)]
    if statements.predicate is not None:
        cited.append(("the seal", statements.predicate.evidence_id))
    for where, found in cited:
        if found != evidence_id:
            yield Fault(f"{where} is about other evidence", where, evidence_id, found, ASK_AGAIN)


def _check_expected(
    wanted: Expectations, statements: Statements, now: datetime, ledger: Ledger
) -> None:
    said = statements.predicate
    if wanted.max_age is not None:
        check_age(statements, wanted.max_age, now, ledger)
    if said is None:
        if wanted.subject is not None or wanted.evidence_id is not None:
            ledger.not_run("expected-subject", "no readable seal says what the bundle is about")
        return
    found = ModelRef(name=said.subject.name, version=said.subject.version)
    for check, claim, expected, is_found in (
        (
            "expected-subject",
            "version",
            str(wanted.subject) if wanted.subject else None,
            str(found),
        ),
        ("expected-evidence", "evidence", wanted.evidence_id, said.evidence_id),
    ):
        if expected is not None:
            ledger.run(check, f"the {claim} is the one that was expected", (
                Fault(what, None, expected, is_found, "ask for the right one")
                for what in ([f"the file is of another {claim}"] if expected != is_found else [])
            ))  # fmt: skip


def _verdict(
    file: Path, seen: _Seen, ledger: Ledger, *, trust: Trust | None, at: datetime, day: str
) -> FileVerdict:
    statements = seen.statements
    seal = statements.seal if statements else None
    said = statements.predicate if statements else None
    word = file_word(ledger.checks, is_trusted=bool(trust is not None and seal and seal.key))
    return FileVerdict(
        word=word,
        exit_code=EXIT_CODES[word],
        file=printable(file.name),
        sha256=seen.sha256,
        size_bytes=seen.size_bytes,
        paths=seen.paths,
        subject=said.subject if said else None,
        evidence_id=seen.listed.get(EVIDENCE) if seen.listed else None,
        root=seen.root,
        seal=seal.seen if seal else None,
        seal_says=seal_says(said),
        statements=tuple(s.seen for s in statements.all) if statements else (),
        trust=trust_used(trust),
        warnings=((*keys_ending(statements, at), *roots_ending(trust, at)) if statements else ()),
        day=day,
        checks=ledger.checks,
    )


def file_word(checks: tuple[Check, ...], *, is_trusted: bool) -> FileWord:
    """The word that the checks of one file add up to; nothing passes by absence."""
    if any(c.status == "failed" for c in checks):
        return "NOT VERIFIED"
    if any(c.status == "not-run" and c.required for c in checks):
        return "UNDECIDED"
    return "FILE VERIFIED" if is_trusted else "INTACT, SIGNER NOT TRUSTED"
