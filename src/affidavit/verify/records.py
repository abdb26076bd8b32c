"""Reads the records of a bundle: canonical bytes, a schema that we know, one typed value each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from affidavit.bundle.canonical import Json, dumps, loads
from affidavit.bundle.layout import (
    CARD_JSON,
    CHALLENGER,
    CONFIG,
    CONTROLS,
    DECISIONS,
    DECLARATIONS,
    EVIDENCE,
    EXPECTATIONS,
    EXPLAINABILITY,
    ITEMS,
    OSCAL,
    REPORTS,
    SUITE_RESULTS,
)
from affidavit.card_record import CardRecord
from affidavit.commit_record import COMMIT_JSON, CommitRecord
from affidavit.config import Config, Declarations
from affidavit.declared_record import with_given_roles
from affidavit.errors import BundleError, ConfigError
from affidavit.evidence import Evidence, Item, ItemTable, Number, Record, Report, ReportName
from affidavit.run_record import (
    FILES,
    FOLDER,
    MetricsFile,
)
from affidavit.scan_record import SCAN, Scan
from affidavit.standing import CatalogStanding
from affidavit.suite_record import SuiteResult
from affidavit.toml_reader import read_config, read_declarations
from affidavit.verify.checks import BUILD_AGAIN, UPDATE, Fault, Ledger
from affidavit.verify.files import DigestDiffers, SignedFiles

if TYPE_CHECKING:
    from affidavit.challenger_record import ChallengerReport
    from affidavit.explanation_record import Decisions, Explainability

R = TypeVar("R", bound=Record)
# What a byte of a record becomes in memory: of the item tables, and of all others.
_TABLE_WEIGHT, _RECORD_WEIGHT, _MAX_WEIGHT = 8, 24, 288 * 1024 * 1024
# In reports/, of forms of their own.
_ASIDE: Final = frozenset([SCAN, EXPLAINABILITY, DECISIONS, CHALLENGER])
_DATA: Final = frozenset({"dataset", "protected-table"})
_MAX_SECTIONS: Final = 100  # that are told of by name
_CONFIG_LIMIT: Final = 1024 * 1024
_VERSION: Final = 1
_SECTIONS: Final = frozenset(
    ["model", "source", "dataset", "predictions", "run", "environment", "reports", "controls",
     "card", "config", "evidence.json", "items.json"]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a bundle says, parsed from bytes whose digests were compared.

    Attributes:
        derived: items.json; None if it is unreadable.
        reports, standings, run: by path; `run` is run/*.json.
        suites: results of expectation suites, by the role that their file is named for.
        card, commit, config, declarations, scan, explainability, decisions, challenger: None where
            the bundle has none, or it is unreadable. `config` is the one in force: with the roles
            that only an option named.
        stated: the configuration as its file has it.
        withheld: files that a discloser took out; what they say is in none of the others.
    """

    evidence: Evidence
    evidence_id: str
    derived: ItemTable | None
    reports: dict[str, Report] = field(default_factory=dict)
    standings: dict[str, CatalogStanding] = field(default_factory=dict)
    run: dict[str, Record] = field(default_factory=dict)
    suites: dict[str, SuiteResult] = field(default_factory=dict)
    card: CardRecord | None = None
    commit: CommitRecord | None = None
    config: Config | None = None
    stated: Config | None = None
    declarations: Declarations | None = None
    scan: Scan | None = None
    explainability: Explainability | None = None
    decisions: Decisions | None = None
    challenger: ChallengerReport | None = None
    withheld: frozenset[str] = frozenset()

    @property
    def metrics(self) -> MetricsFile | None:
        """run/metrics.json."""
        found = (r for r in self.run.values() if isinstance(r, MetricsFile))
        return next(found, None)

    @property
    def data_items(self) -> dict[str, list[Item]]:
        """The files of data by their role, or by the path of their protected table."""
        found: dict[str, list[Item]] = {}
        for item in self.evidence.items:
            if item.kind in _DATA:
                found.setdefault(item.role or "", []).append(item)
        return found

    @property
    def has_card(self) -> bool:
        """Whether a card of any form is in the bundle."""
        return self.derived is not None and any(i.kind == "card" for i in self.derived.items)

    @property
    def main_report(self) -> Report | None:
        """The performance report of the main role, which holds what was logged."""
        return self.reports.get(f"{REPORTS}/performance.json")

    def of_role(self, role: str, names: tuple[ReportName, ...]) -> tuple[Number, ...]:
        """The numbers of a dataset role in some of its reports, in the order of these."""
        mine = [r for r in self.reports.values() if r.role == role and r.name in names]
        mine.sort(key=lambda r: names.index(r.name))
        return tuple(n for r in mine for n in r.numbers)

    @property
    def speaks_of_explanations(self) -> bool:
        """Whether they are asked for, listed or there."""
        asked = self.config is not None and self.config.explain is not None
        listed = any(i.path in (EXPLAINABILITY, DECISIONS) for i in self.evidence.items)
        return asked or listed or self.explainability is not None or self.decisions is not None

    @property
    def speaks_of_challenger(self) -> bool:
        """Whether one is asked for, listed or there."""
        asked = self.config is not None and self.config.challenger is not None
        kinds = ("challenger", "challenger-model")
        listed = any(i.kind in kinds or i.path == CHALLENGER for i in self.evidence.items)
        named = any(f.id.startswith("challenger.") for f in self.evidence.provenance)
        return asked or listed or named or self.challenger is not None

    @property
    def numbers(self) -> dict[str, Number]:
        """Every number of every report, by its id."""
        return {n.id: n for report in self.reports.values() for n in report.numbers}


