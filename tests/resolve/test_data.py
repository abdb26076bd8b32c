"""Which input of the run a dataset role means, and what follows if it is another file."""

from __future__ import annotations

import pytest

from affidavit.config import Dataset
from affidavit.resolve.data_links import Readable, link_role
from affidavit.resolve.interface import DatasetInput, Part, Run

OURS, OTHER, FOLDER = "a" * 32, "b" * 32, "c" * 32 + ".dir"
AT_COMMIT = {"data/train.csv": OURS}
READABLE = Readable(AT_COMMIT)
DATASET = Dataset(path="data/train.csv", include="embed")


def logged(*inputs: tuple[str, dict[str, str]]) -> Run:
    return Run(
        run_id="r", name=None, experiment_id="1", status="FINISHED", is_deleted=False, user=None,
        started_at=None, ended_at=None, artifact_location="", params={}, tags={}, metrics=(),
        inputs=tuple(DatasetInput(name="n", digest=digest, tags=tags) for digest, tags in inputs),
    )  # fmt: skip


def outcome(part: Part) -> tuple[list[str], list[str], str | None]:
    digest = part.facts[0].digest
    return (
        [f.kind for f in part.findings],
        [f"{c.expected} / {c.found}" for c in part.contradictions],
        digest.value if digest else None,
    )


@pytest.mark.parametrize(
    "found",
    [
        ("0a1b2c3d", {"dvc.path": "data/train.csv", "dvc.md5": OURS}),
        ("0a1b2c3d", {"dvc.path": "./data//train.csv", "dvc.md5": OURS}),
        (OURS, {"dvc.path": "data/train.csv"}),
        (OURS, {}),
        (OURS, {"mlflow.data.context": "elsewhere"}),
        (OTHER, {"dvc.path": "data/train.csv", "dvc.md5": OURS}),  # the tag speaks for DVC
    ],
)
def test_an_input_of_the_same_digest_is_the_link(found: tuple[str, dict[str, str]]) -> None:
    assert outcome(link_role("training", DATASET, READABLE, logged(found))) == ([], [], OURS)


@pytest.mark.parametrize(
    "found",
    [
        ("0a1b2c3d", {"dvc.path": "data/train.csv", "dvc.md5": OTHER}),
        (OTHER, {"dvc.path": "data/train.csv"}),
        (OTHER, {"mlflow.data.context": "training"}),
    ],
)
def test_an_input_of_another_digest_is_a_contradiction(found: tuple[str, dict[str, str]]) -> None:
    part = link_role("training", DATASET, READABLE, logged(found))

    expected = f"{OTHER} (run) / {OURS} (data/train.csv at the commit)"
    assert outcome(part) == ([], [expected], OTHER)


@pytest.mark.parametrize(
    "inputs",
    [
        [],
        [("0a1b2c3d", {"mlflow.data.context": "training"})],
        [("0a1b2c3d", {"dvc.path": "data/train.csv"})],
        [(OTHER, {"dvc.path": "data/other.csv"})],
        [(OTHER, {"dvc.path": "data/other.csv", "mlflow.data.context": "training"})],
        [(OTHER, {"mlflow.data.context": "evaluation"})],
    ],
)
def test_an_input_of_something_else_is_no_link(inputs: list[tuple[str, dict[str, str]]]) -> None:
    part = link_role("training", DATASET, READABLE, logged(*inputs))

    assert outcome(part) == (["gap"], [], None)


def test_of_two_inputs_of_one_path_the_differing_one_is_seen() -> None:
    path = {"dvc.path": "data/train.csv"}

    part = link_role("training", DATASET, READABLE, logged((OURS, path), (OTHER, path)))

    assert outcome(part)[2] == OTHER
    assert len(part.contradictions) == 1


def test_a_run_may_name_the_tracked_folder_that_the_file_lies_in() -> None:
    at_commit = AT_COMMIT | {"data": FOLDER}
    same = ("0a1b2c3d", {"dvc.path": "data", "dvc.md5": FOLDER})
    changed = ("0a1b2c3d", {"dvc.path": "data", "dvc.md5": OTHER + ".dir"})

    assert outcome(link_role("training", DATASET, Readable(at_commit), logged(same))) == (
        [],
        [],
        FOLDER,
    )
    assert link_role("training", DATASET, Readable(at_commit), logged(changed)).contradictions


def test_another_revision_as_configured_is_an_exception() -> None:
    dataset = DATASET.model_copy(update={"rev": "d" * 40})
    found = ("0a1b2c3d", {"dvc.path": "data/train.csv", "dvc.md5": OTHER})

    part = link_role("training", dataset, READABLE, logged(found))

    assert outcome(part) == (["exception"], [], OTHER)


def test_without_a_snapshot_the_claim_stands_alone() -> None:
    found = ("0a1b2c3d", {"dvc.path": "data/train.csv", "dvc.md5": OTHER})

    assert outcome(link_role("training", DATASET, Readable({}), logged(found))) == ([], [], OTHER)


def test_without_a_run_there_is_no_link() -> None:
    assert outcome(link_role("training", DATASET, READABLE, None)) == (["gap"], [], None)


GIVEN = Readable({"": OURS}, is_given=True)
ELSEWHERE = Dataset(uri="s3://bank/e.csv", include="embed")


def test_given_data_that_the_run_names_by_digest_is_linked() -> None:
    found = ("0a1b2c3d", {"dvc.path": "data/other.csv", "dvc.md5": OURS})

    assert outcome(link_role("training", ELSEWHERE, GIVEN, logged(found))) == ([], [], OURS)


def test_given_data_without_a_link_leaves_the_gap_to_the_finding_on_it() -> None:
    assert outcome(link_role("training", ELSEWHERE, GIVEN, logged())) == ([], [], None)


@pytest.mark.parametrize("tags", [{}, {"dvc.path": "data/train.csv", "dvc.md5": OTHER}])
def test_given_data_from_elsewhere_that_the_run_did_not_read_is_an_exception(
    tags: dict[str, str],
) -> None:
    found = (OTHER, {**tags, "mlflow.data.context": "training"})

    part = link_role("training", ELSEWHERE, GIVEN, logged(found))

    assert outcome(part) == (["exception"], [], OTHER)
    assert part.findings[0].what == "the training data given is another file than the run read"


def test_given_data_in_place_of_a_path_that_the_run_contradicts_is_refused() -> None:
    found = ("0a1b2c3d", {"dvc.path": "data/train.csv", "dvc.md5": OTHER})
    given = Readable(AT_COMMIT, is_given=True)

    part = link_role("training", DATASET, given, logged(found))

    assert outcome(part) == ([], [f"{OTHER} (run) / {OURS} (given)"], OTHER)
