"""What a run on Databricks says of its code, in the shape that two real runs had.

Recorded, not made here: tags of runs of July 2023 as MLflow's export tool printed them in public
repositories (amesar/mlflow-reports, databricks-industry-solutions/fsi-mrm-generation), with other
names. No Databricks workspace was asked.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.mlflow_world import Server, Training
from tests.support.project_world import Project, make_project

from affidavit.progress import Silent
from affidavit.resolve import Resolution, resolve
from affidavit.sources import Sources
from affidavit.subject import parse_ref
from affidavit.workspace import Workspace

PATH = "/Repos/ada@bank.example/models/templates/Credit Adjudication"
IN_GIT = {
    "mlflow.databricks.gitRepoProvider": "gitHub",
    "mlflow.databricks.gitRepoReference": "release",
    "mlflow.databricks.gitRepoReferenceType": "branch",
    "mlflow.databricks.gitRepoRelativePath": "templates/Credit Adjudication",
    "mlflow.databricks.gitRepoStatus": "unknown",
    "mlflow.databricks.gitRepoUrl": "https://ada:t0ken@git.bank.example/models.git",
    "mlflow.databricks.notebook.commandID": "1630835003914618246_5442231573309100337_8e188548",
    "mlflow.databricks.notebookID": "3022585156450040",
    "mlflow.databricks.notebookPath": PATH,
    "mlflow.source.name": PATH,
    "mlflow.source.type": "NOTEBOOK",
}
REVISION = {
    "mlflow.databricks.notebookPath": "/Users/ada@bank.example/train",
    "mlflow.databricks.notebookRevisionID": "1690785053",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("world"))


def found(server: Server, project: Project, folder: Path, **tags: str) -> Resolution:
    training = Training(server=server, commit=None, tags=tags)
    sources = Sources(server.uri, repo=str(project.git.folder), mirror_dir=folder / "mirrors")
    made = training.register()
    return resolve(parse_ref(made.ref), sources, Workspace(folder / "work"), progress=Silent())


def code(resolution: Resolution) -> dict[str, tuple[object, str]]:
    facts = (f for f in resolution.evidence.provenance if f.kind == "code")
    return {f.id.removeprefix("code."): (f.value, f.basis) for f in facts}


def test_a_notebook_in_a_git_folder_names_its_commit(
    mlflow_server: Server, project: Project, tmp_path: Path
) -> None:
    tags = IN_GIT | {"mlflow.databricks.gitRepoCommit": project.commit}

    resolution = found(mlflow_server, project, tmp_path, **tags)

    facts = code(resolution)
    assert facts["commit"] == (project.commit, "claimed")
    assert facts["notebook"] == (PATH, "claimed")
    assert facts["repository"] == ("https://git.bank.example/models.git", "claimed")
    assert facts["reference"] == ("release", "claimed")
    assert facts["path"] == ("templates/Credit Adjudication", "claimed")
    assert "pack" in facts  # the commit is in the repository, and is packed
    fact = resolution.evidence.fact("code.commit")
    assert fact is not None
    assert fact.source == "run tag mlflow.databricks.gitRepoCommit"
    assert "t0ken" not in resolution.evidence.model_dump_json()


def test_a_notebook_alone_is_named_where_the_commit_is_lacking(
    mlflow_server: Server, project: Project, tmp_path: Path
) -> None:
    resolution = found(mlflow_server, project, tmp_path, **REVISION)

    assert code(resolution)["notebook_revision"] == ("1690785053", "claimed")
    (gap,) = [f for f in resolution.evidence.findings if f.id == "code.commit"]
    assert gap.found == "notebook /Users/ada@bank.example/train, revision 1690785053"
    assert gap.what.endswith("the notebook that it names has no digest")


def test_two_tags_that_name_two_commits_are_an_exception(
    mlflow_server: Server, project: Project, tmp_path: Path
) -> None:
    tags = {
        "mlflow.source.git.commit": project.commit, "mlflow.databricks.gitRepoCommit": "a" * 40,
    }  # fmt: skip

    resolution = found(mlflow_server, project, tmp_path, **tags)

    (one,) = [f for f in resolution.evidence.findings if f.id == "code.commit"]
    assert one.kind == "exception"
    assert (project.commit in str(one.expected), "a" * 40 in str(one.found)) == (True, True)
