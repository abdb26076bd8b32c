"""Whether the records agree with the files, and with each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Final

from affidavit.bundle.layout import CARD_JSON, CONFIG, EVIDENCE, ITEMS
from affidavit.bundle.names import folder_name
from affidavit.bundle.predicate import SealPredicate
from affidavit.commit_record import PACK
from affidavit.config import Config
from affidavit.errors import AffidavitError
from affidavit.evidence import Evidence, Fact, Item
from affidavit.favourable import UNSAID, UPSIDE_DOWN, favourable_findings
from affidavit.own_wheels import wheel_facts
from affidavit.standing import CatalogStanding
from affidavit.verify.card import card_faults
from affidavit.verify.card_rechecks import recheck_faults
from affidavit.verify.checks import UPDATE, Fault, Ledger, derivable
from affidavit.verify.control_files import check_control_files
from affidavit.verify.controls import control_faults
from affidavit.verify.files import SignedFiles
from affidavit.verify.given_data import given_faults
from affidavit.verify.logged import logged_faults
from affidavit.verify.model_declared import declared_faults, declares
from affidavit.verify.provenance import provenance_faults
from affidavit.verify.records import Records
from affidavit.verify.settings import evidence_faults, scan_faults, settings_faults
from affidavit.verify.statements import Statements
from affidavit.verify.thresholds import finding_faults, hold_faults
from affidavit.verify.withholding import lacks

_MODEL: Final = "data/model/"
_STATED_DIGESTS: Final = {
    "code.pack": PACK,
    "environment.requirements": "data/environment/requirements.txt",
    "environment.worker": "data/environment/worker.lock",
    "challenger.environment": "data/environment/challenger.lock",
}
_FIRST_HAND: Final = frozenset({"collected", "declared", "recomputed"})


def check_consistency(
    files: SignedFiles, records: Records, statements: Statements, ledger: Ledger
) -> None:
    """The records against the files, and what each of them says of the others."""
    if records.derived is not None:
        ledger.run(
            "item-table", "the item tables list exactly the files, with digests and sizes",
            _table_faults(files, records),
        )  # fmt: skip
    check_subject(files, records, statements.predicate, ledger)
    ledger.run(
        "item-named", "every file that a record names is in the item tables",
        _reference_faults(records),
    )  # fmt: skip
    ledger.run(
        "provenance-digest", "the digests in the provenance are those of the files",
        _provenance_faults(records),
    )  # fmt: skip
    if not lacks(files, ledger, "provenance-record"):
        ledger.run(
            "provenance-record", "commit.json and run.json say what the provenance says",
            provenance_faults(records),
        )  # fmt: skip
    ledger.run(
        "declared-data", "data that the builder gave is said to be so, with its finding",
        given_faults(records),
    )  # fmt: skip
    ledger.run(
        "settings", "constants, label kinds, ids and item names are those of the format",
        _settings_faults(records),
    )  # fmt: skip
    if declares(records) and not lacks(files, ledger, "declared"):
        ledger.run(
            "declared", "what affidavit.toml declares of the model is on record, and nothing else",
            declared_faults(records),
        )  # fmt: skip
    if records.standings:
        ledger.run(
            "control-status", "no control has a status that a seal cannot hold",
            control_faults(records, statements),
        )  # fmt: skip
    check_control_files(files, records, ledger)


def check_subject(
    files: SignedFiles, records: Records, predicate: SealPredicate | None, ledger: Ledger
) -> None:
    """Folder, seal and records are about one subject and one evidence id."""
    ledger.run(
        "folder-name",
        "the top folder is named for the model version",
        _folder_faults(files, records),
    )
    ledger.run(
        "evidence-cited", "every record and the seal cite this evidence",
        _citation_faults(records, predicate),
    )  # fmt: skip


def _settings_faults(records: Records) -> Iterator[Fault]:
    for path, report in records.reports.items():
        yield from settings_faults(path, report, records.config)
    yield from evidence_faults(records.evidence)
    yield from scan_faults(records.evidence, records.scan)


def check_statements(
    files: SignedFiles, records: Records, statements: Statements, ledger: Ledger
) -> None:
    """What is said of the numbers, after they were derived: verdicts, thresholds, the card."""
    _check_recomputed(files, records, ledger)
    if lacks(files, ledger, "card"):
        return
    if records.card is not None or records.has_card:
        ledger.run(
            "card", "the card's record says what the record says",
            chain(card_faults(records), recheck_faults(records, statements)),
        )  # fmt: skip


def _check_recomputed(files: SignedFiles, records: Records, ledger: Ledger) -> None:
    """Logged metrics and thresholds; both need the configuration."""
    if lacks(files, ledger, "hold", "favourable", "logged-number"):
        return
    if records.main_report is None and not records.reports:
        return
    if records.config is None:
        for check_id in ("logged-number", "hold", "favourable"):
            ledger.not_run(
                check_id, f"{CONFIG} is not there, or cannot be read", path=CONFIG, fix=UPDATE
            )
        return
    if not lacks(files, ledger, "logged-number"):
        ledger.run(
            "logged-number", "the verdicts on logged metrics follow from the log and the reports",
            logged_faults(records, records.config),
        )  # fmt: skip
    ledger.run(
        "hold", "every threshold that is missed has its finding, and no other",
        derivable(CONFIG, hold_faults(records, records.config)),
    )  # fmt: skip
    ledger.run(
        "favourable", "what is to be said of the favourable outcome is said, and nothing else",
        _favourable_faults(records, records.config),
    )  # fmt: skip


def _favourable_faults(records: Records, config: Config) -> Iterator[Fault]:
    stated = [f for f in records.evidence.findings if f.id in (UPSIDE_DOWN, UNSAID)]
    yield from finding_faults(favourable_findings(config), stated, "")


def _folder_faults(files: SignedFiles, records: Records) -> Iterator[Fault]:
    subject = records.evidence.subject
    try:
        expected = folder_name(subject.name, subject.version)
    except AffidavitError as error:
        yield Fault(error.what, EVIDENCE)
        return
    if files.archive.folder != expected:
        yield Fault(
            "the top folder is not named for the model version",
            EVIDENCE,
            expected,
            files.archive.folder,
        )


def _table_faults(files: SignedFiles, records: Records) -> Iterator[Fault]:
    derived = records.derived.items if records.derived else ()
    tabled: dict[str, Item] = {}
    for table, items in ((EVIDENCE, records.evidence.items), (ITEMS, derived)):
        for item in items:
            if item.path in tabled:
                yield Fault(f"{item.path} is tabled twice", table, "once", "twice")
            tabled[item.path] = item
            yield from _item_faults(files, table, item)
    unknown = set(files.listed) - {EVIDENCE, ITEMS} - {p for p, i in tabled.items() if i.embedded}
    for path in sorted(unknown):
        yield Fault(f"{path} is in no item table", path, "an item", "none")


def _item_faults(files: SignedFiles, table: str, item: Item) -> Iterator[Fault]:
    if (item.origin in _FIRST_HAND) != (table == EVIDENCE):
        other = ITEMS if table == EVIDENCE else EVIDENCE
        yield Fault(f"{item.path} is {item.origin} and belongs into {other}", table, other, table)
    if not item.embedded:
        if item.path in files.listed:
            yield Fault(f"{item.path} is held by reference, yet here", table, "not here", "here")
        return
    listed = files.listed.get(item.path)
    if listed is None:
        yield Fault(f"{item.path} is tabled and not in the manifest", table, "listed", "not listed")
        return
    if listed != item.sha256:
        yield Fault(
            f"{item.path}: the item table and the manifest disagree", table,
            f"sha256 {listed}", f"sha256 {item.sha256}",
        )  # fmt: skip
    if item.path in files and files.archive.size(item.path) != item.size_bytes:
        yield Fault(
            f"{item.path}: the item table and the file disagree on its size", table,
            f"{files.archive.size(item.path)} bytes", f"{item.size_bytes} bytes",
        )  # fmt: skip


def _citation_faults(records: Records, predicate: SealPredicate | None) -> Iterator[Fault]:
    cited: list[tuple[str, str]] = [
        (path, standing.evidence_id) for path, standing in records.standings.items()
    ]
    if records.derived is not None:
        cited.append((ITEMS, records.derived.evidence_id))
    if records.card is not None:
        cited.append((CARD_JSON, records.card.evidence_id))
    if predicate is not None:
        cited.append(("the seal", predicate.evidence_id))
        said_of, is_of = predicate.subject, records.evidence.subject
        if (said_of.name, said_of.version) != (is_of.name, is_of.version):
            yield Fault(
                "the seal is about another model version", "the seal",
                f"{is_of.name}, version {is_of.version}",
                f"{said_of.name}, version {said_of.version}",
            )  # fmt: skip
    for where, evidence_id in cited:
        if evidence_id != records.evidence_id:
            yield Fault(f"{where} is about other evidence", where, records.evidence_id, evidence_id)


def _reference_faults(records: Records) -> Iterator[Fault]:
    evidence = records.evidence
    derived = records.derived.items if records.derived else ()
    digests = {i.path: i.sha256 for i in (*evidence.items, *derived)}
    known = set(digests) | {EVIDENCE, ITEMS}
    named = [(EVIDENCE, f"finding {f.id}", p) for f in evidence.findings for p in f.items]
    named += [(EVIDENCE, "the configuration", p) for p in evidence.configuration.items]
    for path, standing in records.standings.items():
        named += [
            (path, f"control {a.control}", i.path) for a in standing.assessments for i in a.items
        ]
        yield from _cited_faults(path, standing, digests)
        catalogs = {i.sha256 for i in (*evidence.items, *derived) if i.kind == "catalog"}
        if standing.catalog_sha256 not in catalogs:
            yield Fault(
                f"{path}: the catalog that it assesses is not in the bundle", path,
                f"a catalog with sha256 {standing.catalog_sha256}", ", ".join(sorted(catalogs)),
            )  # fmt: skip
    for where, who, path in named:
        if path not in known:
            yield Fault(f"{who} names {path}, which is no item", where, "an item", path)


def _cited_faults(path: str, standing: CatalogStanding, digests: dict[str, str]) -> Iterator[Fault]:
    """A control answers with the very files of this bundle, not others of the same name."""
    for assessment in standing.assessments:
        for item in assessment.items:
            if item.path in digests and item.sha256 != digests[item.path]:
                yield Fault(
                    f"control {assessment.control} cites other bytes of {item.path}", path,
                    digests[item.path], item.sha256,
                )  # fmt: skip


def _provenance_faults(records: Records) -> Iterator[Fault]:
    evidence = records.evidence
    if (fact := evidence.fact("model.artifact")) and fact.digest:
        model = evidence.of_kind("model")
        yield from _differing(fact, model_digest(model), "the model's files")
        if fact.value != len(model):
            yield Fault(
                "model.artifact counts other files", EVIDENCE, str(len(model)), str(fact.value)
            )
    digests = {i.path: i.sha256 for i in evidence.items}
    yield from wheel_faults(evidence)
    for fact_id, path in _STATED_DIGESTS.items():
        if (fact := evidence.fact(fact_id)) and fact.digest:
            yield from _differing(fact, digests.get(path, "no such file"), path)


def wheel_faults(evidence: Evidence) -> Iterator[Fault]:
    """Wheels among the model's files, as the provenance names them."""
    files = {i.name_below(_MODEL): i for i in evidence.of_kind("model")}
    for path, fact in wheel_facts(evidence).items():
        there = files[path].sha256 if path in files else "no such file of the model"
        if fact.basis != "measured" or fact.digest is None or fact.digest.value != there:
            yield Fault(
                f"{fact.id} in the provenance is not the digest of that file", EVIDENCE, there,
                fact.digest.value if fact.digest is not None else "none",
            )  # fmt: skip


def model_digest(items: tuple[Item, ...], folder: str = _MODEL) -> str:
    """The artifact's digest: sha256 over the lines `<sha256>  <path>`, sorted by path.

    The path is the file's own, below the artifact, so `sha256sum` in a copy gives the same lines.
    """
    rows = sorted((i.name_below(folder), i.sha256) for i in items)
    listing = "".join(f"{sha256}  {path}\n" for path, sha256 in rows)
    return hashlib.sha256(listing.encode()).hexdigest()


def _differing(fact: Fact, found: str, what: str) -> Iterator[Fault]:
    if fact.digest and fact.digest.algorithm == "sha256" and fact.digest.value != found:
        yield Fault(
            f"{fact.id} in the provenance is not the digest of {what}", EVIDENCE, found,
            fact.digest.value,
        )  # fmt: skip
