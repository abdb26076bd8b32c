"""Every registry answers alike: over REST, and through MLflow's client on the same store."""

from __future__ import annotations

import math

import pytest
from tests.support.mlflow_world import COMMIT, Registered, Server, Training

from affidavit.errors import NoSuchVersion, UsageError
from affidavit.resolve.interface import Registry
from affidavit.resolve.registry import open_registry
from affidavit.resolve.registry_client import ClientRegistry
from affidavit.resolve.registry_rest import RestRegistry
from affidavit.subject import parse_ref


@pytest.fixture(scope="module")
def registered(mlflow_server: Server) -> Registered:
    return Training(
        server=mlflow_server,
        name="contract model",  # with a space: names are not always words
        metrics=[("auc", 0.75, "evaluation", "e" * 32), ("auc", 0.5, "training", "t" * 8),
                 ("peak", float("inf"), "evaluation", "e" * 32)],
        inputs=[("training", "a" * 32, {"dvc.path": "data/train.csv", "dvc.md5": "a" * 32})],
        version_tags={"stage": "candidate"},
        description="The first",
        alias="champion",
    ).register()  # fmt: skip


@pytest.fixture(params=["rest", "client"])
def registry(request: pytest.FixtureRequest, mlflow_server: Server) -> Registry:
    uri = mlflow_server.uri if request.param == "rest" else mlflow_server.store_uri
    return open_registry(uri)


def test_the_uri_chooses_the_registry(mlflow_server: Server) -> None:
    assert isinstance(open_registry(mlflow_server.uri), RestRegistry)
    assert isinstance(open_registry(mlflow_server.store_uri), ClientRegistry)


@pytest.mark.parametrize("uri", ["ftp://registry.example", "carrier+pigeon://x"])
def test_a_kind_of_address_that_nobody_knows_is_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="no such folder or server") as refused:
        open_registry(uri)

    assert refused.value.cause.startswith("a tracking URI is http(s)://…, sqlite:///…")
    assert refused.value.fix == "correct --tracking-uri"


def test_gives_a_version_with_its_claims(registry: Registry, registered: Registered) -> None:
    found = registry.fetch_version(parse_ref(registered.ref))

    assert (found.name, found.version, found.run_id) == ("contract model", "1", registered.run_id)
    assert found.source == f"models:/{registered.model_id}"
    assert found.description == "The first"
    assert found.tags == {"stage": "candidate"}
    assert found.created_at is not None
    assert found.created_at.tzinfo is not None


def test_an_alias_gives_the_same_version(registry: Registry, registered: Registered) -> None:
    by_alias = registry.fetch_version(parse_ref("models:/contract model@champion"))

    assert by_alias == registry.fetch_version(parse_ref(registered.ref))


def test_gives_the_run_whole(registry: Registry, registered: Registered) -> None:
    run = registry.fetch_run(registered.run_id)

    assert run is not None
    assert run.params == {"C": "1.0", "penalty": "l2"}
    assert run.tags["mlflow.source.git.commit"] == COMMIT
    assert (run.status, run.is_deleted, run.user, run.name) == ("FINISHED", False, "ada", "train")
    assert [(i.name, i.digest, i.tags["dvc.path"]) for i in run.inputs] == [
        ("training", "a" * 32, "data/train.csv")
    ]


def test_gives_every_metric_with_its_dataset(registry: Registry, registered: Registered) -> None:
    model = registry.fetch_logged_model(registered.model_id)

    assert model is not None
    assert model.source_run_id == registered.run_id
    found = {(m.key, m.dataset_name): (m.value, m.dataset_digest) for m in model.metrics}
    assert found == {
        ("auc", "evaluation"): (0.75, "e" * 32),
        ("auc", "training"): (0.5, "t" * 8),
        ("peak", "evaluation"): (math.inf, "e" * 32),
    }


def test_says_where_the_files_are(registry: Registry, registered: Registered) -> None:
    assert registry.fetch_location(registered.name, "1") == registered.location


def test_what_is_not_there_is_none(registry: Registry, registered: Registered) -> None:
    assert registry.fetch_run("0" * 32) is None
    assert registry.fetch_logged_model("m-" + "0" * 32) is None


@pytest.mark.parametrize(
    ("asked", "what", "fix"),
    [
        ("models:/contract model/9", "no such version", "use one of: 1; @champion (version 1)"),
        ("models:/contract model@best", "no such alias", "use one of: @champion (version 1)"),
    ],
)
def test_names_the_versions_and_aliases_that_exist(
    registry: Registry, registered: Registered, asked: str, what: str, fix: str
) -> None:
    with pytest.raises(NoSuchVersion) as refused:
        registry.fetch_version(parse_ref(asked))

    assert what in refused.value.what
    assert refused.value.fix == fix


def test_names_the_models_that_exist(registry: Registry, registered: Registered) -> None:
    with pytest.raises(NoSuchVersion) as refused:
        registry.fetch_version(parse_ref("models:/contrakt/1"))

    assert "no such model" in refused.value.what
    assert "contract model" in refused.value.fix


def test_a_quote_in_a_name_is_a_name(registry: Registry, registered: Registered) -> None:
    with pytest.raises(NoSuchVersion):
        registry.fetch_version(parse_ref("models:/o'brien/1"))


def test_counts_its_calls(registry: Registry, registered: Registered) -> None:
    before = registry.calls

    registry.fetch_version(parse_ref(registered.ref))
    registry.fetch_run(registered.run_id)
    registry.fetch_logged_model(registered.model_id)

    assert registry.calls - before == 3


def test_both_give_the_same_records(mlflow_server: Server, registered: Registered) -> None:
    rest, client = open_registry(mlflow_server.uri), open_registry(mlflow_server.store_uri)

    for fetch in (
        lambda r: r.fetch_version(parse_ref(registered.ref)),
        lambda r: r.fetch_run(registered.run_id),
        lambda r: r.fetch_logged_model(registered.model_id),
    ):
        assert fetch(rest) == fetch(client)
