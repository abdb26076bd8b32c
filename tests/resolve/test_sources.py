"""Where a build looks, in which order, and that no credential is ever shown."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from affidavit.errors import ConfigError, UsageError
from affidavit.sources import public_uri, read_sources, without_credentials

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def keep(home: Path, content: str) -> Path:
    file = home / ".config" / "affidavit" / "sources.toml"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    return home


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    home = keep(
        tmp_path, 'tracking_uri = "http://file"\nrepo = "file-repo"\nremote = "file-remote"'
    )
    environ = {"AFFIDAVIT_TRACKING_URI": "http://env", "AFFIDAVIT_REPO": "env-repo"}

    found = read_sources({"tracking_uri": "http://option"}, environ=environ, home=home)

    assert found.tracking_uri == "http://option"
    assert found.repo == "env-repo"
    assert found.remote == "file-remote"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"MLFLOW_TRACKING_URI": "http://mlflow"}, "http://mlflow"),
        (
            {"MLFLOW_TRACKING_URI": "http://mlflow", "AFFIDAVIT_TRACKING_URI": "http://a"},
            "http://a",
        ),
        ({}, "http://file"),
        ({"AFFIDAVIT_TRACKING_URI": ""}, "http://file"),
    ],
)
def test_mlflows_own_variable_stands_between(
    tmp_path: Path, environ: dict[str, str], expected: str
) -> None:
    home = keep(tmp_path, 'tracking_uri = "http://file"')

    assert read_sources({}, environ=environ, home=home).tracking_uri == expected


def test_refuses_to_guess_a_tracking_server(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        read_sources({}, environ={}, home=tmp_path)

    assert "--tracking-uri" in refused.value.fix


def test_names_every_fault_of_the_file_at_once(tmp_path: Path) -> None:
    home = keep(tmp_path, 'tracking_url = "http://x"\nrepo = 3\n')

    with pytest.raises(ConfigError) as refused:
        read_sources({"tracking_uri": "http://x"}, environ={}, home=home)

    assert "did you mean tracking_uri?" in refused.value.what
    assert "repo: must be a text" in refused.value.what


def test_a_file_that_is_no_toml_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not TOML"):
        read_sources({}, environ={}, home=keep(tmp_path, "repo = "))


def test_a_home_without_the_file_is_none(tmp_path: Path) -> None:
    found = read_sources({"tracking_uri": "http://x"}, environ={}, home=tmp_path)

    assert (found.repo, found.remote, found.config, found.commit) == (None, None, None, None)


def test_takes_only_a_full_commit_id(tmp_path: Path) -> None:
    given = {"tracking_uri": "http://x", "commit": COMMIT}
    assert read_sources(given, environ={}, home=tmp_path).commit == COMMIT

    for short in ("main", COMMIT[:12], COMMIT.upper()):
        with pytest.raises(UsageError, match="not a full commit id"):
            read_sources(given | {"commit": short}, environ={}, home=tmp_path)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://ada:secret@host:5000/mlflow", "http://host:5000/mlflow"),
        ("https://token@host/x", "https://host/x"),
        ("postgresql://u:p@ss@db:5432/mlflow", "postgresql://db:5432/mlflow"),
        ("postgresql://db/mlflow?user=u&password=secret", "postgresql://db/mlflow"),
        ("s3://bucket/key?X-Amz-Signature=secret", "s3://bucket/key"),
        ("https://host/x?sig=secret#frag", "https://host/x"),
        ("sqlite:////var/mlflow.db", "sqlite:////var/mlflow.db"),
        ("file:///models/m-1", "file:///models/m-1"),
        ("mlflow-artifacts:/1/models/m-1/artifacts", "mlflow-artifacts:/1/models/m-1/artifacts"),
        ("models:/m-0", "models:/m-0"),
        ("/srv/mlruns", "/srv/mlruns"),
        ("http://u:secret@[::1/x", "http://[::1/x"),
    ],
)
def test_an_address_is_shown_without_credentials(uri: str, shown: str) -> None:
    assert public_uri(uri) == shown


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://x-access-token:ghp_secret@github.com/bank/risk", "https://github.com/bank/risk"),
        ("https://ghp_secret@github.com/bank/risk", "https://github.com/bank/risk"),
        ('{"uri": "s3://key:secret@host/x", "n": 1}', '{"uri": "s3://host/x", "n": 1}'),
        ("ssh://git@github.com/bank/risk", "ssh://git@github.com/bank/risk"),
        ("mail ada@bank.example about http://host/x", "mail ada@bank.example about http://host/x"),
        ("http://host/a and b@c", "http://host/a and b@c"),
    ],
)
def test_recorded_text_loses_its_credentials_and_nothing_else(text: str, clean: str) -> None:
    assert without_credentials(text) == clean


@pytest.mark.parametrize("piece", ["a", "a+", "a://", "http://", "a://b:", "http://a:", "@", ":"])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    """A run's tags are read here, and anyone may set them."""
    text, secret = piece * 200_000, "https://ada:secret@host/x"
    started = time.process_time()

    cleaned = without_credentials(f"{text} {secret}")

    assert cleaned == f"{text} https://host/x"
    assert public_uri(f"x://u:p@[{text}").startswith("x://[")
    assert time.process_time() - started < 2


def test_data_is_given_by_option_environment_and_file_each_role_by_the_first(
    tmp_path: Path,
) -> None:
    kept = '[dataset]\ntraining = "kept.csv"\nlater = "later.csv"\n[include]\nlater = "embed"\n'
    home = keep(tmp_path, f'tracking_uri = "http://x"\n{kept}')
    environ = {"AFFIDAVIT_DATASET": "evaluation=a=b.csv\n\ntraining=env.csv\n"}

    found = read_sources({}, datasets=["evaluation=s3://b/k"], environ=environ, home=home)

    assert found.datasets == {
        "evaluation": "s3://b/k", "training": "env.csv", "later": "later.csv",
    }  # fmt: skip
    assert found.includes == {"later": "embed"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"datasets": ["evaluation"]}, "--dataset evaluation: not of the form ROLE=PATH"),
        ({"datasets": ["=a.csv"]}, "--dataset =a.csv: not of the form ROLE=PATH"),
        ({"datasets": ["a=b", "a=c"]}, "--dataset a is given twice"),
        ({"includes": ["a=maybe"]}, "--include a=maybe: neither embed nor reference"),
    ],
)
def test_data_that_is_given_badly_is_refused(
    tmp_path: Path, given: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read_sources({"tracking_uri": "http://x"}, environ={}, home=tmp_path, **given)

    assert refused.value.what.startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('dataset = "a"', "dataset: must be a table, [dataset]"),
        ("[dataset]\na = 1", "dataset.a: must be a text that is not empty"),
        ('[datasets]\na = "b"', "datasets: not a key of sources.toml; did you mean dataset?"),
    ],
)
def test_a_table_of_the_file_that_is_none_is_refused(
    tmp_path: Path, content: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=r"sources\.toml") as refused:
        read_sources({}, environ={}, home=keep(tmp_path, content))

    assert said in refused.value.what


def test_a_dataset_without_a_role_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError, match="not of the form") as refused:
        read_sources({"tracking_uri": "x"}, datasets=["=https://me:s3cret@bank/a"], environ={})

    assert "s3cret" not in str(refused.value)
