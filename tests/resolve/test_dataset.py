"""A snapshot's bytes are the commit's, or they are not in the record."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.dvc_world import FOLDER, TEST, TRAIN, DvcWorld, dvc, dvc_world

from affidavit.config import Include
from affidavit.errors import SourceError, Unreachable
from affidavit.progress import Silent
from affidavit.resolve.dataset import fetch_snapshot
from affidavit.resolve.declared_data import Given, collect_given
from affidavit.resolve.dvc_files import read_dvc_outs
from affidavit.resolve.interface import Part
from affidavit.resolve.objects import open_remote
from affidavit.resolve.repository import open_repository
from affidavit.workspace import Workspace


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> DvcWorld:
    return dvc_world(tmp_path_factory.getbasetemp())


@pytest.fixture
def world(untouched: DvcWorld, tmp_path: Path) -> DvcWorld:
    return untouched.copy(tmp_path / "world")


def _fetch(
    world: DvcWorld,
    path: str,
    *,
    role: str = "evaluation",
    include: Include = "embed",
    is_protected: bool = False,
) -> tuple[Part, Workspace]:
    work = Workspace(world.root / "work")
    with open_repository(str(world.repository.folder), world.root) as repository:
        commit = repository.find(world.commit)
        assert commit is not None
        outs = read_dvc_outs(repository, commit)
    tracked = outs.find(path)
    assert tracked is not None
    part = fetch_snapshot(
        tracked, open_remote(str(world.remote)), work, role=role, include=include,
        is_protected=is_protected, hint=outs.hint(), progress=Silent(),
    )  # fmt: skip
    return part, work


def _key(content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def _files(work: Workspace) -> set[str]:
    return {str(p.relative_to(work.root)) for p in work.root.rglob("*") if p.is_file()}


def test_a_file_arrives_byte_for_byte(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/test.csv")

    (item,) = part.items
    assert (item.path, item.kind, item.role) == (
        "data/dataset/evaluation/test.csv", "dataset", "evaluation",
    )  # fmt: skip
    assert (item.origin, item.sensitivity, item.media_type) == (
        "collected", "personal-data", "text/csv",
    )  # fmt: skip
    assert (item.sha256, item.size_bytes) == (hashlib.sha256(TEST).hexdigest(), len(TEST))
    assert (item.embedded, item.location, item.original_name) == (True, None, None)
    assert work.locate(item).read_bytes() == TEST
    (fact,) = part.facts
    assert (fact.id, fact.value, fact.basis) == (
        "data.evaluation.snapshot", "data/test.csv", "measured",
    )  # fmt: skip
    assert (fact.digest.algorithm, fact.digest.value) == ("md5", hashlib.md5(TEST).hexdigest())
    assert fact.source == "dvc.lock, stage prepare, at the commit"
    assert (part.findings, part.contradictions) == ((), ())


def test_by_reference_the_bytes_stay_out_of_the_payload(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/test.csv", include="reference")

    (item,) = part.items
    assert item.embedded is False
    assert item.location == f"dvc-remote:{_key(TEST)}"
    assert work.locate(item).read_bytes() == TEST
    assert _files(work) == {"held/data/dataset/evaluation/test.csv"}


def test_a_protected_table_is_never_embedded(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/test.csv", role="data/test.csv", is_protected=True)

    (item,) = part.items
    assert (item.kind, item.role, item.embedded) == ("protected-table", "data/test.csv", False)
    assert (item.path, item.sensitivity) == ("data/protected/data/test.csv", "personal-data")
    assert not work.payload.exists()


def test_a_protected_folder_keeps_its_files_apart(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/folder", role="data/folder", is_protected=True)
    inside, _ = _fetch(world, "data/folder/x.csv", role="data/folder/x.csv", is_protected=True)

    held = [i for i in part.items if i.kind == "protected-table"]
    assert len({i.path for i in held}) == len(held) == 4
    assert all(work.locate(i).read_bytes() in FOLDER.values() for i in held)
    assert [i.path for i in inside.items if i.kind == "protected-table"] == [
        "data/protected/data/folder/x.csv"
    ]


def test_nothing_in_the_record_names_this_machine(world: DvcWorld) -> None:
    """Two builds in two folders are to give the same bytes."""
    world.object(_key(FOLDER["x.csv"])).unlink()
    parts = [
        _fetch(world, "data/test.csv", include="reference")[0],
        _fetch(world, "data/folder")[0],
    ]

    record = "".join(r.model_dump_json() for p in parts for r in (*p.items, *p.facts, *p.findings))
    assert str(world.root) not in record
    assert "gone from the DVC remote" in record


def test_a_tracked_folder_comes_with_its_listing(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/folder", role="training")

    listing, *files = part.items
    content = {i.original_name or i.path.split("training/")[1]: i for i in files}
    assert {name: work.locate(i).read_bytes() for name, i in content.items()} == FOLDER
    assert (listing.path, listing.kind) == ("data/source/dvc/training.json", "source")
    stated = hashlib.md5(work.locate(listing).read_bytes()).hexdigest() + ".dir"
    facts = {f.id: f for f in part.facts}
    assert facts["data.training.snapshot"].digest.value == stated
    assert {f.basis for f in part.facts} == {"measured"}
    broken = content["line\nbreak.csv"]
    digest = hashlib.sha256(b"line\nbreak.csv").hexdigest()
    assert broken.path == f"data/dataset/training/_names/{digest}"
    assert content["sub/größe.csv"].path == "data/dataset/training/sub/größe.csv"


def test_a_file_within_a_folder_is_proved_by_the_listing(world: DvcWorld) -> None:
    part, work = _fetch(world, "data/folder/sub/größe.csv")

    listing, item = part.items
    assert item.path == "data/dataset/evaluation/größe.csv"
    assert work.locate(item).read_bytes() == FOLDER["sub/größe.csv"]
    rows = json.loads(work.locate(listing).read_bytes())
    md5 = next(r["md5"] for r in rows if r["relpath"] == "sub/größe.csv")
    facts = {f.id: (f.value, f.digest.value, f.basis) for f in part.facts}
    assert facts["data.evaluation.snapshot"] == ("data/folder/sub/größe.csv", md5, "measured")
    assert facts["data.evaluation.folder"][0] == "data/folder"


def test_a_folder_within_a_folder_is_named_from_itself(world: DvcWorld) -> None:
    part, _ = _fetch(world, "data/folder/sub")

    assert [i.path for i in part.items[1:]] == ["data/dataset/evaluation/größe.csv"]


def test_a_path_that_the_folder_lacks_is_a_gap(world: DvcWorld) -> None:
    part, _ = _fetch(world, "data/folder/absent.csv")

    assert [(f.id, f.kind) for f in part.findings] == [("data.evaluation.bytes", "gap")]
    assert "is not in the tracked folder" in part.findings[0].what
    assert {f.basis for f in part.facts} == {"claimed"}


@pytest.mark.parametrize("altered", [TEST[:-2] + b"0\n", TEST + b"4,1,1\n", TEST[:-1], b""])
def test_altered_bytes_are_a_contradiction_and_are_not_kept(
    world: DvcWorld, altered: bytes
) -> None:
    """DVC hands these on without a word, as the next test shows."""
    world.object(_key(TEST)).write_bytes(altered)

    part, work = _fetch(world, "data/test.csv")

    (one,) = part.contradictions
    assert one.id == "data.evaluation.snapshot"
    assert one.what.startswith("data/test.csv: the bytes in the remote are not those")
    assert hashlib.md5(TEST).hexdigest() in one.expected
    assert "(dvc.lock, stage prepare)" in one.expected
    longer = len(altered) > len(TEST)
    assert (f"more than {len(TEST)} bytes" if longer else hashlib.md5(altered).hexdigest()) in (
        one.found
    )
    assert (part.items, _files(work)) == ((), set())
    assert {f.basis for f in part.facts} == {"claimed"}


def test_dvc_itself_does_not_notice(world: DvcWorld, tmp_path: Path) -> None:
    """Why the objects are read and hashed here. Should this fail one day: good news."""
    altered = b"altered, and longer by far"
    world.object(_key(TEST)).write_bytes(altered)
    project = world.repository.folder
    (project / ".dvc" / "cache" / _key(TEST)).unlink()

    got = tmp_path / "got"
    dvc(project, "get", "-q", str(project), "data/test.csv", "--rev", "HEAD", "-o", str(got))

    assert got.read_bytes() == altered


def test_an_altered_file_within_a_folder_is_named(world: DvcWorld) -> None:
    world.object(_key(FOLDER["x.csv"])).write_bytes(b"x\n9\n")

    part, work = _fetch(world, "data/folder")

    (one,) = part.contradictions
    assert one.what.startswith("data/folder/x.csv:")
    assert hashlib.md5(b"x\n9\n").hexdigest() in one.found
    assert [i.kind for i in part.items] == ["source"]  # the listing, which is right
    assert not any("dataset" in f for f in _files(work))


def test_an_altered_listing_is_a_contradiction(world: DvcWorld) -> None:
    (listing,) = world.remote.rglob("*.dir")
    rows = json.loads(listing.read_bytes())
    listing.write_text(json.dumps(rows[:-1]))

    part, work = _fetch(world, "data/folder")

    (one,) = part.contradictions
    assert "listing in the remote is not the one that the commit names" in one.what
    assert (part.items, _files(work)) == ((), set())


def test_a_missing_object_is_a_gap_and_half_a_dataset_is_none(world: DvcWorld) -> None:
    world.object(_key(FOLDER["x.csv"])).unlink()

    part, work = _fetch(world, "data/folder")

    (gap,) = part.findings
    assert (gap.id, gap.kind) == ("data.evaluation.bytes", "gap")
    assert "data/folder/x.csv" in gap.what
    assert (gap.expected, gap.found) == ("4 objects", "3")
    assert part.contradictions == ()
    assert [i.kind for i in part.items] == ["source"]
    assert not any("dataset" in f for f in _files(work))
    assert {f.basis for f in part.facts} == {"claimed"}


def test_missing_and_altered_are_both_said(world: DvcWorld) -> None:
    world.object(_key(FOLDER["x.csv"])).unlink()
    world.object(_key(FOLDER["y z.csv"])).write_bytes(b"y\n7\n")

    part, _ = _fetch(world, "data/folder")

    assert (len(part.findings), len(part.contradictions)) == (1, 1)


@pytest.mark.parametrize("is_altered", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_remedy_for_a_file_of_a_folder_is_one_with_the_real_dvc(
    world: DvcWorld, tmp_path: Path, is_altered: bool
) -> None:
    """A push alone finds the folder's listing in the remote, and takes the folder for whole."""
    key = _key(FOLDER["x.csv"])
    world.object(key).unlink()
    if is_altered:
        world.object(key).write_bytes(b"x\n9\n")
    part, _ = _fetch(world, "data/folder")
    (fix,) = (f.fix for f in (*part.findings, *part.contradictions))
    (listing,) = world.remote.rglob("*.dir")
    assert str(listing.relative_to(world.remote)) in fix
    world.object(key).unlink(missing_ok=True)
    dvc(world.repository.folder, "push", "-q")
    assert not world.object(key).exists()  # why the listing has to go too

    listing.rename(tmp_path / "away")
    dvc(world.repository.folder, "push", "-q")
    part, _ = _fetch(world, "data/folder")

    assert (part.findings, part.contradictions, len(part.items)) == ((), (), 5)


