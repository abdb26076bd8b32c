"""A wheel that the provenance names is the file of the model, by its digest."""

from __future__ import annotations

import pytest

from affidavit.evidence import Digest, Evidence, Fact, Item, Subject
from affidavit.own_wheels import USED
from affidavit.verify.consistency import wheel_faults

PATH = "code/house_rules-1.2-py3-none-any.whl"


def evidence(**changed: object) -> Evidence:
    item = Item(
        path=f"data/model/{PATH}", sha256="a" * 64, size_bytes=1, media_type="x", kind="model",
        origin="collected", sensitivity="internal",
    )  # fmt: skip
    fact = Fact(
        id=f"{USED}{PATH}", kind="environment", value="house-rules 1.2", basis="measured",
        digest=Digest(algorithm="sha256", value="a" * 64), source="model artifact",
    )  # fmt: skip
    named = Evidence(subject=Subject(name="m", version="1"))
    return named.adding(items=(item,), facts=(fact.model_copy(update=changed),))


def test_the_digest_of_the_file_is_accepted() -> None:
    assert list(wheel_faults(evidence())) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": Digest(algorithm="sha256", value="b" * 64)},
        {"digest": None},
        {"id": f"{USED}code/other-1.0-py3-none-any.whl"},
        {"basis": "claimed"},
    ],
    ids=["other bytes", "no digest", "another file", "another basis"],
)
def test_anything_else_is_refused(changed: dict[str, object]) -> None:
    (fault,) = wheel_faults(evidence(**changed))

    assert fault.what.endswith("is not the digest of that file")
