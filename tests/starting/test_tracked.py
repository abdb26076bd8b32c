"""What init sees of the files that DVC tracks: in the tree, or in a real remote."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.dvc_world import DvcWorld, dvc_world

from affidavit.resolve.dvc_files import read_dvc_outs
from affidavit.resolve.repository import open_repository
from affidavit.sources import Sources
from affidavit.starting import tracked
from affidavit.starting.tracked import Looked, look_at_tracked


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> DvcWorld:
    return dvc_world(tmp_path_factory.getbasetemp()).copy(tmp_path / "world")


def look(world: DvcWorld, repo: Path, *, remote: bool, given: set[Path] | None = None) -> Looked:
    sources = Sources(
        tracking_uri="none", repo=str(repo), remote=str(world.remote) if remote else None
    )
    with open_repository(str(repo), Path("unused")) as repository:
        commit = repository.find(world.commit)
        assert commit is not None
        outs = read_dvc_outs(repository, commit)
    return look_at_tracked(sources, outs, given or set())


def columns(looked: Looked) -> dict[str, tuple[str, ...]]:
    return {t.path: t.names for t in looked.tables}


def test_without_a_working_tree_the_remote_shows_the_same_as_the_tree(
    world: DvcWorld, tmp_path: Path
) -> None:
    bare = world.repository.clone(tmp_path / "bare.git", "--bare")

    there, fetched = (
        look(world, world.repository.folder, remote=False),
        look(world, bare, remote=True),
    )

    assert columns(fetched) == columns(there)
    assert columns(there)["data/train.csv"] == ("id", "x", "y")
    assert "data/folder/sub/größe.csv" in columns(there)
    assert look(world, bare, remote=False) == Looked()


def test_what_is_gone_or_no_table_is_named_with_the_reason(world: DvcWorld, tmp_path: Path) -> None:
    bare = world.repository.clone(tmp_path / "bare.git", "--bare")
    for place in (world.remote / "files" / "md5").rglob("*"):
        if place.is_file() and place.read_bytes().startswith(b"id,x,y"):
            place.unlink()
        elif place.is_file() and place.suffix != ".dir":
            place.write_bytes(b"\xff\xfe")

    looked = look(world, bare, remote=True)

    assert looked.tables == ()
    reasons = dict(looked.unread)
    assert reasons["data/train.csv"].startswith("gone from the DVC remote (files/md5/")
    assert "codec can't decode" in reasons["data/folder/x.csv"]


def test_of_a_large_file_the_beginning_is_looked_at(
    world: DvcWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = world.repository.clone(tmp_path / "bare.git", "--bare")
    monkeypatch.setattr(tracked, "_MOST_BYTES", 4096)
    monkeypatch.setattr("affidavit.resolve.objects._CHUNK", 5000)
    for place in (world.remote / "files" / "md5").rglob("*"):
        if place.is_file() and place.read_bytes().startswith(b"id,x,y\r\n"):
            place.write_bytes(b"id,x,y\r\n" + b"10,20,30\r\n" * 3000)

    table = next(t for t in look(world, bare, remote=True).tables if t.path == "data/train.csv")

    assert table.is_cut
    assert 0 < table.rows < 600
    assert table.columns[0].values == ("10",)


def test_a_given_file_is_not_looked_at_twice(world: DvcWorld) -> None:
    folder = world.repository.folder

    looked = look(world, folder, remote=False, given={(folder / "data/train.csv").resolve()})

    assert "data/train.csv" not in columns(looked)
    assert "data/test.csv" in columns(looked)


def test_a_link_out_of_the_tree_is_not_followed(world: DvcWorld, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nx\n")
    train = world.repository.folder / "data" / "train.csv"
    train.unlink()
    train.symlink_to(secret)

    assert "data/train.csv" not in columns(look(world, world.repository.folder, remote=False))
