from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.support.payloads import seal_predicate

from affidavit.bundle.statement import SealPredicate, SealSources
from affidavit.evidence import Evidence, Subject

EVIDENCE = Evidence(subject=Subject(name="m", version="1", run_id=None, created_at=None))


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("https://user:secret@host:5000/path?token=s#f", "https://host:5000/path"),
        ("https://ghp_secret@github.com/bank/credit", "https://github.com/bank/credit"),
        ("https://bucket.blob/x?sig=secret", "https://bucket.blob/x"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("postgresql://mlflow:p@ss@db/mlflow", "postgresql://db/mlflow"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
        ("sqlite:////home/ada/runs/mlflow.db", "sqlite:///mlflow.db"),
        ("/home/ada/repository", "local folder"),
        ("file:///home/ada/repository", "local folder"),
        ("FILE:///home/ada/repository", "local folder"),
        ("C:\\Users\\ada\\repository", "local folder"),
        ("sqlite:///C:\\Users\\ada\\mlflow.db", "sqlite:///mlflow.db"),
        ("git@github.com:bank/credit.git", "git@github.com:bank/credit.git"),
        ("../remote", "local folder"),
        ("file:/home/ada/repository", "local folder"),
        ("sqlite+pysqlite:////home/ada/mlflow.db", "sqlite+pysqlite:///mlflow.db"),
        ("mlflow-artifacts:/1/models/m-1", "mlflow-artifacts:/1/models/m-1"),
    ],
)
def test_sources_are_kept_without_credentials_and_without_folders_of_this_machine(
    location: str, kept: str
) -> None:
    sources = SealSources.of(tracking=location, repository=None, remote=location)

    assert (sources.tracking, sources.repository, sources.remote) == (kept, None, kept)


def test_is_read_as_it_was_written() -> None:
    predicate = seal_predicate(EVIDENCE, "0" * 64)

    written = predicate.model_dump_json()

    assert SealPredicate.model_validate_json(written) == predicate
    assert '"schema":"affidavit/seal","version":1' in written


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("as_of", "23 November 2026"),
        ("started_on", "2026-11-23T10:00:00+01:00"),
        ("finished_on", "2026-11-23T10:00:00.5Z"),
        ("evidence_id", "0" * 63),
        ("version", 2),
        ("unknown", 1),
    ],
)
def test_refuses_other_forms(field: str, value: object) -> None:
    fields = seal_predicate(EVIDENCE, "0" * 64).model_dump()

    SealPredicate.model_validate(fields)
    with pytest.raises(ValidationError, match=field):
        SealPredicate.model_validate({**fields, field: value})
