"""One signed statement more, and every other byte as it was."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from tests.support.attested import predicate, signed
from tests.support.bundles import BundleBuilder
from tests.support.raw_archives import read_entries

from affidavit.bundle.adding import add_statement
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.statement import statement_name
from affidavit.errors import BundleError, EntryRefused, UsageError


@pytest.fixture
def copy(sealed: BundleBuilder, tmp_path: Path) -> Path:
    return Path(shutil.copy(sealed.path, tmp_path / "b.zip"))


def statement(sealed: BundleBuilder, number: int = 0) -> tuple[str, bytes]:
    assert sealed.signer is not None
    content = signed(sealed.signer, predicate(statement=f"the {number}th"))
    return statement_name("attestation", content), content


def test_all_else_stays_byte_for_byte_and_the_reader_takes_it(
    sealed: BundleBuilder, copy: Path
) -> None:
    name, content = statement(sealed)

    add_statement(copy, name, content)

    folder, entries = read_entries(copy)
    assert folder == sealed.folder_name
    assert [e for e in entries if e[0] != name] == sealed.entries
    with open_archive(copy) as archive:
        assert archive.read(name, 1 << 20) == content
    assert zipfile.ZipFile(copy).testzip() is None
    assert [p.name for p in copy.parent.iterdir()] == ["b.zip"]


def test_a_link_is_followed(sealed: BundleBuilder, copy: Path) -> None:
    link = copy.with_name("link.zip")
    link.symlink_to(copy)

    add_statement(link, *statement(sealed))

    assert link.is_symlink()
    assert len(read_entries(copy)[1]) == len(sealed.entries) + 1


def test_refuses_the_sixty_fifth_statement(sealed: BundleBuilder, copy: Path) -> None:
    for number in range(63):
        add_statement(copy, *statement(sealed, number))
    before = copy.read_bytes()

    with pytest.raises(UsageError, match="64 signed statements, at most 64"):
        add_statement(copy, *statement(sealed, 64))

    assert copy.read_bytes() == before


def test_refuses_a_name_that_is_taken_and_a_damaged_archive(
    sealed: BundleBuilder, copy: Path, tmp_path: Path
) -> None:
    name, content = statement(sealed)
    add_statement(copy, name, content)
    before = copy.read_bytes()
    with pytest.raises(EntryRefused):
        add_statement(copy, name, content)
    assert copy.read_bytes() == before

    with open_archive(sealed.path) as archive:
        where = archive.size_bytes // 2
    damaged = sealed.flip_archive_byte(where)
    before = damaged.read_bytes()
    with pytest.raises(BundleError):
        add_statement(damaged, name, content)
    assert damaged.read_bytes() == before
