"""Verifying: the checks in their order. Findings are values; nothing here raises for a bad bundle.

1. the archive: what the format allows, and nothing else
2. the seal, and who made it, against the trust that was given
3. the tag manifest, and the tag files
4. the manifest: it lists exactly what is there, less what a discloser withheld
5. every file's digest
6. the records: their form, and that they agree with the files and each other
7. arithmetic: rates from counts; explanations; data checks; then the verdicts on logged metrics,
   thresholds and the card
8. the other signed statements
9. what the reader expects

Then the controls as of now, and the decisions on the release, by the signed answers and approvals
that the reader's trust gives weight to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.layout import DECLARATIONS, EVIDENCE, TAG_MANIFEST
from affidavit.errors import BundleError, NewerFormat, UsageError
from affidavit.progress import Progress, Silent
from affidavit.subject import ModelRef, parse_ref
from affidavit.verify.age import check_age, parse_age
from affidavit.verify.approvals import Decided, Decisions, weigh_approvals
from affidavit.verify.arithmetic import Arithmetic, check_arithmetic
from affidavit.verify.attestations import (
    About,
    StandingNow,
    controls_now,
    unweighed,
    weigh,
)
from affidavit.verify.authors import authors_of
from affidavit.verify.checks import ASK_AGAIN, UPDATE, Fault, Ledger
from affidavit.verify.clocks import roots_ending
from affidavit.verify.commit import check_commit
from affidavit.verify.consistency import check_consistency, check_statements
from affidavit.verify.data_checks import check_data_checks
from affidavit.verify.expectations import Expectations, check_expectations
from affidavit.verify.files import (
    SignedFiles,
    check_bag_info,
    check_digests,
    check_tag_files,
    digest_of,
    read_manifest,
)
from affidavit.verify.model_signing import check_model_signatures
from affidavit.verify.rechecks import Rechecks, weigh_rechecks
from affidavit.verify.records import Records, read_records
from affidavit.verify.seals import check_seal, keys_ending, roots_undated
from affidavit.verify.stability import check_stability
from affidavit.verify.statements import Statements, check_other_statements
from affidavit.verify.tracked_data import check_tracked_data
from affidavit.verify.trust import Trust
from affidavit.verify.verdict import EXIT_CODES, Verdict, seal_says, trust_used, word_for
from affidavit.verify.windows import clock
from affidavit.verify.withholding import WithheldHere, check_withheld, lacks

if TYPE_CHECKING:
    from affidavit.verify.layouts import Layout

_LEFT_OUT = "left out: only the seal, the root and the records were looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A verdict, and the records that were read on the way; None where unreadable."""

    verdict: Verdict
    records: Records | None


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What has been read so far; all that a verdict is made of beside the checks."""

    root: str | None = None
    statements: Statements | None = None
    files: SignedFiles | None = None
    records: Records | None = None
    arithmetic: Arithmetic | None = None
    withheld: tuple[WithheldHere, ...] = ()


def verify_bundle(
    path: Path,
    *,
    trust: Trust | None,
    expect: str | None = None,
    evidence_id: str | None = None,
    model_dir: Path | None = None,
    complete: bool = False,
    layout: Layout | None = None,
    max_age: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Verdict:
    """Check a bundle, all of it, against the signers that the reader trusts. No network.

    Args:
        path: the archive.
        trust: pinned signers; None if none were given, which is at best *intact*.
        expect: `models:/<name>/<number>`.
        evidence_id: the full id, 64 hexadecimal digits.
        model_dir: a folder that must hold the attested model, file by file.
        complete: refuse a bundle that holds anything by reference, or had anything withheld.
        max_age: of the seal: `30` or `30d`, `12h`, `2w`.
        layout: who has to have done which step, from outside the bundle.
        as_of: the day for which all is judged, YYYY-MM-DD; None is today, UTC.
        progress: told what is being done.
        now: the reader's clock; None asks it, or takes the end of `as_of`.

    Raises:
        UsageError: no such file; an expectation that cannot be one.
    """
    wanted = expecting(
        expect=expect, evidence_id=evidence_id, model_dir=model_dir, complete=complete,
        max_age=max_age, layout=layout,
    )  # fmt: skip
    progress = progress or Silent()
    return examine(
        path, trust=trust, wanted=wanted, as_of=as_of, progress=progress, now=now
    ).verdict


def examine(
    path: Path,
    *,
    trust: Trust | None,
    wanted: Expectations | None = None,
    whole: bool = True,
    as_of: str | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Examined:
    """Check a bundle and keep the records.

    Args:
        path: the archive.
        trust: pinned signers, or None.
        wanted: what the reader expects of it.
        whole: False leaves out the digests of files that are no record, and arithmetic: enough to
            print a record that was read through the manifest, not enough to rely on the bundle.
        as_of: the day for which signed answers are weighed, YYYY-MM-DD; None is today, UTC.
        progress: told what is being done.
        now: the reader's clock; None asks it, or takes the end of `as_of`.

    Raises:
        UsageError: no such file.
    """
    ledger, seen, at = Ledger(), _Seen(), now or clock(as_of)
    try:
        archive = open_archive(path)
    except NewerFormat as error:
        ledger.not_run("format", str(error), fix=error.fix or UPDATE)
    except BundleError as error:
        ledger.failed("archive", Fault(str(error), fix=error.fix or ASK_AGAIN))
    else:
        with archive:
            ledger.passed("archive", "the archive has the form of a bundle")
            try:
                _examine_archive(
                    archive, seen, ledger, trust=trust, wanted=wanted or Expectations(),
                    whole=whole, progress=progress or Silent(), now=at,
                )  # fmt: skip
            except BundleError as error:  # the file was changed or cut while we read it
                ledger.failed("archive", Fault(str(error), fix=ASK_AGAIN))
    if wanted is not None and wanted.max_age is not None and seen.statements is not None:
        check_age(seen.statements, wanted.max_age, at, ledger)
    day = as_of or at.date().isoformat()
    standing = _standing_now(seen, trust, day)
    verdict = _verdict(path, seen, ledger, trust=trust, now=standing, day=day, whole=whole)
    if seen.statements is not None:
        decisions = _decisions(seen, seen.statements, trust, day)
        warnings = (
            *keys_ending(seen.statements, at), *roots_ending(trust, at),
            *roots_undated(seen.statements, trust),
        )  # fmt: skip
        rechecks = _rechecks(seen, seen.statements, trust, day)
        verdict = verdict.model_copy(
            update={"warnings": warnings, "decisions": decisions, "rechecks": rechecks}
        )
    return Examined(verdict=verdict, records=seen.records)


def _examine_archive(
    archive: Archive,
    seen: _Seen,
    ledger: Ledger,
    *,
    trust: Trust | None,
    wanted: Expectations,
    whole: bool,
    progress: Progress,
    now: datetime,
) -> None:
    seen.root = digest_of(archive, TAG_MANIFEST)
    seen.statements = statements = check_seal(archive, trust, ledger, now)
    check_tag_files(archive, seen.root, statements.sealed_root, trust, ledger)
    listed = read_manifest(archive, ledger)
    if listed is None:
        return
    files, seen.withheld = check_withheld(statements, listed, seen.root, trust, ledger)
    seen.files = files
    check_bag_info(files, ledger)
    if whole:
        check_digests(files, ledger, progress)
    else:
        for check in ("payload-digest", "arithmetic"):
            ledger.not_run(check, _LEFT_OUT, fix="affidavit verify checks it", required=False)
    seen.records = records = read_records(files, ledger, is_vouched=_is_vouched(statements, ledger))
    if records is not None:
        check_consistency(files, records, statements, ledger)
        if whole:
            progress.step("following the commit to its data")
            check_tracked_data(files, records, check_commit(files, records, ledger), ledger)
            progress.step("deriving rates from counts")
            _check_numbers(seen, files, records, ledger)
        check_statements(files, records, statements, ledger)
    check_other_statements(
        statements, root=seen.root, evidence_id=files.listed.get(EVIDENCE), ledger=ledger
    )
    if records is not None:
        check_model_signatures(statements, files, records, ledger)
        check_expectations(wanted, files, records, ledger)
        if wanted.layout is not None:
            from affidavit.verify.layouts import check_layout  # its library is an extra

            check_layout(wanted.layout, seen.root, records, ledger)


def _is_vouched(statements: Statements, ledger: Ledger) -> bool:
    """Whether a signer whom the reader trusts sealed the manifest that is there."""
    seal = statements.seal
    return (
        seal is not None and seal.key is not None
        and not ledger.has_failed("tag-manifest") and not ledger.has_failed("tag-digest")
    )  # fmt: skip


def _check_numbers(seen: _Seen, files: SignedFiles, records: Records, ledger: Ledger) -> None:
    if not lacks(files, ledger, "arithmetic", "stability"):
        seen.arithmetic = check_arithmetic(files, records, ledger)
        check_stability(records.reports, ledger)
    if records.speaks_of_explanations:
        _check_explanation(seen, files, records, ledger)
    if records.speaks_of_challenger:
        from affidavit.verify.challenger import check_challenger  # as rare as explanations

        check_challenger(files, records, ledger)
    if not lacks(files, ledger, "data-check"):
        check_data_checks(files, records, ledger)


def _check_explanation(seen: _Seen, files: SignedFiles, records: Records, ledger: Ledger) -> None:
    """Its modules are loaded where a bundle speaks of it, and not at every start."""
    from affidavit.verify.explanation import check_explanation

    explained = check_explanation(files, records, ledger)
    if seen.arithmetic is not None:
        seen.arithmetic = seen.arithmetic.model_copy(update={"explained": explained})


def _verdict(
    path: Path,
    seen: _Seen,
    ledger: Ledger,
    *,
    trust: Trust | None,
    now: StandingNow | None,
    day: str,
    whole: bool,
) -> Verdict:
    statements, files, records = seen.statements, seen.files, seen.records
    seal = statements.seal if statements else None
    trusted = trust is not None and seal is not None and seal.key is not None
    word = word_for(ledger.checks, trusted=trusted, whole=whole, in_part=bool(seen.withheld))
    findings = records.evidence.findings if records else ()
    present = [p for p in files.listed if p in files] if files else []
    return Verdict(
        word=word,
        exit_code=EXIT_CODES[word],
        bundle=path.name,
        subject=records.evidence.subject if records else None,
        evidence_id=files.listed.get(EVIDENCE) if files else None,
        root=seen.root,
        seal=seal.seen if seal else None,
        seal_says=seal_says(statements.predicate if statements else None),
        statements=tuple(s.seen for s in statements.all) if statements else (),
        trust=trust_used(trust),
        files=len(present),
        size_bytes=sum(files.archive.size(p) for p in present) if files else 0,
        withheld=seen.withheld,
        by_reference=sum(not i.embedded for i in records.evidence.items) if records else 0,
        arithmetic=seen.arithmetic,
        gaps=sum(f.kind == "gap" for f in findings),
        exceptions=sum(f.kind == "exception" for f in findings),
        now=now,
        day=day,
        whole=whole,
        checks=ledger.checks,
    )


def _standing_now(seen: _Seen, trust: Trust | None, day: str) -> StandingNow | None:
    if seen.records is None or seen.statements is None:
        return None
    if trust is None:
        return unweighed(seen.statements.all, day)
    about = about_records(seen.records, day)
    return controls_now(weigh(seen.statements.all, about), about.standings, day)


def _decisions(
    seen: _Seen, statements: Statements, trust: Trust | None, day: str
) -> Decisions | None:
    if seen.records is None or seen.root is None:
        return None
    about = Decided(
        root=seen.root, evidence=seen.records.evidence, evidence_id=seen.records.evidence_id,
        day=day,
    )  # fmt: skip
    return weigh_approvals(statements, about, trust)


def _rechecks(
    seen: _Seen, statements: Statements, trust: Trust | None, day: str
) -> Rechecks | None:
    if seen.records is None:
        return None
    records = seen.records
    return weigh_rechecks(statements, records.evidence, records.evidence_id, trust, day=day)


def about_records(records: Records, day: str) -> About:
    """What answers over the evidence of a bundle have to be about."""
    return About(
        evidence=records.evidence, evidence_id=records.evidence_id,
        standings=tuple(records.standings.values()),
        authors=_authors(records), day=day,
    )  # fmt: skip


def _authors(records: Records) -> frozenset[str]:
    """Nobody where the declarations are withheld: who else made the model is then not known."""
    if DECLARATIONS in records.withheld:
        return frozenset()
    return authors_of(records.evidence, records.declarations)


def expecting(
    *,
    expect: str | None = None,
    evidence_id: str | None = None,
    model_dir: Path | None = None,
    complete: bool = False,
    max_age: str | None = None,
    layout: Layout | None = None,
) -> Expectations:
    """What a reader expects, as the options of `affidavit verify` say it.

    Raises:
        UsageError: an alias for a version, a short evidence id, an age that is none.
    """
    return Expectations(
        subject=_version_ref(expect), evidence_id=_full_id(evidence_id), model_dir=model_dir,
        complete=complete, max_age=parse_age(max_age), layout=layout,
    )  # fmt: skip


def _version_ref(text: str | None) -> ModelRef | None:
    if text is None:
        return None
    ref = parse_ref(text)
    if ref.version is None:
        raise UsageError(
            f"{text} names an alias", "an alias can move; a bundle is about one version",
            f"write models:/{ref.name}/<number>",
        )  # fmt: skip
    return ref


def _full_id(text: str | None) -> str | None:
    if text is None or (len(text) == 64 and not set(text) - set("0123456789abcdef")):
        return text
    raise UsageError(
        f"{text!r} is not an evidence id", "the full id is needed, 64 hexadecimal digits",
        "affidavit verify --json prints it as evidence_id",
    )  # fmt: skip
