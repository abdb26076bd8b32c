"""A commit laid out from its pack is what git would check out, and a damaged pack is refused."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from tests.support.git_world import GitWorld, git, training_repository

from affidavit.commit_record import PACK
from affidavit.errors import SourceError
from affidavit.progress import Silent
from affidavit.recompute.worker import commit_code
from affidavit.recompute.worker.commit_code import lay_out_commit
from affidavit.resolve.commit_pack import pack_commit
from affidavit.resolve.repository import open_repository
from affidavit.tracked import git_tree
from affidavit.workspace import Workspace


def packed(repository: GitWorld, sha: str, folder: Path) -> Path:
    """data/source/commit.pack as a build writes it."""
    work = Workspace(folder)
    with open_repository(str(repository.folder), folder / "mirror") as opened:
        commit = opened.find(sha)
        assert commit is not None
        pack_commit(opened, commit, work, source="test", progress=Silent())
    return work.root / PACK


@pytest.mark.parametrize("how", [(), ("--object-format=sha256",)], ids=["sha1", "sha256"])
def test_every_regular_file_is_laid_out_under_its_git_id(
    how: tuple[str, ...], tmp_path: Path
) -> None:
    repository, sha = training_repository(tmp_path / "project", *how)
    listed = repository.git("ls-tree", "-r", "-z", sha).split("\0")
    rows = [line.replace("\t", " ", 1).split(" ", 3) for line in listed if line]
    expected = {name: oid for mode, _, oid, name in rows if mode != "120000" and "\n" not in name}

    written = lay_out_commit(packed(repository, sha, tmp_path / "work"), sha, tmp_path / "out")

    assert written == expected
    assert "folder with space/naïve größe.txt" in written
    for name in written:
        assert (tmp_path / "out" / name).read_bytes() == (repository.folder / name).read_bytes()
    there = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*")}
    assert {p for p in there if not (tmp_path / "out" / p).is_dir()} == set(written)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    folder = tmp_path_factory.mktemp("small")
    repository = GitWorld.create(folder / "project")
    repository.write("src/prep.py", "def make(raw):\n    return raw\n")
    sha = repository.commit("Train")
    return packed(repository, sha, folder / "work").read_bytes(), sha


def laid(pack: bytes, sha: str, folder: Path) -> dict[str, str]:
    path = folder / "commit.pack"
    path.write_bytes(pack)
    return lay_out_commit(path, sha, folder / "out")


def test_no_changed_byte_gives_other_files(small: tuple[bytes, str], tmp_path: Path) -> None:
    """Each byte changed in turn is refused, that of the pack's own checksum too."""
    pack, sha = small
    (tmp_path / "honest").mkdir()
    honest = laid(pack, sha, tmp_path / "honest")
    assert list(honest) == ["src/prep.py"]
    for at in range(0, len(pack), 3):
        folder = tmp_path / str(at)
        folder.mkdir()
        changed = pack[:at] + bytes([pack[at] ^ 0x20]) + pack[at + 1 :]
        with pytest.raises(SourceError):
            laid(changed, sha, folder)


@pytest.mark.parametrize("keep", [0, 8, 11, 40, -21])
def test_a_pack_that_ends_early_is_refused(
    keep: int, small: tuple[bytes, str], tmp_path: Path
) -> None:
    pack, sha = small

    with pytest.raises(SourceError):
        laid(pack[:keep], sha, tmp_path)


