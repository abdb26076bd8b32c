"""`--model-dir`: a deployed folder is the attested model, and holds nothing that was not read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in
from tests.support.variants import variant

from affidavit.verify import Trust, Verdict, verify_bundle

MODEL = "data/model/"


@pytest.fixture
def deployed(sealed: BundleBuilder, tmp_path: Path) -> Path:
    """The attested files, as they were registered."""
    folder = tmp_path / "deployed"
    folder.mkdir()
    for name in ("MLmodel", "model.pkl"):
        (folder / name).write_bytes(sealed.read(MODEL + name))
    return folder


def checked(sealed: BundleBuilder, folder: Path) -> Verdict:
    return verify_bundle(sealed.path, trust=trust_in(sealed), model_dir=folder)


def refusals(sealed: BundleBuilder, folder: Path) -> list[tuple[str, str | None, str | None]]:
    verdict = checked(sealed, folder)
    assert verdict.exit_code == 1
    return [(c.id, c.path, c.found) for c in verdict.failed]


def test_takes_the_attested_files_through_a_link_that_its_reader_named(
    sealed: BundleBuilder, deployed: Path, tmp_path: Path
) -> None:
    (tmp_path / "current").symlink_to(deployed)

    assert checked(sealed, deployed).exit_code == 0
    assert checked(sealed, tmp_path / "current").exit_code == 0


def test_refuses_a_linked_folder_that_is_not_looked_into(
    sealed: BundleBuilder, deployed: Path, tmp_path: Path
) -> None:
    """A loader reads code from it; a walk over plain folders does not see it."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "hook.py").write_text("import os")
    assert checked(sealed, deployed).exit_code == 0

    (deployed / "code").symlink_to(tmp_path / "code")

    assert refusals(sealed, deployed) == [("expected-model", "data/model/code", "a link")]


def test_refuses_a_linked_file_of_the_right_content(
    sealed: BundleBuilder, deployed: Path, tmp_path: Path
) -> None:
    (deployed / "model.pkl").rename(tmp_path / "model.pkl")
    (deployed / "model.pkl").symlink_to(tmp_path / "model.pkl")

    assert ("expected-model", "data/model/model.pkl", "a link") in refusals(sealed, deployed)


def test_refuses_a_pipe_and_does_not_wait_for_it(sealed: BundleBuilder, deployed: Path) -> None:
    os.mkfifo(deployed / "pipe")

    assert refusals(sealed, deployed) == [("expected-model", "data/model/pipe", "a special file")]


def test_refuses_a_folder_that_cannot_be_read(
    sealed: BundleBuilder, deployed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too deep for its own path, which stops root too; what is in it was not compared."""
    monkeypatch.chdir(deployed)
    for _ in range(20):
        Path("d" * 250).mkdir()
        os.chdir("d" * 250)
    Path("hook.py").write_text("import os")

    found = refusals(sealed, deployed)

    assert [(i, f) for i, _, f in found] == [("expected-model", "File name too long")]


@pytest.fixture
def renamed(sealed: BundleBuilder) -> Path:
    """A bundle whose model has a file of a name that no archive may hold."""
    stored = f"{MODEL}_names/{hashlib.sha256(b'a:b.txt').hexdigest()}"

    def change(evidence: Any) -> None:
        item = next(i for i in evidence["items"] if i["path"] == stored)
        item["original_name"] = "a:b.txt"
        fact = next(f for f in evidence["provenance"] if f["id"] == "model.artifact")
        models = [i for i in evidence["items"] if i["kind"] == "model"]
        rows = sorted(
            (i.get("original_name") or i["path"].removeprefix(MODEL), i["sha256"]) for i in models
        )
        listing = "".join(f"{digest}  {name}\n" for name, digest in rows)
        fact["value"] = len(models)
        fact["digest"]["value"] = hashlib.sha256(listing.encode()).hexdigest()

    return variant(sealed, {stored: b"note"}, change)


def test_compares_a_file_by_the_name_that_it_had(
    sealed: BundleBuilder, pinned: Trust, deployed: Path, renamed: Path
) -> None:
    (deployed / "a:b.txt").write_bytes(b"note")

    verdict = verify_bundle(renamed, trust=pinned, model_dir=deployed)

    assert [c for c in verdict.failed if c.id == "expected-model"] == []
    assert verdict["expected-model"].status == "passed"
    (deployed / "a:b.txt").write_bytes(b"another")
    changed = verify_bundle(renamed, trust=pinned, model_dir=deployed)
    assert changed["expected-model"].path == "data/model/a:b.txt"


def test_two_files_whose_names_print_alike_are_not_told_apart(
    sealed: BundleBuilder, deployed: Path
) -> None:
    """Else the second would hide the first."""
    (deployed / os.fsdecode(b"x\xff")).write_bytes(b"1")
    (deployed / "x\\xff").write_bytes(b"2")

    assert refusals(sealed, deployed) == [
        ("expected-model", "data/model/x\\xff", "2 files of this name")
    ]
