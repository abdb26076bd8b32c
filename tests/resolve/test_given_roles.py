"""What the builder declares reaches the record as declared: a real server, repository and remote."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.mlflow_world import Registered, Server, Training
from tests.support.project_world import CONFIG, DATA, Project, make_project, md5

from affidavit.errors import UsageError
from affidavit.evidence import Finding
from affidavit.progress import Silent
from affidavit.resolve import Resolution, resolve
from affidavit.sources import Sources
from affidavit.subject import parse_ref
from affidavit.workspace import Workspace

EVAL, OTHER = DATA["data/eval.csv"], b"id,x,y\n9,9,1\n"
SENTENCE = "the link between model and data is the builder's word"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("world"))


@pytest.fixture
def sources(mlflow_server: Server, project: Project, tmp_path: Path) -> Sources:
    """The repository and no remote, and the data as files of the builder's."""
    for path, content in DATA.items():
        (tmp_path / path.rpartition("/")[2]).write_bytes(content)
    (tmp_path / "other.csv").write_bytes(OTHER)
    return Sources(mlflow_server.uri, repo=str(project.git.folder), mirror_dir=tmp_path / "mirrors")


@pytest.fixture
def training(mlflow_server: Server, project: Project) -> Training:
    return Training(server=mlflow_server, commit=project.commit)


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


def run(made: Registered, sources: Sources, work: Workspace) -> Resolution:
    return resolve(parse_ref(made.ref), sources, work, progress=Silent())


def findings(resolution: Resolution) -> list[tuple[str, str]]:
    return [(f.id, f.kind) for f in resolution.evidence.findings]


def config_in(folder: Path, text: str) -> Path:
    file = folder / "given.toml"
    file.write_text(text)
    return file


def declared(resolution: Resolution, role: str) -> Finding:
    (found,) = [f for f in resolution.evidence.findings if f.id == f"data.{role}.declared"]
    assert (found.kind, found.stage) == ("gap", "resolve")
    return found


def basis(resolution: Resolution) -> dict[str, tuple[str, object]]:
    facts = resolution.evidence.provenance
    return {f.id: (f.basis, f.value) for f in facts if f.id.startswith("data.")}


