"""Validation results of the run: copied byte for byte, or a gap that says why not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.git_world import GitWorld

from affidavit.config import Config, Dataset, Label
from affidavit.errors import ConfigError
from affidavit.resolve import expectations
from affidavit.resolve.artifacts import open_location
from affidavit.resolve.expectations import collect_expectations, collect_suites
from affidavit.resolve.repository import open_repository
from affidavit.toml_reader import read_config
from affidavit.workspace import Workspace

# The store is a real folder; only the registry's way to it is cut short.
REGISTRY = SimpleNamespace(open_artifacts=open_location)


def config(path: str | None) -> Config:
    dataset = Dataset(path="evaluation.csv", include="embed", expectations=path)
    label = Label(column="y", kind="outcome")
    return Config(version=1, task="regression", label=label, datasets={"evaluation": dataset})


def collect(tmp_path: Path, path: str | None):
    work = Workspace(tmp_path / "work")
    run = SimpleNamespace(artifact_location=str(tmp_path / "artifacts"))
    return collect_expectations(config(path), run, REGISTRY, work), work


def store(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "artifacts" / "checks"
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(content)


def test_the_file_that_the_role_names_is_copied_byte_for_byte(tmp_path: Path) -> None:
    store(tmp_path, b'{"success": true}')

    part, work = collect(tmp_path, "checks/result.json")

    (item,) = part.items
    assert (item.path, item.role) == ("data/run/expectations/evaluation.json", "evaluation")
    assert work.locate(item).read_bytes() == b'{"success": true}'
    assert item.sensitivity == "personal-data"


def test_nothing_is_asked_where_no_role_names_one(tmp_path: Path) -> None:
    part, _ = collect(tmp_path, None)  # there is no artifact folder at all

    assert part.items == ()
    assert part.findings == ()


def test_a_file_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    store(tmp_path, b"{}")

    part, _ = collect(tmp_path, "checks/other.json")

    (gap,) = part.findings
    assert (gap.id, gap.kind) == ("run.expectations.evaluation", "gap")
    assert "no artifact of this path" in gap.what


def test_a_file_without_measure_is_a_gap_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(expectations, "MAX_BYTES", 10)
    store(tmp_path, b"x" * 11)

    part, work = collect(tmp_path, "checks/result.json")

    assert "larger than" in part.findings[0].what
    assert not list(work.root.rglob("evaluation.json"))


def test_a_run_that_is_gone_is_a_gap(tmp_path: Path) -> None:
    part = collect_expectations(config("a.json"), None, REGISTRY, Workspace(tmp_path / "work"))

    assert [f.kind for f in part.findings] == ["gap"]


def test_a_path_out_of_the_run_is_refused_in_the_configuration() -> None:
    text = """\
version = 1
task = "regression"
[label]
column = "y"
kind = "outcome"
[datasets.evaluation]
path = "a.csv"
include = "embed"
expectations = "../other/result.json"
"""
    with pytest.raises(ConfigError, match=r"evaluation\.expectations"):
        read_config(text.encode(), "affidavit.toml")


def suites_of(tmp_path: Path, suite: str | None, *, content: bytes = b"{}"):
    project = GitWorld.create(tmp_path / "project")
    project.write("gx/evaluation.json", content)
    (project.folder / "gx" / "link.json").symlink_to("evaluation.json")
    sha = project.commit("Add a suite")
    project.write("gx/evaluation.json", b"changed later")
    dataset = Dataset(path="evaluation.csv", include="embed", suite=suite)
    named = config(None).model_copy(update={"datasets": {"evaluation": dataset}})
    work = Workspace(tmp_path / "work")
    with open_repository(str(project.folder), tmp_path / "mirrors") as repository:
        return collect_suites(named, repository, repository.find(sha), work), work


def test_the_suite_that_the_role_names_is_copied_as_the_commit_has_it(tmp_path: Path) -> None:
    part, work = suites_of(tmp_path, "gx/evaluation.json")

    (item,) = part.items
    assert (item.path, item.kind, item.origin, item.role) == (
        "data/source/expectations/evaluation.json", "source", "collected", "evaluation",
    )  # fmt: skip
    assert work.locate(item).read_bytes() == b"{}"
    assert part.findings == ()


@pytest.mark.parametrize("path", ["gx/other.json", "gx/link.json", "gx"])
def test_a_suite_that_is_no_file_of_the_commit_is_a_gap(tmp_path: Path, path: str) -> None:
    part, _ = suites_of(tmp_path, path)

    assert part.items == ()
    (gap,) = part.findings
    assert (gap.id, gap.kind, gap.expected) == ("code.suite.evaluation", "gap", path)
    assert "no regular file of this path" in gap.what
    assert gap.fix == "commit it before training, or take suite out of [datasets.evaluation]"


def test_a_suite_without_measure_is_a_gap(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(expectations, "MAX_BYTES", 10)

    part, work = suites_of(tmp_path, "gx/evaluation.json", content=b"x" * 11)

    assert "has 11 bytes" in part.findings[0].what
    assert str(tmp_path) not in part.findings[0].model_dump_json()
    assert not list(work.root.rglob("evaluation.json"))


def test_a_suite_without_a_commit_is_a_gap_and_none_is_asked_for_where_none_is_named(
    tmp_path: Path,
) -> None:
    dataset = Dataset(path="evaluation.csv", include="embed", suite="gx/evaluation.json")
    named = config(None).model_copy(update={"datasets": {"evaluation": dataset}})

    part = collect_suites(named, None, None, Workspace(tmp_path / "work"))
    none = collect_suites(config(None), None, None, Workspace(tmp_path / "work"))

    assert "there is no commit to read it at" in part.findings[0].what
    assert (none.items, none.findings) == ((), ())


def test_a_suite_out_of_the_repository_is_refused_in_the_configuration() -> None:
    text = """\
version = 1
task = "regression"
[label]
column = "y"
kind = "outcome"
[datasets.evaluation]
path = "a.csv"
include = "embed"
suite = "../other/suite.json"
"""
    with pytest.raises(ConfigError, match=r"evaluation\.suite"):
        read_config(text.encode(), "affidavit.toml")

    inside = read_config(text.replace("../", "").encode(), "affidavit.toml")
    assert inside.datasets["evaluation"].suite == "other/suite.json"
