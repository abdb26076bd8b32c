"""A challenger looked up in a real registry: another version, read once, held by reference."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.mlflow_world import FILES, Registered, Server, Training

from affidavit.config import Config
from affidavit.errors import NoSuchVersion, UsageError
from affidavit.evidence import Subject
from affidavit.progress import Silent
from affidavit.resolve.challenger import (
    Asked,
    asked_for,
    find_challenger,
    pin_challenger,
)
from affidavit.resolve.interface import Part
from affidavit.resolve.registry import open_registry
from affidavit.subject import parse_ref
from affidavit.toml_reader import read_config
from affidavit.workspace import Workspace

CONFIG = b"""\
version = 1
task = "regression"
challenger = "models:/credit-risk@champion"
[label]
column = "y"
kind = "outcome"
[datasets.evaluation]
path = "e.csv"
include = "embed"
"""


@pytest.fixture
def training(mlflow_server: Server) -> Training:
    return Training(server=mlflow_server)


def found(ref: str, subject: Registered, server: Server, work: Workspace | None) -> Part:
    asked = Asked(ref=parse_ref(ref), source="--challenger")
    about, registry = Subject(name=subject.name, version=subject.version), open_registry(server.uri)
    return find_challenger(pin_challenger(asked, about, registry), registry, work, Silent())


def values(part: Part) -> dict[str, object]:
    return {f.id: f.value for f in part.facts}


def test_an_alias_is_read_once_and_the_record_says_what_it_stood_for(
    training: Training, mlflow_server: Server, tmp_path: Path
) -> None:
    in_use = replace(training, alias="champion").register()
    newer = training.register()
    work = Workspace(tmp_path)

    part = found(f"models:/{newer.name}@champion", newer, mlflow_server, work)

    facts = values(part)
    assert facts["challenger.asked"] == f"models:/{newer.name}@champion"
    assert facts["challenger.version"] == in_use.ref
    assert facts["challenger.run"] == in_use.run_id
    assert (part.findings, part.contradictions) == ((), ())
    assert {i.path for i in part.items} == {f"data/challenger/{p}" for p in FILES}
    assert {(i.kind, i.embedded, i.origin) for i in part.items} == {
        ("challenger-model", False, "collected")
    }
    for item in part.items:
        assert hashlib.sha256(work.locate(item).read_bytes()).hexdigest() == item.sha256
    assert [p.name for p in tmp_path.iterdir()] == ["held"]


def test_its_digest_is_the_one_that_it_has_as_a_subject(
    training: Training, mlflow_server: Server, tmp_path: Path
) -> None:
    from affidavit.verify.consistency import model_digest

    older, newer = training.register(), training.register()

    part = found(older.ref, newer, mlflow_server, Workspace(tmp_path))

    (artifact,) = (f for f in part.facts if f.id == "challenger.artifact")
    assert artifact.basis == "measured"
    assert artifact.digest is not None
    assert artifact.digest.value == model_digest(part.items, "data/challenger/")


def test_the_subject_itself_is_refused_in_one_line(
    training: Training, mlflow_server: Server
) -> None:
    made = replace(training, alias="champion").register()

    for ref in (made.ref, f"models:/{made.name}@champion"):
        with pytest.raises(UsageError, match=f"is version {made.version} itself") as refused:
            found(ref, made, mlflow_server, None)
        assert "--challenger" in refused.value.fix


def test_an_alias_of_the_file_that_stands_for_the_subject_is_a_gap(
    training: Training, mlflow_server: Server, tmp_path: Path
) -> None:
    made = replace(training, alias="champion").register()
    config = CONFIG.replace(b"credit-risk", made.name.encode())
    asked = asked_for(None, read_config(config, "affidavit.toml"))
    about, registry = (
        Subject(name=made.name, version=made.version),
        open_registry(mlflow_server.uri),
    )
    assert asked is not None

    pinned = pin_challenger(asked, about, registry)
    part = find_challenger(pinned, registry, Workspace(tmp_path), Silent())

    assert values(part)["challenger.version"] == made.ref
    assert [(f.id, f.kind) for f in part.findings] == [("challenger.same", "gap")]
    assert part.items == ()


@pytest.mark.parametrize("end", ["/77", "@nobody"])
def test_what_the_registry_does_not_have_is_an_error_with_what_it_has(
    training: Training, mlflow_server: Server, end: str
) -> None:
    made = training.register()

    with pytest.raises(NoSuchVersion, match="no such"):
        found(f"models:/{made.name}{end}", made, mlflow_server, None)


def test_files_that_are_gone_are_a_gap_and_nothing_is_left(
    training: Training, mlflow_server: Server, tmp_path: Path
) -> None:
    older, newer = training.register(), training.register()
    shutil.rmtree(mlflow_server.folder(older.location))

    part = found(older.ref, newer, mlflow_server, Workspace(tmp_path))

    assert [(f.id, f.kind) for f in part.findings] == [("challenger.artifact", "gap")]
    assert f"the challenger {older.ref} is not compared" in part.findings[0].what
    assert part.items == ()
    assert values(part)["challenger.version"] == older.ref
    assert not list(tmp_path.iterdir())


def test_a_model_that_names_another_run_contradicts_as_the_subjects_would(
    training: Training, mlflow_server: Server, tmp_path: Path
) -> None:
    older = replace(training, mlmodel={"run_id": "0" * 32}).register()
    newer = training.register()

    part = found(older.ref, newer, mlflow_server, Workspace(tmp_path))

    assert [c.id for c in part.contradictions] == ["challenger.artifact.run"]
    assert part.contradictions[0].what.startswith(f"the challenger {older.ref}: ")


def test_the_option_goes_before_the_configuration() -> None:
    config: Config = read_config(CONFIG, "affidavit.toml")
    given = parse_ref("models:/credit-risk/2")

    assert asked_for(given, config) == Asked(ref=given, source="--challenger")
    assert asked_for(None, config) == Asked(
        ref=parse_ref("models:/credit-risk@champion"), source="affidavit.toml: challenger",
        is_standing=True,
    )  # fmt: skip
    assert asked_for(None, None) is None
