"""Forged proofs of one file, each beside the genuine one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import repair_checksums, with_seal
from tests.support.payloads import sha256_of
from tests.support.proofs import CARD, Proved

from affidavit.bundle import layout
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.errors import UsageError
from affidavit.verify import FileVerdict


@pytest.fixture
def proved(sealed: BundleBuilder, tmp_path: Path) -> Proved:
    found = Proved.of(sealed, tmp_path)
    assert found.judged().word == "FILE VERIFIED"
    return found


def refused(proved: Proved) -> FileVerdict:
    verdict = proved.judged()
    assert (verdict.word, verdict.exit_code) == ("NOT VERIFIED", 1)
    return verdict


def ids(verdict: FileVerdict) -> list[str]:
    return [c.id for c in verdict.failed]


def put(proved: Proved, entries: list[tuple[str, bytes]]) -> None:
    """The files of a proof, from the entries of another bundle."""
    for path in (proved.folder / "signatures").iterdir():
        path.unlink()
    for name, content in entries:
        if name in layout.HEAD or name.startswith("signatures/"):
            (proved.folder / name).write_bytes(content)


def test_refuses_a_file_with_one_bit_changed(proved: Proved) -> None:
    content = bytearray(proved.file.read_bytes())
    content[7] ^= 1
    proved.file.write_bytes(bytes(content))

    verdict = refused(proved)

    assert [(c.id, c.path, c.found) for c in verdict.failed] == [
        ("file", CARD, f"sha256 {sha256_of(bytes(content))}")
    ]


def test_refuses_another_file_of_the_bundle_under_its_name(proved: Proved) -> None:
    proved.file.write_bytes(proved.builder.read("data/reports/fairness.json"))

    verdict = refused(proved)

    assert ids(verdict) == ["file"]
    assert "which is data/reports/fairness.json" in (verdict.failed[0].found or "")


def test_refuses_a_file_that_is_in_no_manifest(proved: Proved) -> None:
    proved.file.write_bytes(b"{}")
    renamed = proved.file.rename(proved.file.with_name("other.json"))

    verdict = refused(Proved(file=renamed, folder=proved.folder, builder=proved.builder))

    assert [c.what for c in verdict.failed] == ["other.json is no file of this bundle"]


def test_refuses_a_manifest_that_was_made_to_fit(proved: Proved) -> None:
    """The checksum line is fixed: the fault of a pack whose checksums nobody signed."""
    proved.file.write_bytes(b"{}")
    path = proved.folder / layout.MANIFEST
    old = sha256_of(proved.builder.read(CARD)).encode()
    path.write_bytes(path.read_bytes().replace(old, sha256_of(b"{}").encode()))

    assert ids(refused(proved)) == ["tag-digest"]


def test_refuses_manifests_that_were_all_made_to_fit(proved: Proved) -> None:
    proved.file.write_bytes(b"{}")
    entries = [(n, b"{}" if n == CARD else c) for n, c in proved.builder.entries]
    put(proved, repair_checksums(entries))

    assert ids(refused(proved)) == ["tag-manifest"]


def test_refuses_a_proof_that_was_sealed_again_by_another_key(proved: Proved) -> None:
    proved.file.write_bytes(b"{}")
    builder = proved.builder
    entries = [(n, b"{}" if n == CARD else c) for n, c in builder.entries]
    put(proved, with_seal(repair_checksums(entries), builder.other_signer(), builder.predicate()))

    assert ids(refused(proved)) == ["signer"]


def test_refuses_the_proof_of_another_bundle(proved: Proved, tmp_path: Path) -> None:
    other = BundleBuilder(tmp_path / "other", version="4")
    put(proved, other.entries)

    assert "signer" in ids(refused(proved))


def test_refuses_a_proof_without_a_seal(proved: Proved) -> None:
    proved.seal.unlink()

    assert ids(refused(proved)) == ["seal"]


def test_refuses_an_approval_in_the_place_of_the_seal(proved: Proved) -> None:
    root = (layout.TAG_MANIFEST, proved.builder.sealed.root)
    signer = proved.builder.signer
    assert signer is not None
    content = signer.sign(statement_bytes("approval", *root, proved.builder.predicate()))
    proved.seal.unlink()
    (proved.folder / statement_name("approval", content)).write_bytes(content)

    assert ids(refused(proved)) == ["seal"]


def test_refuses_a_statement_about_something_else_beside_the_seal(proved: Proved) -> None:
    content = proved.builder.other_signer().sign(
        statement_bytes("seal", layout.TAG_MANIFEST, "0" * 64, proved.builder.predicate())
    )
    (proved.folder / statement_name("seal", content)).write_bytes(content)

    assert ids(refused(proved)) == ["statement-subject"]


def test_refuses_a_changed_bag_info(proved: Proved) -> None:
    path = proved.folder / layout.BAG_INFO
    path.write_bytes(path.read_bytes().replace(b"credit-risk", b"credit-xxxx"))

    assert ids(refused(proved)) == ["tag-digest"]


@pytest.mark.parametrize("name", [layout.MANIFEST, layout.TAG_MANIFEST, layout.VERIFY_TXT])
def test_refuses_a_proof_that_lacks_a_file(proved: Proved, name: str) -> None:
    (proved.folder / name).unlink()

    assert [c.what for c in refused(proved).failed] == [f"the proof lacks {name}"]


def _link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1024**3)


@pytest.mark.parametrize("make", [_link, _pipe, _folder, _huge])
@pytest.mark.parametrize("name", ["seal", layout.TAG_MANIFEST])
def test_refuses_what_is_no_plain_file_of_its_size(
    proved: Proved, make: Callable[[Path], None], name: str
) -> None:
    make(proved.seal if name == "seal" else proved.folder / name)

    assert ids(refused(proved)) == ["proof"]


@pytest.mark.parametrize("name", ["x", "seal-0123456789abcdef.sigstore.json\n", "\udcff"])
def test_refuses_a_name_that_no_statement_has(proved: Proved, name: str) -> None:
    (proved.folder / "signatures" / name).write_bytes(proved.seal.read_bytes())

    assert ids(refused(proved)) == ["proof"]


def test_a_newer_format_is_undecided(proved: Proved) -> None:
    path = proved.folder / layout.BAG_INFO
    path.write_bytes(path.read_bytes().replace(b"Format: 1", b"Format: 2"))

    verdict = proved.judged()

    assert (verdict.word, verdict.exit_code) == ("UNDECIDED", 4)


def test_a_pipe_in_place_of_the_file_keeps_nobody_waiting(proved: Proved) -> None:
    _pipe(proved.file)

    with pytest.raises(UsageError, match="is not a plain file"):
        proved.judged()