def read_records(files: SignedFiles, ledger: Ledger, *, is_vouched: bool = False) -> Records | None:
    """Every record of the bundle; None without a readable evidence.json.

    Args:
        files: as the manifest lists them.
        ledger: gains the checks.
        is_vouched: a signer whom the reader trusts sealed this manifest. A stranger's records are
            held to a limit all together, so that nobody can take a reader's memory.

    A record that cannot be read has its own failed check, and is left out.
    """
    if not is_vouched and _are_too_large(files, ledger):
        return None
    evidence = read_record(files, EVIDENCE, Evidence, ledger)
    derived = read_record(files, ITEMS, ItemTable, ledger)
    reports = _read_all(files, REPORTS, Report, ledger)
    standings = _read_all(files, CONTROLS, CatalogStanding, ledger)
    run = _read_run(files, ledger)
    suites = _read_suites(files, ledger)
    card = _read_one(files, CARD_JSON, CardRecord, ledger)
    commit = _read_one(files, COMMIT_JSON, CommitRecord, ledger)
    scan = _read_one(files, SCAN, Scan, ledger)
    explainability, decisions = _read_explanations(files, ledger)
    challenger = _read_challenger(files, ledger)
    _note_unknown_sections(files, ledger)
    if evidence is None:
        return None
    bad = (c for c in ledger.checks if c.id == "record" and c.status != "passed")
    if not any(c.path not in files.withheld for c in bad):
        count = 2 + len(reports) + len(standings) + len(run) + len(suites)
        count += sum(
            r is not None for r in (card, commit, scan, explainability, decisions, challenger)
        )
        ledger.passed(
            "record", "every record is canonical and of its schema", found=f"{count} records"
        )
    config = _read_toml(files, CONFIG, read_config, "configuration", ledger)
    return Records(
        evidence=evidence, evidence_id=files.listed[EVIDENCE], derived=derived,
        reports=reports, standings=standings, run=run, suites=suites, card=card, commit=commit,
        config=with_given_roles(config, evidence) if config is not None else None, stated=config,
        declarations=_read_toml(files, DECLARATIONS, read_declarations, "declarations", ledger),
        scan=scan, explainability=explainability, decisions=decisions, challenger=challenger,
        withheld=files.withheld,
    )  # fmt: skip


def _are_too_large(files: SignedFiles, ledger: Ledger) -> bool:
    """Whether the records are more, all together, than a reader could be asked to hold."""
    tables = (p for p in (EVIDENCE, ITEMS) if p in files)
    folders = (REPORTS, CONTROLS, SUITE_RESULTS, FOLDER)
    others = (p for folder in folders for p in files.paths(folder, ".json") if p in files)
    weight = _TABLE_WEIGHT * sum(map(files.archive.size, tables))
    weight += _RECORD_WEIGHT * sum(map(files.archive.size, others))
    if weight > _MAX_WEIGHT:
        # Undecided, not refuted: an honest record can be as large, and nothing false was found.
        ledger.not_run(
            "record", f"the records of this bundle are more than can be held together: "
            f"{weight // _RECORD_WEIGHT} bytes, at most {_MAX_WEIGHT // _RECORD_WEIGHT} beside "
            "the item tables",
            fix="give the key of a signer that you trust: of theirs larger ones are read",
        )  # fmt: skip
    return weight > _MAX_WEIGHT


def _read_all(files: SignedFiles, folder: str, model: type[R], ledger: Ledger) -> dict[str, R]:
    read = ((p, read_record(files, p, model, ledger)) for p in record_paths(files, folder))
    return {path: record for path, record in read if record is not None}


def record_paths(files: SignedFiles, folder: str) -> Iterator[str]:
    """The files of a folder that are records of one form.

    Not those that are read on their own, nor OSCAL, another's format; their digests are checked.
    """
    for path in files.paths(folder, ".json"):
        if path not in _ASIDE and not path.startswith(f"{OSCAL}/"):
            yield path


def read_record(files: SignedFiles, path: str, model: type[R], ledger: Ledger) -> R | None:
    """One record. None, with a check that says why, if it is not what its schema asks for."""
    if path in files.withheld:
        ledger.not_run("record", f"{path} is withheld", path=path, required=False)
        return None
    content = _read_canonical(files, path, _schema(model), ledger)
    if content is None:
        return None
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        where = ".".join(str(p) for p in faults[0]["loc"])
        ledger.failed("record", Fault(
            f"{path} is not of its schema: {where}: {faults[0]['msg']}", path,
            f"{_schema(model)} version {_VERSION}", f"{len(faults)} faults", BUILD_AGAIN,
        ))  # fmt: skip
        return None


