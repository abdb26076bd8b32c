"""Data that DVC tracks: what a build can have from a repository verifies, what a liar says does not.

Each lie is one that the digests of the bundle alone do not show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.dvc_world import TEST, TRAIN, DvcWorld, dvc_world
from tests.support.git_world import GitWorld
from tests.support.tracked_case import TrackedCase

from affidavit.commit_record import PACK
from affidavit.config import Dataset
from affidavit.evidence import Digest

Resolved = Callable[..., TrackedCase]
ENDED = "tracked-data"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> DvcWorld:
    return dvc_world(tmp_path_factory.getbasetemp())


@pytest.fixture
def resolved(world: DvcWorld, tmp_path: Path) -> Resolved:
    return lambda **roles: TrackedCase.resolved(
        world.repository.folder, world.commit, world.remote, tmp_path / "work", **roles
    )


@pytest.mark.parametrize(
    "roles",
    [
        {"evaluation": "data/test.csv", "training": "./data//train.csv"},
        {"evaluation": "parts/one.csv", "training": "parts/two.csv"},  # by a stage's wdir
        {"evaluation": "data/folder"},
        {"evaluation": "data/folder/sub"},
        {"evaluation": "data/folder/sub/größe.csv"},
        {"evaluation": "data/folder/line\nbreak.csv"},
        {"evaluation": Dataset(path="data/folder/x.csv", include="reference")},
        {"evaluation": "data/test.csv", "protected": "data/train.csv"},
        {"evaluation": "data/test.csv", "protected": "data/folder"},
        {"evaluation": "data/test.csv", "protected": "data/folder/sub"},
        {"evaluation": "data/test.csv", "protected": "data/folder/x.csv"},
        {"evaluation": "data/test.csv", "protected": "./data/folder/y z.csv"},
    ],
)
def test_what_a_build_has_from_a_commit_verifies(
    roles: dict[str, str | Dataset], resolved: Resolved
) -> None:
    case = resolved(**roles)

    assert case.failed() == []
    assert case.passed().keys() == {"commit", ENDED}


def md5(content: bytes, ending: str = "") -> Digest:
    return Digest(algorithm="md5", value=hashlib.md5(content).hexdigest() + ending)


def by_hand(folder: Path, files: dict[str, str], objects: tuple[bytes, ...]) -> tuple[Path, str]:
    """A repository with these DVC files as they are, and a remote with these objects, as DVC 3."""
    project = GitWorld.create(folder / "project")
    for path, content in files.items():
        project.write(path, content)
    for content in objects:
        digest = hashlib.md5(content).hexdigest()
        for place in (f"remote/files/md5/{digest[:2]}", f"remote/{digest[:2]}"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / digest[2:]).write_bytes(content)
    return project.folder, project.commit("Track")


def entry(path: str, content: bytes, key: str = "outs") -> str:
    digest = hashlib.md5(content).hexdigest()
    return f"{key}:\n- md5: {digest}\n  size: {len(content)}\n  hash: md5\n  path: {path}\n"


UNIX = TRAIN.replace(b"\r", b"")
OLD = {
    "train.csv.dvc": f"md5: {'0' * 32}\nouts:\n- md5: {md5(UNIX).value}\n  path: train.csv\n"
    "  cache: true\n"
}
LOCK = f"prepare:\n  cmd: x\n  outs:\n  - path: train.csv\n    md5: {md5(TEST).value}\n"
FLOW = f"outs: [{{md5: {md5(TRAIN).value}, hash: md5, path: train.csv}}]\n"


@pytest.mark.parametrize(
    "files",
    [
        {"train.csv.dvc": entry("train.csv # of 2024", TRAIN)},
        {"train.csv.dvc": entry("'train.csv' # of 2024", TRAIN)},
        {"train.csv.dvc": entry('"train\\u002ecsv"', TRAIN)},
        {"train.csv.dvc": entry("|-\n    train.csv", TRAIN)},
        {"train.csv.dvc": "# ours\n\n" + entry("train.csv\n\n  desc: >-\n    md5: none", TRAIN)},
        {"train.csv.dvc": entry("train.csv", TRAIN).replace("\n", "\r\n")},
        {"train.csv.dvc": FLOW},
        {"dvc/any.dvc": "wdir: ..\n" + entry("train.csv", TRAIN)},
        {"dvc/any.dvc": "wdir: ../a/..\n" + entry("./train.csv", TRAIN)},
        {"dvc/any.dvc": entry("../train.csv", TRAIN)},
        {"dvc.lock": LOCK},  # of DVC 1
        {"sub/dvc.lock": LOCK, "sub/dvc.yaml": "stages:\n  prepare:\n    cmd: x\n    wdir: ..\n"},
        OLD,
        {"b.dvc": entry("train.csv", TRAIN), **OLD},
        {"train.csv.dvc": "deps:\n- url: https://data.example/a\n  etag: x\n"
                          + entry("train.csv", TRAIN)},
        {"train.csv.dvc": "frozen: true\n" + entry("data/t.csv\n  repo:\n    url: u", TRAIN, "deps")
                          + entry("train.csv", TRAIN)},
    ],
)  # fmt: skip
def test_a_dvc_file_of_any_form_that_a_build_reads_verifies(
    files: dict[str, str], tmp_path: Path
) -> None:
    objects = (TRAIN, UNIX, TEST)
    project, sha = by_hand(tmp_path, files, objects)

    case = TrackedCase.resolved(
        project, sha, tmp_path / "remote", tmp_path / "work", training="train.csv"
    )

    assert [i.path for i in case.items("training")] == ["data/dataset/training/train.csv"]
    assert case.failed() == []
    assert case.passed()[ENDED] == "the data of training is what the commit names"


def test_a_table_of_another_folder_with_the_same_name_is_refused(tmp_path: Path) -> None:
    files = {
        "train/rows.csv.dvc": entry("rows.csv", TRAIN),
        "test/rows.csv.dvc": entry("rows.csv", TEST),
    }
    project, sha = by_hand(tmp_path, files, (TRAIN, TEST))
    case = TrackedCase.resolved(
        project, sha, tmp_path / "remote", tmp_path / "work", evaluation="test/rows.csv"
    )
    assert case.failed() == []
    (item,) = case.items("evaluation")
    (case.root / item.path).write_bytes(TRAIN)

    case.fact("data.evaluation.snapshot", digest=md5(TRAIN))

    assert "no DVC file of the commit names this digest" in case.failed()[0]


def test_a_role_has_the_path_that_the_configuration_gives_it(resolved: Resolved) -> None:
    case = resolved(evaluation="data/test.csv")
    (item,) = case.items("evaluation")
    case.replace(item, item.model_copy(update={"original_name": "train.csv"}))
    (case.root / item.path).write_bytes(TRAIN)

    case.fact("data.evaluation.snapshot", value="data/train.csv", digest=md5(TRAIN))

    (told,) = case.failed()
    assert "is of another path than data/config/affidavit.toml has | data/test.csv" in told


@pytest.mark.parametrize(
    ("path", "digest"), [("data/train.csv", md5(TRAIN)), ("data", md5(TRAIN)), ("data", None)]
)
def test_a_folder_is_not_made_of_another_file(
    path: str, digest: Digest | None, resolved: Resolved
) -> None:
    """The commit names that digest; only the role's own file is not what has it."""
    case = resolved(evaluation="data/test.csv")
    (item,) = case.items("evaluation")
    (case.root / item.path).write_bytes(b"evil")
    case.fact("data.evaluation.snapshot", digest=md5(b"evil"))

    case.fact("data.evaluation.folder", value=path, digest=digest)

    assert "is no tracked folder around data/test.csv" in case.failed()[0]


