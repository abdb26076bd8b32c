"""Packs as they come by: what git itself wrote, in pieces of any size, and what cannot be one."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.git_world import GitWorld, git

from affidavit.errors import SourceError
from affidavit.tracked.git_pack import inflate, packed_objects


@pytest.fixture(scope="module")
def by_git(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, tuple[str, bytes]]]:
    """A pack that stock git made and compressed, and what git says of each object."""
    world = GitWorld.create(tmp_path_factory.mktemp("packed"))
    world.write("empty.txt", "")
    world.write("a/b.py", "x = 1\n" * 3000)
    sha = world.commit("Train")
    ids = world.git("rev-list", "--objects", "--no-object-names", sha).split()
    pack = git(
        world.folder, "pack-objects", "--stdout", "--depth=0", "-q", stdin="\n".join(ids).encode()
    )
    kinds = {oid: world.git("cat-file", "-t", oid).strip() for oid in ids}
    said = {o: (k, git(world.folder, "cat-file", k, o)) for o, k in kinds.items()}
    return pack, said


def in_pieces(content: bytes, size: int) -> Iterator[bytes]:
    yield from (content[at : at + size] for at in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_git_s_own_pack_is_read_in_pieces_of_any_size(
    size: int, by_git: tuple[bytes, dict[str, tuple[str, bytes]]]
) -> None:
    pack, said = by_git

    found = list(packed_objects(in_pieces(pack, size), "sha1", keeps=lambda *_: True))

    assert {o.oid: (o.kind, o.content) for o in found} == said
    for one in found:
        assert b"".join(inflate(in_pieces(pack[one.start :], size), one.size)) == one.content


def test_only_what_is_asked_for_is_kept(
    by_git: tuple[bytes, dict[str, tuple[str, bytes]]],
) -> None:
    found = packed_objects([by_git[0]], "sha1", keeps=lambda kind, size: kind == "tree")

    assert all((o.content is not None) == (o.kind == "tree") for o in found)


def test_more_content_than_allowed_is_refused(
    by_git: tuple[bytes, dict[str, tuple[str, bytes]]],
) -> None:
    content = sum(len(c) for _, c in by_git[1].values())

    assert list(packed_objects([by_git[0]], "sha1", at_most=content))
    with pytest.raises(SourceError, match="more bytes than they may"):
        list(packed_objects([by_git[0]], "sha1", at_most=content - 1))


@given(data=st.data())
def test_any_other_byte_is_refused(
    data: st.DataObject, by_git: tuple[bytes, dict[str, tuple[str, bytes]]]
) -> None:
    pack = by_git[0]
    at = data.draw(st.integers(0, len(pack) - 1))
    changed = pack[:at] + bytes([pack[at] ^ data.draw(st.integers(1, 255))]) + pack[at + 1 :]

    with pytest.raises(SourceError):
        list(packed_objects([changed], "sha1"))


def with_checksum(content: bytes) -> bytes:
    return content + hashlib.sha1(content, usedforsecurity=False).digest()


HEAD = b"PACK\0\0\0\x02\0\0\0\x01"


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (b"", "ends too early"),
        (b"PACK\0\0\0\x03\0\0\0\0" + bytes(20), "no pack of version 2"),
        (with_checksum(HEAD), "ends too early"),
        (with_checksum(HEAD + bytes([7 << 4 | 4]) + zlib.compress(b"abcd")), "as a difference"),
        (with_checksum(HEAD + bytes([3 << 4 | 4]) + zlib.compress(b"0" * 9_000_000)), "size"),
        (with_checksum(HEAD + bytes([3 << 4 | 5]) + zlib.compress(b"abcd")), "another size"),
        (with_checksum(HEAD + bytes([3 << 4 | 4]) + zlib.compress(b"abcd")[:-1]), "another size"),
        (with_checksum(HEAD + bytes([3 << 4 | 4]) + b"abcdefgh"), "cannot be unpacked"),
        (with_checksum(HEAD + b"\xb0" + b"\xff" * 1000), "larger than any file"),
        (with_checksum(HEAD + bytes([3 << 4 | 4]) + zlib.compress(b"abcd") + b"x"), "follows"),
        (HEAD + bytes([3 << 4 | 4]) + zlib.compress(b"abcd") + bytes(20), "checksum"),
    ],
)  # fmt: skip
def test_what_is_no_such_pack_is_refused(pack: bytes, why: str) -> None:
    with pytest.raises(SourceError) as told:
        list(packed_objects([pack], "sha1"))

    assert why in told.value.cause


def test_the_same_with_one_object_is_read() -> None:
    pack = with_checksum(HEAD + bytes([3 << 4 | 4]) + zlib.compress(b"abcd"))

    (one,) = packed_objects([b"", pack[:5], b"", pack[5:]], "sha1", keeps=lambda *_: True)

    assert (one.kind, one.size, one.content) == ("blob", 4, b"abcd")
    assert one.oid == hashlib.sha1(b"blob 4\0abcd", usedforsecurity=False).hexdigest()


def test_a_repository_of_the_other_hash_is_read(tmp_path: Path) -> None:
    world = GitWorld.create(tmp_path / "p", "--object-format=sha256")
    world.write("a.py", "x = 1\n")
    sha = world.commit("Train")
    ids = world.git("rev-list", "--objects", "--no-object-names", sha)
    pack = git(world.folder, "pack-objects", "--stdout", "--depth=0", "-q", stdin=ids.encode())

    assert {o.oid for o in packed_objects([pack], "sha256")} == set(ids.split())


def test_an_object_of_endless_empty_blocks_is_refused() -> None:
    nothing = b"\x00\x00\x00\xff\xff" * 500_000
    body = b"PACK\0\0\0\x02\0\0\0\x01\x30\x78\x01" + nothing + b"\x01\x00\x00\xff\xff\0\0\0\x01"
    pack = body + hashlib.sha1(body).digest()

    with pytest.raises(SourceError, match="cannot be read"):
        list(packed_objects(in_pieces(pack, 1 << 20), "sha1"))