def test_a_missing_listing_is_a_gap(world: DvcWorld) -> None:
    (listing,) = world.remote.rglob("*.dir")
    listing.unlink()

    part, _ = _fetch(world, "data/folder")

    assert [f.kind for f in part.findings] == ["gap"]
    assert "listing of data/folder is gone" in part.findings[0].what


def test_a_remote_that_is_gone_is_not_a_missing_object(world: DvcWorld) -> None:
    world.remote.rename(world.root / "unmounted")

    with pytest.raises(Unreachable):
        _fetch(world, "data/test.csv")


def test_a_wrong_number_of_files_is_a_contradiction(world: DvcWorld) -> None:
    dvc_file = world.repository.folder / "data/folder.dvc"
    dvc_file.write_text(dvc_file.read_text().replace("nfiles: 4", "nfiles: 5"))

    part, _ = _fetch(world.recommit(), "data/folder")

    assert [(c.expected, c.found[:2]) for c in part.contradictions] == [
        ("5 (data/folder.dvc)", "4 ")
    ]


def test_a_wrong_size_is_a_contradiction_though_the_digest_holds(world: DvcWorld) -> None:
    dvc_file = world.repository.folder / "data/train.csv.dvc"
    dvc_file.write_text(dvc_file.read_text().replace(f"size: {len(TRAIN)}", "size: 99"))

    part, _ = _fetch(world.recommit(), "data/train.csv")

    (one,) = part.contradictions
    assert "99 bytes" in one.expected
    assert f"{len(TRAIN)} bytes" in one.found