def test_a_file_of_a_folder_has_the_digest_that_its_listing_gives(resolved: Resolved) -> None:
    case = resolved(evaluation="data/folder/x.csv")
    case.fact("data.evaluation.snapshot", digest=md5(b"as the run says"))
    assert "is not the digest that the folder's listing has" in case.failed()[0]

    case.fact("data.evaluation.snapshot", digest=None)
    assert "is not the digest that the folder's listing has" in case.failed()[0]


def test_a_snapshot_has_a_digest_and_one_file(resolved: Resolved) -> None:
    case = resolved(evaluation="data/test.csv", training="data/train.csv")
    (item,) = case.items("evaluation")
    case.replace(item, item, item.model_copy(update={"path": "data/x", "embedded": False}))
    assert "are not those of its DVC file | 1 file | 2 files" in case.failed()[0]
    case.replace(case.items("training")[0])
    assert "are not those of its DVC file | 1 file | 0 files: none" in case.failed()[-1]

    case.fact("data.evaluation.snapshot", digest=None)
    assert "names this digest for data/test.csv | md5 of none" in case.failed()[0]


def test_line_ends_are_not_left_to_a_hash_that_the_commit_does_not_use(resolved: Resolved) -> None:
    case = resolved(evaluation="data/test.csv")
    (item,) = case.items("evaluation")
    (case.root / item.path).write_bytes(TEST.replace(b"\n", b"\r\n"))
    old = Digest(algorithm="md5-dos2unix", value=md5(TEST).value)

    case.fact("data.evaluation.snapshot", digest=old)

    assert "no DVC file of the commit names this digest" in case.failed()[0]


