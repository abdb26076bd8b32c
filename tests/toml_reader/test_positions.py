"""Where keys stand, on awkward but valid files: every integer in them is its own line number."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from affidavit.toml_reader.positions import MAX_DEPTH, Position, find_positions

AWKWARD = '''\
# comment = 1
one = 2
"quoted key" = 3
'literal # key' = 4
"esc\\u0061ped" = 5
text = """
six = 99
[no.table]
""" # "
after = 10
raw = \'\'\'
x = "\'\'
\'\'\'\'\'
next = 14
"back\\\\slash" = 15
str = "a # b = 1 ] }"   # not = 5
dotted.a."b c".d = 17
  indented   =   18
list = [19, 19,
  # comment ]
  21, "]",
  [22,
   23],
]
inline = { a = 25, b.c = 25, "d" = [25, { e = 25 }] }
day = 1979-05-27 07:32:00 # date with a blank
neg = { x = 27 }
[table]
key = 29
[table."sub.table".deep]
key = 31
[[array]]
key = 33
[array.inner]
key = 35
[[array.list]]
key = 37
[[array.list]]
key = 39
[[array]]
key = 41
[[array.list]]
key = 43
[ spaced . name ]
key = 45
[[ last ]]
key = 47
[empty]
[nest]
deep = [[[50], [
  51]], [{ a = [51, {b = 51}]}]]
end.of.file = 52'''


def leaves(value: object, path: tuple = ()) -> Iterator[tuple[tuple, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def test_finds_the_line_of_every_value_of_an_awkward_file() -> None:
    found = dict(leaves(tomllib.loads(AWKWARD)))

    positions = find_positions(AWKWARD)

    wrong = {
        path: (value, positions.first.get(path))
        for path, value in found.items()
        if isinstance(value, int)
        and (path not in positions.first or positions.first[path].line != value)
    }
    assert wrong == {}
    assert sum(isinstance(v, int) for v in found.values()) == 34


def test_finds_the_column_within_an_inline_table_and_a_list() -> None:
    positions = find_positions('a = { bb = 1, c = [10, "x"] }\n  d = 2')

    assert positions.first["a", "bb"] == Position(1, 7)
    assert positions.first["a", "c", 1] == Position(1, 24)
    assert positions.first["d",] == Position(2, 3)


def test_answers_with_the_nearest_table_for_what_is_missing() -> None:
    positions = find_positions("version = 1\n[label]\nkind = 3\n")

    assert positions.find(("label", "favourable")) == Position(2, 1)
    assert positions.find(("nowhere", "at", "all")) == Position(1, 1)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2\na = 3", ("a",), 3),
        ("[t]\nx = 1\n[u]\n[t]\n", ("t",), 4),
        ("[t]\nx = 1\n'x' = 2", ("t", "x"), 3),
        ("a.b = 1\na.b = 2", ("a", "b"), 2),
    ],
)
def test_finds_the_second_of_two(text: str, path: tuple, line: int) -> None:
    again = find_positions(text).again

    assert again == [(path, Position(line, 1))]


def test_elements_of_an_array_of_tables_are_not_repeated_keys() -> None:
    assert find_positions("[[h]]\nx = 1\n[h.t]\n[[h]]\nx = 2\n[h.t]").again == []


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * (MAX_DEPTH + 2),
        "a = " + "[" * 100_000,
        ".".join("a" * 100_000) + " = 1",
        "a = " + "{a = " * 50,
        "[" + ".".join("a" * 40) + "]",
    ],
)
def test_stops_at_deep_nesting(text: str) -> None:
    assert find_positions(text).too_deep is not None


@pytest.mark.parametrize(
    "text",
    ["=", "a", "a =", "[", "[[", "[a", "a = [", "a = {", 'a = "', 'a = """', "a = [1 2]", "a.=1",
     "\x00", "]", "a = {b}", 'a = "\\', "''' = 1", '"a\nb" = 1', "a = [,]", "a = {,}"],
)  # fmt: skip
def test_never_fails_on_what_is_no_toml(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)

    find_positions(text)