def test_a_dependency_that_states_another_digest_for_a_listed_file(world: DvcWorld) -> None:
    lock = world.repository.folder / "dvc.lock"
    lock.write_text(
        lock.read_text()
        + f"  train:\n    deps:\n    - {{path: data/folder/x.csv, hash: md5, md5: {'a' * 32}}}\n"
    )

    part, _ = _fetch(world.recommit(), "data/folder/x.csv")

    assert part.contradictions == ()
    (one,) = [f for f in part.findings if "stale" in f.id]
    assert one.kind == "exception"
    assert one.found == f"md5 {'a' * 32} (dvc.lock, stage train)"
    assert one.expected == f"md5 {hashlib.md5(FOLDER['x.csv']).hexdigest()} (stored)"


def test_a_stage_that_has_not_run_since_the_data_changed_is_an_exception(world: DvcWorld) -> None:
    """`dvc repro prepare`, commit, `dvc repro train`: dvc.lock still has what train last read."""
    lock = world.repository.folder / "dvc.lock"
    before = lock.read_text()
    md5 = hashlib.md5(TRAIN).hexdigest()
    for read, stale in ((md5, []), ("b" * 32, ["data.evaluation.stale/train"])):
        lock.write_text(
            f"{before}  train:\n    deps:\n    - {{path: data/train.csv, hash: md5, md5: {read}}}\n"
        )

        part, _ = _fetch(world.recommit(), "data/train.csv")

        assert part.contradictions == ()
        assert [f.id for f in part.findings] == stale
        assert [i.kind for i in part.items] == ["dataset"]


