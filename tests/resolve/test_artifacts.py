"""The artifact: every file, byte for byte, hashed here; nothing that could become another file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from tests.support.mlflow_world import FILES, Server, Training

from affidavit.errors import MissingExtra, SourceError
from affidavit.progress import Silent
from affidavit.resolve import artifacts
from affidavit.resolve.artifacts import (
    fetch_artifacts,
    find_model_file,
    listing_digest,
    open_location,
)
from affidavit.resolve.artifacts_stores import FolderStore
from affidavit.resolve.interface import ArtifactFile
from affidavit.resolve.registry_rest import RestRegistry
from affidavit.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        target = tmp_path / "artifact" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return tmp_path / "artifact"


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


def fetch(folder: Path, work: Workspace) -> tuple:
    return fetch_artifacts(open_location(str(folder)), str(folder), work, progress=Silent())


def test_copies_every_file_and_hashes_what_it_wrote(folder: Path, work: Workspace) -> None:
    items = fetch(folder, work)

    assert {i.path.removeprefix("data/model/"): i.sha256 for i in items} == {
        path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()
    }
    for item in items:
        written = work.locate(item).read_bytes()
        assert (hashlib.sha256(written).hexdigest(), len(written)) == (item.sha256, item.size_bytes)


def test_leaves_out_what_the_client_writes_beside_a_download(folder: Path, work: Workspace) -> None:
    before = listing_digest(fetch(folder, work))
    (folder / "registered_model_meta").write_text("model_name: x\n")

    assert listing_digest(fetch(folder, work)) == before


def test_the_artifacts_digest_is_that_of_its_sorted_sha256sum_listing(
    folder: Path, work: Workspace
) -> None:
    lines = "".join(
        f"{hashlib.sha256(FILES[path]).hexdigest()}  {path}\n" for path in sorted(FILES)
    )

    found = listing_digest(fetch(folder, work))

    assert found.value == hashlib.sha256(lines.encode()).hexdigest()


def test_one_changed_byte_is_another_artifact(folder: Path, work: Workspace) -> None:
    before = listing_digest(fetch(folder, work))
    content = bytearray((folder / "model.pkl").read_bytes())
    content[0] ^= 1
    (folder / "model.pkl").write_bytes(content)

    assert listing_digest(fetch(folder, work)) != before


def test_input_examples_are_somebodys_data(folder: Path, work: Workspace) -> None:
    kinds = {i.path: i.sensitivity for i in fetch(folder, work)}

    assert kinds["data/model/input_example.json"] == "personal-data"
    assert kinds["data/model/model.pkl"] == "confidential"


@pytest.mark.parametrize("target", ["/etc/hostname", "model.pkl", "nowhere", "extra"])
def test_refuses_a_link(folder: Path, work: Workspace, target: str) -> None:
    (folder / "link").symlink_to(target)

    with pytest.raises(SourceError, match="a link or special file: link"):
        fetch(folder, work)


def test_a_file_that_became_a_link_since_the_listing_is_not_followed(folder: Path) -> None:
    store = FolderStore(folder)
    store.list_files()
    (folder / "model.pkl").unlink()
    (folder / "model.pkl").symlink_to(folder / "MLmodel")

    with pytest.raises(SourceError, match=r"model\.pkl cannot be read"):
        list(store.read("model.pkl"))


@pytest.mark.parametrize("path", ["", "gone"])
def test_no_files_is_an_error_and_no_gap(tmp_path: Path, work: Workspace, path: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(SourceError, match="no model files") as refused:
        fetch(tmp_path / "empty" / path, work)

    assert refused.value.exit_code == 4
    assert refused.value.fix


def test_names_that_are_one_file_on_windows_are_both_kept(folder: Path, work: Workspace) -> None:
    (folder / "Notes.txt").write_bytes(b"upper")
    (folder / "notes.txt").write_bytes(b"lower")

    items = {i.original_name or i.path: i for i in fetch(folder, work)}

    assert work.locate(items["data/model/Notes.txt"]).read_bytes() == b"upper"
    assert items["notes.txt"].path.startswith("data/model/_names/")
    assert work.locate(items["notes.txt"]).read_bytes() == b"lower"


@pytest.mark.parametrize("name", ["a:b.txt", "CON", "100%.txt", "end.", b"bad\xff.bin"])
def test_a_name_that_is_not_portable_is_stored_by_its_hash(
    folder: Path, work: Workspace, name: str | bytes
) -> None:
    path = (
        folder.joinpath(name.decode("utf-8", "surrogateescape"))
        if isinstance(name, bytes)
        else folder / name
    )
    path.write_bytes(b"x")

    (item,) = [i for i in fetch(folder, work) if i.original_name]

    assert item.path.startswith("data/model/_names/")
    assert item.model_dump_json()


class Lister:
    """A store that lists what it is told to: what a hostile server would do."""

    def __init__(self, *files: ArtifactFile) -> None:
        self.files = files

    def list_files(self) -> tuple[ArtifactFile, ...]:
        return self.files

    def read(self, path: str) -> Iterator[bytes]:
        yield b"four"


class Endless(Lister):
    """A server that does not stop sending."""

    sent = 0

    def read(self, path: str) -> Iterator[bytes]:
        while True:
            self.sent += 1000
            yield bytes(1000)


MLMODEL = ArtifactFile(path="MLmodel", size_bytes=4)


@pytest.mark.parametrize("path", ["../out", "/abs", "a/../../out", "a//b", "a/./b", "nul\0"])
def test_refuses_a_path_that_leads_out(work: Workspace, path: str) -> None:
    store = Lister(MLMODEL, ArtifactFile(path=path, size_bytes=4))

    with pytest.raises(SourceError, match="no plain relative path"):
        fetch_artifacts(store, "there", work, progress=Silent())


@pytest.mark.parametrize("path", ["a" * 1025, "a/" * 64 + "a"])
def test_refuses_a_path_without_measure(work: Workspace, path: str) -> None:
    longest = Lister(MLMODEL, ArtifactFile(path="a/" * 63 + "a", size_bytes=4))
    assert len(fetch_artifacts(longest, "there", work, progress=Silent())) == 2

    store = Lister(MLMODEL, ArtifactFile(path=path, size_bytes=4))
    with pytest.raises(SourceError, match="1,024 characters or deeper than 64 folders"):
        fetch_artifacts(store, "there", work, progress=Silent())


def test_refuses_a_file_that_changed_while_it_was_read(work: Workspace) -> None:
    def fetched(size: int) -> tuple:
        store = Lister(MLMODEL, ArtifactFile(path="a", size_bytes=size))
        return fetch_artifacts(store, "there", work, progress=Silent())

    assert len(fetched(4)) == 2
    with pytest.raises(SourceError, match="5 bytes listed, 4 read"):
        fetched(5)
    with pytest.raises(SourceError, match="3 bytes listed, and more were sent"):
        fetched(3)


def test_a_store_that_sends_without_end_is_left_at_the_listed_size(work: Workspace) -> None:
    store = Endless(ArtifactFile(path="MLmodel", size_bytes=10_000))

    with pytest.raises(SourceError, match="10,000 bytes listed, and more were sent"):
        fetch_artifacts(store, "there", work, progress=Silent())

    assert store.sent <= 11_000


def test_files_of_no_listed_size_share_a_limit(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Lister(*(ArtifactFile(path=p, size_bytes=None) for p in ("MLmodel", "a", "b")))
    monkeypatch.setattr(artifacts, "MAX_UNLISTED_BYTES", 12)
    assert len(fetch_artifacts(store, "there", work, progress=Silent())) == 3

    monkeypatch.setattr(artifacts, "MAX_UNLISTED_BYTES", 11)
    with pytest.raises(SourceError, match="model file b: 3 bytes allowed where no size is listed"):
        fetch_artifacts(store, "there", work, progress=Silent())


def test_a_folder_without_mlmodel_is_no_model_and_not_read(tmp_path: Path, work: Workspace) -> None:
    """What a registry names may be anything: a folder of keys, for one."""
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "id_ed25519").write_text("secret")

    with pytest.raises(SourceError, match="there is no MLmodel file at"):
        fetch(keys, work)

    assert not work.payload.exists()


def test_an_mlmodel_that_another_file_would_hide_is_refused(folder: Path, work: Workspace) -> None:
    assert find_model_file(fetch(folder, work)).path == "data/model/MLmodel"

    (folder / "MLMODEL").write_bytes(b"flavors: {}")

    with pytest.raises(SourceError, match="that every system would find"):
        find_model_file(fetch(folder, work))


@pytest.mark.parametrize(
    ("uri", "is_ours"),
    [
        ("http://127.0.0.1:5000", True), ("http://localhost:5000", True),
        ("http://[::1]:5000", True), ("http://registry.example:5000", False),
        ("http://localhost.registry.example", False), ("http://127.0.0.1@registry.example", False),
        ("http://10.0.0.7:5000", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_only_a_server_of_this_machine_names_a_folder_of_it(
    folder: Path, uri: str, is_ours: bool, form: str
) -> None:
    location = form.format(folder)

    if is_ours:
        assert RestRegistry(uri, {}).open_artifacts(location).list_files()
        return
    with pytest.raises(SourceError, match="a folder of this machine") as refused:
        RestRegistry(uri, {}).open_artifacts(location)
    assert "--artifacts-destination" in refused.value.fix


def test_a_server_hands_out_what_it_keeps(mlflow_server: Server, work: Workspace) -> None:
    files = dict(FILES) | {"deep/er/näme with space.bin": b"\x00\xff", "index.html": b"<html>"}
    location = Training(server=mlflow_server, files=files).register().location
    kept = mlflow_server.folder(location)

    store = RestRegistry(mlflow_server.uri).open_artifacts(location)
    items = fetch_artifacts(store, location, work, progress=Silent())

    assert {i.original_name or i.path.removeprefix("data/model/") for i in items} == set(files)
    for item in items:
        path = item.original_name or item.path.removeprefix("data/model/")
        assert work.locate(item).read_bytes() == (kept / path).read_bytes()


def test_a_server_whose_files_are_gone_has_none(mlflow_server: Server, work: Workspace) -> None:
    store = RestRegistry(mlflow_server.uri).open_artifacts(
        "mlflow-artifacts:/9/models/m-9/artifacts"
    )

    with pytest.raises(SourceError, match="no model files"):
        fetch_artifacts(store, "mlflow-artifacts:/9", work, progress=Silent())


def test_reads_an_object_store_through_fsspec(folder: Path, work: Workspace) -> None:
    remote = fsspec.filesystem("memory")
    for path, content in FILES.items():
        remote.pipe_file(f"/bucket/artifact/{path}", content)

    items = fetch_artifacts(
        open_location("memory://bucket/artifact"),
        "memory://bucket/artifact",
        work,
        progress=Silent(),
    )

    assert listing_digest(items) == listing_digest(fetch(folder, Workspace(folder.parent / "w2")))


@pytest.mark.parametrize(
    "location",
    ["dbfs:/models/x", "https://host/model", "file://host/x", "memory://x::file:///etc"],
)
def test_an_address_that_is_not_read_is_named(location: str) -> None:
    with pytest.raises(SourceError, match="is not an address that Affidavit reads"):
        open_location(location)


def test_names_the_package_that_a_store_needs() -> None:
    with pytest.raises(MissingExtra) as refused:
        open_location("gs://bucket/model")

    assert "pip install" in refused.value.fix