def test_that_the_commit_names_what_was_given_is_looked_up(
    resolved: Resolved, tmp_path: Path
) -> None:
    (tmp_path / "given.csv").write_bytes(TEST)
    given = {"evaluation": str(tmp_path / "given.csv")}
    case = resolved(evaluation="data/test.csv", given=given)
    assert case.failed() == []
    assert case.passed()[ENDED] == "the md5 of what the builder gave is that of its bytes"

    for changes in ({"digest": md5(TRAIN)}, {"value": "data/train.csv"}):
        (case.root / "data/dataset/evaluation/given.csv").write_bytes(TRAIN)
        case.fact("data.evaluation.md5", digest=md5(TRAIN))
        case.fact("data.evaluation.tracked", **changes)
        assert case.failed() != []


def test_no_more_is_said_than_was_hashed(resolved: Resolved, tmp_path: Path) -> None:
    (tmp_path / "given.csv").write_bytes(b"a,b\n1,2\n")
    given = {"evaluation": str(tmp_path / "given.csv")}
    role = Dataset(path="data/none.csv", include="reference")

    assert resolved(evaluation=role, given=given).passed().keys() == {"commit"}


@pytest.mark.parametrize("basis", ["claimed", "signed"])
def test_bytes_that_are_here_were_held_against_the_commit(basis: str, resolved: Resolved) -> None:
    case = resolved(evaluation="data/test.csv")
    (item,) = case.items("evaluation")
    (case.root / item.path).write_bytes(b"evil")

    case.fact("data.evaluation.snapshot", basis=basis, digest=md5(b"evil"))

    told = " ".join(case.failed())
    assert "nobody held it against the commit" in told
    assert "no DVC file of the commit names this digest" in told


def test_a_digest_that_a_build_could_not_hash_is_named_all_the_same(
    world: DvcWorld, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    case = TrackedCase.resolved(
        world.repository.folder, world.commit, tmp_path / "empty", tmp_path / "work",
        evaluation="data/test.csv", training="data/folder/x.csv", protected="data/folder",
    )  # fmt: skip
    assert case.evidence.fact("data.evaluation.snapshot").basis == "claimed"
    assert case.failed() == []
    assert case.passed()[ENDED].startswith("the commit names the digest of ")

    case.fact("data.evaluation.snapshot", digest=md5(b"other"))

    assert "no DVC file of the commit names this digest" in case.failed()[0]


def test_words_of_a_commit_without_its_pack_are_not_taken_for_it(resolved: Resolved) -> None:
    case = resolved(evaluation="data/test.csv")
    case.replace(next(i for i in case.evidence.items if i.path == PACK))

    (left, *_) = case.check()

    assert (left.id, left.status) == ("commit", "not-run")
    assert "gives the words of a commit, and data/source/commit.pack is not here" in left.what
    assert "is said to be at the commit, which is not here" in case.failed()[0]
