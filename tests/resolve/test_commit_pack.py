"""The pack is the commit and nothing else, always the same bytes, and stock git takes it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.git_world import GitWorld, git, git_home, training_repository

from affidavit.progress import Silent
from affidavit.resolve.commit_pack import pack_commit
from affidavit.resolve.interface import Part
from affidavit.resolve.repository import open_repository
from affidavit.workspace import Workspace

PACK, RECORD = "data/source/commit.pack", "data/source/commit.json"


def _pack(location: Path | str, sha: str, to: Path) -> tuple[Part, Workspace]:
    work = Workspace(to)
    with open_repository(str(location), to / "mirrors") as repository:
        commit = repository.find(sha)
        assert commit is not None
        part = pack_commit(repository, commit, work, source="run tag", progress=Silent())
    return part, work


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_stock_git_unpacks_checks_and_checks_out(tmp_path: Path, object_format: str) -> None:
    project, sha = training_repository(tmp_path / "project", f"--object-format={object_format}")
    project.git("tag", "-a", "v1", "-m", "tagged")
    _, work = _pack(project.folder, sha, tmp_path / "work")
    shutil.copy(work.root / PACK, tmp_path / "commit.pack")

    # Word for word what docs and VERIFY.txt tell a stranger (the format option for sha256 only).
    init = "git init -q x" if object_format == "sha1" else "git init -q --object-format=sha256 x"
    script = (
        f"{init} && git -C x unpack-objects < commit.pack && echo {sha} > x/.git/shallow"
        f" && git -C x fsck --strict && git -C x checkout {sha}"
    )
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=git_home(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    x = tmp_path / "x"
    assert git(x, "status", "--porcelain") == b""
    assert (x / "big.bin").read_bytes() == (project.folder / "big.bin").read_bytes()
    assert (x / "line\nbreak.txt").read_text() == "a name of two lines\n"
    assert os.access(x / "run.sh", os.X_OK)
    assert not os.access(x / "train.py", os.X_OK)
    assert (x / "link").readlink() == Path("train.py")


def test_holds_that_commit_and_no_history(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    _, work = _pack(project.folder, sha, tmp_path / "work")

    bare = tmp_path / "x.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    git(bare, "unpack-objects", "-q", stdin=(work.root / PACK).read_bytes())
    held = git(bare, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()

    tree = project.git("rev-list", "--objects", "--no-object-names", f"{sha}^{{tree}}").split()
    assert {oid.decode() for oid in held} == {sha, *tree}


def test_is_the_same_from_any_clone_and_after_repacking_and_tagging(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    bare = project.clone(tmp_path / "bare.git", "--bare")
    first, _ = _pack(project.folder, sha, tmp_path / "a")
    loose, _ = _pack(bare, sha, tmp_path / "b")
    git(bare, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=250")
    packed, _ = _pack(bare, sha, tmp_path / "c")
    project.git("tag", "-a", "v1", "-m", "later")
    tagged, _ = _pack(project.folder, sha, tmp_path / "d")
    mirrored, _ = _pack(project.folder.as_uri(), sha, tmp_path / "e")

    packs = {_sha256(part, PACK) for part in (first, loose, packed, tagged, mirrored)}
    records = [_sha256(part, RECORD) for part in (first, loose, packed, tagged, mirrored)]
    assert len(packs) == 1
    assert records[0] == records[1] == records[2] != records[3] == records[4]


@pytest.mark.system  # a git built with another zlib may cut its stored blocks otherwise
def test_is_what_git_pack_objects_writes(tmp_path: Path) -> None:
    """Another implementation writes the same bytes, where no tag moves the order."""
    project, sha = training_repository(tmp_path / "project")
    part, work = _pack(project.folder, sha, tmp_path / "work")
    tree = project.git("rev-list", "--objects", "--no-object-names", f"{sha}^{{tree}}").split()

    theirs = git(
        project.folder, "pack-objects", "--stdout", "--window=0", "--depth=0",
        "--no-reuse-object", "--no-reuse-delta", "--threads=1", "--compression=0",
        stdin="\n".join(sorted({sha, *tree})).encode() + b"\n",
    )  # fmt: skip

    assert (work.root / PACK).read_bytes() == theirs
    assert _sha256(part, PACK) == hashlib.sha256(theirs).hexdigest()


def test_facts_say_why_each_is_believed(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    project.git("tag", "-a", "v3", "-m", "three")

    part, _ = _pack(project.folder, sha, tmp_path / "work")

    facts = {f.id: (f.value, f.basis) for f in part.facts}
    assert facts == {
        "code.commit": (sha, "claimed"),
        "code.author": ("Ada Lovelace <ada@bank.example>", "claimed"),
        "code.date": ("2026-03-02T10:00:00+01:00", "claimed"),
        "code.subject": ("Train the model", "claimed"),
        "code.signature": ("unsigned", "measured"),
        "code.tags": ("v3", "claimed"),
        "code.pack": (11, "measured"),
    }
    digests = {f.id: f.digest for f in part.facts if f.digest is not None}
    assert digests["code.commit"].value == sha
    assert digests["code.pack"].value == _sha256(part, PACK)
    assert (part.findings, part.contradictions) == ((), ())
    assert {(i.kind, i.origin, i.sensitivity) for i in part.items} == {
        ("source", "collected", "internal")
    }


def test_the_record_names_every_file(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    (project.folder / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"latin")
    sha = project.commit("A name that is not UTF-8")

    _, work = _pack(project.folder, sha, tmp_path / "work")

    record = json.loads((work.root / RECORD).read_bytes())
    files = {f["path"]: f for f in record["files"]}
    assert record["commit"] == sha
    assert files["caf\ufffd.txt"]["hex"] == b"caf\xe9.txt".hex()
    assert files["big.bin"] == {
        "path": "big.bin",
        "mode": "100644",
        "blob": project.git("rev-parse", "HEAD:big.bin"),
        "size_bytes": 204_800,
    }
    assert [f["mode"] for p, f in files.items() if p in {"link", "run.sh"}] == ["120000", "100755"]


def test_a_submodule_is_skipped_and_is_a_gap(tmp_path: Path) -> None:
    library = GitWorld.create(tmp_path / "library")
    library.write("lib.py", "x = 1\n")
    pinned = library.commit("Library")
    project, _ = training_repository(tmp_path / "project")
    git(project.folder, "-c", "protocol.file.allow=always", "submodule", "add", "-q",
        str(library.folder), "vendor/lib")  # fmt: skip
    sha = project.commit("Add the library")

    part, work = _pack(project.folder, sha, tmp_path / "work")

    record = json.loads((work.root / RECORD).read_bytes())
    assert record["submodules"] == [{"path": "vendor/lib", "commit": pinned}]
    assert "vendor/lib" not in {f["path"] for f in record["files"]}
    assert [(f.id, f.kind) for f in part.findings] == [("code.submodule/vendor/lib", "gap")]
    git(tmp_path, "init", "-q", "x")
    git(tmp_path / "x", "unpack-objects", "-q", stdin=(work.root / PACK).read_bytes())
    (tmp_path / "x/.git/shallow").write_text(sha + "\n")
    git(tmp_path / "x", "fsck", "--strict")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 12345\n" % (b"a" * 64)


def test_files_that_git_lfs_keeps_are_a_gap_and_the_pack_is_gits_own(tmp_path: Path) -> None:
    """What the filter of Git LFS leaves in a commit, and texts that only look like it."""
    project = GitWorld.create(tmp_path / "project")
    project.write("docs.md", POINTER + b"\n" + b"about pointers " * 100)
    project.write("quoted.txt", b"> " + POINTER)
    project.write("old.txt", POINTER.replace(b"oid", b"id"))
    twin = project.commit("Nothing of LFS")
    for number in range(6):
        project.write(f"weights {number}.bin", POINTER)
    project.write("data/größe.csv", POINTER.replace(b"12345", b"7"))
    sha = project.commit("Large files")

    part, work = _pack(project.folder, sha, tmp_path / "work")

    assert _pack(project.folder, twin, tmp_path / "twin")[0].findings == ()
    (gap,) = part.findings
    assert (gap.id, gap.kind) == ("code.lfs", "gap")
    assert gap.what.startswith("7 files of the training commit are kept by Git LFS")
    assert gap.found == (
        "data/größe.csv, weights 0.bin, weights 1.bin, weights 2.bin, weights 3.bin and 2 more"
    )
    git(tmp_path, "init", "-q", "x")
    git(tmp_path / "x", "unpack-objects", "-q", stdin=(work.root / PACK).read_bytes())
    assert git(tmp_path / "x", "cat-file", "blob", f"{sha}:weights 0.bin") == POINTER


def test_an_altered_object_is_a_contradiction_and_nothing_is_kept(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    blob, other = (project.git("rev-parse", f"{sha}:{p}") for p in ("train.py", "run.sh"))
    twin, _ = _pack(project.folder, sha, tmp_path / "twin")
    assert twin.contradictions == ()
    loose = project.path_of_loose(blob)
    loose.chmod(0o644)
    shutil.copyfile(project.path_of_loose(other), loose)

    part, work = _pack(project.folder, sha, tmp_path / "work")

    assert [(c.id, c.expected, c.found) for c in part.contradictions] == [
        ("code.pack", blob, other)
    ]
    assert part.items == ()
    assert not (work.root / PACK).exists()


def test_without_a_workspace_nothing_is_packed(tmp_path: Path) -> None:
    project, sha = training_repository(tmp_path / "project")
    with open_repository(str(project.folder), tmp_path) as repository:
        commit = repository.find(sha)
        assert commit is not None
        part = pack_commit(
            repository, commit, None, source="option", basis="declared", progress=Silent()
        )

    assert part.items == ()
    facts = {f.id: f.basis for f in part.facts}
    assert facts["code.commit"] == "declared"
    assert "code.pack" not in facts


@pytest.mark.slow
def test_memory_does_not_grow_with_the_repository(tmp_path: Path) -> None:
    import tracemalloc

    project = GitWorld.create(tmp_path / "project")
    project.write("large.bin", os.urandom(1024) * 200_000)
    sha = project.commit("200 MB in one file")

    tracemalloc.start()
    part, _ = _pack(project.folder, sha, tmp_path / "work")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert part.items[1].size_bytes > 200_000_000
    assert peak < 30_000_000


def _sha256(part: Part, path: str) -> str:
    return next(i.sha256 for i in part.items if i.path == path)
