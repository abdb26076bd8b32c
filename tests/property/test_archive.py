from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support.heads import HEAD

from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.bundle.names import require_portable_name
from affidavit.errors import AffidavitError, BundleError, EntryRefused

NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf"], exclude_characters='\\:*?"<>|%/'),
    min_size=1,
    max_size=20,
)
PAYLOAD = st.dictionaries(NAMES.map(lambda n: f"data/{n}"), st.binary(max_size=50), max_size=6)


def archived(payload: dict[str, bytes], zip64_from: int = 0xFFFFFFFF) -> bytes:
    out = io.BytesIO()
    with ArchiveWriter(out, "m-1", zip64_from=zip64_from) as archive:
        for name, content in HEAD:
            archive.add_bytes(name.removeprefix("m-1/"), content)
        for name in sorted(payload, key=str.encode):
            archive.add_bytes(name, payload[name])
    return out.getvalue()


def is_portable(payload: dict[str, bytes]) -> bool:
    seen: dict[str, str] = {}
    try:
        for name in payload:
            require_portable_name(name, seen)
    except EntryRefused:
        return False
    return True


class TestArchive:
    """docs/bundle-format.md, "The container": each archive has one form."""

    @given(PAYLOAD, st.sampled_from([0xFFFFFFFF, 20, 0]))
    @settings(deadline=None)
    def test_two_readers_get_back_what_was_written(
        self, payload: dict[str, bytes], zip64_from: int
    ) -> None:
        assume(is_portable(payload))
        content = archived(payload, zip64_from)

        with zipfile.ZipFile(io.BytesIO(content)) as other:
            assert other.testzip() is None
            found = {n: other.read(n) for n in other.namelist()}
        assert found == {**dict(HEAD), **{f"m-1/{n}": c for n, c in payload.items()}}
        with saved(content) as path, open_archive(path, zip64_from=zip64_from) as ours:
            assert {n: ours.read(n, 10**6) for n in ours.names if n in payload} == payload

    @given(PAYLOAD, st.data())
    @settings(deadline=None)
    def test_every_changed_byte_is_refused_when_all_is_read(
        self, payload: dict[str, bytes], data: st.DataObject
    ) -> None:
        """No byte of the file is free: before any digest or signature is looked at."""
        assume(is_portable(payload))
        content = bytearray(archived(payload))
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

        with saved(bytes(content)) as path:
            try:
                with open_archive(path) as archive:
                    for name in archive.names:
                        archive.digest(name)
            except BundleError:
                return
        raise AssertionError("a changed byte was not noticed")

    @given(st.binary(max_size=300))
    @settings(deadline=None)
    def test_any_bytes_at_all_end_in_an_error_of_ours(self, content: bytes) -> None:
        end = archived({})[-22:]
        for candidate in (content, content + end, archived({})[:-22] + content + end):
            with saved(candidate) as path:
                try:
                    open_archive(path).close()
                except AffidavitError:
                    continue
                assert content == b""


class saved:  # noqa: N801 - used as a statement: `with saved(content) as path`
    """The bytes as a file, for as long as they are needed."""

    def __init__(self, content: bytes) -> None:
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "x.zip"
        self._path.write_bytes(content)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