def test_data_of_dvcs_old_layout(world: DvcWorld) -> None:
    """Hashed by dvc's own code, laid out as DVC 2 did, and pulled by the real dvc: so it is so."""
    from dvc_data.hashfile.hash import fobj_md5

    md5 = fobj_md5(io.BytesIO(TRAIN), name="md5-dos2unix")
    assert md5 != hashlib.md5(TRAIN).hexdigest()
    old = world.object(f"{md5[:2]}/{md5[2:]}")
    old.parent.mkdir(exist_ok=True)
    old.write_bytes(TRAIN)
    world.repository.write("old.csv.dvc", f"outs:\n- md5: {md5}\n  path: old.csv\n")
    world = world.recommit()
    dvc(world.repository.folder, "pull", "-q", "old.csv.dvc")
    assert (world.repository.folder / "old.csv").read_bytes() == TRAIN

    part, work = _fetch(world, "old.csv")

    assert work.locate(part.items[0]).read_bytes() == TRAIN
    assert part.facts[0].digest.model_dump() == {"algorithm": "md5-dos2unix", "value": md5}

    old.write_bytes(TRAIN.replace(b"0.5", b"0.6"))
    altered, _ = _fetch(world, "old.csv")
    assert len(altered.contradictions) == 1


def test_names_that_fold_together_are_stored_apart(world: DvcWorld) -> None:
    part, work = _folder_of(world, {"A.csv": b"1\n", "a.csv": b"2\n", "CON": b"3\n"})

    files = {i.original_name or i.path.rpartition("/")[2]: i for i in part.items[1:]}
    assert {n: work.locate(i).read_bytes() for n, i in files.items()} == {
        "A.csv": b"1\n", "a.csv": b"2\n", "CON": b"3\n",
    }  # fmt: skip
    assert len({i.path.casefold() for i in part.items}) == 4


def test_a_listing_that_leaves_the_folder_is_refused(world: DvcWorld) -> None:
    with pytest.raises(SourceError, match="refused"):
        _folder_of(world, {"../../evil.csv": b"1\n"})
    assert not (world.root / "evil.csv").exists()
    assert len(_folder_of(world, {"evil.csv": b"1\n"})[0].items) == 2


