"""Data that the builder gives: hashed and described byte for byte, or refused in a line."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.dvc_world import FOLDER
from tests.support.s3_world import client_of

from affidavit.config import Include
from affidavit.declared_record import snapshot_digest
from affidavit.errors import AffidavitError, SourceError, UsageError
from affidavit.evidence import Fact, Item
from affidavit.progress import Silent
from affidavit.resolve import declared_files
from affidavit.resolve.declared_data import Given, collect_given, open_given
from affidavit.workspace import Workspace

CONTENT = b"id,x,y\n1,0.5,1\n"


def give(
    uri: str | Path, work: Path, *, include: Include = "embed", is_protected: bool = False
) -> tuple[dict[str, Fact], tuple[Item, ...], Workspace]:
    space = Workspace(work)
    name = "data/protected.csv" if is_protected else "evaluation"
    given = Given(
        name=name, uri=str(uri), source="option --dataset", include=include,
        is_protected=is_protected,
    )  # fmt: skip
    part = collect_given(given, space, progress=Silent())
    return {f.id.rpartition(".")[2]: f for f in part.facts}, part.items, space


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Parts, in folders, under names that not every system holds."""
    root = tmp_path / "exports"
    for name, content in FOLDER.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def test_a_file_is_hashed_and_declared(tmp_path: Path) -> None:
    file = tmp_path / "eval.csv"
    file.write_bytes(CONTENT)

    facts, (item,), work = give(file, tmp_path / "work")

    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert work.locate(item).read_bytes() == CONTENT
    assert (item.path, item.origin) == ("data/dataset/evaluation/eval.csv", "declared")
    assert (item.sha256, item.size_bytes, item.embedded) == (sha256, len(CONTENT), True)
    assert facts["snapshot"].basis == "declared"
    assert (facts["snapshot"].value, facts["snapshot"].source) == ("eval.csv", "option --dataset")
    assert facts["snapshot"].digest is not None
    assert facts["snapshot"].digest.value == sha256
    assert facts["md5"].digest is not None
    assert facts["md5"].digest.value == hashlib.md5(CONTENT).hexdigest()
    assert str(tmp_path) not in "".join(map(str, (facts, item)))  # no path of this machine


def test_a_folder_has_the_digest_of_its_files(folder: Path, tmp_path: Path) -> None:
    facts, items, work = give(folder, tmp_path / "work")

    assert {i.original_name or i.path.partition("evaluation/")[2] for i in items} == set(FOLDER)
    assert sorted(work.locate(i).read_bytes() for i in items) == sorted(FOLDER.values())
    assert facts["snapshot"].digest is not None
    assert facts["snapshot"].digest.value == snapshot_digest(items, "evaluation", is_file=False)


def test_by_reference_the_rows_stay_out_and_the_place_is_named(
    folder: Path, tmp_path: Path
) -> None:
    _, items, work = give(folder, tmp_path / "work", include="reference")

    assert not any(i.embedded for i in items)
    assert {i.location for i in items} == {f"given:exports/{name}" for name in FOLDER}
    assert all(work.locate(i).is_relative_to(work.held) for i in items)


def test_a_protected_table_never_travels(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(CONTENT)

    _, (item,), _ = give(file, tmp_path / "work", is_protected=True)

    assert (item.kind, item.role, item.embedded) == ("protected-table", "data/protected.csv", False)
    assert item.original_name == "people.csv"


def test_a_link_that_the_builder_names_is_followed(tmp_path: Path) -> None:
    (tmp_path / "of-today.csv").write_bytes(CONTENT)
    (tmp_path / "latest.csv").symlink_to("of-today.csv")

    facts, (item,), _ = give(f"file://{tmp_path}/latest.csv", tmp_path / "work")

    assert (facts["snapshot"].value, item.size_bytes) == ("latest.csv", len(CONTENT))


def _empty(root: Path) -> None:
    (root / "sub").mkdir()


def _link(root: Path) -> None:
    (root / "a.csv").symlink_to("/etc/passwd")


def _folder_link(root: Path) -> None:
    (root / "sub").symlink_to("/etc")


def _pipe(root: Path) -> None:
    os.mkfifo(root / "pipe")


def _socket(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(root / "s"))


def _not_text(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9.csv")).write_bytes(CONTENT)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_empty, "an empty folder"),
        (_link, "exports/a.csv is a link or no regular file"),
        (_folder_link, "exports/sub is a link or no regular file"),
        (_pipe, "exports/pipe is a link or no regular file"),
        (_socket, "exports/s is a link or no regular file"),
        (_not_text, r"the file name caf\udce9.csv is not UTF-8"),
    ],
)
def test_what_is_no_plain_data_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "exports"
    root.mkdir()
    make(root)

    with pytest.raises(UsageError) as refused:
        give("exports", tmp_path / "work")

    assert said in refused.value.what
    assert "\n" not in refused.value.what
    assert refused.value.fix