def test_without_run_commit_and_dvc_every_role_can_be_given(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    training.commit = None
    given = {"training": str(tmp_path / "train.csv"), "evaluation": str(tmp_path / "eval.csv")}
    config = config_in(tmp_path, CONFIG)

    found = run(training.register(), replace(sources, config=config, datasets=given), work)

    assert [(i.role, i.origin) for i in found.evidence.of_kind("dataset")] == [
        ("evaluation", "declared"), ("training", "declared"),
    ]  # fmt: skip
    for role, path in (("training", "data/train.csv"), ("evaluation", "data/eval.csv")):
        fact = found.evidence.fact(f"data.{role}.snapshot")
        assert fact is not None
        assert fact.digest is not None
        assert (fact.basis, fact.source) == ("declared", "option --dataset")
        assert fact.digest.value == hashlib.sha256(DATA[path]).hexdigest()
        assert declared(found, role).what == (
            f"the {role} data was given by the builder (option --dataset): {SENTENCE}"
        )
    assert not any(i.endswith((".link", ".snapshot", ".bytes")) for i, _ in findings(found))
    assert str(tmp_path) not in found.evidence.model_dump_json()


def test_given_data_that_run_and_commit_name_is_no_more_than_a_place(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    tags = {"dvc.path": "data/eval.csv", "dvc.md5": md5("data/eval.csv")}
    training.inputs = [("evaluation", md5("data/eval.csv"), tags)]
    given = {"evaluation": str(tmp_path / "eval.csv")}

    found = run(training.register(), replace(sources, datasets=given), work)

    assert "the run and the commit name its digest" in declared(found, "evaluation").what
    facts = basis(found)
    assert facts["data.evaluation.snapshot"] == ("declared", "eval.csv")
    assert facts["data.evaluation.tracked"] == ("claimed", "data/eval.csv")
    assert facts["data.evaluation.link"] == ("claimed", "data/eval.csv")


def test_given_data_that_the_commit_contradicts_is_refused(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    given = {"evaluation": str(tmp_path / "other.csv")}

    found = run(training.register(), replace(sources, datasets=given), work)

    (one,) = found.contradictions
    assert one.what == "the evaluation data given is not what the commit has at data/eval.csv"
    assert one.expected.startswith(f"md5 {md5('data/eval.csv')} (data/eval.csv.dvc")
    assert one.found == f"md5 {hashlib.md5(OTHER).hexdigest()} (option --dataset)"


WITH_URI = CONFIG.replace(
    'path = "data/eval.csv"',
    'uri = "{uri}"\nexported_from = "warehouse"\nquery = "select *\\n from scores"\n'
    'table_version = "17"\nexported_at = 2026-11-03',
)


def test_a_uri_by_config_is_followed_with_what_is_stated_of_it(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    config = config_in(tmp_path, WITH_URI.format(uri=tmp_path / "other.csv"))

    found = run(training.register(), replace(sources, config=config), work)

    assert declared(found, "evaluation").what == (
        "the evaluation data was given by the builder (uri in an affidavit.toml given by "
        f"--config): {SENTENCE}; stated of it: exported from warehouse, by the query select *  "
        "from scores, table version 17, exported at 2026-11-03"
    )
    facts = basis(found)
    assert facts["data.evaluation.query"] == ("declared", "select *\n from scores")
    assert facts["data.evaluation.exported_at"] == ("declared", "2026-11-03")


def test_a_uri_of_the_commit_is_not_followed_and_the_option_that_would_is_told(
    training: Training, mlflow_server: Server, work: Workspace, tmp_path: Path
) -> None:
    """Who may write the repository must not choose what the builder's machine reads."""
    secret = tmp_path / "of the builder.csv"
    secret.write_bytes(OTHER)
    mine = make_project(tmp_path / "theirs", with_config=False)
    mine.git.write("affidavit.toml", WITH_URI.format(uri=secret))
    training.commit = mine.git.commit("Configure")
    sources = Sources(mlflow_server.uri, repo=str(mine.git.folder), mirror_dir=tmp_path / "mirrors")
    made = training.register()

    found = run(made, sources, work)

    (gap,) = [f for f in found.evidence.findings if f.id == "data.evaluation.snapshot"]
    assert gap.kind == "gap"
    assert gap.fix.endswith(f"--dataset 'evaluation={secret}'")
    assert not found.evidence.of_kind("dataset", "evaluation")
    assert "somebody's word: exported from warehouse" in declared(found, "evaluation").what
    followed = run(
        made, replace(sources, datasets={"evaluation": str(secret)}), Workspace(tmp_path / "again")
    )
    assert len(followed.evidence.of_kind("dataset", "evaluation")) == 1


def test_a_role_that_only_the_options_name(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    given = {"later": str(tmp_path / "other.csv")}
    asked = replace(sources, datasets=given, includes={"later": "reference"})

    found = run(training.register(), asked, work)

    assert basis(found)["data.later.include"] == ("declared", "reference")
    assert declared(found, "later").what.endswith("affidavit.toml does not name this role")
    assert found.config is not None
    assert found.config.datasets["later"].include == "reference"
    assert [i.embedded for i in found.evidence.of_kind("dataset", "later")] == [False]


def test_a_protected_table_is_given_by_the_path_that_names_it(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    table = "data/people.csv"
    text = CONFIG + (
        f'[rows]\nid = "id"\n[sensitive.sex]\ncolumn = "sex"\nsource = "observed"\n'
        f'table = "{table}"\njoin_on = "id"\n'
    )
    asked = replace(
        sources, config=config_in(tmp_path, text), datasets={table: str(tmp_path / "other.csv")}
    )

    found = run(training.register(), asked, work)

    (item,) = found.evidence.of_kind("protected-table", table)
    assert (item.origin, item.embedded) == ("declared", False)
    assert declared(found, table).what == (
        f"the protected table {table} was given by the builder (option --dataset): {SENTENCE}"
    )


@pytest.mark.parametrize(
    ("datasets", "includes", "said"),
    [
        (["eval"], {}, "--dataset eval=…: affidavit.toml names no such role or table"),
        (["../x"], {"../x": "embed"}, "--dataset ../x=…: affidavit.toml names no such role"),
        ([], {"later": "embed"}, "--include later=embed: no such role"),
        (["evaluation"], {"evaluation": "reference"}, "--include evaluation=reference: it is emb"),
    ],
)
def test_a_role_that_does_not_fit_is_refused_with_those_that_do(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path,
    datasets: list[str], includes: dict[str, str], said: str,
) -> None:  # fmt: skip
    given = {role: str(tmp_path / "other.csv") for role in datasets}
    asked = replace(sources, datasets=given, includes=includes)

    with pytest.raises(UsageError) as refused:
        run(training.register(), asked, work)

    assert refused.value.what.startswith(said)
    assert refused.value.fix


# ---- a query


@pytest.fixture
def database(tmp_path: Path) -> str:
    file = tmp_path / "bank.db"
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("create table scores (id, x, y)")
        base.executemany("insert into scores values (?, ?, ?)", [(1, 2.5, 0), (2, 0.5, 1)])
    return f"sqlite:///{file}"


QUERY = "select * from scores order by id"
ASKED = CONFIG.replace('path = "data/eval.csv"', f'uri = "{{uri}}"\nquery = "{QUERY}"')


def test_a_query_is_frozen_and_its_time_and_rows_are_on_record(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path, database: str
) -> None:
    config = config_in(tmp_path, ASKED.format(uri=database))

    found = run(training.register(), replace(sources, config=config), work)

    (item,) = found.evidence.of_kind("dataset", "evaluation")
    assert pq.read_table(work.locate(item)).to_pydict() == {
        "id": [1, 2], "x": [2.5, 0.5], "y": [0, 1],
    }  # fmt: skip
    facts = basis(found)
    assert facts["data.evaluation.snapshot"] == ("declared", "sqlite:///bank.db")
    assert facts["data.evaluation.rows"] == ("measured", 2)
    assert facts["data.evaluation.query"] == ("declared", QUERY)
    when = facts["data.evaluation.executed_at"]
    assert when[0] == "declared"
    assert f"by the query {QUERY}, run at {when[1]}" in declared(found, "evaluation").what
    assert str(tmp_path) not in found.evidence.model_dump_json()
    assert not list(work.root.glob("frozen-*"))


def test_rows_of_a_query_that_are_kept_nowhere_are_a_gap(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path, database: str
) -> None:
    text = ASKED.format(uri=database).replace("embed", "reference")

    found = run(training.register(), replace(sources, config=config_in(tmp_path, text)), work)

    (gap,) = [f for f in found.evidence.findings if f.id == "data.evaluation.frozen"]
    assert "kept nowhere" in gap.what


def test_a_query_of_the_commit_is_never_run(
    training: Training, mlflow_server: Server, work: Workspace, tmp_path: Path, database: str
) -> None:
    """Nor where the builder names the database: the question would still be another's."""
    theirs = make_project(tmp_path / "theirs", with_config=False)
    theirs.git.write("affidavit.toml", ASKED.format(uri=database))
    training.commit = theirs.git.commit("Configure")
    sources = Sources(
        mlflow_server.uri, repo=str(theirs.git.folder), mirror_dir=tmp_path / "mirrors"
    )
    made = training.register()

    (gap,) = [
        f for f in run(made, sources, work).evidence.findings
        if f.id == "data.evaluation.snapshot"
    ]  # fmt: skip
    with pytest.raises(UsageError, match="not read from such an address") as refused:
        run(made, replace(sources, datasets={"evaluation": database}), work)

    assert gap.fix.endswith("give this file by --config")
    assert "a query of the commit's own is never run" in str(refused.value.cause)
