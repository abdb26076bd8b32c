"""The adapter's commit in the workspace: once for all, and only the file that is on record."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.recompute.case import binary_config
from tests.support.git_world import GitWorld

from affidavit.config import Features, Model
from affidavit.errors import SourceError
from affidavit.evidence import Digest, Evidence, Subject
from affidavit.model_declared import ADAPTER
from affidavit.progress import Silent
from affidavit.recompute.worker.adapter_code import adapter_code, lacks_adapter
from affidavit.resolve.code import Named, collect_code
from affidavit.resolve.model_declared import collect_declared
from affidavit.resolve.repository import open_repository
from affidavit.workspace import Workspace

CONFIG = binary_config(model=Model(adapter="prep:make"), features=Features(columns=("x",)))


@pytest.fixture
def resolved(tmp_path: Path) -> tuple[Evidence, Workspace]:
    """What resolve leaves: the commit's pack and the facts, with two modules of one name."""
    git, work = GitWorld.create(tmp_path / "project"), Workspace(tmp_path / "work")
    git.write("src/prep.py", "def make(raw):\n    return raw\n")
    git.write("prep.py", "def make(raw):\n    return raw * 2\n")
    named = Named(sha=git.commit("Train"), basis="claimed", source="test")
    with open_repository(str(git.folder), tmp_path / "mirror") as opened:
        part, commit = collect_code(named, opened, None, work, progress=Silent())
        part += collect_declared(CONFIG, opened, commit)
    return Evidence(subject=Subject(name="m", version="1")).adding(facts=part.facts), work


def test_a_second_model_is_asked_through_the_same_files(
    resolved: tuple[Evidence, Workspace],
) -> None:
    evidence, work = resolved

    first = adapter_code(evidence, CONFIG, work)

    assert first is not None
    assert (first.name, first.file) == ("prep:make", "src/prep.py")
    assert (first.folder / first.file).read_text() == "def make(raw):\n    return raw\n"
    assert adapter_code(evidence, CONFIG, work) == first
    assert adapter_code(evidence, binary_config(), work) is None
    assert not lacks_adapter(evidence, CONFIG, work)


def test_a_file_that_is_not_on_record_is_refused(resolved: tuple[Evidence, Workspace]) -> None:
    evidence, work = resolved
    other = Digest(algorithm="sha1", value="f" * 40)
    forged = tuple(
        f.model_copy(update={"digest": other}) if f.id == ADAPTER else f
        for f in evidence.provenance
    )

    with pytest.raises(SourceError) as told:
        adapter_code(evidence.model_copy(update={"provenance": forged}), CONFIG, work)

    assert (
        told.value.what == "the adapter prep:make is not the file of the commit that is on record"
    )
    assert told.value.cause.startswith(f"expected the Git object {'f' * 40}")


def test_without_the_pack_it_is_lacking(resolved: tuple[Evidence, Workspace]) -> None:
    evidence, work = resolved
    (work.root / "data/source/commit.pack").unlink()

    assert lacks_adapter(evidence, CONFIG, work)
    assert not lacks_adapter(evidence, binary_config(), work)
