"""What resolve takes from a repository and its DVC remote, and what verify then says of it.

No model and no bundle: the two halves meet on one folder, so that any repository can be tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from affidavit.bundle.archive_reader import Archive
from affidavit.commit_record import COMMIT_JSON, CommitRecord
from affidavit.config import Config, Dataset, Label, Sensitive
from affidavit.evidence import ConfigurationRecord, Evidence, Fact, Item, Subject
from affidavit.progress import Silent
from affidavit.resolve.commit_pack import pack_commit
from affidavit.resolve.data import Place, collect_data
from affidavit.resolve.objects import open_remote
from affidavit.resolve.repository import open_repository
from affidavit.verify.checks import Check, Ledger
from affidavit.verify.commit import check_commit
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.tracked_data import check_tracked_data
from affidavit.workspace import Workspace


@dataclass(frozen=True)
class OnDisk:
    """A workspace in an archive's place."""

    root: Path

    def __contains__(self, path: str) -> bool:
        return (self.root / path).is_file()

    def size(self, path: str) -> int:
        return (self.root / path).stat().st_size

    def chunks(self, path: str) -> Iterator[bytes]:
        yield (self.root / path).read_bytes()


@dataclass
class TrackedCase:
    """Evidence and files, to be altered; `check` is what verify makes of them."""

    root: Path
    evidence: Evidence
    config: Config

    @classmethod
    def resolved(
        cls, repository: Path, sha: str, remote: Path, root: Path, *,
        given: dict[str, str] | None = None, **roles: str | Dataset,
    ) -> TrackedCase:  # fmt: skip
        """Roles by their path; `protected` is a table of sensitive attributes."""
        table = roles.pop("protected", None)
        sensitive = (
            {"sex": Sensitive(column="sex", source="observed", table=table)} if table else {}
        )
        config = Config(
            version=1, task="binary", label=Label(column="y", kind="outcome"),
            datasets={r: d if isinstance(d, Dataset) else Dataset(path=d, include="embed")
                      for r, d in roles.items()},
            sensitive=sensitive,
        )  # fmt: skip
        work = Workspace(root)
        with open_repository(str(repository), root / "mirror") as opened:
            commit = opened.find(sha)
            assert commit is not None
            place = Place(opened, commit, open_remote(str(remote)), given=given or {})
            part = collect_data(config, place, None, work, progress=Silent())
            part += pack_commit(opened, commit, work, source="run tag", progress=Silent())
        assert part.contradictions == ()
        evidence = Evidence(
            subject=Subject(name="m", version="1"), configuration=ConfigurationRecord(items=())
        ).adding(facts=part.facts, findings=part.findings, items=part.items)
        return cls(root, evidence, config)

    def fact(self, fact_id: str, **changes: Any) -> None:
        """Change a fact, or add it."""
        old = self.evidence.fact(fact_id) or Fact(
            id=fact_id, kind="data", value=None, basis="measured", source="dvc.lock, at the commit"
        )
        kept = tuple(f for f in self.evidence.provenance if f is not old)
        self.evidence = self.evidence.model_copy(update={"provenance": kept}).adding(
            facts=(old.model_copy(update=changes),)
        )

    def items(self, role: str) -> list[Item]:
        return [i for i in self.evidence.items if i.role == role]

    def replace(self, item: Item, *others: Item) -> None:
        kept = tuple(i for i in self.evidence.items if i is not item)
        self.evidence = self.evidence.model_copy(update={"items": kept}).adding(items=others)

    def check(self) -> tuple[Check, ...]:
        listed = {
            i.path: hashlib.sha256((self.root / i.path).read_bytes()).hexdigest()
            for i in self.evidence.items
            if i.embedded
        }
        files = SignedFiles(cast("Archive", OnDisk(self.root)), listed)
        said = None
        if COMMIT_JSON in listed:
            said = CommitRecord.model_validate_json((self.root / COMMIT_JSON).read_bytes())
        records = Records(
            evidence=self.evidence, evidence_id="0" * 64, derived=None, config=self.config,
            commit=said,
        )  # fmt: skip
        ledger = Ledger()
        check_tracked_data(files, records, check_commit(files, records, ledger), ledger)
        return ledger.checks

    def failed(self) -> list[str]:
        return [
            f"{c.what} | {c.expected} | {c.found}" for c in self.check() if c.status == "failed"
        ]

    def passed(self) -> dict[str, str]:
        return {c.id: c.what for c in self.check() if c.status == "passed"}