def test_another_commit_is_refused(small: tuple[bytes, str], tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        laid(small[0], "f" * 40, tmp_path)

    assert told.value.cause == f"it lacks the commit {'f' * 40}"


def test_a_delta_and_a_bomb_are_refused(tmp_path: Path) -> None:
    head = b"PACK\0\0\0\x02\0\0\0\x01"
    (tmp_path / "a").mkdir()
    with pytest.raises(SourceError, match="cannot be read") as delta:
        laid(
            head + bytes([7 << 4 | 4]) + zlib.compress(b"abcd") + b"0" * 20,
            "f" * 40,
            tmp_path / "a",
        )
    (tmp_path / "b").mkdir()
    with pytest.raises(SourceError) as bomb:
        laid(head + bytes([3 << 4 | 4]) + zlib.compress(b"0" * 9_000_000), "f" * 40, tmp_path / "b")

    assert "given as a difference" in delta.value.cause
    assert "another size" in bomb.value.cause


def tree(repository: GitWorld, *entries: tuple[str, str, str]) -> str:
    """A tree object with these very names, which git itself would not write."""
    content = b"".join(
        f"{mode} ".encode() + name.encode() + b"\0" + bytes.fromhex(oid)
        for mode, name, oid in entries
    )
    made = git(
        repository.folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin",
        stdin=content,
    )  # fmt: skip
    return made.decode().strip()


def with_entries(folder: Path, *names: tuple[str, str]) -> tuple[bytes, str, str]:
    """A pack of a commit with kept.py and these (mode, name) beside it, its id, and kept.py's."""
    repository = GitWorld.create(folder / "project")
    repository.write("kept.py", "x = 1\n")
    repository.commit("Train")
    blob = repository.git("rev-parse", "HEAD:kept.py")
    inner = tree(repository, ("100644", "evil.py", blob))
    named = {"40000": inner, "100644": blob}
    beside = ((mode, name, named.get(mode, blob)) for mode, name in names)
    root = tree(repository, ("100644", "kept.py", blob), *beside)
    sha = repository.git("commit-tree", root, "-m", "Evil")
    objects = git(
        repository.folder, "pack-objects", "--stdout", "--depth=0", "-q",
        stdin=f"{sha}\n{root}\n{inner}\n{blob}".encode(),
    )  # fmt: skip
    return objects, sha, blob


@pytest.mark.parametrize("mode", ["40000", "100644"])
@pytest.mark.parametrize(
    "name", ["..", ".", ".git", ".GIT", "__pycache__", "a\\b", "C:x", "x" * 300]
)
def test_a_name_that_leads_elsewhere_is_left_out(name: str, mode: str, tmp_path: Path) -> None:
    objects, sha, blob = with_entries(tmp_path, (mode, name))

    assert laid(objects, sha, tmp_path) == {"kept.py": blob}
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["kept.py"]
    assert not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize(
    "names",
    [
        [("40000", "a/b")],
        [("100644", "a/b")],
        [("40000", "twice"), ("100644", "twice")],
        [("100644", "kept.py")],
        [("1" * 5000, "odd")],
    ],
)
def test_a_tree_that_git_would_not_write_is_refused(
    names: list[tuple[str, str]], tmp_path: Path
) -> None:
    objects, sha, _ = with_entries(tmp_path, *names)

    with pytest.raises(SourceError, match="is malformed"):
        laid(objects, sha, tmp_path)


def test_a_tree_that_names_one_subtree_again_and_again_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten entries a level make a bomb of a few hundred bytes; the limit here is a small one."""
    repository = GitWorld.create(tmp_path / "project")
    repository.write("kept.py", "x = 1\n")
    repository.commit("Train")
    blob = repository.git("rev-parse", "HEAD:kept.py")
    made = [tree(repository, *(("100644", f"{i}.py", blob) for i in range(10)))]
    for _ in range(2):
        made.append(tree(repository, *(("40000", str(i), made[-1]) for i in range(10))))
    sha = repository.git("commit-tree", made[-1], "-m", "Bomb")
    objects = git(
        repository.folder, "pack-objects", "--stdout", "--depth=0", "-q",
        stdin="\n".join([sha, *made, blob]).encode(),
    )  # fmt: skip

    assert len(laid(objects, sha, tmp_path)) == 1000  # the twin
    for module, name, limit, told in (
        (git_tree, "MAX_TREE_ENTRIES", 1000, "has more than 1,000 entries"),
        (commit_code, "_MOST_BYTES", 5000, "its files have more than 0 GiB"),
    ):
        (tmp_path / name).mkdir()
        with monkeypatch.context() as patched, pytest.raises(SourceError, match=told):
            patched.setattr(module, name, limit)
            laid(objects, sha, tmp_path / name)


def test_a_size_that_never_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        laid(b"PACK\0\0\0\x02\0\0\0\x01" + b"\xb0" + b"\xff" * 1000, "f" * 40, tmp_path)

    assert told.value.cause == "an object says that it is larger than any file"