@pytest.mark.parametrize("name", ["absent.csv", "/dev/null", "circle"])
def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "circle").symlink_to("circle")

    with pytest.raises(UsageError, match=r"cannot be read|no regular file"):
        give(tmp_path / name, tmp_path / "work")


def test_what_git_lfs_left_in_the_place_of_the_data_is_refused(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n"
    data = tmp_path / "parts" / "eval.csv"
    data.parent.mkdir()
    data.write_text("note\n" + pointer)
    assert give(str(data.parent), tmp_path / "twin")

    data.write_text(pointer)

    with pytest.raises(UsageError, match=r"eval\.csv is not the data: .* Git LFS keeps") as refused:
        give(str(data.parent), tmp_path / "work")
    assert refused.value.fix.startswith("run git lfs pull")


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "x.csv").chmod(0)

    with pytest.raises(UsageError, match=r"exports/x\.csv cannot be read"):
        give(folder, tmp_path / "work")


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_files, "CHUNK", 4)
    file = tmp_path / "eval.csv"
    file.write_bytes(CONTENT)
    chunks = open_given(str(file)).read("eval.csv")
    next(chunks)
    with file.open("ab") as more:
        more.write(b"2,1,0\n")

    with pytest.raises(SourceError, match="changed while it was read"):
        list(chunks)


def test_a_folder_that_became_a_link_since_it_was_listed_is_refused(tmp_path: Path) -> None:
    """Who may write the folder would choose what this machine reads."""
    for name in ("exports/parts/a.csv", "private/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    opened = open_given(str(tmp_path / "exports"))
    assert b"".join(opened.read("parts/a.csv")) == b"exports/parts/a.csv"  # the twin

    (tmp_path / "exports/parts").rename(tmp_path / "exports/before")
    (tmp_path / "exports/parts").symlink_to(tmp_path / "private")

    with pytest.raises(SourceError, match="changed while it was read"):
        list(opened.read("parts/a.csv"))


def test_a_file_name_that_holds_the_line_of_another_is_another_folder(tmp_path: Path) -> None:
    b = hashlib.sha256(b"b").hexdigest()
    found = []
    for name, files in {"one": {f"a\n{b}  b": b"a"}, "two": {"a": b"a", "b": b"b"}}.items():
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
        facts, _, _ = give(tmp_path / name, tmp_path / f"work-{name}")
        found.append(facts["snapshot"].digest)

    assert found[0] != found[1]


@pytest.mark.parametrize("uri", ["https://me:s3cret@[bank/a.csv", "s3://[bank", "a\0b"])
def test_what_is_no_address_is_refused_in_a_line(uri: str) -> None:
    with pytest.raises(UsageError, match=r"not an address|cannot be read") as refused:
        open_given(uri)

    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "uri", ["https://bank.example/a.csv", "ftp://x/a", "file://server/share/a.csv"]
)
def test_an_address_that_is_not_read_is_refused_without_its_password(uri: str) -> None:
    secret = uri.replace("://", "://me:s3cret@", 1)

    with pytest.raises(UsageError, match="not read from such an address") as refused:
        open_given(secret)

    assert "s3cret" not in str(refused.value)


# ---- S3


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", s3_endpoint)
    return client_of(s3_endpoint)


def test_an_object_and_those_below_a_prefix(s3: Any, tmp_path: Path) -> None:
    plain = {n: c for n, c in FOLDER.items() if "\n" not in n}  # moto knows no line break in a key
    for name, content in plain.items():
        s3.put_object(Bucket="bank", Key=f"exports/{name}", Body=content)
    s3.put_object(Bucket="bank", Key="exports-old/x.csv", Body=b"another")

    one, (item,), work = give("s3://bank/exports/x.csv", tmp_path / "one", include="reference")
    all_of_it, items, _ = give("s3://bank/exports/", tmp_path / "all", include="reference")

    assert work.locate(item).read_bytes() == FOLDER["x.csv"]
    assert (one["snapshot"].value, item.location) == ("s3://bank/exports/x.csv",) * 2
    assert all_of_it["snapshot"].value == "s3://bank/exports"
    assert {i.location for i in items} == {f"s3://bank/exports/{name}" for name in plain}


@pytest.mark.parametrize(
    ("uri", "kind", "said"),
    [
        ("s3://bank/nothing/here", UsageError, "no objects there"),
        ("s3://bank", UsageError, "not an address of data"),
        ("s3://key:s3cret@bank/x", UsageError, "not an address of data"),
        ("s3://elsewhere/x.csv", AffidavitError, "s3://elsewhere/x.csv"),
    ],
)
def test_what_is_not_in_the_store_is_said(
    s3: Any, tmp_path: Path, uri: str, kind: type[AffidavitError], said: str
) -> None:
    with pytest.raises(kind, match=said) as refused:
        give(uri, tmp_path / "work")

    assert "s3cret" not in str(refused.value)
