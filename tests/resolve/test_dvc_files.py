"""What DVC tracks is read from the commit's own files, and disagreement is said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.support.dvc_world import TEST, TRAIN, DvcWorld, dvc, dvc_world
from tests.support.git_world import GitWorld

from affidavit.resolve.dvc_files import DvcOuts, read_dvc_outs
from affidavit.resolve.dvc_yaml import UnreadableYamlError, parse_yaml
from affidavit.resolve.repository import open_repository
from affidavit.tracked.dvc_digest import DvcDigest

A, B = "a" * 32, "b" * 32


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> DvcWorld:
    return dvc_world(tmp_path_factory.getbasetemp())


def _outs(world: DvcWorld) -> DvcOuts:
    with open_repository(str(world.repository.folder), world.root) as repository:
        commit = repository.find(world.commit)
        assert commit is not None
        return read_dvc_outs(repository, commit)


def _written(folder: Path, files: dict[str, str]) -> DvcOuts:
    project = GitWorld.create(folder / "project")
    for path, content in files.items():
        project.write(path, content)
    return _outs(DvcWorld(folder, project.commit("DVC files")))


def test_reads_what_the_real_dvc_wrote(untouched: DvcWorld) -> None:
    outs = _outs(untouched)

    train, test = hashlib.md5(TRAIN).hexdigest(), hashlib.md5(TEST).hexdigest()
    assert {p: (o.stated.partition(".")[2], o.source) for p, o in outs.outs.items()} == {
        "data/folder": ("dir", "data/folder.dvc"),
        "data/test.csv": ("", "dvc.lock, stage prepare"),
        "data/train.csv": ("", "data/train.csv.dvc"),
        "parts/one.csv": ("", "dvc.lock, stage split@one"),  # foreach, and wdir from dvc.yaml
        "parts/two.csv": ("", "dvc.lock, stage split@two"),
    }
    assert (outs.outs["data/train.csv"].md5, outs.outs["data/test.csv"].md5) == (train, test)
    assert outs.outs["data/train.csv"].size_bytes == len(TRAIN)
    assert outs.outs["data/folder"].n_files == 4
    assert {o.algorithm for o in outs.outs.values()} == {"md5"}
    assert (outs.findings, outs.unread, outs.contradictions(outs.statements)) == ((), {}, ())


def test_reads_the_commit_and_not_the_work_tree(untouched: DvcWorld, tmp_path: Path) -> None:
    world = untouched.copy(tmp_path / "world")
    before = _outs(world)
    world.repository.write("data/train.csv.dvc", f"outs:\n- md5: {A}\n  path: train.csv\n")

    assert _outs(world) == before
    assert _outs(world.recommit()) != before


def test_finds_files_folders_and_what_lies_within(untouched: DvcWorld) -> None:
    outs = _outs(untouched)

    assert _place(outs, "data/train.csv") == ("data/train.csv", None, 3)
    assert _place(outs, "./data//train.csv") == ("data/train.csv", None, 3)
    assert _place(outs, "data/folder") == ("data/folder", None, 0)
    assert _place(outs, "data/folder/sub/größe.csv") == ("data/folder", "sub/größe.csv", 0)
    assert _place(outs, "data") is None
    assert _place(outs, "data/test.source.csv") is None  # a dependency: DVC does not store it
    assert _place(outs, "../data/train.csv") is None


def test_data_added_again_without_running_the_stages_is_no_contradiction(
    untouched: DvcWorld, tmp_path: Path
) -> None:
    """Data changed, `dvc add` run, and `dvc repro` forgotten: it happens every day."""
    world = untouched.copy(tmp_path / "world")
    (world.repository.folder / "data/train.csv").unlink()
    world.repository.write("data/train.csv", b"id,x,y\n1,9,1\n")
    dvc(world.repository.folder, "add", "-q", "data/train.csv")

    outs = _outs(world.recommit())

    assert outs.contradictions(["data/train.csv"]) == ()
    tracked = outs.find("data/train.csv")
    assert tracked is not None
    assert tracked.out.md5 == hashlib.md5(b"id,x,y\n1,9,1\n").hexdigest()
    assert {s.md5 for s in tracked.read_by} == {hashlib.md5(TRAIN).hexdigest()}


def test_two_digests_for_one_stored_path_are_a_contradiction(
    untouched: DvcWorld, tmp_path: Path
) -> None:
    """dvc itself refuses to write this; a merge by hand does not."""
    world = untouched.copy(tmp_path / "world")
    lock = world.repository.folder / "dvc.lock"
    second = f"  again:\n    outs:\n    - {{path: data/train.csv, hash: md5, md5: {B}}}\n"
    lock.write_text(lock.read_text() + second)

    outs = _outs(world.recommit())

    (one,) = outs.contradictions(["data/train.csv"])
    assert one.expected == f"md5 {hashlib.md5(TRAIN).hexdigest()} (data/train.csv.dvc)"
    assert one.found == f"md5 {B} (dvc.lock, stage again)"
    assert outs.contradictions(["data/test.csv", "data/folder/x.csv"]) == ()
    assert len(outs.contradictions(outs.statements)) == 1


def test_a_disagreement_over_the_folder_concerns_all_within(tmp_path: Path) -> None:
    lock = f"schema: '2.0'\nstages:\n  s:\n    outs:\n    - {{path: d, hash: md5, md5: {B}.dir}}\n"
    outs = _written(
        tmp_path, {"d.dvc": f"outs:\n- {{md5: {A}.dir, hash: md5, path: d}}\n", "dvc.lock": lock}
    )

    assert [c.id for c in outs.contradictions(["d/inner/x.csv"])] == ["data.dvc/d"]


def test_what_a_stage_read_before_is_no_second_digest(tmp_path: Path) -> None:
    lock = f"schema: '2.0'\nstages:\n  s:\n    deps:\n    - {{path: d, hash: md5, md5: {B}.dir}}\n"
    outs = _written(
        tmp_path, {"d.dvc": f"outs:\n- {{md5: {A}.dir, hash: md5, path: d}}\n", "dvc.lock": lock}
    )

    assert outs.contradictions(["d/inner/x.csv"]) == ()
    tracked = outs.find("d/inner/x.csv")
    assert tracked is not None
    assert [s.stated for s in tracked.read_by] == [f"{B}.dir"]


def test_an_entry_without_hash_is_dvcs_old_digest(tmp_path: Path) -> None:
    outs = _written(tmp_path, {"x.csv.dvc": f"outs:\n- md5: {A}\n  path: x.csv\n  isexec: true\n"})

    out = outs.outs["x.csv"]
    assert (out.algorithm, out.key, out.is_executable) == ("md5-dos2unix", f"aa/{'a' * 30}", True)


def test_wdir_moves_the_paths_of_a_dvc_file(tmp_path: Path) -> None:
    content = f"wdir: ../out\nouts:\n- {{md5: {A}, hash: md5, path: x.csv}}\n"

    assert list(_written(tmp_path, {"dvc/x.dvc": content}).outs) == ["out/x.csv"]


def test_digests_and_names_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    """YAML would make an integer of this digest, a date of this name, `false` of this path."""
    digits = "0" * 31 + "7"
    content = f"outs:\n- {{md5: {digits}, hash: md5, path: 2026-01-01}}\n"
    outs = _written(tmp_path, {"a.dvc": content, "b.dvc": content.replace("2026-01-01", "no")}).outs

    assert {p: o.md5 for p, o in outs.items()} == {"2026-01-01": digits, "no": digits}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<<<<<<< HEAD\nouts: [\n=======\n", "line"),
        (f"outs:\n- path: x\n  md5: {A}\n  md5: {B}\n", "the key 'md5' stands twice"),
        ("[" * 100, "nested too deeply"),
        ("a: &a [x]\nb: *missing\n", "undefined alias"),
        ("? [a]\n: b\n", "a key that is no text"),
        ("a: 1\n---\nb: 2\n", "another document"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_gap_and_the_rest_is_read(
    tmp_path: Path, content: str, why: str
) -> None:
    good = f"outs:\n- {{md5: {A}, hash: md5, path: good.csv}}\n"
    outs = _written(tmp_path, {"bad.dvc": content, "good.csv.dvc": good})

    assert list(outs.outs) == ["good.csv"]
    assert [(f.id, f.kind) for f in outs.findings] == [("data.dvc/bad.dvc", "gap")]
    assert why in (outs.findings[0].found or "")


def test_yaml_bombs_are_refused_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affidavit.resolve.dvc_yaml._MAX_NODES", 2_000)
    laughs = "a: &a [x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert isinstance(parse_yaml(laughs.encode()), dict)  # shared, never spread out
    with pytest.raises(UnreadableYamlError, match="too many"):
        parse_yaml(b"- x\n" * 2_001)
    with pytest.raises(UnreadableYamlError, match="larger"):
        parse_yaml(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(UnreadableYamlError, match="UTF-8"):
        parse_yaml(b"\xff\xfe")
    assert parse_yaml(b"") == ""


@pytest.mark.parametrize(
    "entry",
    [
        "path: s3://bucket/x.csv",
        "path: /etc/passwd",
        "path: ../outside.csv",
        "path: .",
        "path: ''",
        "{}",
        "text",
    ],
)
def test_what_is_not_a_file_of_the_project_is_left_out(tmp_path: Path, entry: str) -> None:
    body = f"- {entry}\n  hash: md5\n  md5: {A}\n" if ":" in entry else f"- {entry}\n"

    assert _written(tmp_path, {"x.dvc": "outs:\n" + body}).outs == {}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("hash: etag, etag: abc, path: x", "no md5"),
        ("path: x, md5: abc, hash: md5", "an md5 that is none: 'abc'"),
        ("path: x, files: [{relpath: a, md5: b}]", "cloud's own versions"),
        ("path: x", "no md5"),
    ],
)
def test_an_entry_tracked_otherwise_says_why_it_is_not_read(
    tmp_path: Path, entry: str, reason: str
) -> None:
    outs = _written(tmp_path, {"x.dvc": f"outs:\n- {{{entry}}}\n"})

    assert outs.outs == {}
    assert reason in outs.unread["x"]


def test_a_templated_wdir_is_said_and_not_guessed(tmp_path: Path) -> None:
    lock = f"schema: '2.0'\nstages:\n  s@a:\n    outs:\n    - {{path: x, hash: md5, md5: {A}}}\n"
    yaml = "stages:\n  s:\n    foreach: [a]\n    do: {cmd: c, wdir: '${item}', outs: [x]}\n"
    outs = _written(tmp_path, {"dvc.lock": lock, "dvc.yaml": yaml})

    assert outs.outs == {}
    assert "templated wdir" in outs.unread["x"]
    assert list(_written(tmp_path / "twin", {"dvc.lock": lock}).outs) == ["x"]


def test_an_import_names_another_repositorys_file_as_its_own_only_where_it_is(
    tmp_path: Path,
) -> None:
    content = (
        f"deps:\n- {{path: data/x.csv, md5: {B}, hash: md5, repo: {{url: u, rev: r}}}}\n"
        f"outs:\n- {{path: x.csv, md5: {A}, hash: md5}}\n"
    )

    outs = _written(tmp_path, {"x.csv.dvc": content})

    assert list(outs.statements) == ["x.csv"]


def test_the_commits_own_remote_is_a_hint_only(untouched: DvcWorld, tmp_path: Path) -> None:
    assert _outs(untouched).hint() == "the commit's .dvc/config names ../../remote"
    assert _written(tmp_path, {".dvc/config": "no section = x\n"}).hint() == ""


@pytest.mark.parametrize("size", [0, 1, 511, 1024 * 1024 - 1, 1024 * 1024, 2_500_000])
@pytest.mark.parametrize("line", [b"a,b\r\n", b"\x00\r\n", b"\xc3\xa9\xc3\xa9\r\n"])
def test_the_old_digest_is_dvcs_own(size: int, line: bytes) -> None:
    """Held against dvc's code, over pieces and pairs that a piece cuts."""
    import io

    from dvc_data.hashfile.hash import fobj_md5

    content = (line * (size // len(line) + 1))[:size]

    for algorithm in ("md5", "md5-dos2unix"):
        digest = DvcDigest(algorithm)
        for start in range(0, len(content), 700_001):
            digest.update(content[start : start + 700_001])
        assert fobj_md5(io.BytesIO(content), name=algorithm) in digest.finish()


def _place(outs: DvcOuts, path: str) -> tuple[str, str | None, int] | None:
    tracked = outs.find(path)
    return None if tracked is None else (tracked.out.path, tracked.inside, len(tracked.read_by))
