"""The entries of a DVC file, read by lines, against what DVC's own serializer wrote."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from dvc.utils.serialize import dumps_yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from affidavit.tracked.dvc_lines import Named, entries_named

DIGEST, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
# What DVC quotes with escapes, or over several lines, is compared by its digest alone.
NAMES = st.text(
    st.characters(codec="ascii", min_codepoint=33, max_codepoint=126) | st.sampled_from(" éß京#\n"),
    min_size=1, max_size=120,
).filter(lambda name: name == name.strip())  # fmt: skip
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
    assume(digits not in path + other)
    digest = digits + (".dir" if is_folder else "")
    stage = {
        "cmd": "python prepare.py", "deps": [entry(other, OTHER)],
        "params": {"params.yaml": {"path": "a parameter", "sum": OTHER}},
        "outs": [entry(other, OTHER), entry(path, digest)],
    }  # fmt: skip
    text = dumps_yaml({"schema": "2.0", "stages": {"prepare": stage, "train": deepcopy(stage)}})

    found = [named for _, named in entries_named(text, {digest})]

    assert len(found) == 2
    assert all(one.path == path or (one.path is None and not is_plain(path)) for one in found)
    assert all(one.has_hash for one in found)
    assert list(entries_named(text, {"e" * 32})) == []


def is_plain(path: str) -> bool:
    """Of two kinds of quotes DVC takes the one with escapes where the path has the other."""
    return path.isprintable() and not set(path) & set("'\"")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (f"outs:\n- md5: {DIGEST}\n  size: 3\n  hash: md5\n  path: eval.csv\n", ["eval.csv"]),
        (f"md5: {OTHER}\nouts:\n- md5: {DIGEST}\n  path: a\ndeps:\n- md5: {OTHER}\n  path: b\n",
         ["a"]),
        (f"wdir: ..\nouts:\n  - path: it''s\n    md5: {DIGEST}\n", ["it''s"]),
        (f"outs:\n- path: 'it''s'\n  md5: '{DIGEST}'\n", ["it's"]),
        (f"outs:\n- path: a\n  md5: {OTHER}\n- path: b\n  md5: {DIGEST}\n- path: c\n", ["b"]),
        (f"outs:\n- md5: {DIGEST}\n\n  # who made it\n  path: a\n  desc: b\n", ["a"]),
        (f"outs:\n- md5: {DIGEST}\n  files:\n  - md5: {OTHER}\n    path: in it\n  path: a\n", ["a"]),
        (f"outs:\n- md5: {DIGEST}\n  path: long\n    - name\n", ["long - name"]),
        # What only YAML could tell stands there, for whatever path.
        (f"outs:\n- md5: {DIGEST}\n  path: a # of 2024\n", [None]),
        (f"outs:\n- md5: {DIGEST}\n  path: 'a' # of 2024\n", [None]),
        (f'outs:\n- md5: {DIGEST}\n  path: "a\\tb"\n', [None]),
        (f"outs:\n- md5: {DIGEST}\n  path: |-\n    a\n", [None]),
        (f"outs:\n- md5: {DIGEST}\n  path: 'a\n\n    b'\n", [None]),
        (f"outs: [{{md5: {DIGEST}, path: a}}]\n", [None]),
        (f'outs:\n- "md5": "{DIGEST}"\n  path: a\n', [None]),
        (f"outs:\n- md5: {DIGEST}\n- path: of the next\n", [None]),
        (f"params:\n  md5: {DIGEST}\n  path: no entry\n", [None]),
        # Nor is a folder's digest that of a file.
        (f"outs:\n- path: a\n  md5: {DIGEST}.dir\n", []),
        (f"outs:\n- path: a\n  md5: {DIGEST}0\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_by_hand(text: str, paths: list[str | None]) -> None:
    assert [named.path for _, named in entries_named(text, {DIGEST})] == paths
    windows = text.replace("\n", "\r\n")
    assert [named.path for _, named in entries_named(windows, {DIGEST})] == paths


def test_a_hash_is_seen_where_it_is_named() -> None:
    text = f"outs:\n- md5: {DIGEST}\n  path: a\n- md5: {DIGEST}\n  path: b\n  hash: md5\n"

    found = [named for _, named in entries_named(text, {DIGEST})]

    assert found == [Named("a", has_hash=False), Named("b", has_hash=True)]


@pytest.mark.parametrize(
    "line", [f"  md5: {DIGEST}\n", f"- md5: {DIGEST}\n", f"- - md5: {DIGEST}\n", "  path: a\n b\n"]
)
def test_a_large_file_is_read_line_by_line(line: str) -> None:
    """Each line once: what went up from each digest to its entry took hours."""
    text = f"outs:\n- md5: {DIGEST}\n" + line * 50_000

    assert sum(1 for _ in entries_named(text, {DIGEST})) >= 1
