"""No second file of a model may bear the name of the one that the card shows."""

from __future__ import annotations

import hashlib

import pytest

from affidavit.evidence import Evidence, Item, Subject
from affidavit.verify.settings import evidence_faults


def _faults(*files: tuple[str, str | None]) -> list[str]:
    items = tuple(
        Item(
            path=f"data/model/{path}", sha256="0" * 64, size_bytes=1, media_type="x", kind="model",
            origin="collected", sensitivity="internal", original_name=original,
        )
        for path, original in files
    )  # fmt: skip
    evidence = Evidence(subject=Subject(name="m", version="1"), items=items)
    return [f.what for f in evidence_faults(evidence)]


def _stored(original: str) -> str:
    return f"_names/{hashlib.sha256(original.encode()).hexdigest()}"


def test_files_under_their_own_names_and_one_that_no_system_could_hold_pass() -> None:
    assert _faults(("MLmodel", None), ("model.pkl", None), (_stored("a:b"), "a:b")) == []


def test_a_second_file_called_like_the_model_is_a_fault() -> None:
    found = _faults(("extra.bin", "model.pkl"), ("model.pkl", None))

    assert "2 files of the model are called 'model.pkl'" in found


@pytest.mark.parametrize("path", ["extra.bin", _stored("MLmodel")])
def test_a_name_that_could_have_been_kept_is_a_fault(path: str) -> None:
    assert _faults((path, "MLmodel")) == [f"data/model/{path} is said to be called 'MLmodel'"]