def test_too_many_files_to_embed_may_still_be_referred_to(
    world: DvcWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("affidavit.resolve.dataset.MAX_EMBEDDED_FILES", 3)

    with pytest.raises(SourceError, match="4 files") as caught:
        _fetch(world, "data/folder")
    assert 'include = "reference"' in caught.value.fix
    assert len(_fetch(world, "data/folder", include="reference")[0].items) == 5


def test_without_a_remote_the_bytes_are_a_gap_that_names_the_commits_own(
    world: DvcWorld,
) -> None:
    part = _without(world, lambda tracked, hint: fetch_snapshot(
        tracked, None, Workspace(world.root / "work"), role="evaluation", include="embed",
        hint=hint, progress=Silent(),
    ))  # fmt: skip

    (gap,) = part.findings
    assert "no DVC remote was given" in gap.what
    assert "the commit's .dvc/config names ../../remote" in gap.fix
    assert [(f.basis, f.digest.value) for f in part.facts] == [
        ("claimed", hashlib.md5(TEST).hexdigest())
    ]


def test_without_a_workspace_nothing_is_read(world: DvcWorld) -> None:
    world.object(_key(TEST)).unlink()

    part = _without(world, lambda tracked, _: fetch_snapshot(
        tracked, open_remote(str(world.remote)), None, role="evaluation", include="embed",
        progress=Silent(),
    ))  # fmt: skip

    assert (part.items, part.findings) == ((), ())
    assert [f.basis for f in part.facts] == ["claimed"]


def test_the_remote_is_left_as_it_was(world: DvcWorld) -> None:
    """`dvc fetch` deletes an altered object; we only look."""
    world.object(_key(TEST)).write_bytes(b"altered")
    before = {p: p.read_bytes() for p in world.remote.rglob("*") if p.is_file()}

    for path in ("data/test.csv", "data/train.csv", "data/folder"):
        _fetch(world, path)

    assert {p: p.read_bytes() for p in world.remote.rglob("*") if p.is_file()} == before


def _folder_of(world: DvcWorld, files: dict[str, bytes]) -> tuple[Part, Workspace]:
    """A tracked folder whose names no work tree of this system need be able to hold."""
    rows = []
    for name, content in files.items():
        target = world.object(_key(content))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        rows.append({"md5": hashlib.md5(content).hexdigest(), "relpath": name})
    listing = json.dumps(rows).encode()
    place = world.object(_key(listing) + ".dir")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(listing)
    md5 = hashlib.md5(listing).hexdigest()
    content = f"outs:\n- {{md5: {md5}.dir, hash: md5, path: odd}}\n"
    world.repository.write("odd.dvc", content)
    return _fetch(world.recommit(), "odd")


def _without(world: DvcWorld, fetch: Callable[..., Part]) -> Part:
    with open_repository(str(world.repository.folder), world.root) as repository:
        commit = repository.find(world.commit)
        assert commit is not None
        outs = read_dvc_outs(repository, commit)
    return fetch(outs.find("data/test.csv"), outs.hint())


def test_a_folder_that_the_builder_gives_has_the_digest_that_dvc_gave_it(world: DvcWorld) -> None:
    """Byte for byte DVC's own listing: only so can given data be held against a commit."""
    project = world.repository.folder
    given = Given(
        name="evaluation", uri=str(project / "data/folder"), source="option --dataset",
        include="reference",
    )  # fmt: skip

    part = collect_given(given, Workspace(world.root / "given"), progress=Silent())

    (md5,) = [f.digest.value for f in part.facts if f.id.endswith(".md5") and f.digest]
    assert f"md5: {md5}\n" in (project / "data/folder.dvc").read_text()


@pytest.mark.slow
def test_partitions_keep_their_folders_on_the_way_from_dvc_to_the_rows(world: DvcWorld) -> None:
    import pandas as pd

    from affidavit.evidence import Evidence, Subject
    from affidavit.recompute.stage import role_files
    from affidavit.recompute.table import read_tables

    frame = pd.DataFrame({"x": [1, 2, 3], "year": [2025, 2024, 2025], "town": ["a/b", "c", "c"]})
    project = world.repository.folder
    frame.to_parquet(project / "data/loans", partition_cols=["year", "town"], index=False)
    (project / "data/loans/_SUCCESS").write_bytes(b"")
    dvc(project, "add", "-q", "data/loans")
    dvc(project, "push", "-q")
    fetched, work = _fetch(world.recommit(), "data/loans")

    subject = Subject(name="m", version="1", run_id="r", created_at=None)
    evidence = Evidence(subject=subject).adding(items=fetched.items)
    files = role_files(evidence, work, "dataset", "evaluation")
    table = read_tables(files, "dataset evaluation")

    assert fetched.findings == fetched.contradictions == ()
    assert {c: table.raw(c).to_pylist() for c in table.columns} == {
        "x": [2, 1, 3], "year": [2024, 2025, 2025], "town": ["c", "a/b", "c"],
    }  # fmt: skip
