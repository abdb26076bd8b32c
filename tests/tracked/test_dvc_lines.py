"""The entries of a DVC file, read by lines, against what DVC's own serializer wrote."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from dvc.utils.serialize import dumps_yaml
from hypothesis import given
from hypothesis import strategies as st

from affidavit.tracked.dvc_lines import paths_named

DIGEST, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
# What DVC quotes with escapes is compared by its digest alone.
NAMES = st.text(
    st.characters(codec="ascii", min_codepoint=33, max_codepoint=126) | st.sampled_from(" éß京"),
    min_size=1, max_size=120,
).filter(lambda name: name == " ".join(name.split()))  # fmt: skip
# Some look like a number, which YAML has in quotes.
DIGITS = st.text("0123456789abcdef", min_size=32, max_size=32) | st.text(
    "0123456789e", min_size=32, max_size=32
)


def entry(path: str, digest: str) -> dict[str, Any]:
    return {"path": path, "hash": "md5", "md5": digest, "size": 3}


@given(path=NAMES, other=NAMES, digits=DIGITS, is_folder=st.booleans())
def test_the_path_is_the_one_that_dvc_wrote(
    path: str, other: str, digits: str, is_folder: bool
) -> None:
    digest = digits + (".dir" if is_folder else "")
    stage = {
        "cmd": "python prepare.py", "deps": [entry(other, OTHER)],
        "params": {"params.yaml": {"md5": digest, "path": "a parameter"}},
        "outs": [entry(other, OTHER), entry(path, digest)],
    }  # fmt: skip
    text = dumps_yaml({"schema": "2.0", "stages": {"prepare": stage, "train": deepcopy(stage)}})

    found = list(paths_named(text, digest))

    assert len(found) == 2
    assert all(one == path or one.startswith('"') for one in found)
    assert list(paths_named(text, "g" * 32)) == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (f"outs:\n- md5: {DIGEST}\n  size: 3\n  hash: md5\n  path: eval.csv\n", ["eval.csv"]),
        (f"md5: {OTHER}\nouts:\n- md5: {DIGEST}\n  path: a\ndeps:\n- md5: {OTHER}\n  path: b\n",
         ["a"]),
        (f"wdir: ..\nouts:\n  - path: it''s\n    md5: {DIGEST}\n", ["it''s"]),
        (f"outs:\n- path: 'it''s'\n  md5: '{DIGEST}'\n", ["it's"]),
        (f"outs:\n- path: a\n  md5: {OTHER}\n- path: b\n  md5: {DIGEST}\n- path: c\n", ["b"]),
        (f"outs:\n- md5: {DIGEST}\n- path: of the next\n", []),
        (f"params:\n  md5: {DIGEST}\n  path: no entry\n", []),
        (f"# md5: {DIGEST}\n", []),
        (f"outs:\n- path: a\n  md5: {DIGEST}0\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_by_hand(text: str, paths: list[str]) -> None:
    assert list(paths_named(text, DIGEST)) == paths
