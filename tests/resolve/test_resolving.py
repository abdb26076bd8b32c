"""The stage as a whole: a real server, a real repository, a remote, and one fact changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from tests.support.mlflow_world import FILES, Registered, Server, Training, log_sklearn_model
from tests.support.project_world import (
    CONFIG,
    DECLARATIONS,
    Project,
    linked_inputs,
    make_project,
    md5,
)

from affidavit.errors import ConfigError, NoSuchVersion, SourceError, UsageError
from affidavit.progress import Silent
from affidavit.resolve import Resolution, resolve
from affidavit.sources import Sources
from affidavit.subject import parse_ref
from affidavit.workspace import Workspace

CALLS_ALLOWED = 6


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("world"))


@pytest.fixture
def training(mlflow_server: Server, project: Project) -> Training:
    """A training that logs everything: its resolution has no finding."""
    return Training(server=mlflow_server, commit=project.commit, inputs=linked_inputs())


@pytest.fixture
def sources(mlflow_server: Server, project: Project, tmp_path: Path) -> Sources:
    return Sources(
        mlflow_server.uri, repo=str(project.git.folder), remote=str(project.remote),
        mirror_dir=tmp_path / "mirrors",
    )  # fmt: skip


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


def run(made: Registered | str, sources: Sources, work: Workspace, **options: bool) -> Resolution:
    ref = parse_ref(made if isinstance(made, str) else made.ref)
    return resolve(ref, sources, work, progress=Silent(), **options)


def findings(resolution: Resolution) -> list[tuple[str, str]]:
    return [(f.id, f.kind) for f in resolution.evidence.findings]


# ---- the whole chain


def test_a_model_with_everything_logged_has_no_finding(
    training: Training, sources: Sources, work: Workspace, project: Project
) -> None:
    made = training.register()

    resolution = run(made, sources, work)

    evidence = resolution.evidence
    assert findings(resolution) == []
    assert resolution.contradictions == ()
    assert (evidence.subject.version, evidence.subject.run_id) == (made.version, made.run_id)
    assert evidence.configuration.given == "commit"
    assert resolution.config is not None
    assert resolution.declarations is not None
    for item in evidence.items:
        content = work.locate(item).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (
            item.sha256, item.size_bytes,
        )  # fmt: skip
    assert {f"data/model/{path}" for path in FILES} <= {i.path for i in evidence.items}
    assert {i.path for i in evidence.of_kind("run")} == {
        f"data/run/{name}.json" for name in ("inputs", "metrics", "params", "run", "tags")
    }


def test_each_fact_states_its_basis(
    training: Training, sources: Sources, work: Workspace, project: Project
) -> None:
    evidence = run(training.register(), sources, work).evidence

    basis = {f.id: (f.basis, f.value) for f in evidence.provenance}
    assert basis["model.artifact"] == ("measured", len(FILES))
    assert basis["code.commit"] == ("claimed", project.commit)
    assert basis["data.training.snapshot"] == ("measured", "data/train.csv")
    assert basis["data.training.link"] == ("claimed", "data/train.csv")
    assert basis["run.user"] == ("claimed", "ada")
    assert basis["code.dirty"] == ("claimed", "clean")


def test_takes_few_calls(training: Training, sources: Sources, work: Workspace) -> None:
    training.alias = "champion"
    made = training.register()

    by_version = run(made, sources, work, download=False)
    by_alias = run(f"models:/{made.name}@champion", sources, work, download=False)

    assert (by_version.calls, by_alias.calls) == (3, 3)
    assert by_version.calls <= CALLS_ALLOWED


def test_the_same_version_gives_the_same_evidence_again(
    training: Training, sources: Sources, tmp_path: Path, mlflow_server: Server
) -> None:
    made = training.register()
    first = run(made, sources, Workspace(tmp_path / "one"))
    mlflow_server.post(  # aliases move, later versions come: no facts about this one
        "registered-models/alias", name=made.name, alias="champion", version=made.version
    )
    replace(training, alias=None).register()

    second = run(made, sources, Workspace(tmp_path / "two"))

    assert second.evidence == first.evidence


def test_an_alias_is_read_once_and_kept(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.alias = "champion"
    made = training.register()

    resolution = run(f"models:/{made.name}@champion", sources, work)

    assert resolution.alias == "champion"
    assert resolution.evidence.subject.version == made.version
    assert "champion" not in resolution.evidence.model_dump_json()


def test_a_store_without_a_server_gives_the_same_evidence(
    training: Training, sources: Sources, tmp_path: Path, mlflow_server: Server
) -> None:
    training.artifact_location = (tmp_path / "artifacts").as_uri()
    made = training.register()

    served = run(made, sources, Workspace(tmp_path / "one"))
    direct = run(
        made, replace(sources, tracking_uri=mlflow_server.store_uri), Workspace(tmp_path / "two")
    )

    assert direct.evidence == served.evidence
    assert direct.calls <= CALLS_ALLOWED


def test_resolves_what_mlflow_itself_logs(
    sources: Sources, work: Workspace, mlflow_server: Server, project: Project
) -> None:
    version = log_sklearn_model(mlflow_server, "sklearn-model", project.commit)

    resolution = run(f"models:/sklearn-model/{version}", sources, work)

    evidence = resolution.evidence
    assert evidence.fact("model.flavor").value == "sklearn"
    assert evidence.fact("environment.python").value is not None
    metrics = json.loads((work.root / "data/run/metrics.json").read_bytes())["metrics"]
    assert [(m["key"], m["value"], m["dataset_name"]) for m in metrics] == [
        ("accuracy", 1, "training"),
        ("undefined", "NaN", "training"),
    ]
    # It names data/train.csv nowhere, and another file as its training data.
    assert ("data.evaluation.link", "gap") in findings(resolution)


def test_without_downloads_nothing_is_written(
    training: Training, sources: Sources, work: Workspace
) -> None:
    resolution = run(training.register(), sources, work, download=False)

    assert resolution.evidence.items == ()
    assert not work.root.exists()
    assert resolution.evidence.fact("data.training.snapshot").basis == "claimed"


# ---- the registry


def test_names_the_versions_that_exist(
    training: Training, sources: Sources, work: Workspace
) -> None:
    made = training.register()

    with pytest.raises(NoSuchVersion) as refused:
        run(f"models:/{made.name}/7", sources, work)

    assert refused.value.exit_code == 2
    assert "use one of: 1" in refused.value.fix


def test_a_soft_deleted_run_is_an_exception(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    mlflow_server.post("runs/delete", run_id=made.run_id)

    resolution = run(made, sources, work)

    assert findings(resolution) == [("run.lifecycle", "exception")]
    assert resolution.evidence.fact("run.lifecycle").value == "deleted"


def test_a_purged_run_is_a_gap(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    with sqlite3.connect(mlflow_server.database) as database:  # what `mlflow gc` does to it
        database.execute("delete from runs where run_uuid = ?", (made.run_id,))

    resolution = run(made, sources, work)

    assert ("run.id", "gap") in findings(resolution)
    assert ("code.commit", "gap") in findings(resolution)
    assert resolution.contradictions == ()
    assert json.loads((work.root / "data/run/metrics.json").read_bytes())["metrics"]


def test_a_run_that_failed_is_an_exception(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    mlflow_server.post("runs/update", run_id=made.run_id, status="FAILED")

    assert findings(run(made, sources, work)) == [("run.status", "exception")]


def test_a_version_that_names_another_run_contradicts_its_model(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    other = replace(training).register()
    version = mlflow_server.post(
        "model-versions/create", name=made.name, source=f"models:/{made.model_id}",
        model_id=made.model_id, run_id=other.run_id,
    )["model_version"]["version"]  # fmt: skip

    resolution = run(f"models:/{made.name}/{version}", sources, work)

    assert [(c.id, c.expected, c.found) for c in resolution.contradictions] == [
        ("model.logged_model", f"{other.run_id} (version)",
         f"{made.run_id} (logged model {made.model_id})"),
        ("model.artifact.run", f"{other.run_id} (version)", f"{made.run_id} (MLmodel)"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [({"run_id": "f" * 32}, "model.artifact.run"),
     ({"model_id": "m-" + "f" * 32}, "model.artifact.logged_model")],
)  # fmt: skip
def test_files_that_name_another_run_or_model_contradict_the_registry(
    training: Training, sources: Sources, work: Workspace, said: dict[str, str], expected: str
) -> None:
    training.mlmodel = said

    resolution = run(training.register(), sources, work)

    assert [c.id for c in resolution.contradictions] == [expected]
    assert next(iter(said.values())) in resolution.contradictions[0].found


def test_a_deleted_logged_model_is_a_gap_and_its_files_are_found(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    requests.delete(
        f"{mlflow_server.uri}/api/2.0/mlflow/logged-models/{made.model_id}", timeout=60
    ).raise_for_status()

    resolution = run(made, sources, work)

    assert ("model.logged_model", "gap") in findings(resolution)
    assert resolution.evidence.fact("model.artifact").value == len(FILES)
    assert resolution.calls <= CALLS_ALLOWED


def test_a_copied_version_has_the_files_of_the_one_it_was_copied_from(
    training: Training, sources: Sources, tmp_path: Path, mlflow_server: Server
) -> None:
    made = training.register()
    copy = f"{made.name}-prod"
    mlflow_server.post("registered-models/create", name=copy)
    mlflow_server.post("model-versions/create", name=copy, source=made.ref, run_id=made.run_id)

    original = run(made, sources, Workspace(tmp_path / "one")).evidence
    resolution = run(f"models:/{copy}/1", sources, Workspace(tmp_path / "two"))

    assert resolution.evidence.fact("model.artifact") == original.fact("model.artifact")
    assert resolution.evidence.subject.name == copy
    assert resolution.calls <= CALLS_ALLOWED


def test_files_gone_from_the_store_are_an_error(
    training: Training, sources: Sources, work: Workspace, mlflow_server: Server
) -> None:
    made = training.register()
    shutil.rmtree(mlflow_server.folder(made.location))

    with pytest.raises(SourceError, match="no model files"):
        run(made, sources, work)


def test_what_is_no_number_is_recorded_as_a_word(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.metrics = [
        ("a", float("nan"), "evaluation", "e"), ("b", float("inf"), "evaluation", "e"),
        ("c", float("-inf"), "evaluation", "e"), ("d", 0.0, "evaluation", "e"),
    ]  # fmt: skip

    run(training.register(), sources, work)

    metrics = json.loads((work.root / "data/run/metrics.json").read_bytes())["metrics"]
    assert [m["value"] for m in metrics] == ["NaN", "Infinity", "-Infinity", 0]


def test_a_token_in_a_tag_is_not_recorded(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.tags["mlflow.source.git.repoURL"] = "https://ghp_s3cret@github.com/bank/risk"
    training.version_tags["origin"] = "https://ada:s3cret@host/x"

    resolution = run(training.register(), sources, work)

    recorded = b"".join(work.locate(i).read_bytes() for i in resolution.evidence.of_kind("run"))
    assert b"github.com/bank/risk" in recorded
    assert b"s3cret" not in recorded
    assert "s3cret" not in resolution.evidence.model_dump_json()


# ---- the commit


def test_no_commit_logged_is_a_gap(training: Training, sources: Sources, work: Workspace) -> None:
    training.commit = None

    resolution = run(training.register(), sources, work)

    assert ("code.commit", "gap") in findings(resolution)
    assert resolution.evidence.fact("code.commit").value is None
    assert resolution.config is None
    (gap,) = [f for f in resolution.evidence.findings if f.id == "configuration"]
    assert "no commit to read it at" in gap.what


def test_a_commit_that_the_repository_lacks_is_a_gap(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.commit = "a" * 40

    resolution = run(training.register(), sources, work)

    assert ("code.pack", "gap") in findings(resolution)
    assert resolution.evidence.fact("code.commit").value == "a" * 40


def test_no_repository_is_a_gap(training: Training, sources: Sources, work: Workspace) -> None:
    resolution = run(training.register(), replace(sources, repo=None), work)

    assert ("code.pack", "gap") in findings(resolution)


def test_a_commit_given_by_option_is_declared_and_a_difference_shown(
    training: Training, sources: Sources, work: Workspace, project: Project
) -> None:
    training.commit = "a" * 40

    resolution = run(training.register(), replace(sources, commit=project.commit), work)

    assert resolution.evidence.fact("code.commit").basis == "declared"
    assert findings(resolution) == [("code.commit", "exception")]


@pytest.mark.parametrize(
    ("tags", "value", "expected"),
    [
        ({"affidavit.git.dirty": "true"}, "dirty", [("code.dirty", "exception")]),
        ({"mlflow.source.git.dirty": "True"}, "dirty", [("code.dirty", "exception")]),
        ({"affidavit.git.dirty": "false"}, "clean", []),
        ({"affidavit.git.dirty": "perhaps"}, "unknown", [("code.dirty", "gap")]),
        ({}, "unknown", [("code.dirty", "gap")]),
    ],
)
def test_a_tree_is_clean_only_where_the_run_says_so(
    training: Training, sources: Sources, work: Workspace,
    tags: dict[str, str], value: str, expected: list[tuple[str, str]],
) -> None:  # fmt: skip
    training.tags = tags

    resolution = run(training.register(), sources, work)

    assert resolution.evidence.fact("code.dirty").value == value
    assert findings(resolution) == expected


# ---- the configuration


def test_configuration_by_option_is_an_exception_on_record(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    given = tmp_path / "later.toml"
    given.write_text(CONFIG.replace("0.5", "0.4"))

    resolution = run(training.register(), replace(sources, config=given), work)

    assert findings(resolution) == [("configuration", "exception")]
    (finding,) = resolution.evidence.findings
    assert finding.what.endswith(
        "set after training; by whom and when is not stated: add set_by and set_on"
    )
    assert resolution.evidence.configuration.given == "option"
    assert resolution.config.decision.threshold == 0.4
    assert [i.origin for i in resolution.evidence.of_kind("configuration")] == ["declared"]
    assert str(tmp_path) not in resolution.evidence.model_dump_json()


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ('set_by = "Ada"\nset_on = 2026-11-12\n', "set after training by Ada on 2026-11-12"),
        ('set_by = "Ada"\n', "set after training by Ada; when is not stated: add set_on"),
        ("set_on = 2026-11-12\n",
         "set after training on 2026-11-12; by whom is not stated: add set_by"),
    ],
)  # fmt: skip
def test_who_set_the_configuration_later_and_when_is_said(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path, stated: str, said: str
) -> None:
    given = tmp_path / "later.toml"
    given.write_text(stated + CONFIG)

    resolution = run(training.register(), replace(sources, config=given), work)

    assert [f.what.partition(": ")[2] for f in resolution.evidence.findings] == [said]


@pytest.mark.parametrize("name", ["config", "declarations"])
def test_an_empty_file_by_option_is_refused_and_never_the_commits(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path, name: str
) -> None:
    given = tmp_path / "empty.toml"
    given.touch()

    with pytest.raises(ConfigError, match=r"empty\.toml has \d fault"):
        run(training.register(), replace(sources, **{name: given}), work)


def test_the_commits_own_configuration_by_option_is_the_commits(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    given = tmp_path / "same.toml"
    given.write_text(CONFIG)

    resolution = run(training.register(), replace(sources, config=given), work)

    assert findings(resolution) == []
    assert resolution.evidence.configuration.given == "commit"


def test_declarations_may_come_later(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    given = tmp_path / "declarations.toml"
    given.write_text('version = 1\npurpose = "Later"\n')

    resolution = run(training.register(), replace(sources, declarations=given), work)

    assert findings(resolution) == []
    assert resolution.declarations.purpose == "Later"
    assert [i.origin for i in resolution.evidence.of_kind("declarations")] == ["declared"]
    fact = resolution.evidence.fact("declarations.given")
    assert (fact.value, fact.basis) == ("option", "declared")
    assert fact.digest.value == hashlib.sha256(given.read_bytes()).hexdigest()
    assert fact.source == (
        "option --declarations; by whom and when is not stated: add declared_by and declared_on"
    )


def test_the_commits_declarations_name_who_stated_them_and_when(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    world.git.write(
        "declarations.toml", f'{DECLARATIONS}declared_by = "Ada"\ndeclared_on = 2026-11-12'
    )
    training.commit = world.git.commit("State who")

    evidence = run(training.register(), replace(sources, repo=str(world.git.folder)), work).evidence

    fact = evidence.fact("declarations.given")
    assert (fact.value, fact.basis) == ("commit", "declared")
    assert fact.source == "declarations.toml at the commit, stated by Ada on 2026-11-12"


def test_no_configuration_at_all_is_a_gap_that_names_the_command(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    bare = make_project(tmp_path, with_config=False)
    training.commit = bare.commit
    made = training.register()

    resolution = run(made, replace(sources, repo=str(bare.git.folder)), work)

    assert resolution.config is None
    assert findings(resolution) == [("configuration", "gap"), ("declarations", "gap")]
    assert f"affidavit init {made.ref}" in resolution.evidence.findings[0].fix


def test_a_file_that_an_option_names_is_read_before_anything_is_asked(
    sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    nowhere = replace(sources, tracking_uri="http://127.0.0.1:1", config=tmp_path / "none.toml")

    with pytest.raises(UsageError, match="--config"):
        run("models:/x/1", nowhere, work)


def test_a_faulty_configuration_is_refused_with_its_commit(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    world.git.write("affidavit.toml", CONFIG.replace("threshold", "treshold"))
    training.commit = world.git.commit("Break it")

    with pytest.raises(ConfigError) as refused:
        run(training.register(), replace(sources, repo=str(world.git.folder)), work)

    assert training.commit[:12] in refused.value.what
    assert "threshold" in refused.value.what


# ---- the data


def test_a_configuration_that_git_lfs_keeps_is_called_that(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 300\n"
    world.git.write("affidavit.toml", pointer)
    training.commit = world.git.commit("Track toml by LFS")
    here = replace(sources, repo=str(world.git.folder))
    made = training.register()

    with pytest.raises(
        ConfigError, match=r"^affidavit.toml at commit .{12} is kept by Git LFS"
    ) as no:
        run(made, here, work)

    assert "give the file itself by --config" in no.value.fix
    given = tmp_path / "given.toml"
    given.write_text(CONFIG)
    found = findings(run(made, replace(here, config=given), Workspace(tmp_path / "again")))
    assert found == [("code.lfs", "gap"), ("configuration", "exception")]


def test_data_that_git_lfs_keeps_is_a_gap_that_says_so(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 300\n"
    world.git.write("data/eval.csv", pointer)
    (world.git.folder / "data" / "eval.csv.dvc").unlink()
    training.commit = world.git.commit("Keep the rows in LFS")

    resolution = run(training.register(), replace(sources, repo=str(world.git.folder)), work)

    assert findings(resolution) == [("code.lfs", "gap"), ("data.evaluation.snapshot", "gap")]
    told = resolution.evidence.findings[1]
    assert "points to a file that Git LFS keeps" in told.what
    assert "--dataset evaluation=PATH" in told.fix


def test_a_run_that_read_other_data_contradicts_the_commit(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.inputs[0] = (
        "training", "0" * 32, {"dvc.path": "data/train.csv", "dvc.md5": "0" * 32},
    )  # fmt: skip

    resolution = run(training.register(), sources, work)

    (only,) = resolution.contradictions
    assert only.id == "data.training.link"
    assert only.expected == f"{'0' * 32} (run)"
    assert only.found == f"{md5('data/train.csv')} (data/train.csv at the commit)"


def test_data_that_the_run_does_not_name_is_a_gap(
    training: Training, sources: Sources, work: Workspace
) -> None:
    training.inputs = [("training", "0a1b2c3d", {"mlflow.data.context": "training"})]

    resolution = run(training.register(), sources, work)

    assert findings(resolution) == [("data.evaluation.link", "gap"), ("data.training.link", "gap")]
    assert resolution.contradictions == ()


def test_all_contradictions_are_listed_at_once(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    world.object("data/eval.csv").write_bytes(b"id,x,y\n3,4,0\n")  # altered in the remote
    training.commit = world.commit
    training.mlmodel = {"run_id": "f" * 32}
    training.inputs[0] = ("training", "0" * 32, {"dvc.path": "data/train.csv"})

    resolution = run(
        training.register(),
        replace(sources, repo=str(world.git.folder), remote=str(world.remote)),
        work,
    )

    ids = {c.id.split("/")[0] for c in resolution.contradictions}
    assert {"model.artifact.run", "data.training.link"} < ids
    assert any("data.evaluation" in i for i in ids)
    assert all(c.fix for c in resolution.contradictions)


def test_bytes_gone_from_the_remote_are_a_gap(
    training: Training, sources: Sources, work: Workspace, tmp_path: Path
) -> None:
    world = make_project(tmp_path)
    world.object("data/eval.csv").unlink()
    training.commit = world.commit

    resolution = run(
        training.register(),
        replace(sources, repo=str(world.git.folder), remote=str(world.remote)),
        work,
    )

    assert [kind for _, kind in findings(resolution)] == ["gap"]
    assert resolution.contradictions == ()
