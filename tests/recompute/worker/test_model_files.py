"""The model's folder, laid out under its files' own names."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.errors import SourceError
from affidavit.evidence import Evidence, Item, Subject
from affidavit.recompute.worker.model_files import lay_out
from affidavit.workspace import Workspace


def _laid(folder: Path, *files: tuple[str, str | None]) -> Path:
    work = Workspace(folder)
    items: list[Item] = []
    for path, original in files:
        made = work.write(
            f"data/model/{path}", path.encode(), kind="model", origin="collected", media_type="x"
        )
        items.append(made.model_copy(update={"original_name": original}))
    evidence = Evidence(subject=Subject(name="m", version="1"), items=tuple(items))
    return lay_out(evidence, work)


def test_each_file_lies_under_its_own_name(tmp_path: Path) -> None:
    folder = _laid(tmp_path, ("MLmodel", None), ("_names/ab", "a:b"))

    assert (folder / "MLmodel").read_bytes() == b"MLmodel"
    assert (folder / "a:b").read_bytes() == b"_names/ab"


@pytest.mark.parametrize(
    "original", ["model.pkl", "model.pkl/x", "a\0b", "x" * 300, "../model.pkl"],
    ids=["taken", "below a file", "nul", "too long", "outside"],
)  # fmt: skip
def test_refuses_a_name_that_is_taken_or_no_name(original: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        _laid(tmp_path, ("model.pkl", None), ("_names/ab", original))

    assert "outside of it" in told.value.what or "cannot be laid out" in told.value.what