def _read_one(files: SignedFiles, path: str, model: type[R], ledger: Ledger) -> R | None:
    return read_record(files, path, model, ledger) if path in files.listed else None


def _read_explanations(
    files: SignedFiles, ledger: Ledger
) -> tuple[Explainability | None, Decisions | None]:
    """Both files; their many classes are loaded where a bundle has one, and not at every start."""
    if files.listed.keys().isdisjoint((EXPLAINABILITY, DECISIONS)):
        return None, None
    from affidavit.explanation_record import Decisions, Explainability

    return (
        _read_one(files, EXPLAINABILITY, Explainability, ledger),
        _read_one(files, DECISIONS, Decisions, ledger),
    )


def _read_challenger(files: SignedFiles, ledger: Ledger) -> ChallengerReport | None:
    """reports/challenger.json, its classes loaded where a bundle has one."""
    if CHALLENGER not in files.listed:
        return None
    from affidavit.challenger_record import ChallengerReport

    return _read_one(files, CHALLENGER, ChallengerReport, ledger)


def _schema(model: type[Record]) -> str:
    """The name that the class itself has for its schema."""
    return str(model.model_fields["schema_"].default)


def _read_run(files: SignedFiles, ledger: Ledger) -> dict[str, Record]:
    """run/*.json by path. A file of another name there is of no schema that we know."""
    found: dict[str, Record] = {}
    for path in files.paths(FOLDER, ".json"):
        if path.startswith(EXPECTATIONS):  # another tool's format; its digest was checked
            continue
        model = FILES.get(path)
        if model is None:
            ledger.failed("record", Fault(
                f"{path} is no record of a run", path, ", ".join(sorted(FILES)), path
            ))  # fmt: skip
            continue
        record = read_record(files, path, model, ledger)
        if record is not None:
            found[path] = record
    return found


def _read_suites(files: SignedFiles, ledger: Ledger) -> dict[str, SuiteResult]:
    read = _read_all(files, SUITE_RESULTS, SuiteResult, ledger)
    return {PurePosixPath(path).stem: result for path, result in read.items()}


def _read_toml(
    files: SignedFiles, path: str, read: Callable[[bytes, str], R], check: str, ledger: Ledger
) -> R | None:
    """What people wrote; None with a check that did not run, if this cannot read it."""
    if path not in files:
        return None
    try:
        return read(files.read(path, _CONFIG_LIMIT), path)
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
    except (BundleError, ConfigError) as error:
        ledger.not_run(check, f"{path} cannot be read: {error}", path=path, fix=UPDATE)
    return None


def _read_canonical(files: SignedFiles, path: str, schema: str, ledger: Ledger) -> bytes | None:
    try:
        content = files.read(path)
        parsed = loads(content, path)
        is_canonical = dumps(parsed) == content
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run("record", "its bytes are not those that were signed", path=path)
        return None
    except BundleError as error:
        ledger.failed("record", Fault(str(error), path, fix=BUILD_AGAIN))
        return None
    except ValueError as error:  # a number that RFC 8785 has no form for
        ledger.failed("record", Fault(f"{path} has no canonical form: {error}", path))
        return None
    found = _schema_of(parsed)
    if found is not None and found[0] == schema and found[1] > _VERSION:
        ledger.not_run(
            "record", f"{path} is {schema} version {found[1]}; this affidavit reads {_VERSION}",
            path=path, fix=UPDATE,
        )  # fmt: skip
        return None
    if found != (schema, _VERSION):
        said = "no schema" if found is None else f"{found[0]} version {found[1]}"
        ledger.failed("record", Fault(
            f"{path} names another schema", path, f"{schema} version {_VERSION}", said
        ))  # fmt: skip
        return None
    if not is_canonical:
        ledger.failed("record", Fault(
            f"{path} is not in canonical form (RFC 8785)", path, "canonical bytes", "others"
        ))  # fmt: skip
        return None
    return content


def _schema_of(parsed: Json) -> tuple[str, int] | None:
    if not isinstance(parsed, dict):
        return None
    schema, version = parsed.get("schema"), parsed.get("version")
    if not isinstance(schema, str) or isinstance(version, bool) or not isinstance(version, int):
        return None
    return schema, version


def _note_unknown_sections(files: SignedFiles, ledger: Ledger) -> None:
    sections = {p.split("/")[1] for p in files.listed if p.startswith("data/")}
    for section in sorted(sections - _SECTIONS)[:_MAX_SECTIONS]:
        ledger.not_run(
            "section", f"data/{section} is not known to this affidavit; its digests were checked",
            path=f"data/{section}", fix=UPDATE, required=False,
        )  # fmt: skip
