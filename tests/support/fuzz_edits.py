"""One change to the bytes of a file, as text, table, JSON or bytes alone; and what to draw it from.

An edit names its place by two numbers, taken modulo what there is: it fits any content, so that
Hypothesis can draw it before the content is known, and shrink it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from affidavit.bundle import canonical

Draw = st.SearchStrategy[Any]

# Texts, numbers and shapes on which readers have fallen; each is JSON.
TEXTS = (
    "", "\x00", "\x1b[31m", "\u202e", "\u200b", "\uff21", "\ufb01", "\ud800", "../x", "/etc/passwd", "C:\\x",
    "data/evidence.json", "NaN", "-0", "1e999", "0" * 64, "f" * 64, "<script>", "%s", "x" * 5000,
    "2026-02-30", "9999-12-31", "0000-00-00", "models:/x/1", "None", "null", "\r\n", "'; --",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2, 2**31, 2**53, 2**53 + 1, 2**64, 10**30, -(10**30), 0.5, -0.0, 1e-320, 1e308,
    0.1 + 0.2, float("nan"), float("inf"), True, False,
)  # fmt: skip
VALUES: Draw = (
    st.sampled_from(TEXTS)
    | st.sampled_from(NUMBERS)
    | st.sampled_from((None, [], {}, [None], {"": None}, [[]], {"a": {"a": {}}}))
    | st.text(max_size=8)
    | st.integers(-5, 500)
    | st.floats()
)
PLACES = st.integers(0, 2**16)


class Edit(NamedTuple):
    """A change of this name, at the place that two numbers give, with a value where it needs one."""

    name: str
    at: int
    to: int
    value: Any

    def of(self, content: bytes) -> bytes:
        """The content changed; as it was, where the edit does not fit it."""
        return _EDITS[self.name](content, self.at, self.to, self.value)


def edits_of(path: str) -> Draw:
    """Edits that fit the kind of a file."""
    names = [*_BYTES, *_LINES]
    if path.endswith(".json"):
        names = [*[*_JSON] * 3, *names]
    elif path.endswith(".csv"):
        names = [*[*_CELLS] * 3, *names]
    return st.builds(Edit, st.sampled_from(names), PLACES, PLACES, VALUES)


# ---- bytes


def _flip(content: bytes, at: int, to: int, _: Any) -> bytes:
    if not content:
        return content
    at %= len(content)
    return content[:at] + bytes([content[at] ^ (to % 255 + 1)]) + content[at + 1 :]


def _insert(content: bytes, at: int, _: int, value: Any) -> bytes:
    at %= len(content) + 1
    return content[:at] + str(value).encode("utf-8", "surrogatepass") + content[at:]


def _cut(content: bytes, at: int, to: int, _: Any) -> bytes:
    at %= len(content) + 1
    return content[:at] + content[at + to % 40 :]


def _end(content: bytes, at: int, _: int, __: Any) -> bytes:
    return content[: at % (len(content) + 1)]


def _twice(content: bytes, _: int, __: int, ___: Any) -> bytes:
    return content + content


# ---- lines


def _lines(change: Callable[[list[bytes], int, int], object]) -> Callable[..., bytes]:
    def edit(content: bytes, at: int, to: int, _: Any) -> bytes:
        lines = content.splitlines(keepends=True)
        if lines:
            change(lines, at % len(lines), to % len(lines))
        return b"".join(lines)

    return edit


def _swap(lines: list[bytes], at: int, to: int) -> None:
    lines[at], lines[to] = lines[to], lines[at]


# ---- cells


def _cell(content: bytes, at: int, to: int, value: Any) -> bytes:
    return _with_cell(content, at, to, lambda _: str(value).encode("utf-8", "surrogatepass"))


def _count_more(content: bytes, at: int, to: int, value: Any) -> bytes:
    """A number of rows one larger; the sums beside it are for another edit."""

    def more(cell: bytes) -> bytes:
        return b"%d" % (int(cell) + (1 if value else -1)) if cell.isdigit() else cell

    return _with_cell(content, at, to, more)


def _with_cell(content: bytes, at: int, to: int, change: Callable[[bytes], bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    cells = lines[at % len(lines)].rstrip(b"\n").split(b",")
    cells[to % len(cells)] = change(cells[to % len(cells)])
    lines[at % len(lines)] = b",".join(cells) + b"\n"
    return b"".join(lines)


def _without_column(content: bytes, at: int, _: int, __: Any) -> bytes:
    rows = [line.split(b",") for line in content.splitlines()]
    return b"".join(b",".join(c for i, c in enumerate(r) if i != at % 8) + b"\n" for r in rows)


# ---- JSON


def _json(change: Callable[[Any, Any, Any], None]) -> Callable[..., bytes]:
    """An edit of one node: `change(parent, key, value)`."""

    def edit(content: bytes, at: int, _: int, value: Any) -> bytes:
        try:
            tree = json.loads(content)
        except ValueError:
            return content
        nodes = list(_nodes(tree))
        if not nodes:
            return content
        change(*nodes[at % len(nodes)], value)
        return _as_json(tree)

    return edit


def _nodes(tree: Any) -> Any:
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from _nodes(tree[key])


def _as_json(tree: Any) -> bytes:
    """In the one form, so that the edit alone decides; what has none is left as it comes."""
    try:
        return canonical.dumps(tree)
    except (ValueError, RecursionError):
        pass
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _put(parent: Any, key: Any, value: Any) -> None:
    parent[key] = value


def _drop(parent: Any, key: Any, _: Any) -> None:
    del parent[key]


def _add(parent: Any, _: Any, value: Any) -> None:
    if isinstance(parent, dict):
        parent[value if isinstance(value, str) else "more"] = value
    else:
        parent.append(value)


def _repeat(parent: Any, key: Any, _: Any) -> None:
    if isinstance(parent, list):
        parent.append(parent[key])
    else:
        parent[f"{key}2"] = parent[key]


def _rename(parent: Any, key: Any, value: Any) -> None:
    if isinstance(parent, dict):
        parent[str(value)] = parent.pop(key)
    else:
        parent.reverse()


def _nudge(parent: Any, key: Any, value: Any) -> None:
    """Another number or text of the same kind: the smallest lie."""
    found = parent[key]
    if isinstance(found, bool):
        parent[key] = not found
    elif isinstance(found, int):
        parent[key] = found + (1 if value else -1)
    elif isinstance(found, float):
        parent[key] = round(found * (1 + 1e-9), 12) if value else round(found + 0.01, 12)
    elif isinstance(found, str) and found:
        parent[key] = found[:-1] + chr(ord(found[-1]) ^ 1)


def _deepen(parent: Any, key: Any, value: Any) -> None:
    tree = parent[key]
    for _ in range(400 if value else 40):  # below what Python's own parser takes
        tree = [tree]
    parent[key] = tree


def _key_twice(content: bytes, at: int, _: int, value: Any) -> bytes:
    """A key that stands twice, which no tree can hold: written into the text."""
    starts = [i for i, c in enumerate(content) if c == ord("{")]
    if not starts:
        return content
    place = starts[at % len(starts)] + 1
    key = content[place : content.find(b":", place) + 1]
    return content[:place] + key + _as_json(value) + b"," + content[place:]


_BYTES: dict[str, Callable[..., bytes]] = {
    "flip": _flip, "insert": _insert, "cut": _cut, "end": _end, "twice": _twice,
    "empty": lambda *_: b"",
}  # fmt: skip
_LINES: dict[str, Callable[..., bytes]] = {
    "line gone": _lines(lambda ls, a, _: ls.pop(a)),
    "line twice": _lines(lambda ls, a, b: ls.insert(b, ls[a])),
    "lines swapped": _lines(_swap),
    "crlf": lambda c, *_: c.replace(b"\n", b"\r\n"),
    "bom": lambda c, *_: b"\xef\xbb\xbf" + c,
    "blank line": _lines(lambda ls, a, _: ls.insert(a, b"\n")),
    "space at the end": _lines(lambda ls, a, _: ls.__setitem__(a, ls[a].rstrip(b"\n") + b" \n")),
    "upper case": _lines(lambda ls, a, _: ls.__setitem__(a, ls[a].upper())),
    "no last newline": lambda c, *_: c.rstrip(b"\n"),
}
_CELLS: dict[str, Callable[..., bytes]] = {
    "cell": _cell, "count more": _count_more, "column gone": _without_column,
}  # fmt: skip
_JSON: dict[str, Callable[..., bytes]] = {
    "put": _json(_put), "drop": _json(_drop), "add": _json(_add), "repeat": _json(_repeat),
    "rename": _json(_rename), "nudge": _json(_nudge), "deepen": _json(_deepen),
    "key twice": _key_twice,
}  # fmt: skip
_EDITS = {**_BYTES, **_LINES, **_CELLS, **_JSON}
