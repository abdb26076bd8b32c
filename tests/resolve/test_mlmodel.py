"""The MLmodel file is read as text, with bounds: whoever may register a model wrote it."""

from __future__ import annotations

import time

import pytest
from tests.support.mlflow_world import FILES

from affidavit.errors import SourceError
from affidavit.resolve.mlmodel import MAX_BYTES, read_mlmodel

LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (b, b, b",".join([b"*%c" % a] * 9))
    for a, b in zip(b"abcdefgh", b"bcdefghi", strict=True)
)


def test_reads_what_mlflow_writes() -> None:
    found = read_mlmodel(FILES["MLmodel"] + b"run_id: null\nmodel_id: m-1\nmlflow_version: 3.10\n")

    assert (found.flavors, found.python_version) == (("sklearn",), "3.11.7")
    assert (found.run_id, found.model_id, found.mlflow_version) == (None, "m-1", "3.10")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (LAUGHS + b"flavors: *i\n", "an anchor"),
        (LAUGHS + b"run_id: *i\n", "an anchor"),
        (b"a: &a [x]\n", "an anchor"),
        (b"a: *a\n", "undefined alias"),
        (b"flavors: !!python/object:os.system {}\n", "a tag"),
        (b"flavors: 3\n", "flavors: "),
        (b"flavors: " + b"x" * 1_000_000, "flavors: "),
        (b"run_id: [" + b"x," * 20_000 + b"]", "run_id: "),
        (b"? " + b"x" * 2000 + b"\n: 1\n? [1]\n: 2", "line"),
        (b"flavors:\n  ? " + b"x" * 100_000 + b"\n  : 3", "flavors.x"),
        (b"[" * 50_000, ""),
        (b"#" * (MAX_BYTES + 1), "larger than 1,048,576 bytes"),
        (b"\xff\xfe\xff", ""),
        (b"", ""),
    ],
)
def test_refuses_what_mlflow_does_not_write_in_few_words(content: bytes, why: str) -> None:
    started = time.process_time()

    with pytest.raises(SourceError, match="MLmodel file cannot be read") as refused:
        read_mlmodel(content)

    assert why in refused.value.cause
    assert len(refused.value.cause) <= 200
    assert time.process_time() - started < 10


def test_a_number_in_base_sixty_costs_no_more_than_its_length() -> None:
    """YAML 1.1 would make one integer of it, at the square of its length."""
    started = time.process_time()

    assert read_mlmodel(b"x: 1" + b":1" * 200_000).run_id is None

    assert time.process_time() - started < 2
